"""What became of a message, and why a school gets none, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from thep_forms.office.dates import in_words, today
from thep_forms.office.reports.report_contents import HAS_RETURNED
from thep_forms.office.schools.school_status import ReminderRule, SchoolStatus, Standing
from thep_forms.records import SentKind, SentState
from thep_forms.send import Delivery, DeliveryOutcome

_SKIPPED = {
    Standing.NEEDS_ATTENTION: "with a form that needs attention",
    Standing.WROTE: "that wrote without a form",
    Standing.UNCERTAIN: "that may have been written to",
    Standing.UNDELIVERABLE: "with an address that does not work",
    Standing.NOT_SENT: "not yet sent the form",
    Standing.DRAFTED: "with a draft already",
    Standing.SENT: "with the form already",
}

# Where schools stand, as the end of a sentence: schools …
_OPEN = "open"
STANDS = {
    _OPEN: "that have not answered",
    Standing.NOT_SENT: "that were not sent the form",
    Standing.OVERDUE: "that are overdue",
    Standing.NEEDS_ATTENTION: "with a form to be corrected",
    Standing.WROTE: "that wrote without a form",
    Standing.SENT: "that have the form and some time left",
    Standing.DRAFTED: "with a draft",
    Standing.UNCERTAIN: "that may have been written to",
    Standing.UNDELIVERABLE: "that mail does not reach",
    Standing.ACCEPTED: "with an accepted form",
}
_STATES = {
    SentState.SENT: "",
    SentState.DRAFTED: " drafted",
    SentState.SENDING: " perhaps",
    SentState.ON_PAPER: " on paper",
}


def delivery_in_words(delivery: Delivery) -> str:
    """What became of a message, such as `sent`. It may quote the mail server."""
    reason = delivery.reply.reason
    match delivery.reply.outcome:
        case DeliveryOutcome.SENT:
            return f"sent, {reason}" if reason else "sent"
        case DeliveryOutcome.REFUSED:
            return f"NOT sent, the mail server refused it: {reason}"
        case DeliveryOutcome.DEFERRED:
            return f"NOT sent, try again later: {reason}"
        case DeliveryOutcome.LEFT_OUT:
            return f"NOT sent, {reason}"
        case DeliveryOutcome.UNCERTAIN:
            return f"may have been sent: {reason}. Its Message-ID is {delivery.message_id}"


def is_meant(status: SchoolStatus, phase: str, standing: str) -> bool:
    """Whether a school is of that phase and stands there, one of `STANDS`; both may be empty for any."""
    if phase and phase not in status.member.phases:
        return False
    if standing == _OPEN:
        return status.standing not in HAS_RETURNED
    return not standing or status.standing == standing


def written_in_words(status: SchoolStatus) -> str:
    """What a school was last sent and when, such as `Form on 4 May, reminder on 3 June`."""
    last: dict[SentKind, str] = {}
    for message in status.messages:
        last[message.kind] = f"{message.kind}{_STATES[message.state]} on {_day(message.at.date())}"
    words = ", ".join(last.values())
    return words[:1].upper() + words[1:]


def _day(day: date) -> str:
    """The date, with the year where it is not this one."""
    return in_words(day).removesuffix(f" {today().year}")


def skipped_in_words(skipped: Iterable[SchoolStatus], rule: ReminderRule | None) -> list[str]:
    """How many schools are not written to and what they are, such as `3 accepted`. `rule` is None for the form."""
    by_standing = sorted(skipped, key=lambda status: status.standing)
    counts = Counter(_skipped_words(status, rule) for status in by_standing)
    return [f"{count} {words}" for words, count in counts.items()]


def _skipped_words(status: SchoolStatus, rule: ReminderRule | None) -> str:
    """What a school is that is not written to. The number of such schools goes before it."""
    if rule and status.reminders and rule.is_to_be_reminded(status):
        return _reminded_words(status, rule)
    if rule and status.standing in (Standing.SENT, Standing.DRAFTED):
        return STANDS[Standing.SENT]
    return _SKIPPED.get(status.standing, status.standing.label)


def _reminded_words(status: SchoolStatus, rule: ReminderRule) -> str:
    """When a school had its last reminder, and when it may have another."""
    last = status.reminders[-1]
    day = last.at.date()
    had = "that had a reminder " + ("today" if day == today() else f"on {in_words(day)}")
    if rule.has_had_all(status):
        return f"{had} and may have no other"
    days = (rule.next_day(last) - today()).days
    return f"{had} and may have another in {'1 day' if days == 1 else f'{days} days'}"
