"""What schools were sent: by e-mail as the ledger has it, and on paper as persons noted it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from thep_forms.deciding import Action, Noted, standing_decisions
from thep_forms.records import Records, Sent, SentKind, SentState


def sent_to_schools(records: Records) -> tuple[Sent, ...]:
    """The messages to schools of all years, and the forms that they were given on paper, the first one first."""
    return records.once(sent_to_schools, lambda: _sent(records))


def _sent(records: Records) -> tuple[Sent, ...]:
    return tuple(sorted((*records.ledger.sent(), *_on_paper(records)), key=lambda sent: sent.at))


def _on_paper(records: Records) -> Iterator[Sent]:
    for decision in standing_decisions(records.decisions()):
        if decision.action is Action.NOTE and decision.field == Noted.ON_PAPER:
            at = datetime.fromisoformat(decision.at)
            yield Sent(decision.year, decision.dfe_number, at, SentKind.FORM, SentState.ON_PAPER, "")
