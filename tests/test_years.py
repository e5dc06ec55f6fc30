"""The year that the office collects: a form of an earlier year in it is an error, and each year has its register."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import run, table
from tests.conftest import Rows, ingest, prefer, record_files, rows, verdicts
from tests.packing import mail, mailed
from tests.remake_samples import SCHOOLS, answers
from tests.viewer import type_into, typed
from thep_forms.definition import MembershipYear, load_definition
from thep_forms.generate import Master, generate

LAST, THIS = MembershipYear(2025), MembershipYear(2026)
Filled = Callable[..., bytes]


@pytest.fixture(scope="module")
def earlier_form() -> bytes:
    return generate(load_definition("2025-26"))


@pytest.fixture(scope="module")
def earlier(earlier_form: bytes) -> Filled:
    """A form of 2025-26, as the school of that establishment number would return it."""
    return lambda number="2101", **changes: type_into(earlier_form, answers(number, **changes))


def folder(path: Path, **files: bytes) -> Path:
    path.mkdir(exist_ok=True)
    for name, data in files.items():
        (path / f"{name}.pdf").write_bytes(data)
    return path


def members(path: Path, *numbers: str) -> Path:
    names = {number: name for number, name, *_ in SCHOOLS}
    lines = [f"{number},{names[number]},office@{number}.example" for number in numbers]
    path.write_text("\n".join(["dfe_number,school_name,email", *lines]) + "\n", encoding="utf-8")
    return path


def codes(records: Path) -> dict[str, str]:
    return {Path(row["source"]).stem: row["problems"] for row in rows(records / "returns.csv")}


def status(records: Path, year: str = "2026-27", *options: object) -> dict[str, dict[str, str]]:
    return {row["dfe_number"]: row for row in table(run("status", year, "-o", records, "--csv", *options))}


def of_year(path: Path, year: str) -> Rows:
    return [row for row in rows(path) if row["membership_year"] == year]


# --- A form of an earlier year --------------------------------------------------------------------------------------


def test_a_form_of_an_earlier_year_than_the_one_given_is_an_error(tmp_path: Path, earlier: Filled) -> None:
    inbox = folder(tmp_path / "inbox", cedar=earlier())
    result = run("ingest", inbox, "-o", tmp_path / "records", "--year", "2026-27")
    assert result.exit_code == 1
    (row,) = rows(tmp_path / "records" / "returns.csv")
    assert (row["verdict"], row["problems"], row["membership_year"]) == ("needs_attention", "year_earlier", "2025-26")
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["severity"] == "error"
    assert problem["message"].startswith("This form is for 2025-26, and we now collect the forms for 2026-27.")
    assert rows(tmp_path / "records" / "schools.csv") == []


def test_a_form_of_an_earlier_year_beside_returns_of_this_year_is_an_error(
    tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    inbox = folder(tmp_path / "inbox", cedar=earlier(), elm=filled("2103"))
    ingest(tmp_path / "records", [inbox])
    assert codes(tmp_path / "records") == {"cedar": "year_earlier", "elm": ""}
    assert verdicts(tmp_path / "records") == {"cedar": "needs_attention", "elm": "accepted"}


def test_a_form_of_an_earlier_year_without_returns_of_a_later_one_is_accepted(tmp_path: Path, earlier: Filled) -> None:
    ingest(tmp_path / "records", [folder(tmp_path / "inbox", cedar=earlier())])
    assert verdicts(tmp_path / "records") == {"cedar": "accepted"}


OVER = "2 new forms for 2025-26, a year that is over"


def test_ingest_says_how_many_forms_it_accepted_for_a_year_that_is_over(tmp_path: Path, earlier: Filled) -> None:
    inbox, records = folder(tmp_path / "inbox", cedar=earlier(), elm=earlier("2103")), tmp_path / "records"
    result = run("ingest", inbox, "-o", records)
    assert (result.exit_code, OVER in result.stderr) == (0, True)
    assert OVER not in run("ingest", inbox, "-o", records).stderr  # they are not new


def test_ingest_says_nothing_of_a_year_that_is_over_if_the_office_collects_it(tmp_path: Path, earlier: Filled) -> None:
    inbox = folder(tmp_path / "inbox", cedar=earlier())
    assert "a year that is over" not in run("ingest", inbox, "-o", tmp_path / "records", "--year", "2025-26").stderr


def test_ingest_says_nothing_of_a_year_that_is_over_if_an_email_says_when_a_form_came(
    tmp_path: Path, earlier: Filled
) -> None:
    mailed(tmp_path / "then.eml", "Mon, 5 May 2025 10:00:00 +0100", earlier())
    result = run("ingest", tmp_path / "then.eml", "-o", tmp_path / "records")
    assert verdicts(tmp_path / "records") == {"form": "accepted"}
    assert "a year that is over" not in result.stderr


def test_a_form_of_an_earlier_year_after_the_forms_of_this_year_were_sent_is_an_error(
    tmp_path: Path, earlier: Filled
) -> None:
    schools, records = members(tmp_path / "schools.csv", "2101"), tmp_path / "records"
    run("email", "2026-27", "--schools", schools, "-o", records, "--drafts", tmp_path / "drafts")
    ingest(records, [folder(tmp_path / "inbox", cedar=earlier())])
    assert codes(records) == {"cedar": "year_earlier"}


@pytest.mark.parametrize("years", [(None, None), (LAST, THIS)])
def test_returns_that_were_accepted_in_their_own_year_stay_accepted(
    tmp_path: Path, earlier: Filled, filled: Filled, years: tuple[MembershipYear | None, ...]
) -> None:
    records = tmp_path / "records"
    ingest(records, [folder(tmp_path / "then", cedar=earlier(), linden=earlier("2110"))], year=years[0])
    before = {name: rows(records / f"{name}.csv") for name in ("schools", "contacts")}
    ingest(records, [folder(tmp_path / "now", elm=filled("2103"), late=earlier("4242"))], year=years[1])
    assert verdicts(records) == {
        "cedar": "accepted",
        "linden": "accepted",
        "elm": "accepted",
        "late": "needs_attention",
    }
    assert {name: of_year(records / f"{name}.csv", "2025-26") for name in before} == before


def test_a_run_without_the_year_after_one_with_it_still_collects_that_year(tmp_path: Path, earlier: Filled) -> None:
    records = tmp_path / "records"
    ingest(records, [folder(tmp_path / "one", cedar=earlier())], year=THIS)
    ingest(records, [folder(tmp_path / "two", elm=earlier("2103"))])
    assert codes(records) == {"cedar": "year_earlier", "elm": "year_earlier"}


def test_the_dates_of_messages_tell_the_years_of_a_mailbox_apart(
    tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    mailed(tmp_path / "inbox" / "then.eml", "Mon, 5 May 2025 10:00:00 +0100", earlier())
    mailed(tmp_path / "inbox" / "now.eml", "Tue, 5 May 2026 10:00:00 +0100", filled("2103"))
    mailed(tmp_path / "inbox" / "late.eml", "Mon, 4 May 2026 10:00:00 +0100", earlier("2110"))
    found = []
    for number, order in enumerate((["then", "now", "late"], ["late", "now", "then"])):
        ingest(tmp_path / f"records {number}", [tmp_path / "inbox" / f"{name}.eml" for name in order])
        found.append(record_files(tmp_path / f"records {number}"))
    problems = {row["source"]: row["problems"] for row in rows(tmp_path / "records 0" / "returns.csv")}
    assert problems == {"then.eml/form.pdf": "", "now.eml/form.pdf": "", "late.eml/form.pdf": "year_earlier"}
    assert found[0] == found[1]


@pytest.mark.parametrize(("sent", "verdict"), [("20 Apr 2026", "accepted"), ("2 Mar 2026", "needs_attention")])
def test_our_sent_copies_tell_records_without_a_ledger_since_when_a_year_is_collected(
    tmp_path: Path, earlier: Filled, sent: str, verdict: str
) -> None:
    copy = Master(load_definition("2026-27", prefilled=True)).copy(answers("2103"), "211/2103")
    message = mail({"form.pdf": copy}, sent=f"{sent} 10:00:00 +0100")
    message.replace_header("From", "membership@thepartnership.example")
    sent_folder = tmp_path / "Mail" / "Sent"
    sent_folder.mkdir(parents=True)
    (sent_folder / "form.eml").write_bytes(message.as_bytes())
    mailed(tmp_path / "Mail" / "cedar.eml", "10 Apr 2026 10:00:00 +0100", earlier())
    ingest(tmp_path / "records", [tmp_path / "Mail"])
    assert sorted(row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")) == [verdict, "sent_by_us"]


def test_a_mailbox_of_last_year_that_comes_again_with_the_year_changes_nothing(tmp_path: Path, earlier: Filled) -> None:
    mailed(tmp_path / "inbox" / "then.eml", "Mon, 5 May 2025 10:00:00 +0100", earlier())
    ingest(tmp_path / "records", [tmp_path / "inbox"])
    before = record_files(tmp_path / "records")
    ingest(tmp_path / "records", [tmp_path / "inbox"], year=THIS)
    assert record_files(tmp_path / "records") == before


def test_a_mistyped_year_is_corrected_when_the_files_are_read_again_with_the_right_year(
    tmp_path: Path, filled: Filled
) -> None:
    records, inbox = tmp_path / "records", folder(tmp_path / "inbox", cedar=filled())
    ingest(records, [inbox], year=MembershipYear(2027))
    ingest(records, [folder(tmp_path / "more", elm=filled("2103"))])
    assert codes(records) == {"cedar": "year_earlier", "elm": "year_earlier"}
    ingest(records, [inbox, tmp_path / "more"], year=THIS)
    assert codes(records) == {"cedar": "", "elm": ""}
    ingest(records, [folder(tmp_path / "last", linden=filled("2110"))])
    assert codes(records)["linden"] == ""


def test_the_right_form_that_comes_later_supersedes_the_form_of_an_earlier_year(
    tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    mailed(tmp_path / "inbox" / "wrong.eml", "Mon, 4 May 2026 10:00:00 +0100", earlier())
    mailed(tmp_path / "inbox" / "right.eml", "Tue, 5 May 2026 10:00:00 +0100", filled())
    assert ingest(tmp_path / "records", [tmp_path / "inbox"], year=THIS).all_accepted
    found = {row["source"]: row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert found == {"inbox/wrong.eml/form.pdf": "superseded", "inbox/right.eml/form.pdf": "accepted"}


def test_the_right_form_can_be_preferred_to_the_form_of_an_earlier_year(
    tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    ingest(tmp_path / "records", [folder(tmp_path / "inbox", wrong=earlier(), right=filled())], year=THIS)
    ids = {Path(row["source"]).stem: row["return_id"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert verdicts(tmp_path / "records") == {"wrong": "needs_attention", "right": "accepted"}
    prefer(tmp_path / "records", ids["right"])
    assert verdicts(tmp_path / "records") == {"wrong": "superseded", "right": "accepted"}


# --- What the office and the school are told of it --------------------------------------------------------------------


def test_status_report_and_reminder_say_that_the_form_is_of_an_earlier_year(tmp_path: Path, earlier: Filled) -> None:
    schools, records = members(tmp_path / "schools.csv", "2101", "2103"), tmp_path / "records"
    form = earlier(chair_of_governors_name="")  # which nobody is asked about on a form of last year
    ingest(records, [folder(tmp_path / "inbox", cedar=form)], register=schools, year=THIS)
    cedar = status(records)["211/2101"]
    assert (cedar["status"], cedar["why"]) == ("needs_attention", "this is the form of 2025-26")
    page = tmp_path / "page.html"
    assert run("report", "2026-27", "-o", page, "--records", records).exit_code == 0
    sentence = "This form is for 2025-26, and we now collect the forms for 2026-27."
    assert sentence in page.read_text(encoding="utf-8")
    reminder = run("email", "2026-27", "-o", records, "--chase", "--dry-run", "--only", "2101")
    words = " ".join(reminder.stdout.split())
    assert (sentence in words, "Chair of the Governing Body" in words) == (True, False)
    assert status(records, "2025-26")["211/2101"]["status"] == "not_returned"


def test_two_forms_of_this_year_that_conflict_count_before_a_form_of_last_year(
    tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    schools, records = members(tmp_path / "schools.csv", "2101", "2103"), tmp_path / "records"
    mailed(tmp_path / "inbox" / "last.eml", "Mon, 4 May 2026 10:00:00 +0100", earlier())
    ingest(records, [tmp_path / "inbox"], register=schools, year=THIS)
    forms = folder(tmp_path / "saved", one=filled(), two=filled(main_contact_name="Jo Other"))
    ingest(records, [forms], year=THIS)
    cedar = status(records)["211/2101"]
    assert cedar["why"] == "different forms came, and no date says which is later: choose one"
    assert cedar["return_id"] in {row["return_id"] for row in rows(records / "returns.csv") if "saved" in row["source"]}
    reminder = run("email", "2026-27", "-o", records, "--chase", "--dry-run", "--only", "2101")
    words = " ".join(reminder.stdout.split())
    assert ("Please tell us which one counts" in words, "This form is for 2025-26" in words) == (True, False)


def test_two_forms_that_conflict_are_named_beside_a_later_form_with_errors(tmp_path: Path, filled: Filled) -> None:
    schools, records = members(tmp_path / "schools.csv", "2101"), tmp_path / "records"
    forms = folder(tmp_path / "saved", one=filled(), two=filled(main_contact_name="Jo Other"))
    mailed(tmp_path / "saved" / "faulty.eml", "Mon, 4 May 2026 10:00:00 +0100", filled(chair_of_governors_name=""))
    ingest(records, [forms], register=schools, year=THIS)
    why = status(records)["211/2101"]["why"]
    assert ("no answer" in why, "different forms came" in why) == (True, True)


def test_the_very_form_of_last_year_that_is_sent_again_is_told_of(tmp_path: Path, earlier: Filled) -> None:
    schools, records = members(tmp_path / "schools.csv", "2101", "2103"), tmp_path / "records"
    form = earlier()
    mailed(tmp_path / "then" / "cedar.eml", "Mon, 5 May 2025 10:00:00 +0100", form)
    ingest(records, [tmp_path / "then"], register=schools)
    mailed(tmp_path / "now" / "again.eml", "Mon, 4 May 2026 10:00:00 +0100", form)
    ingest(records, [tmp_path / "now"], year=THIS)
    assert {row["verdict"] for row in rows(records / "returns.csv")} == {"accepted", "duplicate"}
    assert status(records)["211/2101"]["why"] == "this is the form of 2025-26"
    assert status(records, "2025-26")["211/2101"]["status"] == "accepted"
    page = tmp_path / "page.html"
    assert run("report", "2026-27", "-o", page, "--records", records).exit_code == 0
    assert "This form is for 2025-26" in page.read_text(encoding="utf-8")


# --- A register for each year -----------------------------------------------------------------------------------------


def test_a_school_that_left_stays_in_the_years_that_it_was_a_member_of(
    tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    records = tmp_path / "records"
    then, now = members(tmp_path / "then.csv", "2101", "2103"), members(tmp_path / "now.csv", "2103", "2110")
    ingest(records, [folder(tmp_path / "a", cedar=earlier(), elm=earlier("2103"))], register=then)
    before = {name: rows(records / f"{name}.csv") for name in ("schools", "contacts")}
    ingest(records, [folder(tmp_path / "b", elm2=filled("2103"), cedar2=filled())], register=now)
    assert {name: of_year(records / f"{name}.csv", "2025-26") for name in before} == before
    assert codes(records) == {"cedar": "", "elm": "", "elm2": "", "cedar2": "dfe_unknown"}
    assert list(status(records, "2025-26")) == ["211/2101", "211/2103"]
    assert set(status(records)) == {"211/2103", "211/2110"}


def test_a_list_given_to_a_command_becomes_the_register_of_its_year(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    ingest(records, [folder(tmp_path / "inbox", cedar=filled())])
    given = status(records, "2026-27", "--schools", members(tmp_path / "one.csv", "2101", "2103"))
    assert status(records) == given
    assert status(records, "2028-29").keys() == given.keys()  # the nearest earlier list
    assert status(records, "2025-26").keys() == given.keys()  # the nearest later list
    assert status(records, "2027-28", "--schools", members(tmp_path / "two.csv", "2110")).keys() == {"211/2110"}
    assert status(records) == given


def test_copies_and_messages_are_for_the_members_of_the_year(tmp_path: Path, earlier: Filled) -> None:
    records, names = tmp_path / "records", {"2103": "Elm Tree Primary School", "2110": "Linden Primary School"}
    then, now = members(tmp_path / "then.csv", "2101", "2103"), members(tmp_path / "now.csv", "2103", "2110")
    ingest(records, [folder(tmp_path / "a", cedar=earlier(), elm=earlier("2103"))], register=then)
    assert run("generate", "2026-27", "-o", tmp_path / "forms", "--schools", now, "--records", records).exit_code == 0
    expected = [f"2026-27 211-{number} {name}.pdf" for number, name in names.items()]
    assert sorted(path.name for path in (tmp_path / "forms").iterdir()) == expected
    assert run("print", "2026-27", "-o", tmp_path / "pack.pdf", "--records", records).exit_code == 0
    messages = run("email", "2026-27", "-o", records, "--dry-run").stdout
    assert ("office@2110.example" in messages, "office@2101.example" in messages) == (True, False)


def test_a_filled_cell_of_the_list_counts_before_an_older_return_and_the_return_for_the_rest(
    tmp_path: Path, earlier: Filled
) -> None:
    records, schools = tmp_path / "records", tmp_path / "now.csv"
    ingest(records, [folder(tmp_path / "a", cedar=earlier(headteacher_name="Ada Head", headteacher_email="a@b.org"))])
    schools.write_text("dfe_number,chair_of_governors_name,email\n2101,New Chair,where@to.write\n", encoding="utf-8")
    run("generate", "2026-27", "-o", tmp_path / "forms", "--schools", schools, "--records", records)
    (path,) = (tmp_path / "forms").iterdir()
    held = typed(path.read_bytes())
    assert (held["headteacher_name"], held["headteacher_email"]) == ("Ada Head", "a@b.org")
    assert (held["chair_of_governors_name"], held.get("chair_of_governors_email", "")) == ("New Chair", "")
    assert "To: where@to.write" in run("email", "2026-27", "-o", records, "--dry-run").stdout


LIST = "dfe_number,school_name,registered_address,chair_of_governors_name,chair_of_governors_email,email\n"


@pytest.mark.parametrize(
    ("now", "chair", "address"),
    [
        ("Cedar,1 Old Road E2 0AC,Old Chair,old@cedar.example", ("Edith New", "e@cedar.example"), "3 New Road E2 0AC"),
        ("Cedar,1 Old Road E2 0AC,Third Chair,", ("Third Chair", ""), "3 New Road E2 0AC"),
        (
            "Cedar,1 Old Road E2 0AC,Old Chair,other@cedar.example",
            ("Old Chair", "other@cedar.example"),
            "3 New Road E2 0AC",
        ),
        (
            "Cedar,5 Third Road E2 0AC,Old Chair,old@cedar.example",
            ("Edith New", "e@cedar.example"),
            "5 Third Road E2 0AC",
        ),
    ],
    ids=["the same list", "another person", "another address of the person", "another address of the school"],
)
def test_what_the_list_repeats_from_an_earlier_year_does_not_undo_what_the_school_returned_since(
    tmp_path: Path, earlier: Filled, now: str, chair: tuple[str, str], address: str
) -> None:
    then, listed = tmp_path / "then.csv", tmp_path / "now.csv"
    then.write_text(f"{LIST}2101,Cedar,1 Old Road E2 0AC,Old Chair,old@cedar.example,where@to.write\n")
    listed.write_text(f"{LIST}2101,{now},where@to.write\n")
    changes = {
        "registered_address": "3 New Road E2 0AC",
        "chair_of_governors_name": "Edith New",
        "chair_of_governors_email": "e@cedar.example",
    }
    inbox = folder(tmp_path / "a", cedar=earlier(**changes))
    assert run("ingest", inbox, "-o", tmp_path / "records", "--year", "2025-26", "--schools", then).exit_code == 0
    run("generate", "2026-27", "-o", tmp_path / "forms", "--schools", listed, "--records", tmp_path / "records")
    (path,) = (tmp_path / "forms").iterdir()
    held = typed(path.read_bytes())
    assert (held["chair_of_governors_name"], held.get("chair_of_governors_email", "")) == chair
    assert " ".join(held["registered_address"].split()).replace(",", "") == address
    assert "To: where@to.write" in run("email", "2026-27", "-o", tmp_path / "records", "--dry-run").stdout


def test_a_list_that_was_first_given_after_the_return_counts_in_every_later_year(
    tmp_path: Path, earlier: Filled
) -> None:
    records, listed = tmp_path / "records", tmp_path / "schools.csv"
    listed.write_text("dfe_number,chair_of_governors_name\n2101,New Chair\n", encoding="utf-8")
    ingest(records, [folder(tmp_path / "a", cedar=earlier())])
    for year in ("2026-27", "2027-28"):
        forms = tmp_path / year
        assert run("generate", year, "-o", forms, "--schools", listed, "--records", records).exit_code == 0
        (path,) = forms.iterdir()
        assert typed(path.read_bytes())["chair_of_governors_name"] == "New Chair"


@pytest.mark.parametrize(
    "command",
    [
        ["status", "2026-27", "-o", "{records}"],
        ["email", "2026-27", "-o", "{records}", "--drafts", "{folder}/drafts"],
        ["generate", "2026-27", "-o", "{folder}/forms", "--records", "{records}"],
        ["print", "2026-27", "-o", "{folder}/pack.pdf", "--records", "{records}"],
        ["report", "2026-27", "-o", "{folder}/page.html", "--records", "{records}"],
    ],
)
def test_without_any_list_a_command_says_what_is_missing_and_writes_nothing(tmp_path: Path, command: list[str]) -> None:
    words = {"records": tmp_path / "records", "folder": tmp_path}
    result = run(*(word.format_map(words) for word in command))
    assert (result.exit_code, "holds no records" in result.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
    ingest(tmp_path / "records", [folder(tmp_path / "inbox")])
    result = run(*(word.format_map(words) for word in command))
    assert (result.exit_code, "Give a list with --schools" in result.stderr) == (2, True)
    assert {path.name for path in tmp_path.iterdir()} == {"records", "inbox"}


def test_forget_of_earlier_years_leaves_the_list_of_this_year(tmp_path: Path, earlier: Filled, filled: Filled) -> None:
    records = tmp_path / "records"
    then, now = members(tmp_path / "then.csv", "2101"), members(tmp_path / "now.csv", "2101", "2103")
    ingest(records, [folder(tmp_path / "a", cedar=earlier())], register=then)
    ingest(records, [folder(tmp_path / "b", cedar2=filled())], register=now)
    offered = run("forget", "-o", records, "--before", "2026-27", input="n\n")
    assert "1 return, 1 PDF and what your list says about 1 school" in offered.stderr
    assert run("forget", "-o", records, "--before", "2026-27", "--yes").exit_code == 0
    messages = run("email", "2026-27", "-o", records, "--dry-run").stdout
    assert "office@2103.example" in messages
