"""Dates as the office uses them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from thep_forms.definition import FormDefinition
from thep_forms.definition.year import in_words

__all__ = ["due_date", "in_words", "today"]


def today() -> date:
    """The current date in UTC, as the ledger notes times."""
    return datetime.now(UTC).date()


def due_date(definition: FormDefinition, sent_on: date) -> date:
    """The last day on which a form that was sent on `sent_on` is in time.

    It is the day that the form names, but never sooner than `days_to_return` after the form was sent.
    """
    allowed = sent_on + timedelta(days=definition.partnership.days_to_return)
    return max(definition.return_by, allowed) if definition.return_by else allowed
