"""One person is erased everywhere; what is held of other people, and where the schools stand, stays."""

from __future__ import annotations

import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.records.test_killed import run_killed, touched
from tests.remake_samples import answers
from tests.support.commands import program, run
from tests.support.deciding import decide, last_decision, return_id, standing, value
from tests.support.packing import mail, mbox
from tests.support.printers import joined, scanned
from tests.support.viewer import type_into
from tests.support.writing import CEDAR
from thep_forms.definition import load_definition
from thep_forms.generate import Master, generate
from thep_forms.records import Ledger, Sent, SentKind, SentState
from thep_forms.records.names import LAST_RUN

Filled = Callable[..., bytes]
MAY_3 = "Sun, 3 May 2026 10:00:00 +0100"
ANN: dict[str, str | bool] = {
    "chair_of_governors_name": "Ms Ánn Lee",
    "chair_of_governors_email": "al27@cedar.example",
    "chair_of_governors_telephone": "07700 900123",
}
TRACES = ("Ann Lee", "ann.lee", "Ánn", "al27", "900123")  # of the person, in any file
LIST = f"""dfe_number,school_name,phases,email,main_contact_name,main_contact_email
2101,Cedar Primary School,primary,{CEDAR};ann.lee@cedar.example,Ann Lee,ann.lee@cedar.example
2103,Elm Tree Primary School,primary,head@elm.example,Kit Lee,head@elm.example
"""


def forget(records: Path, words: str = "Ann Lee") -> str:
    result = run("forget", "-o", records, "--person", words, "--yes")
    assert result.exit_code == 0, result.stderr
    return result.stderr


def traces(records: Path, texts: tuple[str, ...] = TRACES) -> set[tuple[str, str]]:
    """The files of the records, and of the workbook, that hold one of the texts in any encoding; and the text."""
    files = {path.relative_to(records).as_posix(): path.read_bytes() for path in records.rglob("*") if path.is_file()}
    with zipfile.ZipFile(records / "records.xlsx") as workbook:
        files |= {name: workbook.read(name) for name in workbook.namelist()}
    found: set[tuple[str, str]] = set()
    for name, data in files.items():
        for text in texts:
            if any(text.encode(codec) in data for codec in ("utf-8", "utf-16-be", "utf-16-le")):
                found.add((name, text))
    return found


def letter(sender: str, files: dict[str, bytes]) -> EmailMessage:
    """A message from that sender, with files or without."""
    if files:
        message = mail(files, sent=MAY_3)
        message.replace_header("From", sender)
        return message
    message = EmailMessage()
    message["From"], message["To"], message["Date"] = sender, "us@example.org", MAY_3
    message.set_content("Dear all")
    return message


@pytest.fixture
def everywhere(records: Path, schools: Path, tmp_path: Path, filled: Filled) -> Path:
    """Records in which Ann stands wherever a person can: forms, file names, senders, a list, decisions, messages."""
    schools.write_text(LIST, encoding="utf-8")
    source = inbox(
        tmp_path / "inbox",
        **{"Ann Lee, cedar": filled("2101", **ANN), "elm": filled("2103", main_contact_telephone="07700 900777")},
    )
    box = [letter("Al27@cedar.example", {"form.pdf": filled("2103", headteacher_name="Cy Brook")})]
    box.append(letter("al27@cedar.example", {}))
    box.append(letter("al27@cedar.example", {"ann lee.docx": b"PK\x03\x04" + bytes(50)}))
    mbox(source / "mail.mbox", box)
    ingest(records, [source], register=schools)
    decide("prefer", records, return_id(records, "elm"))
    decide("correct", records, return_id(records, "elm"), "business_manager_name=Ann Lee", why="Ann Lee rang")
    decide("confirm", records, return_id(records, "elm"), why="says al27@cedar.example")
    decide("note", records, "211/2103", "ask Ann Lee, 07700 900123")
    with Ledger(records) as ledger, ledger.transaction():
        at = next(arrival.received_at for arrival in ledger.arrivals() if arrival.received_at)
        for number, addresses in (("211/2101", f"{CEDAR};al27@cedar.example"), ("211/2103", "ann.lee@cedar.example")):
            ledger.note_sent(Sent("2026-27", number, at, SentKind.FORM, SentState.SENT, addresses))
    decide("note", records, "211/2103", "ask Cy Brook", by="Ann Lee")
    return records


# --- everywhere ----------------------------------------------------------------------------------------------------


