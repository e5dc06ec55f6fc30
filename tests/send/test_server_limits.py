"""What mail servers take from one account, in a minute and in a day: no run sends more."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.mailserver import MailServer
from tests.support.writing import CEDAR, ELM, noted, send
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.sending.email import send_messages
from thep_forms.office.sending.mail_plan import MailRequest
from thep_forms.records import Sent, SentKind, SentState
from thep_forms.send import Server
from thep_forms.send.server_limits import LIMITS, ServerLimits, free_at, limits_of


@pytest.mark.parametrize(
    ("host", "per_minute", "a_day"),
    [
        ("smtp.office365.com", 30, 10_000),
        ("SMTP.Gmail.com.", float("inf"), 2_000),
        ("mail.example.org", float("inf"), 10**9),
    ],
)
def test_limits_of_a_known_server_are_known_by_its_name(host: str, per_minute: float, a_day: int) -> None:
    assert limits_of(host) == ServerLimits(per_minute, a_day)


def test_limit_of_a_day_ends_the_run_and_says_when_to_go_on(
    schools: Path, records: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "127.0.0.1", ServerLimits(addresses_a_day=2))
    result = send(schools, records, server)
    assert result.exit_code == 2
    assert [received.to for received in server.received] == [(CEDAR,), (ELM,)]
    tomorrow = (noted(records)[0].at + timedelta(days=1)).astimezone()
    assert f"Go on after {tomorrow:%H:%M on %d %B}. 2 of 3 messages were sent" in result.stderr.splitlines()[-1]
    assert send(schools, records, server).exit_code == 2
    assert len(server.received) == 2
    monkeypatch.setitem(LIMITS, "127.0.0.1", ServerLimits())
    assert send(schools, records, server).exit_code == 0


def test_messages_of_yesterday_and_drafts_do_not_count_for_the_limit_of_a_day() -> None:
    now = datetime(2026, 5, 5, 12, tzinfo=UTC)

    def sent(hours: float, state: SentState = SentState.SENT, addresses: str = "a@x;b@x") -> Sent:
        at = now - timedelta(hours=hours)
        return Sent("2026-27", "211/2101", at, SentKind.FORM, state, addresses)

    limits = ServerLimits(addresses_a_day=4)
    assert free_at([sent(25), sent(3, SentState.DRAFTED), sent(1)], 2, limits, now) is None
    assert free_at([sent(23), sent(1)], 1, limits, now) == now + timedelta(hours=1)
    assert free_at([sent(23), sent(1)], 3, limits, now) == now + timedelta(hours=23)


def test_limit_of_a_minute_is_kept_whatever_rate_is_asked_for(
    schools: Path, records: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "127.0.0.1", ServerLimits(per_minute=120))
    goes_on_at: list[float] = []

    def wait(seconds: float) -> None:
        time.sleep(seconds)
        goes_on_at.append(time.monotonic())

    request = MailRequest(MembershipYear(2026), schools, records, Definitions.of_today())
    send_messages(request, lambda: Server.at("127.0.0.1", server.port), 60_000, wait=wait)
    assert len(server.received) == len(goes_on_at) == 3
    assert all(after - before >= 0.5 for before, after in pairwise(goes_on_at))
