"""The standing of each school from sending to returning the form, and the reminders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.remake_samples import answers, dated
from tests.support.chasing import (
    DRAFTED,
    NUMBERS,
    SENDING,
    days_ago,
    list_of_schools,
    note,
    own_copies,
    returned,
    status,
)
from tests.support.commands import run, table
from tests.support.mailserver import MailServer
from tests.support.printers import scanned
from tests.support.viewer import type_into
from thep_forms.definition import Definitions, MembershipYear, load_definition
from thep_forms.generate import generate
from thep_forms.office.sending.email import preview_messages
from thep_forms.office.sending.mail_choice import request_for_school
from thep_forms.records import SentKind


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_copies(tmp_path_factory.mktemp("forms"))


@pytest.fixture
def schools(tmp_path: Path) -> Path:
    return list_of_schools(tmp_path / "schools.csv")


def chase(records: Path, schools: Path, server: MailServer, *options: object) -> list[str]:
    """The schools that got a reminder in a run."""
    before = len(server.received)
    where = ("--smtp-host", "127.0.0.1", "--smtp-port", server.port, "--rate", "60000")
    result = run("email", "2026-27", "--schools", schools, "-o", records, "--send", "--chase", *where, *options)
    assert result.exit_code == 0, result.stderr
    return [received.to[0].removeprefix("office@school")[:4] for received in server.received[before:]]


def text_of(server: MailServer) -> str:
    """The words of the last message."""
    part = server.received[-1].message.get_body(("plain",))
    assert part
    return " ".join(part.get_content().split())


# --- status -------------------------------------------------------------------------------------------------------


def test_every_school_has_a_standing_from_not_sent_to_accepted(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    note(records, "2101", 30)
    note(records, "2102", 2)
    note(records, "2103", 1, DRAFTED)
    note(records, "3204", 3, SENDING)
    note(records, "7004", 40)
    returned(records, tmp_path, forms, "7004")
    statuses = status(records, schools)
    assert [(number, row["status"]) for number, row in statuses.items()] == [
        ("2101", "overdue"),
        ("3204", "uncertain"),
        ("4242", "not_sent"),
        ("2103", "drafted"),
        ("2102", "sent"),
        ("7004", "accepted"),
    ]
    day = days_ago(30)
    assert statuses["2101"]["why"] == f"sent on {day.day} {day:%B %Y}"
    assert statuses["3204"]["why"].endswith("with the Message-ID <3204.3@x.example>")
    assert statuses["2102"]["sent_at"] == days_ago(2).isoformat()


def test_a_school_that_returned_the_form_of_another_year_is_listed(
    records: Path, schools: Path, tmp_path: Path
) -> None:
    note(records, "2101", 3)
    note(records, "2102", 3)
    path = tmp_path / "returned.pdf"
    today = f"{days_ago(0):%Y%m%d}"
    path.write_bytes(dated(type_into(generate(load_definition("2025-26")), answers("2101")), today))
    ingest(records, [path])
    statuses = status(records, schools)
    assert (statuses["2101"]["status"], statuses["2102"]["why"]) == ("needs_attention", "")
    assert statuses["2101"]["why"] == "this is the form of 2025-26"


def test_every_school_is_not_returned_while_the_program_has_sent_no_form(records: Path, schools: Path) -> None:
    note(records, "2101", 3, kind=SentKind.REMINDER)
    assert {row["status"] for row in status(records, schools).values()} == {"not_returned"}


def test_a_form_with_another_members_number_counts_for_the_school_that_it_names(
    records: Path, schools: Path, form: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "returned.pdf"
    path.write_bytes(type_into(form, answers("2101", school_name="School 2101", dfe_number="2102")))
    ingest(records, [path], register=schools)
    statuses = status(records, schools)
    assert (statuses["2101"]["status"], statuses["2102"]["status"]) == ("needs_attention", "not_returned")
    assert statuses["2101"]["why"] == "DFE Number: the number of one school with the name of another"
    assert run("forget", "-o", records, "--before", "2025-26", "--yes").exit_code == 0  # answers from the list
    assert status(records, schools)["2102"]["status"] == "not_returned"
    assert run("forget", "-o", records, "--school", "211/2101", "--yes").exit_code == 0
    assert rows(records / "returns.csv") == []


@pytest.mark.parametrize("number", ["2999", ""])
def test_a_form_with_the_name_of_a_member_and_an_unknown_number_counts_for_that_member(
    records: Path, schools: Path, form: bytes, tmp_path: Path, number: str
) -> None:
    path = tmp_path / "returned.pdf"
    path.write_bytes(type_into(form, answers("2101", school_name="School 2101", dfe_number=number)))
    ingest(records, [path], register=schools)
    assert status(records, schools)["2101"]["status"] == "needs_attention"


def test_a_later_form_with_errors_of_an_accepted_school_needs_attention(
    records: Path, schools: Path, form: bytes, tmp_path: Path
) -> None:
    for day, address in (("20260501", "kit@school.example"), ("20260502", "kit at school")):
        path = tmp_path / f"{day}.pdf"
        path.write_bytes(dated(type_into(form, answers("2101", main_contact_email=address)), day))
        ingest(records, [path])
    school_status = status(records, schools)["2101"]
    assert (school_status["status"], school_status["why"]) == (
        "needs_attention",
        "a form was accepted, but a later form has errors: "
        "Details of Main Contact for all mailings: Email: not an email address",
    )


def test_a_form_is_overdue_after_the_days_that_the_partnership_gives(
    records: Path, schools: Path, templates: Path
) -> None:
    note(records, "2101", 6, DRAFTED)
    note(records, "2102", 5)
    path = templates / "partnership.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("days_to_return = 28", "days_to_return = 5"))
    statuses = status(records, schools, "--templates", templates)
    assert (statuses["2101"]["status"], statuses["2102"]["status"]) == ("overdue", "sent")
    assert {row["status"] for row in status(records, schools).values()} == {"drafted", "sent", "not_sent"}


def test_overdue_days_count_from_the_last_form_that_was_sent(records: Path, schools: Path) -> None:
    note(records, "2101", 30)
    note(records, "2101", 3)
    assert status(records, schools)["2101"]["status"] == "sent"


def test_messages_of_another_year_do_not_count(records: Path, schools: Path) -> None:
    note(records, "2101", 3)
    result = run("status", "2027-28", "-o", records, "--schools", schools, "--csv")
    assert {row["status"] for row in table(result)} == {"not_returned"}


@pytest.mark.parametrize("typed", ["", "banana", "9999", "213/2101"])
def test_a_copy_with_a_wrong_number_counts_for_the_school_that_it_was_made_for(
    records: Path, schools: Path, forms: Path, tmp_path: Path, typed: str
) -> None:
    returned(records, tmp_path, forms, "2101", dfe_number=typed)
    ingest(records, [], register=schools)
    assert status(records, schools)["2101"]["status"] == "needs_attention"


def test_a_copy_that_came_back_blank_counts_for_the_school_that_it_was_made_for(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    (tmp_path / "blank.pdf").write_bytes(type_into((forms / "2101.pdf").read_bytes(), {"dfe_number": ""}))
    ingest(records, [tmp_path / "blank.pdf"])
    row = status(records, schools)["2101"]
    assert (row["status"], row["why"]) == ("needs_attention", "nothing is filled in")


# --- reminders ----------------------------------------------------------------------------------------------------


def test_status_lists_the_schools_that_are_reminded_once(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    for number in ("2101", "2102", "3204", "4242"):
        note(records, number, 30)
    note(records, "2103", 3)
    returned(records, tmp_path, forms, "4242")
    returned(records, tmp_path, forms, "3204", chair_of_governors_name="")
    listed = ["2101", "2102", "3204"]
    assert sorted(status(records, schools, "--chase")) == listed
    with MailServer() as server:
        assert chase(records, schools, server) == listed
        assert chase(records, schools, server) == []
    assert status(records, schools, "--chase") == {}
    assert {number: row["reminders"] for number, row in status(records, schools).items()} == {
        **dict.fromkeys(NUMBERS, "0"),
        **dict.fromkeys(listed, "1"),
    }


def test_a_reminder_asks_for_the_form_and_attaches_it_again(records: Path, schools: Path) -> None:
    note(records, "2101", 30)
    with MailServer() as server:
        chase(records, schools, server)
    assert server.received[0].message["Subject"].startswith("Reminder – THE Partnership: School Membership Form")
    assert "We have not yet received the membership form" in text_of(server)
    (form,) = server.received[0].message.iter_attachments()
    assert form.get_filename() == "2026-27 211-2101 School 2101.pdf"


@pytest.mark.parametrize(
    ("days", "at_most", "apart", "is_reminded"),
    [
        ((8,), 3, 7, True),
        ((7,), 3, 7, True),
        ((6,), 3, 7, False),
        ((6,), 3, 5, True),
        ((24, 16, 8), 3, 7, False),
        ((24, 16, 8), 4, 7, True),
    ],
)
def test_reminders_keep_their_limit_and_their_days_between(
    records: Path, schools: Path, days: tuple[int, ...], at_most: int, apart: int, is_reminded: bool
) -> None:
    note(records, "2101", 40)
    for day in days:
        note(records, "2101", day, kind=SentKind.REMINDER)
    with MailServer() as server:
        reminded = chase(records, schools, server, "--at-most", at_most, "--apart", apart)
    assert reminded == ["2101"] * is_reminded


def test_email_says_when_a_school_had_its_reminder_and_when_it_may_have_another(records: Path, schools: Path) -> None:
    note(records, "2102", 30)
    for number, days in {"2101": 0, "2103": 6, "3204": 1}.items():
        note(records, number, 30)
        note(records, number, days, kind=SentKind.REMINDER)
    note(records, "3204", 0, kind=SentKind.REMINDER)
    day = days_ago(6)
    result = run("email", "2026-27", "--schools", schools, "-o", records, "--dry-run", "--chase", "--at-most", "2")
    for words in (
        "1 that had a reminder today and may have another in 7 days",
        f"1 that had a reminder on {day.day} {day:%B %Y} and may have another in 1 day",
        "1 that had a reminder today and may have no other",
        "2 not yet sent the form",
    ):
        assert words in result.stderr


def test_email_says_how_many_schools_have_the_form_already(records: Path, schools: Path) -> None:
    note(records, "2101", 2)
    result = run("email", "2026-27", "--schools", schools, "-o", records, "--dry-run")
    assert "Not written to: 1 with the form already." in result.stderr


def test_a_reminder_lists_the_errors_with_the_answers_of_the_school(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    returned(records, tmp_path, forms, "2101", main_contact_email="head@cedar,example")
    with MailServer() as server:
        assert chase(records, schools, server, "--only", "2101") == ["2101"]
    assert "Details of Main Contact for all mailings: Email: “head@cedar,example” is not an email" in text_of(server)
    assert "We have not yet received" not in text_of(server)


@pytest.mark.parametrize("pages", [(0,), (0, 1, 2, 3)])
def test_a_school_is_not_reminded_of_a_scan_that_the_office_has_yet_to_compare(
    records: Path, schools: Path, forms: Path, tmp_path: Path, pages: tuple[int, ...]
) -> None:
    note(records, "2101", 30)
    path = tmp_path / "scan.pdf"
    filled = type_into((forms / "2101.pdf").read_bytes(), answers("2101"))
    path.write_bytes(scanned(filled, pages))
    ingest(records, [path])
    assert status(records, schools)["2101"]["status"] == "needs_attention"
    with MailServer() as server:
        assert chase(records, schools, server) == []


def test_a_school_that_is_asked_of_a_scan_of_page_1_by_choice_is_told_that_its_form_came(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    filled = type_into((forms / "2101.pdf").read_bytes(), answers("2101"))
    (tmp_path / "scan.pdf").write_bytes(scanned(filled, (0,)))
    ingest(records, [tmp_path / "scan.pdf"], register=schools)
    year = MembershipYear(2026)
    request = request_for_school(records, year, "211/2101", Definitions(None, year))
    text = " ".join(preview_messages(request).previews[0].split())
    assert "It came as a scan or a photograph, which we are checking ourselves." in text
    assert "did not come back" in text
    assert "You can answer by replying to this message" in text
    for wrong in ("cannot use", "Please correct", "not yet received"):
        assert wrong not in text


def test_a_reminder_quotes_no_answer_that_may_belong_to_another_school(
    schools: Path, forms: Path, form: bytes, tmp_path: Path
) -> None:
    """A blank form on which somebody typed this school's number, or another school's copy."""
    for n, pdf in enumerate((form, (forms / "2102.pdf").read_bytes())):
        own = tmp_path / f"records {n}"
        changed = answers("2101", main_contact_email="private@dovecote,example", chair_of_governors_name="")
        (tmp_path / "typed.pdf").write_bytes(type_into(pdf, changed))
        ingest(own, [tmp_path / "typed.pdf"])
        with MailServer() as server:
            chase(own, schools, server, "--only", "2101")
        assert "private@dovecote" not in server.received[-1].data.decode("ascii")
        assert "Details of Main Contact for all mailings: Email: please check what was entered." in text_of(server)
        assert "Please give us the" in text_of(server)


def test_a_reminder_after_a_blank_return_has_the_sentence_for_blank_returns(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    (tmp_path / "blank.pdf").write_bytes(type_into((forms / "2101.pdf").read_bytes(), {"dfe_number": ""}))
    ingest(records, [tmp_path / "blank.pdf"])
    with MailServer() as server:
        assert chase(records, schools, server, "--only", "2101") == ["2101"]
    assert "The form came back with nothing filled in." in text_of(server)


def test_a_school_whose_copy_another_school_filled_in_is_reminded_with_others_or_alone(
    records: Path, schools: Path, forms: Path, tmp_path: Path, server: MailServer
) -> None:
    note(records, "2101", 60)
    note(records, "2102", 60)
    copy = tmp_path / "lent.pdf"
    copy.write_bytes(type_into((forms / "2101.pdf").read_bytes(), answers("2102", school_name="School 2102")))
    ingest(records, [copy], register=schools)
    statuses = status(records, schools)
    assert (statuses["2101"]["status"], statuses["2102"]["status"]) == ("overdue", "accepted")
    assert chase(records, schools, server, "--only", "2101") == ["2101"]


def test_reminders_can_be_drafts_in_the_folder_of_the_other_drafts(
    records: Path, schools: Path, tmp_path: Path
) -> None:
    note(records, "2101", 30, DRAFTED)
    result = run("email", "2026-27", "--schools", schools, "-o", records, "--chase", "--drafts", tmp_path / "drafts")
    assert [Path(line).name for line in result.stdout.splitlines()] == ["2026-27 211-2101 School 2101 reminder.eml"]
    assert status(records, schools)["2101"]["reminders"] == "1"


def test_an_office_that_sent_the_forms_itself_reminds_all_that_have_not_returned(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    returned(records, tmp_path, forms, "2101")
    with MailServer() as server:
        assert chase(records, schools, server) == list(NUMBERS[1:])


def test_a_school_that_has_returned_the_form_is_not_sent_a_form(
    records: Path, schools: Path, forms: Path, tmp_path: Path
) -> None:
    returned(records, tmp_path, forms, "2101")
    result = run("email", "2026-27", "--schools", schools, "-o", records, "--drafts", tmp_path / "drafts")
    assert len(result.stdout.splitlines()) == len(NUMBERS) - 1
    assert "Not written to: 1 accepted." in result.stderr
