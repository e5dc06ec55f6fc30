"""Which returns bear on each other, so that after a change only those are judged again that it can reach.

Returns are related by what the rules of `decide` compare. That is the number of a school that both name or belong to,
or a file or a message that holds both. Or a person has put one in the place of the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.deciding.came_in import CameIn, told_apart
from thep_forms.deciding.collecting import first_day_of
from thep_forms.deciding.decide import judge
from thep_forms.deciding.decisions import InForce
from thep_forms.deciding.model import Arrival, Entry, Judgement, Verdict
from thep_forms.deciding.registers import Registers
from thep_forms.deciding.senders import deciding_message
from thep_forms.reading.model import FileKind
from thep_forms.sources.mail.message_texts import says_no_file

_ID = 16  # characters of an id, of a file or after the word that begins the id of what the office entered
_MESSAGE, _SHOWN = "message ", "shown "  # begin a link by a message, which the path of the message follows


class Came(Struct, frozen=True, gc=False):
    """A return that has changed, and how it came."""

    entry: Entry
    arrivals: Sequence[Arrival]


class Known(Protocol):
    """A return that was judged before."""

    @property
    def entry(self) -> Entry:
        """What the ledger holds of it."""

    @property
    def arrivals(self) -> Sequence[Arrival]:
        """The ways by which it came."""

    @property
    def judgement(self) -> Judgement:
        """What was decided of it."""


class CannotTellError(Exception):
    """What has changed may bear on any return: all have to be judged again."""


def judged_again(
    before: Mapping[str, Known],
    gone: Collection[str],
    now: Mapping[str, Came],
    began: Mapping[str, datetime],
    decided: InForce,
    registers: Registers,
    own_addresses: Collection[str],
    forms_sent: Mapping[str, datetime],
) -> dict[str, Judgement]:
    """The judgements of the returns that changed, and of all that are related to them, by id.

    `before` are all returns as they were judged, by id. `gone` are the ids of those that changed or are no more, and
    `now` are the ones that there are instead. `began` says from when each year was collected, by `before`. The result
    is what `decide` gives for these returns. Raises `CannotTellError`.
    """
    earlier = {return_id: before[return_id] for return_id in gone if return_id in before}
    of_gone = _told_apart(earlier.values(), replace(decided, closed=frozenset()), own_addresses)
    of_now = _told_apart(now.values(), decided, own_addresses)
    if of_gone.forms_sent or of_now.forms_sent:  # it is one of our own messages
        raise CannotTellError
    for year in {*of_gone.began, *of_now.began} - set(forms_sent):
        if not _begins_as_before(year, began, of_gone.began, of_now.began, before, gone):
            raise CannotTellError
    relations = _Relations(before, gone, now, decided, own_addresses)
    start = {link for known in earlier.values() for link in relations.links(known, known.judgement)}
    found = relations.reached([*gone, *now], start)
    while True:
        came_in = _told_apart([relations.came(return_id) for return_id in found], decided, own_addresses)
        judgements = judge(came_in, began, decided, registers, own_addresses).by_return
        schools = {school for judgement in judgements.values() for school in _schools(judgement)}
        further = relations.reached(found, schools)
        if further == found:
            return dict(judgements)
        found = further


def years_of(judged: Iterable[tuple[Entry, Judgement]]) -> tuple[str, tuple[str, ...]]:
    """The latest year of a form that has no error, and the years of accepted returns, as `Judgements` has them."""
    latest_year = ""
    years: set[str] = set()
    for entry, judgement in judged:
        if judgement.verdict is Verdict.ACCEPTED:
            years.add(entry.year)
        if entry.year > latest_year and not judgement.verdict.asks_nothing and entry.acceptable:
            latest_year = entry.year
    return latest_year, tuple(sorted(years))


def _told_apart(returns: Iterable[Came | Known], decided: InForce, own_addresses: Collection[str]) -> CameIn:
    found = list(returns)
    arrivals = (arrival for came in found for arrival in came.arrivals)
    return told_apart((came.entry for came in found), arrivals, decided, own_addresses)


def _begins_as_before(
    year: str,
    began: Mapping[str, datetime],
    of_gone: Mapping[str, datetime],
    of_now: Mapping[str, datetime],
    before: Mapping[str, Known],
    gone: Collection[str],
) -> bool:
    """Whether a year was surely collected from the same day as before."""
    if year in of_now and (year not in began or of_now[year] < began[year]):
        return False
    if of_gone.get(year) != began.get(year) or of_now.get(year) == began.get(year):
        return True
    if began[year] != first_day_of(year):
        return False  # it was from the day of a return that is gone
    for return_id, known in before.items():
        is_another = known.entry.year == year and return_id not in gone
        if is_another and known.entry.acceptable and not known.judgement.verdict.asks_nothing:
            return True
    return False


class _Relations:
    """Which returns are related, and by what. Those in `now` take the place of those that are `gone`.

    Most returns are plain: nothing but their school's number, or a message, links them to others. Which messages
    brought them is looked up only for messages that are followed, as to work it out for all takes a while.
    """

    def __init__(
        self,
        before: Mapping[str, Known],
        gone: Collection[str],
        now: Mapping[str, Came],
        decided: InForce,
        own_addresses: Collection[str],
    ) -> None:
        self._before, self._gone, self._now, self._own_addresses = before, frozenset(gone), now, own_addresses
        self._by_link: dict[str, list[str]] = {}
        self._looked_up: set[str] = set()  # links by messages, of plain returns too
        for return_id, known in before.items():
            if return_id not in self._gone:
                is_plain = _is_plain(known)
                self._add(return_id, (known.entry.dfe_number,) if is_plain else self.links(known, known.judgement))
        for return_id, came in now.items():
            self._add(return_id, self.links(came))
        self._partners: dict[str, list[str]] = {}
        for first, second in decided.preferred:
            self._partners.setdefault(first, []).append(second)
            self._partners.setdefault(second, []).append(first)

    def _add(self, return_id: str, links: Iterable[str]) -> None:
        for link in links:
            self._by_link.setdefault(link, []).append(return_id)

    def came(self, return_id: str) -> Came | Known:
        """The return with that id as it is now."""
        return self._now[return_id] if return_id in self._now else self._before[return_id]

    def links(self, came: Came | Known, judgement: Judgement | None = None) -> set[str]:
        """What a return is related to others by. Raises `CannotTellError`."""
        entry = came.entry
        links = {entry.dfe_number, entry.copy_of}
        if entry.page_of:
            links.add(f"file {_file_of(entry.page_of)}")
        if judgement:
            links.update(_schools(judgement))
        file, _, number = entry.return_id.partition("-")
        if not number or (number.isdigit() and len(number) < _ID):
            links.add(f"file {file}")
        elif entry.blank:
            raise CannotTellError  # the office entered it
        if not entry.dfe_number and entry.acceptable:
            raise CannotTellError
        for arrival in came.arrivals:
            if arrival.carried_by or arrival.is_decoration or entry.reason:
                links.update(self._messages(entry, arrival))
        links.discard("")
        return links

    def _messages(self, entry: Entry, arrival: Arrival) -> Iterator[str]:
        """The messages that it came in, and the message in whose text it is shown."""
        message = deciding_message(arrival, self._own_addresses)
        if message and message.path_length:
            yield f"{_MESSAGE}{arrival.source[: message.path_length]}"
        if arrival.is_decoration and entry.kind == FileKind.SCAN:
            yield f"{_SHOWN}{arrival.source.rpartition('/')[0]}"
        elif says_no_file(entry.reason):
            yield f"{_SHOWN}{arrival.source}"

    def reached(self, start: Iterable[str], links: Iterable[str]) -> set[str]:
        """All returns that are related to those in `start` or by these links, over any number of steps."""
        found: set[str] = set()
        looked_at: set[str] = set()
        followed = set(links)
        waiting = list(start)
        for link in followed:
            waiting += self._by_link.get(link, ())
        while waiting or (waiting := self._plain_ones_by(followed)):
            return_id = waiting.pop()
            if return_id in looked_at:
                continue
            looked_at.add(return_id)
            waiting += self._partners.get(return_id, ())  # also of one that is gone
            is_there = return_id in self._now or (return_id in self._before and return_id not in self._gone)
            if not is_there:
                continue
            found.add(return_id)
            waiting.append(_file_of(return_id))  # the first form in its file
            waiting.append(self.came(return_id).entry.page_of)
            judgement = None if return_id in self._now else self._before[return_id].judgement
            for link in self.links(self.came(return_id), judgement) - followed:
                followed.add(link)
                waiting += self._by_link.get(link, ())
        return found

    def _plain_ones_by(self, followed: Collection[str]) -> list[str]:
        """The plain returns that are related by these links, of those by messages that were not looked up before."""
        links = {link for link in followed if link.startswith((_MESSAGE, _SHOWN))} - self._looked_up
        if not links:
            return []
        self._looked_up |= links
        paths = tuple(link.partition(" ")[2] for link in links)
        found: list[str] = []
        for return_id, known in self._before.items():
            if not _came_by(known.arrivals, paths) or return_id in self._gone or not _is_plain(known):
                continue
            if shared := self.links(known, known.judgement) & links:
                self._add(return_id, shared)
                found.append(return_id)
        return found


def _came_by(arrivals: Iterable[Arrival], paths: tuple[str, ...]) -> bool:
    """Whether one of them is, or lies in, what is at one of the paths."""
    return any(arrival.source.startswith(paths) for arrival in arrivals)


def _is_plain(known: Known) -> bool:
    """Whether a return is related to others by nothing but its number and the messages that brought it."""
    entry, judgement = known.entry, known.judgement
    number = entry.dfe_number
    if not number or entry.copy_of not in ("", number) or judgement.school not in ("", number):
        return False
    is_told_apart = judgement.namesake or judgement.assigned_school or entry.page_of
    return not (is_told_apart or entry.blank or "-" in entry.return_id)


def _file_of(return_id: str) -> str:
    """The id of the first form in the file of a return."""
    return return_id.partition("-")[0]


def _schools(judgement: Judgement) -> set[str]:
    """The numbers of the schools that a return belongs to by its judgement."""
    return {judgement.school, judgement.namesake, judgement.assigned_school} - {""}