def test_no_byte_of_the_person_is_left(everywhere: Path) -> None:
    assert {text for _, text in traces(everywhere)} >= {"Ann Lee", "Ánn", "al27", "900123", "ann.lee"}
    (everywhere / "ledger-version-9.sqlite").write_bytes(b"Ann Lee")
    assert "1 ledger that an earlier version of the program wrote" in forget(everywhere)
    assert traces(everywhere) == set()
    assert run("find", "Ann Lee", "-o", everywhere).stdout == "Nothing is held about “Ann Lee”.\n"


def test_an_address_by_which_senders_are_known_is_in_no_file_after_that(
    records: Path, tmp_path: Path, filled: Filled
) -> None:
    """Whose a message without a form is, addresses in forms tell: they are kept beside the ledger for the next run."""
    form, box = filled("2101", **ANN), [letter("somebody@else.example", {})]
    ingest(records, [inbox(tmp_path / "inbox", cedar=form), mbox(tmp_path / "mail.mbox", box)])
    assert (LAST_RUN, "al27") in traces(records)
    forget(records)
    assert traces(records) == set()


def test_records_are_whole_after_that(everywhere: Path) -> None:
    forget(everywhere)
    result = run("verify", "--deep", "-o", everywhere)
    assert (result.exit_code, result.stderr.count("\n")) == (0, 1)


def test_what_was_said_of_other_people_stays(everywhere: Path) -> None:
    before = {(row["role"], row["name"], row["telephone"]) for row in rows(everywhere / "contacts.csv")}
    forget(everywhere)
    after = {(row["role"], row["name"], row["telephone"]) for row in rows(everywhere / "contacts.csv")}
    gone = {name for _, name, _ in before - after}
    assert gone == {"Ms Ánn Lee", "Ann Lee"}
    assert after <= before
    assert [row["why"] for row in rows(everywhere / "decisions.csv") if row["action"] == "note"] == ["ask Cy Brook"]
    with Ledger(everywhere) as ledger:
        assert [sent.addresses for sent in ledger.sent()] == [CEDAR, "(forgotten)"]
        cedar, elm = ledger.listed_schools("2026-27")
    assert (cedar.email, cedar.record.contacts) == (CEDAR, ())
    assert elm.record.contacts[0].parts["name"] == "Kit Lee"


def test_the_file_goes_and_its_answers_stay(records: Path, tmp_path: Path, filled: Filled) -> None:
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN), fillan=filled("3204"))])
    cedar = return_id(records, "cedar")
    before = value(records, cedar, "main_contact_name")
    assert "1 PDF" in forget(records)
    assert len(list((records / "returns").iterdir())) == 1
    assert value(records, cedar, "main_contact_name") == before
    fields = {row["field"] for row in rows(records / "values.csv") if row["return_id"] == cedar}
    assert not any(field.startswith("chair_of_governors") for field in fields)
    assert "chair_of_governors" not in {
        row["role"] for row in rows(records / "contacts.csv") if row["return_id"] == cedar
    }


def test_a_school_whose_chair_is_erased_stays_accepted(records: Path, tmp_path: Path, filled: Filled) -> None:
    ann = {"main_contact_name": "Ann Lee", "main_contact_email": "ann.lee@cedar.example"}
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN, **ann))])
    forget(records)
    assert [row["verdict"] for row in rows(records / "returns.csv")] == ["accepted"]
    assert [row["dfe_number"] for row in rows(records / "schools.csv")] == ["211/2101"]
    assert rows(records / "problems.csv") == []
    decision = last_decision(records)
    assert decision["action"] == "confirm"
    assert decision["why"] == "The answer was deleted, because a person asked to be forgotten."


def test_a_return_with_a_fault_keeps_its_fault(records: Path, tmp_path: Path, filled: Filled) -> None:
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN, main_contact_email="nobody@@cedar"))])
    forget(records)
    assert [row["code"] for row in rows(records / "problems.csv")] == ["email_invalid"]
    assert [row["verdict"] for row in rows(records / "returns.csv")] == ["needs_attention"]


def test_a_copy_that_came_back_unchanged_is_still_no_answer(records: Path, tmp_path: Path) -> None:
    copy = Master(load_definition("2026-27").for_copies).copy(answers("2101", **ANN), "211/2101")
    ingest(records, [inbox(tmp_path / "inbox", cedar=copy)])
    forget(records)
    assert [row["code"] for row in rows(records / "problems.csv") if row["severity"] == "error"] == ["copy_unchanged"]
    assert traces(records) == set()


