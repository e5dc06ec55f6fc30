"""Which pages of a file are pages of the form, in a quick look by PDFium at their printed words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import pypdfium2
from msgspec import Struct

FEWEST_PHRASES = 3  # by which a page is taken for a page of the form
# Words of letters, not of answers: where the form's own letters are unknown, those of its answers may be known.
_COMMON_WORDS = re.compile(
    r"\b(?:and|are|attached|dear|have|of|our|please|regards|the|this|to|we|with|you|your)\b", re.IGNORECASE
)
_YEARS = re.compile(r"\b(20\d\d)(?:-\d\d\b|\s*[–-]\s*(?:\w+\s+)?20\d\d\b)")


class FormPage(Struct, frozen=True):
    """A page of a file that is a page of the form, by its printed words.

    `page` is its index in the file, `number` its index among the form's pages with boxes. `year` is the year in which
    the membership year starts, as printed; None where it is not.
    """

    page: int
    number: int
    year: int | None


def page_texts(data: bytes) -> list[str]:
    """The text of each page, in a quick look by PDFium."""
    texts: list[str] = []
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            texts.append(text_of(page))
            page.close()
    return texts


def text_of(page: pypdfium2.PdfPage) -> str:
    """The text of an open page."""
    text = page.get_textpage()
    words: str = text.get_text_range()
    text.close()
    return words


def folded(text: str) -> str:
    """The text without spaces, in one case."""
    return "".join(text.split()).casefold()


def is_legible(text: str) -> bool:
    """Whether a page's text holds English words, as that of a form does if its letters are known."""
    return bool(_COMMON_WORDS.search(text))


def form_pages(texts: Sequence[str], phrases: Sequence[Collection[str]]) -> list[FormPage]:
    """The pages of the form among the pages of a file, by their texts; several may be on one page.

    `phrases` are the folded words that tell each of the form's pages with boxes.
    """
    found: list[FormPage] = []
    for page, text in enumerate(texts):
        words, years = folded(text), _YEARS.search(text)
        year = int(years[1]) if years else None
        for number, own in enumerate(phrases):
            if sum(_stands_in(phrase, words) for phrase in own) >= FEWEST_PHRASES:
                found.append(FormPage(page, number, year))
    return found


def _stands_in(phrase: str, words: str) -> bool:
    """Whether the words have the phrase: `Senior Leader 1` does not stand in `Senior Leader 19`."""
    if phrase not in words:
        return False
    return not phrase[-1].isdigit() or bool(re.search(rf"{re.escape(phrase)}(?!\d)", words))
