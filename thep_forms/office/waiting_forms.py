"""Forms that wait for somebody, while their schools write about them: what a message says goes into the form."""

from __future__ import annotations

from thep_forms.deciding import LONG_AGO, Verdict
from thep_forms.definition.model import ProblemCode
from thep_forms.office.parted_forms import boxes_of_later_pages
from thep_forms.records import Records, Returned

_YearOfSchool = tuple[str, str]


def waiting_form(number: str, year: str, records: Records) -> str:
    """The id of the school's form of that year which waits for somebody; empty where there is none, or another counts.

    If there are several, it is the latest. A copy that came back as we sent it tells nothing that is not known, and
    later pages alone are no form.
    """
    return records.once(waiting_form, lambda: _waiting(records)).get((number, year), "")


def _waiting(records: Records) -> dict[_YearOfSchool, str]:
    counting = {(entry.school, entry.year) for entry in records.accepted()}
    found: dict[_YearOfSchool, Returned] = {}
    for entry in records.returns():
        place = entry.school, entry.year
        if entry.school and place not in counting and _waits(entry, records):
            before = found.get(place)
            if not before or (before.dated or LONG_AGO) <= (entry.dated or LONG_AGO):
                found[place] = entry
    return {place: entry.return_id for place, entry in found.items()}


def _waits(entry: Returned, records: Records) -> bool:
    if entry.verdict is not Verdict.NEEDS_ATTENTION or not entry.entry.has_answers or entry.first_page:
        return False
    tells_nothing = ProblemCode.COPY_UNCHANGED in entry.codes or entry.year != entry.year_collected
    return not tells_nothing and not boxes_of_later_pages(entry, records)
