"""The year that the office collects: a form of an earlier year in it is an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox as folder
from tests.conftest import ingest, prefer, record_files, rows, verdicts
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.earlier_years import codes, members, of_year, status
from tests.support.packing import mail, mailed
from thep_forms.definition import MembershipYear, load_definition
from thep_forms.generate import Master

LAST, THIS = MembershipYear(2025), MembershipYear(2026)
Filled = Callable[..., bytes]


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
    copy = Master(load_definition("2026-27").for_copies).copy(answers("2103"), "211/2103")
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
