"""A filled form as it may come back: flattened, printed, scaled, turned, cut, joined to others, scanned."""

from __future__ import annotations

import io
import os
import re
import subprocess
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import pypdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from pypdf import PageObject, Transformation
from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.support.viewer import draw

# Without the font in which PDFium sets typographic quotes and dashes where it finds it, as Ghostscript brings it. cairo
# embeds that font so that nobody can tell which letters they are.
FONTS = """<?xml version="1.0"?>
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<selectfont><rejectfont><glob>*DroidSansFallback*</glob></rejectfont></selectfont>
</fontconfig>
"""
A4, LETTER = (595.2756, 841.8898), (612.0, 792.0)
KEPT = 30  # flattened forms: many tests flatten the same


@lru_cache(maxsize=KEPT)
def by_qpdf(pdf: bytes) -> bytes:
    """Flattened by qpdf."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.flatten_annotations("all")
        if "/AcroForm" in opened.Root:
            del opened.Root["/AcroForm"]
        return _saved(opened)


def _saved(opened: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pikepdf.PageCopyWarning)  # of the hidden field, which nobody draws
        opened.save(out)
    return out.getvalue()


@lru_cache(maxsize=KEPT)
def by_pdfium(pdf: bytes) -> bytes:
    """Printed to a PDF by Chrome's engine."""
    document = pdfium.PdfDocument(pdf)
    for number in range(len(document)):
        page = document[number]
        raw.FPDFPage_Flatten(page.raw, raw.FLAT_PRINT)
        page.close()
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


@lru_cache(maxsize=KEPT)
def by_cairo(pdf: bytes) -> bytes:
    """Printed to a PDF by Poppler and cairo, as on a Linux desktop."""
    with TemporaryDirectory() as folder:
        came, went, fonts = (Path(folder) / name for name in ("in.pdf", "out.pdf", "fonts.conf"))
        came.write_bytes(pdf)
        fonts.write_text(FONTS, encoding="utf-8")
        environment = os.environ | {"FONTCONFIG_FILE": str(fonts)}
        subprocess.run(["pdftocairo", "-pdf", came, went], check=True, env=environment)
        return went.read_bytes()


FLATTENED: dict[str, Callable[[bytes], bytes]] = {"qpdf": by_qpdf, "PDFium": by_pdfium, "cairo": by_cairo}


def _rewritten(pdf: bytes, page: Callable[[PageObject], PageObject]) -> bytes:
    writer = pypdf.PdfWriter()
    for old in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        writer.add_page(page(old))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def placed(pdf: bytes, size: tuple[float, float], *steps: Callable[[Transformation], Transformation]) -> bytes:
    """Each page drawn on paper of that size, after the steps."""

    def page(old: PageObject) -> PageObject:
        new = PageObject.create_blank_page(width=size[0], height=size[1])
        transformation = Transformation()
        for step in steps:
            transformation = step(transformation)
        new.merge_transformed_page(old, transformation, expand=False)
        return new

    return _rewritten(pdf, page)


def fit_to_page(pdf: bytes) -> bytes:
    return placed(pdf, A4, lambda t: t.scale(0.94), lambda t: t.translate(18, 25))


def on_letter_paper(pdf: bytes) -> bytes:
    scale = LETTER[1] / A4[1]
    return placed(pdf, LETTER, lambda t: t.scale(scale), lambda t: t.translate((LETTER[0] - A4[0] * scale) / 2, 0))


def shifted(pdf: bytes) -> bytes:
    return placed(pdf, A4, lambda t: t.translate(14, -11))


def drawn_sideways(pdf: bytes) -> bytes:
    """Turned by its content, as a driver does that prints landscape."""
    return placed(pdf, (A4[1], A4[0]), lambda t: t.rotate(90), lambda t: t.translate(A4[1], 0))


def drawn_the_other_way_sideways(pdf: bytes) -> bytes:
    return placed(pdf, (A4[1], A4[0]), lambda t: t.rotate(-90), lambda t: t.translate(0, A4[0]))


