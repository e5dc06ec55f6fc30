"""Reads the pages of a form as one that came in files of their own, such as a photograph of each page in an e-mail.

Pages go together that came in one message or document. In a folder they go together if their codes name one school.
A second picture of a page goes with the first one if it says the same.
A person looks where several first pages are possible, and at what was decided about before. So it is where forms of
several schools, or pages that nobody can read, came with a page whose code names no school.

What goes together is worked out anew from the files themselves whenever another one comes to the same place. So it is
when a person decides about one or takes that back, and when one is forgotten. It does not depend on the order in which
the files came. But a form about which a person has decided keeps the pages that it has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from thep_forms.deciding import Action, Decision, in_force, standing_decisions
from thep_forms.definition import Definitions
from thep_forms.definition.identity import go_together, school_in
from thep_forms.office.arrivals.page_places import Places, places_around
from thep_forms.reading import Reading
from thep_forms.reading.later_pages import FIRST, is_later, one_of_each, what_is_said
from thep_forms.records import Ledger


def join_pages(ledger: Ledger, new: Collection[str], definitions: Definitions) -> None:
    """Read later pages with the first page of their form, in the places where returns came that are `new`, by id.

    What was put together, or no longer goes together, is to be checked again then.
    """
    places = places_around(ledger, new, definitions)
    readings = _readings(ledger, places)
    if not readings:
        return
    decisions = ledger.decisions()
    decided = _decided(decisions, readings)
    before, kept = _known_pages(ledger, readings, decided)
    alone = _standing_alone(decisions, readings, kept)
    pages = _Pages(readings, _free(ledger, alone) - decided, alone, places)
    now = {first: found for first, found in pages.by_first_page().items() if first not in decided}
    changed = [first for first in sorted(before.keys() | now.keys()) if before.get(first) != now.get(first)]
    ledger.read_with({first: now.get(first, set()) for first in changed})


def pictures_beside(ledger: Ledger, return_ids: Iterable[str], definitions: Definitions) -> set[str]:
    """The ids of the pictures in the places where returns came, as in `places_around`."""
    return set().union(*places_around(ledger, return_ids, definitions).pictures.values())


def forms_that_may_lack_pages(ledger: Ledger, definitions: Definitions) -> tuple[str, ...]:
    """The forms, by id, about which a person has decided, and whose pages would go with them if nobody had."""
    places = places_around(ledger, [return_id for return_id, _ in ledger.pictures()], definitions)
    readings = _readings(ledger, places)
    decisions = ledger.decisions()
    decided = _decided(decisions, readings)
    _, kept = _known_pages(ledger, readings, decided)
    alone = _standing_alone(decisions, readings, kept)
    decided_pages = {each for each in decided & readings.keys() if is_later(readings[each])}
    pages = _Pages(readings, _free(ledger, alone) - decided_pages, alone, places)
    return tuple(sorted(decided.intersection(pages.by_first_page())))


def _free(ledger: Ledger, alone: Collection[str]) -> set[str]:
    """The pictures that may go with another: those that came in a file with other returns go with none."""
    return {each for each in alone if len(ledger.return_ids(each)) == 1}


def _readings(ledger: Ledger, places: Places) -> dict[str, Reading]:
    """What was read of each picture by itself that came with others, by id."""
    together = (return_ids for return_ids in places.pictures.values() if len(return_ids) > 1)
    readings = {each: ledger.own_reading(each) for each in sorted(set().union(*together))}
    return {return_id: reading for return_id, reading in readings.items() if reading}


def _decided(decisions: Iterable[Decision], readings: Mapping[str, Reading]) -> set[str]:
    """The ids of the returns about which a person has decided, or which version 13 read with later pages."""
    decided = {return_id for return_id, reading in readings.items() if reading.later_pages}
    for decision in standing_decisions(decisions):
        if decision.action not in (Action.NOTE, Action.UNDO):
            decided.update((decision.return_id, *decision.before.split(";")))
    return decided


def _known_pages(
    ledger: Ledger, readings: Mapping[str, Reading], decided: Collection[str]
) -> tuple[dict[str, set[str]], set[str]]:
    """The later pages that are looked at anew, by the id of the first page; and those that stay where they are."""
    before: dict[str, set[str]] = {}
    kept: set[str] = set()
    for page in ledger.later_pages():
        if page.is_apart or page.first in decided or not {page.return_id, page.first} <= readings.keys():
            kept.add(page.return_id)
        else:
            before.setdefault(page.first, set()).add(page.return_id)
    return before, kept


def _standing_alone(decisions: Iterable[Decision], readings: Mapping[str, Reading], kept: Collection[str]) -> set[str]:
    """The pictures that are read with no other one. A later page is left out of which a person said whose it is."""
    said = in_force(decisions)
    alone = readings.keys() - kept
    return {each for each in alone if not (is_later(readings[each]) and said.is_assigned(each))}


class _SayTheSame:
    """Pictures that say the same of the same pages. The smallest id of each group stands for all."""

    def __init__(self) -> None:
        self._others: dict[str, str] = {}

    def add(self, return_ids: Collection[str]) -> None:
        """Note that these are of one group."""
        originals = {self.original(each) for each in return_ids}
        self._others.update((each, min(originals)) for each in originals if each != min(originals))

    def original(self, return_id: str) -> str:
        """The id that stands for a picture: its own if no other says the same."""
        while return_id in self._others:
            return_id = self._others[return_id]
        return return_id


class _Pages:
    """Finds out which pictures are pages of one form.

    `readings` are those of the pictures by themselves, by id. `free` are the ones that may go with another, and `alone`
    the ones that go with none so far. A later page that is alone and not free may still be the page of a form that came
    with it. So no other one is taken in its place.
    """

    def __init__(
        self, readings: Mapping[str, Reading], free: Collection[str], alone: Collection[str], places: Places
    ) -> None:
        self._readings, self._free, self._places = readings, frozenset(free), places
        self._firsts = {each for each in alone if FIRST in readings[each].pages}
        self._later = {each for each in alone if is_later(readings[each])}
        self._same = _SayTheSame()
        for return_ids in places.pictures.values():
            saying: dict[object, list[str]] = {}
            for return_id in (self._free | self._later).intersection(return_ids):
                if said := self._said(return_id):
                    saying.setdefault(said, []).append(return_id)
            for same in saying.values():
                self._same.add(same)

    def by_first_page(self) -> dict[str, set[str]]:
        """The ids of the pictures that go with each first page, by the id of that."""
        possible = self._possible_firsts()
        groups: dict[str, set[str]] = {}
        for each in self._free:
            groups.setdefault(self._same.original(each), set()).add(each)
        pages: dict[str, list[str]] = {first: [] for first in self._firsts & groups.keys()}
        for page, firsts in sorted(possible.items()):
            originals = {self._same.original(each) for each in firsts}
            if len(originals) == 1 and self._is_of_one_school(groups.get(page, {page}), *originals):
                pages.setdefault(originals.pop(), []).append(page)
        found: dict[str, set[str]] = {}
        for first, later in pages.items():
            joined = set().union(*(groups.get(each, ()) for each in (first, *self._one_of_each(first, later))))
            if joined - {first}:
                found[first] = joined - {first}
        return found

    def _possible_firsts(self) -> dict[str, set[str]]:
        """The first pages that each later page may follow, by the id of that. Those that say the same are one."""
        found: dict[str, set[str]] = {}
        for return_ids in self._places.pictures.values():
            firsts = self._firsts.intersection(return_ids)
            for page in self._later.intersection(return_ids):
                form_id = self._readings[page].form_id
                followed = {each for each in firsts if go_together(self._readings[each].form_id, form_id)}
                found.setdefault(self._same.original(page), set()).update(followed)
        for firsts in found.values():
            said = {self._said(each) for each in firsts}
            if len(said) == 1 and None not in said and firsts <= self._free:
                self._same.add(firsts)
        return found

    def _is_of_one_school(self, pictures: Collection[str], first: str) -> bool:
        """Whether a later page is of the first page's school, by its code or what came with its pictures."""
        has_code = any(school_in(self._readings[each].form_id) for each in pictures)
        return has_code or all(self._places.is_of_one_school(each, first) for each in pictures)

    def _one_of_each(self, first_id: str, pages: Iterable[str]) -> list[str]:
        """Those of the later pages that can be read with the first page."""
        first = self._readings[first_id]
        later = one_of_each(first, [(each, self._readings[each]) for each in pages]) if first.pages_missing else []
        return [return_id for return_id, _ in later]

    def _said(self, return_id: str) -> object:
        """What a picture says, and of which pages; None where it says nothing for certain."""
        reading = self._readings[return_id]
        said = what_is_said(reading)
        return (reading.form_id, reading.pages, said) if said else None
