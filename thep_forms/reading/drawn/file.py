"""A PDF whose pages are read as print: what is drawn on them, by the quick reader or else by pdfminer."""

from __future__ import annotations

import io
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

import pikepdf
import pypdfium2
from pypdfium2 import raw

from thep_forms.reading.drawn.by_content import ContentReader
from thep_forms.reading.drawn.content_tokens import NotPlainError
from thep_forms.reading.drawn.model import DrawnPage
from thep_forms.reading.drawn.page_picture import DEEPEST, PagePicture
from thep_forms.reading.drawn.unreadable_fonts import FontsOfPages
from thep_forms.reading.form_pages import text_of
from thep_forms.reading.opening import Document

MOST_OPEN = 12  # pages that stay open once they were looked at: to open one takes half as long as to draw it
SMALLEST_FORM = 0.1  # of a page, that a picture of a page of the form covers


class DrawnFile:
    """The pages of a PDF, which each library opens when it is first needed. Pages are counted from 0."""

    def __init__(self, data: bytes, document: Document | None = None) -> None:
        """`document` is the same file, where qpdf has it open already; it stays open."""
        self.data, self._document = data, document
        self._open = ExitStack()
        self._pages: dict[int, pypdfium2.PdfPage] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for page in self._pages.values():
            page.close()
        self._open.close()

    def page(self, number: int) -> DrawnPage:
        """What is drawn on a page. Raises whatever pdfminer does for a damaged page."""
        try:
            return self.page_from_content(number)
        except NotPlainError:
            return self.page_by_pdfminer(number)

    def page_from_content(self, number: int) -> DrawnPage:
        """The same, read quickly. Raises `NotPlainError` for a page that is left to pdfminer."""
        return self._content_reader.page(number)

    def page_by_pdfminer(self, number: int) -> DrawnPage:
        """The same, read slowly."""
        import pdfplumber  # takes time to import, and few files need it

        from thep_forms.reading.drawn.by_pdfminer import drawn_on

        with pdfplumber.open(io.BytesIO(self.data), pages=[number + 1]) as opened:
            (page,) = opened.pages
            return drawn_on(page)

    def picture(self, number: int, drawn: DrawnPage) -> PagePicture:
        """The picture of a page."""
        return PagePicture(self.document, number, self._pages.pop(number, None), drawn.size, drawn.corner)

    def texts(self) -> list[str]:
        """The text of each page, in a quick look by PDFium: only pages of the form need a slow one."""
        texts: list[str] = []
        for number, page in enumerate(self.document):
            texts.append(text_of(page))
            if number < MOST_OPEN:
                self._pages[number] = page
            else:
                page.close()
        return texts

    def has_large_picture(self, number: int) -> bool:
        """Whether a picture covers so much of a page that it may be of a page of the form."""
        page = self._pages.get(number) or self.document[number]
        least = SMALLEST_FORM * page.get_width() * page.get_height()
        return any(_size(thing) >= least and _has_picture(page, thing) for thing in page.get_objects(max_depth=1))

    def is_only_text(self, number: int) -> bool:
        """Whether a page has letters, and nothing else: a page of the form has lines, or is a picture.

        An annotation is something else, whatever it shows.
        """
        page = self._pages.get(number) or self.document[number]
        if raw.FPDFPage_GetAnnotCount(page) > 0:
            return False
        has_text = False
        for thing in page.get_objects(max_depth=DEEPEST):
            is_text, is_looked_into = thing.type == raw.FPDF_PAGEOBJ_TEXT, thing.level < DEEPEST - 1
            if not is_text and not (thing.type == raw.FPDF_PAGEOBJ_FORM and is_looked_into):
                return False
            has_text = has_text or is_text
        return has_text

    def unreadable_fonts(self, number: int) -> frozenset[str]:
        """The names of the fonts on a page from whose codes no program can tell the letters."""
        return self._fonts.unreadable_on(self._pdf.pages[number].obj)

    @property
    def can_be_drawn(self) -> bool:
        """Whether PDFium can open the file."""
        try:
            return bool(self.document)
        except pypdfium2.PdfiumError:
            return False

    @cached_property
    def document(self) -> pypdfium2.PdfDocument:
        """The file, opened by PDFium. Raises `pypdfium2.PdfiumError` where it cannot open it."""
        return self._open.enter_context(pypdfium2.PdfDocument(self.data))

    @cached_property
    def _content_reader(self) -> ContentReader:
        return ContentReader(self._pdf, self._document.new_warnings if self._document else self._pdf.get_warnings)

    @cached_property
    def _fonts(self) -> FontsOfPages:
        return FontsOfPages()

    @cached_property
    def _pdf(self) -> pikepdf.Pdf:
        if self._document:
            return self._document.pdf
        return self._open.enter_context(pikepdf.open(io.BytesIO(self.data), suppress_warnings=True))


def _size(thing: pypdfium2.PdfObject) -> float:
    """How much of a page it covers, in square points."""
    left, bottom, right, top = thing.get_bounds()
    return float((right - left) * (top - bottom))


def _has_picture(page: pypdfium2.PdfPage, thing: pypdfium2.PdfObject) -> bool:
    """Whether it is a picture, or a form XObject with one."""
    if thing.type == raw.FPDF_PAGEOBJ_FORM:
        return any(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=DEEPEST, form=thing.raw, level=1))
    return bool(thing.type == raw.FPDF_PAGEOBJ_IMAGE)
