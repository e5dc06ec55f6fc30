"""Whether a return came from a school, by the messages that carried it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from thep_forms.checking.read_emails import domain_of
from thep_forms.deciding.model import LONG_AGO, Arrival, Entry, Verdict
from thep_forms.sources.model import MessageKind, MessageOrigin

_BY_NOBODY = (MessageKind.AUTOMATIC, MessageKind.DISCARDED)


def verdict_of_arrival(arrival: Arrival, own_addresses: Collection[str]) -> Verdict | None:
    """`sent_by_us` or `automatic` if the messages around the file say so; None if it may be a school's answer.

    The outermost message that is not our own decides. A school that forwards our message sent it; a bounce that holds
    our message is a bounce. `own_addresses` are in lower case.
    """
    if not arrival.carried_by:
        return None
    message = deciding_message(arrival, own_addresses)
    if message is None:
        return Verdict.SENT_BY_US
    return Verdict.AUTOMATIC if message.kind in _BY_NOBODY else None


def deciding_message(arrival: Arrival, own_addresses: Collection[str]) -> MessageOrigin | None:
    """The outermost message around the file that is not our own; None where there is none."""
    for message in arrival.carried_by:
        if message.kind in _BY_NOBODY:
            return message
        if message.kind is not MessageKind.OUTGOING and not _is_ours(message.sender, own_addresses):
            return message
    return None


def _is_ours(address: str, own_addresses: Collection[str]) -> bool:
    """Whether it is one of our addresses, also with a tag after a plus sign, which is the same mailbox."""
    local_part, _, domain = address.rpartition("@")
    return address in own_addresses or f"{local_part.partition('+')[0]}@{domain}" in own_addresses


def messages_by_return(arrivals: Iterable[Arrival], own_addresses: Collection[str]) -> dict[str, set[str]]:
    """The paths of the messages by which schools sent each return, by its id; an empty path where none is known."""
    found: dict[str, set[str]] = {}
    for arrival in arrivals:
        message = deciding_message(arrival, own_addresses)
        path = arrival.source[: message.path_length] if message else ""
        found.setdefault(arrival.return_id, set()).add(path)
    return found


class AddressBook:
    """The schools of e-mail addresses. An address of two schools, or of our own, tells nothing.

    Nor does an address whose domain is that of another school. A school may have filled in its neighbour's copy: then
    its people seem to be the neighbour's.
    """

    def __init__(
        self,
        addresses: Iterable[tuple[str, str]],
        own_addresses: Collection[str],
        written_to: Mapping[str, str],
        domains: Mapping[str, str],
    ) -> None:
        """`addresses` are e-mail addresses in any case, and for each the DfE number of a school that has it.

        `written_to` are the DfE numbers of the schools that we wrote to, by the Message-ID. `domains` are those of the
        only school that has each, in small letters.
        """
        self._own_addresses, self._written_to, self._domains = own_addresses, written_to, domains
        self._schools: dict[str, str] = {}
        self._shared: set[str] = set()  # addresses of several schools
        for address, dfe_number in addresses:
            known_as = address.lower()
            claimed = {dfe_number, self._schools.setdefault(known_as, dfe_number)}
            if len(claimed | {self._domains.get(domain_of(known_as), dfe_number)}) > 1:
                self._shared.add(known_as)

    def school_of(self, arrival: Arrival) -> str:
        """The DfE number of the school that sent the message around a file; empty where nobody can tell.

        A bounce counts for the school that the message was for. Where the address is nobody's, or that of several, the
        message of ours that it answers tells.
        """
        message = deciding_message(arrival, self._own_addresses)
        if not message or message.kind is MessageKind.DISCARDED:
            return ""
        return self._school(message.undelivered or (message.sender,)) or self._answering(message)

    def school_by_domain(self, arrival: Arrival) -> str:
        """The DfE number of the only school with addresses of the sender's domain: to be proposed, not decided on."""
        message = deciding_message(arrival, self._own_addresses)
        is_written = message is not None and message.kind not in _BY_NOBODY
        return self._domains.get(domain_of(message.sender), "") if message and is_written else ""

    def has_any(self, addresses: Iterable[str]) -> bool:
        """Whether one of the addresses is a school's."""
        return any(address in self._schools for address in addresses)

    def _answering(self, message: MessageOrigin) -> str:
        """The school that we wrote to in the messages that this one answers."""
        schools = {self._written_to[answer] for answer in message.answers if answer in self._written_to}
        return schools.pop() if len(schools) == 1 else ""

    def _school(self, addresses: Iterable[str]) -> str:
        theirs = [address for address in addresses if not _is_ours(address, self._own_addresses)]
        schools = {self._schools[address] for address in theirs if address in self._schools}
        return schools.pop() if len(schools) == 1 and self._shared.isdisjoint(theirs) else ""


def not_from_schools(arrivals: Iterable[Arrival], own_addresses: Collection[str]) -> dict[str, Verdict]:
    """The verdict of each return that only ever came in messages that were not a school's, by its id."""
    found: dict[str, Verdict] = {}
    from_schools: set[str] = set()
    for arrival in arrivals:
        verdict = verdict_of_arrival(arrival, own_addresses)
        if verdict is None:
            from_schools.add(arrival.return_id)
        elif found.get(arrival.return_id) is not Verdict.SENT_BY_US:
            found[arrival.return_id] = verdict
    return {return_id: verdict for return_id, verdict in found.items() if return_id not in from_schools}


def forms_sent_by_us(
    entries: Iterable[Entry], arrivals: Iterable[Arrival], own_addresses: Collection[str]
) -> dict[str, datetime]:
    """When the first of our own messages with a form of each year was sent, by the messages that came in.

    Only a blank form, and a copy just as it was made, count: we may also have passed on what a school sent. So this is
    known too where the ledger that noted what was sent is lost.
    """
    years = {entry.return_id: entry.year for entry in entries if entry.year and (entry.blank or entry.is_unchanged)}
    found: dict[str, datetime] = {}
    for arrival in arrivals:
        year, at = years.get(arrival.return_id), arrival.received_at
        if year and at and verdict_of_arrival(arrival, own_addresses) is Verdict.SENT_BY_US:
            found[year] = min(at, found.get(year, at))
    return found


def undeliverable_addresses(arrivals: Iterable[Arrival]) -> dict[str, datetime | None]:
    """The addresses to which mail bounced, in lower case, and from which nobody wrote after that.

    Each with the date of its last bounce, None where nobody knows that.
    """
    bounced: dict[str, datetime] = {}
    wrote: dict[str, datetime] = {}
    for arrival in arrivals:
        if not arrival.carried_by:
            continue
        message, at = arrival.carried_by[0], arrival.received_at or LONG_AGO
        for address in message.failed:
            bounced[address] = max(at, bounced.get(address, LONG_AGO))
        if message.kind is MessageKind.ORDINARY:
            wrote[message.sender] = max(at, wrote.get(message.sender, LONG_AGO))
    return {
        address: at if at > LONG_AGO else None for address, at in bounced.items() if wrote.get(address, LONG_AGO) <= at
    }