def test_what_was_corrected_is_erased_as_it_came_and_as_it_is(records: Path, tmp_path: Path, filled: Filled) -> None:
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN), elm=filled("2103"))])
    decide("correct", records, return_id(records, "cedar"), "chair_of_governors_name=Zoe Hill")
    decide("correct", records, return_id(records, "elm"), "chair_of_governors_name=Ann Lee")
    before = value(records, return_id(records, "elm"), "chair_of_governors_name")["raw"]
    forget(records)
    chair = value(records, return_id(records, "cedar"), "chair_of_governors_name")
    assert (chair["raw"], chair["value"]) == ("", "Zoe Hill")
    chairs = [row["name"] for row in rows(records / "contacts.csv") if row["role"] == "chair_of_governors"]
    assert "Zoe Hill" in chairs
    assert before not in chairs  # what had been wrong does not count again
    assert ("ledger.sqlite", "Ann Lee") not in traces(records)


def test_what_the_office_entered_is_erased(records: Path, schools: Path, tmp_path: Path) -> None:
    ingest(records, [inbox(tmp_path / "empty")], register=schools)
    words = ["school_name=Cedar Primary School", "phases=primary", "main_contact_name=Jo Ali"]
    words += ["main_contact_email=jo@cedar.example", "chair_of_governors_name=Ann Lee"]
    decide("enter", records, "2101", "2026-27", *words, why="Ann Lee rang")
    assert standing(records, "2101") == "accepted"
    forget(records)
    assert standing(records, "2101") == "accepted"
    assert traces(records) == set()
    assert run("verify", "-o", records).exit_code == 0


def test_a_person_of_two_schools_and_years_is_erased_in_all(
    records: Path, tmp_path: Path, form: bytes, filled: Filled
) -> None:
    earlier = type_into(generate(load_definition("2025-26")), answers("2101", **ANN))
    both = joined(type_into(form, answers("2101", **ANN)), type_into(form, answers("3204", **ANN)))
    ingest(records, [inbox(tmp_path / "inbox", earlier=earlier, both=both, elm=filled("2103"))])
    before = [(row["membership_year"], row["dfe_number"], row["verdict"]) for row in rows(records / "returns.csv")]
    told = forget(records)
    assert "2 PDFs" in told
    for school in ("Cedar Primary School (211/2101)", "St Fillan’s Church of England Primary School (211/3204)"):
        assert school in told
    assert "Elm" not in told
    assert traces(records) == set()
    after = [(row["membership_year"], row["dfe_number"], row["verdict"]) for row in rows(records / "returns.csv")]
    assert after == before


# --- who it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["al27@cedar.example", "07700 900123", "ánn LEE"])
def test_a_person_goes_by_address_and_number_too(records: Path, tmp_path: Path, filled: Filled, words: str) -> None:
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN))])
    forget(records, words)
    assert traces(records) == set()


def test_an_address_that_others_have_too_stays_theirs(records: Path, tmp_path: Path, filled: Filled) -> None:
    shared = {"chair_of_governors_email": "office@cedar.example", "main_contact_email": "office@cedar.example"}
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", chair_of_governors_name="Ann Lee", **shared))])
    assert "Others have the address office@cedar.example too" in forget(records)
    assert [row["email"] for row in rows(records / "contacts.csv")].count("office@cedar.example") == 2


def test_another_person_with_a_part_of_the_name_stays(records: Path, tmp_path: Path, filled: Filled) -> None:
    people = {
        "chair_of_governors_name": "Joann Lee",
        "headteacher_name": "Ann Leeson",
        "business_manager_name": "Lee Ash",
    }
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **people))])
    before = (records / "contacts.csv").read_bytes()
    assert "so there is nothing to erase" in forget(records)
    assert (records / "contacts.csv").read_bytes() == before


def test_a_school_that_is_called_after_the_person_keeps_its_name(records: Path, tmp_path: Path, filled: Filled) -> None:
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN, school_name="The Ann Lee School"))])
    told = forget(records)
    assert "School Name" not in told
    assert [row["school_name"] for row in rows(records / "schools.csv")] == ["The Ann Lee School"]
    assert "Ms Ánn Lee" not in {row["name"] for row in rows(records / "contacts.csv")}


def test_several_names_that_fit_are_listed_before_they_go(records: Path, tmp_path: Path, filled: Filled) -> None:
    people = {"chair_of_governors_name": "Ann Lee", "headteacher_name": "Bruce Lee"}
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **people))])
    result = run("forget", "-o", records, "--person", "Lee", input="n\n")
    assert "The words fit several names: Ann Lee; Bruce Lee." in result.stderr


def test_files_that_nobody_can_search_are_named_and_stay(records: Path, tmp_path: Path, filled: Filled) -> None:
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN), broken=b"%PDF-1.7 broken")])
    told = forget(records)
    assert "Not searched, and not deleted: 1 file" in told
    assert "broken.pdf" in told
    assert len(list((records / "returns").iterdir())) == 1


