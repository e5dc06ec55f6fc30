"""Answers that mean nobody, or that are none: what counts as empty, what is kept, and what is queried."""

from __future__ import annotations

import pytest

from tests.support.checking import checked, codes
from thep_forms.definition import FormDefinition


@pytest.mark.parametrize(
    "typed", ["N/K", "Chair of Governors", "020 7946 0018", "chair@school.example", "[Name]", "Mr.", "IEB"]
)
def test_required_name_that_is_no_name_is_missing_and_queried(definition: FormDefinition, typed: str) -> None:
    found = checked(definition, chair_of_governors_name=typed).problems
    assert [(each.code, each.field) for each in found] == [
        ("value_unlikely", "chair_of_governors_name"),
        ("contact_missing", "chair_of_governors_name"),
    ]


def test_job_title_in_its_own_box_is_not_queried(definition: FormDefinition) -> None:
    assert codes(checked(definition, chair_of_governors_designation="Chair of Governors")) == set()


@pytest.mark.parametrize("typed", ["-", "–", "...", "/", "_____", " "])
def test_answer_of_dashes_and_dots_is_not_queried(definition: FormDefinition, typed: str) -> None:
    assert codes(checked(definition, senior_leader_2_name=typed)) == set()


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


@pytest.mark.parametrize("box", ["business_manager_email", "main_contact_telephone"])
@pytest.mark.parametrize("typed", ["N/A", "as above", "same as main contact", "TBC", "To be appointed", "Vacant"])
def test_box_that_is_not_required_and_holds_no_answer_stays_empty_with_a_query(
    definition: FormDefinition, box: str, typed: str
) -> None:
    one = checked(definition, **{box: typed})
    assert [(found.code, found.severity, found.field) for found in one.problems] == [("value_unlikely", "query", box)]
    assert one.acceptable
    assert [(value.raw, value.value) for value in one.values if value.field == box] == [(typed, "")]


@pytest.mark.parametrize("typed", ["TBC", "Vacant", "As above", "To be appointed", "N/A", "None", "XXX", "TBC in May"])
@pytest.mark.parametrize(
    ("box", "code"),
    [
        ("chair_of_governors_name", "contact_missing"),
        ("main_contact_name", "contact_missing"),
        ("main_contact_email", "contact_missing"),
        ("school_name", "school_name_missing"),
        ("registered_address", "address_missing"),
    ],
)
def test_name_that_is_none_does_not_satisfy_a_required_box(
    definition: FormDefinition, box: str, code: str, typed: str
) -> None:
    one = checked(definition, **{box: typed})
    assert {(str(found.code), found.field) for found in one.problems} == {(code, box), ("value_unlikely", box)}


@pytest.mark.parametrize(
    "typed",
    [
        "See email",
        "As per my e-mail",
        "see covering letter",
        "Please refer to our website",
        "see attached list",
        "As stated above",
        "see page 2",
    ],
)
@pytest.mark.parametrize(
    ("box", "code"),
    [("main_contact_name", "contact_missing"), ("registered_address", "address_missing")],
)
def test_answer_that_says_where_to_look_does_not_satisfy_a_required_box(
    definition: FormDefinition, box: str, code: str, typed: str
) -> None:
    one = checked(definition, **{box: typed})
    assert {(str(found.code), found.field) for found in one.problems} == {(code, box), ("value_unlikely", box)}


@pytest.mark.parametrize("typed", ["Same as Mrs Lee", "see above - Ann Lee", "Please ask Ann Lee", "as for Ann Lee"])
def test_name_that_says_whose_to_take_is_queried(definition: FormDefinition, typed: str) -> None:
    found = checked(definition, business_manager_name=typed).problems
    assert [(each.code, each.field) for each in found] == [("value_unlikely", "business_manager_name")]


@pytest.mark.parametrize("typed", ["See Page", "Per Olsen", "In Page", "May Page", "An Nguyen", "Sam Letter"])
def test_name_that_is_like_words_that_say_where_to_look_is_a_name(definition: FormDefinition, typed: str) -> None:
    assert not checked(definition, business_manager_name=typed).problems


def test_question_mark_does_not_satisfy_a_required_box(definition: FormDefinition) -> None:
    assert "contact_missing" in codes(checked(definition, chair_of_governors_name="?"))


def test_block_that_says_only_that_there_is_nobody_gives_no_contact(definition: FormDefinition) -> None:
    boxes = ("designation", "name", "email", "telephone")
    one = checked(definition, **{f"business_manager_{part}": "N/A" for part in boxes})
    assert "business_manager" not in {contact.role for contact in one.record.contacts}
    assert codes(one) == {"value_unlikely"}
    assert one.acceptable


def test_block_of_which_no_answer_can_be_used_gives_no_contact(definition: FormDefinition) -> None:
    one = checked(definition, senior_leader_2_email="1", senior_leader_2_telephone="1")
    assert ("senior_leader", 2) not in {(contact.role, contact.position) for contact in one.record.contacts}
    assert codes(one) == {"email_invalid", "telephone_invalid", "name_missing"}
    assert one.acceptable


def test_headteacher_who_is_as_above_is_the_main_contact(definition: FormDefinition) -> None:
    one = checked(definition, headteacher_name="As above")
    held = {contact.role: contact.parts["name"] for contact in one.record.contacts}
    assert held["headteacher"] == "Sam Okafor"
    assert codes(one) == {"value_unlikely"}


IN_ANOTHER_ENCODING = (
    *("RenŽe No‘l", "Si‰n Jones", "JosÈ Ruiz", "FranÁois Roy", "Se‡n Lee", "Jos‚ Ruiz", "Ren‚e Roy", "Se·n …vans"),
    *("NguyÝn Lan", "Ayºe Kaya", "Josй Ruiz", "Mьller", "Zoδ Lee", "M³ller", "»òtefan"),
)


