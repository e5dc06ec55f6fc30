"""Two or more returns of one school that say different things, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from thep_forms.definition import Definitions
from thep_forms.definition.model import ProblemCode
from thep_forms.office.display.one_return import ShownReturn, show_return
from thep_forms.office.opening import open_records
from thep_forms.records import Returned


class Rival(Struct, frozen=True):
    """One of the returns. `state` is that of `ShownReturn`."""

    return_id: str
    source: str
    dated: datetime | None
    state: str


class Difference(Struct, frozen=True):
    """A box in which the returns differ: its label, and the answer of each. A box to tick has words for its answer."""

    label: str
    answers: tuple[str, ...]


class Conflict(Struct, frozen=True):
    """The returns, and where they differ. Each difference has its answers in the order of the returns."""

    returns: tuple[Rival, ...]
    differences: tuple[Difference, ...]


def look_up_conflict(folder: Path, shown: ShownReturn, definitions: Definitions) -> Conflict | None:
    """The returns of the school and the year of `shown` that may count in its place; None where there are none.

    Raises `RecordsError`, `TemplateError`.
    """
    if not shown.has_conflict:
        return None
    with open_records(folder, definitions) as (ledger, records):
        rivals = [entry for entry in records.returns() if _is_rival(entry, shown.returned)]
        found = [shown, *(show_return(entry, ledger, records, definitions) for entry in rivals)]
    found.sort(key=lambda each: (each.returned.dated is None, each.returned.dated, each.returned.source))
    returns = tuple(
        Rival(each.returned.return_id, each.returned.source, each.returned.dated, each.state) for each in found
    )
    return Conflict(returns, tuple(_differences(found))) if rivals else None


def _is_rival(entry: Returned, returned: Returned) -> bool:
    is_of_school = (entry.year_collected, entry.judgement.school) == (
        returned.year_collected,
        returned.judgement.school,
    )
    is_in_question = entry.judgement.can_count and ProblemCode.RETURN_CONFLICT in entry.codes
    return is_of_school and is_in_question and entry.return_id != returned.return_id


def _differences(found: Sequence[ShownReturn]) -> list[Difference]:
    """The boxes in which not all returns have the same answer, in the form's order."""
    by_return = [{answer.box.name: answer for answer in each.answers} for each in found]
    boxes = {name: answer.box for answers in by_return for name, answer in answers.items()}
    differences: list[Difference] = []
    for name, box in boxes.items():
        values = [answers[name].value if name in answers else "" for answers in by_return]
        if len(set(values)) > 1:
            is_tick = any(name in answers and answers[name].is_tick for answers in by_return)
            words = [("ticked" if value else "not ticked") if is_tick else value for value in values]
            differences.append(Difference(box.label, tuple(words)))
    return differences
