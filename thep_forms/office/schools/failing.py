"""Which addresses of a school mail does not reach: why, in words, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from thep_forms.office.dates import in_words
from thep_forms.records import RefusedAddress, Sent, SentState
from thep_forms.send import split_addresses
from thep_forms.sources.mail.refusal_causes import GONE_WORDS, UNDEFINED, cause_of, is_gone
from thep_forms.sources.model import Refusal, RefusalCause

# Why mail did not reach an address that may exist, and what to do.
_WHY_REFUSED = {
    RefusalCause.ABOUT_US: "its mail server refuses mail from us; ask your IT support",
    RefusalCause.RESTRICTED: "this address takes mail only from some senders; ask the school to let us in",
    RefusalCause.FULL: "the mailbox is full; ring the school, and write again later",
    RefusalCause.TOO_LARGE: "the message is too large for it; ask the school for another address",
    RefusalCause.TOO_LATE: "its mail server could not be reached; write again",
    RefusalCause.UNKNOWN: "its mail server does not say whether that is about us or about the address; ring the school",
}
_NO_SUCH_ADDRESS = "there is no such address; find another address"
_UNKNOWN_DAY = "earlier"
_CODE = re.compile(r"[45]\d\d (?P<enhanced>[45]\.\d{1,3}\.\d{1,3})?")  # the start of a reply of SMTP
_SAYS_GONE = re.compile(GONE_WORDS, re.IGNORECASE)


class FailingAddress(Struct, frozen=True):
    """An address of a school that mail does not reach. `words` say when and why, and what to do.

    `quote` is what the mail server said when the message was sent; it is empty for a bounce.
    """

    address: str
    words: str
    quote: str = ""


def failing_addresses(
    joined: str,
    bounced: Mapping[str, datetime | None],
    refused: Iterable[RefusedAddress],
    replied: Mapping[str, str],
    messages: Iterable[Sent],
) -> Iterator[FailingAddress]:
    """Those of the addresses of a school that fail, in their order.

    `bounced` says when mail to an address that does not exist came back last. `refused` are the addresses that our mail
    server refused in the year. `replied` says in words what other bounces say of an address. `messages` were sent to
    the school. An address that took a later one works again.
    """
    by_address = {each.address.lower(): each for each in refused}
    messages = tuple(messages)
    for address in split_addresses(joined):
        known = by_address.get(address.lower())
        if address.lower() in bounced:
            day = day_of(bounced[address.lower()])
            yield FailingAddress(address, f"mail to {address} came back {day}: {_NO_SUCH_ADDRESS}")
        elif address.lower() in replied:
            yield FailingAddress(address, replied[address.lower()])
        elif known and not any(_was_taken(sent, address, known.at) for sent in messages):
            yield FailingAddress(address, _by_our_server(known), known.reply)


def refused_in_words(refusal: Refusal, at: datetime | None) -> str:
    """That a bounce says mail did not reach an address, when, why and what to do."""
    code = f" ({refusal.code})" if refusal.code else ""
    return f"mail to {refusal.address} was refused {day_of(at)}{code}: {_WHY_REFUSED[refusal.cause]}"


def day_of(at: datetime | None) -> str:
    """The day, such as `on 3 May 2026`."""
    return f"on {in_words(at.date())}" if at else _UNKNOWN_DAY


def _was_taken(sent: Sent, address: str, since: datetime) -> bool:
    """Whether the mail server took that message to an address after that time."""
    return sent.state is SentState.SENT and sent.at > since and address in split_addresses(sent.addresses)


def _by_our_server(refused: RefusedAddress) -> str:
    start = _CODE.match(refused.reply)
    code = (start and start["enhanced"]) or ""
    says_gone = code not in UNDEFINED or _SAYS_GONE.search(refused.reply)
    why = _WHY_REFUSED[cause_of(code, refused.reply)]
    if says_gone and is_gone(code, refused.reply):
        why = _NO_SUCH_ADDRESS
    return f"the mail server refused {refused.address} {day_of(refused.at)}: {why}"
