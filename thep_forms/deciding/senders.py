"""Whether a return came from a school, by the messages that carried it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from thep_forms.deciding.model import Arrival, Verdict
from thep_forms.sources.model import MessageKind

_BY_NOBODY = (MessageKind.AUTOMATIC, MessageKind.DISCARDED)


def verdict_of_arrival(arrival: Arrival, own_addresses: Collection[str]) -> Verdict | None:
    """`sent_by_us` or `automatic` if the messages around the file say so; None if it may be a school's answer.

    The outermost message that is not our own decides. A school that forwards our message sent it; a bounce that holds
    our message is a bounce. `own_addresses` are in lower case.
    """
    for message in arrival.carried_by:
        if message.kind in _BY_NOBODY:
            return Verdict.AUTOMATIC
        if message.kind is not MessageKind.OUTGOING and message.sender not in own_addresses:
            return None
    return Verdict.SENT_BY_US if arrival.carried_by else None


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
