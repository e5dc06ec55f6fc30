"""What a field holds and what its box shows, where programs leave the two apart or write them in odd ways."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support.changing import EXPECTED, NUMBER, boxes, changed, no_list, texts_in, texts_of
from tests.support.printers import by_qpdf
from thep_forms.checking.checker import check
from thep_forms.checking.problems import problem
from thep_forms.definition import FormDefinition
from thep_forms.definition.model import ProblemCode
from thep_forms.generate import master_of
from thep_forms.reading import Doubt, FileKind, ReadFrom
from thep_forms.reading.fields.field_groups import own_name
from thep_forms.reading.read import read_file


@pytest.mark.parametrize("names", [{"main_contact_name", "registered_address"}, {"business_manager_email"}])
def test_value_that_is_only_drawn_is_read_from_the_page_and_queried(
    definition: FormDefinition, names: set[str]
) -> None:
    def without_values(pdf: pikepdf.Pdf) -> None:
        for name in names:
            del boxes(pdf)[name]["/V"]

    values = answers(NUMBER)
    pdf = changed(master_of(definition).copy(values), without_values)
    reading = read_return(pdf, definition)
    assert texts_in(reading) == EXPECTED
    drawn = {name for name, answer in reading.answers.items() if answer.text and answer.read_from is ReadFrom.PAGE_TEXT}
    assert drawn == names
    asked = {problem.field for problem in check(reading, definition).problems if problem.code == "read_from_page"}
    assert asked == drawn


def test_library_that_cannot_be_loaded_raises_import_error(
    definition: FormDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_value(pdf: pikepdf.Pdf) -> None:
        del boxes(pdf)["main_contact_name"]["/V"]

    pdf = changed(master_of(definition).copy(answers(NUMBER)), without_value)
    monkeypatch.setitem(sys.modules, "thep_forms.reading.print.reader", None)  # as if pdfplumber were not there
    with pytest.raises(ImportError):
        read_return(pdf, definition)


def test_value_emptied_by_a_person_stays_empty_though_still_drawn(definition: FormDefinition) -> None:
    def emptied(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["business_manager_name"].V = String("")

    pdf = changed(master_of(definition).copy(answers(NUMBER)), emptied)
    assert texts_of(pdf, definition) == {name: v for name, v in EXPECTED.items() if name != "business_manager_name"}


@pytest.mark.parametrize("only_drawn", [False, True])
def test_damaged_appearance_loses_no_other_answer(
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
    assert texts_in(reading) == {name: value for name, value in EXPECTED.items() if name not in lost}
    assert ("file_damaged" in {problem.code for problem in check(reading, definition).problems}) == only_drawn


def test_array_that_holds_itself_gives_its_texts(returned: bytes, definition: FormDefinition) -> None:
    def chosen(pdf: pikepdf.Pdf) -> None:
        several = pdf.make_indirect(Array([String("Sam"), Array([String("deep")]), String("Okafor")]))
        several.append(several)
        boxes(pdf)["main_contact_name"].V = several

    assert texts_of(changed(returned, chosen), definition) == EXPECTED | {"main_contact_name": "Sam\nOkafor"}


def test_field_name_of_thousands_of_suffixes_is_not_taken_apart() -> None:
    asked: list[str] = []
    name = "main_contact_name" + "_1" * 8000
    assert own_name(name, lambda name: bool(asked.append(name))) == name
    assert len(asked) < 10


def test_last_of_several_revisions_counts(form: bytes, definition: FormDefinition) -> None:
    pdf = form
    for name in ("First", "Second", "Third"):
        writer = pypdf.PdfWriter(io.BytesIO(pdf), incremental=True)
        writer.update_page_form_field_values(writer.pages[0], {"main_contact_name": name}, auto_regenerate=False)
        out = io.BytesIO()
        writer.write(out)
        pdf = out.getvalue()
    assert texts_of(pdf, definition) == {"main_contact_name": "Third"}


@pytest.mark.parametrize(("value", "text"), [(2079460018, "2079460018"), (Decimal("12.5"), "12.5"), (True, "true")])
@pytest.mark.parametrize("shown", [True, False])
def test_value_that_is_no_string_is_what_the_box_shows_or_its_text(
    returned: bytes, definition: FormDefinition, value: object, text: str, shown: bool
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)["senior_leader_1_name"]
        box.V = value
        if not shown:
            del box["/AP"]

    read = {} if shown else {"senior_leader_1_name": text}
    assert texts_of(changed(returned, change), definition) == EXPECTED | read


@pytest.mark.parametrize("value", [True, False, 1, 0])
def test_tick_box_with_a_boolean_or_number_is_read(returned: bytes, definition: FormDefinition, value: object) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["phase_ap"].V = value

    ticked = {"phase_ap": "yes"} if value else {}
    assert texts_of(changed(returned, change), definition) == EXPECTED | ticked


def test_value_that_cannot_be_decoded_is_unreadable_and_not_empty(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        value = pdf.make_stream(b"")
        value.write(b"Jo Lindqvist", filter=Name("/FooDecode"))
        boxes(pdf)["business_manager_name"].V = value

    answer = read_return(changed(returned, change), definition).answers["business_manager_name"]
    assert (answer.text, answer.doubts) == ("", {Doubt.UNREADABLE})


def test_text_in_a_field_of_unknown_kind_is_read(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, kind in (("senior_leader_1_name", "/Text"), ("business_manager_email", "/Sig")):
            boxes(pdf)[name].FT = Name(kind)

    assert texts_of(changed(returned, change), definition) == EXPECTED


def test_three_widgets_that_disagree_give_three_answers(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for text in ("Second", "Third"):
            other = pdf.make_indirect(Dictionary(boxes(pdf)["main_contact_name"]))
            other.V = String(text)
            pdf.pages[0].obj.Annots.append(other)

    answer = read_return(changed(returned, change), definition).answers["main_contact_name"]
    assert (answer.text, answer.others) == (EXPECTED["main_contact_name"], ("Second", "Third"))


@pytest.mark.parametrize("value", ["/Primary", "/Off"])
def test_tick_boxes_in_a_group_tick_the_chosen_box(returned: bytes, definition: FormDefinition, value: str) -> None:
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
    assert texts_of(changed(returned, change), definition) == without | ticked


APPEARANCES = {
    "a form inside": (b"/Tx BMC q /Inner Do Q EMC", b"/Tx BMC BT /F 9 Tf 2 6 Td (Jo Lindqvist) Tj ET EMC"),
    "the next line": (b"/Tx BMC BT /F 9 Tf 12 TL 2 18 Td (Jo Lindqvist) ' ET EMC", b""),
    "a few bytes": (b"BT/F 9 Tf 2 6 Td(Jo)Tj ET", b""),
}


@pytest.mark.parametrize("appearance", APPEARANCES)
@pytest.mark.parametrize("legible", [True, False])
def test_value_drawn_in_any_way_is_read_or_unreadable(
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

    answer = read_return(changed(returned, change), definition).answers["business_manager_name"]
    if legible:
        assert answer.text == ("Jo" if appearance == "a few bytes" else "Jo Lindqvist")
    else:
        assert (answer.text, answer.doubts) == ("", {Doubt.UNREADABLE})


@pytest.mark.parametrize("flatten", [bytes, by_qpdf], ids=["with fields", "flattened"])
@pytest.mark.parametrize("listed", [True, False], ids=["in a list", "in no list"])
def test_page_listed_twice_is_read_once(
    returned: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes], listed: bool
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        if not listed and "/AcroForm" in pdf.Root:
            no_list(pdf)
        pdf.Root.Pages.Kids.append(pdf.pages[0].obj)
        pdf.Root.Pages.Count += 1

    (reading,) = read_file(changed(flatten(returned), change), lambda _: definition)
    assert texts_in(reading) == EXPECTED


# --- Values and states that contradict each other -------------------------------------------------------------------


@pytest.mark.parametrize(("value", "state"), [("/Off", "/Yes"), ("/Yes", "/Off")])
def test_tick_box_whose_value_and_state_differ_is_a_conflict(
    returned: bytes, definition: FormDefinition, value: str, state: str
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["phase_ap"].V, boxes(pdf)["phase_ap"].AS = Name(value), Name(state)

    checked = check(read_return(changed(returned, change), definition), definition)
    assert ("phase_ap", "value_conflict") in {(problem.field, problem.code) for problem in checked.problems}
    assert not checked.acceptable


def test_emptied_values_do_not_come_back_where_a_note_lies_on_the_form(definition: FormDefinition) -> None:
    """A note has the pages drawn with all that lies on them; the boxes still show the old answers."""

    def emptied(pdf: pikepdf.Pdf) -> None:
        for name, box in boxes(pdf).items():
            if box.get("/FT") == Name.Tx and name != "form_id":
                box.V = String("")
            elif box.get("/FT") == Name.Btn:
                box.V = box.AS = Name.Off
        note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([5, 5, 15, 15]), Contents=String("See letter"))
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(note))

    pdf = changed(master_of(definition).copy(answers(NUMBER)), emptied)
    assert set(texts_of(pdf, definition).values()) == {"See letter"}


# --- Files that are whole though qpdf warns of them -----------------------------------------------------------------


def without_types(pdf: bytes) -> bytes:
    """As PDFium saves a change: its cross-reference stream has no type and does not end."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    saved = out.getvalue()
    start = saved.rindex(b"/Type /XRef")
    end = saved.index(b"endstream", start)
    return saved[:start] + b" " * 11 + saved[start + 11 : end] + saved[end:].replace(b"endobj", b"", 1)


