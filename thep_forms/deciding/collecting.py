"""Whether a return is of an earlier year than the one that the office collected when it came: the rule for it.

The office says with `--year` which year it collects. It cannot have collected a year before the calendar year in which
that begins: a message that came before then is not judged by it. Where the office said nothing:

- Where no later year had been sent or returned by the end of the run that brought it, the return came in its own year.
- Else its message says when it came. A year is collected from the day on which this program sent or drafted the first
  form of it. If it sent none, from the first day of the year, or from the first return of it, if that came earlier.
- Without a message, the latest year that had been sent or returned by the end of that run was collected.

So a form that came in no message is accepted for its own year if nothing of a later year is known. That year may be
over: offices read the archives of earlier years on purpose. `ingest` says so, and decision 21 says why.

What is noted with a return does not change when later ones come, so a return that was accepted in its own year stays
accepted. Of a return that came several times, the best arrival counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time

from msgspec import Struct

from thep_forms.deciding.model import Arrival, Entry
from thep_forms.definition.model import ProblemCode
from thep_forms.definition.year import MembershipYear

_UNCERTAIN = (ProblemCode.YEAR_MISMATCH, ProblemCode.FORM_OTHER)  # with these, a return does not say its year for sure


class EarlierYear(Struct, frozen=True):
    """That a return came while a later year was `collected`. `came_in_time` as well: then it only came again."""

    collected: str
    came_in_time: bool


def earlier_years(
    entries: Iterable[Entry], arrivals: Iterable[Arrival], began: Mapping[str, datetime]
) -> dict[str, EarlierYear]:
    """The returns that came while a later year was collected, by their ids. `began`: see `beginnings`."""
    years = {entry.return_id: entry.year for entry in entries if entry.is_filled_in and entry.year}
    late: dict[str, str] = {}
    in_time: set[str] = set()
    for arrival in arrivals:
        year = years.get(arrival.return_id)
        if not year:
            continue
        if collected := _collected(arrival, year, began):
            late[arrival.return_id] = min(collected, late.get(arrival.return_id, collected))
        else:
            in_time.add(arrival.return_id)
    return {return_id: EarlierYear(collected, return_id in in_time) for return_id, collected in late.items()}


def beginnings(
    entries: Iterable[Entry], dates: Mapping[str, datetime], forms_sent: Mapping[str, datetime]
) -> dict[str, datetime]:
    """From when each year was collected that was sent or returned.

    `dates` are those of the messages that brought returns. `forms_sent` says when the first form of a year was sent.
    """
    began: dict[str, datetime] = {}
    for entry in entries:
        if not entry.year or entry.year in forms_sent or not entry.is_filled_in:
            continue
        if entry.errors and any(code in entry.errors.split(";") for code in _UNCERTAIN):
            continue
        came = dates.get(entry.return_id)
        known = began.get(entry.year) or first_day_of(entry.year)
        began[entry.year] = min(came, known) if came else known
    return {**began, **forms_sent}


def _collected(arrival: Arrival, year: str, began: Mapping[str, datetime]) -> str:
    """The later year than `year` that was collected when a return of `year` came by that way; empty if none was."""
    if arrival.year_given:
        is_later = arrival.year_given > year and not _is_before_calendar_year(arrival.received_at, arrival.year_given)
        return arrival.year_given if is_later else ""
    latest = arrival.latest_year or ""
    if latest <= year:
        return ""
    if not arrival.received_at:
        return latest
    begun = [later for later, at in began.items() if later > year and at <= arrival.received_at]
    return max(begun, default="")


def first_day_of(year: str) -> datetime:
    """The start of the first day of a membership year, in UTC."""
    return _start_of(MembershipYear.parse(year).first_day)


def _is_before_calendar_year(received_at: datetime | None, year: str) -> bool:
    return bool(received_at and received_at < _start_of(date(MembershipYear.parse(year).start, 1, 1)))


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
