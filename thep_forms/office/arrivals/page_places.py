"""Where pictures of forms came: those in one message, document or folder may be pages of one form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath

from msgspec import Struct

from thep_forms.deciding import Arrival, deciding_message, verdict_of_arrival
from thep_forms.definition import Definitions
from thep_forms.definition.identity import school_in
from thep_forms.reading import FileKind
from thep_forms.reading.reasons import ILLEGIBLE
from thep_forms.records import Ledger
from thep_forms.records.model import entry_of
from thep_forms.sources.model import MessageOrigin

_DOCUMENT = [FileKind.NOT_A_FORM]  # the kinds of what came from the place of a document


class Place(Struct, frozen=True):
    """The message, or else the folder, in which files came. `at` is when the message came, where that is known.

    Another message may come with the same path: it is saved under the same name, or its mailbox is exported again.
    So may another document: then `at` is when the run began that noted it.
    A message may also pass on those of several others: `writer` is the sender of the innermost one. In a folder, the
    pictures of each `school` have a place of their own: their codes name it. A folder in a document is one place.
    """

    path: str
    message: MessageOrigin | None = None
    writer: str = ""
    at: datetime | None = None
    school: str = ""

    @property
    def is_one_answer(self) -> bool:
        """Whether what came in it is one answer of a school: it is a message or a document."""
        return not self.school


class Places(Struct, frozen=True):
    """The pictures in each place, by id, and the schools of the forms there.

    `near` are the schools of all forms that came in one message or document with each return; `school_of` is that of
    each. A school is known by its DfE number. What names none is counted by its id: a form, and a picture of which
    nobody can tell which page it shows.
    """

    pictures: Mapping[Place, Collection[str]]
    near: Mapping[str, set[str]]
    school_of: Mapping[str, str]

    def is_of_one_school(self, return_id: str, first: str) -> bool:
        """Whether no form of another school than that of the first page came with a return."""
        return self.near.get(return_id, set()) <= {self.school_of.get(first, "")}


def places_around(ledger: Ledger, new: Iterable[str], definitions: Definitions) -> Places:
    """The places in which returns came, those in which the pictures there came too, and so on.

    `new` are the ids of the returns.
    """
    return _Search(ledger, definitions).places(new)


class _Search:
    """Looks up places from one picture to the next."""

    def __init__(self, ledger: Ledger, definitions: Definitions) -> None:
        self._ledger, self._definitions = ledger, definitions
        self._own_addresses = definitions().partnership.own_addresses
        self._pictures: dict[Place, set[str]] = {}
        self._forms: dict[Place, set[str]] = {}
        self._documents: dict[tuple[str, datetime | None], Place | None] = {}
        self._schools: dict[str, str] = {}
        self._by_school: dict[str, set[str]] | None = None  # pictures, read once for however many schools

    def places(self, new: Iterable[str]) -> Places:
        waiting, seen = set(new), set[str]()
        while waiting:
            return_id = waiting.pop()
            seen.add(return_id)
            for arrival in self._ledger.arrivals_of(return_id):
                place = self._place_of(arrival)
                if place and place not in self._pictures:
                    self._look_up(place)
                    waiting |= self._pictures[place] - seen
        school_of: dict[str, str] = {}
        near: dict[str, set[str]] = {}
        for place, pictures in self._pictures.items():
            if not (pictures and place.is_one_answer):
                continue
            found = {*pictures, *self._forms.get(place, ())}
            school_of.update((each, self._school_of(each)) for each in found - school_of.keys())
            for return_id in pictures:
                near.setdefault(return_id, set()).update({school_of[each] for each in found} - {""})
        return Places(self._pictures, near, school_of)

    def _look_up(self, place: Place) -> None:
        """Note what came in a place."""
        self._pictures[place] = set()
        for kind, arrival in self._came_in(place):
            if self._place_of(arrival) == place:
                found = self._pictures if kind == FileKind.SCAN else self._forms
                found.setdefault(place, set()).add(arrival.return_id)

    def _came_in(self, place: Place) -> Iterable[tuple[str, Arrival]]:
        """The kind and the arrival of each form, and each picture of one, that may have come in a place."""
        if not place.school:
            return self._ledger.forms_in(place.path)
        if self._by_school is None:
            self._by_school = self._ledger.pictures_by_school()
        pictures = self._by_school.get(place.school, ())
        return ((FileKind.SCAN, arrival) for each in pictures for arrival in self._ledger.arrivals_of(each))

    def _place_of(self, arrival: Arrival) -> Place | None:
        """The place in which a school sent a return; None where it sent none, or nothing can belong to that."""
        if verdict_of_arrival(arrival, self._own_addresses):
            return None
        message = deciding_message(arrival, self._own_addresses)
        if message and message.path_length:
            innermost = arrival.carried_by[-1]
            at = arrival.received_at if message is innermost else None  # else that of a message in it
            return Place(arrival.source[: message.path_length], message, innermost.sender, at)
        path = arrival.source.rpartition("/")[0]
        if place := self._in_document(path, arrival.noted_at):
            return place
        school = self._school_in_code(arrival.return_id)
        return Place(path, school=school) if school else None

    def _school_in_code(self, return_id: str) -> str:
        """The school whose copy a picture shows; empty where its code names none."""
        if return_id not in self._schools:
            reading = self._ledger.own_reading(return_id)
            self._schools[return_id] = school_in(reading.form_id) if reading else ""
        return self._schools[return_id]

    def _in_document(self, path: str, noted_at: datetime | None) -> Place | None:
        """The place of what a run noted in a folder; None where that is in no document, which is a return of its own.

        Of two documents with one path that one run noted, nobody can tell in which a file came.
        """
        if (path, noted_at) not in self._documents:
            folder = PurePosixPath(path)
            found = [self._ledger.kinds_from(str(each)) for each in (folder, *folder.parents)]
            has_several = any(len(kinds) > 1 for kinds in found)
            kinds = [[kind for kind, at in each if not has_several or at == noted_at] for each in found]
            is_in = _DOCUMENT in kinds and all(len(each) <= 1 for each in kinds)
            self._documents[path, noted_at] = Place(path, at=noted_at if has_several else None) if is_in else None
        return self._documents[path, noted_at]

    def _school_of(self, return_id: str) -> str:
        """The school of a return, as in `Places`; empty for a form that says nothing, and for later pages.

        What its file says by itself counts: not what a person said of it, nor what was known when it was checked.
        """
        from thep_forms.records.checks import check_reading  # slow to import, and few runs need it

        own = self._ledger.own_reading(return_id)
        if not own or not (own.says_something or own.reason == ILLEGIBLE):
            return ""
        entry = entry_of(return_id, own, check_reading(own, self._definitions).checked)
        if entry.is_unchanged:
            return ""
        stands_alone = entry.kind == FileKind.FORM or entry.reason == ILLEGIBLE
        return entry.dfe_number or entry.copy_of or (return_id if stands_alone else "")
