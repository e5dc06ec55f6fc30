"""The RECORDS folder: verdicts, order, conflicts, and that nothing is lost."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import rows
from tests.remake_samples import SCHOOLS, answers, dated
from tests.viewer import type_into
from thep_forms.collect import Place, collect, fetch
from thep_forms.definition import FormDefinition, shipped
from thep_forms.errors import RecordsError, SourceError
from thep_forms.generate import Master
from thep_forms.ingest import Ingester
from thep_forms.keep import Archive, Ledger
from thep_forms.keep.files import holds, renew_private, write_private

Filled = Callable[..., bytes]


def inbox(folder: Path, **files: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.pdf").write_bytes(data)
    return folder


def verdicts(records: Path) -> dict[str, str]:
    return {Path(row["source"]).stem: row["verdict"] for row in rows(records / "returns.csv")}


def written(records: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in records.iterdir() if path.suffix in (".csv", ".json", ".xlsx")}


def test_the_samples_have_every_verdict(tmp_path: Path) -> None:
    samples = shipped("samples")
    Ingester(tmp_path / "records").ingest([samples / "returns"], samples / "schools.csv")
    found = verdicts(tmp_path / "records")
    assert found == {
        "Acorn Nursery": "accepted",
        "Bridge Learning Centre": "accepted",
        "Cedar Primary, corrected": "accepted",
        "Cedar Primary, corrected2": "duplicate",
        "Cedar Primary, first": "superseded",
        "Dovecote wrong authority": "needs_attention",
        "Elm Tree": "accepted",
        "Elm Tree cut short": "needs_attention",
        "Gladstone mistyped email": "needs_attention",
        "Harbour": "accepted",
        "Ivy Lane": "accepted",
        "Juniper blank": "blank",
        "Kestrel": "locked",
        "Linden": "accepted",
        "St Fillan's no chair": "needs_attention",
        "Summer fair": "not_a_form",
    }


def test_the_same_returns_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    paths = sorted((shipped("samples") / "returns").iterdir())
    results = []
    for turn, order in enumerate((paths, paths[::-1], paths[1::2] + paths[::2], paths[11:] + paths[:11])):
        records = tmp_path / f"records{turn}"
        for some in (order[:7], order[7:]):
            Ingester(records).ingest(some)
        results.append(written(records))
    assert all(result == results[0] for result in results)


def test_ingesting_the_same_folder_twice_changes_nothing(tmp_path: Path) -> None:
    records = tmp_path / "records"
    first = Ingester(records).ingest([shipped("samples") / "returns"])
    before = written(records)
    again = Ingester(records).ingest([shipped("samples") / "returns"])
    assert written(records) == before
    assert (again.new, again.verdicts) == (0, first.verdicts)


def test_a_later_return_supersedes_whichever_came_first(tmp_path: Path, filled: Filled) -> None:
    old, new = dated(filled(), "20260420"), dated(filled(main_contact_name="Kit Adeyemi"), "20260504")
    records = tmp_path / "records"
    for name, data in {"new": new, "old": old}.items():
        Ingester(records).ingest([inbox(tmp_path / name, **{name: data})])
    assert verdicts(records) == {"new": "accepted", "old": "superseded"}
    assert "Kit Adeyemi" in {row["name"] for row in rows(records / "contacts.csv")}


def test_a_later_return_with_an_error_does_not_supersede(tmp_path: Path, filled: Filled) -> None:
    files = {"old": dated(filled(), "20260420"), "new": dated(filled(main_contact_email="?"), "20260504")}
    Ingester(tmp_path / "records").ingest([inbox(tmp_path / "inbox", **files)])
    assert verdicts(tmp_path / "records") == {"old": "accepted", "new": "needs_attention"}


def test_a_return_that_had_to_be_mended_is_superseded_by_the_one_that_mends_it(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    faulty = dated(filled(main_contact_email="office at school"), "20260420")
    assert not Ingester(records).ingest([inbox(tmp_path / "first", faulty=faulty)]).all_accepted
    mended = dated(filled(), "20260504")
    assert Ingester(records).ingest([inbox(tmp_path / "then", mended=mended)]).all_accepted
    assert verdicts(records) == {"faulty": "superseded", "mended": "accepted"}
    (found,) = rows(records / "problems.csv")  # what was wrong with it is still known
    assert found["code"] == "email_invalid"


def test_a_mistyped_number_on_a_schools_own_copy_is_superseded_too(tmp_path: Path, definition: FormDefinition) -> None:
    copy = Master(definition).copy(answers("2101"), "211/2101")
    files = {
        "unknown": dated(type_into(copy, {"dfe_number": "2999"}), "20260420"),
        "missing": dated(type_into(copy, {"dfe_number": ""}), "20260421"),
        "mended": dated(copy, "20260504"),
    }
    Ingester(tmp_path / "records").ingest([inbox(tmp_path / "inbox", **files)], shipped("samples") / "schools.csv")
    assert verdicts(tmp_path / "records") == {"unknown": "superseded", "missing": "superseded", "mended": "accepted"}


def test_a_return_to_be_mended_that_may_be_the_later_one_needs_attention(tmp_path: Path, filled: Filled) -> None:
    files = {"good": dated(filled(), "20260504"), "undated": filled(main_contact_email="?")}
    files["elsewhere"] = dated(filled("2102", main_contact_email="?"), "20260420")
    Ingester(tmp_path / "records").ingest([inbox(tmp_path / "inbox", **files)])
    assert verdicts(tmp_path / "records") == {
        "good": "accepted",
        "undated": "needs_attention",
        "elsewhere": "needs_attention",
    }


def test_a_form_with_another_members_number_does_not_take_the_place_of_its_return(
    tmp_path: Path, filled: Filled
) -> None:
    records, register = tmp_path / "records", tmp_path / "schools.csv"
    register.write_text("dfe_number,school_name\n2101,Cedar Primary School\n2102,Dovecote Primary School\n", "utf-8")
    files = {
        "cedar": dated(filled(), "20260420"),
        "wrong": dated(filled("2102", dfe_number="2101", school_name="Dovecote Primary"), "20260504"),
    }
    Ingester(records).ingest([inbox(tmp_path / "inbox", **files)], register)
    assert verdicts(records) == {"cedar": "accepted", "wrong": "needs_attention"}
    later = dated(filled(main_contact_name="Kit Adeyemi"), "20260601")  # of the other school, so it mends nothing here
    Ingester(records).ingest([inbox(tmp_path / "then", later=later)], register)
    assert verdicts(records) == {"cedar": "superseded", "later": "accepted", "wrong": "needs_attention"}
    mended = dated(filled("2102", school_name="Dovecote Primary"), "20260602")
    Ingester(records).ingest([inbox(tmp_path / "at last", mended=mended)], register)
    assert verdicts(records)["wrong"] == "superseded"
    (asked,) = [row for row in rows(records / "problems.csv") if row["severity"] == "error"]
    assert (asked["code"], asked["value"]) == ("dfe_other_school", "211/2101")
    assert "in our list is Cedar Primary School; " in asked["message"]
    assert "that of Dovecote Primary School, 211/2102." in asked["message"]


def test_a_faulty_return_on_another_schools_copy_is_a_matter_of_the_school_that_used_it(
    tmp_path: Path, filled: Filled, definition: FormDefinition
) -> None:
    records, copy = tmp_path / "records", Master(definition).copy(answers("2101"), "211/2101")
    dovecote = {"dfe_number": "2102", "school_name": "Dovecote Primary School"}
    faulty = dated(type_into(copy, {**dovecote, "main_contact_email": "office at school"}), "20260420")
    files = {"faulty": faulty, "cedar": dated(filled(), "20260504")}
    for register in (members(tmp_path), None):  # known by its name, and then by nothing
        name = "listed" if register else "unlisted"
        Ingester(records / name).ingest([inbox(tmp_path / name, **files)], register)
        assert verdicts(records / name) == {"faulty": "needs_attention", "cedar": "accepted"}
    mended = dated(filled("2102", school_name="Dovecote Primary School"), "20260505")
    Ingester(records / "listed").ingest([inbox(tmp_path / "then", mended=mended)])
    assert verdicts(records / "listed")["faulty"] == "superseded"


def members(folder: Path) -> Path:
    path = folder / "members.csv"
    lines = ["dfe_number,school_name", "2101,Cedar Primary School", "2102,Dovecote Primary School"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_name_that_no_member_has_is_asked_about(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    Ingester(records).ingest([inbox(tmp_path / "inbox", oak=filled(school_name="Oak Academy"))], members(tmp_path))
    assert verdicts(records) == {"oak": "accepted"}
    (asked,) = rows(records / "problems.csv")
    assert (asked["code"], asked["severity"], asked["field"]) == ("name_unlikely", "query", "school_name")
    assert asked["message"].startswith(
        "Full Name of School: “Oak Academy” was entered, and 211/2101 is Cedar Primary School in"
    )


def test_a_form_that_may_be_another_schools_does_not_supersede(
    tmp_path: Path, filled: Filled, definition: FormDefinition
) -> None:
    copy = Master(definition).copy(answers("2102"), "211/2102")
    by_name = dated(filled(school_name="Oak Academy"), "20260504")
    by_copy = dated(type_into(copy, {"dfe_number": "2101"}), "20260504")
    for name, form, register in (("oak", by_name, members(tmp_path)), ("copy", by_copy, None)):
        records, files = tmp_path / f"records of {name}", {"cedar": dated(filled(), "20260420"), name: form}
        Ingester(records).ingest([inbox(tmp_path / name, **files)], register)
        assert verdicts(records) == {"cedar": "needs_attention", name: "needs_attention"}
        Ingester(records).prefer(hashlib.sha256(files["cedar"]).hexdigest()[:16])
        assert verdicts(records) == {"cedar": "accepted", name: "superseded"}


def test_what_was_preferred_settles_returns_that_had_to_be_mended_too(tmp_path: Path, filled: Filled) -> None:
    records, good = tmp_path / "records", filled()
    files = {"good": good, "faulty": filled(main_contact_email="office at school")}
    Ingester(records).ingest([inbox(tmp_path / "inbox", **files)])
    assert verdicts(records) == {"good": "accepted", "faulty": "needs_attention"}
    assert Ingester(records).prefer(hashlib.sha256(good).hexdigest()[:16]).all_accepted
    assert verdicts(records) == {"good": "accepted", "faulty": "superseded"}


def test_where_nothing_says_which_is_later_nobody_guesses_and_prefer_settles_it(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    files = {"one": filled(), "two": filled(main_contact_name="Kit Adeyemi")}
    Ingester(records).ingest([inbox(tmp_path / "inbox", **files)])
    assert verdicts(records) == {"one": "needs_attention", "two": "needs_attention"}
    assert {row["code"] for row in rows(records / "problems.csv")} == {"return_conflict"}
    assert rows(records / "schools.csv") == []
    for chosen, other in (("one", "two"), ("two", "one")):
        Ingester(records).prefer(hashlib.sha256(files[chosen]).hexdigest()[:16])
        assert verdicts(records) == {chosen: "accepted", other: "superseded"}


def test_a_third_undated_return_reopens_a_settled_conflict(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    files = {"one": filled(), "two": filled(main_contact_name="Kit Adeyemi")}
    Ingester(records).ingest([inbox(tmp_path / "inbox", **files)])
    Ingester(records).prefer(hashlib.sha256(files["one"]).hexdigest()[:16])
    Ingester(records).ingest([inbox(tmp_path / "inbox", three=filled(main_contact_name="Ng Wei"))])
    assert set(verdicts(records).values()) == {"needs_attention"}


def test_two_files_that_say_the_same_are_no_conflict(tmp_path: Path, form: bytes, filled: Filled) -> None:
    answered = answers("2101")
    other_order = type_into(form, dict(reversed(answered.items())))
    Ingester(tmp_path / "records").ingest([inbox(tmp_path / "inbox", one=filled(), two=other_order + b"\n")])
    assert sorted(verdicts(tmp_path / "records").values()) == ["accepted", "superseded"]


def test_only_a_return_that_could_be_accepted_can_be_preferred(tmp_path: Path, filled: Filled) -> None:
    wrong = filled(dfe_number="42")
    Ingester(tmp_path / "records").ingest([inbox(tmp_path / "inbox", wrong=wrong)])
    with pytest.raises(RecordsError, match="has errors, which only a new form"):
        Ingester(tmp_path / "records").prefer(hashlib.sha256(wrong).hexdigest()[:16])
    with pytest.raises(RecordsError, match=r"no return 0123.*returns\.csv"):
        Ingester(tmp_path / "records").prefer("0123")
    with pytest.raises(RecordsError, match="holds no records"):
        Ingester(tmp_path / "elsewhere").prefer("0123")
    assert not (tmp_path / "elsewhere").exists()


def test_a_school_that_is_not_in_the_register_needs_attention(tmp_path: Path, filled: Filled) -> None:
    records, register = tmp_path / "records", tmp_path / "schools.csv"
    register.write_text("school_name,dfe_number\nElm,211/2103\n", encoding="utf-8-sig")
    Ingester(records).ingest([inbox(tmp_path / "inbox", cedar=filled())], register)
    assert [row["code"] for row in rows(records / "problems.csv")] == ["dfe_unknown"]
    register.write_text("school_name,dfe_number\nElm,211/2103\nCedar,2101\n", encoding="cp1252")
    Ingester(records).ingest([tmp_path / "inbox"], register)
    assert verdicts(records) == {"cedar": "accepted"}


@pytest.mark.parametrize("text", ["name,number\nElm,2103\n", "dfe_number\n213/2103\n"])
def test_a_register_with_a_mistake_stops_before_anything_is_written(tmp_path: Path, filled: Filled, text: str) -> None:
    register = tmp_path / "schools.csv"
    register.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="dfe_number"):
        Ingester(tmp_path / "records").ingest([inbox(tmp_path / "inbox", cedar=filled())], register)
    assert not (tmp_path / "records").exists()


def test_no_table_of_somebody_else_is_written_over(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    records.mkdir()
    (records / "schools.csv").write_text("dfe_number\n211/2101\n")
    with pytest.raises(RecordsError, match=r"schools\.csv that is not ours\. Choose another folder"):
        Ingester(records).ingest([inbox(tmp_path / "inbox", cedar=filled())], records / "schools.csv")
    assert [path.name for path in records.iterdir()] == ["schools.csv"]


def test_what_operating_systems_leave_in_folders_is_no_problem(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._cedar.pdf", "~$letter.docx"):
        (folder / name).write_bytes(name.encode())
    assert Ingester(tmp_path / "records").ingest([folder]).all_accepted
    found = {row["source"]: row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert len(found) == 6
    assert found["inbox/Thumbs.db"] == "not_a_form"


def test_every_pdf_is_kept_as_it_came(tmp_path: Path) -> None:
    records = tmp_path / "records"
    Ingester(records).ingest([shipped("samples") / "returns"])
    came = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (shipped("samples") / "returns").iterdir()}
    kept = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (records / "returns").iterdir()}
    assert set(kept) == came
    assert all(name == found for name, found in kept.items())


def test_nobody_else_can_read_the_records(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    records.mkdir(mode=0o755)
    Ingester(records).ingest([inbox(tmp_path / "inbox", cedar=filled())])
    for path in (records, *records.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_data_package_describes_every_column_of_every_table(tmp_path: Path) -> None:
    records = tmp_path / "records"
    Ingester(records).ingest([shipped("samples") / "returns"])
    package = json.loads((records / "datapackage.json").read_bytes())
    described = {one["path"]: [field["name"] for field in one["schema"]["fields"]] for one in package["resources"]}
    headers = {path.name: path.read_text(encoding="utf-8").splitlines()[0].split(",") for path in records.glob("*.csv")}
    assert described == headers
    contract = "membership_year,dfe_number,school_name,phases,registered_address,postcode,return_id"
    assert headers["schools.csv"] == contract.split(",")
    contract = "membership_year,dfe_number,role,position,designation,name,email,telephone,return_id"
    assert headers["contacts.csv"] == contract.split(",")


def test_odd_files_have_a_row_each_and_the_rest_goes_on(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    (folder / "notes.txt").write_text("=1+1", encoding="utf-8")
    (folder / "empty.pdf").touch()
    (folder / "deeper").mkdir()
    (folder / "deeper" / "elm.pdf").write_bytes(filled("2103"))
    (folder / "nowhere.pdf").symlink_to(folder / "gone.pdf")
    (folder / "loop").symlink_to(folder)
    (folder / "endless.pdf").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.pdf")
    Ingester(folder / "records").ingest([folder])
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


def test_a_file_that_can_be_read_at_last_is_no_longer_told_of_as_unreadable(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox"), tmp_path / "records"
    (folder / "cedar.pdf").symlink_to(tmp_path / "later.pdf")
    Ingester(records).ingest([folder])
    assert verdicts(records) == {"cedar": "unreadable"}
    (tmp_path / "later.pdf").write_bytes(filled())
    assert Ingester(records).ingest([folder]).all_accepted
    assert [row["verdict"] for row in rows(records / "returns.csv")] == ["accepted"]


def test_a_folder_that_cannot_be_searched_is_told_of() -> None:
    with tempfile.TemporaryDirectory() as name:
        shut = Path(name) / "inbox" / "shut"
        shut.mkdir(parents=True)
        Path(name).chmod(0o755)
        shut.chmod(0)
        found = as_somebody_else(lambda: [repr(found) for place in collect([shut.parent]) for found in fetch(place)])
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


def test_a_folder_of_somebodys_own_keeps_its_modes(tmp_path: Path, filled: Filled) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    (home / "letter.txt").touch()
    Ingester(home).ingest([inbox(tmp_path / "inbox", cedar=filled())])
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.glob("*.*") if path.suffix != ".txt"} == {0o600}


def test_two_hundred_returns_in_one_run(tmp_path: Path, filled: Filled) -> None:
    folder = tmp_path / "inbox"
    originals = {school[0]: filled(school[0]) for school in SCHOOLS}
    inbox(folder, **{f"{number}-{n}": data + b"%" * n for number, data in originals.items() for n in range(17)})
    summary = Ingester(tmp_path / "records").ingest([folder])
    assert summary.new == 204
    assert summary.verdicts == {"accepted": 12, "superseded": 192}


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_private(path, b"old")
    with pytest.raises(TypeError):
        write_private(path, "not bytes")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"table.csv": b"old"}


@given(st.binary(max_size=40), st.lists(st.binary(max_size=12), max_size=5))
def test_a_table_written_in_pieces_holds_just_these_whatever_was_there(before: bytes, pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.csv"
        path.write_bytes(before)
        is_same = holds(path, pieces)
        renew_private(path, pieces)
        assert path.read_bytes() == b"".join(pieces)
        assert is_same is (before == b"".join(pieces))
        assert [one.name for one in path.parent.iterdir()] == ["table.csv"]


def test_a_table_that_shrinks_while_it_is_compared_is_an_error_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"abcdef")

    def pieces() -> Iterator[bytes]:
        yield b"abc"
        path.write_bytes(b"a")
        yield b"XYZ"

    with pytest.raises(OSError, match="changed"):
        renew_private(path, pieces())
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"table.csv": b"a"}


def test_a_pdf_that_is_kept_already_is_only_replaced_by_one_that_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append(os.fstat(handle).st_size)
        fsync(handle)

    archive = Archive(tmp_path)
    archive.add("0" * 64, b"%PDF-")
    archive.settle()
    monkeypatch.setattr(os, "fsync", watched)
    archive.add("1" * 64, b"%PDF-new")
    assert synced == []
    archive.add("0" * 64, b"%PDF-")
    assert synced == [5]


def test_a_run_that_brings_nothing_new_touches_no_table_and_mends_one_that_was_changed(
    tmp_path: Path, filled: Filled
) -> None:
    folder, records = inbox(tmp_path / "inbox", cedar=filled()), tmp_path / "records"
    Ingester(records).ingest([folder])
    contacts = records / "contacts.csv"
    before, data = {name: (records / name).stat().st_mtime_ns for name in written(records)}, contacts.read_bytes()
    assert len(before) == 8
    contacts.write_bytes(data + b"changed by hand")
    Ingester(records).ingest([folder])
    assert {name for name in before if (records / name).stat().st_mtime_ns != before[name]} == {"contacts.csv"}
    assert contacts.read_bytes() == data


def test_what_could_not_be_opened_stands_among_the_others_by_where_it_came_from(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", a=filled(), c=filled("2103"))
    (folder / "b.pdf").symlink_to(tmp_path / "nowhere")
    shutil.copy(folder / "a.pdf", folder / "d.pdf")
    Ingester(tmp_path / "records").ingest([folder])
    found = [(Path(row["source"]).stem, row["verdict"]) for row in rows(tmp_path / "records" / "returns.csv")]
    assert found == [("a", "accepted"), ("b", "unreadable"), ("c", "accepted"), ("d", "duplicate")]


def test_a_folder_is_not_where_forms_come_from_and_where_the_records_go(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    with pytest.raises(SourceError, match="Choose another folder"):
        Ingester(folder).ingest([folder])
    assert [path.name for path in folder.iterdir()] == ["cedar.pdf"]


def test_records_that_have_lost_their_ledger_are_not_begun_anew(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox", cedar=filled()), tmp_path / "records"
    Ingester(records).ingest([folder])
    (records / "ledger.sqlite").unlink()
    before = written(records)
    with pytest.raises(RecordsError, match="Put back a copy"):
        Ingester(records).ingest([inbox(tmp_path / "more", elm=filled("2103"))])
    with pytest.raises(RecordsError, match="Put back a copy"):
        Ledger(records)
    with pytest.raises(RecordsError, match="Put back a copy"):
        Ledger.existing(records)
    assert written(records) == before
    assert not (records / "ledger.sqlite").exists()
    Ingester(tmp_path / "again").ingest([records / "returns"])
    assert (tmp_path / "again" / "schools.csv").read_bytes() == (records / "schools.csv").read_bytes()


def test_progress_sees_every_file(tmp_path: Path, filled: Filled) -> None:
    seen: list[str] = []

    def watch(places: Sequence[Place]) -> Iterable[Place]:
        for place in places:
            seen.append(place.source)
            yield place

    Ingester(tmp_path / "records").ingest([inbox(tmp_path / "inbox", cedar=filled())], progress=watch)
    assert seen == ["inbox/cedar.pdf"]


def test_a_ledger_in_use_is_told_of_and_nothing_is_half_written(
    tmp_path: Path, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thep_forms.keep.database.PATIENCE", 0.1)
    records = tmp_path / "records"
    Ingester(records).ingest([inbox(tmp_path / "inbox", cedar=filled())])
    before = written(records)
    with sqlite3.connect(records / "ledger.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RecordsError, match="Another run"):
            Ingester(records).ingest([inbox(tmp_path / "more", elm=filled("2103"))])
        other.execute("ROLLBACK")
    other.close()
    assert written(records) == before
    Ingester(records).ingest([tmp_path / "more"])
    assert verdicts(records) == {"cedar": "accepted", "elm": "accepted"}
