"""The RECORDS folder: its tables, its archive, and who may read and write them."""

from __future__ import annotations

import getpass
import hashlib
import json
import shutil
import sqlite3
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import edit, inbox, ingest, prefer, record_files, rows, verdicts
from tests.remake_samples import answers
from tests.support.viewer import type_into
from thep_forms.definition import load_definition, shipped
from thep_forms.errors import RecordsError
from thep_forms.generate import generate
from thep_forms.records import Ledger

Filled = Callable[..., bytes]


CONTRACT = {
    "schools.csv": "membership_year,dfe_number,school_name,phases,registered_address,postcode,return_id",
    "contacts.csv": "membership_year,dfe_number,school_name,role,position,designation,name,email,telephone,return_id",
    "returns.csv": ("return_id,source,received_at,membership_year,dfe_number,school_name,verdict,read_from,problems"),
    "problems.csv": "return_id,source,dfe_number,school_name,field,label,severity,code,message,value",
    "values.csv": "return_id,field,label,raw,value,read_from,confidence,corrected",
    "changes.csv": "membership_year,dfe_number,school_name,role,field,before,after",
    "decisions.csv": (
        "decision_id,at,who,action,return_id,membership_year,dfe_number,school_name,field,before,after,why,undone_by"
    ),
}


EARLIER_FIELD = """
[[field]]
name = "office_email"
label = "Office Email"
kind = "email"
help = "Enter the address of the school's office."
shows = 30

[[part]]"""


EARLIER_ROW = """
[[section]]
[[section.row]]
height = 11
cells = [{ field = "office_email" }]

[[section]]
text = "protocol.j2\""""


def test_ingesting_the_same_folder_twice_changes_nothing(tmp_path: Path) -> None:
    records = tmp_path / "records"
    first = ingest(records, [shipped("samples") / "returns"])
    before = record_files(records)
    again = ingest(records, [shipped("samples") / "returns"])
    assert record_files(records) == before
    assert (again.new, again.verdicts) == (0, first.verdicts)


def test_a_table_that_ingest_did_not_write_is_not_overrecord_files(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    records.mkdir()
    (records / "schools.csv").write_text("dfe_number\n211/2101\n")
    with pytest.raises(RecordsError, match=r"schools\.csv that is not ours\. Choose another folder"):
        ingest(records, [inbox(tmp_path / "inbox", cedar=filled())], register=records / "schools.csv")
    assert [path.name for path in records.iterdir()] == ["schools.csv"]


def test_every_pdf_is_archived_unchanged(sample_records: Path) -> None:
    came = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (shipped("samples") / "returns").iterdir()}
    kept = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (sample_records / "returns").iterdir()}
    assert set(kept) == came
    assert all(name == digest for name, digest in kept.items())


def test_only_the_owner_can_read_the_records(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    records.mkdir(mode=0o755)
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled())])
    for path in (records, *records.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_data_package_describes_every_column_of_every_table(sample_records: Path) -> None:
    package = json.loads((sample_records / "datapackage.json").read_bytes())
    described = {
        resource["path"]: [field["name"] for field in resource["schema"]["fields"]] for resource in package["resources"]
    }
    headers = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0].split(",") for path in sample_records.glob("*.csv")
    }
    assert described == headers
    assert {name: ",".join(columns) for name, columns in headers.items()} == CONTRACT


def test_a_folder_that_the_user_made_keeps_its_modes(tmp_path: Path, filled: Filled) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    (home / "letter.txt").touch()
    ingest(home, [inbox(tmp_path / "inbox", cedar=filled())])
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.glob("*.*") if path.suffix != ".txt"} == {0o600}


