"""A print pack: copies of the form for the office printer, one after the other, in one PDF without fields.

All copies share the year's pages, which are drawn once. Each page of a copy adds short content of its own: known
answers in the boxes, and the school and the code at the foot. Copies cannot share the structure tree: an element has
one parent, and its content is on one page (ISO 32000-1, 14.7).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Mapping, Sequence

import pikepdf
from msgspec import Struct, field
from msgspec.structs import replace
from pikepdf import Dictionary, String

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.generate.acroform import ENTRY_FONT, information, tick
from thep_forms.generate.draw import Drawn, draw
from thep_forms.generate.embedding import subset
from thep_forms.generate.navigation import Navigation
from thep_forms.generate.qr import qr_code
from thep_forms.generate.tags import LANGUAGE, PaperBox, PaperTree, metadata
from thep_forms.generate.typesetting import TypesetText, drawing, drawn_glyphs, moved, school_line, shortened, typeset
from thep_forms.generate.writer import Objects, Writer, stream
from thep_forms.layout import PageLayout, PlacedBox, Rect, body_of, lay_out
from thep_forms.layout.baseline import PADDING
from thep_forms.layout.foot import SCHOOL_SIZE, code_area, school_area
from thep_forms.layout.metrics import FALLBACKS, REGULAR, load_face
from thep_forms.layout.planner import require_boxes

FACES = (REGULAR, *FALLBACKS)
FOOTER = b"/Artifact <</Type /Pagination /Subtype /Footer>> BDC %b EMC"


class PaperCopy(Struct, frozen=True):
    """A copy to be printed: the values of its boxes, as `Master.copy` takes them, and its school, if it has one."""

    values: Mapping[str, str | bool] = field(default_factory=dict)
    dfe_number: str = ""
    name: str = ""

    @property
    def school(self) -> str:
        """The number and the name of its school; empty for a blank copy."""
        return f"{self.dfe_number}  {self.name}".strip()

    def fills(self, placed: PlacedBox) -> bool:
        """Whether the box has an answer."""
        return bool(self.values.get(placed.box.name))


def pack(definition: FormDefinition, copies: Sequence[PaperCopy], more: int | None = None) -> bytes:
    """The copies in their order, one at least, as the bytes of a PDF; the same input gives the same bytes.

    Each begins on a sheet of its own where paper is printed on both sides. `more` as `Master`. Raises `LayoutError`
    where something does not fit, or for a value whose box the form does not have.
    """
    layouts = lay_out(definition, more)
    drawn = draw(definition, layouts, coded=False)
    by_page = dict(zip(drawn.starts, layouts, strict=True))
    names = {placed.box.name for layout in layouts for placed in layout.boxes}
    for copy in copies:
        require_boxes(copy.values, names)
    with pikepdf.open(io.BytesIO(drawn.pdf)) as pdf:
        return _Pack(definition, drawn, by_page, pdf).of(copies)


class _Page(Struct, frozen=True):
    """A page that the copies share: the number of its content, how many marks that has, its boxes, its line."""

    content: int
    marks: int
    boxes: Sequence[PlacedBox]
    school: Rect | None = None


class _TypesetCopy(Struct, frozen=True):
    """A copy set in type: its answers by the names of their boxes, and its school.

    `form_id` says which copy it is. `lines` name the school on the pages that have a line for that, by the page's
    index.
    """

    copy: PaperCopy
    form_id: str
    texts: Mapping[str, TypesetText]
    school: TypesetText
    lines: Mapping[int, TypesetText]


class _Pack:
    """The file while it is written. `pdf` holds the drawn pages; `layouts` are by the index of the page they start."""

    def __init__(
        self, definition: FormDefinition, drawn: Drawn, layouts: Mapping[int, PageLayout], pdf: pikepdf.Pdf
    ) -> None:
        self.definition, self.structure, self.pdf = definition, drawn.document, pdf
        body = body_of(definition.file.page)
        line = school_area(body)
        self.code_area, self.foot = code_area(body), Rect(line.x - PADDING, line.y, line.width, line.height)
        self.out, self.objects, self.navigation = Writer(), Objects(), Navigation()
        self.tree, self.document, self.leaves = (self.objects.reserve() for _ in range(3))
        self.media = self.objects.body(pdf.pages[0].obj.MediaBox)
        self.shared = [
            self._shared(self.objects.number(page.obj.Contents), marks, layouts.get(n))
            for n, (page, marks) in enumerate(zip(pdf.pages, drawn.marks, strict=True))
        ]
        self.roles = {placed.box.name: self._roles(placed) for page in self.shared for placed in page.boxes}
        self.pages: list[int] = []
        self.parts: list[int] = []  # the element of each copy
        self.parents: list[bytes] = []  # of each page that has marks, their elements
        self.streams: dict[bytes, int] = {}

    @staticmethod
    def _shared(content: int, marks: int, layout: PageLayout | None) -> _Page:
        return _Page(content, marks, layout.boxes, layout.school) if layout else _Page(content, marks, ())

    def of(self, copies: Sequence[PaperCopy]) -> bytes:
        """The whole file."""
        ready = [self._typeset(copy) for copy in copies]
        self._take_in_fonts(ready)
        for number, copy in enumerate(ready, 1):
            if len(self.pages) % 2:
                self._add_blank_page()
            self._add(copy, f"Copy {number}")
        return self._finish()

    def _roles(self, placed: PlacedBox) -> tuple[bytes, bytes]:
        """References to the attributes of an empty and of a filled box (ISO 32000-1, table 348)."""
        described = b"/Desc%b" % String(placed.box.tooltip).unparse()
        if placed.box.kind is not Kind.TICKS:
            text = self._plain(b"<</O/PrintField/Role/tv%b>>" % described)
            return text, text
        off, on = (self._plain(b"<</O/PrintField/Role/cb/checked/%b%b>>" % (now, described)) for now in (b"off", b"on"))
        return off, on

    def _plain(self, body: bytes) -> bytes:
        """A new object that all copies can refer to."""
        number = self.objects.reserve()
        self.objects.plain[number] = body
        return b"%d 0 R" % number

    # --- type -----------------------------------------------------------------------------------------------------

    def _typeset(self, copy: PaperCopy) -> _TypesetCopy:
        page, texts = self.definition.file.page, dict[str, TypesetText]()
        for placed in (placed for shared in self.shared for placed in shared.boxes):
            rect, box, sizes = placed.rect, placed.box, (placed.size, page.entry_least)
            if copy.fills(placed) and box.kind is not Kind.TICKS:
                value = str(copy.values[box.name])
                texts[box.name] = typeset(value, rect.width, rect.height, wraps=box.lines > 1, sizes=sizes)
        school = shortened(copy.school, self.foot.width - 2 * PADDING, SCHOOL_SIZE)
        foot = typeset(school, self.foot.width, self.foot.height, wraps=False, sizes=(SCHOOL_SIZE, SCHOOL_SIZE))
        form_id = self.definition.form_id_of(copy.dfe_number, copy.values)
        return _TypesetCopy(copy, form_id, texts, foot, self._lines(copy))

    def _lines(self, copy: PaperCopy) -> dict[int, TypesetText]:
        """The school's name and number set in type, by the index of each page that has a line for them."""
        page, words = self.definition.file.page, school_line(self.definition, copy.values)
        lines: dict[int, TypesetText] = {}
        for number, shared in enumerate(self.shared):
            if shared.school and words:
                area, sizes = shared.school, (page.entry_size, page.entry_least)
                lines[number] = typeset(words, area.width, area.height, wraps=False, sizes=sizes)
        return lines

    def _take_in_fonts(self, copies: Iterable[_TypesetCopy]) -> None:
        """Add the fonts of the pages and of the answers of all copies."""
        texts = [text for copy in copies for text in (*copy.texts.values(), copy.school, *copy.lines.values())]
        listed, self.names = dict(self.pdf.pages[0].obj.Resources.Font.items()), dict[str, str]()
        for n, (name, glyphs) in enumerate(drawn_glyphs(texts, FACES).items()):
            self.names[name] = f"{ENTRY_FONT}{n}"
            listed[self.names[name]] = subset(self.pdf, load_face(name), glyphs)
        self.resources = self.objects.number(self.pdf.make_indirect(Dictionary(Font=Dictionary(listed))))

    # --- pages ----------------------------------------------------------------------------------------------------

    def _add(self, ready: _TypesetCopy, called: str) -> None:
        """A copy's pages and its part of the structure, together in an object stream.

        `called` is what it is called in the bookmarks where it has no school.
        """
        copy = ready.copy
        numbers = [self.objects.reserve() for _ in self.shared]
        boxes: dict[str, PaperBox] = {}
        written: dict[int, bytes] = {}
        for n, (number, page) in enumerate(zip(numbers, self.shared, strict=True)):
            filled = [placed for placed in page.boxes if copy.fills(placed)]
            marks = {placed.box.name: (n, mcid) for mcid, placed in enumerate(filled, page.marks)}
            for name in (placed.box.name for placed in page.boxes):
                boxes[name] = PaperBox(self.roles[name][name in marks], marks.get(name))
            own = self._stream(self._own(ready, n, page.marks, filled))
            written[number] = self._page(
                b"/Contents[%d 0 R %d 0 R]/StructParents %d" % (page.content, own, len(self.parents) + n)
            )
        tree = PaperTree(self.objects.reserve, numbers, boxes)
        title = copy.school or called
        part = tree.add(replace(self.structure, kind="Part"), self.document, b"/T%b" % String(title).unparse())
        self.navigation.bookmark(title, numbers[0])
        self.navigation.label(len(self.pages), f"{copy.dfe_number or called}, page ")
        self.pages += numbers
        self.parts.append(part)
        self.parents += tree.parents()
        self.out.add_together(self.objects.reserve(), written | tree.elements)

    def _add_blank_page(self) -> None:
        """The other side of a copy's last sheet, so that the next copy does not begin there."""
        self.navigation.label(len(self.pages), "blank", numbered=False)
        self.pages.append(self.objects.reserve())
        self.objects.plain[self.pages[-1]] = self._page(b"")

    def _page(self, entries: bytes) -> bytes:
        common = (self.leaves, self.media, self.resources)
        return b"<</Type/Page/Parent %d 0 R/MediaBox%b/Resources %d 0 R%b>>" % (*common, entries)

    def _own(self, ready: _TypesetCopy, index: int, first: int, filled: Iterable[PlacedBox]) -> bytes:
        """A page's own content; its marks have ids from `first` on."""
        parts: list[bytes] = []
        for mcid, placed in enumerate(filled, first):
            answer = moved(placed.rect, self._answer(ready, placed))
            parts.append(b"/Form <</MCID %d>> BDC %b EMC" % (mcid, answer))
        area = self.shared[index].school
        if area and index in ready.lines:
            line = drawing(ready.lines[index], area.width, area.height, self.names, wraps=False)
            parts.append(FOOTER % moved(area, line))
        code = self.definition.code_of(index + 1, len(self.shared), ready.form_id)
        line = drawing(ready.school, self.foot.width, self.foot.height, self.names, wraps=False)
        return b"\n".join([*parts, FOOTER % moved(self.foot, line), FOOTER % qr_code(code, self.code_area)])

    def _answer(self, ready: _TypesetCopy, placed: PlacedBox) -> bytes:
        if placed.box.kind is Kind.TICKS:
            return tick(placed.rect)
        text, wraps = ready.texts[placed.box.name], placed.box.lines > 1
        return drawing(text, placed.rect.width, placed.rect.height, self.names, wraps=wraps)

    def _stream(self, content: bytes) -> int:
        """The number of the stream with that content, which is written once."""
        if content not in self.streams:
            self.streams[content] = self.objects.reserve()
            packed = stream(b"<</Filter/FlateDecode>>", zlib.compress(content, 9))
            self.out.add(self.streams[content], packed)
        return self.streams[content]

    # --- the file -------------------------------------------------------------------------------------------------

    def _finish(self) -> bytes:
        objects = self.objects
        root = objects.reserve()
        described = objects.number(self.pdf.make_indirect(information(self.definition)))
        packet = objects.number(metadata(self.pdf, self.definition))
        nums = b" ".join(b"%d %b" % numbered for numbered in enumerate(self.parents))
        objects.plain |= {
            root: b"<</Type/Catalog/Pages %d 0 R/StructTreeRoot %d 0 R/MarkInfo<</Marked true>>/Lang(%b)"
            b"/Metadata %d 0 R/Outlines %d 0 R/PageMode/UseOutlines/PageLabels%b"
            b"/ViewerPreferences<</DisplayDocTitle true/Duplex/DuplexFlipLongEdge/PrintScaling/None>>>>"
            % (
                self.leaves,
                self.tree,
                LANGUAGE.encode("ascii"),
                packet,
                self.navigation.outline(objects),
                self.navigation.labels(),
            ),
            self.leaves: b"<</Type/Pages/Count %d/Kids%b>>" % (len(self.pages), _references(self.pages)),
            self.tree: b"<</Type/StructTreeRoot/K %d 0 R/ParentTree<</Nums[%b]>>/ParentTreeNextKey %d>>"
            % (self.document, nums, len(self.parents)),
            self.document: b"<</Type/StructElem/S/Document/P %d 0 R/K%b>>" % (self.tree, _references(self.parts)),
        }
        objects.take_in()
        for number, body in objects.streams.items():
            self.out.add(number, body)
        self.out.add_together(objects.reserve(), objects.plain)
        return self.out.finish(objects.reserve(), ((b"Root", b"%d 0 R" % root), (b"Info", b"%d 0 R" % described)))


def _references(numbers: Iterable[int]) -> bytes:
    return b"[%b]" % b" ".join(b"%d 0 R" % number for number in numbers)
