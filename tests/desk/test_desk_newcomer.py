"""What puzzled somebody who tried the desk for the first time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import inbox, ingest
from tests.desk.test_desk_access import Client
from tests.remake_samples import answers
from tests.support.deciding import decide, return_id, row_of, standing
from tests.support.viewer import type_into
from tests.support.writing import SCHOOLS
from thep_forms.definition import Definitions, MembershipYear, load_definition
from thep_forms.desk.server import running_desk
from thep_forms.errors import DecisionError
from thep_forms.generate import generate
from thep_forms.office.display.to_do import look_up_schools, look_up_to_do
from thep_forms.office.schools.school_status import Standing
from thep_forms.office.sending.mail_choice import look_up_choice, request_for_due
from thep_forms.office.sending.mail_plan import now
from thep_forms.records import Ledger, Sent, SentKind, SentState

Filled = Callable[..., bytes]
YEAR = MembershipYear(2026)
DEFINITIONS = Definitions(None, YEAR)


@pytest.fixture
def made(records: Path, filled: Filled, schools: Path) -> Path:
    """Records with a form to correct, and one that is accepted with a question."""
    files = inbox(
        records.parent / "in",
        cedar=filled(main_contact_email="jo@cedar,example"),
        elm=filled("2103", business_manager_telephone="N/A"),
    )
    ingest(records, [files], register=schools)
    return records


def test_no_school_is_reminded_of_a_form_that_it_was_not_sent(records: Path, schools: Path) -> None:
    ingest(records, [inbox(records.parent / "in")], register=schools)
    choice = look_up_choice(records, YEAR, DEFINITIONS)
    assert choice.reminders.recipients == ()
    assert choice.form.recipients != ()
    with pytest.raises(DecisionError, match="No school is due"):
        request_for_due(records, YEAR, DEFINITIONS)


def test_a_school_with_something_to_correct_is_reminded_whoever_sent_it_the_form(made: Path) -> None:
    assert request_for_due(made, YEAR, DEFINITIONS).only == ("211/2101",)


def test_a_form_that_counts_with_questions_is_listed_until_they_are_confirmed(made: Path) -> None:
    (asked,) = look_up_to_do(made, DEFINITIONS).questions
    assert asked.return_id == return_id(made, "elm")
    assert asked.what
    decide("confirm", made, asked.return_id)
    assert look_up_to_do(made, DEFINITIONS).questions == ()


def test_an_address_that_is_none_leads_back_to_the_desk(made: Path) -> None:
    with running_desk(made, Definitions.of_today) as running:
        answer = Client(running).get("/no-such-page")
    assert answer.status == 404
    assert b"There is no such page." in answer.body
    assert b'href="/"' in answer.body


def test_a_required_box_that_is_empty_is_to_be_settled_together_with_the_one_that_is_asked_for(
    records: Path, filled: Filled, schools: Path
) -> None:
    nobody = filled(main_contact_name="", main_contact_email="")
    ingest(records, [inbox(records.parent / "in", cedar=nobody)], register=schools)
    with running_desk(records, Definitions.of_today) as running:
        page = Client(running).get(f"/returns/{return_id(records, 'cedar')}").body.decode()
    to_settle = page.partition("<h2>To settle</h2>")[2].partition("<h2>")[0]
    assert 'name="answer:main_contact_name"' in to_settle
    assert 'name="answer:main_contact_email"' in to_settle


def test_a_list_that_lacks_addresses_which_the_one_before_had_says_so(
    records: Path, schools: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ingest(records, [inbox(records.parent / "in")], register=schools)
    without = records.parent / "without.csv"
    lines = [line.split(",") for line in SCHOOLS.splitlines()]
    at = lines[0].index("email")
    without.write_text("\n".join(",".join(line[:at] + line[at + 1 :]) for line in lines) + "\n", encoding="utf-8")
    caplog.clear()
    ingest(records, [inbox(records.parent / "in")], register=without)
    assert "had an e-mail address of these schools, and this one has none: 211/" in caplog.text


def test_a_form_of_an_earlier_year_is_counted_for_its_year_with_one_click(records: Path) -> None:
    earlier = type_into(generate(load_definition("2025-26")), answers("2101"))
    ingest(records, [inbox(records.parent / "in", cedar=earlier)], year=YEAR)
    path = f"/returns/{return_id(records, 'cedar')}"
    with running_desk(records, Definitions.of_today) as running:
        client = Client(running)
        assert "Count it for 2025-26" in client.get(path).body.decode()
        token, state = client.token(path)
        fields = urlencode({"token": token, "state": state, "year": "2025-26"})
        assert client.ask("POST", f"{path}/assign", fields, Origin=client.origin, **client.jar).status == 303
    assert row_of(records, return_id(records, "cedar"))["verdict"] == "accepted"


def test_what_settles_a_form_of_an_earlier_year_stands_before_its_many_answers(records: Path) -> None:
    earlier = type_into(generate(load_definition("2025-26")), answers("2101"))
    ingest(records, [inbox(records.parent / "in", cedar=earlier)], year=YEAR)
    with running_desk(records, Definitions.of_today) as running:
        page = Client(running).get(f"/returns/{return_id(records, 'cedar')}").body.decode()
    assert page.index("Count it for 2026-27") < page.index('name="answer:')


def test_every_page_leads_to_what_is_said_of_the_partnership(made: Path) -> None:
    with running_desk(made, Definitions.of_today) as running:
        client = Client(running)
        for path in ("/", "/send", "/lists"):
            assert 'href="/start"' in client.get(path).body.decode(), path


def test_a_file_that_says_no_year_is_assigned_for_the_year_in_the_head_of_the_page(
    records: Path, schools: Path
) -> None:
    files = records.parent / "in"
    inbox(files)
    (files / "Cedar.docx").write_bytes(b"PK\3\4 a Word document")
    ingest(records, [files], register=schools, year=YEAR)
    path = f"/returns/{return_id(records, 'Cedar')}"
    with running_desk(records, partial(Definitions, None, YEAR)) as running:
        client = Client(running)
        token, state = client.token(path)
        fields = urlencode({"token": token, "state": state, "school": "2101", "year": ""})
        assert client.ask("POST", f"{path}/assign", fields, Origin=client.origin, **client.jar).status == 303
    assert row_of(records, return_id(records, "Cedar"))["membership_year"] == "2026-27"
    assert standing(records, "2101") == "wrote"
    later = look_up_schools(records, DEFINITIONS, "2027-28").statuses
    assert Standing.WROTE not in {status.standing for status in later}


def test_to_do_says_once_that_schools_were_not_sent_the_form(made: Path) -> None:
    decide("close", made, return_id(made, "cedar"))
    with Ledger(made) as ledger, ledger.transaction():
        form, elm = (SentKind.FORM, SentState.SENT), "office@elm.example"
        ledger.note_sent(Sent(str(YEAR), "211/2103", now(), *form, elm, "<1@x.example>"))
    with running_desk(made, partial(Definitions, None, YEAR)) as running:
        page = Client(running).get("/").body.decode()
    assert "not sent the form." in page
    assert "has sent none of them the form" not in page
    assert "has not sent it the form" not in page


def test_to_do_says_how_many_schools_were_not_sent_the_form_that_others_have(records: Path, schools: Path) -> None:
    ingest(records, [inbox(records.parent / "in")], register=schools, year=YEAR)
    with Ledger(records) as ledger, ledger.transaction():
        form, cedar = (SentKind.FORM, SentState.SENT), "office@cedar.example"
        ledger.note_sent(Sent(str(YEAR), "211/2101", now(), *form, cedar, "<1@x.example>"))
    with running_desk(records, partial(Definitions, None, YEAR)) as running:
        page = Client(running).get("/").body.decode()
    assert "3 schools have not answered." in page
    assert "2 schools were not sent the form." in page
