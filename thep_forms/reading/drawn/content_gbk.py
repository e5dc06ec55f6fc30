"""Letters of a font whose strings are in GBK: PDFium takes one for a letter, such as ’, that the font of a box lacks.

Python knows GBK. The tables that pdfminer has for it say the same, and take as long to load as two files to read.

Limitations: of fonts that give widths to others than ASCII letters nothing is known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from thep_forms.reading.drawn.content_tokens import NotPlainError

ENCODING, COLLECTION = "/GBK-EUC-H", "Adobe-GB1"
_ASCII = {7716: " ", **{814 + index: chr(ord("!") + index) for index in range(94)}}  # by the glyphs of the collection
_OTHERWISE = re.compile("[\0-\x1f\x7f\uf900-\ufaff]")  # what pdfminer leaves out, or takes for another character


def can_tell_widths(glyphs: Iterable[int]) -> bool:
    """Whether characters of these glyphs are known, to which a font gives widths."""
    return _ASCII.keys() >= set(glyphs)


def widths_of_characters(widths: Mapping[int, float]) -> dict[str, float]:
    """The widths of glyphs, by their characters."""
    return {_ASCII[glyph]: width for glyph, width in widths.items()}


def characters_in(string: bytes) -> Sequence[int]:
    """The code points of a string. Raises `NotPlainError`."""
    try:
        text = string.decode("gbk")
    except UnicodeDecodeError as error:
        raise NotPlainError from error
    if _OTHERWISE.search(text):
        raise NotPlainError
    return [*map(ord, text)]
