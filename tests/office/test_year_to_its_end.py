"""A hundred schools and forty awkward returns: the commands that `ingest` prints bring the year to its end."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pytest

from tests.conftest import inbox, ingest, rows
from tests.remake_samples import by_pypdf, dated, letter, locked
from tests.support import photographs, printers
from tests.support.changing import changed
from tests.support.commands import run, table
from tests.support.deciding import decide
from tests.support.packing import zipped
from tests.support.viewer import type_into, typed
from thep_forms.definition import MembershipYear, load_definition
from thep_forms.generate import Master, generate

US = "membership@thepartnership.example"
LAST, YEAR, NEXT = "2025-26", "2026-27", "2027-28"
NUMBERS = [str(number) for number in range(2200, 2300)]
ROUNDS = 8
OLD_CHAIR, NEW_CHAIR = "Priya Rahman", "Edith Newly-Elected"
Answers = dict[str, str | bool]

FIRST_NAMES, LAST_NAMES = ("Alexis", "Bo", "Chris", "Dana", "Eli"), ("Adair", "Bell", "Cole", "Dunn")
HEADTEACHERS = {
    number: f"{FIRST_NAMES[place % 5]} {LAST_NAMES[place % 4]}{place}".rstrip("0123456789") + "son" * (place // 20)
    for place, number in enumerate(NUMBERS)
}
HEADTEACHERS |= {"2244": "Nguyễn Thị Ánh", "2245": "Ifẹ́olúwa O’Neill"}
LETTERS = "ABDEFGHJLN"  # of postcodes
TREES = ("Ash", "Birch", "Cherry", "Damson", "Elder", "Fir", "Gorse", "Hazel", "Iris", "Juniper")
PLACES = ("Hill", "Lane", "Park", "Vale", "Wood", "Field", "Bridge", "Brook", "Green", "Common")


def school_name(number: str) -> str:
    return f"{TREES[int(number[2])]} {PLACES[int(number[3])]} Primary School"


def answers(number: str, **changes: str | bool) -> Answers:
    """What the school would answer."""
    domain = f"school{number}.example"
    return {
        "school_name": school_name(number),
        "phase_primary": True,
        "dfe_number": number,
        "registered_address": f"{number} Mile End Road\nLondon\nE1 4{LETTERS[int(number[2])]}{LETTERS[int(number[3])]}",
        "main_contact_designation": "Headteacher",
        "main_contact_name": HEADTEACHERS[number],
        "main_contact_email": f"head@{domain}",
        "main_contact_telephone": f"020 7946 0{number[1:]}",
        "chair_of_governors_name": NEW_CHAIR,
        "business_manager_name": "Jo Lindqvist",
        "business_manager_email": f"office@{domain}",
    } | changes


# --- what comes back ------------------------------------------------------------------------------------------------


class Office:
    """The members' list, our copies, and the folder into which everything that comes back is saved."""

    def __init__(self, folder: Path) -> None:
        self.members, self.inbox, self.records = folder / "members.csv", folder / "inbox", folder / "records"
        self.inbox.mkdir()
        self.blank = generate(load_definition(YEAR))
        self.master = Master(load_definition(YEAR).for_copies)
        with self.members.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("dfe_number", "school_name", "phases", "email"))
            for number in NUMBERS:
                writer.writerow((number, school_name(number), "primary", f"office@school{number}.example"))

    def copy(self, number: str) -> bytes:
        return self.master.copy(answers(number, chair_of_governors_name=OLD_CHAIR), f"211/{number}")

    def filled(self, number: str, **changes: str | bool) -> bytes:
        return type_into(self.blank, answers(number, **changes))

    def corrected_copy(self, number: str, **changes: str | bool) -> bytes:
        return type_into(self.copy(number), answers(number, **changes))

    def save(self, number: str, kind: str, data: bytes, ending: str = "pdf") -> None:
        (self.inbox / f"{number} {kind}.{ending}").write_bytes(data)

    def message(self, number: str, kind: str, text: str, sender: str = "", **files: bytes) -> None:
        made = EmailMessage()
        made["From"], made["To"] = sender or f"office@school{number}.example", US
        made["Subject"], made["Date"] = kind, "Wed, 6 May 2026 10:00:00 +0100"
        made.set_content(text)
        for name, data in files.items():
            made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name.replace("_", "."))
        self.save(number, kind, made.as_bytes(), "eml")


def emptied(filled: Answers) -> Answers:
    """What empties each of these boxes."""
    return {name: False if value is True else "" for name, value in filled.items()}


def another_value(name: str) -> Callable[[pikepdf.Pdf], None]:
    """A change of a box's value, whose appearance still shows the old one."""

    def change(pdf: pikepdf.Pdf) -> None:
        for field in pdf.Root.AcroForm.Fields:
            if str(field.T) == name:
                field.V = pikepdf.String("somebody else")

    return change


def of_two_schools(first: bytes, second: bytes) -> bytes:
    """A print of two schools' forms in one file."""
    return printers.joined(printers.by_qpdf(first), printers.by_qpdf(second))


