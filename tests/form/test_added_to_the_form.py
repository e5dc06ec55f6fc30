"""A field, a part and a role that templates alone add to the form: from the page to tables, copies and prints."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pdfplumber
import pikepdf
import pytest

from tests.conftest import edit, ingest, read_return, rows
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.printers import by_pdfium
from tests.support.viewer import type_into, typed
from thep_forms.definition import load_definition
from thep_forms.errors import LayoutError
from thep_forms.generate import generate

FORM = "membership-form.toml"
FIELD = """
[[field]]
name = "office_email"
label = "Office Email"
kind = "email"
help = "Enter the address of the school's office."
required = true
shows = 30

[[part]]"""
ROLE = """
[[role]]
name = "safeguarding_lead"
heading = "Details of the Safeguarding Lead"

[[role]]
name = "senior_leader\""""
ROWS = """
[[section]]
[[section.row]]
height = 11
cells = [{ field = "office_email" }]
[[section.row]]
cells = [{ block = "safeguarding_lead" }, {}]

[[section]]
text = "protocol.j2\""""
PART = """
[[part]]
name = "fax"
label = "Fax"
kind = "telephone"
help = "Enter a fax number."
shows = 30
longest = 60

# --- The people -"""
MEASURE = re.compile(r"set (?P<key>[\w.]+(?:\[\d+\][\w.]*)*) to (?P<value>[\d.]+)")


def follow(error: LayoutError, path: Path) -> None:
    """Change the measure of `[page]` that a message names to the value that it names."""
    advice = MEASURE.search(str(error))
    assert advice, error
    table, _, key = advice["key"].partition(".")
    assert table == "page"
    text = path.read_text(encoding="utf-8")
    changed, count = re.subn(rf"^{key} = [\d.]+", f"{key} = {advice['value']}", text, flags=re.MULTILINE)
    assert count == 1
    path.write_text(changed, encoding="utf-8")


@pytest.fixture
def with_fax(templates: Path) -> Path:
    """Templates that ask everybody for a fax number, with the measures that the program says."""
    path = templates / FORM
    edit(path, "\n# --- The people -", PART)
    with pytest.raises(LayoutError, match=r"leaves its page\. In membership-form\.toml set page\.line to") as refused:
        generate(load_definition("2026-27", templates))
    follow(refused.value, path)
    return templates


def test_added_part_is_in_every_block_and_has_tooltips(with_fax: Path) -> None:
    form = generate(load_definition("2026-27", with_fax))
    assert [name for name in typed(form) if name.startswith("senior_leader_2_")][-1] == "senior_leader_2_fax"
    with pdfplumber.open(io.BytesIO(form)) as opened:
        assert opened.pages[0].extract_text().split().count("Fax") == 6
    with pikepdf.open(io.BytesIO(form)) as opened:
        tooltips = {str(field.T): str(field.TU) for field in opened.Root.AcroForm.Fields}
    assert tooltips["headteacher_fax"].endswith(": Fax. Enter a fax number.")


def test_added_part_is_read_checked_and_in_the_tables(with_fax: Path, tmp_path: Path) -> None:
    form = generate(load_definition("2026-27", with_fax))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "good.pdf").write_bytes(type_into(form, answers("2101", main_contact_fax="(020) 7946 0018 ext 3")))
    (inbox / "bad.pdf").write_bytes(type_into(form, answers("2102", senior_leader_1_fax="ask Jo")))
    records = tmp_path / "records"
    ingest(records, [inbox], templates=with_fax)
    contacts = {row["role"]: row for row in rows(records / "contacts.csv") if row["dfe_number"] == "211/2101"}
    assert list(contacts["main_contact"])[-2:] == ["fax", "return_id"]
    assert contacts["main_contact"]["fax"] == contacts["headteacher"]["fax"] == "020 7946 0018 ext. 3"
    assert contacts["chair_of_governors"]["fax"] == ""
    (problem,) = rows(records / "problems.csv")
    assert (problem["field"], problem["code"]) == ("senior_leader_1_fax", "telephone_invalid")
    values = {row["field"]: row for row in rows(records / "values.csv")}
    assert values["main_contact_fax"]["raw"] == "(020) 7946 0018 ext 3"


