"""Headings that offices give to the columns of their lists: other names, and an address that is divided."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.register_lists import notes, register, written
from thep_forms.errors import SourceError
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


def test_headings_may_say_in_brackets_what_they_are_of(tmp_path: Path) -> None:
    cells = {
        "Name (school)": "Cedar",
        "Address (school)": "3 Cedar Road",
        "Postcode (school)": "E2 0AC",
        "Phase (school)": "Primary",
        "Email (office)": "office@cedar.example",
        "Headteacher (name)": "Ann Lee",
        "Headteacher (e-mail)": "ann@cedar.example",
    }
    (cedar,) = register(written(tmp_path, {"DfE number (7 digits)": "2112101", **cells}))
    assert cedar.record.school == {
        "school_name": "Cedar",
        "phases": "primary",
        "registered_address": "3 Cedar Road, E2 0AC",
        "postcode": "E2 0AC",
    }
    assert cedar.email == "office@cedar.example"
    assert cedar.record.contacts[0].parts == {"name": "Ann Lee", "email": "ann@cedar.example"}


@pytest.mark.parametrize(
    "heading", ["School name (in full)", "School name (required)", "School name (e.g. Cedar Primary)", "School name *"]
)
def test_a_remark_in_brackets_is_no_part_of_a_heading(tmp_path: Path, heading: str) -> None:
    assert register(written(tmp_path, {"DfE no. (4 digits)": "2101", heading: "Cedar"}))[0].name == "Cedar"


def test_a_heading_without_a_remark_comes_before_one_with_it(tmp_path: Path) -> None:
    cells = {"School (full name)": "Cedar Primary School", "School": "Cedar", "Email (office)": "b@cedar.example"}
    path = written(tmp_path, {"DfE": "2101", **cells, "Email": "a@cedar.example", "Email (school)": "c@cedar.example"})
    (cedar,) = register(path)
    assert (cedar.name, cedar.email) == ("Cedar", "a@cedar.example")
    assert "not used “School (full name)”, “Email (office)”, “Email (school)”" in notes(path)


@pytest.mark.parametrize(
    "email", ["Email (school)", "Email (school office)", "School (email)", "School (e-mail address)"]
)
def test_the_address_of_a_school_may_be_known_by_brackets(tmp_path: Path, email: str) -> None:
    assert register(written(tmp_path, {"DfE": "2101", email: "o@cedar.example"}))[0].email == "o@cedar.example"


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


@pytest.mark.parametrize(
    "heading",
    ["LAESTAB", "LA/Estab", "DfE no.", "DfE No", "DfE code", "DfES number", "DCSF No.", "LAESTAB number", "DfE"],
)
def test_the_number_of_a_school_has_many_names(tmp_path: Path, heading: str) -> None:
    (cedar,) = register(written(tmp_path, {heading: "211/2101"}))
    assert cedar.dfe_number == "211/2101"


@pytest.mark.parametrize(
    "heading", ["School's name", "Name of the school", "EstablishmentName", "School / Academy", "Setting name"]
)
def test_the_name_of_a_school_has_many_names(tmp_path: Path, heading: str) -> None:
    (cedar,) = register(written(tmp_path, {"DfE": "2101", heading: "Cedar"}))
    assert cedar.name == "Cedar"


def test_an_address_may_stand_under_the_headings_of_a_council(tmp_path: Path) -> None:
    cells = {"DfE": "2101", "Street / Town": "3 Cedar Road", "Town/City": "London", "County": "Kent"}
    (cedar,) = register(written(tmp_path, cells | {"School post code": "e2 0ac"}))
    assert cedar.record.school["registered_address"] == "3 Cedar Road, London, Kent, E2 0AC"


# --- the number in two columns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("headings", [("LA", "Estab"), ("LA code", "Estab number"), ("LEA", "Establishment No.")])
def test_the_numbers_of_authority_and_school_may_stand_in_two_columns(
    tmp_path: Path, headings: tuple[str, str]
) -> None:
    authority, school = headings
    path = written(tmp_path, {authority: "211", school: "2101", "School": "Cedar Primary School"})
    assert [member.dfe_number for member in register(path)] == ["211/2101"]
    assert "not used" not in notes(path)


def test_a_school_of_another_authority_in_two_columns_is_a_mistake(tmp_path: Path) -> None:
    path = written(tmp_path, {"LA": "204", "Estab": "2101", "School": "Cedar Primary School"})
    with pytest.raises(SourceError, match="row 2: Estab is the number of another authority"):
        register(path)


@pytest.mark.parametrize("number", ["211/2101", "2112101", "2101"])
def test_a_whole_number_beside_the_name_of_the_authority_is_as_it_is(tmp_path: Path, number: str) -> None:
    (cedar,) = register(written(tmp_path, {"LA": "Tower Hamlets", "DfE number": number}))
    assert cedar.dfe_number == "211/2101"


# --- the phase, and columns that may say it ---------------------------------------------------------------------------


@pytest.mark.parametrize("heading", ["Phase(s)", "Phase of education", "Type", "Type of school", "School Type"])
@pytest.mark.parametrize("said", ["Primary", "Primary school", "Infant / Junior", "primary academy"])
def test_the_phase_is_known_by_what_a_column_says(tmp_path: Path, heading: str, said: str) -> None:
    (cedar,) = register(written(tmp_path, {"DfE": "2101", heading: said}))
    assert cedar.record.school == {"phases": "primary"}


@pytest.mark.parametrize("said", ["Academy", "Community school", "Other", "Primary, maintained"])
def test_a_column_of_types_that_says_no_phase_fills_in_nothing_and_is_named_with_its_rows(
    tmp_path: Path, said: str
) -> None:
    rows = ({"DfE": "2101", "Type": said}, {"DfE": "2102", "Type": "Primary"}, {"DfE": "2103", "Type": ""})
    path = written(tmp_path, *rows)
    assert [member.record.school for member in register(path)] == [{}, {"phases": "primary"}, {}]
    said = "“Type” was looked at for the phase, but says none that the form has in row 2: nothing is filled in there."
    assert said in notes(path)
    assert "took “Type” as phase where it says one." in notes(path)


def test_an_own_column_of_phases_comes_before_one_of_types(tmp_path: Path) -> None:
    path = written(tmp_path, {"DfE": "2101", "Type": "Academy", "Phase": "Secondary"})
    assert register(path)[0].record.school == {"phases": "secondary"}
    assert "looked at" not in notes(path)


def test_a_list_with_headings_of_dfes_register_says_the_phase_and_the_head(tmp_path: Path) -> None:
    ivy = {
        "LAESTAB": "2117004",
        "EstablishmentName": "Ivy Lane School",
        "TypeOfEstablishment (name)": "Community special school",
        "PhaseOfEducation (name)": "Not applicable",
        "Street": "1 Ivy Lane",
        "Locality": "Bow",
        "Address3": "",
        "Town": "London",
        "County (name)": "",
        "Postcode": "E2 0AD",
        "HeadTitle (name)": "Ms",
        "HeadFirstName": "Ann",
        "HeadLastName": "Lee",
        "HeadPreferredJobTitle": "Principal",
    }
    path = written(tmp_path, ivy)
    (found,) = register(path)
    assert found.record.school == {
        "school_name": "Ivy Lane School",
        "phases": "special",
        "registered_address": "1 Ivy Lane, Bow, London, E2 0AD",
        "postcode": "E2 0AD",
    }
    assert [(one.role, one.parts) for one in found.record.contacts] == [
        ("headteacher", {"name": "Ann Lee", "designation": "Principal"})
    ]
    assert "not used “HeadTitle (name)”." in notes(path)


# --- a column for each phase ------------------------------------------------------------------------------------------

NO_PHASE = dict.fromkeys(("Nursery", "Primary", "Secondary", "Special", "PRU", "All-through", "Other"), "")


@pytest.mark.parametrize("tick", ["X", "x", "Yes", "Y", "1", "TRUE", "✓", "✔"])
def test_each_phase_may_have_a_column_of_its_own(tmp_path: Path, tick: str) -> None:
    row = {"DfE": "2101", **NO_PHASE, "Primary": tick, "Nursery": tick, "PRU": tick, "Special": "no", "Other": "-"}
    path = written(tmp_path, row)
    assert register(path)[0].record.school == {"phases": "nursery;primary;ap"}
    said = notes(path)
    assert "took “Nursery” as phase nursery, “Primary” as phase primary" in said
    assert "looked at" not in said


def test_columns_of_phases_may_have_the_names_of_the_boxes_on_the_form(tmp_path: Path) -> None:
    path = written(tmp_path, {"DfE": "2101", "phase_primary": "yes"})
    assert register(path)[0].record.school == {"phases": "primary"}
    assert "took" not in notes(path)
    assert listed(tmp_path, Phase="", phase_nursery="", phase_ap="yes").record.school == {"phases": "ap"}


def test_columns_of_phases_may_stand_below_one_heading(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("DfE,School,Phase,,\n,,Nursery,Primary,Secondary\n2101,Cedar,,X,X\n", encoding="utf-8")
    assert register(path)[0].record.school == {"school_name": "Cedar", "phases": "primary;secondary"}


def test_a_column_with_the_phases_comes_before_one_for_each(tmp_path: Path) -> None:
    path = written(tmp_path, {"DfE": "2101", "Phase": "Secondary", **NO_PHASE, "Primary": "X"})
    assert register(path)[0].record.school == {"phases": "secondary"}


def test_a_column_of_a_phase_that_says_something_else_ticks_nothing_and_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, {"DfE": "2101", **NO_PHASE, "Primary": "420", "Nursery": "X"})
    assert register(path)[0].record.school == {"phases": "nursery"}
    assert "“Primary” was looked at for the phase, but says none that the form has in row 2" in notes(path)


def test_one_column_alone_with_the_word_of_a_phase_may_mean_anything(tmp_path: Path) -> None:
    path = written(tmp_path, {"DfE": "2101", "Other": "X"})
    assert register(path)[0].record.school == {}
    assert "not used “Other”." in notes(path)


# --- people -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "said", "role", "part"),
    [
        ("Head", "Ann Lee", "headteacher", "name"),
        ("Head teacher", "Ann Lee", "headteacher", "name"),
        ("Headteacher / Principal", "Ann Lee", "headteacher", "name"),
        ("Name of head teacher", "Ann Lee", "headteacher", "name"),
        ("Name (headteacher)", "Ann Lee", "headteacher", "name"),
        ("Name (chair of governors)", "Ann Lee", "chair_of_governors", "name"),
        ("Telephone (SBM)", "020 7946 0101", "business_manager", "telephone"),
        ("Head's e-mail", "ann@cedar.example", "headteacher", "email"),
        ("Head tel.", "020 7946 0101", "headteacher", "telephone"),
        ("Chair", "Ann Lee", "chair_of_governors", "name"),
        ("Chair of governors", "Ann Lee", "chair_of_governors", "name"),
        ("Chair of the Governing Body email address", "ann@cedar.example", "chair_of_governors", "email"),
        ("SBM", "Ann Lee", "business_manager", "name"),
        ("School Business Manager phone", "020 7946 0101", "business_manager", "telephone"),
        ("Main contact", "Ann Lee", "main_contact", "name"),
    ],
)
def test_a_person_is_known_by_other_words_and_the_list_says_what_a_column_was_taken_for(
    tmp_path: Path, heading: str, said: str, role: str, part: str
) -> None:
    path = written(tmp_path, {"DfE": "2101", heading: said})
    (contact,) = register(path)[0].record.contacts
    assert (contact.role, contact.parts) == (role, {part: said})
    assert f"took “{heading}” as {role.replace('_', ' ')} {part}." in notes(path)


@pytest.mark.parametrize("title", ["Mr", "Mrs.", "Ms", "Miss", "Mx", "Dr", "Sir", "Dame", "Rev.", "Revd"])
def test_a_title_before_a_name_stays_as_it_does_in_an_answer_of_the_form(tmp_path: Path, title: str) -> None:
    (head,) = listed(tmp_path, Headteacher=f"{title} Ann Lee").record.contacts
    assert head.parts == {"name": f"{title} Ann Lee"}


@pytest.mark.parametrize("heading", ["Head_title", "HeadTitle_(name)", "Title_of_headteacher"])
def test_a_title_in_a_column_of_its_own_is_no_part_of_a_full_name(tmp_path: Path, heading: str) -> None:
    cells = {heading: "Dr", "Head_first_name": "Ann", "Head_last_name": "Lee"}
    assert listed(tmp_path, **cells).record.contacts[0].parts == {"name": "Ann Lee"}
    assert listed(tmp_path, **{heading: "Dr", "Head": "Ann Lee"}).record.contacts[0].parts == {"name": "Ann Lee"}


@pytest.mark.parametrize("heading", ["Head_title", "HeadTitle_(name)", "Title_of_headteacher"])
def test_a_title_goes_before_a_last_name_that_has_no_first_name(tmp_path: Path, heading: str) -> None:
    (head,) = listed(tmp_path, **{heading: "Dr", "Head_surname": "Lee"}).record.contacts
    assert head.parts == {"name": "Dr Lee"}


@pytest.mark.parametrize("initials", ["Head_initials", "Head_initial", "Initials_of_head"])
def test_initials_may_stand_for_a_first_name(tmp_path: Path, initials: str) -> None:
    (head,) = listed(tmp_path, **{initials: "A B", "Head_surname": "Lee"}).record.contacts
    assert head.parts == {"name": "A B Lee"}


def test_a_first_and_a_last_name_are_one_name(tmp_path: Path) -> None:
    path = written(tmp_path, {"DfE": "2101", "Head first name": "Ann", "Head surname": "Lee", "Chair forename": "Bo"})
    (head,) = register(path)[0].record.contacts
    assert (head.role, head.parts) == ("headteacher", {"name": "Ann Lee"})
    said = notes(path)
    assert "took “Head first name” with “Head surname” as headteacher name." in said
    assert "not used “Chair forename”." in said


def test_a_heading_over_several_columns_names_none_that_has_another_heading_below(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("DfE,Headteacher,\n,Union,E-mail\n2101,NAHT,ann@cedar.example\n", encoding="utf-8")
    (head,) = register(path)[0].record.contacts
    assert head.parts == {"email": "ann@cedar.example"}


def test_a_blank_column_beside_a_heading_of_two_rows_is_no_column_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    rows = ("DfE,School,,Headteacher,", ",,,Name,E-mail", "2101,Cedar,,Ann Lee,ann@cedar.example")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    (cedar,) = register(path)
    assert (cedar.name, cedar.record.contacts[0].parts) == ("Cedar", {"name": "Ann Lee", "email": "ann@cedar.example"})


@pytest.mark.parametrize("heading", ["Tel", "Telephone", "Contact", "Email (Head)", "Area", "URN", "Head title"])
def test_a_heading_that_may_mean_several_things_is_named_and_not_used(tmp_path: Path, heading: str) -> None:
    path = written(tmp_path, {"DfE": "2101", "School": "Cedar", heading: "x"})
    assert register(path)[0].record.school == {"school_name": "Cedar"}
    assert f"not used “{heading}”." in notes(path)
