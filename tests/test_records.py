"""The RECORDS folder: what is in it, whose it is, and that nothing is lost."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import edit, inbox, ingest, prefer, rows, verdicts
from tests.remake_samples import SCHOOLS, answers
from tests.viewer import type_into
from thep_forms.cli import main
from thep_forms.definition import Definitions, load_definition, shipped
from thep_forms.errors import RecordsError, SourceError
from thep_forms.files import holds, renew_private, write_private
from thep_forms.generate import generate
from thep_forms.records import Archive, Ledger, bring_up_to_date, is_current
from thep_forms.sources import SourceFile, find_files, open_file

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


def written(records: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in records.iterdir() if path.suffix in (".csv", ".json", ".xlsx")}


def test_ingesting_the_same_folder_twice_changes_nothing(tmp_path: Path) -> None:
    records = tmp_path / "records"
    first = ingest(records, [shipped("samples") / "returns"])
    before = written(records)
    again = ingest(records, [shipped("samples") / "returns"])
    assert written(records) == before
    assert (again.new, again.verdicts) == (0, first.verdicts)


def test_a_table_that_ingest_did_not_write_is_not_overwritten(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    records.mkdir()
    (records / "schools.csv").write_text("dfe_number\n211/2101\n")
    with pytest.raises(RecordsError, match=r"schools\.csv that is not ours\. Choose another folder"):
        ingest(records, [inbox(tmp_path / "inbox", cedar=filled())], register=records / "schools.csv")
    assert [path.name for path in records.iterdir()] == ["schools.csv"]


def test_system_files_in_a_folder_need_no_attention(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._cedar.pdf", "~$letter.docx"):
        (folder / name).write_bytes(name.encode())
    assert ingest(tmp_path / "records", [folder]).all_accepted
    verdict_by_source = {row["source"]: row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert len(verdict_by_source) == 6
    assert verdict_by_source["inbox/Thumbs.db"] == "not_a_form"


def test_every_pdf_is_archived_unchanged(tmp_path: Path) -> None:
    records = tmp_path / "records"
    ingest(records, [shipped("samples") / "returns"])
    came = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (shipped("samples") / "returns").iterdir()}
    kept = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (records / "returns").iterdir()}
    assert set(kept) == came
    assert all(name == digest for name, digest in kept.items())


def test_only_the_owner_can_read_the_records(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    records.mkdir(mode=0o755)
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled())])
    for path in (records, *records.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_data_package_describes_every_column_of_every_table(tmp_path: Path) -> None:
    records = tmp_path / "records"
    ingest(records, [shipped("samples") / "returns"])
    package = json.loads((records / "datapackage.json").read_bytes())
    described = {
        resource["path"]: [field["name"] for field in resource["schema"]["fields"]] for resource in package["resources"]
    }
    headers = {path.name: path.read_text(encoding="utf-8").splitlines()[0].split(",") for path in records.glob("*.csv")}
    assert described == headers
    assert {name: ",".join(columns) for name, columns in headers.items()} == CONTRACT


def test_unusual_files_have_a_row_each_and_the_others_are_read(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    (folder / "notes.txt").write_text("=1+1", encoding="utf-8")
    (folder / "empty.pdf").touch()
    (folder / "deeper").mkdir()
    (folder / "deeper" / "elm.pdf").write_bytes(filled("2103"))
    (folder / "nowhere.pdf").symlink_to(folder / "gone.pdf")
    (folder / "loop").symlink_to(folder)
    (folder / "endless.pdf").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.pdf")
    ingest(folder / "records", [folder])
    assert verdicts(folder / "records") == {
        "cedar": "accepted",
        "elm": "accepted",
        "notes": "not_a_form",
        "empty": "not_a_form",
        "nowhere": "unreadable",
        "loop": "unreadable",
        "endless": "unreadable",
        "pipe": "unreadable",
    }


def test_a_file_that_becomes_readable_is_no_longer_listed_as_unreadable(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox"), tmp_path / "records"
    (folder / "cedar.pdf").symlink_to(tmp_path / "later.pdf")
    ingest(records, [folder])
    assert verdicts(records) == {"cedar": "unreadable"}
    (tmp_path / "later.pdf").write_bytes(filled())
    assert ingest(records, [folder]).all_accepted
    assert [row["verdict"] for row in rows(records / "returns.csv")] == ["accepted"]


def test_a_folder_that_cannot_be_searched_is_reported() -> None:
    with tempfile.TemporaryDirectory() as name:
        shut = Path(name) / "inbox" / "shut"
        shut.mkdir(parents=True)
        Path(name).chmod(0o755)
        shut.chmod(0)
        found = as_somebody_else(
            lambda: [repr(found) for place in find_files([shut.parent]) for found in open_file(place)]
        )
        shut.chmod(0o700)
    assert len(found) == 1
    assert "inbox/shut" in found[0]
    assert "cannot be opened" in found[0]


def as_somebody_else(work: Callable[[], list[str]]) -> list[str]:
    """Do `work` without the superuser's right to open everything."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setuid(65534)
        os.write(theirs, json.dumps(work()).encode())
        os._exit(0)
    os.close(theirs)
    os.waitpid(child, 0)
    with os.fdopen(ours, "rb") as pipe:
        return list(json.loads(pipe.read()))


