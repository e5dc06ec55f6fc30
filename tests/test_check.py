"""Checking: what a return's answers mean, and what is wrong with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.remake_samples import answers
from thep_forms.checking import Checked, check
from thep_forms.checking.formula import is_formula, neutralised
from thep_forms.definition import FormDefinition, Severity
from thep_forms.definition.model import ProblemText
from thep_forms.definition.rules import WORDS
from thep_forms.reading import Answer, Doubt, FileKind, Reading

FORM_ID = "thep-membership 2026-27 r1"


def checked(definition: FormDefinition, form_id: str = FORM_ID, title: str = "", **changes: str | bool) -> Checked:
    """Cedar Primary's return, with some answers changed."""
    typed = answers("2101", **changes)
    values = {name: Answer("yes" if value is True else str(value or "")) for name, value in typed.items()}
    return check(Reading(FileKind.FORM, values, form_id=form_id, title=title), definition)


def codes(one: Checked) -> set[str]:
    return {str(problem.code) for problem in one.problems}


def test_complete_return_is_acceptable_and_has_its_record(definition: FormDefinition) -> None:
    one = checked(definition)
    assert one.acceptable
    assert not one.problems
    assert (str(one.year), one.dfe_number) == ("2026-27", "211/2101")
    assert one.record.school == {
        "school_name": "Cedar Primary School",
        "phases": "primary",
        "registered_address": "Cedar Primary School, 3 Cedar Road, Tower Hamlets, London, E2 0AC",
        "postcode": "E2 0AC",
    }


def test_other_form_with_boxes_of_our_names_is_not_acceptable(definition: FormDefinition) -> None:
    one = checked(definition, form_id="other-association 2026-27 r1")
    assert codes(one) == {"form_other"}
    assert not one.acceptable


def test_number_that_differs_from_that_of_the_copy_is_queried(definition: FormDefinition) -> None:
    own, other = (checked(definition, form_id=f"{FORM_ID} {number}") for number in ("211/2101", "211/2103"))
    assert codes(own) == set()
    (asked,) = other.problems
    assert (asked.code, asked.severity, asked.field) == ("dfe_changed", "query", "dfe_number")
    assert "211/2103" in asked.message and "211/2101" in asked.message
    assert other.acceptable


@pytest.mark.parametrize("typed", ["???? ??????", "✓", "€"])
def test_answer_of_signs_that_a_program_may_have_put_is_queried(definition: FormDefinition, typed: str) -> None:
    one = checked(definition, business_manager_name=typed)
    assert [(found.code, found.field) for found in one.problems] == [("value_damaged", "business_manager_name")]


@pytest.mark.parametrize("typed", ["-", "–", "...", "/", "_____", " "])
def test_answer_of_dashes_and_dots_is_not_queried(definition: FormDefinition, typed: str) -> None:
    assert codes(checked(definition, senior_leader_2_name=typed)) == set()


@pytest.mark.parametrize(("typed", "phases"), [("X", "primary;special"), ("✓", "primary;special"), ("No", "primary")])
def test_words_in_a_box_to_tick_are_a_tick_unless_they_mean_no(
    definition: FormDefinition, typed: str, phases: str
) -> None:
    assert checked(definition, phase_special=typed).record.school["phases"] == phases


@pytest.mark.parametrize("typed", ["N/A", "n/a", " n.a. ", "None", "nil", "Not applicable"])
def test_answer_that_means_nobody_is_queried_and_kept(definition: FormDefinition, typed: str) -> None:
    one = checked(definition, business_manager_name=typed)
    assert [(found.code, found.severity, found.field) for found in one.problems] == [
        ("value_unlikely", "query", "business_manager_name")
    ]
    (manager,) = [contact for contact in one.record.contacts if contact.role == "business_manager"]
    assert manager.parts["name"] == typed.strip()


