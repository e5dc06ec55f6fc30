"""Letters that PDFium lost when it drew a box, found on the page that another program made of the form.

PDFium draws a letter that a font lacks in another font, in the end in one that it calls `ArialUnicodeMS_01`. Where that
lacks it too, it leaves the letter out, and no gap. Two traces stay. The text before and after the letter are two
strings in the same font. And the last font is among those of the boxes, though none uses it.

Limitations: a program that draws the text anew, such as cairo, leaves neither trace. Letters at either end of an
answer, or beside a letter in another font, leave only the second one. It does not say of which box they were. So an
answer with letters beyond Latin-1 is doubted where another lost some.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from msgspec import Struct
from pikepdf import Dictionary, Stream

from thep_forms.reading.fields.appearance import may_be, text_of_appearance
from thep_forms.reading.fields.box_fonts import BoxFonts, FormFonts
from thep_forms.reading.objects import get

MOST_LOOKED_AT = 2000  # form XObjects of a page
LONGEST = 20_000  # bytes of the appearance of a box, as they are in the file
LAST_OF_LATIN_1 = "ÿ"
_IS_BOX = b"/Tx BMC"
_PARTED = re.compile(rb"/(\S+) ([\d.]+) Tf\s+\((?:\\.|[^\\)])*\) Tj\s+[\d.]+ 0 Td\s+/\1 \2 Tf\s", re.DOTALL)
_LAST_FONT, _USES_LAST = "/ArialUnicodeMS_01", b"/ArialUnicodeMS_01 "


class LostLetters(Struct, frozen=True):
    """The texts that letters were lost from, as `is_lost_from` needs them.

    `from_any`: letters were lost, and nobody knows from which texts.
    """

    texts: frozenset[str] = frozenset()
    from_any: bool = False

    def is_lost_from(self, text: str) -> bool:
        """Whether letters were lost from the text, or may have been."""
        if self.texts and any(char > LAST_OF_LATIN_1 and char.isalpha() for char in text):
            return True
        return any(may_be(_normalised(text), shown) for shown in self.texts)


class BoxTraces:
    """What the boxes that became part of a page show of letters that they lost."""

    def __init__(self) -> None:
        self._looked_at = 0
        self.parted: list[tuple[bytes, object]] = []  # appearances that lost letters, with their fonts
        self.names_last, self.uses_last = False, False  # whether any box has the last font, and uses it

    def look_at(self, form: Stream, content: bytes | None) -> None:
        """Look at a form XObject of the page, which may be a box."""
        self._looked_at += 1
        if self._looked_at > MOST_LOOKED_AT or content is None or _IS_BOX not in content:
            return
        length = get(form, "/Length")
        if not isinstance(length, int) or length > LONGEST:
            return
        fonts = get(get(form, "/Resources"), "/Font")
        if _PARTED.search(content):
            self.parted.append((content, fonts))
        self.names_last = self.names_last or (isinstance(fonts, Dictionary) and _LAST_FONT in fonts)
        self.uses_last = self.uses_last or _USES_LAST in content


def lost_letters(pages: Collection[BoxTraces]) -> LostLetters:
    """What the boxes that became part of the pages have lost."""
    parted = [appearance for page in pages for appearance in page.parted]
    texts = {_normalised(text_of_appearance(content, BoxFonts(fonts, FormFonts(None)))) for content, fonts in parted}
    names_last, uses_last = any(page.names_last for page in pages), any(page.uses_last for page in pages)
    return LostLetters(frozenset(texts), names_last and not uses_last and not texts)


def _normalised(text: str) -> str:
    """The text as it is compared, without blanks."""
    return unicodedata.normalize("NFC", "".join(text.split()))
