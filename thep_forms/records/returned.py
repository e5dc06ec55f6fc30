"""A return with everything that is known of it, but for its answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from thep_forms.deciding import Arrival, Entry, Judgement, Verdict, school_of, verdict_of_arrival
from thep_forms.reading import FileKind

_LAST = datetime.max.replace(tzinfo=UTC)


class Returned(Struct, frozen=True, gc=False, array_like=True):
    """A return: what the ledger holds of it, how it came, and what is decided of it."""

    entry: Entry
    arrivals: tuple[Arrival, ...]  # the one that counts first: the first message, else the first source
    judgement: Judgement
    apart: Mapping[str, Verdict] = {}  # the verdict of each arrival that was not a school's, by its source

    @property
    def arrivals_from_school(self) -> tuple[Arrival, ...]:
        """The ways by which a school sent it."""
        if not self.apart:
            return self.arrivals
        return tuple(arrival for arrival in self.arrivals if arrival.source not in self.apart)

    def verdict_of(self, arrival: Arrival) -> Verdict:
        """What became of it as it came by that way."""
        if arrival.source in self.apart:
            return self.apart[arrival.source]
        return self.verdict if arrival == self.arrivals[0] else Verdict.DUPLICATE

    @property
    def return_id(self) -> str:
        """The first 16 hex digits of its file's hash; in a file of several forms `-2`, `-3`, … follow."""
        return self.entry.return_id

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture of a form."""
        return self.entry.kind == FileKind.SCAN

    @property
    def source(self) -> str:
        """The way by which it came first."""
        return self.arrivals[0].source

    @property
    def verdict(self) -> Verdict:
        """What became of it. That it came more than once, `arrivals` tell."""
        return self.judgement.verdict

    @property
    def is_decoration(self) -> bool:
        """Whether it only ever came as a decoration of messages: nobody is asked about it."""
        return self.judgement.is_decoration

    @property
    def dfe_number(self) -> str:
        """The DfE number that was typed, in its normal form; empty where none can be read."""
        return self.entry.dfe_number

    @property
    def school_name(self) -> str:
        """The name that the return gives its school."""
        return self.entry.school_name

    @property
    def school(self) -> str:
        """Whose it is, as `school_of` says."""
        return school_of(self.entry, self.judgement)

    @property
    def year(self) -> str:
        """Its membership year; empty where neither the return nor a person says it."""
        return self.entry.year or self.judgement.assigned_year

    @property
    def year_collected(self) -> str:
        """The year in whose collection it came: its own, unless it is of an earlier year than the one collected."""
        return self.judgement.collected or self.year

    @property
    def dated(self) -> datetime | None:
        """When it was sent, as far as that is known: the date of its first message, else the file's own."""
        return self.arrivals[0].received_at or self.entry.modified

    @property
    def came_at(self) -> datetime | None:
        """When it came, as far as that is known: the date of its first message, else when this program took it in."""
        first = self.arrivals[0]
        return first.received_at or first.noted_at or self.entry.modified

    @property
    def first_page(self) -> str:
        """The id of the return with the first page, where this one is a later page that is read with it."""
        return self.entry.page_of if self.verdict is Verdict.SUPERSEDED else ""

    @property
    def asks_nothing(self) -> bool:
        """Whether nothing is asked about it, whatever it holds. What a later page says is asked with the first page."""
        return self.verdict.asks_nothing or bool(self.first_page)

    @property
    def has_problems(self) -> bool:
        """Whether it has problems: sooner told than by their codes."""
        return bool(self.entry.codes or self.judgement.codes) and not self.asks_nothing

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its problems, each once."""
        if self.asks_nothing:
            return ()
        return tuple(dict.fromkeys((*split_codes(self.entry.codes), *self.judgement.codes)))


def split_codes(codes: str) -> list[str]:
    """The codes of problems that are joined by `;`."""
    return codes.split(";") if codes else []


def place_of(entry: Entry) -> tuple[str, str, str]:
    """Where a return stands among all."""
    return entry.year, entry.dfe_number, entry.return_id


def returned(
    entry: Entry, arrivals: Iterable[Arrival], judgement: Judgement, own_addresses: Collection[str]
) -> Returned:
    """A return that came by these ways, which may be in any order."""
    apart: dict[str, Verdict] = {}
    ways = list(arrivals)
    for arrival in ways:
        if verdict := verdict_of_arrival(arrival, own_addresses):
            apart[arrival.source] = verdict
    if len(ways) > 1:
        ways.sort(key=lambda arrival: (arrival.source in apart, arrival.received_at or _LAST, arrival.source))
    return Returned(entry, tuple(ways), judgement, apart)
