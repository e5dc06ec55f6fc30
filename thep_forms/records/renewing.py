"""What an earlier run worked out of the ledger, with what has changed since.

Only the returns that a change can reach are decided about again; `deciding/related.py` says which these are. The result
is the same as that of deciding about all.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from thep_forms.deciding import (
    Action,
    Came,
    CannotTellError,
    Decision,
    Judgement,
    Judgements,
    Registers,
    in_force,
    judged_again,
    years_of,
)
from thep_forms.records.last_run import WorkedOut
from thep_forms.records.ledger import Ledger
from thep_forms.records.returned import Returned, place_of, returned

# Tables of returns, and where the id is in the key of a row.
_OF_RETURNS = {"entry": 0, "reading": 0, "result": 0, "result_detail": 0, "later_page": 0, "arrival": 1}
_OF_NONE = {"file", "written", "identity", "forgotten", "message_text", "mailbox"}  # tables that no verdict depends on
_DECISION = "decision"
_SEPARATOR = ";"  # between the ids of returns in a decision


class Renewed(Struct, frozen=True):
    """All returns by id, in their order. `reached` are the ids of those that a change since `before` can reach."""

    before: WorkedOut
    returns: Mapping[str, Returned]
    judgements: Judgements
    reached: Collection[str]

    def worked_out(self) -> WorkedOut:
        """The same for the next change. No table shows it yet."""
        judged = self.judgements
        return WorkedOut(dict(self.returns), judged.latest_year, judged.years, dict(judged.began), "", {})


class Changes(Struct, frozen=True):
    """The ids of the returns of which rows have changed, and of those about which something was decided."""

    rows: set[str]
    decided: set[str]


def renewed(ledger: Ledger, registers: Registers, own_addresses: Collection[str]) -> Renewed | None:
    """What is worked out of the ledger now. None if all has to be worked out anew."""
    before = ledger.worked_out
    changes = changes_of(ledger) if before else None
    if before is None or changes is None:
        return None
    returns: Mapping[str, Returned] = before.returns
    reached = changes.rows | changes.decided
    latest_year, years = before.latest_year, before.years
    if reached:
        try:
            again = _decided_again(ledger, before, changes, registers, own_addresses)
        except CannotTellError:
            return None
        reached.update(each.return_id for each in again)
        returns = _replaced(returns, again, reached)
        latest_year, years = years_of((each.entry, each.judgement) for each in returns.values())
    return Renewed(before, returns, Judgements(_ByReturn(returns), latest_year, years, before.began), reached)


class _ByReturn(Mapping[str, Judgement]):
    """The judgements of returns by their ids."""

    def __init__(self, returns: Mapping[str, Returned]) -> None:
        self._returns = returns

    def __getitem__(self, return_id: str) -> Judgement:
        return self._returns[return_id].judgement

    def __iter__(self) -> Iterator[str]:
        return iter(self._returns)

    def __len__(self) -> int:
        return len(self._returns)


def changes_of(ledger: Ledger) -> Changes | None:
    """What has changed; None if that may bear on any return."""
    rows: set[str] = set()
    decided: set[str] = set()
    for table, keys in ledger.changed_rows().items():
        if table in _OF_RETURNS:
            rows.update(key[_OF_RETURNS[table]] for key in keys)
        elif table == _DECISION:
            by_number = {str(decision.number): decision for decision in ledger.decisions()}
            if any(number not in by_number for (number,) in keys):
                return None  # it was forgotten
            for (number,) in keys:
                decided.update(_meant(by_number[number]))
        elif table not in _OF_NONE:
            return None
    return Changes(rows, decided)


def _meant(decision: Decision) -> Iterator[str]:
    """The ids of the returns that a decision is about."""
    if decision.return_id:
        yield decision.return_id
    if decision.action in (Action.PREFER, Action.ENTER):
        yield from filter(None, decision.before.split(_SEPARATOR))


def _decided_again(
    ledger: Ledger, before: WorkedOut, changes: Changes, registers: Registers, own_addresses: Collection[str]
) -> list[Returned]:
    """The returns that changed, and those that are related to them, as they are now. Raises `CannotTellError`."""
    changed = changes.rows | changes.decided
    now: dict[str, Came] = {}
    for return_id in changed:
        known = before.returns.get(return_id)
        if known and return_id not in changes.rows:
            now[return_id] = Came(known.entry, known.arrivals)
        elif found := ledger.one_return(return_id):
            now[return_id] = Came(*found)
    decided, forms_sent = in_force(ledger.decisions()), ledger.first_forms_sent()
    judgements = judged_again(before.returns, changed, now, before.began, decided, registers, own_addresses, forms_sent)
    again: list[Returned] = []
    for return_id, judgement in judgements.items():
        came = now.get(return_id) or before.returns[return_id]
        again.append(returned(came.entry, came.arrivals, judgement, own_addresses))
    return again


def _replaced(
    before: Mapping[str, Returned], again: Sequence[Returned], reached: Collection[str]
) -> dict[str, Returned]:
    """The returns with others in the place of those in `reached`, in their order."""
    by_id = {each.return_id: each for each in again}
    places = {return_id: place_of(before[return_id].entry) for return_id in reached if return_id in before}
    if by_id.keys() == places.keys() and all(place_of(each.entry) == places[each.return_id] for each in again):
        return {**before, **by_id}
    left = [each for return_id, each in before.items() if return_id not in reached]
    for each in again:
        insort(left, each, key=lambda each: place_of(each.entry))
    return {each.return_id: each for each in left}