def test_a_folder_that_the_user_made_keeps_its_modes(tmp_path: Path, filled: Filled) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    (home / "letter.txt").touch()
    ingest(home, [inbox(tmp_path / "inbox", cedar=filled())])
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.glob("*.*") if path.suffix != ".txt"} == {0o600}


def test_two_hundred_returns_are_ingested_in_one_run(tmp_path: Path, filled: Filled) -> None:
    folder = tmp_path / "inbox"
    originals = {school[0]: filled(school[0]) for school in SCHOOLS}
    inbox(folder, **{f"{number}-{n}": data + b"%" * n for number, data in originals.items() for n in range(17)})
    summary = ingest(tmp_path / "records", [folder])
    assert summary.new == 204
    assert summary.verdicts == {"accepted": 12, "superseded": 192}


def test_a_write_that_fails_leaves_only_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_private(path, b"old")
    with pytest.raises(TypeError):
        write_private(path, "not bytes")
    assert {path_left.name: path_left.read_bytes() for path_left in tmp_path.iterdir()} == {"table.csv": b"old"}


@given(st.binary(max_size=40), st.lists(st.binary(max_size=12), max_size=5))
def test_a_table_written_in_pieces_replaces_any_earlier_table(before: bytes, pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.csv"
        path.write_bytes(before)
        is_same = holds(path, pieces)
        renew_private(path, pieces)
        assert path.read_bytes() == b"".join(pieces)
        assert is_same is (before == b"".join(pieces))
        assert [file.name for file in path.parent.iterdir()] == ["table.csv"]


def test_a_table_that_shrinks_while_it_is_compared_is_an_error_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"abcdef")

    def pieces() -> Iterator[bytes]:
        yield b"abc"
        path.write_bytes(b"a")
        yield b"XYZ"

    with pytest.raises(OSError, match="changed"):
        renew_private(path, pieces())
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"table.csv": b"a"}


def test_an_archived_pdf_is_replaced_only_after_the_new_file_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append(os.fstat(handle).st_size)
        fsync(handle)

    archive = Archive(tmp_path)
    archive.add("0" * 64, b"%PDF-")
    archive.sync()
    monkeypatch.setattr(os, "fsync", watched)
    archive.add("1" * 64, b"%PDF-new")
    assert synced == []
    archive.add("0" * 64, b"%PDF-")
    assert synced == [5]


def test_a_run_without_new_files_rewrites_only_tables_that_were_changed_by_hand(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox", cedar=filled()), tmp_path / "records"
    ingest(records, [folder])
    contacts = records / "contacts.csv"
    before, data = {name: (records / name).stat().st_mtime_ns for name in written(records)}, contacts.read_bytes()
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


def test_a_folder_that_is_both_source_and_records_is_refused(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    with pytest.raises(SourceError, match="Choose another folder"):
        ingest(folder, [folder])
    assert [path.name for path in folder.iterdir()] == ["cedar.pdf"]


def test_records_that_have_lost_their_ledger_are_refused(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox", cedar=filled()), tmp_path / "records"
    ingest(records, [folder])
    (records / "ledger.sqlite").unlink()
    before = written(records)
    with pytest.raises(RecordsError, match="Put back a copy"):
        ingest(records, [inbox(tmp_path / "more", elm=filled("2103"))])
    with pytest.raises(RecordsError, match="Put back a copy"):
        Ledger(records)
    with pytest.raises(RecordsError, match="Put back a copy"):
        Ledger.existing(records)
    assert written(records) == before
    assert not (records / "ledger.sqlite").exists()
    ingest(tmp_path / "again", [records / "returns"])
    assert (tmp_path / "again" / "schools.csv").read_bytes() == (records / "schools.csv").read_bytes()


def test_progress_is_called_for_every_file(tmp_path: Path, filled: Filled) -> None:
    seen: list[str] = []

    def watch(places: Sequence[SourceFile]) -> Iterable[SourceFile]:
        for place in places:
            seen.append(place.source)
            yield place

    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", cedar=filled())], progress=watch)
    assert seen == ["inbox/cedar.pdf"]


def test_a_ledger_in_use_is_reported_and_no_table_is_written(
    tmp_path: Path, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thep_forms.records.database.PATIENCE", 0.1)
    records = tmp_path / "records"
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled())])
    before = written(records)
    with sqlite3.connect(records / "ledger.sqlite", isolation_level=None) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RecordsError, match="Another run"):
            ingest(records, [inbox(tmp_path / "more", elm=filled("2103"))])
        connection.execute("ROLLBACK")
    connection.close()
    assert written(records) == before
    ingest(records, [tmp_path / "more"])
    assert verdicts(records) == {"cedar": "accepted", "elm": "accepted"}


