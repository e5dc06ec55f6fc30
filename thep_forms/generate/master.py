"""The year's form, drawn once. Filling a copy from it takes a small part of the time of drawing."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence, Set

import pikepdf
from msgspec import Struct
from pikepdf import Dictionary, String

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID, Code
from thep_forms.definition.model import Kind
from thep_forms.generate.acroform import ENTRY_FONT, ON, add_fields, style
from thep_forms.generate.draw import draw
from thep_forms.generate.embedding import subset
from thep_forms.generate.qr import CODE, comment, qr_code
from thep_forms.generate.typesetting import TypesetText, drawing, drawn_glyphs, moved, school_line, typeset
from thep_forms.generate.writer import Objects, Writer, stream
from thep_forms.layout import MM, PlacedBox, body_of, lay_out
from thep_forms.layout.foot import code_area
from thep_forms.layout.metrics import FALLBACKS, REGULAR, load_face
from thep_forms.layout.planner import require_boxes

Fonts = Mapping[str, tuple[str, bytes]]  # by face: the font's name in resources, and a reference to it


class _Widget(Struct, frozen=True):
    """A box's object in the file.

    `head` is its dictionary without what depends on its value, and without its end. `stream` is the number of the
    appearance stream of a text, and `appearances` what the dictionary has under /AP.
    """

    placed: PlacedBox
    number: int
    head: bytes
    stream: int
    appearances: bytes

    @property
    def wraps(self) -> bool:
        """Whether a text goes on in further lines."""
        return self.placed.box.lines > 1

    @property
    def ticks(self) -> bool:
        """Whether it is a box to tick."""
        return self.placed.box.kind is Kind.TICKS


class Master:
    """A definition's form, ready to be copied. The same definition and values give the same bytes.

    `more` is how many blocks the continuation page offers instead of what the definition says. Raises `LayoutError`
    where something does not fit.
    """

    def __init__(self, definition: FormDefinition, more: int | None = None) -> None:
        self.definition = definition
        page = definition.file.page
        self.least = page.entry_least
        self.code_area, self.paper = code_area(body_of(page)), (page.width * MM, page.height * MM)
        layouts = lay_out(definition, more)
        drawn = draw(definition, layouts)
        self.schools = {start + 1: layout.school for start, layout in zip(drawn.starts, layouts, strict=True)}
        with add_fields(drawn, definition, layouts) as pdf:
            self._take_in(pdf, {placed.box.name: placed for layout in layouts for placed in layout.boxes})

    def _take_in(self, pdf: pikepdf.Pdf, boxes: Mapping[str, PlacedBox]) -> None:
        """Put into bytes all that every copy has in common."""
        objects = Objects()
        objects.put_off(pdf.Root.StructTreeRoot)
        root, info = objects.number(pdf.Root), objects.number(pdf.trailer.Info)
        objects.take_in()
        before_tags = set(objects.plain)
        objects.take_in(pdf.Root.StructTreeRoot)
        self.trailer = ((b"Root", b"%d 0 R" % root), (b"Info", b"%d 0 R" % info))
        self._take_in_what_changes(pdf, objects, boxes)
        self._write_the_rest(objects, before_tags)
        self.first_free = objects.next

    def _take_in_what_changes(self, pdf: pikepdf.Pdf, objects: Objects, boxes: Mapping[str, PlacedBox]) -> None:
        """The numbers and the beginnings of the objects that each copy writes itself."""
        self.entry_font = objects.reference(pdf.Root.AcroForm.DR.Font[ENTRY_FONT])
        self.resources = objects.reference(pdf.Root.AcroForm.DR)
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        identity = fields.pop(FORM_ID)
        appearances = b"/AP " + objects.body(identity.AP)
        self.identity = objects.number(identity), _head(objects, identity) + appearances
        self.widgets = {name: _widget(objects, boxes[name], field) for name, field in fields.items()}
        codes = [page.obj.Resources.XObject[CODE.format(number)] for number, page in enumerate(pdf.pages, 1)]
        self.codes = [objects.number(code) for code in codes]

    def _write_the_rest(self, objects: Objects, before_tags: Set[int]) -> None:
        """Write the objects that all copies share.

        What opens the file is apart from its tags, which are ten times as many: a reader takes an object stream in
        whole.
        """
        common = Writer()
        streams = {*self.codes, *(widget.stream for widget in self.widgets.values())}
        for number, body in objects.streams.items():
            if number not in streams:
                common.add(number, body)
        changing = {self.identity[0], *(widget.number for widget in self.widgets.values())}
        opening: dict[int, bytes] = {}
        tags: dict[int, bytes] = {}
        for number, body in objects.plain.items():
            if number not in changing:
                (opening if number in before_tags else tags)[number] = body
        common.add_together(objects.reserve(), opening)
        common.add_together(objects.reserve(), tags)
        self.common = common.copy()

    def copy(self, values: Mapping[str, str | bool] | None = None, school: str = "") -> bytes:
        """The form with values in its boxes, which can all be changed, as the bytes of a PDF.

        `values` are by AcroForm field: any text, and true for a tick. `school` is the DfE number that the copy's hidden
        field and its codes carry. Raises `LayoutError` for a field that the form does not have.
        """
        values = values or {}
        require_boxes(values, self.widgets)
        texts: dict[str, TypesetText] = {}
        for name, value in values.items():
            if value and isinstance(value, str):
                texts[name] = self._typeset(self.widgets[name], value)
        lines = self._school_lines(values)
        objects, names = self._fallbacks([*texts.values(), *lines.values()])
        out = self.common.copy()
        for number, body in objects.streams.items():
            out.add(number, body)
        for name, widget in self.widgets.items():
            if not widget.ticks:
                out.add(widget.stream, self._appearance(widget, texts.get(name), names))
        form_id = self.definition.form_id_of(school, values)
        for page, number in enumerate(self.codes, 1):
            code = self.definition.code_of(page, len(self.codes), form_id)
            line = self._school_line(page, lines[page], names) if page in lines else None
            out.add(number, self._own_content(code, line, names))
        number, head = self.identity
        together = {number: head + _valued(form_id) + b">>", **objects.plain}
        for name, widget in self.widgets.items():
            size = texts[name].size if name in texts else widget.placed.size
            together[widget.number] = _filled(widget, values.get(name), size)
        out.add_together(objects.reserve(), together)
        return out.finish(objects.reserve(), self.trailer)

    def _own_content(self, code: Code, line: bytes | None, names: Fonts) -> bytes:
        """The form XObject of what only this copy has on a page: the code, and the school's line."""
        resources = _resources(names) if line else b"<<>>"
        entries = b"<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources %b/Filter/FlateDecode>>"
        content = comment(code) + qr_code(code, self.code_area) + (b"\n" + line if line else b"")
        return stream(entries % (*self.paper, resources), zlib.compress(content))

    def _school_lines(self, values: Mapping[str, str | bool]) -> dict[int, TypesetText]:
        """The school's name and number set in type, by the number of each page that has a line for them."""
        words, sizes = school_line(self.definition, values), (self.definition.file.page.entry_size, self.least)
        lines: dict[int, TypesetText] = {}
        for page, area in self.schools.items():
            if area and words:
                lines[page] = typeset(words, area.width, area.height, wraps=False, sizes=sizes)
        return lines

    def _school_line(self, page: int, line: TypesetText, names: Fonts) -> bytes:
        """The operators that draw the school's line on the page of that number."""
        area = self.schools[page]
        assert area is not None  # noqa: S101 - `_school_lines` made the line for it
        short = {face: name for face, (name, _) in names.items()}
        return moved(area, drawing(line, area.width, area.height, short, wraps=False))

    def _typeset(self, widget: _Widget, value: str) -> TypesetText:
        rect, sizes = widget.placed.rect, (widget.placed.size, self.least)
        return typeset(value, rect.width, rect.height, wraps=widget.wraps, sizes=sizes)

    def _fallbacks(self, texts: Sequence[TypesetText]) -> tuple[Objects, Fonts]:
        """The objects of the fonts that the texts need besides the form's own.

        With them, of every font by the name of its face, its name in resources and a reference to it.
        """
        objects = Objects(self.first_free)
        names: dict[str, tuple[str, bytes]] = {REGULAR: (ENTRY_FONT, self.entry_font)}
        with pikepdf.new() as pdf:
            for n, (name, glyphs) in enumerate(drawn_glyphs(texts, FALLBACKS).items(), 1):
                names[name] = (f"{ENTRY_FONT}{n}", objects.reference(subset(pdf, load_face(name), glyphs)))
            objects.take_in()
        return objects, names

    def _appearance(self, widget: _Widget, text: TypesetText | None, names: Fonts) -> bytes:
        """The appearance stream of a text box."""
        rect = widget.placed.rect
        content, resources = b"/Tx BMC EMC", self.resources
        if text:
            short = {face: name for face, (name, _) in names.items()}
            shown = drawing(text, rect.width, rect.height, short, wraps=widget.wraps)
            content = b"/Tx BMC %b EMC" % shown
            if len(names) > 1:
                resources = _resources(names)
        entries = b"<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources %b>>" % (
            rect.width,
            rect.height,
            resources,
        )
        return stream(entries, content)


