"""Printed answers that need more lines than their box has: a viewer shows the first ones alone."""

from __future__ import annotations

import pytest

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.printers import FLATTENED
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition

JOB_TITLE, EMAIL = "main_contact_designation", "main_contact_email"
KEEPS_THE_REST = {name: printed for name, printed in FLATTENED.items() if name != "cairo"}  # where it does not show
LONG_TITLE = (
    "Executive Headteacher of the Federation, Designated Safeguarding Lead and Special Educational Needs Coordinator "
    "across both sites and the nursery"
)


def read_and_asked(pdf: bytes, definition: FormDefinition, name: str) -> tuple[str, set[tuple[str, str]]]:
    """The answer in a box, and what is asked about the whole form, but for that it was printed."""
    reading = read_return(pdf, definition)
    problems = check(reading, definition).problems
    return reading.answers[name].text, {(one.field, str(one.code)) for one in problems if one.code != "read_from_page"}


@pytest.mark.parametrize("flattened", FLATTENED)
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (JOB_TITLE, LONG_TITLE),
        (EMAIL, "office.manager@cedarprimary2101.example; headteachers.pa@cedarprimary2101.example"),
        (EMAIL, "office@cedar2101.example; head@cedar2101.example; pa@cedar2101.example"),
    ],
)
def test_answer_of_more_lines_than_its_box_is_asked_about_at_its_box_alone(
    form: bytes, definition: FormDefinition, name: str, typed: str, flattened: str
) -> None:
    pdf = FLATTENED[flattened](type_into(form, answers("2101", **{name: typed})))
    read, asked = read_and_asked(pdf, definition, name)
    assert typed.startswith(read.replace("\n", " "))
    assert read != typed
    assert (name, "value_truncated") in asked
    assert {field for field, _ in asked} == {name}


@pytest.mark.parametrize("flattened", KEEPS_THE_REST)
def test_addresses_on_lines_of_their_own_are_asked_about_if_one_does_not_show(
    form: bytes, definition: FormDefinition, flattened: str
) -> None:
    typed = "office@cedar2101.example\nhead@cedar2101.example\npa@cedar2101.example"
    pdf = printers.fit_to_page(FLATTENED[flattened](type_into(form, answers("2101", **{EMAIL: typed}))))
    read, asked = read_and_asked(pdf, definition, EMAIL)
    assert read == "office@cedar2101.example\nhead@cedar2101.example"
    assert asked == {(EMAIL, "several_values"), (EMAIL, "value_truncated")}


@pytest.mark.parametrize("flattened", FLATTENED)
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (JOB_TITLE, "Headteacher"),
        (JOB_TITLE, "Executive Headteacher of the Cedar Federation"),
        (EMAIL, "the.headteacher@cedar-primary-2101.example"),
    ],
)
def test_answer_of_as_many_lines_as_its_box_is_not_asked_about(
    form: bytes, definition: FormDefinition, name: str, typed: str, flattened: str
) -> None:
    changes = {name: typed, "headteacher_name": "Sam Okafor"}
    pdf = FLATTENED[flattened](type_into(form, answers("2101", **changes)))
    assert read_and_asked(pdf, definition, name) == (typed, set())
