"""Fields as programs really leave them: renamed, moved, in other trees, in loops."""

from __future__ import annotations

import html
from collections.abc import Callable
from itertools import count

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support.changing import (
    EXPECTED,
    NUMBER,
    Change,
    boxes,
    changed,
    no_list,
    on_no_page,
    renamed,
    texts_in,
    texts_of,
    unlisted,
    without_page,
)
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.generate import master_of
from thep_forms.reading import FileKind


def under_a_parent(pdf: pikepdf.Pdf) -> None:
    fields = pdf.Root.AcroForm.Fields
    parent = pdf.make_indirect(Dictionary(T=String("form1[0]"), Kids=Array(fields)))
    for box in fields:
        box.Parent = parent
        box.T = String(f"{box.T}[0]")
    pdf.Root.AcroForm.Fields = Array([parent])


def widgets_as_kids(pdf: pikepdf.Pdf) -> None:
    """Each field apart from its widget, the value on the field."""
    for page in pdf.pages:
        for number, box in enumerate(page.obj.get("/Annots", [])):
            field = pdf.make_indirect(Dictionary({key: box[key] for key in ("/T", "/FT", "/V", "/TU") if key in box}))
            for key in ("/T", "/FT", "/V", "/TU"):
                if key in box:
                    del box[key]
            box.Parent, field.Kids = field, Array([box])
            fields = pdf.Root.AcroForm.Fields
            fields[next(n for n in range(len(fields)) if fields[n].objgen == box.objgen)] = field
            assert page.obj.Annots[number].objgen == box.objgen


def stale_parents(pdf: pikepdf.Pdf) -> None:
    """The widgets have the values, as Poppler writes them, and the fields old ones."""
    widgets_as_kids(pdf)
    for field in pdf.Root.AcroForm.Fields:
        if field.FT == "/Tx" and "/V" in field and field.T != "form_id":
            field.Kids[0].V = field.V
            field.V = String("stale")


