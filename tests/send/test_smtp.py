"""Delivery of e-mail: through TLS only, over connections that break, and to no school twice."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.conftest import read_return
from tests.support.commands import program, run
from tests.support.mailserver import PASSWORD, USER, MailServer
from tests.support.writing import CEDAR, DEFINITION, ELM, IVY, form_in, noted, send
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import FormDefinition
from thep_forms.definition.identity import school_in
from thep_forms.errors import SendError
from thep_forms.office.schools.school_status import SchoolStatus, Standing
from thep_forms.office.sending.email import outgoing_messages
from thep_forms.records import Ledger, Sent, SentKind, SentState
from thep_forms.register import MemberSchool
from thep_forms.send import Delivery, DeliveryOutcome, Outbox, Server

# --- sending ------------------------------------------------------------------------------------------------------


def test_each_school_gets_its_own_form_once_in_any_number_of_runs(
    schools: Path, records: Path, server: MailServer, definition: FormDefinition
) -> None:
    for _ in range(3):
        assert send(schools, records, server).exit_code == 0
    assert [received.to for received in server.received] == [(CEDAR,), (ELM,), (IVY,)]
    assert {(received.secure, received.sender) for received in server.received} == {
        (True, "membership@thepartnership.example")
    }
    forms = [read_return(form_in(received.message)[1], definition) for received in server.received]
    schools_in_forms = [school_in(form.form_id) for form in forms]
    assert schools_in_forms == ["211/2101", "211/2103", "211/4242"]
    sent = noted(records)
    assert [note.message_id for note in sent] == [received.message["Message-ID"] for received in server.received]
    assert {(note.kind, note.state) for note in sent} == {(SentKind.FORM, SentState.SENT)}
    assert [note.addresses for note in sent] == [CEDAR, ELM, IVY]
    assert all(
        received.message["Date"].datetime - note.at < timedelta(seconds=5)
        for received, note in zip(server.received, sent, strict=True)
    )


def test_the_output_of_a_run_holds_no_address(schools: Path, records: Path, server: MailServer) -> None:
    server.at_rcpt[ELM] = [f"550 5.1.1 <{ELM}>: no such mailbox"]
    result = send(schools, records, server)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert not [line for line in lines if ELM in line or CEDAR in line or IVY in line]
    assert lines[:4] == [
        "211/2101 Cedar Primary School: sent",
        "211/2103 Elm Tree Primary School: NOT sent, the mail server refused it: 550 5.1.1 …: no such mailbox",
        "211/4242 Ivy Lane School: sent",
        "2 messages sent, 1 not sent.",
    ]
    hints = ("The form asks schools", "The e-mail asks for the form by", "schools.csv: used")
    assert [line for line in lines[4:] if not line.startswith(hints)] == []
    assert result.stdout == ""


def test_a_permanent_refusal_is_tried_again_only_by_the_next_run(
    schools: Path, records: Path, server: MailServer
) -> None:
    server.at_rcpt[ELM] = ["550 no"]
    server.at_data[IVY] = ["554 looks like spam"]
    assert send(schools, records, server).exit_code == 1
    assert server.attempts == [CEDAR, ELM, IVY]
    assert send(schools, records, server).exit_code == 0
    assert sorted(received.to for received in server.received) == [(ELM,), (IVY,), (CEDAR,)]


def test_the_user_signs_in_with_the_password_from_the_environment_or_the_prompt(
    schools: Path, records: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MailServer(authority, wants_login=True) as server:
        asked = send(schools, records, server, "--smtp-user", USER, "--only", "2101", input=f"{PASSWORD}\n")
        monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
        monkeypatch.setenv("THEP_FORMS_SMTP_USER", USER)
        from_environment = send(schools, records, server)
    assert (asked.exit_code, from_environment.exit_code) == (0, 0)
    assert PASSWORD not in asked.output
    assert {received.user for received in server.received} == {USER}
    assert len(server.received) == 3


@pytest.mark.parametrize(
    ("password", "words"), [("wrong", "refuses the user name or the password (535"), ("ø", "lett")]
)
def test_a_wrong_password_ends_the_run_with_one_line(
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


def test_challenge_that_is_no_base64_ends_the_run_with_one_line(
    schools: Path, records: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
    server.wants_login, server.at_login = True, "334 a"
    result = send(schools, records, server, "--smtp-user", USER)
    assert result.exit_code == 2
    assert "cannot be reached: The connection was lost." in result.stderr.splitlines()[-1]
    assert server.received == []


def test_without_a_password_and_a_terminal_nothing_is_sent(schools: Path, records: Path, server: MailServer) -> None:
    result = send(schools, records, server, "--smtp-user", USER, input="")
    assert (result.exit_code, "set THEP_FORMS_SMTP_PASSWORD" in result.stderr) == (2, True)
    assert server.attempts == []


# --- encrypted or local connections ---------------------------------------------------------------------------


def over(server: MailServer, *members: MemberSchool, records: Path, **changes: object) -> list[Delivery]:
    """Send to the members through the room's own interface. Returns the deliveries."""
    statuses = [
        SchoolStatus(member, Standing.NOT_SENT)
        for member in members or (MemberSchool("211/2101", SchoolRecord(), CEDAR),)
    ]
    messages = list(outgoing_messages(statuses, DEFINITION, None, SentKind.FORM))
    to = Server(server.host, server.port, implicit_tls=server.implicit_tls)
    with Ledger(records) as ledger:
        options = {"per_minute": 60000.0, "pauses": ()} | changes
        return list(
            Outbox(lambda: nullcontext(ledger), DEFINITION, SentKind.FORM, datetime.now(UTC)).send(
                messages, to, **options
            )
        )


