"""Returns without fields: what is on the page comes back exactly, however it was printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

from tests.conftest import read_return
from tests.remake_samples import answers, letter
from tests.support import printers
from tests.support.changing import changed, place, texts_in
from tests.support.printers import FLATTENED, PRINTED, joined, with_page_from
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.checking.scan import check_scan
from thep_forms.definition import FormDefinition, load_definition
from thep_forms.generate import Master, generate, master_of
from thep_forms.reading import Doubt, FileKind, ReadFrom
from thep_forms.reading.print.page_content import Area, PrintedLetter
from thep_forms.reading.print.printed_lines import words_of
from thep_forms.reading.read import read_file

ANSWERS: dict[str, str | bool] = {
    "school_name": "St Fillan’s & All Saints’ (C of E) “Old” Primary School",
    "phase_nursery": True,
    "phase_primary": True,
    "dfe_number": "211/3204",
    "registered_address": "Fillan House\n3–5 Cedar Road\nBethnal Green\nLondon\nE2 0AC",
    "main_contact_designation": "Executive Headteacher",
    "main_contact_name": "Siobhan O’Brien-Müller",
    "main_contact_email": "office@st-fillans-and-all-saints.example",
    "main_contact_telephone": "020 7946 0018 ext. 12",
    "chair_of_governors_name": "José Ångström",
    "chair_of_governors_email": "chair@st-fillans.example",
    "business_manager_designation": "Finance & Premises Manager (0.6 FTE)",
    "business_manager_name": "Name",
    "senior_leader_1_name": "Ann Lee",
    "senior_leader_2_name": "Bo Lee",
    "senior_leader_3_name": "Cy Lee",
    "senior_leader_10_name": "Di Lee",
}


@pytest.fixture(scope="module")
def returned(form: bytes) -> bytes:
    return type_into(form, ANSWERS)


EXPECTED = {name: value if isinstance(value, str) else "yes" for name, value in ANSWERS.items()}


@pytest.mark.parametrize("printed", PRINTED)
@pytest.mark.parametrize("flattened", FLATTENED)
def test_printed_form_gives_every_answer_exactly(
    returned: bytes, definition: FormDefinition, flattened: str, printed: str
) -> None:
    reading = read_return(PRINTED[printed](FLATTENED[flattened](returned)), definition)
    assert reading.kind is FileKind.FORM
    assert texts_in(reading) == EXPECTED
    assert {answer.read_from for answer in reading.answers.values()} == {ReadFrom.PAGE_TEXT}


def test_printed_email_address_at_the_edge_of_its_box_may_be_cut_and_is_an_error(
    form: bytes, definition: FormDefinition
) -> None:
    address = "the.executive.head.and.leaderofschool@st-fillans-and-all-saints.example"
    returned = type_into(form, ANSWERS | {"main_contact_email": address})
    checked = check(read_return(printers.by_qpdf(returned), definition), definition)
    errors = [(problem.field, problem.code) for problem in checked.problems if problem.severity == "error"]
    assert errors == [("main_contact_email", "value_truncated")]


@pytest.mark.parametrize("flattened", FLATTENED)
def test_printed_prefilled_copy_gives_every_answer_exactly(definition: FormDefinition, flattened: str) -> None:
    values = ANSWERS | {
        "headteacher_name": "Nguyễn Thị Ánh",
        "senior_leader_4_name": "Łukasz Żółć-Şahin ğı",
        "senior_leader_5_name": "Adébáyọ̀ Ẹ̀kọ́",
        "senior_leader_6_name": "李 Lee",
        "senior_leader_7_name": "Αθηνά Пётр",
        "senior_leader_8_name": "محمد علي",
    }
    reading = read_return(FLATTENED[flattened](master_of(definition).copy(values)), definition)
    assert texts_in(reading) == EXPECTED | {name: str(value) for name, value in values.items() if value is not True}


def test_printed_form_is_accepted_and_queried_once(form: bytes, definition: FormDefinition) -> None:
    returned = type_into(form, ANSWERS | {"main_contact_email": "office@st-fillans.example"})
    checked = check(read_return(printers.by_qpdf(returned), definition), definition)
    assert checked.acceptable
    assert [problem.code for problem in checked.problems].count("read_from_page") == 1
    assert checked.year == definition.year
    assert checked.dfe_number == "211/3204"


@pytest.mark.parametrize("flattened", FLATTENED)
def test_answer_longer_than_its_box_is_whole_or_queried(
    form: bytes, definition: FormDefinition, flattened: str
) -> None:
    long = "an.address.that.is.longer.than.its.box.is.wide@st-fillans-and-all-saints.example"
    typed = type_into(form, {"main_contact_email": long, "chair_of_governors_name": "Jo"})
    reading = read_return(FLATTENED[flattened](typed), definition)
    problems = {(problem.field, problem.code) for problem in check(reading, definition).problems}
    assert texts_in(reading)["chair_of_governors_name"] == "Jo"
    assert long.startswith(texts_in(reading)["main_contact_email"])
    assert texts_in(reading)["main_contact_email"] == long or ("main_contact_email", "value_truncated") in problems


def test_line_wrapped_by_the_viewer_is_one_line(form: bytes, definition: FormDefinition) -> None:
    address = "The Old Library Building, 123 Very Long Street Name Road, Bethnal Green, Tower Hamlets, London\nE2 0AC"
    flat = printers.by_pdfium(type_into(form, {"registered_address": address}))
    assert texts_in(read_return(flat, definition)) == {"registered_address": address}


@pytest.mark.parametrize("flattened", FLATTENED)
def test_printed_empty_form_is_blank(form: bytes, definition: FormDefinition, flattened: str) -> None:
    reading = read_return(FLATTENED[flattened](form), definition)
    assert reading.kind is FileKind.FORM
    assert check(reading, definition).blank


def test_two_pages_on_a_sheet_of_paper_are_read(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(printers.on_sheets(printers.by_qpdf(returned), across=2), definition)
    assert texts_in(reading) == EXPECTED


MARKS = {  # in a box from 0 to 1, and as wide as high
    "a cross from corner to corner": "0.06 w 0 0 m 1 1 l S 0 1 m 1 0 l S",
    "a cross beyond the corners": "0.06 w -0.2 -0.2 m 1.2 1.2 l S -0.2 1.2 m 1.2 -0.2 l S",
    "a large tick": "0.06 w 0.1 0.4 m 0.5 0 l 1.4 1.6 l S",
    "a ring": "0.06 w -0.1 0.5 m -0.1 0.8 0.2 1.1 0.5 1.1 c 0.8 1.1 1.1 0.8 1.1 0.5 c"
    " 1.1 0.2 0.8 -0.1 0.5 -0.1 c 0.2 -0.1 -0.1 0.2 -0.1 0.5 c s",
    "many strokes": "0.06 w 0.2 0.4 m 0.3 0.3 l S 0.3 0.3 m 0.4 0.2 l S 0.4 0.2 m 0.6 0.5 l S 0.6 0.5 m 0.8 0.8 l S",
    "a filled square": "0.06 0.06 0.88 0.88 re f",
    "a square filled to its edges": "0 0 1 1 re f",
    "a picture": "BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI",
}
NO_MARKS = {
    "a frame": "0.04 w 0 0 1 1 re S",
    "a frame of four lines": "0.04 w 0 0 m 0 1 l S 0 1 m 1 1 l S 1 1 m 1 0 l S 1 0 m 0 0 l S",
    "a frame of thin fillings": "0 0 0.04 1 re f 0.96 0 0.04 1 re f 0 0 1 0.04 re f 0 0.96 1 0.04 re f",
    "a white ground": "1 g 0 0 1 1 re f",
    "a speck": "0.5 0.5 0.1 0.1 re f",
}


def marked(pdf: bytes, definition: FormDefinition, name: str, operators: str) -> bytes:
    """Something drawn on a box of the first page."""
    rect = place(definition, name)
    return printers.drawn_on(pdf, f"{rect.height} 0 0 {rect.height} {rect.x} {rect.y} cm {operators}")


@pytest.mark.parametrize("drawn", [*MARKS, *NO_MARKS])
def test_mark_on_a_tick_box_ticks_it_and_a_frame_not(returned: bytes, definition: FormDefinition, drawn: str) -> None:
    page = marked(printers.by_qpdf(returned), definition, "phase_ap", (MARKS | NO_MARKS)[drawn])
    reading = read_return(page, definition)
    assert texts_in(reading) == EXPECTED | ({"phase_ap": "yes"} if drawn in MARKS else {})


@pytest.mark.parametrize("drawn", MARKS)
def test_drawing_in_a_printed_box_is_unreadable(returned: bytes, definition: FormDefinition, drawn: str) -> None:
    page = marked(printers.by_qpdf(returned), definition, "headteacher_name", MARKS[drawn])
    checked = check(read_return(page, definition), definition)
    assert ("headteacher_name", "value_unreadable") in {(problem.field, problem.code) for problem in checked.problems}


def test_watermark_across_the_page_is_in_no_answer(returned: bytes, definition: FormDefinition) -> None:
    page = printers.watermarked(printers.by_qpdf(returned), "DRAFT COPY")
    assert texts_in(read_return(page, definition)) == EXPECTED


PLACES = {  # how far from the lower left corner of the box for the headteacher's name
    "in a bar": (360, 62),
    "over the label": (-50, 8),
}


@pytest.mark.parametrize("beside", PLACES)
def test_words_beside_printed_boxes_are_kept_and_queried(form: bytes, definition: FormDefinition, beside: str) -> None:
    rect = place(definition, "headteacher_name")
    x, y = PLACES[beside]
    page = printers.typed_on(printers.by_qpdf(form), rect.x + x, rect.y + y, "NEW HEAD")
    checked = check(read_return(page, definition), definition)
    assert not checked.blank
    assert ("field_unknown", "NEW HEAD") in {(problem.code, problem.value) for problem in checked.problems}


@pytest.mark.parametrize("flattened", FLATTENED)
def test_words_of_the_form_itself_are_no_answers(definition: FormDefinition, flattened: str) -> None:
    prefilled = load_definition("2026-27").for_copies
    for copy in (
        master_of(definition).copy({"school_name": "Cedar"}),
        Master(prefilled).copy({"school_name": "Cedar"}),
    ):
        assert texts_in(read_return(FLATTENED[flattened](copy), definition)) == {"school_name": "Cedar"}


# --- What cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fonts", ["/Type0", "/Font"], ids=["of the boxes", "of the whole form"])
@pytest.mark.parametrize("spoilt", [printers.without_unicode, printers.shifted_letters])
def test_answers_in_fonts_without_letters_are_unreadable(
    definition: FormDefinition, spoilt: Callable[..., bytes], fonts: str
) -> None:
    copy = master_of(definition).copy({"main_contact_name": "Jo Bloggs", "phase_primary": True})
    reading = read_return(spoilt(printers.by_qpdf(copy), fonts), definition)  # the boxes' font alone is of kind Type0
    if reading.kind is FileKind.SCAN:  # not even the labels can be read
        assert not texts_in(reading)
        return
    checked = check(reading, definition)
    assert ("main_contact_name", "value_unreadable") in {(problem.field, problem.code) for problem in checked.problems}
    assert not checked.acceptable
    assert checked.record.contacts == ()
    assert checked.record.school["phases"] == "primary"


def test_form_whose_answers_are_mostly_in_fonts_without_letters_is_read_as_a_picture(
    returned: bytes, definition: FormDefinition
) -> None:
    reading = read_return(printers.without_unicode(printers.by_qpdf(returned), "/Type0"), definition)
    assert (reading.kind, reading.text_of("dfe_number")) == (FileKind.SCAN, EXPECTED["dfe_number"])
    assert {answer.read_from for answer in reading.answers.values()} == {ReadFrom.SCAN}
    assert not check_scan(reading, definition).acceptable


def test_answers_in_fonts_without_letters_that_show_nothing_are_asked_about(
    returned: bytes, definition: FormDefinition
) -> None:
    def hide(pdf: pikepdf.Pdf) -> None:
        drawings = [drawn for page in pdf.pages for drawn in page.obj.Resources.get("/XObject", {}).values()]
        for drawn in drawings:
            drawn.write(drawn.read_bytes().replace(b"BT", b"BT 3 Tr"))

    pdf = changed(printers.without_unicode(printers.by_qpdf(returned), "/Type0"), hide)
    answers = read_return(pdf, definition).answers
    filled = {name for name in EXPECTED if name in answers and not name.startswith("phase")}
    assert {name for name in filled if answers[name].doubts != {Doubt.UNREADABLE}} == set()


def test_mirrored_page_is_not_guessed_at(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(printers.mirrored(printers.by_qpdf(returned)), definition)
    assert (reading.kind, texts_in(reading)) == (FileKind.SCAN, {})


def test_slanted_page_is_read_as_a_picture(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(printers.slanted(printers.by_qpdf(returned)), definition)
    assert (reading.kind, reading.text_of("dfe_number")) == (FileKind.SCAN, EXPECTED["dfe_number"])
    assert not check_scan(reading, definition).acceptable


def test_form_with_one_page_slanted_is_read_as_a_picture(returned: bytes, definition: FormDefinition) -> None:
    flat = printers.by_qpdf(returned)
    reading = read_return(with_page_from(flat, printers.slanted(flat), 3), definition)
    assert (reading.kind, reading.text_of("dfe_number")) == (FileKind.SCAN, EXPECTED["dfe_number"])
    assert {answer.read_from for answer in reading.answers.values()} == {ReadFrom.SCAN}


def test_answers_under_labels_of_another_layout_are_unreadable(templates: Path, definition: FormDefinition) -> None:
    """Names and designations were exchanged in the templates, and a print of the form as it was comes late."""
    path = templates / "membership-form.toml"
    text = path.read_text(encoding="utf-8")
    start, middle = text.index('[[part]]\nname = "designation"'), text.index('[[part]]\nname = "name"')
    end = text.index('[[part]]\nname = "email"')
    path.write_text(text[:start] + text[middle:end] + text[start:middle] + text[end:], encoding="utf-8")
    other = load_definition("2026-27", templates)
    reading = read_return(printers.by_qpdf(type_into(generate(other), answers("2101"))), definition)
    swapped = {name for name, value in answers("2101").items() if name.endswith(("_name", "_designation")) and value}
    swapped -= {"school_name"}
    assert {name for name, answer in reading.answers.items() if Doubt.UNREADABLE in answer.doubts} == swapped
    assert not check(reading, definition).acceptable
    assert texts_in(reading)["main_contact_email"] == "head@cedar2101.example"


@pytest.mark.parametrize("degrees", [0, 1.5, 90, 180])
def test_scan_of_the_form_is_a_scan_of_its_year(returned: bytes, definition: FormDefinition, degrees: float) -> None:
    reading = read_return(printers.scanned(returned, (0, 1, 2, 3), degrees), definition)
    assert reading.kind is FileKind.SCAN
    checked = check_scan(reading, definition)
    assert (checked.year, checked.acceptable) == (definition.year, False)
    codes = {problem.code for problem in checked.problems}
    assert codes & {"scan", "scan_unconfirmed"}  # the one that lies on its side is out of shape, too


def test_scans_of_two_forms_are_two_returns(returned: bytes, definition: FormDefinition) -> None:
    two = joined(printers.scanned(returned, (0, 3)), printers.scanned(returned, (0,)))
    assert [reading.kind for reading in read_file(two, lambda _: definition)] == [FileKind.SCAN] * 2


def test_scan_of_something_else_is_not_a_form(definition: FormDefinition) -> None:
    assert read_return(printers.scanned(letter()), definition).kind is FileKind.NOT_A_FORM


@pytest.mark.parametrize(("gap", "text"), [(2.7, "Perić Horvat"), (1.8, "PerićHorvat"), (0.0, "PerićHorvat")])
def test_gap_after_a_letter_beyond_latin_1_is_a_space_if_it_is_as_wide(gap: float, text: str) -> None:
    """Firefox draws no spaces, and takes such a letter from another font; other programs leave small gaps after it."""
    at, letters = 0.0, list[PrintedLetter]()
    for char in "PerićHorvat":
        letters.append(PrintedLetter(char, Area(at, 0, at + 5, 10.5), 10.5))
        at += 5 + (gap if char == "ć" else 0)
    assert words_of(letters) == text
