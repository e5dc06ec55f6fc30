"""E-mail on its way: through TLS or not at all, over connections that are lost, to nobody twice."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from tests.commands import program, run
from tests.conftest import read_return
from tests.mailserver import PASSWORD, USER, MailServer
from tests.writing import CEDAR, DEFINITION, ELM, IVY, SCHOOLS, form_in, send
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import FormDefinition
from thep_forms.errors import SendError
from thep_forms.office.email import outgoing_messages
from thep_forms.office.status import SchoolStatus, Standing
from thep_forms.records import Ledger, Sent, SentKind, SentState
from thep_forms.register import MemberSchool
from thep_forms.send import Delivery, DeliveryOutcome, Outbox, Server


@pytest.fixture
def schools(tmp_path: Path) -> Path:
    path = tmp_path / "schools.csv"
    path.write_text(SCHOOLS, encoding="utf-8")
    return path


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "records"


# --- sending ------------------------------------------------------------------------------------------------------


def test_each_school_gets_its_own_form_once_however_often_it_is_run(
    schools: Path, records: Path, server: MailServer, definition: FormDefinition
) -> None:
    for _ in range(3):
        assert send(schools, records, server).exit_code == 0
    assert [one.to for one in server.received] == [(CEDAR,), (ELM,), (IVY,)]
    assert {(one.secure, one.sender) for one in server.received} == {(True, "membership@thepartnership.example")}
    schools_in_forms = [read_return(form_in(one.message)[1], definition).form_id[-8:] for one in server.received]
    assert schools_in_forms == ["211/2101", "211/2103", "211/4242"]
    sent = noted(records)
    assert [one.message_id for one in sent] == [one.message["Message-ID"] for one in server.received]
    assert {(one.kind, one.state) for one in sent} == {(SentKind.FORM, SentState.SENT)}
    assert [one.addresses for one in sent] == [CEDAR, ELM, IVY]
    assert all(
        one.message["Date"].datetime - one_sent.at < timedelta(seconds=5)
        for one, one_sent in zip(server.received, sent, strict=True)
    )


def noted(records: Path) -> list[Sent]:
    with Ledger.existing(records) as ledger:
        return ledger.sent()


def test_what_is_said_of_a_run_holds_no_address(schools: Path, records: Path, server: MailServer) -> None:
    server.at_rcpt[ELM] = [f"550 5.1.1 <{ELM}>: no such mailbox"]
    result = send(schools, records, server)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[:-2] == [
        "211/2101 Cedar Primary School: sent",
        "211/2103 Elm Tree Primary School: NOT sent, the mail server refused it: 550 5.1.1 …: no such mailbox",
        "211/4242 Ivy Lane School: sent",
        "2 messages sent, 1 not sent.",
    ]
    assert result.stdout == ""


def test_what_was_refused_for_good_is_tried_again_by_the_next_run_alone(
    schools: Path, records: Path, server: MailServer
) -> None:
    server.at_rcpt[ELM] = ["550 no"]
    server.at_data[IVY] = ["554 looks like spam"]
    assert send(schools, records, server).exit_code == 1
    assert server.attempts == [CEDAR, ELM, IVY]
    assert send(schools, records, server).exit_code == 0
    assert sorted(one.to for one in server.received) == [(ELM,), (IVY,), (CEDAR,)]


def test_the_user_logs_in_with_the_password_from_the_environment_or_as_asked(
    schools: Path, records: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MailServer(authority, wants_login=True) as server:
        asked = send(schools, records, server, "--smtp-user", USER, "--only", "2101", input=f"{PASSWORD}\n")
        monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
        monkeypatch.setenv("THEP_FORMS_SMTP_USER", USER)
        known = send(schools, records, server)
    assert (asked.exit_code, known.exit_code) == (0, 0)
    assert PASSWORD not in asked.output
    assert {one.user for one in server.received} == {USER}
    assert len(server.received) == 3


@pytest.mark.parametrize(
    ("password", "words"), [("wrong", "refuses the user name or the password (535"), ("ø", "lett")]
)
def test_a_wrong_password_ends_the_run_in_a_line(
    schools: Path,
    records: Path,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    password: str,
    words: str,
) -> None:
    monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", password)
    with MailServer(authority, wants_login=True) as server:
        result = send(schools, records, server, "--smtp-user", USER)
    assert (result.exit_code, result.stderr.count("\n"), words in result.stderr) == (2, 1, True)
    assert server.received == []


def test_without_a_password_and_anybody_to_ask_nothing_is_sent(
    schools: Path, records: Path, server: MailServer
) -> None:
    result = send(schools, records, server, "--smtp-user", USER, input="")
    assert (result.exit_code, "set THEP_FORMS_SMTP_PASSWORD" in result.stderr) == (2, True)
    assert server.attempts == []


# --- only where nobody else can read it ---------------------------------------------------------------------------


def over(server: MailServer, *members: MemberSchool, records: Path, **more: object) -> list[Delivery]:
    """Send to the members through the room's own interface; what came of it."""
    statuses = [
        SchoolStatus(member, Standing.NOT_SENT)
        for member in members or (MemberSchool("211/2101", SchoolRecord(), CEDAR),)
    ]
    messages = list(outgoing_messages(statuses, DEFINITION, None, SentKind.FORM))
    to = Server(server.host, server.port, implicit_tls=server.implicit_tls)
    with Ledger(records) as ledger:
        options = {"per_minute": 60000.0, "pauses": ()} | more
        return list(Outbox(ledger, DEFINITION, SentKind.FORM).send(messages, to, **options))


