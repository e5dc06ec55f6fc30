"""The office's questions: which schools have returned the form, and whom to write to."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import ingest
from tests.remake_samples import answers
from tests.support.commands import run, table
from tests.support.viewer import type_into
from thep_forms import office

OFFICE = Path(office.__file__).parent
LIST = """dfe_number,school_name,phases
2101,Cedar,primary
4242,Ivy,secondary;primary
3204,Fillan,primary
7004,Kestrel,
"""


def test_no_error_of_the_office_names_a_command_an_option_or_a_table() -> None:
    named = re.compile(r"thep-forms|--\w|\.csv|[Rr]un ingest")
    found: list[str] = []
    for path in sorted(OFFICE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            texts = ast.walk(node) if isinstance(node, ast.Raise) else ()
            found += [text.value for text in texts if isinstance(text, ast.Constant) and named.search(str(text.value))]
    assert found == []


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, form: bytes) -> Path:
    """Cedar and Ivy are accepted, Fillan lacks its chair, Kestrel has sent nothing, Elm is not a member."""
    inbox, records = tmp_path_factory.mktemp("inbox"), tmp_path_factory.mktemp("made") / "records"
    both = {"main_contact_email": "head@cedar.example; office@cedar.example", "main_contact_designation": "Headteacher"}
    answers_by_school = {
        "2101": answers("2101", **both),
        "4242": answers("4242"),
        "3204": answers("3204", chair_of_governors_name=""),
        "2103": answers("2103"),
    }
    for number, values in answers_by_school.items():
        (inbox / f"{number}.pdf").write_bytes(type_into(form, values))
    (records.parent / "schools.csv").write_text(LIST)
    ingest(records, [inbox])
    return records


def status(records: Path, *options: str, year: str = "2026-27") -> Result:
    return run("status", year, "-o", records, "--schools", records.parent / "schools.csv", *options)


def test_status_lists_every_member_and_schools_that_need_attention_first(records: Path) -> None:
    statuses = [(row["dfe_number"], row["status"]) for row in table(status(records, "--csv"))]
    assert statuses == [
        ("211/3204", "needs_attention"),
        ("211/7004", "not_returned"),
        ("211/2101", "accepted"),
        ("211/4242", "accepted"),
    ]


def test_status_names_problems_without_typed_text(records: Path) -> None:
    row = table(status(records, "--csv"))[0]
    assert row["why"] == "Details of the Chair of the Governing Body: Name: no answer"


def test_status_shows_totals_by_phase(records: Path) -> None:
    assert [" ".join(line.split()) for line in status(records).stdout.splitlines()[-4:]] == [
        "phase not known 1 not returned 1",
        "primary 3 accepted 2, needs attention 1",
        "secondary 1 accepted 1",
        "all 4 accepted 2, needs attention 1, not returned 1",
    ]


def test_returns_of_another_year_do_not_count_in_the_status(records: Path) -> None:
    assert {row["status"] for row in table(status(records, "--csv", year="2027-28"))} == {"not_returned"}


def test_the_mailing_list_has_each_person_and_address_once(records: Path) -> None:
    people = table(run("mailing-list", "2026-27", "-o", records))
    pairs = [(row["Name"].casefold(), row["Email Address"].casefold()) for row in people]
    assert len(pairs) == len(set(pairs))
    assert {"head@cedar.example", "office@cedar.example"} <= {row["Email Address"] for row in people}
    cedar = next(row for row in people if row["Email Address"] == "head@cedar.example")
    assert set(cedar["Role"].split(";")) >= {"main_contact", "headteacher"}
    assert "211/3204" not in {row["DFE Number"] for row in people}


def test_the_mailing_list_can_be_filtered_by_role_and_phase(records: Path) -> None:
    people = table(run("mailing-list", "2026-27", "-o", records, "--role", "headteacher", "--phase", "primary"))
    assert {"headteacher"} == {role for row in people for role in row["Role"].split(";")}
    assert all("primary" in row["Phase"].split(";") for row in people)
    assert people


@pytest.mark.parametrize("option", ["--role", "--phase"])
def test_a_role_or_phase_that_the_form_lacks_is_refused(records: Path, option: str) -> None:
    result = run("mailing-list", "2026-27", "-o", records, option, "janitor")
    assert result.exit_code == 2
    assert f"The form has no {option.removeprefix('--')} “janitor”. Choose from" in result.stderr