@pytest.mark.parametrize("typed", ["Imogen O©Hara", "£ukasz ¯ak", "ÍõÐ¡Ã÷", *IN_ANOTHER_ENCODING])
def test_name_with_a_sign_is_queried(definition: FormDefinition, typed: str) -> None:
    assert "value_uncertain" in codes(checked(definition, headteacher_name=typed))


@pytest.mark.parametrize(
    "typed",
    [
        *("Imogen O´Hara", "Siân O’Neil-Łuk", "Ann Lee + Bo Day", "Anne·Marie Lee", "José Mª Gil", "ÅSE MÜLLER"),
        *(
            "Ó hÉigeartaigh",
            "MacÉinrí",
            "DeÁvila",
            "Jean–Éric Roy",
            "Михаил Ivanov",
            "“Bo” ‘Å’",
            "„Bo“ Lee…",
            "محمد علي",
        ),
    ],
)
def test_name_without_a_sign_is_not_queried(definition: FormDefinition, typed: str) -> None:
    assert "value_uncertain" not in codes(checked(definition, headteacher_name=typed))


@pytest.mark.parametrize(
    "typed", ["Noel Gray until 31.3.27, then Bea Low", "Ann Lee (Y7), Bob May (Y8)", "Jo, j@a.example"]
)
def test_name_with_digits_or_an_address_is_asked_about_and_kept(definition: FormDefinition, typed: str) -> None:
    one = checked(definition, chair_of_governors_name=typed)
    assert {(str(found.code), found.field) for found in one.problems} == {
        ("value_uncertain", "chair_of_governors_name")
    }
    assert one.acceptable
    assert typed in {contact.parts["name"] for contact in one.record.contacts}


def test_headteacher_in_the_block_of_the_chair_is_asked_about(definition: FormDefinition) -> None:
    job_title = "chair_of_governors_designation"
    one = checked(definition, **{job_title: "Headteacher"})
    (problem,) = one.problems
    assert (problem.code, problem.field) == ("value_uncertain", job_title)
    assert "It belongs under “Details of the Headteacher" in problem.message
    assert one.acceptable


@pytest.mark.parametrize("block", ["main_contact", "headteacher", "senior_leader_1"])
def test_headteacher_in_a_block_of_which_they_may_be_is_not_asked_about(definition: FormDefinition, block: str) -> None:
    changes = {f"{block}_designation": "Head of School", f"{block}_name": "Zoe Brown"}
    assert codes(checked(definition, **changes)) == set()


@pytest.mark.parametrize("title", ["Deputy Headteacher", "Chair of Governors and former Deputy Head"])
def test_other_job_title_in_the_block_of_the_chair_is_not_asked_about(definition: FormDefinition, title: str) -> None:
    assert codes(checked(definition, chair_of_governors_designation=title)) == set()


@pytest.mark.parametrize("nothing", ["/", "…", "_", " \u00ad "])
def test_box_with_signs_only_holds_no_answer(definition: FormDefinition, nothing: str) -> None:
    one = checked(
        definition, senior_leader_1_email=nothing, business_manager_telephone=nothing, headteacher_name=nothing
    )
    assert not one.problems
    assert "headteacher" in {contact.role for contact in one.record.contacts}
    assert {value.raw: value.value for value in one.values}[nothing] == ""


@pytest.mark.parametrize(
    "typed",
    [
        "Post vacant - currently advertising",
        "Vacant (advertised)",
        "Out to advert",
        "Being advertised",
        "Interviews in June",
        "New head starts September",
        "Not replaced",
        "Post deleted",
        "We do not have an SBM",
        "Has left",
        "Left the school",
        "Outsourced",
        "Awaiting new governor",
        "Elections to be held in the autumn term",
        "Appointment to be made",
        "Role vacant, covered by the Head",
        "Vacant until further notice",
        "Not required",
        "On maternity leave",
        "Prefer not to say",
        "Withheld",
        "Under review",
        "Local Governing Body",
    ],
)
def test_words_about_a_post_that_nobody_holds_are_no_name(definition: FormDefinition, typed: str) -> None:
    assert codes(checked(definition, business_manager_name=typed)) == {"value_unlikely"}


@pytest.mark.parametrize("typed", ["Advertising", "Out to advert", "Not replaced", "Awaiting election", "Post deleted"])
def test_chair_who_is_looked_for_is_a_vacancy_to_confirm(definition: FormDefinition, typed: str) -> None:
    missing = [each for each in checked(definition, chair_of_governors_name=typed).problems if each.is_vacancy]
    assert [each.field for each in missing] == ["chair_of_governors_name"]


@pytest.mark.parametrize(
    "typed",
    [
        "Vacant, covered by Ann Lee",
        "Was Ann Lee now Bo Grey",
        "Not Ann Lee - now Bo Grey",
        "Previously Ann Lee",
        "Ann Lee -> Bo Grey",
    ],
)
def test_person_beside_words_about_the_post_is_asked_about(definition: FormDefinition, typed: str) -> None:
    assert codes(checked(definition, business_manager_name=typed)) == {"value_uncertain"}


@pytest.mark.parametrize(
    "typed", ["May Left", "Jo Open", "Ann Lee (acting)", "Sam Hiring", "Bo Cover", "Ann Maternity", "Jo Wass", "Li Now"]
)
def test_name_with_a_word_of_such_a_phrase_is_a_name(definition: FormDefinition, typed: str) -> None:
    assert not checked(definition, business_manager_name=typed).problems