def drawn_upside_down(pdf: bytes) -> bytes:
    return placed(pdf, A4, lambda t: t.rotate(180), lambda t: t.translate(*A4))


def askew(pdf: bytes) -> bytes:
    return placed(pdf, A4, lambda t: t.scale(0.95), lambda t: t.rotate(2), lambda t: t.translate(28, 6))


def askew_the_other_way_sideways(pdf: bytes) -> bytes:
    return placed(pdf, (A4[1], A4[0]), lambda t: t.rotate(87), lambda t: t.translate(A4[1] - 30, 20))


def slanted(pdf: bytes) -> bytes:
    """Each line further to the right than the one below it, as no printer does."""
    return placed(pdf, A4, lambda t: t.transform(Transformation((1, 0, 0.1, 1, -40, 0))))


def mirrored(pdf: bytes) -> bytes:
    """As on a transparency that lies the wrong way round."""
    return placed(pdf, A4, lambda t: t.transform(Transformation((-1, 0, 0, 1, A4[0], 0))))


def drawn_on(pdf: bytes, operators: str) -> bytes:
    """The first page with something drawn over it."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        page = opened.pages[0]
        page.contents_add(b"q", prepend=True)
        page.contents_add(f"Q q {operators} Q".encode())
        return _saved(opened)


def typed_on(pdf: bytes, x: float, y: float, words: str, size: float = 10, page: int = 0) -> bytes:
    """A page with words typed on it by a tool that knows no boxes, from its lower left corner."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", size)
    canvas.drawString(x, y, words)
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as words_alone, pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.pages[page].add_overlay(words_alone.pages[0])
        return _saved(opened)


def watermarked(pdf: bytes, words: str) -> bytes:
    """With large grey words from corner to corner of each page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFillGray(0.8)
    canvas.setFont("Helvetica", 80)
    canvas.translate(60, 100)
    canvas.rotate(52)
    canvas.drawString(0, 0, words)
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as mark, pikepdf.open(io.BytesIO(pdf)) as opened:
        for page in opened.pages:
            page.add_overlay(mark.pages[0])
        return _saved(opened)


def turned(pdf: bytes) -> bytes:
    """Turned by the page's own entry, as a viewer does."""
    return _rewritten(pdf, lambda page: page.rotate(90))


def cropped(pdf: bytes) -> bytes:
    def page(old: PageObject) -> PageObject:
        old.cropbox.lower_left, old.cropbox.upper_right = (20, 30), (580, 830)
        old.mediabox.lower_left, old.mediabox.upper_right = (10, 20), (590, 835)
        return old

    return _rewritten(pdf, page)


