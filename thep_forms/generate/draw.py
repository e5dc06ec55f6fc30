"""The printed part of the form: pages, rules, labels, texts, footers and QR codes, with reportlab."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph as Flowable

from thep_forms.definition.model import FormDefinition
from thep_forms.definition.texts import Heading, Paragraph, Run, TextBlock, TextList
from thep_forms.errors import LayoutError
from thep_forms.generate import fonts
from thep_forms.generate.layout import MM, Label, Rect, Sheet, Style

QR_SIDE = 12 * MM
RULE = 0.6
LEADING = 1.25
SMALLEST = 7.5  # points, that a heading may shrink to


@dataclass(frozen=True)
class Piece:
    """A paragraph of a running text, its label if it is a list's item, and the space before it."""

    flowable: Flowable
    height: float
    indent: float
    space: float
    label: str = ""
    keep: bool = False  # with the next


def draw(definition: FormDefinition, sheets: Sequence[Sheet]) -> tuple[bytes, list[int]]:
    """The PDF without its fields, and for each sheet the index of the page where it starts."""
    fonts.register()
    return _Drawer(definition).draw(sheets)


class _Drawer:
    def __init__(self, definition: FormDefinition) -> None:
        self.definition, self.page = definition, definition.file.page
        colours = definition.partnership.colours
        self.ink, self.accent = HexColor(colours.ink), HexColor(colours.accent)
        self.tint, self.rule = HexColor(colours.tint), HexColor(colours.rule)
        self.width, self.height = self.page.width * MM, self.page.height * MM
        margin = self.page.margin * MM
        bottom = self.page.bottom * MM
        self.body = Rect(margin, bottom, self.width - 2 * margin, self.height - self.page.body * MM - bottom)
        self.buffer = io.BytesIO()
        self.canvas = Canvas(
            self.buffer,
            pagesize=(self.width, self.height),
            invariant=True,
            pageCompression=1,
            initialFontName=fonts.REGULAR,
            lang="en-GB",
        )

    def draw(self, sheets: Sequence[Sheet]) -> tuple[bytes, list[int]]:
        flows: list[list[list[Piece]]] = [list(self._flow(sheet.flow)) if sheet.flow else [[]] for sheet in sheets]
        total = sum(len(pages) for pages in flows)
        starts, number = [], 0
        for sheet, pages in zip(sheets, flows, strict=True):
            starts.append(number)
            for page in pages:
                number += 1
                self._furniture(number, total)
                self._sheet(sheet)
                self._pieces(page)
                self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue(), starts

    # --- every page ---------------------------------------------------------------------------------------------

    def _furniture(self, number: int, total: int) -> None:
        form, year = self.definition.form, self.definition.year
        down = self.page.top * MM
        for block in self.definition.texts[form.heading]:
            if isinstance(block, TextList):
                raise LayoutError(f"{form.heading}: a list cannot stand in the heading of the pages.")
            size = 17 if isinstance(block, Heading) else 12
            flowable = self._paragraph(block, size, colour=self.accent, alignment=TA_CENTER)
            _, height = flowable.wrap(self.body.width, self.height)
            down += height
            flowable.drawOn(self.canvas, self.body.x, self.height - down)
        foot = self.page.bottom * MM
        words = (
            f"{self.definition.partnership.name}  ·  {form.title} {year}  ·  revision {form.revision}"
            f"  ·  page {number} of {total}"
        )
        self._words(words, self.body.x, foot - 10 * MM, fonts.REGULAR, 8)
        back = f"Please return this form to {self.definition.partnership.return_address}"
        self._words(back, self.body.x, foot - 14 * MM, fonts.REGULAR, 8)
        code = f"{form.id} {year} r{form.revision} p{number}/{total}".upper()
        self._qr(code, self.body.right - QR_SIDE, foot - 4 * MM - QR_SIDE)

    def _qr(self, value: str, x: float, y: float) -> None:
        """The code as one filled path, so that no viewer draws seams between its modules."""
        qr = QrCodeWidget(value, barLevel="M").qr
        qr.make()
        rows = qr.modules
        side = QR_SIDE / len(rows)
        path = self.canvas.beginPath()
        for n, row in enumerate(rows):
            for m, dark in enumerate(row):
                if dark:
                    path.rect(x + m * side, y + QR_SIDE - (n + 1) * side, side, side)
        self.canvas.setFillColor(Color(0, 0, 0))
        self.canvas.drawPath(path, stroke=0, fill=1)

    # --- the ruled table ----------------------------------------------------------------------------------------

    def _sheet(self, sheet: Sheet) -> None:
        for label in sheet.labels:
            if label.tinted:
                self.canvas.setFillColor(self.tint)
                self.canvas.rect(label.rect.x, label.rect.y, label.rect.width, label.rect.height, stroke=0, fill=1)
        self.canvas.setStrokeColor(self.rule)
        self.canvas.setLineWidth(RULE)
        for cell in sheet.cells:
            self.canvas.rect(cell.x, cell.y, cell.width, cell.height, stroke=1, fill=0)
        for label in sheet.labels:
            self._label(label)
        for text in sheet.texts:
            self._text(text.name, text.rect)

    def _label(self, label: Label) -> None:
        size = self.page.entry_size if label.style is Style.PREFIX else self.page.text_size
        font = fonts.BOLD if label.style is Style.HEADING else fonts.REGULAR
        room = Rect(label.rect.x + 2 * MM, label.rect.y, label.rect.width - 2.5 * MM, label.rect.height)
        words = self._drawable(label.words)
        if label.style is Style.HEADING:
            size = max(min(size, size * room.width / stringWidth(words, font, size)), SMALLEST)
        flowable = Flowable(escape(words, quote=False), self._style(size, self.ink, font=font))
        _, height = flowable.wrap(room.width, room.height)
        if height > room.height or flowable.minWidth() > room.width:
            raise LayoutError(f"The label “{label.words}” does not fit. Give it more width.")
        flowable.drawOn(self.canvas, room.x, room.y + (room.height - height) / 2)

    def _text(self, name: str, rect: Rect) -> None:
        """A short text in a cell, in the middle of its height."""
        pieces = list(self._broken(self.definition.texts[name], self.page.text_size, rect.width))
        height = sum(piece.height + piece.space for piece in pieces)
        if height > rect.height:
            raise LayoutError(
                f"The text {name} needs {height / MM:.0f} mm and has {rect.height / MM:.0f}. Raise its row."
            )
        self._pieces(pieces, Rect(rect.x, rect.y, rect.width, rect.height - (rect.height - height) / 2))

    # --- running text -------------------------------------------------------------------------------------------

    def _flow(self, name: str) -> Iterator[list[Piece]]:
        """The pages of a running text; a paragraph is never split, a heading never left behind."""
        page: list[Piece] = []
        left = self.body.height
        pieces = list(self._broken(self.definition.texts[name], self.page.flow_size, self.body.width))
        for n, piece in enumerate(pieces):
            needed = piece.space + piece.height
            following = pieces[n + 1].space + pieces[n + 1].height if piece.keep and n + 1 < len(pieces) else 0
            if page and needed + following > left:
                yield page
                page, left = [], self.body.height
            page.append(piece)
            left -= needed
        yield page

    def _broken(self, blocks: Sequence[TextBlock], size: float, width: float, indent: float = 0) -> Iterator[Piece]:
        for n, block in enumerate(blocks):
            first = n == 0
            match block:
                case TextList():
                    yield from self._items(block, size, width, indent)
                case Heading():
                    larger = size * (1.45 if block.level <= 2 else 1.15)
                    flowable = self._paragraph(block, larger, colour=self.accent)
                    height = flowable.wrap(width - indent, self.height)[1]
                    yield Piece(flowable, height, indent, 0 if first else size * 1.2, keep=True)
                case Paragraph():
                    flowable = self._paragraph(block, size)
                    height = flowable.wrap(width - indent, self.height)[1]
                    yield Piece(flowable, height, indent, 0 if first else size * 0.7)

    def _items(self, block: TextList, size: float, width: float, indent: float) -> Iterator[Piece]:
        inner = indent + size * 2
        for item in block.items:
            for n, piece in enumerate(self._broken(item.blocks, size, width, inner)):
                outermost = n == 0
                space = size * (0.55 if block.ordered else 0.4) if outermost else piece.space
                yield Piece(piece.flowable, piece.height, piece.indent, space, item.label if outermost else piece.label)

    def _pieces(self, pieces: Sequence[Piece], within: Rect | None = None) -> None:
        area = within or self.body
        y = area.top
        for piece in pieces:
            y -= piece.space + piece.height
            style = piece.flowable.style
            piece.flowable.drawOn(self.canvas, area.x + piece.indent, y)
            if piece.label:
                line = y + piece.height - style.leading + (style.leading - style.fontSize)
                self._words(
                    piece.label, area.x + piece.indent - style.fontSize * 1.5, line, style.fontName, style.fontSize
                )

    # --- words --------------------------------------------------------------------------------------------------

    def _paragraph(self, block: Heading | Paragraph, size: float, colour: Color = None, alignment: int = 0) -> Flowable:
        font = fonts.BOLD if isinstance(block, Heading) else fonts.REGULAR
        markup = "".join(self._markup(run) for run in block.runs)
        return Flowable(markup, self._style(size, colour or self.ink, font=font, alignment=alignment))

    def _markup(self, run: Run) -> str:
        words = self._drawable(escape(run.text, quote=False))
        words = f"<i>{words}</i>" if run.italic else words
        return f"<b>{words}</b>" if run.bold else words

    def _style(self, size: float, colour: Color, font: str, alignment: int = 0) -> ParagraphStyle:
        return ParagraphStyle(
            "form", fontName=font, fontSize=size, leading=size * LEADING, textColor=colour, alignment=alignment
        )

    def _words(self, words: str, x: float, y: float, font: str, size: float) -> None:
        self.canvas.setFillColor(self.ink)
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, self._drawable(words))

    def _drawable(self, words: str) -> str:
        lacking = fonts.missing_glyphs(words)
        if lacking:
            names = ", ".join(f"{char} (U+{ord(char):04X})" for char in lacking)
            raise LayoutError(f"The form's font cannot draw {names}, in “{words}”. Use other characters.")
        return words