def test_a_file_in_which_somebody_saw_the_person_goes_when_it_is_given(
    records: Path, tmp_path: Path, filled: Filled
) -> None:
    source = inbox(tmp_path / "inbox", cedar=filled("2101", **ANN), broken=b"%PDF-1.7 broken")
    ingest(records, [source])
    broken = return_id(records, "broken")
    result = run("forget", "-o", records, "--person", "Ann Lee", "--file", broken, "--yes")
    assert "2 PDFs" in result.stderr
    assert "Not searched" not in result.stderr
    assert list((records / "returns").iterdir()) == []
    assert run("verify", "-o", records).exit_code == 0
    assert "2 files were deleted with forget before" in run("ingest", source, "-o", records).stderr


@pytest.mark.parametrize("words", [["--person", "Ann Lee", "--file", "0123456789abcdef"], ["--file", "0" * 16]])
def test_a_file_that_does_not_exist_or_without_a_person_is_refused(everywhere: Path, words: list[str]) -> None:
    result = run("forget", "-o", everywhere, "--yes", *words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert traces(everywhere)


def test_the_scan_from_which_the_person_was_entered_goes(
    records: Path, schools: Path, tmp_path: Path, filled: Filled
) -> None:
    ingest(records, [inbox(tmp_path / "inbox", scan=scanned(filled("2101", **ANN)))], register=schools)
    scan = return_id(records, "scan")
    decide("assign", records, scan, "--school", "2101", "--year", "2026-27")
    words = ["school_name=Cedar Primary School", "phases=primary", "main_contact_name=Jo Ali"]
    words += ["main_contact_email=jo@cedar.example", "chair_of_governors_name=Ann Lee"]
    decide("enter", records, "2101", "2026-27", *words, why="typed from the scan")
    assert "1 PDF" in forget(records)
    assert list((records / "returns").iterdir()) == []
    assert traces(records) == set()
    assert standing(records, "2101") == "accepted"
    assert run("verify", "-o", records).exit_code == 0


def test_the_name_goes_from_an_address_and_the_rest_stays(records: Path, tmp_path: Path, filled: Filled) -> None:
    address = "c/o Ann Lee\n3 Cedar Road\nLondon\nE2 0AC"
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", registered_address=address))])
    forget(records)
    assert traces(records) == set()
    assert [row["postcode"] for row in rows(records / "schools.csv")] == ["E2 0AC"]


# --- asked first, and finished -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "code"), [("n\n", 0), ("", 2)])
def test_nothing_is_changed_unless_it_is_confirmed(everywhere: Path, answer: str, code: int) -> None:
    before = {path: path.read_bytes() for path in everywhere.rglob("*") if path.is_file()}
    result = run("forget", "-o", everywhere, "--person", "Ann Lee", input=answer)
    assert result.exit_code == code
    assert "  Cedar Primary School (211/2101)\n" in result.stderr
    assert "  Elm Tree Primary School (211/2103)\n" in result.stderr
    assert "List of schools of 2026-27: Details of Main Contact for all mailings; Where to write" in result.stderr
    assert {path: path.read_bytes() for path in everywhere.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("words", [["--person", ""], ["--person", " - "], ["--person", "Ann", "--strays"]])
def test_a_person_without_words_or_with_another_choice_is_refused(everywhere: Path, words: list[str]) -> None:
    result = run("forget", "-o", everywhere, "--yes", *words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_a_run_killed_at_any_moment_is_finished_by_the_next(everywhere: Path, tmp_path: Path) -> None:
    records = tmp_path / "killed"
    command = ["forget", "-o", str(records), "--person", "Ann Lee", "--yes"]
    moments = random.Random(1)
    killed = 0
    while killed < 6:
        shutil.copytree(everywhere, records)
        killed += run_killed(command, touched(records / "returns"), moments.uniform(0, 0.1))
        subprocess.run(program(*command), stderr=subprocess.DEVNULL, check=True)
        assert traces(records) == set()
        assert run("verify", "-o", records).exit_code == 0
        shutil.rmtree(records)


# --- it stays so ---------------------------------------------------------------------------------------------------


def test_the_same_files_and_messages_bring_nothing_of_the_person_back(everywhere: Path, tmp_path: Path) -> None:
    forget(everywhere)
    before = (everywhere / "returns.csv").read_bytes()
    moved = tmp_path / "moved"
    shutil.copytree(tmp_path / "inbox", moved)
    for source in (tmp_path / "inbox", moved / "mail.mbox", moved / "Ann Lee, cedar.pdf"):
        assert "deleted with forget before, so not taken in again." in run("ingest", source, "-o", everywhere).stderr
    assert traces(everywhere) == set()
    assert (everywhere / "returns.csv").read_bytes() == before
    assert len(list((everywhere / "returns").iterdir())) == 1
    assert run("verify", "-o", everywhere).exit_code == 0
