"""The extract of DfE's register (GIAS): which of its schools are members, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support.register_lists import in_csv, refused, register, told

SCHOOL = {
    "URN": "100000",
    "LA (code)": "211",
    "LA (name)": "Tower Hamlets",
    "EstablishmentNumber": "2101",
    "EstablishmentName": "Cedar Primary School",
    "TypeOfEstablishment (name)": "Community school",
    "EstablishmentStatus (name)": "Open",
    "PhaseOfEducation (name)": "Primary",
    "Street": "3 Cedar Road",
    "Locality": "",
    "Address3": "",
    "Town": "London",
    "County (name)": "",
    "Postcode": "E2 0AC",
    "SchoolWebsite": "www.cedar.example",
    "TelephoneNum": "2079460101",
    "HeadTitle (name)": "Ms",
    "HeadFirstName": "Ann",
    "HeadLastName": "Lee",
    "HeadPreferredJobTitle": "Headteacher",
}


def extract(tmp_path: Path, *schools: Mapping[str, str]) -> Path:
    path = tmp_path / "edubasealldata20261101.csv"
    path.write_text(in_csv([SCHOOL | school for school in schools]), encoding="cp1252")
    return path


def test_extract_gives_the_open_schools_of_the_authority(tmp_path: Path) -> None:
    found = register(
        extract(
            tmp_path,
            {},
            {"EstablishmentNumber": "2102", "EstablishmentStatus (name)": "Closed"},
            {"EstablishmentNumber": "2103", "EstablishmentStatus (name)": "Open, but proposed to close"},
            {"EstablishmentNumber": "2104", "EstablishmentStatus (name)": "Proposed to open"},
            {"EstablishmentNumber": "3202", "LA (code)": "213"},
            {"EstablishmentNumber": "8000", "TypeOfEstablishment (name)": "Further education"},
            {"EstablishmentNumber": ""},
            {
                "EstablishmentNumber": "7004",
                "TypeOfEstablishment (name)": "Community special school",
                "PhaseOfEducation (name)": "Not applicable",
                "HeadFirstName": "",
                "HeadLastName": "",
            },
        )
    )
    assert [(one.dfe_number, one.record.school["phases"]) for one in found] == [
        ("211/2101", "primary"),
        ("211/2103", "primary"),
        ("211/7004", "special"),
    ]
    assert found[0].record.school["registered_address"] == "3 Cedar Road, London, E2 0AC"
    assert [(one.role, one.parts["name"]) for one in found[0].record.contacts] == [("headteacher", "Ann Lee")]
    assert found[2].record.contacts == ()


def test_extract_without_the_columns_that_are_not_needed_is_read(tmp_path: Path) -> None:
    kept = ("LA (code)", "EstablishmentNumber", "EstablishmentName", "EstablishmentStatus (name)")
    path = tmp_path / "extract.csv"
    path.write_text(in_csv([{column: SCHOOL[column] for column in kept}]))
    assert told(register(path)) == (("211/2101", {"school_name": "Cedar Primary School"}),)


def test_extract_that_does_not_say_which_schools_are_open_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_text(in_csv([{name: text for name, text in SCHOOL.items() if "Status" not in name}]))
    assert "has no column EstablishmentStatus (name). Download the extract again" in refused(path)


def test_list_that_a_council_made_of_an_extract_says_how_it_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    listed = in_csv([{name: text for name, text in SCHOOL.items() if "Status" not in name}])
    path.write_text(listed)
    assert "If all its schools are members, change the heading EstablishmentNumber to “DFE Number”." in refused(path)
    path.write_text(listed.replace("EstablishmentNumber", "DFE Number"))
    (school,) = register(path)
    assert (school.dfe_number, school.record.school["school_name"]) == ("211/2101", "Cedar Primary School")


def test_extract_without_a_school_of_the_authority_is_refused(tmp_path: Path) -> None:
    assert "has no school of Tower Hamlets in it" in refused(extract(tmp_path, {"LA (code)": "213"}))


def test_extract_that_does_not_say_whose_schools_they_are_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(in_csv([{name: text for name, text in SCHOOL.items() if name != "LA (code)"}]))
    assert "has no column LA (code). Download the extract again" in refused(path)


def test_columns_of_an_extract_without_those_that_choose_schools_are_a_list(tmp_path: Path) -> None:
    """As a council may pass it on, which has its own open schools alone."""
    path = tmp_path / "schools.csv"
    chosen = ("LA (code)", "EstablishmentStatus (name)")
    path.write_text(in_csv([{name: text for name, text in SCHOOL.items() if name not in chosen}]))
    (cedar,) = register(path)
    assert (cedar.dfe_number, cedar.name) == ("211/2101", "Cedar Primary School")
    assert cedar.record == register(extract(tmp_path, {}))[0].record
