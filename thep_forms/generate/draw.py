"""The printed part of the form: pages, rules, labels, texts and footers, with reportlab."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from html import escape

from msgspec import Struct
from msgspec.structs import replace
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph as Flowable

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.texts import Heading, Paragraph, TextBlock, TextList, TextRun
from thep_forms.errors import LayoutError
from thep_forms.generate.embedding import register
from thep_forms.generate.qr import CODE
from thep_forms.generate.tags import LANGUAGE, Tag
from thep_forms.layout import LABEL_INSET, MM, Label, PageLayout, PlacedBox, PlacedText, Rect, Style, body_of, text_area
from thep_forms.layout.fit import advice, up
from thep_forms.layout.foot import LINE_SIZE, LINES
from thep_forms.layout.metrics import BOLD, REGULAR, missing_glyphs
from thep_forms.layout.model import LABEL_END, Group

RULE = 0.6  # points: the width of the table's lines.
LEADING = 1.25  # type sizes: the distance between lines.
HEADING_END = 1.6 * MM  # the least distance from the end of a heading to the edge of its bar.
ROUNDING = 0.1  # points, that a line may be wider than the widths of its words say.
SMALLEST = 9.0  # points: the smallest type for the heading of a block.
WIDEST = 150  # mm: the widest size to suggest for a label that does not fit.
TITLE_SIZE, SUBTITLE_SIZE = 17, 12  # points: the heading of the pages.

# Sizes and spaces of running text, in type sizes of its paragraphs.
HIGH_HEADING, LOW_HEADING = 1.45, 1.15
BEFORE_HEADING, BEFORE_PARAGRAPH = 1.2, 0.7
BEFORE_NUMBERED, BEFORE_BULLET = 0.55, 0.4
ITEM_INDENT, ITEM_HANG = 2.0, 1.5  # of the text of an item, and from there back to its number or bullet


class Address(Struct, frozen=True):
    """The return address at the end of a paragraph. `x` is where it starts on the last line."""

    words: str
    font: str
    x: float


class Piece(Struct, frozen=True):
    """A paragraph of a running text, its label if it is a list's item, and the space before it.

    The paragraph's `address` is drawn as an artifact, like the foot that it repeats. PDF/UA's checkers ask for a link
    at each address, and on a form that is printed too it is none. Screen readers read `spoken` instead.
    """

    flowable: Flowable
    height: float
    indent: float
    space: float
    tag: Tag
    label: str = ""
    label_tag: Tag | None = None
    keep: bool = False  # on one page with the next
    address: Address | None = None
    spoken: str = ""


class Drawn(Struct, frozen=True):
    """The PDF without its fields, the index of the page where each layout starts, and the structure of all of it.

    `marks` is how many pieces of marked content each page has; their ids count from 0.
    """

    pdf: bytes
    starts: list[int]
    marks: list[int]
    document: Tag


def draw(definition: FormDefinition, layouts: Sequence[PageLayout], *, coded: bool = True) -> Drawn:
    """The printed part of the form. `coded`: its pages show the form XObjects of the QR codes, else they have room.

    Raises `LayoutError` where words do not fit or have no glyph.
    """
    register()
    return _Drawer(definition, coded).draw(layouts)


class _Drawer:
    """Draws page by page on a reportlab canvas, and notes the structure of what it draws."""

    def __init__(self, definition: FormDefinition, coded: bool) -> None:
        self.definition, self.page, self.coded = definition, definition.file.page, coded
        colours = definition.partnership.colours
        self.ink, self.accent = HexColor(colours.ink), HexColor(colours.accent)
        self.tint, self.rule = HexColor(colours.tint), HexColor(colours.rule)
        self.width, self.height = self.page.width * MM, self.page.height * MM
        self.body, self.text_area = body_of(self.page), text_area(self.page)
        self.buffer = io.BytesIO()
        self.canvas = Canvas(
            self.buffer,
            pagesize=(self.width, self.height),
            invariant=True,
            pageCompression=1,
            initialFontName=REGULAR,
            lang=LANGUAGE,
        )
        self.document = Tag("Document")
        self.number = self.mcid = 0  # the page's index, and the next marked-content id on it

    def draw(self, layouts: Sequence[PageLayout]) -> Drawn:
        """Draw all pages. A layout with a running text takes as many pages as the text needs."""
        tags = [self.document.add("Sect") for _ in layouts]
        flows: list[list[list[Piece]]] = []
        for layout, tag in zip(layouts, tags, strict=True):
            flows.append(list(self._flow(layout.flow, tag)) if layout.flow else [[]])
        total = sum(len(pages) for pages in flows)
        starts, marks = [], []
        for layout, tag, pages in zip(layouts, tags, flows, strict=True):
            starts.append(self.number)
            for page in pages:
                self._heading_and_footer(total, tag)
                self._table(layout, tag)
                self._pieces(page, self.text_area)
                self.canvas.showPage()
                marks.append(self.mcid)
                self.number, self.mcid = self.number + 1, 0
        self.canvas.save()
        return Drawn(self.buffer.getvalue(), starts, marks, self.document)

    @contextmanager
    def _marked(self, tag: Tag, spoken: str = "") -> Iterator[None]:
        """Tag everything drawn inside as content of the element, which screen readers read as `spoken`, if given."""
        tag.kids.append((self.number, self.mcid))
        actual = f" /ActualText <FEFF{spoken.encode('utf-16-be').hex().upper()}>" if spoken else ""
        self.canvas.addLiteral(f"/{tag.kind} <</MCID {self.mcid}{actual}>> BDC")
        self.mcid += 1
        yield
        self.canvas.addLiteral("EMC")

    @contextmanager
    def _artifact(self, what: str) -> Iterator[None]:
        """Mark everything drawn inside as an artifact, which screen readers skip."""
        self.canvas.addLiteral(f"/Artifact <<{what}>> BDC")
        yield
        self.canvas.addLiteral("EMC")

    # --- every page ---------------------------------------------------------------------------------------------

    def _heading_and_footer(self, total: int, tag: Tag) -> None:
        form = self.definition.form
        down = self.page.top * MM
        for block in self.definition.texts[form.heading]:
            if isinstance(block, TextList):
                raise LayoutError(f"{form.heading}: a list cannot stand in the heading of the pages.")
            size = TITLE_SIZE if isinstance(block, Heading) else SUBTITLE_SIZE
            flowable = self._paragraph(block, size, colour=self.accent, alignment=TA_CENTER)
            _, height = flowable.wrap(self.body.width, self.height)
            down += height
            with self._running("H1" if isinstance(block, Heading) else "P", tag):
                flowable.drawOn(self.canvas, self.body.x, self.height - down)
        with self._artifact("/Type /Pagination /Subtype /Footer"):
            self._footer(self.number + 1, total)

    def _running(self, kind: str, tag: Tag) -> AbstractContextManager[None]:
        """Screen readers read the heading of the pages once, on the first."""
        return self._marked(tag.add(kind)) if self.number == 0 else self._artifact("/Type /Pagination /Subtype /Header")

    def _footer(self, number: int, total: int) -> None:
        form, (line, back) = self.definition.form, self.definition.foot
        words = f"{line}  ·  revision {form.revision}  ·  page {number} of {total}"
        for text, below in zip((words, back), LINES, strict=True):
            self._words(text, self.body.x, self.body.y - below, REGULAR, LINE_SIZE)
        if self.coded:
            self.canvas.addLiteral(f"{CODE.format(number)} Do")

    # --- the ruled table ----------------------------------------------------------------------------------------

    def _table(self, layout: PageLayout, tag: Tag) -> None:
        """The ruled table of a page, group by group."""
        with self._artifact("/Type /Layout"):
            self._ruled(layout)
        whole = tag  # the element of the last group that is no part of another
        for group in layout.groups:
            parent = tag
            if group.heading:
                parent = (whole if group.is_part else tag).add("Sect")
                whole = whole if group.is_part else parent
                self._label(group.heading, parent.add(f"H{layout.depth + group.is_part}"))
            self._items_of(group, parent)

    def _items_of(self, group: Group, tag: Tag) -> None:
        asked: Tag | None = None  # a box with the labels before it
        for item in group.items:
            match item:
                case Label(style=Style.POINTER | Style.ASIDE):
                    self._label(item, tag.add("P"))
                case Label():
                    asked = asked or tag.add("Div")
                    self._label(item, asked.add("P"))
                case PlacedText():
                    self._text(item, tag)
                case PlacedBox():
                    (asked or tag.add("Div")).add("Form", widget=item.box.name)
                    asked = None

    def _ruled(self, layout: PageLayout) -> None:
        self.canvas.setFillColor(self.tint)
        for label in layout.labels:
            if label.tinted:
                self.canvas.rect(label.rect.x, label.rect.y, label.rect.width, label.rect.height, stroke=0, fill=1)
        self.canvas.setStrokeColor(self.rule)
        self.canvas.setLineWidth(RULE)
        for cell in layout.cells:
            self.canvas.rect(cell.x, cell.y, cell.width, cell.height, stroke=1, fill=0)

    def _label(self, label: Label, tag: Tag) -> None:
        flowable, room, size = self._set_heading(label) if label.style is Style.HEADING else self._set_label(label)
        _, height = flowable.wrap(room.width, room.height)
        if height > room.height or flowable.minWidth() > room.width:
            raise LayoutError(
                f"The label “{label.words}” does not fit into {label.rect.width / MM:.0f} mm. "
                f"{advice(label.width, self._needed_width(flowable, room.height))}"
            )
        bottom = room.y + (room.height - height) / 2
        if label.baseline is not None:
            bottom = label.baseline + size - height  # reportlab's first line stands one type size below the top
        with self._marked(tag):
            flowable.drawOn(self.canvas, room.x, bottom)

    def _set_label(self, label: Label) -> tuple[Flowable, Rect, float]:
        """A label set in type, the room for it, and the size of its type."""
        size = self.page.entry_size if label.style is Style.PREFIX else self.page.text_size
        room = label.rect.slice_x(LABEL_INSET, label.rect.width - LABEL_INSET - LABEL_END)
        alignment = TA_LEFT
        if label.style is Style.POINTER:
            room, alignment = label.rect.slice_x(0, label.rect.width - LABEL_INSET), TA_RIGHT
        markup = escape(self._drawable(label.words), quote=False)
        return Flowable(markup, self._style(size, self.ink, font=REGULAR, alignment=alignment)), room, size

    def _set_heading(self, label: Label) -> tuple[Flowable, Rect, float]:
        """The same of a heading: bold but for what is in brackets at its end, and smaller where it is long."""
        size = self.page.text_size
        room = label.rect.slice_x(LABEL_INSET, label.rect.width - LABEL_INSET - HEADING_END)
        start, bracket, rest = self._drawable(label.words).partition("(")
        rest = bracket + rest
        width = stringWidth(start, BOLD, size) + stringWidth(rest, REGULAR, size)
        size = max(min(size, size * (room.width - ROUNDING) / width), SMALLEST)
        markup = f"<b>{escape(start, quote=False)}</b>{escape(rest, quote=False)}"
        return Flowable(markup, self._style(size, self.ink, font=REGULAR)), room, size

    def _needed_width(self, flowable: Flowable, height: float) -> int:
        """How wide a label has to be for its words, in whole mm, insets counted."""
        insets = LABEL_INSET + LABEL_END
        width: int = math.ceil((flowable.minWidth() + insets) / MM)
        while width < WIDEST and flowable.wrap(width * MM - insets, height)[1] > height:
            width += 1
        return width

    def _text(self, placed: PlacedText, tag: Tag) -> None:
        """A short text in a cell, in the middle of its height."""
        rect = placed.rect
        pieces = list(self._broken(self.definition.texts[placed.name], self.page.text_size, rect.width, tag))
        height = sum(piece.height + piece.space for piece in pieces)
        if height > rect.height:
            needed, has = ((length + 2 * placed.inset) / MM for length in (height, rect.height))
            raise LayoutError(
                f"The text {placed.name} needs {up(needed):g} mm and has {has:g}. {advice(placed.height, up(needed))}"
            )
        self._pieces(pieces, Rect(rect.x, rect.y, rect.width, rect.height - (rect.height - height) / 2))

    # --- running text -------------------------------------------------------------------------------------------

    def _flow(self, name: str, tag: Tag) -> Iterator[list[Piece]]:
        """The pages of a running text; a paragraph is never split, a heading never left behind."""
        page: list[Piece] = []
        left = self.text_area.height
        pieces = list(self._broken(self.definition.texts[name], self.page.flow_size, self.body.width, tag))
        for n, piece in enumerate(pieces):
            needed = piece.space + piece.height
            following = pieces[n + 1].space + pieces[n + 1].height if piece.keep and n + 1 < len(pieces) else 0
            if page and needed + following > left:
                yield page
                page, left = [], self.text_area.height
            page.append(piece)
            left -= needed
        yield page

    def _broken(
        self, blocks: Sequence[TextBlock], size: float, width: float, tag: Tag, indent: float = 0
    ) -> Iterator[Piece]:
        for n, block in enumerate(blocks):
            match block:
                case TextList():
                    yield from self._items(block, size, width, tag, indent)
                case Heading():
                    larger = HIGH_HEADING if block.level <= 2 else LOW_HEADING
                    flowable = self._paragraph(block, size * larger, colour=self.accent)
                    height = flowable.wrap(width - indent, self.height)[1]
                    space = size * BEFORE_HEADING if n else 0
                    yield Piece(flowable, height, indent, space, tag.add(f"H{block.level}"), keep=True)
                case Paragraph():
                    space = size * BEFORE_PARAGRAPH if n else 0
                    yield self._paragraph_piece(
                        block, size, width - indent, Piece(None, 0, indent, space, tag.add("P"))
                    )

    def _paragraph_piece(self, block: Paragraph, size: float, width: float, piece: Piece) -> Piece:
        """The piece with the paragraph, and with the return address if that ends it."""
        runs = [run for run in block.runs if run.text]
        address, last = self.definition.partnership.return_address, runs[-1] if runs else TextRun("")
        before, found, after = last.text.rpartition(address)
        flowable = self._paragraph(block, size)
        if not found or after.strip(" ."):
            return replace(piece, flowable=flowable, height=flowable.wrap(width, self.height)[1])
        shorter = Paragraph((*runs[:-1], replace(last, text=before)))
        flowable = self._paragraph(shorter, size)
        height = flowable.wrap(width, self.height)[1]
        font = BOLD if last.bold else REGULAR
        x, words = max(flowable.getActualLineWidths0()), f" {address}{after}"
        if height > size * LEADING or x + stringWidth(words, font, size) > width:
            x, words, height = 0.0, words.lstrip(), height + size * LEADING
        spoken = "".join(run.text for run in block.runs)
        return replace(piece, flowable=flowable, height=height, address=Address(words, font, x), spoken=spoken)

    def _items(self, block: TextList, size: float, width: float, tag: Tag, indent: float) -> Iterator[Piece]:
        inner = indent + size * ITEM_INDENT
        space = size * (BEFORE_NUMBERED if block.ordered else BEFORE_BULLET)
        listed = tag.add("L", numbering="Decimal" if block.ordered else "Disc")
        for item in block.items:
            entry = listed.add("LI")
            label = entry.add("Lbl")
            pieces = self._broken(item.blocks, size, width, entry.add("LBody"), inner)
            for n, piece in enumerate(pieces):
                yield piece if n else replace(piece, space=space, label=item.label, label_tag=label)

    def _pieces(self, pieces: Sequence[Piece], area: Rect) -> None:
        y = area.top
        for piece in pieces:
            y -= piece.space + piece.height
            style = piece.flowable.style
            if piece.label_tag:
                x, base = area.x + piece.indent - style.fontSize * ITEM_HANG, y + piece.height - style.fontSize
                with self._marked(piece.label_tag):
                    self._words(piece.label, x, base, style.fontName, style.fontSize)
            address = piece.address
            with self._marked(piece.tag, piece.spoken):
                down = style.leading if address and not address.x else 0.0
                piece.flowable.drawOn(self.canvas, area.x + piece.indent, y + down)
            if address:
                with self._artifact("/Type /Pagination"):
                    x, base = area.x + piece.indent + address.x, y + style.leading - style.fontSize
                    self._words(address.words, x, base, address.font, style.fontSize)

    # --- words --------------------------------------------------------------------------------------------------

    def _paragraph(self, block: Heading | Paragraph, size: float, colour: Color = None, alignment: int = 0) -> Flowable:
        font = BOLD if isinstance(block, Heading) else REGULAR
        markup = "".join(self._markup(run) for run in block.runs)
        return Flowable(markup, self._style(size, colour or self.ink, font=font, alignment=alignment))

    def _markup(self, run: TextRun) -> str:
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
        lacking = missing_glyphs(words)
        if lacking:
            names = ", ".join(f"{char} (U+{ord(char):04X})" for char in lacking)
            raise LayoutError(f"The form's font cannot draw {names}, in “{words}”. Use other characters.")
        return words