def test_name_that_begins_like_an_answer_that_means_nobody_is_a_name(definition: FormDefinition) -> None:
    assert not checked(definition, business_manager_name="Nil Nonesuch").problems


WRONG = [
    ({"dfe_number": ""}, "dfe_missing", "error"),
    ({"dfe_number": " "}, "dfe_missing", "error"),
    ({"dfe_number": "42"}, "dfe_format", "error"),
    ({"dfe_number": "213/2101"}, "dfe_prefix", "error"),
    ({"school_name": ""}, "school_name_missing", "error"),
    ({"phase_primary": False}, "phase_missing", "error"),
    ({"phase_primary": False, "phase_secondary": True}, "phase_unlikely", "query"),
    ({"registered_address": ""}, "address_missing", "query"),
    ({"main_contact_name": ""}, "contact_missing", "error"),
    ({"main_contact_email": ""}, "contact_missing", "error"),
    ({"chair_of_governors_name": ""}, "contact_missing", "error"),
    ({"school_name": "\u200b"}, "school_name_missing", "error"),
    ({"registered_address": " , \n"}, "address_missing", "query"),
    ({"main_contact_name": "…"}, "contact_missing", "error"),
    ({"chair_of_governors_name": "_ _"}, "contact_missing", "error"),
    ({"dfe_number": "?"}, "dfe_format", "error"),
    ({"main_contact_email": "jo@"}, "email_invalid", "error"),
    ({"senior_leader_1_email": "jo@"}, "email_invalid", "error"),
    ({"main_contact_telephone": "020 7946 OOOO"}, "telephone_invalid", "error"),
    ({"main_contact_telephone": "01632 960001"}, "telephone_unlikely", "query"),
    ({"main_contact_designation": "Office Manager"}, "headteacher_missing", "query"),
    ({"school_name": "@Cedar"}, "formula_neutralised", "query"),
    ({"school_name": "Cedar " * 40}, "value_long", "query"),
    ({"pupils": "410"}, "field_unknown", "query"),
    ({"form_id": "", "title": ""}, "year_missing", "error"),
    ({"title": "School Membership Form 2025-26"}, "year_mismatch", "error"),
]


@pytest.mark.parametrize(("changes", "code", "severity"), WRONG)
def test_each_mistake_has_its_code_and_severity(
    definition: FormDefinition, changes: dict[str, str | bool], code: str, severity: str
) -> None:
    one = checked(definition, **changes)
    assert codes(one) == {code}
    assert one.problems[0].severity == severity
    assert one.acceptable == (severity == Severity.QUERY)


@pytest.mark.parametrize(("changes", "code", "severity"), WRONG)
def test_message_with_every_placeholder_of_its_problem_is_filled_in(
    definition: FormDefinition, changes: dict[str, str | bool], code: str, severity: str
) -> None:
    wordy = {
        known: ProblemText(
            severity=text.severity, message=" ".join(f"{{{word}}}" for word in WORDS.get(known, ())) or "-"
        )
        for known, text in definition.problems.items()
    }
    one = checked(replace(definition, problems=wordy), **changes)
    assert [(problem.code, problem.severity) for problem in one.problems] == [(code, severity)]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (Answer("Cedar", others=("Elm",)), "value_conflict"),
        (Answer("Cedar \ufffd", doubts=frozenset({Doubt.CHARACTERS_LOST})), "value_damaged"),
        (Answer("Cedar Prim", doubts=frozenset({Doubt.BOX_FULL})), "value_truncated"),
    ],
)
def test_doubt_about_a_value_is_a_problem(definition: FormDefinition, raw: Answer, code: str) -> None:
    values = {name: Answer("yes" if value is True else str(value)) for name, value in answers("2101").items()}
    one = check(Reading(FileKind.FORM, values | {"school_name": raw}, form_id=FORM_ID), definition)
    assert codes(one) == {code}


