"""A PDF some of whose pages are read as print: what is drawn on them, by the quick reader or else by pdfminer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pikepdf

from thep_forms.reading.content_tokens import NotPlainError
from thep_forms.reading.drawn import DrawnPage
from thep_forms.reading.drawn_by_content import ContentReader
from thep_forms.reading.page_picture import PagePicture
from thep_forms.reading.unreadable_fonts import unreadable_in

if TYPE_CHECKING:
    from pdfplumber.pdf import PDF


class DrawnFile:
    """The pages of a PDF, opened by each library when it is first needed. Pages are counted from 0."""

    def __init__(self, data: bytes, numbers: Sequence[int]) -> None:
        """`numbers` are those of the pages that may be asked for."""
        self._data, self._numbers = data, sorted({*numbers})
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def page(self, number: int) -> DrawnPage:
        """What is drawn on a page. Raises whatever pdfminer does for a damaged page."""
        try:
            return self._content_reader.page(number)
        except NotPlainError:
            return self._by_pdfminer(number)

    def _by_pdfminer(self, number: int) -> DrawnPage:
        from thep_forms.reading.drawn_by_pdfminer import drawn_on  # takes time to import, and few files need it

        page = self._plumbed.pages[self._numbers.index(number)]
        drawn = drawn_on(page)
        page.close()
        return drawn

    def picture(self, number: int, drawn: DrawnPage) -> PagePicture:
        """The picture of a page."""
        return PagePicture(self._data, number, drawn.size, drawn.corner)

    def unreadable_fonts(self, number: int) -> frozenset[str]:
        """The names of the fonts on a page from whose codes no program can tell the letters."""
        return unreadable_in(self._pdf.pages[number].obj)

    @cached_property
    def _content_reader(self) -> ContentReader:
        return ContentReader(self._pdf)

    @cached_property
    def _pdf(self) -> pikepdf.Pdf:
        return self._open.enter_context(pikepdf.open(io.BytesIO(self._data), suppress_warnings=True))

    @cached_property
    def _plumbed(self) -> PDF:
        import pdfplumber  # takes time to import, and few files need it

        pages = [number + 1 for number in self._numbers]
        return self._open.enter_context(pdfplumber.open(io.BytesIO(self._data), pages=pages))
