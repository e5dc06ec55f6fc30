"""How much the servers of Microsoft and Google take from one account, by their names, in a minute and in a day.

From "Exchange Online limits" and "Gmail sending limits in Google Workspace", November 2026. Limitation: only what this
program sent counts. The account may have sent other mail, and a server may allow less; its refusal then ends the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from thep_forms.records import Sent, SentState
from thep_forms.send.messages import ADDRESS_SEPARATOR

_DAY = timedelta(days=1)


class ServerLimits(Struct, frozen=True):
    """The most messages in a minute, and the most addresses in any 24 hours."""

    per_minute: float = float("inf")
    addresses_a_day: int = 10**9


LIMITS = {
    "smtp.office365.com": ServerLimits(30, 10_000),
    "smtp-mail.outlook.com": ServerLimits(30, 300),
    "smtp.gmail.com": ServerLimits(addresses_a_day=2_000),
    "smtp-relay.gmail.com": ServerLimits(addresses_a_day=10_000),
}


def limits_of(host: str) -> ServerLimits:
    """The limits of a server; none that anybody reaches for one that is not known."""
    return LIMITS.get(host.lower().rstrip("."), ServerLimits())


def free_at(sent: Iterable[Sent], addresses: int, limits: ServerLimits, now: datetime) -> datetime | None:
    """When a message to so many addresses may go; None if it may go now. `sent` are the messages of the ledger."""
    found = [(each.at, _count(each)) for each in sent if each.state is not SentState.DRAFTED and each.at > now - _DAY]
    over = sum(count for _, count in found) + addresses - limits.addresses_a_day
    for at, count in sorted(found):
        if over <= 0:
            return None
        over -= count
        if over <= 0:
            return at + _DAY
    return None


def _count(sent: Sent) -> int:
    return len(sent.addresses.split(ADDRESS_SEPARATOR))