def test_a_school_that_somebody_else_wrote_to_meanwhile_gets_no_second_message(
    records: Path, server: MailServer
) -> None:
    statuses = [
        SchoolStatus(MemberSchool(number, SchoolRecord(), address), Standing.NOT_SENT)
        for number, address in (("211/2101", CEDAR), ("211/2103", ELM))
    ]
    messages = list(outgoing_messages(statuses, DEFINITION, None, SentKind.FORM))
    outcomes: dict[str, DeliveryOutcome] = {}
    with Ledger(records) as ledger:
        outbox = Outbox(lambda: nullcontext(ledger), DEFINITION, SentKind.FORM, datetime.now(UTC))
        for delivery in outbox.send(messages, Server(server.host, server.port), 60000.0, pauses=()):
            outcomes[delivery.message.dfe_number] = delivery.reply.outcome
            with ledger.transaction():
                ledger.note_sent(
                    Sent("2026-27", "211/2103", datetime.now(UTC), SentKind.FORM, SentState.SENT, ELM, "<a@b.example>")
                )
    assert outcomes == {"211/2101": DeliveryOutcome.SENT, "211/2103": DeliveryOutcome.LEFT_OUT}
    assert [received.to for received in server.received] == [(CEDAR,)]


def test_a_server_with_implicit_tls_is_used_over_tls(records: Path, authority: trustme.CA) -> None:
    with MailServer(authority, implicit_tls=True) as server:
        (delivery,) = over(server, records=records)
    assert delivery.reply.outcome is DeliveryOutcome.SENT
    assert [received.secure for received in server.received] == [True]