def test_message_names_the_printed_label_and_what_was_typed(definition: FormDefinition) -> None:
    (problem,) = checked(definition, main_contact_email="jo@school,example").problems
    assert problem.label == "Details of Main Contact for all mailings: Email"
    assert problem.message.startswith("Details of Main Contact for all mailings: Email: “jo@school,example” is not")


def test_message_about_any_value_is_one_line(definition: FormDefinition) -> None:
    (problem,) = checked(definition, main_contact_email="a\n\x1b[31m" + "b{value}" * 20).problems
    assert problem.message.isprintable()
    assert "…" in problem.message


@pytest.mark.parametrize("designation", ["Headteacher", "Head", "Acting Head Teacher", "PRINCIPAL", "Head of School"])
def test_main_contact_who_is_the_headteacher_holds_both_roles(definition: FormDefinition, designation: str) -> None:
    one = checked(definition, main_contact_designation=designation)
    held = {contact.role: contact.parts["name"] for contact in one.record.contacts}
    assert held["headteacher"] == held["main_contact"] == "Sam Okafor"


@pytest.mark.parametrize(
    "designation", ["Deputy Head", "Headteacher’s PA", "PA to the Head", "Head of Maths", "Head of Year 6", "Ahead", ""]
)
def test_main_contact_whose_job_title_only_sounds_like_it_holds_one_role(
    definition: FormDefinition, designation: str
) -> None:
    one = checked(definition, main_contact_designation=designation)
    assert "headteacher" not in {contact.role for contact in one.record.contacts}
    assert codes(one) == {"headteacher_missing"}


def test_empty_block_gives_no_contact_and_positions_stay(definition: FormDefinition) -> None:
    one = checked(definition, senior_leader_1_name="", senior_leader_1_designation="", senior_leader_1_email="",
                  senior_leader_7_name="Kit Adeyemi")  # fmt: skip
    leaders = [
        (contact.position, contact.parts["name"]) for contact in one.record.contacts if contact.role == "senior_leader"
    ]
    assert leaders == [(7, "Kit Adeyemi")]


@pytest.mark.parametrize("nothing", ["/", "…", "_", " \u00ad "])
def test_box_with_signs_only_holds_no_answer(definition: FormDefinition, nothing: str) -> None:
    one = checked(
        definition, senior_leader_1_email=nothing, business_manager_telephone=nothing, headteacher_name=nothing
    )
    assert not one.problems
    assert "headteacher" in {contact.role for contact in one.record.contacts}
    assert {value.raw: value.value for value in one.values}[nothing] == ""


def test_form_without_answers_is_blank(definition: FormDefinition) -> None:
    one = check(Reading(FileKind.FORM, {"school_name": Answer(" \n")}, form_id=FORM_ID), definition)
    assert one.blank
    assert not one.acceptable


@given(st.text() | st.text("'=+-@\t\r\n 1a(", max_size=8))
def test_cell_with_any_value_is_no_formula_and_gives_back_the_exact_value(value: str) -> None:
    cell = neutralised(value)
    assert not cell.startswith(("=", "-", "@", "\t", "\r", "\n"))
    assert (cell[1:] if cell.startswith("'") and is_formula(cell) else cell) == value


@pytest.mark.parametrize(
    "number",
    [
        "+33 1 09 75 83 51",
        "+44 (0)20 7364 5000 ext 12",
        "+44 20 7946 0018 ext. 7",
        "+44-20-7946-0018",
        "+44.20.79460018",
    ],
)
def test_telephone_number_with_a_plus_is_kept_and_not_queried(definition: FormDefinition, number: str) -> None:
    assert neutralised(number) == number
    assert not checked(definition, main_contact_telephone=number).problems


@pytest.mark.parametrize("value", ["+1+2", "+1-1", "+2", "+A1", "+1;2", "+44 20 7946 0018 =1"])
def test_value_that_only_starts_like_a_telephone_number_is_neutralised(value: str) -> None:
    assert neutralised(value) == f"'{value}"
