"""Whether the name that was typed is another school's than the one whose number was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thep_forms.checking.school_names import SchoolNames

MEMBERS = {
    "211/2101": "Cedar Primary School",
    "211/2102": "Dovecote Primary School",
    "211/2103": "St Paul's Church of England School",
    "211/2104": "St Paul and St Michael Catholic School",
    "211/2105": "École Zoë",
    "211/2106": "",
    "211/2107": "Elm Tree Primary School",  # neither has a word of its own but the last
    "211/2108": "Elm Tree Nursery School",
}


@pytest.mark.parametrize(
    ("number", "name", "other"),
    [
        ("211/2101", "Dovecote Primary School", "211/2102"),
        ("211/2101", "DOVECOTE Infant and Junior School", "211/2102"),
        ("211/2101", "ECOLE ZOE", "211/2105"),
        ("211/2103", "St. Paul & St. Michael Catholic School", "211/2104"),
        ("211/2106", "Cedar Primary", "211/2101"),
        ("211/2107", "Elm Tree Nursery", "211/2108"),
    ],
)
def test_name_of_another_school_gives_its_number(number: str, name: str, other: str) -> None:
    assert SchoolNames(MEMBERS).another(number, name) == other


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("211/2101", "Cedar Primary School"),
        ("211/2101", "Cedar Community School, formerly Dovecote"),  # it still has a word of its own
        ("211/2101", "Oak Academy"),  # nobody's
        ("211/2101", "Primary School"),
        ("211/2101", ""),
        ("211/2103", "St Pauls C of E"),
        ("211/2103", "St Michael's"),  # a part of another school's name is not that name
        ("211/2105", "Ecole Zoe"),
        ("211/2107", "Elm Tree Primary and Nursery School"),
    ],
)
def test_name_that_may_be_the_schools_own_gives_no_number(number: str, name: str) -> None:
    assert SchoolNames(MEMBERS).another(number, name) is None


def test_name_of_words_that_many_schools_have_is_that_of_the_one_school_that_has_it_whole() -> None:
    trees, places = ("Ash", "Birch"), ("Hill", "Lane")
    names = {f"211/{tree}{place}": f"{tree} {place} School" for tree in trees for place in places}
    assert SchoolNames(names).another("211/AshHill", "Birch Lane School") == "211/BirchLane"
    assert SchoolNames(names).another("211/AshHill", "The Ash Hill School") is None


@given(st.dictionaries(st.sampled_from(list(MEMBERS)), st.text(max_size=30)), st.text(max_size=30))
def test_name_from_the_list_is_never_another_schools(names: dict[str, str], name: str) -> None:
    known = SchoolNames(names)
    assert all(known.another(number, own) is None for number, own in names.items())
    assert known.another("211/2101", name) != "211/2101"
