"""Fields as programs really leave them: renamed, moved, emptied of values, written over with notes."""

from __future__ import annotations

import html
import io
import sys
import warnings
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.printers import by_qpdf, joined
from tests.remake_samples import answers
from tests.viewer import type_into
from thep_forms.check import check
from thep_forms.definition import FormDefinition
from thep_forms.generate import Master
from thep_forms.read import Outcome, ReadFrom, read_file
from thep_forms.read.forms import own_name

NUMBER = "2101"
EXPECTED = {
    name: value if isinstance(value, str) else "yes"
    for name, value in answers(NUMBER).items()
    if value is not False and value
}

Change = Callable[[pikepdf.Pdf], None]


@pytest.fixture(scope="module")
def returned(form: bytes) -> bytes:
    return type_into(form, answers(NUMBER))


def changed(pdf: bytes, change: Change) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore", pikepdf.PageCopyWarning)
        change(opened)
        opened.save(out)
    return out.getvalue()


def told(pdf: bytes, definition: FormDefinition) -> dict[str, str]:
    return {name: raw.text for name, raw in read_return(pdf, definition).values.items() if raw.text}


def boxes(pdf: pikepdf.Pdf) -> dict[str, pikepdf.Object]:
    return {str(box.T): box for box in pdf.Root.AcroForm.Fields}


def renamed(name_for: Callable[[str], str]) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, box in boxes(pdf).items():
            box.T = String(name_for(name))

    return change


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


