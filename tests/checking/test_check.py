"""Checking: what a return's answers mean, and what is wrong with them."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.remake_samples import answers
from tests.support.checking import FORM_ID, checked, codes
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition, Severity
from thep_forms.definition.rules import WORDS
from thep_forms.reading import Answer, Doubt, FileKind, Reading


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


@pytest.mark.parametrize(
    ("shown", "found"),
    [("Priya Rahman", set()), ("Priya\u00a0 Rahman", set()), ("Tom Lee", {"value_shown_differently"})],
)
def test_box_that_shows_its_answer_is_not_queried(definition: FormDefinition, shown: str, found: set[str]) -> None:
    reading = Reading(FileKind.FORM, {"school_name": Answer("Priya Rahman", shown=shown)}, form_id=FORM_ID)
    asked = {str(each.code) for each in check(reading, definition).problems if each.field == "school_name"}
    assert asked == found


def test_address_with_a_letter_of_another_alphabet_is_queried_by_its_name(definition: FormDefinition) -> None:
    (asked,) = checked(definition, main_contact_email="head@\u0430corn.example").problems
    assert (asked.code, asked.severity) == ("value_misspelt", "query")
    assert "with cyrillic small letter a (U+0430). Did you mean “head@acorn.example”?" in asked.message


@pytest.mark.parametrize(
    ("box", "typed", "asked_for"),
    [
        ("main_contact_name", "Sam Okaf\u043er", "with cyrillic small letter o (U+043E). Did you mean “Sam Okafor”?"),
        ("main_contact_name", "Ann &amp;amp; Ben Lee", "Did you mean “Ann & Ben Lee”?"),
        (
            "registered_address",
            "St Mary&#39;s House&#10;London E2 0AC",
            "Did you mean “St Mary's House London E2 0AC”?",
        ),
    ],
)
def test_words_with_a_letter_of_another_alphabet_or_an_entity_are_queried(
    definition: FormDefinition, box: str, typed: str, asked_for: str
) -> None:
    (asked,) = checked(definition, **{box: typed}).problems
    assert (asked.code, asked.severity) == ("value_misspelt", "query")
    assert asked_for in asked.message


@pytest.mark.parametrize("typed", ["Михаил Ivanov", "Ann & Ben Lee", "R&D; Lee", "Kāwika ʻŌpūnui"])
def test_name_in_two_alphabets_or_with_an_ampersand_is_not_queried(definition: FormDefinition, typed: str) -> None:
    assert checked(definition, main_contact_name=typed).problems == ()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("name@example.com", "value_unlikely"),
        ("Name@Example.com", "value_unlikely"),
        ("head@cedar\u3002example", "value_corrected"),
        ("head@cedar\uff61example", "value_corrected"),
    ],
)
def test_odd_address_is_kept_and_queried(definition: FormDefinition, typed: str, code: str) -> None:
    found = checked(definition, main_contact_email=typed)
    assert [(each.code, each.severity) for each in found.problems] == [(code, "query")]
    assert found.record.contacts[0].parts["email"].casefold() in ("name@example.com", "head@cedar.example")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("Mon-Fri 9-3 020 7946 0204", "words"), ("020 7946 0204 (9-3)", "digits"), ("020 7946 0204 / 0205", "digits")],
)
def test_number_with_hours_or_the_end_of_another_is_kept_and_queried(
    definition: FormDefinition, typed: str, reason: str
) -> None:
    (asked,) = checked(definition, main_contact_telephone=typed).problems
    assert (asked.code, asked.severity) == ("value_corrected", "query")
    assert f"we noted “020 7946 0204”. What was entered, “{typed}”, holds {reason} beside the number" in asked.message


@pytest.mark.parametrize("typed", ["???? ??????", "✓", "€"])
def test_answer_of_signs_that_a_program_may_have_put_is_queried(definition: FormDefinition, typed: str) -> None:
    one = checked(definition, business_manager_name=typed)
    assert [(found.code, found.field) for found in one.problems] == [("value_damaged", "business_manager_name")]


@pytest.mark.parametrize(("typed", "phases"), [("X", "primary;special"), ("✓", "primary;special"), ("No", "primary")])
def test_words_in_a_box_to_tick_are_a_tick_unless_they_mean_no(
    definition: FormDefinition, typed: str, phases: str
) -> None:
    assert checked(definition, phase_special=typed).record.school["phases"] == phases


WRONG = [
    ({"dfe_number": ""}, "dfe_missing", "error"),
    ({"dfe_number": " "}, "dfe_missing", "error"),
    ({"dfe_number": "42"}, "dfe_format", "error"),
    ({"dfe_number": "213/2101"}, "dfe_prefix", "error"),
    ({"school_name": ""}, "school_name_missing", "error"),
    ({"phase_primary": False}, "phase_missing", "error"),
    ({"phase_primary": False, "phase_secondary": True}, "phase_unlikely", "query"),
    ({"phase_secondary": True}, "phase_unlikely", "query"),
    ({"registered_address": ""}, "address_missing", "query"),
    ({"main_contact_name": ""}, "contact_missing", "error"),
    ({"main_contact_email": ""}, "contact_missing", "error"),
    ({"chair_of_governors_name": ""}, "contact_missing", "error"),
    ({"registered_address": "3 Cedar Road\nLondon"}, "postcode_missing", "query"),
    ({"registered_address": "3 Cedar Road\nLondon\nE2 OAC"}, "value_corrected", "query"),
    ({"business_manager_name": ""}, "name_missing", "query"),
    ({"main_contact_telephone": "020 7946 0101 (option 2)"}, "value_corrected", "query"),
    ({"main_contact_email": "Jo Ali (jo@x.example)"}, "value_corrected", "query"),
    ({"main_contact_email": "jo@x.example (al@x.example)"}, "email_invalid", "error"),
    ({"main_contact_email": "jo ali@x.example"}, "email_invalid", "error"),
    ({"main_contact_telephone": "020 7946 0101 or 07700 900123"}, "several_values", "query"),
    ({"main_contact_name": "Jo O’Brien", "main_contact_email": "jo.o’brien@x.example"}, "value_corrected", "query"),
    ({"main_contact_email": "head@cedar.con"}, "value_misspelt", "query"),
    ({"main_contact_name": "SiÃ¢n Owen"}, "value_misspelt", "query"),
    ({"school_name": "\u200b"}, "school_name_missing", "error"),
    ({"registered_address": " , \n"}, "address_missing", "query"),
    ({"main_contact_name": "…"}, "contact_missing", "error"),
    ({"chair_of_governors_name": "_ _"}, "contact_missing", "error"),
    ({"dfe_number": "?"}, "dfe_format", "error"),
    ({"main_contact_email": "jo@"}, "email_invalid", "error"),
    ({"senior_leader_1_email": "jo@"}, "email_invalid", "query"),
    ({"main_contact_telephone": "020 7946 OOOO"}, "telephone_invalid", "query"),
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
        known: replace(text, message=" ".join(f"{{{word}}}" for word in WORDS.get(known, ())) or "-")
        for known, text in definition.problems.items()
    }
    one = checked(replace(definition, problems=wordy), **changes)
    assert [(problem.code, problem.severity) for problem in one.problems] == [(code, severity)]


@pytest.mark.parametrize("doubt", [Doubt.CUT_OFF, Doubt.BOX_FULL])
@pytest.mark.parametrize(
    ("box", "severity"),
    [("main_contact_email", "error"), ("chair_of_governors_email", "error"), ("main_contact_name", "query")],
)
def test_email_address_that_is_cut_is_an_error_and_a_name_a_query(
    definition: FormDefinition, doubt: Doubt, box: str, severity: str
) -> None:
    typed = {name: Answer("yes" if value is True else str(value)) for name, value in answers("2101").items()}
    cut = Answer(typed[box].text.removesuffix("ple"), doubts=frozenset({doubt}))
    one = check(Reading(FileKind.FORM, typed | {box: cut}, form_id=FORM_ID), definition)
    assert [(found.code, found.severity) for found in one.problems] == [("value_truncated", severity)]


@pytest.mark.parametrize(
    ("box", "typed"),
    [
        ("headteacher_name", "?ukasz ?\u00f3?kiewski"),
        ("headteacher_name", "Si?n Lee"),
        ("headteacher_name", "Ann Lee?"),
        ("school_name", "St Fillan?s Primary School"),
        ("registered_address", "1 Rue de l??glise, London E14 9ZZ"),
        ("main_contact_email", "si?n@cedar.example"),
    ],
)
def test_question_mark_beside_a_letter_is_asked_about(definition: FormDefinition, box: str, typed: str) -> None:
    assert ("value_damaged", box) in {
        (str(each.code), each.field) for each in checked(definition, **{box: typed}).problems
    }


@pytest.mark.parametrize("doubt", [Doubt.CUT_OFF, Doubt.BOX_FULL])
@pytest.mark.parametrize(
    ("number", "asked"),
    [("2101", set()), ("211-2101", set()), ("2112101", set()), ("2112", {"value_truncated"})],
)
def test_number_that_fills_its_box_is_asked_about_if_it_may_be_the_start_of_one(
    definition: FormDefinition, number: str, asked: set[str], doubt: Doubt
) -> None:
    typed = {name: Answer("yes" if value is True else str(value)) for name, value in answers("2101").items()}
    edge = Answer(number, doubts=frozenset({doubt}))
    assert codes(check(Reading(FileKind.FORM, typed | {"dfe_number": edge}, form_id=FORM_ID), definition)) == asked


def test_email_address_at_the_edge_with_the_domain_of_another_is_whole_and_a_query(definition: FormDefinition) -> None:
    typed = {name: Answer("yes" if value is True else str(value)) for name, value in answers("2101").items()}
    edge = replace(typed["main_contact_email"], doubts=frozenset({Doubt.CUT_OFF}))
    one = check(Reading(FileKind.FORM, typed | {"main_contact_email": edge}, form_id=FORM_ID), definition)
    assert [(found.code, found.severity) for found in one.problems] == [("value_truncated", "query")]


@pytest.mark.parametrize(
    ("typed", "value", "character"),
    [
        ("jo.o’brien@x.example", "jo.o'brien@x.example", "right single quotation mark (U+2019)"),
        ("he\u00adad@x.example", "head@x.example", "soft hyphen (U+00AD)"),
        ("head@x\u2011y.example", "head@x-y.example", "non-breaking hyphen (U+2011)"),
        ("he\u200bad@x.example", "head@x.example", "zero width space (U+200B)"),
    ],
)
def test_character_that_was_replaced_in_an_address_is_named(
    definition: FormDefinition, typed: str, value: str, character: str
) -> None:
    one = checked(definition, main_contact_email=typed)
    (asked,) = one.problems
    assert (asked.code, asked.severity, asked.value) == ("value_corrected", "query", typed)
    assert value in asked.message and character in asked.message
    assert one.record.contacts[0].parts["email"] == value


def test_invisible_characters_around_an_address_are_dropped_without_a_query(definition: FormDefinition) -> None:
    one = checked(definition, main_contact_email="\ufeffhead@x.example\u200b")
    assert not one.problems
    assert one.record.contacts[0].parts["email"] == "head@x.example"


def test_message_about_a_value_with_an_invisible_character_shows_it(definition: FormDefinition) -> None:
    (problem,) = checked(definition, main_contact_email="he\u00adad@x,example").problems
    assert "“he[U+00AD]ad@x,example”" in problem.message


def test_likely_spelling_is_in_the_message_and_the_value_stays_as_typed(definition: FormDefinition) -> None:
    one = checked(definition, main_contact_name="SiÃƒÂ¢n Owen", main_contact_email="sian@gmial.com")
    assert [("Siân Owen" in found.message, found.value) for found in one.problems] == [
        (True, "SiÃƒÂ¢n Owen"),
        (False, "sian@gmial.com"),
    ]
    assert "sian@gmail.com" in one.problems[1].message
    parts = one.record.contacts[0].parts
    assert (parts["name"], parts["email"]) == ("SiÃƒÂ¢n Owen", "sian@gmial.com")


def test_control_characters_reach_no_value(definition: FormDefinition) -> None:
    one = checked(definition, main_contact_name="Jo\x1b[31m \x00Ali\x9b", pupils="4\x1b10")
    assert {value.field: value.raw for value in one.values}["main_contact_name"] == "Jo[31m Ali"
    assert {value.field: value.raw for value in one.values}["pupils"] == "410"
    texts = [text for found in one.problems for text in (found.value, found.message, found.label)]
    assert all(text.isprintable() for text in texts)


BOXES = st.sampled_from(["school_name", "registered_address", "main_contact_name", "main_contact_email",
                         "main_contact_telephone", "headteacher_name", "senior_leader_1_email"])  # fmt: skip
PIECES = st.sampled_from(["TBC", "N/A", "as above", "020 7946 0018", "jo@x.con", "@", "’", "Ã¢", "\x1b", "\u00ad",
                          "\ufeff", "=1", "(option 2)", "E2 OAC", " ", "\n", "{value}"])  # fmt: skip


@settings(deadline=None)
@given(BOXES, st.lists(PIECES | st.text(max_size=3), max_size=6).map("".join))
def test_return_with_any_answer_is_checked_and_names_it_in_one_line(
    definition: FormDefinition, box: str, typed: str
) -> None:
    one = checked(definition, **{box: typed})
    for found in one.problems:
        assert "\n" not in found.message
    for value in one.values:
        assert not any(unicodedata.category(char) == "Cc" and char not in "\t\r\n" for char in value.raw + value.value)


def test_sentence_of_a_problem_has_at_most_25_words(definition: FormDefinition) -> None:
    for text in definition.problems.values():
        for sentence in re.split(r"(?<=[.?!]) ", text.message):
            assert len(sentence.split()) <= 25, sentence


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


def test_form_without_answers_is_blank(definition: FormDefinition) -> None:
    one = check(Reading(FileKind.FORM, {"school_name": Answer(" \n")}, form_id=FORM_ID), definition)
    assert one.blank
    assert not one.acceptable