def come_back(office: Office) -> None:
    """Forty returns: fine ones first, then those that a person has to finish."""
    for number in NUMBERS[:8]:
        office.save(number, "fine", by_pypdf(office.filled(number)))
    office.save("2208", "fine copy", office.corrected_copy("2208"))
    office.save("2209", "printed copy", printers.by_qpdf(office.corrected_copy("2209")))
    office.save("2210", "untouched copy", office.copy("2210"))
    office.save("2211", "no email", office.filled("2211", main_contact_email="head at school"))
    office.save("2212", "no chair", office.filled("2212", chair_of_governors_name=""))
    office.save("2213", "no phase", office.filled("2213", phase_primary=False))
    office.save("2214", "number of nobody", office.filled("2214", dfe_number="9999"))
    office.save("2215", "number of another school", office.filled("2215", dfe_number="2216"))
    office.save("2217", "number of another authority", office.filled("2217", dfe_number="212/2217"))
    office.save("2218", "no number", office.filled("2218", dfe_number=""))
    office.save("2219", "form of last year", type_into(generate(load_definition(LAST)), answers("2219")))
    office.save("2220", "scanned copy", printers.scanned(office.corrected_copy("2220")))
    office.save("2221", "scanned blank form", printers.scanned(office.filled("2221")))
    office.save(
        "2222", "photograph of a copy", photographs.photograph(office.corrected_copy("2222"), width=2000), "jpg"
    )
    office.message("2223", "nothing changed", "Nothing to change this year.")
    office.message("2224", "answers in the text", "Our chair is Edith Newly-Elected now.")
    office.message("2225", "link", "Here it is: https://1drv.ms/b/abc")
    office.message("2226", "Word file", "Please see attached.", form_docx=zipped({"word/document.xml": b"<w/>"}))
    office.save("2227", "blank copy", type_into(office.copy("2227"), emptied(answers("2227"))))
    office.save("2228", "locked", locked(office.filled("2228")))
    office.save("2229", "cut short", office.filled("2229")[:-30_000])
    office.save("2230", "first of two", office.filled("2230", main_contact_name="Former Head"))
    office.save("2230", "second of two", office.filled("2230"))
    office.message("2231", "newsletter", "News of the week", sender="news@shop.example", flyer_pdf=letter())
    office.save("2232", "summer fair", letter())
    office.save("2233", "damaged zip", zipped({"form.pdf": office.filled("2233")})[:-200], "zip")
    office.save("2234", "changed value", changed(office.filled("2234"), another_value("chair_of_governors_name")))
    no_answers = {"business_manager_telephone": "N/A", "business_manager_email": "as above"}
    office.save("2235", "no answers in boxes", office.filled("2235", **no_answers))
    office.save("2236", "other school's copy", type_into(office.copy("2237"), answers("2236")))
    office.save("2238", "two queries", office.filled("2238", main_contact_telephone="020 7946 0101 or 07700 900123"))
    both = of_two_schools(office.filled("2239"), office.filled("2240", chair_of_governors_name=""))
    office.save("2239", "two schools", both)
    office.save("2241", "faulty, then right", dated(office.filled("2241", main_contact_email="head@"), "20260501"))
    office.save("2241", "right", dated(office.filled("2241"), "20260502"))
    office.message("2242", "automatic", "I am on leave.", chair_txt=b"x")
    office.save("2244", "names in other scripts", office.filled("2244"))
    office.save("2245", "names with accents", by_pypdf(office.filled("2245")))


# --- what the office does -------------------------------------------------------------------------------------------


def commands(printed: str) -> list[list[str]]:
    """The commands that `ingest` printed."""
    return [shlex.split(line) for line in printed.splitlines() if line.strip().startswith("thep-forms ")]


def finished(words: list[str], office: Office) -> list[str]:
    """A command of the list, with what the office knows in the place of each `…`."""
    number = school_of(words, office)
    right = {name: "yes" if value is True else str(value) for name, value in answers(number).items()}
    right["phases"] = right.pop("phase_primary") and "primary"
    del right["dfe_number"]
    done: list[str] = []
    for word in words[1:]:
        if word == "FIELD=…":
            done += [f"{field}={answer}" for field, answer in right.items()]
        elif word.endswith("=…"):
            field = word.removesuffix("=…")
            done.append(f"{field}={right[field]}")
        elif word == "…":
            done.append({"--school": number, "--year": YEAR}.get(done[-1], "a reason"))
        else:
            done.append(word)
    return done


def school_of(words: list[str], office: Office) -> str:
    """The school that the subject of a command belongs to: the file's name begins with its number."""
    _, command, subject, *_ = words
    if command == "enter":
        return subject.removeprefix("211/")
    row = returned(office, subject)
    if "two schools" in row["source"]:
        return row["dfe_number"].removeprefix("211/")
    return row["source"].partition("/")[2][:4]


def returned(office: Office, return_id: str) -> dict[str, str]:
    """The first row of a return."""
    return next(row for row in rows(office.records / "returns.csv") if row["return_id"] == return_id)


