"""A returned form, changed as programs change it, and what is read from it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.remake_samples import answers
from thep_forms.definition import FormDefinition
from thep_forms.layout import Rect, lay_out
from thep_forms.reading import Reading

NUMBER = "2101"
EXPECTED = {
    name: value if isinstance(value, str) else "yes"
    for name, value in answers(NUMBER).items()
    if value is not False and value
}

Change = Callable[[pikepdf.Pdf], None]


def changed(pdf: bytes, change: Change) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore", pikepdf.PageCopyWarning)
        change(opened)
        opened.save(out)
    return out.getvalue()


def texts_in(reading: Reading) -> dict[str, str]:
    """All that a return says: answers by their fields, of ours or not, and notes by their numbers."""
    answers = {**reading.answers, **reading.unknown_fields}
    notes = {f"note {number}": note.text for number, note in enumerate(reading.notes, 1)}
    return {name: answer.text for name, answer in answers.items() if answer.text or answer.says_something} | notes


def texts_of(pdf: bytes, definition: FormDefinition) -> dict[str, str]:
    """All that is read from a file that holds one return."""
    return texts_in(read_return(pdf, definition))


def place(definition: FormDefinition, name: str) -> Rect:
    """Where a box of the first page is."""
    return next(placed.rect for placed in lay_out(definition)[0].boxes if placed.box.name == name)


def area(rect: Rect) -> str:
    """The operator that adds a rectangle to the path."""
    return f"{rect.x} {rect.y} {rect.width} {rect.height} re"


def boxes(pdf: pikepdf.Pdf) -> dict[str, pikepdf.Object]:
    return {str(box.T): box for box in pdf.Root.AcroForm.Fields}


def renamed(name_for: Callable[[str], str]) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, box in boxes(pdf).items():
            box.T = String(name_for(name))

    return change


def no_list(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields = Array()


def on_no_page(pdf: pikepdf.Pdf) -> None:
    """Fields that nothing but their list tells of, and that do not say where they are."""
    fields = [*map(without_page, boxes(pdf).values())]
    unlisted(pdf)
    pdf.Root.AcroForm.Fields = Array(fields)


def without_page(box: pikepdf.Object) -> Dictionary:
    return Dictionary({key: value for key, value in box.items() if key != "/P"})


def unlisted(pdf: pikepdf.Pdf, pages: Sequence[int] = (0, 3)) -> None:
    for number in pages:
        del pdf.pages[number].obj["/Annots"]


def plain_objects(pdf: bytes) -> io.BytesIO:
    """The file with a cross-reference table, and no object inside another one's stream."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out


def annotated(kind: str, *, placed: bool = True, shown: bool = False, **entries: object) -> Change:
    """An annotation of any kind above the form's boxes."""

    def change(pdf: pikepdf.Pdf) -> None:
        made = Dictionary(Type=Name.Annot, Subtype=Name(kind), **entries)
        if placed:
            made.Rect = Array([40, 800, 240, 820])
        if shown:
            made.AP = Dictionary(N=pdf.make_stream(b"0 0 200 20 re f", Subtype=Name.Form, BBox=Array([0, 0, 200, 20])))
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(made))

    return change
