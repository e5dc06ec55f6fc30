"""A seal on each page: the hash of what was drawn there, by which a reader knows that nobody has drawn on it since.

It is kept where programs keep what is theirs alone, in page-piece dictionaries (ISO 32000-1, 14.5): a string of two
hashes, of the content and of it as it is stored. Most programs leave what is stored alone, and it is small. Forms of
before have the first hash alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from hashlib import blake2b

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream, String

OWNER = "/thep_forms"
BYTES = 8  # of a hash: it is against what programs do, not against forgers
DIGITS = 2 * BYTES


def seal(page: pikepdf.Page, day: date) -> None:
    """Seal what is drawn on the page. `day` stands where a date has to: the bytes depend on the input alone."""
    modified = String(f"D:{day:%Y%m%d}000000Z")
    page.obj.LastModified = modified
    hashes = _digest(page.obj) + _digest(page.obj, Object.read_raw_bytes)
    page.obj.PieceInfo = Dictionary({OWNER: Dictionary(LastModified=modified, Private=String(hashes))})


def is_drawn_over(page: Object) -> bool:
    """Whether more is drawn on the page than when it was sealed; not, where nobody sealed it.

    Raises what pikepdf does where the content is damaged.
    """
    told: object = page
    for key in ("/PieceInfo", OWNER, "/Private"):
        told = told.get(key) if isinstance(told, Dictionary) else None
    if not isinstance(told, String):
        return False
    drawn, stored = str(told)[:DIGITS], str(told)[DIGITS:]
    is_as_stored = bool(stored) and stored == _digest(page, Object.read_raw_bytes)
    return not is_as_stored and drawn != _digest(page)


def _digest(page: Object, read: Callable[[Object], bytes] = Object.read_bytes) -> str:
    contents = page.get("/Contents")
    streams = contents if isinstance(contents, Array) else [contents]
    digest = blake2b(digest_size=BYTES)
    for stream in streams:
        if isinstance(stream, Stream):
            digest.update(read(stream))
    return digest.hexdigest()
