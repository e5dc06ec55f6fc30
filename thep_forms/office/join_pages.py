"""Reads the pages of a form as one that came in files of their own, such as a photograph of each page in an e-mail.

Pages go together that came in one message or document. In a folder they go together if their codes name one school.
A second picture of a page goes with the first one if it says the same.
A person looks where several first pages are possible, and at what was decided about before. So it is where forms of
several schools, or pages that nobody can read, came with a page whose code names no school.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import chain
from pathlib import PurePosixPath

from msgspec import Struct

from thep_forms.deciding import Action, Arrival, Entry, deciding_message, verdict_of_arrival
from thep_forms.definition.identity import go_together, school_in
from thep_forms.reading import FileKind, Reading
from thep_forms.reading.later_pages import FIRST, is_later, one_of_each, what_is_said, with_later_pages
from thep_forms.reading.reasons import ILLEGIBLE
from thep_forms.records import Ledger
from thep_forms.sources.model import MessageOrigin

_DOCUMENT = [FileKind.NOT_A_FORM]  # the kinds of what came from the place of a document


class _Place(Struct, frozen=True):
    """The message, or else the folder, in which files came. `at` is when the message came, where that is known.

    Another message may come with the same path: it is saved under the same name, or its mailbox is exported again.
    A message may also pass on those of several others: `writer` is the sender of the innermost one.
    """

    path: str
    message: MessageOrigin | None = None
    writer: str = ""
    at: datetime | None = None


class _Near(Struct, frozen=True):
    """The schools of the forms that came in one message or document with each return, and the school of each.

    A school is known by its DfE number. What names none is counted by its id: a form, and a picture of which nobody can
    tell which page it shows.
    """

    by_return: Mapping[str, set[str]]
    school_of: Mapping[str, str]

    def is_of_one_school(self, return_id: str, first: str) -> bool:
        """Whether no form of another school than that of the first page came with a return."""
        return self.by_return.get(return_id, set()) <= {self.school_of.get(first, "")}


def join_pages(ledger: Ledger, new: Collection[str], own_addresses: Collection[str]) -> None:
    """Read later pages with the first page of their form, where one of them is `new`: the ids of pictures.

    What was put together is to be checked again then. `own_addresses` are as in `decide`.
    """
    if not new:
        return
    pictures = _by_place(ledger.arrivals_of_kind(FileKind.SCAN), own_addresses)
    if not any(len(ids) > 1 and not ids.isdisjoint(new) for ids in pictures.values()):
        return
    decided: set[str] = set()
    for decision in ledger.decisions():
        if decision.action is not Action.NOTE:
            decided.update((decision.return_id, *decision.before.split(";")))
    one_answer = {place for place in pictures if place.message or _is_in_document(place, ledger)}
    near = _near(ledger, {place: pictures[place] for place in one_answer}, own_addresses)
    for place, return_ids in pictures.items():
        if len(return_ids) > 1 and not return_ids.isdisjoint(new):
            readings = {each: reading for each in sorted(return_ids) if (reading := ledger.reading(each))}
            _join(ledger, readings, decided, near if place in one_answer else None)


def _by_place(arrivals: Iterable[Arrival], own_addresses: Collection[str]) -> dict[_Place, set[str]]:
    """The ids of what schools sent."""
    found: dict[_Place, set[str]] = {}
    for arrival in arrivals:
        if verdict_of_arrival(arrival, own_addresses) is None:
            found.setdefault(_place_of(arrival, own_addresses), set()).add(arrival.return_id)
    return found


def _place_of(arrival: Arrival, own_addresses: Collection[str]) -> _Place:
    message = deciding_message(arrival, own_addresses)
    if message and message.path_length:
        innermost = arrival.carried_by[-1]
        at = arrival.received_at if message is innermost else None  # else that of a message in it
        return _Place(arrival.source[: message.path_length], message, innermost.sender, at)
    return _Place(arrival.source.rpartition("/")[0])


def _is_in_document(place: _Place, ledger: Ledger) -> bool:
    """Whether the folder is in a document, which is a return of its own. Of two with one path nobody can tell."""
    path = PurePosixPath(place.path)
    found = [ledger.kinds_from(str(each)) for each in (path, *path.parents)]
    return _DOCUMENT in found and all(len(kinds) <= 1 for kinds in found)


def _near(ledger: Ledger, pictures: Mapping[_Place, set[str]], own_addresses: Collection[str]) -> _Near:
    school_of = {entry.return_id: school for entry in ledger.entries() if (school := _school_of(entry))}
    forms = _by_place(ledger.arrivals_of_kind(FileKind.FORM), own_addresses)
    by_return: dict[str, set[str]] = {}
    for place, return_ids in pictures.items():
        schools = {school_of.get(each, "") for each in (*return_ids, *forms.get(place, ()))} - {""}
        for return_id in return_ids:
            by_return.setdefault(return_id, set()).update(schools)
    return _Near(by_return, school_of)


def _school_of(entry: Entry) -> str:
    """The school of an entry, as in `_Near`; empty for a form that says nothing, and for later pages."""
    stands_alone = entry.kind == FileKind.FORM or entry.reason == ILLEGIBLE
    if not entry.is_form or entry.is_unchanged or (entry.blank and entry.reason != ILLEGIBLE):
        return ""
    return entry.dfe_number or entry.copy_of or (entry.return_id if stands_alone else "")


def _join(ledger: Ledger, readings: Mapping[str, Reading], decided: Collection[str], near: _Near | None) -> None:
    """Read later pages with the first page of their form. `readings` are the pictures of one place, by id.

    `near` is None if the place is a folder.
    """
    left = {each: page for each, page in readings.items() if each not in decided and len(ledger.return_ids(each)) == 1}
    repeated = _repeated(left, are_one_answer=near is not None)
    again = {*chain(*repeated.values())}
    firsts = {
        each: page
        for each, page in _without(readings, again).items()
        if FIRST in page.pages and not ledger.first_page_of(each)
    }
    pages_of = _by_first_page(firsts, _without(left, again), near)
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
        says = what_is_said(reading)
        if says and not reading.later_pages and (are_one_answer or school_in(reading.form_id)):
            other = first_with.setdefault((reading.form_id, reading.pages, says), return_id)
            if other != return_id:
                found.setdefault(other, []).append(return_id)
    return found


def _by_first_page(
    firsts: Mapping[str, Reading], pages: Mapping[str, Reading], near: _Near | None
) -> dict[str, list[tuple[str, Reading]]]:
    """Those of the pages that may follow one of the first pages alone, by the id of that one.

    Where `near` is None, both have to say that they are of one school's copy.
    """
    by_school: dict[str, list[str]] = {}
    for return_id, first in firsts.items():
        if school := school_in(first.form_id):
            by_school.setdefault(school, []).append(return_id)
    found: dict[str, list[tuple[str, Reading]]] = {}
    for return_id, page in pages.items():
        school = school_in(page.form_id)
        possible = [
            each
            for each in (firsts if near else by_school.get(school, ()))
            if go_together(firsts[each].form_id, page.form_id)
        ]
        if not is_later(page) or len(possible) != 1:
            continue
        (first_id,) = possible
        if school or not near or near.is_of_one_school(return_id, first_id):
            found.setdefault(first_id, []).append((return_id, page))
    return found