def is_wanted(words: list[str], office: Office) -> bool:
    """Whether the office does it: of two forms that conflict it prefers the second."""
    return words[1] != "prefer" or "second" in returned(office, words[2])["source"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The office after its year: everything that came back is settled, by the commands of the list alone."""
    office = Office(tmp_path_factory.mktemp("office"))
    of_last_year = generate(load_definition(LAST))
    before = {
        number: type_into(of_last_year, answers(number, chair_of_governors_name=OLD_CHAIR))
        for number in ("2210", "2223", "2224")
    }
    last = inbox(office.records.parent / "last", **before)
    ingest(office.records, [last], register=office.members, year=MembershipYear.parse(LAST))
    drafts = office.records.parent / "drafts"
    assert run("email", YEAR, "-o", office.records, "--schools", office.members, "--drafts", drafts).exit_code == 0
    come_back(office)
    settle(office)
    settle_queries(office)
    return office


def settle(office: Office) -> None:
    """Do what the list says until it is empty."""
    for _ in range(ROUNDS):
        result = run("ingest", office.inbox, "-o", office.records, "--year", YEAR)
        listed = [words for words in commands(result.stderr) if is_wanted(words, office)]
        if not listed:
            assert result.exit_code == 0, result.stderr
            return
        for words in listed:
            done = run(*finished(words, office))
            assert done.exit_code == 0, (words, done.stderr)
    raise AssertionError("the list is not empty")


def settle_queries(office: Office) -> None:
    """Correct the answer that its box shows differently, as the school told, and confirm all other answers."""
    accepted = {row["return_id"] for row in rows(office.records / "returns.csv") if row["verdict"] == "accepted"}
    asked = [row for row in rows(office.records / "problems.csv") if row["return_id"] in accepted]
    (shown,) = (row for row in asked if row["code"] == "value_shown_differently")
    decide("correct", office.records, shown["return_id"], f"{shown['field']}={NEW_CHAIR}")
    for return_id in sorted({row["return_id"] for row in asked} - {shown["return_id"]}):
        decide("confirm", office.records, return_id)


def of_year(table_name: str, office: Office, year: str = YEAR) -> list[dict[str, str]]:
    return [row for row in rows(office.records / f"{table_name}.csv") if row["membership_year"] == year]


def test_every_school_that_answered_is_accepted_and_no_other(office: Office) -> None:
    listed = table(run("status", YEAR, "-o", office.records, "--csv"))
    accepted = {row["dfe_number"][4:] for row in listed if row["status"] == "accepted"}
    answered = {path.name[:4] for path in office.inbox.iterdir()} | {"2240"}
    assert accepted == answered - {"2231", "2232"}  # a newsletter, and a summer fair
    assert {row["status"] for row in listed} == {"accepted", "drafted"}


def test_the_people_are_those_that_the_schools_named(office: Office) -> None:
    contacts = of_year("contacts", office)
    heads = {row["dfe_number"][4:]: row["name"] for row in contacts if row["role"] == "headteacher"}
    assert heads == {number: HEADTEACHERS[number] for number in heads}
    assert len(heads) == len(of_year("schools", office)) > 40
    chairs = {row["dfe_number"][4:]: row["name"] for row in contacts if row["role"] == "chair_of_governors"}
    unchanged = {number for number, name in chairs.items() if name == OLD_CHAIR}
    assert unchanged == {"2210", "2223"}  # these schools said that nothing has changed
    assert {name for number, name in chairs.items() if number not in unchanged} == {NEW_CHAIR}


def test_nothing_needs_anybody_any_more_and_each_word_is_on_record(office: Office) -> None:
    accepted = {row["return_id"] for row in rows(office.records / "returns.csv") if row["verdict"] == "accepted"}
    assert not {row["return_id"] for row in rows(office.records / "problems.csv")} & accepted
    decisions = rows(office.records / "decisions.csv")
    assert {row["action"] for row in decisions} == {"assign", "close", "confirm", "correct", "enter", "prefer"}
    assert all(row["who"] and row["at"] for row in decisions)
    result = run("verify", "-o", office.records)
    assert (result.exit_code, "There are no faults" in result.stderr) == (0, True), result.stderr


def test_the_next_year_is_made_from_the_same_folder(office: Office, tmp_path: Path) -> None:
    result = run("email", NEXT, "-o", office.records, "--schools", office.members, "--drafts", tmp_path / "drafts")
    assert "100 new drafts" in result.stderr
    made = run("generate", NEXT, "-o", tmp_path / "forms", "--records", office.records)
    assert made.exit_code == 0, made.stderr
    for number in ("2210", "2219", "2225", "2244", "2212"):
        (copy,) = (tmp_path / "forms").glob(f"{NEXT} 211-{number}*")
        known = typed(copy.read_bytes())
        assert known["main_contact_name"] == HEADTEACHERS[number]
        assert known["chair_of_governors_name"] == (OLD_CHAIR if number == "2210" else NEW_CHAIR)
