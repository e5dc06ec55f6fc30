"""To which school and year each return belongs, and by which hashes it is known when it comes again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from thep_forms.deciding import Action
from thep_forms.deciding.decisions import standing_decisions
from thep_forms.office.schools.replies import MessageYears
from thep_forms.office.schools.sent import sent_to_schools
from thep_forms.reading import FileKind
from thep_forms.records import Records, Returned
from thep_forms.records.erasing import hash_of_way
from thep_forms.records.model import ENTERED

_NUMBER = re.compile(r"#[0-9]+$", re.ASCII)  # after the source of a form in a file that holds several


class Origin(Struct, frozen=True):
    """The school and the year that a return belongs to, each empty where nobody can tell.

    What came without a form belongs to the school whose known address sent it. It belongs to the year for which the
    office typed in what it says, or else to the latest year for which it may count.
    """

    dfe_number: str
    school_name: str
    year: str


class Origins:
    """Finds out to which school and year each return belongs."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._years = MessageYears(sent_to_schools(records))
        self._entered = _years_entered(records)

    def of(self, entry: Returned) -> Origin:
        """The origin of a return. A later page is of the school and year of its first page."""
        if entry.first_page and (first := self._records.find(entry.first_page)):
            return self.of(first)
        senders = {self._records.school_by_sender(entry, arrival) for arrival in entry.arrivals}
        year = entry.year or self._entered.get(entry.return_id) or self._latest_year(entry)
        if entry.school or len(senders) > 1:
            return Origin(entry.school, entry.school_name, year)
        number = senders.pop()
        return Origin(number, self._records.correspondents.name_of(number) if number else entry.school_name, year)

    def _latest_year(self, entry: Returned) -> str:
        """The latest year for which a file without a form may count; empty if one of its arrivals tells none."""
        latest = ""
        for arrival in entry.arrivals:
            number = self._records.school_by_sender(entry, arrival)
            if not number or not arrival.received_at:
                return ""
            latest = max(latest, *self._years.years(number, arrival.received_at))
        return latest


def _years_entered(records: Records) -> dict[str, str]:
    """The years for which the office entered answers that settled a return, by its id."""
    entered = (each for each in standing_decisions(records.decisions()) if each.action is Action.ENTER)
    return {return_id: each.year for each in entered for return_id in each.before.split(";")}


class Recognition:
    """The hashes by which what is forgotten is known when it comes again."""

    def __init__(self, records: Records) -> None:
        self._hashes = records.ledger.hashes()
        self._returns_in = Counter(self._hashes.values())

    def hashes_of(self, entry: Returned) -> Iterator[str]:
        """The hash of the file of a return.

        Other schools may send a blank form, or a file that is no form, with the same bytes. So it is known by its way.
        """
        if entry.return_id.startswith(ENTERED):
            return
        sha256 = self._hashes.get(entry.return_id, "")
        if sha256 and not entry.entry.blank and entry.entry.kind != FileKind.NOT_A_FORM:
            yield sha256
            return
        yield from self.ways_of(entry)

    def ways_of(self, entry: Returned) -> Iterator[str]:
        """The hashes of the ways by which a return came."""
        sha256 = self._hashes.get(entry.return_id, "")
        for arrival in entry.arrivals:
            has_number = bool(sha256) and self._returns_in[sha256] > 1
            source = _NUMBER.sub("", arrival.source) if has_number else arrival.source
            yield hash_of_way(sha256, source, arrival.received_at, arrival.carried_by)