def _resources(names: Fonts) -> bytes:
    """The resources of a stream that is drawn with these fonts."""
    listed = b"".join(name.encode("ascii") + b" " + font for name, font in names.values())
    return b"<</Font<<" + listed + b">>>>"


def _head(objects: Objects, field: pikepdf.Object) -> bytes:
    """The field's dictionary without what depends on its value, and without its end."""
    changing = ("/V", "/AS", "/AP", "/DA")
    return objects.body(Dictionary({key: value for key, value in field.items() if key not in changing}))[:-2]


def _widget(objects: Objects, placed: PlacedBox, field: pikepdf.Object) -> _Widget:
    ticks = placed.box.kind is Kind.TICKS
    stream = 0 if ticks else objects.number(field.AP.N)
    return _Widget(placed, objects.number(field), _head(objects, field), stream, objects.body(field.AP))


def _valued(text: str) -> bytes:
    return b"/V " + String(text).unparse()


def _filled(widget: _Widget, value: str | bool | None, size: float) -> bytes:
    """The field's dictionary with its value."""
    appearances = b"/AP " + widget.appearances + b">>"
    if widget.ticks:
        state = ON.unparse() if value else b"/Off"
        return widget.head + b"/V " + state + b"/AS " + state + appearances
    valued = _valued(str(value)) if value else b""
    return widget.head + b"/DA " + String(style(size)).unparse() + valued + appearances
