"""Forms that count for one school, and came from the address of another one that has sent none of its own.

A school may fill in the copy of its neighbour, and leave the name and the number that stand there. Only the sender
tells that the form is not the neighbour's. Whoever sends the forms of several schools is taken for their clerk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from thep_forms.office.schools.school_status import SchoolStatus, Standing
from thep_forms.records import Records
from thep_forms.records.returned import Returned

_SENT_A_FORM = {Standing.ACCEPTED, Standing.NEEDS_ATTENTION}


class FromAnother(Struct, frozen=True):
    """A form that counts for a school, and the name of the `sender`, which is another one."""

    return_id: str
    school_name: str
    sender: str


def forms_from_others(statuses: Iterable[SchoolStatus], records: Records, year: str) -> Iterator[FromAnother]:
    """The forms of that year that came from schools without one. `statuses` are those of all members."""
    members = {status.dfe_number: status for status in statuses}
    without = {number: status for number, status in members.items() if status.standing not in _SENT_A_FORM}
    if not without:
        return
    sent: dict[str, list[Returned]] = {}
    for entry in records.accepted():
        sender = _sender(entry, records) if entry.year == year and entry.school in members else ""
        if sender in without:
            sent.setdefault(sender, []).append(entry)
    for sender, entries in sent.items():
        if len(entries) == 1:  # who sends those of several schools does so for them
            yield FromAnother(entries[0].return_id, _name(entries[0].school, members), _name(sender, members))


def _sender(entry: Returned, records: Records) -> str:
    """The number of the school from whose address it came first.

    Empty where its own school sent it too, or a person has said whose it is.
    """
    book = records.correspondents
    senders = [book.school_of(arrival) or book.school_by_domain(arrival) for arrival in entry.arrivals_from_school]
    is_known = entry.judgement.assigned_school or entry.school in senders
    return senders[0] if senders and not is_known else ""


def _name(number: str, members: Mapping[str, SchoolStatus]) -> str:
    return members[number].member.name or number
