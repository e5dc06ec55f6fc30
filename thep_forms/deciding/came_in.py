"""What came in, told apart before anything is judged: returns of schools, and what is none or is dealt with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.deciding.collecting import beginnings
from thep_forms.deciding.decisions import InForce
from thep_forms.deciding.model import Arrival, Entry, Judgement, Verdict
from thep_forms.deciding.senders import forms_sent_by_us, not_from_schools, verdict_of_arrival
from thep_forms.reading.model import FileKind
from thep_forms.sources.mail.message_texts import says_no_file


class CameIn(Struct, frozen=True):
    """What came in, told apart: `returns` of schools, how those came, and the judgements of all `others`.

    `dates` are those of the first messages that brought returns. `decorations` came as decorations only. `forms_sent`
    says when the first form of each year was sent or drafted. `later_pages` are returns that are read with the first
    page of their form, each with the return that has that page.
    """

    returns: Sequence[Entry]
    from_schools: Sequence[Arrival]
    others: Mapping[str, Judgement]
    dates: Mapping[str, datetime]
    decorations: set[str]
    forms_sent: Mapping[str, datetime]
    later_pages: Sequence[tuple[Entry, Entry]] = ()

    @property
    def began(self) -> dict[str, datetime]:
        """From when each year was collected that was sent or returned."""
        came = (*self.returns, *(page for page, _ in self.later_pages))
        return beginnings(came, self.dates, self.forms_sent)


def told_apart(
    entries: Iterable[Entry],
    arrivals: Iterable[Arrival],
    decided: InForce,
    own_addresses: Collection[str],
    forms_sent: Mapping[str, datetime] | None = None,
) -> CameIn:
    """Tell apart what came in. For the parameters see `decide`."""
    ways = list(arrivals)
    apart = not_from_schools(ways, own_addresses)
    found = sorted(entries, key=lambda entry: (entry.year, entry.dfe_number, entry.return_id))
    others = _judgements_of_others(found, apart, decided)
    later_pages = _later_pages(found, others)
    read_with_others = {page.return_id for page, _ in later_pages}
    returns = [entry for entry in found if entry.return_id not in others and entry.return_id not in read_with_others]
    from_schools = [way for way in ways if verdict_of_arrival(way, own_addresses) is None]
    dates, decorations = _dates_and_decorations(returns, from_schools)
    sent = forms_sent_by_us(found, ways, own_addresses)
    for year, at in (forms_sent or {}).items():
        sent[year] = min(at, sent.get(year, at))
    return CameIn(returns, from_schools, others, dates, decorations, sent, later_pages)


def _later_pages(entries: Sequence[Entry], others: Mapping[str, Judgement]) -> list[tuple[Entry, Entry]]:
    """The returns that are read with another one, which is there and no later page, and that nobody has judged yet."""
    pages = [entry for entry in entries if entry.page_of and entry.return_id not in others]
    if not pages:
        return []
    firsts = {entry.return_id: entry for entry in entries if not entry.page_of}
    return [(page, firsts[page.page_of]) for page in pages if page.page_of in firsts]


def _judgements_of_others(
    entries: Iterable[Entry], apart: Mapping[str, Verdict], decided: InForce
) -> dict[str, Judgement]:
    """The judgements of files that no school sent, and of those that a person closed."""
    others: dict[str, Judgement] = {}
    for entry in entries:
        return_id = entry.return_id
        if return_id in apart:
            others[return_id] = Judgement(apart[return_id])
        elif return_id in decided.closed:
            others[return_id] = assigned(Judgement(Verdict.CLOSED), entry, decided)
    return others


def assigned(judgement: Judgement, entry: Entry, decided: InForce) -> Judgement:
    """The judgement, with the school and the year that a person said."""
    school, year = decided.school_of(entry.return_id), decided.year_of(entry.return_id)
    return replace(judgement, assigned_school=school, assigned_year=year) if school or year else judgement


def _dates_and_decorations(
    entries: Sequence[Entry], arrivals: Iterable[Arrival]
) -> tuple[dict[str, datetime], set[str]]:
    """The date of the first message that brought each return; and which files came as decorations only.

    A message without an attached file needs nobody either, if its text shows a picture of the form.
    """
    decorations = {entry.return_id for entry in entries if entry.kind == FileKind.NOT_A_FORM}
    pictures = {entry.return_id for entry in entries if entry.kind == FileKind.SCAN}
    without_file = {entry.return_id for entry in entries if says_no_file(entry.reason)}
    shown: set[str] = set()  # the sources of the messages whose text shows a picture of the form
    messages: list[tuple[str, str]] = []  # those without a file, by their source, with the id of what is noted of them
    dates: dict[str, datetime] = {}
    for arrival in arrivals:
        if not arrival.is_decoration:
            decorations.discard(arrival.return_id)
        elif arrival.return_id in pictures:
            shown.add(arrival.source.rpartition("/")[0])
        if arrival.return_id in without_file:
            messages.append((arrival.source, arrival.return_id))
        if arrival.received_at:
            known = dates.get(arrival.return_id)
            if known is None or arrival.received_at < known:
                dates[arrival.return_id] = arrival.received_at
    decorations.update(return_id for source, return_id in messages if source in shown)
    return dates, decorations
