"""Filled returns as several programs save them: what the trials change."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import pikepdf
import pypdf
from pikepdf import Array, Dictionary, String
from pikepdf.form import DefaultAppearanceStreamGenerator, Form
from reportlab.pdfgen.canvas import Canvas

from tests.remake_samples import HARBOUR, answers, own_copy
from tests.support.viewer import type_into
from thep_forms.definition import load_definition
from thep_forms.generate import generate

Values = dict[str, str | bool]


def _saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def by_pikepdf(pdf: bytes, values: Values) -> bytes:
    """Filled in by pikepdf, which draws the answers itself."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        form = Form(opened, DefaultAppearanceStreamGenerator)
        for name, value in values.items():
            field = form[name]
            if isinstance(value, bool):
                field.checked = value
            else:
                field.value = value
        return _saved(opened)


def by_pypdf(pdf: bytes, values: Values, *, adds_revision: bool = False) -> bytes:
    """Filled in by pypdf; in a revision of its own that is added to the file, or in a new file."""
    writer = pypdf.PdfWriter(io.BytesIO(pdf), incremental=True) if adds_revision else pypdf.PdfWriter(io.BytesIO(pdf))
    states = {True: "/Yes", False: "/Off"}
    texts = {name: states[value] if isinstance(value, bool) else value for name, value in values.items()}
    for page in writer.pages:
        writer.update_page_form_field_values(page, texts, auto_regenerate=False)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_parents(pdf: bytes) -> bytes:
    """Each field and its widget in two objects, as some libraries make them."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fields = []
        for widget in opened.Root.AcroForm.Fields:
            kept = {key: widget[key] for key in ("/T", "/FT", "/V", "/Ff", "/TU") if key in widget}
            for key in kept:
                del widget[key]
            field = opened.make_indirect(Dictionary({**kept, "/Kids": Array([widget])}))
            widget.Parent = field
            fields.append(field)
        opened.Root.AcroForm.Fields = Array(fields)
        return _saved(opened)


def without_appearances(pdf: bytes) -> bytes:
    """Texts that viewers have to draw themselves."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for box in opened.Root.AcroForm.Fields:
            if box.FT == "/Tx" and "/AP" in box:
                del box["/AP"]
        opened.Root.AcroForm.NeedAppearances = True
        return _saved(opened)


def stamped(pdf: bytes) -> bytes:
    """With a stamp on each page, drawn by reportlab and laid over it by pypdf."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(300, 830, "Received at the office on 4 May")
    canvas.save()
    stamp = pypdf.PdfReader(io.BytesIO(out.getvalue())).pages[0]
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(pdf)))
    for page in writer.pages:
        page.merge_page(stamp)
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


def renamed_by_language(pdf: bytes) -> bytes:
    """Texts as UTF-8 with its mark, as programs of PDF 2.0 write them."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for box in opened.Root.AcroForm.Fields:
            if box.FT == "/Tx" and "/V" in box:
                box.V = String(b"\xef\xbb\xbf" + str(box.V).encode())
        return _saved(opened)


def made() -> dict[str, bytes]:
    """The returns, by what made them."""
    blank = generate(load_definition("2026-27"))
    cedar, ivy = answers("2101"), answers("4242", chair_of_governors_name="Élodie O’Brien")
    harbour = answers("2106", **HARBOUR)
    copy = own_copy("3204", answers("3204"))
    changes: Values = {"chair_of_governors_name": "Edith New", "phase_nursery": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        typed = type_into(blank, cedar)
        returns: dict[str, Callable[[], bytes]] = {
            "PDFium": lambda: typed,
            "PDFium, other letters": lambda: type_into(blank, harbour),
            "PDFium, in our copy": lambda: type_into(copy, changes),
            "pikepdf": lambda: by_pikepdf(blank, ivy),
            "pypdf": lambda: by_pypdf(blank, cedar),
            "pypdf, a revision": lambda: by_pypdf(copy, {"headteacher_name": "Zoë Head"}, adds_revision=True),
            "fields apart from boxes": lambda: with_parents(typed),
            "no appearances": lambda: without_appearances(typed),
            "stamped by reportlab": lambda: stamped(type_into(blank, ivy)),
            "texts in UTF-8": lambda: renamed_by_language(type_into(blank, cedar)),
        }
        return {name: make() for name, make in returns.items()}
