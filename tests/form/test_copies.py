"""The list of member schools, and a copy of the form for each."""

from __future__ import annotations

from pathlib import Path

import pdfplumber
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ingest, read_return, rows
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.viewer import type_into, typed
from thep_forms.checking.checker import check
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import FormDefinition, load_definition, shipped
from thep_forms.generate import generate
from thep_forms.office.copies import file_name
from thep_forms.register import MemberSchool

DEFINITION = load_definition("2026-27")
HEADER = "dfe_number,school_name,phases,registered_address,email"


def generated(folder: Path, schools: Path, *options: str) -> Result:
    return run("generate", "2026-27", "-o", folder, "--schools", schools, *options)


def listed(tmp_path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = tmp_path / "schools.csv"
    path.write_text("\n".join([header, *lines]), encoding=encoding)
    return path


def test_each_school_of_a_list_gets_a_copy_with_the_answers_from_the_list(tmp_path: Path) -> None:
    result = generated(tmp_path / "forms", shipped("samples") / "schools.csv")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == "12 forms, one for each school."
    assert [Path(line).name for line in result.stdout.splitlines()] == sorted(
        f"2026-27 {row['dfe_number'].replace('/', '-')} {row['school_name']}.pdf"
        for row in rows(shipped("samples") / "schools.csv")
    )
    held = typed((tmp_path / "forms" / "2026-27 211-2101 Cedar Primary School.pdf").read_bytes())
    assert {name: value for name, value in held.items() if value not in ("", "Off")} == {
        "form_id": held["form_id"],
        "school_name": "Cedar Primary School",
        "dfe_number": "2101",
        "phase_primary": "Yes",
        "registered_address": held["registered_address"],
    }
    assert held["form_id"].startswith("thep-membership 2026-27 r1 211/2101 ")
    assert held["registered_address"].splitlines() == ["3 Cedar Road", "London", "E2 0AC"]


def test_copies_can_be_read_by_their_owner_only(tmp_path: Path) -> None:
    generated(tmp_path / "forms", shipped("samples") / "schools.csv")
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "forms", *(tmp_path / "forms").iterdir()]} == {0}


def test_members_of_last_years_list_that_returned_nothing_get_a_copy(tmp_path: Path, form: bytes) -> None:
    (tmp_path / "return.pdf").write_bytes(type_into(form, answers("2101")))
    listed(tmp_path, "2101,Cedar Primary School,primary,,", "2102,Dovecote Primary School,primary,2 Walk,")
    ingest(tmp_path / "records", [tmp_path / "return.pdf"], register=tmp_path / "schools.csv")
    result = generated(tmp_path / "forms", tmp_path / "records")
    assert [Path(line).name for line in result.stdout.splitlines()] == [
        "2026-27 211-2101 Cedar Primary School.pdf",
        "2026-27 211-2102 Dovecote Primary School.pdf",
    ]
    held = typed((tmp_path / "forms" / "2026-27 211-2102 Dovecote Primary School.pdf").read_bytes())
    assert held["registered_address"] == "2 Walk"


def test_last_years_records_fill_in_every_contact(tmp_path: Path) -> None:
    last_year = load_definition("2025-26")
    typed_answers = answers(
        "2101",
        headteacher_name="Ada Head",
        headteacher_email="ada@cedar.example",
        business_manager_telephone="020 7946 0018 ext. 12",
    )
    (tmp_path / "return.pdf").write_bytes(type_into(generate(last_year), typed_answers))
    ingest(tmp_path / "records", [tmp_path / "return.pdf"])
    assert generated(tmp_path / "forms", tmp_path / "records").exit_code == 0
    (path,) = (tmp_path / "forms").iterdir()
    held = typed(path.read_bytes())
    assert {name: held[name].replace("\r", "\n") for name, value in typed_answers.items() if value} == {
        name: "Yes" if value is True else value for name, value in typed_answers.items() if value
    }