@pytest.mark.parametrize("implicit_tls", [False, True])
@pytest.mark.parametrize("wrong", ["its authority", "its name"])
def test_a_certificate_that_is_not_trusted_ends_the_run(
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


def test_a_server_without_tls_gets_neither_password_nor_message(
    schools: Path, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing, and finds the address of this machine
        own = probe.getsockname()[0]
    monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
    with MailServer(host=own, wants_login=True) as server:
        result = send(schools, records, server, "--smtp-host", own, "--smtp-user", USER)
    assert (result.exit_code, result.stderr.count("\n"), "offers no TLS" in result.stderr) == (2, 1, True)
    assert (server.attempts, server.logins, server.received) == ([], [], [])


def test_a_server_on_this_machine_works_without_tls(schools: Path, records: Path) -> None:
    with MailServer() as server:
        assert send(schools, records, server, "--smtp-host", "localhost").exit_code == 0
    assert [received.secure for received in server.received] == [False] * 3


def test_a_server_that_does_not_answer_is_reported_in_one_line(schools: Path, records: Path) -> None:
    with MailServer() as server:
        pass
    result = send(schools, records, server)
    assert (result.exit_code, result.stderr.count("\n"), "cannot be reached" in result.stderr) == (2, 1, True)


# --- lost connections, temporary refusals ------------------------------------------------------------------


def three() -> list[MemberSchool]:
    return [
        MemberSchool(f"211/{number}", SchoolRecord(), address)
        for number, address in ((2101, CEDAR), (2103, ELM), (4242, IVY))
    ]


def outcomes(deliveries: list[Delivery]) -> dict[str, DeliveryOutcome]:
    return {delivery.message.to[0]: delivery.reply.outcome for delivery in deliveries}


def test_a_connection_lost_before_a_message_is_opened_again(records: Path, server: MailServer) -> None:
    server.at_rcpt[ELM] = [MailServer.HANG_UP]
    assert set(outcomes(over(server, *three(), records=records, pauses=(0.1,))).values()) == {DeliveryOutcome.SENT}
    assert server.attempts == [CEDAR, ELM, IVY, ELM]
    assert [received.to for received in server.received] == [(CEDAR,), (IVY,), (ELM,)]


@pytest.mark.parametrize("script", [MailServer.HANG_UP, MailServer.TAKE_AND_HANG_UP])
def test_a_connection_lost_during_a_message_is_reported_and_the_message_is_not_sent_again(
    schools: Path, records: Path, server: MailServer, script: str
) -> None:
    server.at_data[ELM] = [script]
    first = send(schools, records, server)
    (lost,) = [note for note in noted(records) if note.state is SentState.SENDING]
    assert first.exit_code == 1
    assert (
        f"may have been sent: the connection to the mail server was lost. Its Message-ID is {lost.message_id}"
        in first.stderr
    )
    second = send(schools, records, server)
    assert second.exit_code == 1
    assert "211/2103 Elm Tree Primary School: may have been sent on" in second.stderr
    assert lost.message_id in second.stderr
    taken = [received for received in server.received if received.to == (ELM,)]
    assert [received.message["Message-ID"] for received in taken] == [lost.message_id] * (script != MailServer.HANG_UP)
    assert server.attempts.count(ELM) == 1
    assert send(schools, records, server, "--only", "2103", "--again").exit_code == 0
    assert server.attempts.count(ELM) == 2
    assert send(schools, records, server).exit_code == 0


def test_a_temporary_refusal_is_tried_again_after_the_others(records: Path, server: MailServer) -> None:
    server.at_rcpt[CEDAR] = ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    server.at_data[ELM] = ["452 too busy"]
    paused: list[tuple[int, float]] = []
    deliveries = over(
        server, *three(), records=records, pauses=(0.01, 0.02), before_pause=lambda *of: paused.append(of)
    )
    assert set(outcomes(deliveries).values()) == {DeliveryOutcome.SENT}
    assert [received.to for received in server.received] == [(IVY,), (ELM,), (CEDAR,)]
    assert paused == [(2, 0.01), (1, 0.02)]
    assert {note.state for note in noted(records)} == {SentState.SENT}


def test_a_message_that_is_refused_temporarily_every_time_is_not_noted_as_sent(
    records: Path, server: MailServer
) -> None:
    server.at_rcpt[ELM] = ["451 later"] * 3
    outcome_by_address = outcomes(over(server, *three(), records=records, pauses=(0.01, 0.01)))
    assert outcome_by_address == {CEDAR: DeliveryOutcome.SENT, IVY: DeliveryOutcome.SENT, ELM: DeliveryOutcome.DEFERRED}
    assert [note.dfe_number for note in noted(records)] == ["211/2101", "211/4242"]


def test_a_server_that_stops_leaves_the_rest_for_the_next_run(records: Path, server: MailServer) -> None:
    server.at_data[ELM] = [MailServer.LEAVE]
    deliveries = over(server, *three(), records=records)
    assert outcomes(deliveries) == {
        CEDAR: DeliveryOutcome.SENT,
        ELM: DeliveryOutcome.UNCERTAIN,
        IVY: DeliveryOutcome.DEFERRED,
    }
    assert "cannot be reached" in deliveries[-1].reply.reason
    assert [note.state for note in noted(records)] == [SentState.SENT, SentState.SENDING]


def test_a_school_with_one_refused_address_gets_its_form_at_the_others(records: Path, server: MailServer) -> None:
    server.at_rcpt[ELM] = ["550 no such mailbox"]
    (delivery,) = over(server, MemberSchool("211/2101", SchoolRecord(), f"{CEDAR};{ELM}"), records=records)
    assert (delivery.reply.outcome, delivery.reply.reason) == (
        DeliveryOutcome.SENT,
        "but not to 1 of 2 addresses: 550 no such mailbox",
    )
    assert [received.to for received in server.received] == [(CEDAR,)]


@pytest.mark.parametrize("utf8", [True, False])
def test_an_address_with_accents_is_used_only_if_the_server_supports_it(
    records: Path, authority: trustme.CA, utf8: bool
) -> None:
    with MailServer(authority, utf8=utf8) as server:
        deliveries = over(
            server,
            MemberSchool("211/2101", SchoolRecord(), "jörg@cedar.example"),
            MemberSchool("211/4242", SchoolRecord(), IVY),
            records=records,
        )
    expected = [(IVY,), ("jörg@cedar.example",)] if utf8 else [(IVY,)]
    assert sorted(received.to for received in server.received) == expected
    if not utf8:
        assert deliveries[0].reply.outcome is DeliveryOutcome.REFUSED
        assert "takes no addresses with such letters" in deliveries[0].reply.reason


def test_a_run_sends_no_more_messages_in_a_minute_than_allowed(records: Path, server: MailServer) -> None:
    start = time.monotonic()
    over(server, *three(), records=records, per_minute=150.0)
    assert server.received[-1].at - start >= 0.8


def test_a_killed_run_sends_no_message_twice(schools: Path, records: Path, server: MailServer) -> None:
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
    assert [received.to for received in server.received] == [(CEDAR,), (IVY,)]
    assert run("verify", "-o", records).exit_code == 0