def test_a_server_that_speaks_tls_from_the_start_is_spoken_to_so(records: Path, authority: trustme.CA) -> None:
    with MailServer(authority, implicit_tls=True) as server:
        (delivery,) = over(server, records=records)
    assert delivery.reply.outcome is DeliveryOutcome.SENT
    assert [one.secure for one in server.received] == [True]


@pytest.mark.parametrize("implicit_tls", [False, True])
@pytest.mark.parametrize("wrong", ["its authority", "its name"])
def test_a_certificate_that_cannot_be_trusted_is_not(
    records: Path, authority: trustme.CA, wrong: str, implicit_tls: bool
) -> None:
    by = trustme.CA() if wrong == "its authority" else authority
    name = "mail.example" if wrong == "its name" else "127.0.0.1"
    with (
        MailServer(by, certified_for=name, implicit_tls=implicit_tls) as server,
        pytest.raises(SendError, match=r"cannot be trusted: .*(issuer|certificate|IP address)"),
    ):
        over(server, records=records)
    assert server.attempts == []
    assert noted(records) == []


def test_a_server_without_tls_gets_nothing_not_even_the_password(
    schools: Path, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing, and tells by which address this machine would
        own = probe.getsockname()[0]
    monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
    with MailServer(host=own, wants_login=True) as server:
        result = send(schools, records, server, "--smtp-host", own, "--smtp-user", USER)
    assert (result.exit_code, result.stderr.count("\n"), "offers no TLS" in result.stderr) == (2, 1, True)
    assert (server.attempts, server.logins, server.received) == ([], [], [])


def test_a_server_on_this_machine_may_do_without(schools: Path, records: Path) -> None:
    with MailServer() as server:
        assert send(schools, records, server, "--smtp-host", "localhost").exit_code == 0
    assert [one.secure for one in server.received] == [False] * 3


def test_a_server_that_is_not_there_is_told_of_in_a_line(schools: Path, records: Path) -> None:
    with MailServer() as server:
        pass
    result = send(schools, records, server)
    assert (result.exit_code, result.stderr.count("\n"), "cannot be reached" in result.stderr) == (2, 1, True)


# --- connections that are lost, refusals for now ------------------------------------------------------------------


def three() -> list[MemberSchool]:
    return [
        MemberSchool(f"211/{number}", SchoolRecord(), address)
        for number, address in ((2101, CEDAR), (2103, ELM), (4242, IVY))
    ]


def outcomes(deliveries: list[Delivery]) -> dict[str, DeliveryOutcome]:
    return {delivery.message.to[0]: delivery.reply.outcome for delivery in deliveries}


def test_a_connection_lost_before_the_message_is_made_anew(records: Path, server: MailServer) -> None:
    server.at_rcpt[ELM] = [MailServer.HANG_UP]
    assert set(outcomes(over(server, *three(), records=records, pauses=(0.1,))).values()) == {DeliveryOutcome.SENT}
    assert server.attempts == [CEDAR, ELM, IVY, ELM]
    assert [one.to for one in server.received] == [(CEDAR,), (IVY,), (ELM,)]


@pytest.mark.parametrize("script", [MailServer.HANG_UP, MailServer.TAKE_AND_HANG_UP])
def test_a_connection_lost_in_the_middle_of_a_message_is_told_of_and_not_tried_again(
    schools: Path, records: Path, server: MailServer, script: str
) -> None:
    server.at_data[ELM] = [script]
    first = send(schools, records, server)
    (lost,) = [one for one in noted(records) if one.state is SentState.SENDING]
    assert first.exit_code == 1
    assert (
        f"may have been sent: the connection to the mail server was lost. Its Message-ID is {lost.message_id}"
        in first.stderr
    )
    second = send(schools, records, server)
    assert second.exit_code == 1
    assert "211/2103 Elm Tree Primary School: may have been sent on" in second.stderr
    assert lost.message_id in second.stderr
    taken = [one for one in server.received if one.to == (ELM,)]
    assert [one.message["Message-ID"] for one in taken] == [lost.message_id] * (script != MailServer.HANG_UP)
    assert server.attempts.count(ELM) == 1
    assert send(schools, records, server, "--only", "2103", "--again").exit_code == 0
    assert server.attempts.count(ELM) == 2
    assert send(schools, records, server).exit_code == 0


def test_a_refusal_for_now_is_tried_again_after_the_others(records: Path, server: MailServer) -> None:
    server.at_rcpt[CEDAR] = ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    server.at_data[ELM] = ["452 too busy"]
    paused: list[tuple[int, float]] = []
    told = over(server, *three(), records=records, pauses=(0.01, 0.02), before_pause=lambda *of: paused.append(of))
    assert set(outcomes(told).values()) == {DeliveryOutcome.SENT}
    assert [one.to for one in server.received] == [(IVY,), (ELM,), (CEDAR,)]
    assert paused == [(2, 0.01), (1, 0.02)]
    assert {one.state for one in noted(records)} == {SentState.SENT}


def test_what_is_refused_for_now_to_the_end_was_not_sent(records: Path, server: MailServer) -> None:
    server.at_rcpt[ELM] = ["451 later"] * 3
    told = outcomes(over(server, *three(), records=records, pauses=(0.01, 0.01)))
    assert told == {CEDAR: DeliveryOutcome.SENT, IVY: DeliveryOutcome.SENT, ELM: DeliveryOutcome.DEFERRED}
    assert [one.dfe_number for one in noted(records)] == ["211/2101", "211/4242"]


def test_a_server_that_goes_away_leaves_the_rest_for_the_next_run(records: Path, server: MailServer) -> None:
    server.at_data[ELM] = [MailServer.LEAVE]
    told = over(server, *three(), records=records)
    assert outcomes(told) == {
        CEDAR: DeliveryOutcome.SENT,
        ELM: DeliveryOutcome.UNCERTAIN,
        IVY: DeliveryOutcome.DEFERRED,
    }
    assert "cannot be reached" in told[-1].reply.reason
    assert [one.state for one in noted(records)] == [SentState.SENT, SentState.SENDING]


def test_if_one_of_a_schools_addresses_is_refused_the_others_get_it(records: Path, server: MailServer) -> None:
    server.at_rcpt[ELM] = ["550 no such mailbox"]
    (delivery,) = over(server, MemberSchool("211/2101", SchoolRecord(), f"{CEDAR};{ELM}"), records=records)
    assert (delivery.reply.outcome, delivery.reply.reason) == (
        DeliveryOutcome.SENT,
        "but not to 1 of 2 addresses: 550 no such mailbox",
    )
    assert [one.to for one in server.received] == [(CEDAR,)]


@pytest.mark.parametrize("utf8", [True, False])
def test_an_address_with_accents_goes_where_the_server_takes_it_and_is_refused_elsewhere(
    records: Path, authority: trustme.CA, utf8: bool
) -> None:
    with MailServer(authority, utf8=utf8) as server:
        told = over(
            server,
            MemberSchool("211/2101", SchoolRecord(), "jörg@cedar.example"),
            MemberSchool("211/4242", SchoolRecord(), IVY),
            records=records,
        )
    expected = [(IVY,), ("jörg@cedar.example",)] if utf8 else [(IVY,)]
    assert sorted(one.to for one in server.received) == expected
    if not utf8:
        assert told[0].reply.outcome is DeliveryOutcome.REFUSED
        assert "takes no addresses with such letters" in told[0].reply.reason


def test_no_more_go_in_a_minute_than_were_allowed(records: Path, server: MailServer) -> None:
    start = time.monotonic()
    over(server, *three(), records=records, per_minute=150.0)
    assert server.received[-1].at - start >= 0.8


def test_a_run_that_is_killed_sends_to_nobody_twice(schools: Path, records: Path, server: MailServer) -> None:
    server.at_data[ELM] = [MailServer.HOLD]
    command = program(
        *("email", "2026-27", "--schools", schools, "-o", records, "--send"),
        *("--smtp-host", "127.0.0.1", "--smtp-port", server.port, "--rate", "60000"),
    )
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        assert server.holds.wait(60)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    result = send(schools, records, server)
    assert result.exit_code == 1
    assert "An earlier run was cut off while it sent to these schools" in result.stderr
    assert server.attempts == [CEDAR, ELM, IVY]
    assert [one.to for one in server.received] == [(CEDAR,), (IVY,)]
    assert run("verify", "-o", records).exit_code == 0