# --- Results are made again when what they are made from changes ------------------------------------------------------


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of the samples, of which no PDF is left that could be read again."""
    records = tmp_path_factory.mktemp("made") / "records"
    ingest(records, [shipped("samples") / "returns"], register=shipped("samples") / "schools.csv")
    for path in (records / "returns").iterdir():
        path.write_bytes(b"%PDF-")
    return records


@pytest.fixture
def made(samples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(samples, tmp_path / "records"))


def stricter(folder: Path) -> Path:
    """Templates in which a missing headteacher is an error."""
    shutil.copytree(shipped("templates"), folder)
    severity = "[headteacher_missing]\nseverity = "
    edit(folder / "problems.toml", f'{severity}"query"', f'{severity}"error"')
    return folder


def details(records: Path) -> dict[str, tuple[bytes, ...]]:
    ledger = sqlite3.connect(records / "ledger.sqlite")
    rows = ledger.execute("SELECT * FROM result NATURAL LEFT JOIN result_detail ORDER BY return_id").fetchall()
    ledger.close()
    return {row[0]: row[1:] for row in rows}


def test_a_stored_reading_is_checked_to_the_same_result_as_a_fresh_one(made: Path) -> None:
    fresh, tables = details(made), written(made)
    ledger = sqlite3.connect(made / "ledger.sqlite")
    with ledger:
        ledger.execute("UPDATE result SET made_from='another version', dfe_number='', problem_codes='', content=x''")
        ledger.execute("UPDATE result_detail SET record='{}', problems='[]', answers='[]'")
    ledger.close()
    assert details(made) != fresh
    bring_up_to_date(made, Definitions.of_today())
    assert details(made) == fresh
    assert written(made) == tables


@pytest.mark.parametrize("command", ["status", "mailing-list", "report", "ingest", "prefer", "forget", "email"])
def test_changed_templates_make_every_command_check_the_readings_again(
    made: Path, tmp_path: Path, command: str
) -> None:
    before = {row["source"]: row["verdict"] for row in rows(made / "returns.csv")}
    (tmp_path / "empty").mkdir()
    accepted = next(row["return_id"] for row in rows(made / "schools.csv") if row["dfe_number"] == "211/4242")
    schools = ["--schools", str(shipped("samples") / "schools.csv")]
    arguments = {
        "status": ["2026-27", "-o", str(made), *schools],
        "mailing-list": ["2026-27", "-o", str(made)],
        "report": ["2026-27", "-o", str(tmp_path / "page.html"), "--records", str(made), *schools],
        "ingest": [str(tmp_path / "empty"), "-o", str(made)],
        "prefer": [accepted, "-o", str(made)],
        "forget": ["--before", "2001", "--yes", "-o", str(made)],
        "email": ["2026-27", "-o", str(made), *schools, "--drafts", str(tmp_path / "drafts")],
    }
    templates = stricter(tmp_path / "templates")
    result = CliRunner().invoke(main, [command, *arguments[command], "--templates", str(templates)])
    assert result.exit_code in (0, 1), result.stderr
    after = {row["source"]: row["verdict"] for row in rows(made / "returns.csv")}
    changed = {Path(source).stem for source in before if before[source] != after[source]}
    assert changed == {"Linden"}
    assert {row["code"] for row in rows(made / "problems.csv") if "Linden" in row["source"]} >= {"headteacher_missing"}


def test_verify_reports_records_that_were_made_with_other_templates_and_changes_nothing(
    made: Path, tmp_path: Path
) -> None:
    before = written(made)
    result = CliRunner().invoke(main, ["verify", "-o", str(made), "--templates", str(stricter(tmp_path / "templates"))])
    assert result.exit_code == 1
    assert "with other templates. Run ingest again" in result.stderr
    assert written(made) == before


def test_changed_letters_do_not_make_a_result_outdated(made: Path, tmp_path: Path) -> None:
    templates = Path(shutil.copytree(shipped("templates"), tmp_path / "templates"))
    first = Definitions.of_today(templates)
    bring_up_to_date(made, first)
    (templates / "reminder.j2").write_text("Please.", encoding="utf-8")
    assert is_current(made, first)
    (templates / "gias.toml").write_text("# changed\n" + (templates / "gias.toml").read_text(), encoding="utf-8")
    assert not is_current(made, first)


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
