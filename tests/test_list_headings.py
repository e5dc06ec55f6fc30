"""Headings that offices give to the columns of their lists: other names, and an address that is divided."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.register_lists import notes, register, written
from thep_forms.register import MemberSchool


def listed(folder: Path, **cells: str) -> MemberSchool:
    """The one school of a list with those headings, in which `_` stands for a blank."""
    (school,) = register(written(folder, {"LAESTAB": "2112101"} | {key.replace("_", " "): cells[key] for key in cells}))
    return school


@pytest.mark.parametrize(
    "heading",
    ["Office e-mail", "School email", "Contact E-Mail", "Main e-mail", "E-mail of school", "Office email address"],
)
def test_the_address_of_a_school_has_many_names(tmp_path: Path, heading: str) -> None:
    path = written(tmp_path, {"LAESTAB": "2101", heading: "office@cedar.example"})
    (cedar,) = register(path)
    assert cedar.email == "office@cedar.example"
    assert f"used “LAESTAB”, “{heading}”." in notes(path)


def test_an_own_column_of_addresses_comes_before_one_of_another_name(tmp_path: Path) -> None:
    assert listed(tmp_path, Office_email="b@cedar.example", Email="a@cedar.example").email == "a@cedar.example"


def test_an_address_in_several_columns_is_joined_in_the_order_of_its_lines(tmp_path: Path) -> None:
    cedar = listed(tmp_path, Town="London", Addr_1="Cedar House", Address_2="3 Cedar Road", Post_Code="e2 0ac")
    assert cedar.record.school["registered_address"] == "Cedar House, 3 Cedar Road, London, E2 0AC"
    assert cedar.record.school["postcode"] == "E2 0AC"


@pytest.mark.parametrize("heading", ["Post_code", "Postal_code", "PC"])
def test_the_postcode_has_many_names(tmp_path: Path, heading: str) -> None:
    assert listed(tmp_path, **{heading: "e2 0ac"}).record.school["postcode"] == "E2 0AC"


@pytest.mark.parametrize("address", ["3 Cedar Road, London", "3 Cedar Road"])
def test_a_town_beside_an_address_stands_in_it_once(tmp_path: Path, address: str) -> None:
    cedar = listed(tmp_path, Address=address, Town="London", Postcode="E2 0AC")
    assert cedar.record.school["registered_address"] == "3 Cedar Road, London, E2 0AC"


def test_an_address_with_its_postcode_is_whole(tmp_path: Path) -> None:
    cedar = listed(tmp_path, Address="3 Cedar Road, E2 0AC", Town="London")
    assert cedar.record.school["registered_address"] == "3 Cedar Road, E2 0AC"


def test_a_school_may_stand_in_a_column_establishment(tmp_path: Path) -> None:
    assert listed(tmp_path, Establishment="Cedar Primary School").name == "Cedar Primary School"


def test_an_own_column_of_names_comes_before_one_of_establishments(tmp_path: Path) -> None:
    assert listed(tmp_path, Establishment="Community school", School="Cedar").name == "Cedar"
