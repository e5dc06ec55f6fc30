"""The seal of a page: a hash of its drawing. It shows a reader whether somebody has drawn on the page since.

It is kept in the page-piece dictionary (ISO 32000-1, 14.5), where a program keeps what is its own. It is a string of
two hashes: of the content, and of the content as it is stored. Most programs leave the stored content alone, and that
is quicker to hash. Forms made by earlier versions have the first hash alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import Enum, auto
from hashlib import blake2b

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream, String

OWNER = "/thep_forms"
BYTES = 8  # of a hash: it tells what programs do, and need not withstand forgers
DIGITS = 2 * BYTES


class State(Enum):
    """Whether a page has changed since it was made. Some programs drop the seal, so `NO_SEAL` proves neither."""

    AS_MADE = auto()
    DRAWN_OVER = auto()
    NO_SEAL = auto()


def seal(page: pikepdf.Page, day: date) -> None:
    """Add the seal to the page.

    The dictionary has to have a date; `day` is that, so that the bytes depend on the input alone.
    """
    modified = String(f"D:{day:%Y%m%d}000000Z")
    page.obj.LastModified = modified
    hashes = _digest(page.obj) + _digest(page.obj, Object.read_raw_bytes)
    page.obj.PieceInfo = Dictionary({OWNER: Dictionary(LastModified=modified, Private=String(hashes))})


def state(page: Object) -> State:
    """Whether the page agrees with its seal. Raises errors of pikepdf if the content is damaged."""
    hashes = _hashes(page)
    if hashes is None:
        return State.NO_SEAL
    drawn, stored = hashes[:DIGITS], hashes[DIGITS:]
    is_as_stored = bool(stored) and stored == _digest(page, Object.read_raw_bytes)
    return State.AS_MADE if is_as_stored or drawn == _digest(page) else State.DRAWN_OVER


def _hashes(page: Object) -> str | None:
    """The content of the page's seal; None if the page has no seal."""
    entry: object = page
    for key in ("/PieceInfo", OWNER, "/Private"):
        entry = entry.get(key) if isinstance(entry, Dictionary) else None
    return str(entry) if isinstance(entry, String) else None


def _digest(page: Object, read: Callable[[Object], bytes] = Object.read_bytes) -> str:
    contents = page.get("/Contents")
    streams = contents if isinstance(contents, Array) else [contents]
    digest = blake2b(digest_size=BYTES)
    for stream in streams:
        if isinstance(stream, Stream):
            digest.update(read(stream))
    return digest.hexdigest()
