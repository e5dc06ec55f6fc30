"""Cells of the tables: no value becomes a formula, and the exact value can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.checking import checked
from thep_forms.checking.formula import csv_cell, exact, is_formula, neutralised
from thep_forms.definition import FormDefinition


@pytest.mark.parametrize("before", [" ", "\u00a0", "\ufeff", "\x00", "\u200b", " \u00ad ", "\u2800", "\U000e0020"])
@pytest.mark.parametrize("formula", ["=1+1", "@SUM(A1)", "-1", "+1+2"])
def test_formula_after_blanks_or_invisible_characters_is_neutralised(before: str, formula: str) -> None:
    assert neutralised(before + formula) == f"'{before}{formula}"
    assert exact(neutralised(before + formula)) == before + formula


@pytest.mark.parametrize(
    ("value", "cell"), [("Jo\x1b[31m\x9b Ali\x00", "Jo[31m Ali"), ("\x00=1+1", "'=1+1"), ("3 Road\nE2", "3 Road\nE2")]
)
def test_csv_cell_has_no_control_character_but_line_breaks(value: str, cell: str) -> None:
    assert csv_cell(value) == cell


@pytest.mark.parametrize("value", [" \n3 Cedar Road", " Jo", "\ufeffJo", " +44 20 7946 0018"])
def test_value_with_blanks_before_it_that_is_no_formula_stays(value: str) -> None:
    assert neutralised(value) == value


@given(st.text() | st.text("'=+-@\t\r\n 1a(\ufeff\xa0\x00", max_size=8))
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
