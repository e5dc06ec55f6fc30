"""PDF objects as Python values: nothing here raises, whatever a file holds in the place of what it should hold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, String

from thep_forms.reading.model import Doubt
from thep_forms.reading.strings import text_string

MOST_CHOSEN = 100  # entries read of a list box
NO_DOUBT: frozenset[Doubt] = frozenset()
LOST: frozenset[Doubt] = frozenset({Doubt.CHARACTERS_LOST})
UNREADABLE: frozenset[Doubt] = frozenset({Doubt.UNREADABLE})
COVERED: frozenset[Doubt] = frozenset({Doubt.COVERED})
FORMATTED: frozenset[Doubt] = frozenset({Doubt.FORMATTED})
NOT_SEEN: frozenset[Doubt] = frozenset({Doubt.NOT_SEEN})
MOVED: frozenset[Doubt] = frozenset({Doubt.MOVED})
OTHER_KIND: frozenset[Doubt] = frozenset({Doubt.OTHER_KIND})

Text = tuple[str, frozenset[Doubt]]


def get(holder: object, key: str) -> object:
    """The entry of a dictionary or stream, or None where there is none or the holder is neither."""
    if not isinstance(holder, (Dictionary, Stream)) or key not in holder:  # `get` raises and catches what is not there
        return None
    return holder.get(key)


def lacks(holder: object, key: str) -> bool:
    """Whether a dictionary names an object for the entry that is not in the file."""
    if not isinstance(holder, Dictionary):
        return False
    entries = holder.as_dict()
    return key in entries and entries[key] is None


def items_of(array: object) -> Iterator[Object]:
    """The items of an array; none of anything else."""
    return iter(array) if isinstance(array, Array) else iter(())


def numbers_of(array: object) -> tuple[float, ...]:
    """The numbers in an array. Other items are left out."""
    return tuple(float(item) for item in items_of(array) if isinstance(item, (int, Decimal)))


def name_of(value: object) -> str:
    """The name that a value is, with its slash; empty for any other value."""
    return str(value) if isinstance(value, Name) else ""


def content_of(stream: Stream) -> bytes | None:
    """The decoded content of a stream, or None where it cannot be decoded; of damage qpdf keeps a warning."""
    try:
        return stream.read_bytes()
    except (pikepdf.PdfError, pikepdf.DataDecodingError):
        return None


def text_of(value: object) -> str:
    """The text that a value stands for, as `doubted_text` reads it."""
    return doubted_text(value)[0]


def doubted_text(value: object) -> Text:
    """The text that a value stands for, and what is doubtful about it.

    The chosen entries of a list box are joined by `\\n`. Values of other kinds give an empty text; of a dictionary
    nobody knows what it says.
    """
    if value is None:
        return "", NO_DOUBT
    if isinstance(value, String):
        return _decoded(bytes(value))
    if isinstance(value, Stream):
        content = content_of(value)
        return ("", UNREADABLE) if content is None else _decoded(content)
    if isinstance(value, Name):
        return str(value)[1:], NO_DOUBT
    if isinstance(value, Array):
        return _chosen(value)
    if isinstance(value, (int, Decimal)):  # and True or False
        return str(value).lower(), NO_DOUBT
    return "", UNREADABLE if isinstance(value, Dictionary) else NO_DOUBT


def _decoded(raw: bytes) -> Text:
    text, is_lossy = text_string(raw)
    return text, LOST if is_lossy else NO_DOUBT


def _chosen(array: Array) -> Text:
    """What is chosen in a list box. Arrays in the array are left out: it may hold itself."""
    texts: list[str] = []
    doubts = NO_DOUBT
    for item in islice(array, MOST_CHOSEN):
        if not isinstance(item, Array):
            text, more = doubted_text(item)
            texts.append(text)
            doubts |= more
    return "\n".join(texts), doubts
