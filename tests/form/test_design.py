"""The form as people see it who fill it in: what is asked for, where it stands, how much of an answer shows."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pdfplumber
import pikepdf
import pytest

from tests.conftest import AWKWARD, edit, read_return
from tests.remake_samples import answers
from tests.support.changing import texts_in
from tests.support.printers import FLATTENED, by_qpdf
from tests.support.viewer import type_into, typed
from thep_forms.checking.normalise import email
from thep_forms.definition import FormDefinition, MembershipYear, load_definition, shipped
from thep_forms.errors import TemplateError, YearError
from thep_forms.generate import Master, PaperCopy, generate, pack
from thep_forms.layout import lay_out

LONG = "executive.headteacher@st-annes-and-guardian.towerhamlets.sch.uk"
TOO_LONG = f"{'head.of.school.' * 6}@st-annes.example"
REQUIRED = {"school_name", "dfe_number", "main_contact_name", "main_contact_email", "chair_of_governors_name"}


@pytest.fixture(scope="module")
def master(definition: FormDefinition) -> Master:
    return Master(definition)


def text_of(pdf: bytes, page: int = 0) -> str:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return opened.pages[page].extract_text()


def shown_in(pdf: bytes, definition: FormDefinition, name: str) -> list[str]:
    """The lines that a box of a page shows, once it is printed."""
    for number, layout in enumerate(lay_out(definition)):
        for placed in layout.boxes:
            if placed.box.name == name:
                with pdfplumber.open(io.BytesIO(pdf)) as opened:
                    page = opened.pages[number + (2 if number > 1 else 0)]
                    rect = placed.rect
                    area = (rect.x, float(page.height) - rect.top, rect.right, float(page.height) - rect.y)
                    return page.crop(area).extract_text().split("\n")
    raise AssertionError(name)


# --- What is asked for --------------------------------------------------------------------------------------------


def test_page_1_says_how_to_fill_it_in_by_when_and_where_to_send_it(form: bytes) -> None:
    text = text_of(form)
    before = text[: text.index("Full Name of School")]
    assert "How to fill in this form" in before
    assert "Boxes marked * must be filled in" in " ".join(before.split())
    assert "Send the form by 31 May 2026 to membership@thepartnership.example." in before


def test_line_with_a_date_that_has_changed_since_is_still_the_forms_own(templates: Path, form: bytes) -> None:
    edit(templates / "partnership.toml", "31 May", "30 June")
    edit(templates / "partnership.toml", "membership@thepartnership.example", "forms@thepartnership.example")
    reading = read_return(by_qpdf(type_into(form, answers("2101"))), load_definition("2026-27", templates))
    assert reading.notes == ()


def test_line_with_a_name_that_has_changed_since_is_still_the_forms_own(templates: Path, form: bytes) -> None:
    edit(templates / "partnership.toml", 'name = "THE Partnership"', 'name = "Harbour Schools Together"')
    reading = read_return(by_qpdf(type_into(form, answers("2101"))), load_definition("2026-27", templates))
    assert reading.notes == ()


def test_day_by_which_forms_are_to_be_back_is_of_the_forms_year() -> None:
    assert "31 May 2027" in text_of(generate(load_definition("2027-28")))


def test_form_without_such_a_day_says_only_where_to_send_it(templates: Path) -> None:
    edit(templates / "partnership.toml", 'return_by = "31 May"', "")
    assert "Send the form to membership@thepartnership.example." in text_of(
        generate(load_definition("2026-27", templates))
    )


@pytest.mark.parametrize("day", ["31 June", "0 May", "12 Maj"])
def test_day_that_the_year_does_not_have_is_refused(templates: Path, day: str) -> None:
    edit(templates / "partnership.toml", "31 May", day)
    with pytest.raises(TemplateError, match=rf"partnership\.toml: return_by: “{day}” is not a day of 2026"):
        load_definition("2026-27", templates)
    with pytest.raises(YearError):
        MembershipYear(2026).day(day)


def test_what_is_required_is_marked_in_print_and_in_tooltips(form: bytes, definition: FormDefinition) -> None:
    with pikepdf.open(io.BytesIO(form)) as pdf:
        tooltips = {str(field.T): str(field.TU) for field in pdf.Root.AcroForm.Fields}
    required = {name for name, tooltip in tooltips.items() if ". Required. " in tooltip}
    assert required == REQUIRED | {name for name in tooltips if name.startswith("phase_")}
    labels = [label.words for label in lay_out(definition)[0].labels if label.words.endswith("*")]
    assert labels == [
        "Full Name of School *",
        "Phase (tick all that apply) *",
        "DFE Number *",
        "Name *",
        "Email *",
        "Name *",
    ]


def test_each_senior_leader_is_called_by_number_and_page_1_points_to_the_others(form: bytes) -> None:
    text = text_of(form)
    assert "Phase / Senior Leader 1 Phase / Senior Leader 2" in text
    assert "More leaders: at the end of this form" in text
    assert "Phase / Senior Leader 3" in text_of(form, 3)


def test_form_without_a_continuation_points_to_none(definition: FormDefinition) -> None:
    assert "More leaders" not in text_of(generate(definition, more=0))


def test_what_was_added_for_later_years_is_not_on_the_form_of_2017_18() -> None:
    text = " ".join(text_of(generate(load_definition("2017-18")), page) for page in range(4))
    for words in ("*", "tick all", "How to fill in", "31 May", "More leaders", "School's name"):
        assert words not in text
    assert "Senior Leader 1" not in text_of(generate(load_definition("2017-18")))


# --- Where it stands ----------------------------------------------------------------------------------------------


def test_no_letter_is_smaller_than_9_points_and_running_text_has_12() -> None:
    values, name = AWKWARD | {"main_contact_email": TOO_LONG}, str(AWKWARD["school_name"])
    for year in ("2017-18", "2026-27"):
        paper = pack(load_definition(year).for_copies, [PaperCopy(values, "211/4242", name)])
        with pdfplumber.open(io.BytesIO(paper)) as opened:
            sizes = [round(char["size"], 2) for page in opened.pages for char in page.chars]
        assert min(sizes) >= 9
    with pdfplumber.open(io.BytesIO(paper)) as opened:
        assert {round(char["size"]) for char in opened.pages[1].chars} >= {12}


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("school_name", "Cedar", "Full"),
        ("dfe_number", "4242", "211/"),
        ("registered_address", "Cedar", "Registered"),
        ("main_contact_name", "Cedar", "Name *"),
        ("main_contact_email", "Cedar", "Email"),
    ],
)
def test_answer_stands_on_the_line_of_its_label(master: Master, name: str, value: str, label: str) -> None:
    with pdfplumber.open(io.BytesIO(by_qpdf(master.copy({name: value})))) as opened:
        chars = opened.pages[0].chars
    text = "".join(char["text"] for char in chars)
    bases = [chars[text.index(words)]["matrix"][5] for words in (value, label)]
    assert abs(bases[0] - bases[1]) < 0.5


def test_headings_of_blocks_keep_their_distance_from_the_edge() -> None:
    for year in ("2017-18", "2026-27"):
        with pdfplumber.open(io.BytesIO(generate(load_definition(year)))) as opened:
            page = opened.pages[0]
            (heading,) = page.search(r"Details of the Headteacher \(if different from main contact\)")
        assert heading["x1"] <= float(page.width) / 2 - 4


def test_continuation_pages_of_copies_name_the_school(master: Master) -> None:
    copy = master.copy({"school_name": "Cedar Primary School", "dfe_number": "2101"}, "211/2101")
    assert "School's name and DfE number: 211/2101 Cedar Primary School" in text_of(copy, 3)
    paper = pack(master.definition, [PaperCopy({"school_name": "Cedar", "dfe_number": "2101"}, "211/2101", "Cedar")])
    assert "School's name and DfE number: 211/2101 Cedar" in text_of(paper, 3)


@pytest.mark.parametrize("flattened", FLATTENED)
def test_name_of_the_school_on_a_continuation_page_is_no_note(
    master: Master, definition: FormDefinition, flattened: str
) -> None:
    values = answers("2101", senior_leader_3_name="Cy Lee")
    reading = read_return(FLATTENED[flattened](master.copy(values, "211/2101")), definition)
    assert reading.notes == ()
    assert reading.answers["senior_leader_3_name"].text == "Cy Lee"


# --- How much of an answer shows ----------------------------------------------------------------------------------


@pytest.mark.parametrize("flattened", FLATTENED)
def test_long_email_address_is_whole_in_two_lines_and_read_as_one(
    master: Master, definition: FormDefinition, flattened: str
) -> None:
    flat = FLATTENED[flattened](master.copy({"main_contact_email": LONG}))
    assert len(shown_in(flat, definition, "main_contact_email")) == 2
    answer = read_return(flat, definition).answers["main_contact_email"]
    assert (answer.text, answer.doubts) == (LONG, frozenset())


@pytest.mark.parametrize("flattened", FLATTENED)
def test_email_address_that_a_viewer_wrapped_is_read_as_one(
    form: bytes, definition: FormDefinition, flattened: str
) -> None:
    flat = FLATTENED[flattened](type_into(form, {"main_contact_email": LONG}))
    assert texts_in(read_return(flat, definition)) == {"main_contact_email": LONG}


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("office@st-\rfillans.example", "office@st-fillans.example"),
        ("office@\r\nst-fillans.example", "office@st-fillans.example"),
        ("office@a.example\njo@b.example", "office@a.example;jo@b.example"),
    ],
)
def test_line_break_within_an_address_is_none_and_between_two_addresses_is_one(raw: str, normal: str) -> None:
    assert email(raw).value == normal


def test_what_does_not_fit_is_whole_in_the_field_and_marked_on_the_page(
    master: Master, definition: FormDefinition
) -> None:
    copy = master.copy({"main_contact_email": TOO_LONG})
    assert typed(copy)["main_contact_email"] == TOO_LONG
    flat = by_qpdf(copy)
    assert shown_in(flat, definition, "main_contact_email")[-1].endswith("…")
    answer = read_return(flat, definition).answers["main_contact_email"]
    assert TOO_LONG.startswith(answer.text)
    assert [doubt.value for doubt in answer.doubts] == ["cut_off"]


def test_name_too_long_for_one_line_is_in_two_lines_of_small_type(master: Master, definition: FormDefinition) -> None:
    name = "Wilhelmina Alexandra Featherstonehaugh Montgomery-Jones"
    flat = by_qpdf(master.copy({"main_contact_name": name}))
    assert " ".join(shown_in(flat, definition, "main_contact_name")) == name
    assert texts_in(read_return(flat, definition)) == {"main_contact_name": name}


def test_characters_without_a_font_go_on_in_the_next_line(master: Master, definition: FormDefinition) -> None:
    flat = by_qpdf(master.copy({"main_contact_name": "李小龙李小龙"}))
    lines = shown_in(flat, definition, "main_contact_name")
    assert re.findall(r"U\+\w{4}", "".join(lines)) == ["U+674E", "U+5C0F", "U+9F99"] * 2
    assert len(lines) == 2


@pytest.mark.parametrize("text", ["أحمد (رئيس) 123 456", "علي 12-34", "محمد علي"])
def test_right_to_left_text_with_digits_and_brackets_is_read_from_print_as_it_was(
    master: Master, definition: FormDefinition, text: str
) -> None:
    flat = by_qpdf(master.copy({"main_contact_designation": text}))
    assert texts_in(read_return(flat, definition)) == {"main_contact_designation": text}


# --- What other programs need -------------------------------------------------------------------------------------


def test_every_widget_has_an_appearance_so_that_programs_can_flatten_the_form(master: Master) -> None:
    for pdf in (master.copy(), master.copy(AWKWARD, "211/4242")):
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            assert all("/N" in field.get("/AP", {}) for field in opened.Root.AcroForm.Fields)


@pytest.mark.parametrize("flattened", FLATTENED)
def test_printed_form_in_the_layout_of_trials_is_read(
    tmp_path: Path, definition: FormDefinition, flattened: str
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("membership-form.toml", "statement.j2", "mailing-lists.j2"):
        (own / name).write_bytes((shipped("templates") / "2017-18" / name).read_bytes())
    earlier = generate(load_definition("2026-27", own))
    values = answers("2101", senior_leader_3_name="Cy Lee")
    reading = read_return(FLATTENED[flattened](type_into(earlier, values)), definition)
    assert reading.notes == ()
    assert texts_in(reading) == {name: "yes" if value is True else value for name, value in values.items()}
