"""A seal on each page: the hash of what was drawn there, by which a reader knows that nobody has drawn on it since.

It is kept where programs keep what is theirs alone, in page-piece dictionaries (ISO 32000-1, 14.5).
"""

from __future__ import annotations

from datetime import date
from hashlib import blake2b

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream, String

OWNER = "/thep_forms"
BYTES = 8  # of the hash: it is against what programs do, not against forgers


def seal(page: pikepdf.Page, day: date) -> None:
    """Seal what is drawn on the page. `day` stands where a date has to: the bytes depend on the input alone."""
    modified = String(f"D:{day:%Y%m%d}000000Z")
    page.obj.LastModified = modified
    page.obj.PieceInfo = Dictionary({OWNER: Dictionary(LastModified=modified, Private=String(_digest(page.obj)))})


def is_drawn_over(page: Object) -> bool:
    """Whether more is drawn on the page than when it was sealed; not, where nobody sealed it.

    Raises what pikepdf does where the content is damaged.
    """
    pieces = page.get("/PieceInfo")
    piece = pieces.get(OWNER) if isinstance(pieces, Dictionary) else None
    sealed = piece.get("/Private") if isinstance(piece, Dictionary) else None
    return isinstance(sealed, String) and str(sealed) != _digest(page)


def _digest(page: Object) -> str:
    contents = page.get("/Contents")
    streams = contents if isinstance(contents, Array) else [contents]
    digest = blake2b(digest_size=BYTES)
    for stream in streams:
        if isinstance(stream, Stream):
            digest.update(stream.read_bytes())
    return digest.hexdigest()
