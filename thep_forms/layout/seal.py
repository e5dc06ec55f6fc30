"""A seal on each page: the hash of what was drawn there, by which a reader knows that nobody has drawn on it since.

It is kept where programs keep what is theirs alone, in page-piece dictionaries (ISO 32000-1, 14.5): a string of two
hashes, of the content and of it as it is stored. Most programs leave what is stored alone, and it is small. Forms of
before have the first hash alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import Enum, auto
from hashlib import blake2b

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream, String

OWNER = "/thep_forms"
BYTES = 8  # of a hash: it is against what programs do, not against forgers
DIGITS = 2 * BYTES


class State(Enum):
    """What became of a page since it was made; of one without a seal nobody knows, since some programs drop it."""

    AS_MADE = auto()
    DRAWN_OVER = auto()
    NO_SEAL = auto()


def seal(page: pikepdf.Page, day: date) -> None:
    """Seal what is drawn on the page. `day` stands where a date has to: the bytes depend on the input alone."""
    modified = String(f"D:{day:%Y%m%d}000000Z")
    page.obj.LastModified = modified
    hashes = _digest(page.obj) + _digest(page.obj, Object.read_raw_bytes)
    page.obj.PieceInfo = Dictionary({OWNER: Dictionary(LastModified=modified, Private=String(hashes))})


def state(page: Object) -> State:
    """What the seal of the page says. Raises what pikepdf does where the content is damaged."""
    told: object = page
    for key in ("/PieceInfo", OWNER, "/Private"):
        told = told.get(key) if isinstance(told, Dictionary) else None
    if not isinstance(told, String):
        return State.NO_SEAL
    drawn, stored = str(told)[:DIGITS], str(told)[DIGITS:]
    is_as_stored = bool(stored) and stored == _digest(page, Object.read_raw_bytes)
    return State.AS_MADE if is_as_stored or drawn == _digest(page) else State.DRAWN_OVER


def _digest(page: Object, read: Callable[[Object], bytes] = Object.read_bytes) -> str:
    contents = page.get("/Contents")
    streams = contents if isinstance(contents, Array) else [contents]
    digest = blake2b(digest_size=BYTES)
    for stream in streams:
        if isinstance(stream, Stream):
            digest.update(read(stream))
    return digest.hexdigest()