def test_a_run_without_new_files_rewrites_only_tables_that_were_changed_by_hand(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox", cedar=filled()), tmp_path / "records"
    ingest(records, [folder])
    contacts = records / "contacts.csv"
    before, data = {name: (records / name).stat().st_mtime_ns for name in record_files(records)}, contacts.read_bytes()
    assert len(before) == 9
    contacts.write_bytes(data + b"changed by hand")
    ingest(records, [folder])
    assert {name for name in before if (records / name).stat().st_mtime_ns != before[name]} == {"contacts.csv"}
    assert contacts.read_bytes() == data


def test_returns_stand_in_the_order_of_year_school_return_and_source(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", a=filled(), c=filled("2103"))
    (folder / "b.pdf").symlink_to(tmp_path / "nowhere")
    shutil.copy(folder / "a.pdf", folder / "d.pdf")
    ingest(tmp_path / "records", [folder])
    order = [(Path(row["source"]).stem, row["verdict"]) for row in rows(tmp_path / "records" / "returns.csv")]
    assert order == [("b", "unreadable"), ("a", "accepted"), ("d", "duplicate"), ("c", "accepted")]


def test_records_that_have_lost_their_ledger_are_refused(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox", cedar=filled()), tmp_path / "records"
    ingest(records, [folder])
    (records / "ledger.sqlite").unlink()
    before = record_files(records)
    with pytest.raises(RecordsError, match="Run thep-forms restore"):
        ingest(records, [inbox(tmp_path / "more", elm=filled("2103"))])
    with pytest.raises(RecordsError, match="Run thep-forms restore"):
        Ledger(records)
    with pytest.raises(RecordsError, match="Run thep-forms restore"):
        Ledger.existing(records)
    assert record_files(records) == before
    assert not (records / "ledger.sqlite").exists()
    ingest(tmp_path / "again", [records / "returns"])
    assert (tmp_path / "again" / "schools.csv").read_bytes() == (records / "schools.csv").read_bytes()


def test_a_ledger_in_use_is_reported_and_no_table_is_record_files(
    tmp_path: Path, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thep_forms.records.database.PATIENCE", 0.1)
    records = tmp_path / "records"
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled())])
    before = record_files(records)
    with sqlite3.connect(records / "ledger.sqlite", isolation_level=None) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RecordsError, match="Another run"):
            ingest(records, [inbox(tmp_path / "more", elm=filled("2103"))])
        connection.execute("ROLLBACK")
    connection.close()
    assert record_files(records) == before
    ingest(records, [tmp_path / "more"])
    assert verdicts(records) == {"cedar": "accepted", "elm": "accepted"}


def test_decisions_are_listed_in_a_table_of_their_own(tmp_path: Path, filled: Filled) -> None:
    records, files = tmp_path / "records", {"one": filled(), "two": filled(main_contact_name="Kit Adeyemi")}
    ingest(records, [inbox(tmp_path / "inbox", **files)])
    one, two = (hashlib.sha256(data).hexdigest()[:16] for data in files.values())
    for preferred in (one, two):
        prefer(records, preferred)
    first, second = rows(records / "decisions.csv")
    assert (first["decision_id"], first["action"], first["return_id"], first["before"]) == ("1", "prefer", one, two)
    assert (second["decision_id"], second["action"], second["return_id"], second["before"]) == ("2", "prefer", two, one)
    assert (first["dfe_number"], first["school_name"]) == ("211/2101", "Cedar Primary School")
    assert datetime.fromisoformat(first["at"]).utcoffset() == timedelta()
    assert first["who"] == getpass.getuser()


def test_columns_that_only_an_earlier_years_form_had_stand_before_the_return(tmp_path: Path) -> None:
    templates, then = Path(shutil.copytree(shipped("templates"), tmp_path / "templates")), "2025-26"
    (templates / then).mkdir()
    earlier = Path(shutil.copy(templates / "membership-form.toml", templates / then))
    edit(earlier, "\n[[part]]", EARLIER_FIELD)
    edit(earlier, '\n[[section]]\ntext = "protocol.j2"', EARLIER_ROW)
    for year, extra in ((then, {"office_email": "office@cedar.example"}), ("2026-27", {})):
        form = generate(load_definition(year, templates))
        inbox(tmp_path / "inbox", **{f"of {year}": type_into(form, answers("2101") | extra)})
        ingest(tmp_path / "records", [tmp_path / "inbox"], templates)
    first, second = rows(tmp_path / "records" / "schools.csv")
    assert list(first)[-3:] == ["postcode", "office_email", "return_id"]
    assert (first["membership_year"], first["office_email"]) == (then, "office@cedar.example")
    assert (second["membership_year"], second["office_email"]) == ("2026-27", "")
