"""What an office types of its partnership, as it types it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pypdfium2
import pytest

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.forms import make_blank_form, make_school_copy
from thep_forms.office.partnership import FactError, PartnershipFacts, look_up_partnership, save_partnership

LATE = "31 December"  # has not passed when the membership year starts
YEAR = MembershipYear(2090)
OF_YEAR = partial(Definitions, None, YEAR)


def facts(return_by: str = LATE, address: str = "forms@borough.example") -> PartnershipFacts:
    return PartnershipFacts("Borough Schools", "", "Borough", "211", address, return_by)


@pytest.mark.parametrize(
    "typed",
    ["31 December", "31st December", "31 dec", "31 Dec.", "31/12", "31.12.", "December 31", "31 December 2090"],
)
def test_a_day_is_understood_as_people_write_it(tmp_path: Path, typed: str) -> None:
    save_partnership(tmp_path, facts(typed), OF_YEAR())
    kept = look_up_partnership(tmp_path, Definitions(tmp_path / "templates", YEAR))
    assert kept.return_by == LATE


@pytest.mark.parametrize("typed", ["end of the year", "31 December 2091", "31/13", "31 June", "31 Foo", "31 Ma", "31"])
def test_what_is_no_day_of_the_year_is_refused(tmp_path: Path, typed: str) -> None:
    with pytest.raises(FactError, match="Enter a day and a month, like 31 May"):
        save_partnership(tmp_path, facts(typed), OF_YEAR())


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FactError) as refused:
        save_partnership(tmp_path, facts("soon", "forms at borough"), OF_YEAR())
    assert list(refused.value.boxes) == ["return_address", "return_by"]


def test_blank_forms_and_copies_have_what_was_saved_last(three_schools: Path) -> None:
    """Forms that are drawn are kept in memory: those of before must not come back."""
    for address in ("forms@borough.example", "office@borough.example"):
        save_partnership(three_schools, facts(address=address), Definitions.of_today(records=three_schools))
        definitions = Definitions.of_today(records=three_schools)
        made = (
            make_blank_form(definitions.default_year, definitions),
            make_school_copy(definitions.default_year, "2101", three_schools, definitions),
        )
        for form in made:
            with pypdfium2.PdfDocument(form.data) as pdf:
                assert f"Please return this form to {address}" in pdf[0].get_textpage().get_text_range()