def test_file_whose_cross_reference_has_no_type_is_whole(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(without_types(returned), definition)
    assert (texts_in(reading), reading.damaged) == (EXPECTED, False)


@pytest.mark.parametrize("count", [1, 5000])
def test_file_with_nuls_after_its_end_is_whole(returned: bytes, definition: FormDefinition, count: int) -> None:
    reading = read_return(returned + b"\0" * count, definition)
    assert (texts_in(reading), reading.damaged) == (EXPECTED, False)


@pytest.mark.parametrize("file", [bytes, without_types])
@pytest.mark.parametrize("nuls", [0, 5000])
def test_file_cut_short_is_damaged_whatever_follows(
    returned: bytes, definition: FormDefinition, file: Callable[[bytes], bytes], nuls: int
) -> None:
    reading = read_return(file(returned)[:-200] + b"\0" * nuls, definition)
    assert reading.damaged or reading.kind is FileKind.UNREADABLE


@pytest.mark.parametrize("kept", [100, 900])
@pytest.mark.parametrize("by_path", [False, True])
def test_file_cut_short_soon_after_an_earlier_end_is_damaged(
    returned: bytes, definition: FormDefinition, tmp_path: Path, kept: int, by_path: bool
) -> None:
    added = pypdf.PdfWriter(io.BytesIO(returned), incremental=True)
    added.update_page_form_field_values(added.pages[0], {"headteacher_name": "Jo Ali"}, auto_regenerate=False)
    out = io.BytesIO()
    added.write(out)
    (tmp_path / "cut.pdf").write_bytes(out.getvalue()[: len(returned) + kept])
    file = tmp_path / "cut.pdf" if by_path else (tmp_path / "cut.pdf").read_bytes()
    (reading,) = read_file(file, lambda _: definition)
    assert reading.damaged
    (whole,) = read_file(out.getvalue(), lambda _: definition)
    assert (whole.answers["headteacher_name"].text, whole.damaged) == ("Jo Ali", False)


def test_file_locked_with_a_certificate_is_locked_and_says_so(form: bytes, definition: FormDefinition) -> None:
    out = io.BytesIO()
    lock = pikepdf.Encryption(owner="a", user="b", R=4)
    with pikepdf.open(io.BytesIO(form)) as pdf:
        pdf.save(out, encryption=lock, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    by_certificate = out.getvalue().replace(b"/Filter /Standard", b"/Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s5")
    reading = read_return(by_certificate, definition)
    assert reading.kind is FileKind.LOCKED
    assert "certificate" in reading.reason
    told = problem(definition, ProblemCode.LOCKED, value=reading.reason)
    assert told.message.startswith(f"{reading.reason} Please")  # not cut, however long it is
