"""Letters that PDFium lost when it drew a box, found on the page that another program made of the form.

PDFium draws a letter that a font lacks in another font, in the end in one that it calls `ArialUnicodeMS_01`. Where that
lacks it too, it leaves the letter out, and no gap. Two traces stay. The text before and after the letter are two
strings in the same font. And the last font is among those of the boxes, though none uses it.

Limitations: a program that draws the text anew, such as cairo, leaves neither trace. A letter lost at either end of an
answer leaves only the second one, which does not say of which box.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from msgspec import Struct
from pikepdf import Dictionary, Name, Object, Stream

from thep_forms.reading.appearance import BoxFonts, may_be, text_of_appearance
from thep_forms.reading.objects import content_of, get

MOST_DRAWN = 2000  # form XObjects that are looked at
LONGEST = 20_000  # bytes of the appearance of a box
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
        """Whether letters were lost from the text."""
        return any(may_be(_normalised(text), shown) for shown in self.texts)


def lost_letters(pages: Collection[Object]) -> LostLetters:
    """What the boxes that became part of the pages have lost."""
    texts: set[str] = set()
    names_last, uses_last = False, False
    for appearance in _appearances(pages):
        content = content_of(appearance) or b""
        if _IS_BOX not in content:
            continue
        fonts = get(get(appearance, "/Resources"), "/Font")
        if _PARTED.search(content):
            texts.add(_normalised(text_of_appearance(content, BoxFonts(fonts, None))))
        names_last = names_last or (isinstance(fonts, Dictionary) and _LAST_FONT in fonts)
        uses_last = uses_last or _USES_LAST in content
    return LostLetters(frozenset(texts), names_last and not uses_last and not texts)


def _normalised(text: str) -> str:
    """The text as it is compared, without blanks."""
    return unicodedata.normalize("NFC", "".join(text.split()))


def _appearances(pages: Collection[Object]) -> Iterator[Stream]:
    """The form XObjects with fonts that the pages draw, within each other too."""
    waiting = [get(page, "/Resources") for page in pages]
    seen: set[tuple[int, int]] = set()
    while waiting:
        drawn = get(waiting.pop(), "/XObject")
        for form in drawn.values() if isinstance(drawn, Dictionary) else ():
            if get(form, "/Subtype") != Name.Form or form.objgen in seen or len(seen) == MOST_DRAWN:
                continue
            seen.add(form.objgen)
            waiting.append(get(form, "/Resources"))
            length = get(form, "/Length")
            if isinstance(form, Stream) and isinstance(length, int) and length <= LONGEST:
                yield form