def on_sheets(pdf: bytes, across: int, down: int = 1) -> bytes:
    """Several pages on each sheet of paper, in rows."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    width, height = A4 if across <= down else (A4[1], A4[0])
    scale = min(width / across / A4[0], height / down / A4[1])
    writer = pypdf.PdfWriter()
    for first in range(0, len(pages), across * down):
        sheet = writer.add_blank_page(width=width, height=height)
        for number, page in enumerate(pages[first : first + across * down]):
            row, column = divmod(number, across)
            corner = (column * width / across, (down - 1 - row) * height / down)
            sheet.merge_transformed_page(page, Transformation().scale(scale).translate(*corner), expand=False)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PRINTED: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "fit to page": fit_to_page,
    "on letter paper": on_letter_paper,
    "shifted": shifted,
    "turned": turned,
    "drawn sideways": drawn_sideways,
    "drawn the other way sideways": drawn_the_other_way_sideways,
    "drawn upside down": drawn_upside_down,
    "cropped": cropped,
    "askew": askew,
    "askew the other way, sideways": askew_the_other_way_sideways,
}


def with_page_from(pdf: bytes, other: bytes, number: int) -> bytes:
    """A file with one page out of another file in the place of its own."""
    pages = [joined((other if n == number else pdf, (n,))) for n in range(4)]
    return joined(*pages)


def pages_of(pdf: bytes, *numbers: int) -> bytes:
    """These pages alone, in that order."""
    return joined((pdf, numbers))


def joined(*parts: bytes | tuple[bytes, Sequence[int]]) -> bytes:
    """Files, or pages of them, in one."""
    writer = pypdf.PdfWriter()
    for part in parts:
        pdf, numbers = part if isinstance(part, tuple) else (part, None)
        writer.append(io.BytesIO(pdf), pages=list(numbers) if numbers is not None else None)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@contextmanager
def _pictures_as_bytes() -> Iterator[None]:
    """ReportLab writes pictures as the bytes that they are, as scanners do. It takes longer to write them as text."""
    before, rl_config.useA85 = rl_config.useA85, 0
    try:
        yield
    finally:
        rl_config.useA85 = before


@_pictures_as_bytes()
def scanned(pdf: bytes, pages: Sequence[int] = (0,), degrees: float = 1.2) -> bytes:
    """Pictures of the pages, a little askew."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for number in pages:
        picture = (
            draw(pdf, number, scale=2.2)
            .convert("L")
            .rotate(degrees, fillcolor=255, resample=3, expand=degrees % 180 == 90)
        )
        canvas.drawImage(ImageReader(picture), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@_pictures_as_bytes()
def in_a_letter(pdf: bytes, pages: Sequence[int], words: str) -> bytes:
    """Pictures of pages in a letter, as a word processor prints them: smaller, below a line of words."""
    width = 420  # points
    out = io.BytesIO()
    canvas = Canvas(out)
    for number in pages:
        picture = draw(pdf, number, scale=2.5)
        height = width * picture.height / picture.width
        canvas.drawString(72, 800, words)
        canvas.drawImage(ImageReader(picture), 72, 780 - height, width, height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def recognised(pdf: bytes) -> bytes:
    """A scan whose words a program guessed and put behind the picture."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        with pikepdf.open(io.BytesIO(scanned(pdf, range(len(opened.pages)), 0))) as pictures:
            for page, picture in zip(opened.pages, pictures.pages, strict=True):
                page.add_overlay(picture)
        return _saved(opened)


def _changed_fonts(pdf: bytes, kind: str, change: Callable[[pikepdf.Object], None]) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fonts = [font for font in opened.objects if isinstance(font, pikepdf.Dictionary) and "/ToUnicode" in font]
        for font in fonts:
            if kind in (font.get("/Subtype"), font.get("/Type")):
                change(font)
        return _saved(opened)


def without_unicode(pdf: bytes, kind: str = "/Font") -> bytes:
    """Printed by a driver that leaves out what the letters of its fonts are, or of its fonts of a kind."""

    def change(font: pikepdf.Object) -> None:
        del font["/ToUnicode"]
        inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        if "/FontFile2" in inner.FontDescriptor:  # whose program has a table of letters, too
            program = inner.FontDescriptor.FontFile2
            program.write(program.read_bytes().replace(b"cmap", b"xmap", 1))

    return _changed_fonts(pdf, kind, change)


def shifted_letters(pdf: bytes, kind: str = "/Font") -> bytes:
    """Printed by a driver that says that each letter is another one."""

    def change(font: pikepdf.Object) -> None:
        font.ToUnicode.write(re.sub(rb"<(\w{4})> <(\w{4})>", shifted, font.ToUnicode.read_bytes()))

    def shifted(match: re.Match[bytes]) -> bytes:
        return b"<%s> <%04X>" % (match[1], (int(match[2], 16) + 3) & 0xFFFF)

    return _changed_fonts(pdf, kind, change)


def attached(pdf: bytes, file: bytes, *, pinned: bool = False) -> bytes:
    """A PDF with another file attached to it, or pinned to its first page."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        spec = pikepdf.AttachedFileSpec(opened, file, filename="form.pdf")
        if pinned:
            pin = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.FileAttachment,
                Rect=pikepdf.Array([20, 20, 40, 40]),
                FS=spec.obj,
            )
            opened.pages[0].Annots = pikepdf.Array([opened.make_indirect(pin)])
        else:
            opened.attachments["form.pdf"] = spec
        return _saved(opened)
