"""Reads the pages of a form as one that came in files of their own, such as a photograph of each page in an e-mail.

Pages go together that came in one message or document. In a folder they go together if their codes name one school.
A second picture of a page goes with the first one if it says the same.
A person looks where several first pages are possible, and at what was decided about before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain
from pathlib import PurePosixPath

from msgspec import Struct

from thep_forms.deciding import Action, Arrival, deciding_message, verdict_of_arrival
from thep_forms.definition.identity import go_together, school_in
from thep_forms.reading import Reading
from thep_forms.reading.later_pages import FIRST, is_later, one_of_each, what_is_said, with_later_pages
from thep_forms.records import Ledger


class _Place(Struct, frozen=True):
    """The message, or else the folder, in which pictures came."""

    path: str
    is_message: bool


def join_pages(ledger: Ledger, read: Collection[str], own_addresses: Collection[str]) -> None:
    """Read later pages with the first page of their form, where one of them is in `read`, the ids of new pictures.

    What was put together is to be checked again then. `own_addresses` are as in `decide`.
    """
    if not read:
        return
    decided: set[str] = set()
    for decision in ledger.decisions():
        if decision.action is not Action.NOTE:
            decided.update((decision.return_id, *decision.before.split(";")))
    for place, return_ids in _pictures_by_place(ledger, own_addresses).items():
        if len(return_ids) > 1 and not return_ids.isdisjoint(read):
            readings = {each: reading for each in sorted(return_ids) if (reading := ledger.reading(each))}
            _join(ledger, readings, decided, are_one_answer=place.is_message or _is_in_document(place, ledger))


def _pictures_by_place(ledger: Ledger, own_addresses: Collection[str]) -> dict[_Place, set[str]]:
    """The ids of the pictures that schools sent."""
    found: dict[_Place, set[str]] = {}
    for arrival in ledger.arrivals_of_pictures():
        if verdict_of_arrival(arrival, own_addresses) is None:
            found.setdefault(_place_of(arrival, own_addresses), set()).add(arrival.return_id)
    return found


def _place_of(arrival: Arrival, own_addresses: Collection[str]) -> _Place:
    message = deciding_message(arrival, own_addresses)
    if message and message.path_length:
        return _Place(arrival.source[: message.path_length], is_message=True)
    return _Place(arrival.source.rpartition("/")[0], is_message=False)


def _is_in_document(place: _Place, ledger: Ledger) -> bool:
    """Whether the folder is in a document, which is a return of its own."""
    path = PurePosixPath(place.path)
    return any(ledger.has_source(str(each)) for each in (path, *path.parents))


def _join(ledger: Ledger, readings: Mapping[str, Reading], decided: Collection[str], *, are_one_answer: bool) -> None:
    """Read later pages with the first page of their form. `readings` are the pictures of one place, by id."""
    left = {each: page for each, page in readings.items() if each not in decided and not ledger.shares_file(each)}
    repeated = _repeated(left, are_one_answer=are_one_answer)
    again = {*chain(*repeated.values())}
    firsts = {each: page for each, page in _without(readings, again).items() if FIRST in page.pages}
    pages_of = _by_first_page(firsts, _without(left, again), are_one_answer=are_one_answer)
    for return_id, first in firsts.items():
        later = one_of_each(first, pages_of.get(return_id, ())) if first.pages_missing else []
        for each in (return_id, *(page for page, _ in later)):
            later += [(other, readings[other]) for other in repeated.get(each, ())]
        if later and return_id not in decided:
            ledger.read_with(return_id, with_later_pages(first, later), [each for each, _ in later])


def _without(readings: Mapping[str, Reading], left_out: Collection[str]) -> dict[str, Reading]:
    return {return_id: reading for return_id, reading in readings.items() if return_id not in left_out}


def _repeated(readings: Mapping[str, Reading], *, are_one_answer: bool) -> dict[str, list[str]]:
    """The ids of the pictures that say the same of the same pages as another one, by the id of that."""
    first_with: dict[object, str] = {}
    found: dict[str, list[str]] = {}
    for return_id, reading in readings.items():
        school, says = school_in(reading.form_id), what_is_said(reading)
        if says and (are_one_answer or school):
            other = first_with.setdefault((school, reading.pages, says), return_id)
            if other != return_id:
                found.setdefault(other, []).append(return_id)
    return found


def _by_first_page(
    firsts: Mapping[str, Reading], pages: Mapping[str, Reading], *, are_one_answer: bool
) -> dict[str, list[tuple[str, Reading]]]:
    """Those of the pages that may follow one of the first pages alone, by the id of that one.

    `are_one_answer`: all came together. Else both have to say that they are of one school's copy.
    """
    by_school: dict[str, list[str]] = {}
    for return_id, first in firsts.items():
        if school := school_in(first.form_id):
            by_school.setdefault(school, []).append(return_id)
    found: dict[str, list[tuple[str, Reading]]] = {}
    for return_id, page in pages.items():
        near = firsts if are_one_answer else by_school.get(school_in(page.form_id), ())
        possible = [each for each in near if go_together(firsts[each].form_id, page.form_id)]
        if is_later(page) and len(possible) == 1:
            found.setdefault(possible[0], []).append((return_id, page))
    return found
