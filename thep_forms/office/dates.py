"""Dates as the office uses them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from thep_forms.definition import FormDefinition


def today() -> date:
    """The current date in UTC, as the ledger notes times."""
    return datetime.now(UTC).date()


def due_date(definition: FormDefinition, sent_on: date) -> date:
    """The last day on which a form that was sent on `sent_on` is in time."""
    return sent_on + timedelta(days=definition.partnership.days_to_return)


def in_words(day: date) -> str:
    """The date as `3 May 2026`."""
    return f"{day.day} {day:%B %Y}"
