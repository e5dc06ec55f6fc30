"""Dates as the office uses them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from thep_forms.definition import FormDefinition
from thep_forms.definition.year import in_words

__all__ = ["date_warning", "due_date", "in_words", "today"]


def today() -> date:
    """The current date in UTC, as the ledger notes times."""
    return datetime.now(UTC).date()


def due_date(definition: FormDefinition, sent_on: date) -> date:
    """The last day on which a form that was sent on `sent_on` is in time.

    It is the day that the form names, but never sooner than `days_to_return` after the form was sent.
    """
    allowed = sent_on + timedelta(days=definition.partnership.days_to_return)
    return max(definition.return_by, allowed) if definition.return_by else allowed


def printed_date(definition: FormDefinition) -> date | None:
    """The day by which the form itself asks to be returned; None if it names none."""
    day = definition.return_by
    is_printed = day is not None and any(in_words(day) in words for words in definition.words.values())
    return day if is_printed else None


def date_warning(definition: FormDefinition, day: date, due: date | None = None) -> str:
    """What is wrong, on that day, with the date that the form names, in one line; empty if nothing is.

    `due` is the date that the e-mail with the form names.
    """
    printed = printed_date(definition)
    if printed is None or (printed >= day and due in (None, printed)):
        return ""
    passed = ", which has passed" if printed < day else ""
    if due is None or due == printed:
        return f"The form asks schools to return it by {in_words(printed)}{passed}."
    return f"The e-mail asks for the form by {in_words(due)}, but the form itself says {in_words(printed)}{passed}."