def no_list(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields = Array()


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
    pdf.Root.AcroForm.Fields = Array([field, *(one for one in pdf.Root.AcroForm.Fields if one.T != box.T)])
    pdf.pages[0].obj.Annots = Array([one for one in pdf.pages[0].obj.Annots if one.T != box.T])


def their_own_parents(pdf: pikepdf.Pdf) -> None:
    for box in boxes(pdf).values():
        box.Parent = box
    no_list(pdf)


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
def test_every_value_is_read_all_the_same_with(returned: bytes, definition: FormDefinition, quirk: str) -> None:
    assert told(changed(returned, QUIRKS[quirk]), definition) == EXPECTED


@pytest.mark.parametrize("numbered", [False, True])
def test_an_array_of_fields_that_are_below_each_other_comes_to_an_end(
    returned: bytes, definition: FormDefinition, numbered: bool
) -> None:
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
    assert reading.outcome is (Outcome.FORM if numbered else Outcome.UNREADABLE)


def numbered() -> Callable[[str], str]:
    numbers = count(1)
    return lambda _: f"Text{next(numbers)}"


STRANGE: dict[str, Callable[[], Change]] = {"numbers": lambda: renamed(numbered()), "no names": lambda: without_names}


@pytest.mark.parametrize("names", STRANGE)
def test_answers_in_fields_that_nobody_knows_by_name_are_read_from_the_page(
    returned: bytes, definition: FormDefinition, names: str
) -> None:
    reading = read_return(changed(returned, STRANGE[names]()), definition)
    assert {name: raw.text for name, raw in reading.values.items() if raw.text} == EXPECTED
    problems = check(reading, definition).problems
    assert "read_from_page" in {one.code for one in problems}
    assert "field_unknown" not in {one.code for one in problems}


@pytest.mark.parametrize("names", STRANGE)
def test_answers_in_fields_that_neither_have_known_names_nor_are_drawn_are_kept_and_asked_about(
    returned: bytes, definition: FormDefinition, names: str
) -> None:
    reading = read_return(changed(changed(returned, without_appearances), STRANGE[names]()), definition)
    checked = check(reading, definition)
    assert not checked.blank
    assert not checked.acceptable
    told = {one.value for one in checked.problems if one.code == "field_unknown"}
    assert told >= {text for text in EXPECTED.values() if text != "yes"}


def test_an_answer_that_a_field_of_an_unknown_name_does_not_show_is_kept(
    definition: FormDefinition,
) -> None:
    """Such as a program leaves it that sets values and does not draw them."""

    def retyped(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["headteacher_name"].V = String("Jo Bloggs")
        renamed(numbered())(pdf)

    pdf = changed(Master(definition).copy(answers(NUMBER, headteacher_name="Ann Lee")), retyped)
    checked = check(read_return(pdf, definition), definition)
    assert ("field_unknown", "Jo Bloggs") in {(one.code, one.value) for one in checked.problems}


@pytest.mark.parametrize("known", [3, 40])
def test_answers_in_fields_of_unknown_names_are_not_blank_beside_empty_ones_of_ours(
    returned: bytes, definition: FormDefinition, known: int
) -> None:
    def some(pdf: pikepdf.Pdf) -> None:
        empty = [name for name in boxes(pdf) if name not in EXPECTED][:known]
        new = numbered()
        renamed(lambda name: name if name in empty else new(name))(pdf)

    checked = check(read_return(changed(returned, some), definition), definition)
    assert not checked.blank
    values = {one.raw for one in checked.values}
    assert values >= {text for text in EXPECTED.values() if text != "yes"}


@pytest.mark.parametrize("names", [{"main_contact_name", "registered_address"}, {"business_manager_email"}])
def test_a_value_that_is_only_drawn_is_read_from_the_page_and_asked_about(
    definition: FormDefinition, names: set[str]
) -> None:
    def without_values(pdf: pikepdf.Pdf) -> None:
        for name in names:
            del boxes(pdf)[name]["/V"]

    values = answers(NUMBER)
    pdf = changed(Master(definition).copy(values), without_values)
    reading = read_return(pdf, definition)
    assert {name: raw.text for name, raw in reading.values.items() if raw.text} == EXPECTED
    drawn = {name for name, raw in reading.values.items() if raw.text and raw.read_from is ReadFrom.PAGE_TEXT}
    assert drawn == names
    asked = {one.field for one in check(reading, definition).problems if one.code == "read_from_page"}
    assert asked == drawn


def test_a_library_that_cannot_be_loaded_is_not_the_files_fault(
    definition: FormDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_value(pdf: pikepdf.Pdf) -> None:
        del boxes(pdf)["main_contact_name"]["/V"]

    pdf = changed(Master(definition).copy(answers(NUMBER)), without_value)
    monkeypatch.setitem(sys.modules, "thep_forms.read.page_text", None)  # as if pdfplumber were not there
    with pytest.raises(ImportError):
        read_return(pdf, definition)


def test_a_value_that_was_deleted_does_not_come_back_from_what_is_drawn(definition: FormDefinition) -> None:
    def emptied(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["business_manager_name"].V = String("")

    pdf = changed(Master(definition).copy(answers(NUMBER)), emptied)
    assert told(pdf, definition) == {name: v for name, v in EXPECTED.items() if name != "business_manager_name"}


@pytest.mark.parametrize("only_drawn", [False, True])
def test_a_damaged_appearance_loses_no_other_answer(
    returned: bytes, definition: FormDefinition, only_drawn: bool
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(returned)) as pdf:
        box = boxes(pdf)["main_contact_name"]
        box.AP.N.write(b"this is not what zlib makes, and long enough", filter=Name.FlateDecode)
        if only_drawn:
            del box["/V"]
        pdf.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    reading = read_return(out.getvalue(), definition)
    lost = {"main_contact_name"} if only_drawn else set()
    assert {name: raw.text for name, raw in reading.values.items() if raw.text} == {
        name: value for name, value in EXPECTED.items() if name not in lost
    }
    assert ("file_damaged" in {one.code for one in check(reading, definition).problems}) == only_drawn


def test_of_an_array_that_holds_itself_the_texts_count(returned: bytes, definition: FormDefinition) -> None:
    def chosen(pdf: pikepdf.Pdf) -> None:
        several = pdf.make_indirect(Array([String("Sam"), Array([String("deep")]), String("Okafor")]))
        several.append(several)
        boxes(pdf)["main_contact_name"].V = several

    assert told(changed(returned, chosen), definition) == EXPECTED | {"main_contact_name": "Sam\nOkafor"}


def test_a_name_of_thousands_of_suffixes_is_not_taken_apart() -> None:
    asked: list[str] = []
    name = "main_contact_name" + "_1" * 8000
    assert own_name(name, lambda one: bool(asked.append(one))) == name
    assert len(asked) < 10


def test_the_last_of_several_revisions_counts(form: bytes, definition: FormDefinition) -> None:
    pdf = form
    for name in ("First", "Second", "Third"):
        writer = pypdf.PdfWriter(io.BytesIO(pdf), incremental=True)
        writer.update_page_form_field_values(writer.pages[0], {"main_contact_name": name}, auto_regenerate=False)
        out = io.BytesIO()
        writer.write(out)
        pdf = out.getvalue()
    assert told(pdf, definition) == {"main_contact_name": "Third"}


@pytest.mark.parametrize(("value", "text"), [(2079460018, "2079460018"), (Decimal("12.5"), "12.5"), (True, "true")])
@pytest.mark.parametrize("shown", [True, False])
def test_a_value_that_is_no_string_is_what_the_box_shows_or_else_its_text(
    returned: bytes, definition: FormDefinition, value: object, text: str, shown: bool
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)["senior_leader_1_name"]
        box.V = value
        if not shown:
            del box["/AP"]

    said = {} if shown else {"senior_leader_1_name": text}
    assert told(changed(returned, change), definition) == EXPECTED | said


@pytest.mark.parametrize("value", [True, False, 1, 0])
def test_a_box_to_tick_may_be_true_or_false(returned: bytes, definition: FormDefinition, value: object) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["phase_ap"].V = value

    ticked = {"phase_ap": "yes"} if value else {}
    assert told(changed(returned, change), definition) == EXPECTED | ticked


def test_a_value_that_cannot_be_decoded_is_damaged_and_not_none(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        value = pdf.make_stream(b"")
        value.write(b"Jo Lindqvist", filter=Name("/FooDecode"))
        boxes(pdf)["business_manager_name"].V = value

    raw = read_return(changed(returned, change), definition).values["business_manager_name"]
    assert (raw.text, raw.damaged) == ("\ufffd", True)


def test_a_text_in_a_field_of_an_unknown_kind_is_read(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, kind in (("senior_leader_1_name", "/Text"), ("business_manager_email", "/Sig")):
            boxes(pdf)[name].FT = Name(kind)

    assert told(changed(returned, change), definition) == EXPECTED


def test_of_three_answers_each_is_told(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for text in ("Second", "Third"):
            other = pdf.make_indirect(Dictionary(boxes(pdf)["main_contact_name"]))
            other.V = String(text)
            pdf.pages[0].obj.Annots.append(other)

    raw = read_return(changed(returned, change), definition).values["main_contact_name"]
    assert (raw.text, raw.other) == (EXPECTED["main_contact_name"], "Second”, “Third")


@pytest.mark.parametrize("value", ["/Primary", "/Off"])
def test_of_a_group_the_chosen_one_is_ticked_alone(returned: bytes, definition: FormDefinition, value: str) -> None:
    """Boxes of which one can be chosen, whose states are named in their group's value."""

    def change(pdf: pikepdf.Pdf) -> None:
        kids = [box for name, box in boxes(pdf).items() if name.startswith("phase_")]
        group = pdf.make_indirect(Dictionary(FT=Name.Btn, T=String("phase"), V=Name(value), Kids=Array(kids)))
        for box in kids:
            name = str(box.T).removeprefix("phase_")
            box.T, box.Parent, box.AS = String(name), group, Name.Off
            box.AP.N["/" + name.title()] = box.AP.N["/Yes"]
            for key in ("/V", "/FT"):
                if key in box:
                    del box[key]
            del box.AP.N["/Yes"]
        fields = [box for box in pdf.Root.AcroForm.Fields if "/Parent" not in box]
        pdf.Root.AcroForm.Fields = Array([*fields, group])

    ticked = {"phase_primary": "yes"} if value == "/Primary" else {}
    without = {name: text for name, text in EXPECTED.items() if not name.startswith("phase_")}
    assert told(changed(returned, change), definition) == without | ticked


APPEARANCES = {
    "a form inside": (b"/Tx BMC q /Inner Do Q EMC", b"/Tx BMC BT /F 9 Tf 2 6 Td (Jo Lindqvist) Tj ET EMC"),
    "the next line": (b"/Tx BMC BT /F 9 Tf 12 TL 2 18 Td (Jo Lindqvist) ' ET EMC", b""),
    "a few bytes": (b"BT/F 9 Tf 2 6 Td(Jo)Tj ET", b""),
}


@pytest.mark.parametrize("appearance", APPEARANCES)
@pytest.mark.parametrize("legible", [True, False])
def test_what_a_box_shows_is_read_or_asked_about_however_it_is_drawn(
    returned: bytes, definition: FormDefinition, appearance: str, legible: bool
) -> None:
    """Where the page has no labels any more, nobody can tell which box is which."""

    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)["business_manager_name"]
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        bounds = Array([0, 0, box.Rect[2] - box.Rect[0], box.Rect[3] - box.Rect[1]])
        outer, inner = (
            pdf.make_stream(content, Subtype=Name.Form, BBox=bounds, Resources=Dictionary(Font=Dictionary(F=font)))
            for content in APPEARANCES[appearance]
        )
        outer.Resources.XObject = Dictionary(Inner=inner)
        box.AP.N = outer
        del box["/V"]
        if not legible:
            pdf.pages[0].obj.Contents = pdf.make_stream(b"q Q")

    raw = read_return(changed(returned, change), definition).values["business_manager_name"]
    if legible:
        assert raw.text == ("Jo" if appearance == "a few bytes" else "Jo Lindqvist")
    else:
        assert (raw.text, raw.doubtful) == ("\ufffd", True)


@pytest.mark.parametrize("flatten", [bytes, by_qpdf], ids=["with fields", "flattened"])
@pytest.mark.parametrize("listed", [True, False], ids=["in a list", "in no list"])
def test_a_page_that_is_listed_twice_is_one(
    returned: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes], listed: bool
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        if not listed and "/AcroForm" in pdf.Root:
            no_list(pdf)
        pdf.Root.Pages.Kids.append(pdf.pages[0].obj)
        pdf.Root.Pages.Count += 1

    (reading,) = read_file(changed(flatten(returned), change), lambda _: definition)
    assert {name: raw.text for name, raw in reading.values.items() if raw.text} == EXPECTED


# --- Notes of markup tools ----------------------------------------------------------------------------------------


def note(name: str, text: str, *, shift: float = 0) -> Change:
    """A free text laid over a box."""

    def change(pdf: pikepdf.Pdf) -> None:
        x, y, right, top = (float(edge) for edge in boxes(pdf)[name].Rect)
        rect = Array([x + 2, y + 3 + shift, right - 30, top + 1 + shift])
        pdf.pages[0].obj.Annots.append(
            pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=rect, Contents=String(text)))
        )

    return change


def test_a_note_on_an_empty_box_is_its_answer(form: bytes, definition: FormDefinition) -> None:
    pdf = changed(changed(form, note("headteacher_name", "Jo Bloggs")), note("phase_ap", "X"))
    assert told(pdf, definition) == {"headteacher_name": "Jo Bloggs", "phase_ap": "yes"}


def mark(kind: str, name: str, *, grown: float = -2, **entries: object) -> Change:
    """Something drawn on a box, with room around it if it is grown."""

    def change(pdf: pikepdf.Pdf) -> None:
        x, y, right, top = (float(edge) for edge in boxes(pdf)[name].Rect)
        rect = Array([x - grown, y - grown, right + grown, top + grown])
        drawn = Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=rect, **entries)
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(drawn))

    return change


@pytest.mark.parametrize(
    "kind", ["/Circle", "/Highlight", "/Ink", "/Line", "/PolyLine", "/Polygon", "/Square", "/Stamp"]
)
def test_whatever_is_drawn_on_a_box_to_tick_ticks_it_and_is_asked_about(
    returned: bytes, definition: FormDefinition, kind: str
) -> None:
    reading = read_return(changed(returned, mark(kind, "phase_ap", grown=5 if kind == "/Circle" else -2)), definition)
    assert reading.values["phase_ap"].text == "yes"
    asked = {(one.code, one.field) for one in check(reading, definition).problems}
    assert ("read_from_page", "phase_ap") in asked


def test_a_frame_around_half_the_form_ticks_nothing(returned: bytes, definition: FormDefinition) -> None:
    assert told(changed(returned, mark("/Square", "phase_ap", grown=80)), definition) == EXPECTED


@pytest.mark.parametrize("text", ["No", "n/a"])
def test_a_note_that_says_no_ticks_nothing(returned: bytes, definition: FormDefinition, text: str) -> None:
    reading = read_return(changed(returned, note("phase_ap", text)), definition)
    assert not reading.values["phase_ap"].text
    assert (reading.values["note_1"].text, check(reading, definition).acceptable) == (text, True)


@pytest.mark.parametrize("state", ["/Off", "/OFF", "/No", "/false"])
def test_a_box_whose_state_says_no_is_not_ticked(returned: bytes, definition: FormDefinition, state: str) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["phase_ap"].V = boxes(pdf)["phase_ap"].AS = Name(state)

    assert told(changed(returned, change), definition) == EXPECTED


@pytest.mark.parametrize("kind", ["/Highlight", "/StrikeOut", "/Caret", "/Square"])
def test_a_comment_on_an_answer_is_a_second_one(returned: bytes, definition: FormDefinition, kind: str) -> None:
    pdf = changed(returned, mark(kind, "main_contact_name", Contents=String("Jo Bloggs")))
    assert read_return(pdf, definition).values["main_contact_name"].other == "Jo Bloggs"


def test_a_form_that_was_written_on_by_hand_is_not_blank(form: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(form, mark("/Ink", "main_contact_name")), definition)
    checked = check(reading, definition)
    assert not checked.blank
    assert ("field_unknown", "✎") in {(one.code, one.value) for one in checked.problems}
    assert not checked.acceptable


@pytest.mark.parametrize("kind", ["/StrikeOut", "/Line", "/PolyLine"])
@pytest.mark.parametrize("height", [0, 12])
def test_an_answer_that_was_struck_out_with_a_markup_tool_is_asked_about(
    returned: bytes, definition: FormDefinition, kind: str, height: float
) -> None:
    def struck(pdf: pikepdf.Pdf) -> None:
        mark(kind, "main_contact_name")(pdf)
        drawn = pdf.pages[0].obj.Annots[-1]
        x, y, right, _ = (float(edge) for edge in drawn.Rect)
        drawn.Rect = Array([x, y, right, y + height])

    checked = check(read_return(changed(returned, struck), definition), definition)
    assert ("field_unknown", "✎") in {(one.code, one.value) for one in checked.problems}


@pytest.mark.parametrize("kind", ["/Highlight", "/Underline", "/Squiggly"])
def test_an_answer_that_was_marked_only_is_not(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert told(changed(returned, mark(kind, "main_contact_name")), definition) == EXPECTED


@pytest.mark.parametrize("name", ["phase_ap", "headteacher_name"])
def test_to_strike_out_an_empty_box_says_nothing(returned: bytes, definition: FormDefinition, name: str) -> None:
    assert told(changed(returned, mark("/StrikeOut", name)), definition) == EXPECTED


def test_a_note_on_an_answer_is_a_second_one(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(returned, note("main_contact_name", "Jo Bloggs")), definition)
    raw = reading.values["main_contact_name"]
    assert (raw.text, raw.other) == (EXPECTED["main_contact_name"], "Jo Bloggs")
    assert "value_conflict" in {one.code for one in check(reading, definition).problems}


def test_a_note_elsewhere_is_kept_and_asked_about(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(returned, note("senior_leader_1_telephone", "Call me", shift=-60)), definition)
    checked = check(reading, definition)
    assert ("field_unknown", "Call me") in {(one.code, one.value) for one in checked.problems}
    assert checked.acceptable


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


def noted(pdf: bytes, definition: FormDefinition) -> list[str]:
    return [
        one.value for one in check(read_return(pdf, definition), definition).problems if one.code == "field_unknown"
    ]


@pytest.mark.parametrize("kind", ["/FreeText", "/Watermark", "/Redact", "/Typewriter"])
def test_what_has_no_words_and_is_seen_on_the_page_is_asked_about(
    returned: bytes, definition: FormDefinition, kind: str
) -> None:
    assert noted(changed(returned, annotated(kind, shown=True)), definition) == ["✎"]
    assert noted(changed(returned, annotated(kind)), definition) == []


@pytest.mark.parametrize("kind", ["/Link", "/Popup", "/Text", "/FileAttachment", "/Screen", "/PrinterMark"])
def test_what_is_seen_and_is_nobody_s_words_is_not(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert noted(changed(returned, annotated(kind, shown=True)), definition) == []


@pytest.mark.parametrize("kind", ["/FreeText", "/FileAttachment", "/Watermark", "/Redact", "/Typewriter"])
@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize("key", ["Contents", "RC", "OverlayText"])
def test_words_are_a_note_wherever_a_program_put_them(
    returned: bytes, definition: FormDefinition, kind: str, placed: bool, key: str
) -> None:
    words = String("We moved")
    assert noted(changed(returned, annotated(kind, placed=placed, **{key: words})), definition) == ["We moved"]


@pytest.mark.parametrize("kind", ["/Link", "/Popup"])
def test_what_only_points_elsewhere_is_no_note(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert noted(changed(returned, annotated(kind, Contents=String("We moved"))), definition) == []


def test_rich_words_in_a_stream_are_a_note(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        rich = pdf.make_stream(b'<?xml version="1.0"?><body><p>We <b>moved</b></p></body>')
        annotated("/FreeText", RC=rich)(pdf)

    assert noted(changed(returned, change), definition) == ["We moved"]


def test_a_note_gives_way_to_a_field_of_the_same_name(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field = Dictionary(T=String("note_2"), FT=Name.Tx, V=String("Please also mail the clerk"))
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))
        annotated("/FreeText", Contents=String("We moved"))(pdf)

    assert {*noted(changed(returned, change), definition)} == {"We moved", "Please also mail the clerk"}


def test_a_note_on_a_printed_form_is_an_answer(form: bytes, definition: FormDefinition) -> None:
    def drawn(pdf: pikepdf.Pdf) -> None:
        note("headteacher_name", "Jo Bloggs")(pdf)
        mark = pdf.pages[0].obj.Annots[-1]
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        width, height = (float(mark.Rect[n + 2]) - float(mark.Rect[n]) for n in (0, 1))
        mark.AP = Dictionary(N=pdf.make_stream(b"BT /F 10 Tf 2 7 Td (Jo Bloggs) Tj ET"))
        mark.AP.N.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, width, height]),
            Resources=Dictionary(Font=Dictionary(F=font)),
        )

    marked = changed(form, drawn)

    def without_boxes(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.obj.Annots = Array([one for one in page.obj.get("/Annots", []) if one.Subtype == "/FreeText"])
        del pdf.Root["/AcroForm"]

    assert told(changed(marked, without_boxes), definition) == {"headteacher_name": "Jo Bloggs"}


# --- Several forms ------------------------------------------------------------------------------------------------


def test_two_forms_joined_by_a_program_that_renames_fields_are_two(form: bytes, definition: FormDefinition) -> None:
    first, second = type_into(form, answers("2101")), type_into(form, answers("3204"))
    both = joined(first, changed(second, renamed("{}_1".format)))
    assert [reading.values["dfe_number"].text for reading in read_file(both, lambda _: definition)] == ["2101", "3204"]


@pytest.mark.parametrize("flatten", [bytes, by_qpdf], ids=["with fields", "flattened"])
@pytest.mark.parametrize("page", range(8))
def test_a_note_is_of_the_form_on_whose_pages_it_lies(
    form: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes], page: int
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        rect = Array([40, 800, 240, 820])
        made = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=rect, Contents=String("We moved"))
        pdf.pages[page].obj.Annots = Array([*pdf.pages[page].obj.get("/Annots", []), pdf.make_indirect(made)])

    both = joined(*(flatten(type_into(form, answers(number))) for number in ("2101", "4242")))
    readings = read_file(changed(both, change), lambda _: definition)
    assert [("note_1" in reading.values) for reading in readings] == [page < 4, page >= 4]


def test_a_field_that_is_twice_on_the_form_is_not_two_forms(returned: bytes, definition: FormDefinition) -> None:
    def twice(pdf: pikepdf.Pdf) -> None:
        second = pdf.make_indirect(Dictionary(boxes(pdf)["school_name"]))
        second.V = String("Another School")
        pdf.pages[3].obj.Annots.append(second)

    raw = read_return(changed(returned, twice), definition).values["school_name"]
    assert {raw.text, raw.other} == {EXPECTED["school_name"], "Another School"}


@pytest.mark.parametrize("how", [on_no_page, unlisted])
def test_two_forms_are_two_although_the_boxes_of_one_are_on_no_page(
    form: bytes, definition: FormDefinition, how: Change
) -> None:
    first, second = changed(type_into(form, answers("2101")), how), type_into(form, answers("3204"))
    for other in (second, by_qpdf(second)):

        def appended(pdf: pikepdf.Pdf, other: bytes = other) -> None:
            with pikepdf.open(io.BytesIO(other)) as more:
                pdf.pages.extend(more.pages)
            pdf.Root.AcroForm.Fields.extend(box for page in pdf.pages for box in page.obj.get("/Annots", []))

        readings = read_file(changed(first, appended), lambda _: definition)
        assert [reading.values["dfe_number"].text for reading in readings] == ["2101", "3204"]


def test_a_printed_form_in_a_file_with_another_that_has_fields_is_read_too(
    form: bytes, definition: FormDefinition
) -> None:
    both = joined(type_into(form, answers("2101")), by_qpdf(type_into(form, answers("3204"))))
    readings = read_file(both, lambda _: definition)
    assert [reading.values["dfe_number"].text for reading in readings] == ["2101", "3204"]
    assert readings[1].values["dfe_number"].read_from is ReadFrom.PAGE_TEXT
