"""What a PDF says of itself: its title, and when it was last changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pikepdf
from pikepdf import Stream, String

from thep_forms.reading.fields import WidgetValue, get
from thep_forms.reading.strings import text_string

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([-+Z])(?:(\d\d)'?(\d\d)?)?)?", re.ASCII)
_XMP_DATE = re.compile(rb"xmp:ModifyDate\s*(?:=\s*[\"']|>)\s*([0-9T:.Z+-]+)")


def title_of(pdf: pikepdf.Pdf) -> str:
    """The document's title; empty where it has none."""
    return _entry(pdf, "/Title")


def modified(pdf: pikepdf.Pdf, answers: Iterable[WidgetValue]) -> datetime | None:
    """When the file was last changed: the latest of its own date and those of its widgets; None where it says none.

    Firefox and Poppler date the widgets that were changed, and leave the file's date as it was.
    """
    said = {date for answer in answers if (date := answer.changed)}
    dates = [pdf_date(_entry(pdf, "/ModDate")), *map(pdf_date, said)]
    return max(filter(None, dates), default=None) or _xmp_date(pdf)


def _entry(pdf: pikepdf.Pdf, key: str) -> str:
    value = get(get(pdf.trailer, "/Info"), key)
    return text_string(bytes(value))[0] if isinstance(value, String) else ""


def _xmp_date(pdf: pikepdf.Pdf) -> datetime | None:
    """The date in the XMP packet, found as text: a packet may be anything, and is not worth an XML parser."""
    packet = pdf.Root.get("/Metadata")
    try:
        match = _XMP_DATE.search(packet.read_bytes()) if isinstance(packet, Stream) else None
        date = datetime.fromisoformat(match[1].decode("ascii")) if match else None
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC) if date else None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, OverflowError):
        return None


def pdf_date(text: str) -> datetime | None:
    """A PDF date, `D:20261123190809+01'00'` or a front part of it; None where it is none. Without a zone it is UTC."""
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
