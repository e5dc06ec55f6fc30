"""The year's form, drawn once: copies for schools are filled from it at a small part of what drawing costs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import pikepdf
from msgspec import Struct
from pikepdf import Dictionary, String

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID, Code
from thep_forms.definition.model import Kind
from thep_forms.generate.acroform import ENTRY_FONT, ON, add_fields, style
from thep_forms.generate.draw import draw
from thep_forms.generate.entry import TypesetText, drawing, drawn_glyphs, typeset
from thep_forms.generate.qr import CODE, qr_code
from thep_forms.generate.writer import Objects, Writer, stream
from thep_forms.layout import fonts
from thep_forms.layout.pages import MM, PlacedBox, body_of, lay_out, require_boxes


class _Widget(Struct, frozen=True):
    """A box's object in the file; `head` is its dictionary without what depends on its value, and without its end."""

    placed: PlacedBox
    number: int
    head: bytes
    drawn: int  # the number of its appearance stream, for text
    appearances: bytes

    @property
    def wraps(self) -> bool:
        return self.placed.box.lines > 1

    @property
    def ticks(self) -> bool:
        return self.placed.box.kind is Kind.TICKS


class Master:
    """A definition's form, ready to be copied. The same definition and values give the same bytes.

    `more` is how many blocks the continuation page offers instead of what the definition says. Raises `LayoutError`
    where something does not fit its place.
    """

    def __init__(self, definition: FormDefinition, more: int | None = None) -> None:
        self.definition = definition
        page = definition.file.page
        self.sizes = (page.entry_size, page.entry_least)
        self.body, self.paper = body_of(page), (page.width * MM, page.height * MM)
        sheets = lay_out(definition, more)
        with add_fields(draw(definition, sheets), definition, sheets) as pdf:
            self._take_in(pdf, {placed.box.name: placed for sheet in sheets for placed in sheet.boxes})

    def _take_in(self, pdf: pikepdf.Pdf, boxes: Mapping[str, PlacedBox]) -> None:
        """Put into bytes all that every copy has in common."""
        objects = Objects()
        objects.put_off(pdf.Root.StructTreeRoot)
        root, info = objects.number(pdf.Root), objects.number(pdf.trailer.Info)
        objects.take_in()
        first = set(objects.plain)
        objects.take_in(pdf.Root.StructTreeRoot)
        self.trailer = ((b"Root", b"%d 0 R" % root), (b"Info", b"%d 0 R" % info))
        self.entry_font = objects.reference(pdf.Root.AcroForm.DR.Font[ENTRY_FONT])
        self.resources = objects.reference(pdf.Root.AcroForm.DR)
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        identity = fields.pop(FORM_ID)
        self.identity = objects.number(identity), _head(objects, identity)
        self.widgets = {name: _widget(objects, boxes[name], field) for name, field in fields.items()}
        shown = [page.obj.Resources.XObject[CODE.format(number)] for number, page in enumerate(pdf.pages, 1)]
        self.codes = [objects.number(code) for code in shown]  # the numbers of the pages' codes
        self.common = Writer()
        changing = {self.identity[0]} | {widget.number for widget in self.widgets.values()}
        for number in (*self.codes, *(widget.drawn for widget in self.widgets.values())):
            objects.streams.pop(number, None)
        for number, body in objects.streams.items():
            self.common.add(number, body)
        # What opens the file is apart from its tags, which are ten times as many: a reader takes a stream in whole.
        plain = {number: body for number, body in objects.plain.items() if number not in changing}
        for is_first in (True, False):
            together = {number: body for number, body in plain.items() if (number in first) is is_first}
            self.common.add_together(objects.reserve(), together)
        self.common = self.common.copy()
        self.first_free = objects.next

    def copy(self, values: Mapping[str, str | bool] | None = None, school: str = "") -> bytes:
        """The form with values in its boxes, by field name, that can all be changed; any text, and true for a tick.

        `school` is the DFE number that the copy's hidden field and its codes carry. Raises `LayoutError` for a field
        that the form does not have.
        """
        values = values or {}
        require_boxes(values, self.widgets)
        entries = {
            name: self._typeset(self.widgets[name], value)
            for name, value in values.items()
            if value and isinstance(value, str)
        }
        objects, names = self._fallbacks(entries)
        out = self.common.copy()
        for number, body in objects.streams.items():
            out.add(number, body)
        for name, widget in self.widgets.items():
            if not widget.ticks:
                out.add(widget.drawn, self._appearance(widget, entries.get(name), names))
        for page, number in enumerate(self.codes, 1):
            out.add(number, self._code(page, school))
        said = self.definition.form_id_of(school)
        together = {self.identity[0]: self.identity[1] + _valued(said) + b">>", **objects.plain}
        for name, widget in self.widgets.items():
            size = entries[name].size if name in entries else self.sizes[0]
            together[widget.number] = _filled(widget, values.get(name), size)
        out.add_together(objects.reserve(), together)
        return out.finish(objects.reserve(), self.trailer)

    def _code(self, page: int, school: str) -> bytes:
        """The form XObject of the code on the page of that number."""
        form = self.definition.form
        code = Code(form.id, self.definition.year, form.revision, page, len(self.codes), school)
        entries = b"<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources<<>>/Filter/FlateDecode>>" % self.paper
        return stream(entries, zlib.compress(qr_code(code, self.body)))

    def _typeset(self, widget: _Widget, value: str) -> TypesetText:
        rect = widget.placed.rect
        return typeset(value, rect.width, rect.height, wraps=widget.wraps, sizes=self.sizes)

    def _fallbacks(self, entries: Mapping[str, TypesetText]) -> tuple[Objects, dict[str, tuple[str, bytes]]]:
        """The fonts that the entries need besides the form's own, and what all are called in resources, and are."""
        objects = Objects(self.first_free)
        names = {fonts.REGULAR: (ENTRY_FONT, self.entry_font)}
        with pikepdf.new() as pdf:
            for n, (name, glyphs) in enumerate(drawn_glyphs(entries.values(), fonts.FALLBACKS).items(), 1):
                names[name] = (f"{ENTRY_FONT}{n}", objects.reference(fonts.subset(pdf, fonts.face(name), glyphs)))
            objects.take_in()
        return objects, names

    def _appearance(self, widget: _Widget, entry: TypesetText | None, names: Mapping[str, tuple[str, bytes]]) -> bytes:
        rect = widget.placed.rect
        content, resources = b"/Tx BMC EMC", self.resources
        if entry:
            short = {face: name for face, (name, _) in names.items()}
            shown = drawing(entry, rect.width, rect.height, short, wraps=widget.wraps)
            content = b"/Tx BMC %b EMC" % shown
            if len(names) > 1:
                listed = b"".join(name.encode("ascii") + b" " + font for name, font in names.values())
                resources = b"<</Font<<" + listed + b">>>>"
        entries = b"<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources %b>>" % (
            rect.width,
            rect.height,
            resources,
        )
        return stream(entries, content)


def _head(objects: Objects, field: pikepdf.Object) -> bytes:
    changing = ("/V", "/AS", "/AP", "/DA")
    return objects.body(Dictionary({key: value for key, value in field.items() if key not in changing}))[:-2]


def _widget(objects: Objects, placed: PlacedBox, field: pikepdf.Object) -> _Widget:
    ticks = placed.box.kind is Kind.TICKS
    drawn = 0 if ticks else objects.number(field.AP.N)
    return _Widget(placed, objects.number(field), _head(objects, field), drawn, objects.body(field.AP))


def _valued(text: str) -> bytes:
    return b"/V " + String(text).unparse()


def _filled(widget: _Widget, value: str | bool | None, size: float) -> bytes:
    appearances = b"/AP " + widget.appearances + b">>"
    if widget.ticks:
        state = ON.unparse() if value else b"/Off"
        return widget.head + b"/V " + state + b"/AS " + state + appearances
    valued = _valued(str(value)) if value else b""
    return widget.head + b"/DA " + String(style(size)).unparse() + valued + appearances
