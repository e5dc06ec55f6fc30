"""Fill in forms as a person does in Chrome: PDFium's form engine, driven by its raw interface."""

from __future__ import annotations

import ctypes
import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image, ImageChops, ImageFilter

IDENTIFIER = re.compile(rb"(/ID\[<\w{32}><)\w{32}(>\]>>\r\nstartxref)")  # of the original, and of the saved file


@dataclass
class _Widget:
    page: object
    middle: tuple[float, float]
    value: str
    ticks: bool
    ticked: bool


@contextmanager
def _opened(pdf: bytes) -> Iterator[tuple[pdfium.PdfDocument, list[pdfium.PdfPage]]]:
    document = pdfium.PdfDocument(pdf)
    document.init_forms()
    pages = [document[n] for n in range(len(document))]
    try:
        yield document, pages
    finally:
        for page in pages:
            page.close()
        document.close()


def _string(read: object, *arguments: object) -> str:
    length = read(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(length)
    read(*arguments, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "surrogatepass").rstrip("\0")


def _widgets(document: pdfium.PdfDocument, pages: list[pdfium.PdfPage]) -> dict[str, _Widget]:
    form, found = document.formenv.raw, {}
    for page in pages:
        for n in range(raw.FPDFPage_GetAnnotCount(page.raw)):
            annotation = raw.FPDFPage_GetAnnot(page.raw, n)
            if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET:
                rect = raw.FS_RECTF()
                raw.FPDFAnnot_GetRect(annotation, rect)
                found[_string(raw.FPDFAnnot_GetFormFieldName, form, annotation)] = _Widget(
                    page,
                    ((rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2),
                    _string(raw.FPDFAnnot_GetFormFieldValue, form, annotation),
                    raw.FPDFAnnot_GetFormFieldType(form, annotation) == raw.FPDF_FORMFIELD_CHECKBOX,
                    bool(raw.FPDFAnnot_IsChecked(form, annotation)),
                )
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def type_into(pdf: bytes, values: Mapping[str, str | bool]) -> bytes:
    """The form as Chrome would save it: text is typed into the named fields, and boxes are clicked to be as asked.

    Whoever asks for the same again is given a file of its own, too: with another identifier, as each that is saved.
    """
    own = os.urandom(16).hex().upper().encode()
    saved = _typed_into(pdf, tuple(values.items()))
    file, count = IDENTIFIER.subn(lambda found: found[1] + own + found[2], saved)
    assert count == 1
    return file


@lru_cache(maxsize=100)  # most tests type the same into the same few forms
def _typed_into(pdf: bytes, values: tuple[tuple[str, str | bool], ...]) -> bytes:
    with _opened(pdf) as (document, pages):
        form, widgets = document.formenv.raw, _widgets(document, pages)
        for name, value in values:
            widget = widgets[name]
            if widget.ticks and widget.ticked == value:
                continue
            target = (form, widget.page.raw, 0, *widget.middle)
            for act in (raw.FORM_OnMouseMove, raw.FORM_OnLButtonDown, raw.FORM_OnLButtonUp):
                act(*target)
            if not widget.ticks:
                typed = (str(value) + "\0").encode("utf-16-le", "surrogatepass")
                raw.FORM_SelectAllText(form, widget.page.raw)
                pointer = ctypes.cast(ctypes.create_string_buffer(typed), ctypes.POINTER(raw.FPDF_WCHAR))
                raw.FORM_ReplaceSelection(form, widget.page.raw, pointer)
            raw.FORM_ForceToKillFocus(form)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def typed(pdf: bytes) -> dict[str, str]:
    """What PDFium says that each field holds."""
    with _opened(pdf) as (document, pages):
        return {name: widget.value for name, widget in _widgets(document, pages).items()}


def draw(pdf: bytes, page: int = 0, scale: float = 2) -> Image.Image:
    """A page with its fields, as Chrome shows it."""
    with _opened(pdf) as (_, pages):
        return pages[page].render(scale=scale, may_draw_forms=True).to_pil()


def strays(first: Image.Image, second: Image.Image, scale: int = 1) -> float:
    """The share of what either of two grey pictures draws dark that the other does not draw, not even grey.

    Two points of difference are allowed: engines smooth edges differently.
    """
    pages = (first, second.resize(first.size))
    dark = [page.point(lambda grey: 255 if grey < 120 else 0) for page in pages]
    filter = ImageFilter.MaxFilter(4 * scale + 1)
    nearby = [page.point(lambda grey: 255 if grey < 215 else 0).filter(filter) for page in pages]
    pairs = ((dark[0], nearby[1]), (dark[1], nearby[0]))
    return max(ImageChops.subtract(drawn, near).histogram()[255] / drawn.histogram()[255] for drawn, near in pairs)