def test_added_part_is_in_lists_copies_and_prints(with_fax: Path, tmp_path: Path) -> None:
    with (tmp_path / "schools.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["DfE Number", "School Name", "Headteacher Fax"], ["2101", "Cedar Primary School", "02079460018"]]
        )
    options = ("--schools", tmp_path / "schools.csv", "--templates", with_fax)
    assert run("generate", "2026-27", "-o", tmp_path / "forms", *options).exit_code == 0
    (copy,) = (tmp_path / "forms").iterdir()
    assert typed(copy.read_bytes())["headteacher_fax"] == "020 7946 0018"
    assert run("print", "2026-27", "-o", tmp_path / "pack.pdf", *options).exit_code == 0
    with pdfplumber.open(tmp_path / "pack.pdf") as opened:
        assert "Fax 020 7946 0018" in opened.pages[0].extract_text()


def test_added_part_is_read_from_the_printed_page(with_fax: Path) -> None:
    definition = load_definition("2026-27", with_fax)
    form = type_into(generate(definition), answers("2101", business_manager_fax="020 7946 0019"))
    reading = read_return(by_pdfium(form), definition)
    assert reading.answers["business_manager_fax"].text == "020 7946 0019"
    assert reading.answers["business_manager_telephone"].text == "020 7946 0018 ext 12"


def test_added_field_and_role_are_in_everything(templates: Path, tmp_path: Path) -> None:
    path = templates / FORM
    edit(path, "\n[[part]]", FIELD)
    edit(path, '\n[[role]]\nname = "senior_leader"', ROLE)
    edit(path, '\n[[section]]\ntext = "protocol.j2"', ROWS)
    form = generate(load_definition("2026-27", templates))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    added: dict[str, str | bool] = {"office_email": "Office@CEDAR.example", "safeguarding_lead_name": "Kit  Adeyemi"}
    (inbox / "good.pdf").write_bytes(type_into(form, answers("2101") | added))
    (inbox / "bad.pdf").write_bytes(type_into(form, answers("2102", office_email="office at dovecote")))
    records = tmp_path / "records"
    ingest(records, [inbox], templates=templates)
    assert [row["office_email"] for row in rows(records / "schools.csv")] == ["Office@cedar.example"]
    assert ("safeguarding_lead", "Kit Adeyemi") in {(r["role"], r["name"]) for r in rows(records / "contacts.csv")}
    (problem,) = rows(records / "problems.csv")
    assert (problem["field"], problem["label"], problem["code"]) == ("office_email", "Office Email", "email_invalid")


LISTS = 'height = 10.5\ncells = [{ text = "mailing-lists.j2" }]'
SCHOOL = 'height = 13\ncells = [{ field = "school_name"'
# What is wrong in the templates, and the measure to change as it stands in them then.
MEASURES = [
    ("label = 24 ", "label = 60 ", "page.label", "label = 60 "),
    ("line = 10.1 ", "line = 7 ", "page.line", "line = 7 "),
    ("line = 10.1 ", "line = 10.5 ", "page.line", "line = 10.5 "),
    (LISTS, LISTS.replace("10.5", "6"), "section[1].row[6].height", "height = 6"),
    (SCHOOL, SCHOOL.replace("13", "8"), "section[1].row[2].height", "height = 8"),
    ("shows = 60", "shows = 65", "section[1].row[2].cells[1].label", "label = 42"),
    ('label = "Designation"', 'label = "Designationtitle"', "page.label", "label = 24 "),
]


@pytest.mark.parametrize(("right", "wrong", "key", "measure"), MEASURES)
def test_message_about_something_that_does_not_fit_names_the_measure_and_a_value_that_fits(
    templates: Path, right: str, wrong: str, key: str, measure: str
) -> None:
    edit(templates / FORM, right, wrong)
    with pytest.raises(LayoutError) as refused:
        generate(load_definition("2026-27", templates))
    advice = MEASURE.search(str(refused.value))
    assert advice
    assert advice["key"] == key
    edit(templates / FORM, measure, re.sub(r"[\d.]+", advice["value"], measure))
    generate(load_definition("2026-27", templates))


def test_page_on_which_lower_lines_are_not_enough_is_refused_with_what_is_missing(
    templates: Path,
) -> None:
    edit(templates / FORM, "height = 30.3", "height = 90")
    with pytest.raises(LayoutError, match=r"set page\.line to 8\.1 .* rows of section\[1\] 35\.2 mm lower together"):
        generate(load_definition("2026-27", templates))
