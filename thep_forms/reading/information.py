"""What a PDF says of itself: its title, and when it was last changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pikepdf
from pikepdf import Stream, String

from thep_forms.reading.fields.field_tree import Node
from thep_forms.reading.objects import content_of, get, text_of
from thep_forms.reading.strings import text_string

_LEAVES_OUT = ("Skia/PDF",)  # how the names of such programs begin
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([-+Z])(?:(\d\d)'?(\d\d)?)?)?", re.ASCII)
_XMP_DATE = re.compile(rb"xmp:ModifyDate\s*(?:=\s*[\"']|>)\s*([0-9T:.Z+-]+)")


def title_of(pdf: pikepdf.Pdf) -> str:
    """The document's title; empty where it has none."""
    return _entry(pdf, "/Title")


def may_lack_letters(pdf: pikepdf.Pdf) -> bool:
    """Whether a program printed it that leaves out letters beyond Latin-1 without a trace, as Chromium's print does."""
    return _entry(pdf, "/Producer").startswith(_LEAVES_OUT)


def modified_at(pdf: pikepdf.Pdf, widgets: Iterable[Node]) -> datetime | None:
    """When the file was last changed: the latest of its own date and those of its widgets; None where it gives none.

    Firefox and Poppler date the widgets that were changed, and leave the file's date as it was.
    """
    written = {_entry(pdf, "/ModDate")}
    for widget in widgets:
        if "/M" in widget.names:
            written.add(text_of(widget.get("/M")))
    dates = [date for text in written if text and (date := pdf_date(text))]
    return max(dates) if dates else _xmp_date(pdf)


def pdf_date(text: str) -> datetime | None:
    """The time that a PDF date gives, `D:20261123190809+01'00'` or the beginning of it, in UTC.

    None where it is no date. A date without a zone is taken for UTC (ISO 32000-1, 7.9.4, leaves that open).
    """
    match = _DATE.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (
        int(part or low) for part, low in zip(match.groups()[:6], "011000", strict=True)
    )
    offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
    try:
        zone = timezone(-offset if match[7] == "-" else offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _entry(pdf: pikepdf.Pdf, key: str) -> str:
    """An entry of the document information dictionary."""
    value = get(get(pdf.trailer, "/Info"), key)
    return text_string(bytes(value))[0] if isinstance(value, String) else ""


def _xmp_date(pdf: pikepdf.Pdf) -> datetime | None:
    """The date in the XMP packet, found as text: a packet may be anything, and is not worth an XML parser."""
    packet = pdf.Root.get("/Metadata")
    content = content_of(packet) if isinstance(packet, Stream) else None
    match = _XMP_DATE.search(content) if content else None
    if not match:
        return None
    try:
        date = datetime.fromisoformat(match[1].decode("ascii"))
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