def in_streams(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        if box.FT == "/Tx" and "/V" in box:
            box.V = pdf.make_stream(bytes(box.V))


def other_states(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        if box.FT == "/Btn":
            on = box.AS != "/Off"
            box.AP.N["/Choice 1"] = box.AP.N["/Yes"]
            del box.AP.N["/Yes"]
            box.AS = box.V = Name("/Choice 1") if on else Name.Off


def without_kinds(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        del box.FT


def by_role(pdf: pikepdf.Pdf) -> None:
    """`main_contact_name` as the field `name` below a field `main_contact`."""
    parents: dict[str, pikepdf.Object] = {}
    for name, box in boxes(pdf).items():
        role, _, part = name.rpartition("_")
        if role not in parents:
            parents[role] = pdf.make_indirect(Dictionary(T=String(role), Kids=Array()))
        box.T, box.Parent = String(part), parents[role]
        parents[role].Kids.append(box)
    pdf.Root.AcroForm.Fields = Array(parents.values())


def with_texts(encoded: Callable[[str], bytes]) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        for box in boxes(pdf).values():
            if box.FT == "/Tx" and "/V" in box:
                box.V = String(encoded(str(box.V)))

    return change


def in_rich_text(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        if box.FT == "/Tx" and "/V" in box and box.T != "form_id":
            lines = "".join(f"<p><b>{html.escape(line)}</b></p>" for line in str(box.V).splitlines())
            box.RV = String(f'<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml">{lines}</body>')
            del box["/V"]


def without_names(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        del box["/T"]


def without_appearances(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        if "/AP" in box:
            del box["/AP"]


def in_rich_text_of_the_field(pdf: pikepdf.Pdf) -> None:
    in_rich_text(pdf)
    without_appearances(pdf)  # or they would be read from the page
    for page in pdf.pages:
        for box in page.obj.get("/Annots", []):
            kept = {key: value for key, value in box.items() if key in ("/T", "/FT", "/V", "/RV")}
            for key in kept:
                del box[key]
            box.Parent = pdf.make_indirect(Dictionary({**kept, "/Kids": Array([box])}))
    no_list(pdf)


def not_called_widgets(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        del box["/Subtype"]
    no_list(pdf)


def their_own_kids(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        box.Kids = Array([box])


def in_loops(pdf: pikepdf.Pdf) -> None:
    """Each field below one that is below it."""
    for box in boxes(pdf).values():
        box.Kids = Array([pdf.make_indirect(Dictionary(Kids=Array([box]), Parent=box))])


def deep(pdf: pikepdf.Pdf) -> None:
    """Each widget of a text so far below its field that nobody follows."""
    fields = [box for box in boxes(pdf).values() if box.FT != "/Tx"]
    for box in (box for box in boxes(pdf).values() if box.FT == "/Tx"):
        top = box
        for _ in range(40):
            above = pdf.make_indirect(Dictionary(Kids=Array([top])))
            top.Parent = top = above
        for key in ("/T", "/FT", "/V"):
            if key in box:
                top[key] = box[key]
                del box[key]
        fields.append(top)
    pdf.Root.AcroForm.Fields = Array(fields)


def with_a_widget_of_another(pdf: pikepdf.Pdf) -> None:
    """A field that is apart from its widget has the widget of a field on top below it."""
    box = boxes(pdf)["main_contact_name"]
    field = pdf.make_indirect(Dictionary(T=box.T, FT=box.FT, V=box.V, Kids=Array([boxes(pdf)["school_name"]])))
    pdf.Root.AcroForm.Fields = Array([field, *(other for other in pdf.Root.AcroForm.Fields if other.T != box.T)])
    pdf.pages[0].obj.Annots = Array([other for other in pdf.pages[0].obj.Annots if other.T != box.T])


def their_own_parents(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        box.Parent = box
    no_list(pdf)


def copied(pdf: pikepdf.Pdf) -> None:
    """Each widget on its page and in the list of fields is an object of its own."""
    fields: list[pikepdf.Object] = []
    for page in (pdf.pages[0].obj, pdf.pages[3].obj):
        fields += map(without_page, page.Annots)
        page.Annots = Array(map(without_page, page.Annots))
    pdf.Root.AcroForm.Fields = Array(fields)


QUIRKS: dict[str, Change] = {
    "a suffix": renamed("{}_2".format),
    "another suffix": renamed("{}#0".format),
    "a suffix in brackets": renamed("{} [200]".format),
    "a name in front": renamed("Copy.{}".format),
    "a word in front": renamed("Form_{}".format),
    "a word in front and one behind": renamed("fill_{}_page1".format),
    "names with blanks": renamed(lambda name: f" {name.replace('_', ' ')} "),
    "names in capitals": renamed(str.upper),
    "fields below their roles": by_role,
    "fields that do not say their kind": without_kinds,
    "values in rich text alone": in_rich_text,
    "values in rich text of fields apart from their widgets": in_rich_text_of_the_field,
    "values padded with zeros": with_texts(lambda text: b"\xfe\xff" + text.encode("utf-16-be") + b"\0\0\0"),
    "values in UTF-8 without a mark": with_texts(lambda text: text.encode()),
    "a parent": under_a_parent,
    "fields that are their own kids": their_own_kids,
    "fields in loops": in_loops,
    "fields far above their widgets": deep,
    "a field with the widget of another": with_a_widget_of_another,
    "widgets apart from their fields": widgets_as_kids,
    "stale values on the fields": stale_parents,
    "values in streams": in_streams,
    "other names for a tick": other_states,
    "an empty list of fields": no_list,
    "an empty list, and fields that are their own parents": their_own_parents,
    "an empty list, and widgets that do not say that they are": not_called_widgets,
    "the first page does not list its boxes": lambda pdf: unlisted(pdf, [0]),
    "the last page does not list its boxes": lambda pdf: unlisted(pdf, [3]),
    "no page lists its boxes": unlisted,
    "boxes are on no page": on_no_page,
    "boxes are there twice": copied,
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_quirk_of_a_program_loses_no_answer(returned: bytes, definition: FormDefinition, quirk: str) -> None:
    assert texts_of(changed(returned, QUIRKS[quirk]), definition) == EXPECTED


@pytest.mark.parametrize("numbered", [False, True])
def test_fields_below_each_other_come_to_an_end(returned: bytes, definition: FormDefinition, numbered: bool) -> None:
    """As many of them as there are ways down."""

    def change(pdf: pikepdf.Pdf) -> None:
        kids = pdf.make_indirect(Array())
        for _ in range(3):
            kid = Dictionary(Kidz=kids)  # or pikepdf would not come to an end
            kids.append(pdf.make_indirect(kid) if numbered else kid)
        pdf.Root.AcroForm.Fields.append(kids[0])

    looped = changed(returned, change).replace(b"/Kidz", b"/Kids")
    assert looped.count(b"/Kids") > 3
    reading = read_return(looped, definition)
    assert reading.kind is (FileKind.FORM if numbered else FileKind.UNREADABLE)


def numbered() -> Callable[[str], str]:
    numbers = count(1)
    return lambda _: f"Text{next(numbers)}"


STRANGE: dict[str, Callable[[], Change]] = {"numbers": lambda: renamed(numbered()), "no names": lambda: without_names}


@pytest.mark.parametrize("names", STRANGE)
def test_unknown_fields_that_are_drawn_are_read_from_the_page(
    returned: bytes, definition: FormDefinition, names: str
) -> None:
    reading = read_return(changed(returned, STRANGE[names]()), definition)
    assert texts_in(reading) == EXPECTED
    problems = check(reading, definition).problems
    assert "read_from_page" in {problem.code for problem in problems}
    assert "field_unknown" not in {problem.code for problem in problems}


@pytest.mark.parametrize("names", STRANGE)
def test_unknown_fields_that_are_not_drawn_are_kept_and_queried(
    returned: bytes, definition: FormDefinition, names: str
) -> None:
    reading = read_return(changed(changed(returned, without_appearances), STRANGE[names]()), definition)
    checked = check(reading, definition)
    assert not checked.blank
    assert not checked.acceptable
    queried = {problem.value for problem in checked.problems if problem.code == "field_unknown"}
    assert queried >= {text for text in EXPECTED.values() if text != "yes"}


def test_unknown_field_that_shows_an_old_answer_is_kept_and_queried(
    definition: FormDefinition,
) -> None:
    """Such as a program leaves it that sets values and does not draw them."""

    def retyped(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["headteacher_name"].V = String("Jo Bloggs")
        renamed(numbered())(pdf)

    pdf = changed(master_of(definition).copy(answers(NUMBER, headteacher_name="Ann Lee")), retyped)
    checked = check(read_return(pdf, definition), definition)
    assert ("field_unknown", "Jo Bloggs") in {(problem.code, problem.value) for problem in checked.problems}


@pytest.mark.parametrize("known", [3, 40])
def test_unknown_fields_beside_empty_fields_of_ours_are_not_blank(
    returned: bytes, definition: FormDefinition, known: int
) -> None:
    def some(pdf: pikepdf.Pdf) -> None:
        empty = [name for name in boxes(pdf) if name not in EXPECTED][:known]
        new = numbered()
        renamed(lambda name: name if name in empty else new(name))(pdf)

    checked = check(read_return(changed(returned, some), definition), definition)
    assert not checked.blank
    values = {value.raw for value in checked.values}
    assert values >= {text for text in EXPECTED.values() if text != "yes"}