def test_headteacher_who_is_the_main_contact_is_filled_in_once(tmp_path: Path, form: bytes) -> None:
    typed_answers = answers("2101", main_contact_designation="Headteacher")
    typed_answers = {name: value for name, value in typed_answers.items() if not name.startswith("headteacher")}
    (tmp_path / "return.pdf").write_bytes(type_into(form, typed_answers))
    ingest(tmp_path / "records", [tmp_path / "return.pdf"])
    generated(tmp_path / "forms", tmp_path / "records")
    (path,) = (tmp_path / "forms").iterdir()
    assert typed(path.read_bytes())["headteacher_name"] == ""


def test_copy_asks_for_corrections_and_blank_form_does_not(tmp_path: Path) -> None:
    generated(tmp_path / "forms", listed(tmp_path, "211/2101,Cedar Primary School,primary,,"))
    run("generate", "2026-27", "-o", tmp_path / "blank")
    words = {}
    for folder in ("forms", "blank"):
        (path,) = (tmp_path / folder).iterdir()
        with pdfplumber.open(path) as pdf:
            words[folder] = pdf.pages[0].extract_text()
    assert "Please correct whatever has changed" in words["forms"]
    assert "Please correct" not in words["blank"]


def test_copy_that_comes_back_unchanged_is_accepted(tmp_path: Path, definition: FormDefinition, form: bytes) -> None:
    (tmp_path / "return.pdf").write_bytes(type_into(form, answers("2101")))
    ingest(tmp_path / "records", [tmp_path / "return.pdf"])
    generated(tmp_path / "forms", tmp_path / "records")
    (path,) = (tmp_path / "forms").iterdir()
    assert check(read_return(path.read_bytes(), definition), definition).acceptable


@pytest.mark.parametrize(
    ("encoding", "header"),
    [
        ("utf-8", HEADER),
        ("utf-8-sig", HEADER),
        ("cp1252", HEADER),
        ("utf-8", "notes,school_name,dfe_number"),
    ],
)
def test_list_in_any_encoding_and_order_of_columns_gives_a_copy(tmp_path: Path, encoding: str, header: str) -> None:
    cells = {"dfe_number": "2101", "school_name": "École Cedar", "phases": "primary", "notes": "x"}
    line = ",".join(cells.get(column, "") for column in header.split(","))
    result = generated(tmp_path / "forms", listed(tmp_path, line, header=header, encoding=encoding))
    assert result.stdout.strip().endswith("2026-27 211-2101 École Cedar.pdf")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["211/2101,A,primary,,", "213/2102,B,primary,,"], ["row 3: dfe_number is the number of another authority"]),
        (["211/2101,A,primari,,"], ["row 2: phases is none of nursery, primary"]),
        (["211/2101,A,,,", "2101,B,,,"], ["211/2101 is in the rows 2, 3"]),
        ([f"99,{n},,," for n in range(14)], ["row 2:", "row 11:", "and 4 more"]),
    ],
)
def test_all_mistakes_of_a_list_are_reported_and_no_copy_is_made(
    tmp_path: Path, lines: list[str], words: list[str]
) -> None:
    result = generated(tmp_path / "forms", listed(tmp_path, *lines))
    assert result.exit_code == 2
    assert all(word in result.stderr for word in words), result.stderr
    assert not (tmp_path / "forms").exists()


def test_list_without_numbers_and_folder_without_returns_are_refused(tmp_path: Path) -> None:
    result = generated(tmp_path / "forms", listed(tmp_path, header="school_name"))
    assert (result.exit_code, "has no column dfe_number" in result.stderr) == (2, True)
    result = generated(tmp_path / "forms", tmp_path)
    assert (result.exit_code, "holds no records" in result.stderr) == (2, True)


@given(st.text(max_size=200))
def test_school_with_any_name_gives_a_file_name_that_every_system_takes(name: str) -> None:
    copy_name = file_name(DEFINITION, MemberSchool("211/2101", SchoolRecord({"school_name": name})))
    assert copy_name.startswith("2026-27 211-2101")
    assert not set(copy_name) & set('<>:"/\\|?*\0\n')
    assert len(copy_name) <= 80
    assert copy_name == copy_name.strip(". ")
