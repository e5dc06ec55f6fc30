"""The interactive part of the form: AcroForm fields, their widgets and appearance streams, with pikepdf."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID
from thep_forms.definition.model import Kind
from thep_forms.generate.draw import Drawn
from thep_forms.generate.embedding import entry_font
from thep_forms.generate.qr import CODE
from thep_forms.generate.tags import tag
from thep_forms.layout import PageLayout, PlacedBox, Rect
from thep_forms.layout.seal import seal

HIDDEN, PRINT = 1 << 1, 1 << 2  # annotation flags, ISO 32000-1, table 165
READ_ONLY, MULTILINE = 1 << 0, 1 << 12  # field flags, tables 221 and 228
DO_NOT_SPELL_CHECK = 1 << 22
ON = Name.Yes
EMPTY = b"q Q"  # MuPDF warns of a stream with nothing in it once it is compressed
ENTRY_FONT = "/Entry"


def style(size: float) -> str:
    """The default appearance string of a text box, for type of that size in points (ISO 32000-1, 12.7.3.3)."""
    return f"{ENTRY_FONT} {size:g} Tf 0 g"


def add_fields(drawn: Drawn, definition: FormDefinition, layouts: Sequence[PageLayout]) -> pikepdf.Pdf:
    """The drawn pages with the fields of their layouts on them, empty, tagged and sealed."""
    pdf = pikepdf.open(io.BytesIO(drawn.pdf))
    builder = _Builder(pdf, definition)
    for layout, start in zip(layouts, drawn.starts, strict=True):
        for placed in layout.boxes:
            builder.add(placed, pdf.pages[start])
    tag(pdf, drawn.document, {str(field.T): field for field in builder.fields}, definition)
    builder.add_form_id(pdf.pages[0])
    for number, page in enumerate(pdf.pages, 1):
        builder.add_code(page, number)
    builder.finish()
    for page in pdf.pages:
        seal(page, definition.year.first_day)
    return pdf


def information(definition: FormDefinition) -> Dictionary:
    """The document information, without dates: the bytes depend on the input alone."""
    return Dictionary(
        Title=String(definition.title),
        Author=String(definition.partnership.name),
        Subject=String(definition.form_id),
    )


class _Builder:
    """Adds the fields to the pages of one PDF."""

    def __init__(self, pdf: pikepdf.Pdf, definition: FormDefinition) -> None:
        self.pdf, self.definition = pdf, definition
        self.font = pdf.make_indirect(entry_font(pdf))
        self.resources = Dictionary(Font=Dictionary({ENTRY_FONT: self.font}))
        self.style = String(style(definition.file.page.entry_size))
        self.fields: list[pikepdf.Object] = []

    def add(self, placed: PlacedBox, page: pikepdf.Page) -> None:
        """The field and the widget of a box."""
        box, rect = placed.box, placed.rect
        widget = self._widget(box.name, box.tooltip, rect, page)
        widget.F = PRINT
        if box.kind is Kind.TICKS:
            off, on = self._stream(rect, EMPTY), self._stream(rect, tick(rect))
            _put(widget, FT=Name.Btn, V=Name.Off, AS=Name.Off, MK=Dictionary(CA=String("4")))
            widget.AP = Dictionary(N=Dictionary({"/Off": off, str(ON): on}))
        else:
            _put(widget, FT=Name.Tx, DA=String(style(placed.size)), Ff=self._flags(placed))
            widget.AP = Dictionary(N=self._stream(rect, b"/Tx BMC EMC", self.resources))
        self._append(widget, page)

    def add_form_id(self, page: pikepdf.Page) -> None:
        """Add the hidden read-only field with the identity of the form."""
        tooltip = "Which form this is, for the office"
        widget = self._widget(FORM_ID, tooltip, Rect(0, 0, 0, 0), page)
        _put(widget, FT=Name.Tx, DA=self.style, V=String(self.definition.form_id), Ff=READ_ONLY, F=HIDDEN)
        # It shows nothing, but pdf-lib flattens no form of which a widget has no appearance.
        widget.AP = Dictionary(N=self._stream(Rect(0, 0, 0, 0), EMPTY))
        self._append(widget, page)

    def add_code(self, page: pikepdf.Page, number: int) -> None:
        """The form XObject by which the page shows its code. It is empty here: each copy fills it with its own code."""
        _, _, width, height = (float(edge) for edge in page.mediabox)
        page.add_resource(self._stream(Rect(0, 0, width, height), EMPTY), Name.XObject, Name(CODE.format(number)))

    def finish(self) -> None:
        """The AcroForm dictionary and the document information."""
        resources = self.pdf.make_indirect(self.resources)
        self.pdf.Root.AcroForm = Dictionary(
            Fields=Array(self.fields), DR=resources, DA=self.style, NeedAppearances=False
        )
        self.pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        for key in list(self.pdf.docinfo.keys()):
            del self.pdf.docinfo[key]
        for key, value in information(self.definition).items():
            self.pdf.docinfo[key] = value

    def _flags(self, placed: PlacedBox) -> int:
        """The field's flags. None limits its length or requires an answer, so everybody can paste and save.

        A required field (ISO 32000-1, table 221) only stops a form that a button submits, and ours has none. But some
        viewers draw a red frame around it, on paper too. The label and the tooltip say what is required.
        """
        flags = MULTILINE if placed.box.lines > 1 else 0
        return flags | (DO_NOT_SPELL_CHECK if placed.box.kind not in (Kind.TEXT, Kind.ADDRESS) else 0)

    def _widget(self, name: str, tooltip: str, rect: Rect, page: pikepdf.Page) -> Dictionary:
        return Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            T=String(name),
            TU=String(tooltip),
            Rect=Array([round(edge, 2) for edge in (rect.x, rect.y, rect.right, rect.top)]),
            P=page.obj,
        )

    def _append(self, widget: Dictionary, page: pikepdf.Page) -> None:
        reference = self.pdf.make_indirect(widget)
        self.fields.append(reference)
        if "/Annots" not in page.obj:
            page.obj.Annots = Array()
        page.obj.Annots.append(reference)

    def _stream(self, rect: Rect, content: bytes, resources: Dictionary | None = None) -> pikepdf.Object:
        stream = pikepdf.Stream(self.pdf, content)
        bounds = Array([0, 0, round(rect.width, 2), round(rect.height, 2)])
        _put(stream, Type=Name.XObject, Subtype=Name.Form, BBox=bounds, Resources=resources or Dictionary())
        return self.pdf.make_indirect(stream)


def _put(target: pikepdf.Object, **entries: object) -> None:
    for key, value in entries.items():
        target[f"/{key}"] = value


def tick(rect: Rect) -> bytes:
    """The operators that draw a tick in a box, as a path, so that no font is needed."""
    points = [(0.2, 0.52), (0.42, 0.26), (0.82, 0.8)]
    (a, b), (c, d), (e, f) = ((x * rect.width, y * rect.height) for x, y in points)
    width = rect.width / 8
    return f"q 0 G {width:.2f} w 1 J 1 j {a:.2f} {b:.2f} m {c:.2f} {d:.2f} l {e:.2f} {f:.2f} l S Q".encode("ascii")
