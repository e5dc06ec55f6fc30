"""Forms whose pages came in several files, such as a photograph of each: which return has the first page."""

from __future__ import annotations

from collections.abc import Sequence

from thep_forms.deciding import Verdict
from thep_forms.definition import MembershipYear
from thep_forms.definition.model import ProblemCode
from thep_forms.records import Records, Returned

LATER_PAGES = "later pages of a form, whose first page came in another file"


def form_with_the_rest(returned: Returned, records: Records) -> str:
    """The id of the return that has the first page of a form whose later pages are in this one.

    Empty where this return is whole or has the first page, or nobody knows its school. So it is where several have the
    first page and none of them counts.
    """
    if returned.verdict is not Verdict.NEEDS_ATTENTION or not boxes_of_later_pages(returned, records):
        return ""
    forms = records.once(form_with_the_rest, lambda: _forms_by_school(records))
    others = [other for other in forms.get((returned.school, returned.year_collected), ()) if other != returned]
    wholes = [other for other in others if not boxes_of_later_pages(other, records)]
    found = [other for other in wholes if other.verdict is Verdict.ACCEPTED] or wholes
    return found[0].return_id if len(found) == 1 else ""


def boxes_of_later_pages(returned: Returned, records: Records) -> Sequence[str]:
    """The names of the boxes on the pages that came; none where the form is whole, or one of them is required."""
    if ProblemCode.PAGES_MISSING not in returned.codes:
        return ()
    reading = records.ledger.reading(returned.return_id)
    if not reading:
        return ()
    definition = records.definitions(MembershipYear.parse(returned.year) if returned.year else None)
    boxes = [definition.box(name) for name in reading.boxes]
    return () if any(box and box.required for box in boxes) else reading.boxes


def answers_replaced(returned: Returned, form_id: str, records: Records) -> tuple[str, ...]:
    """The labels of the boxes in which a form has other answers than the later pages in a return."""
    form = records.find(form_id)
    if not form:
        return ()
    found, there = answers_of_later_pages(returned, records), answers_of(form, records)
    values = (value for value in records.answers(form) if value.field in found)
    return tuple(value.label for value in values if there.get(value.field) not in (None, found[value.field]))


def answers_of_later_pages(returned: Returned, records: Records) -> dict[str, str]:
    """The answers on the pages that came, by the name of their box."""
    boxes = boxes_of_later_pages(returned, records)
    return {name: text for name, text in answers_of(returned, records).items() if name in boxes}


def answers_of(returned: Returned, records: Records) -> dict[str, str]:
    """The answers of a return as they would have been typed, by the name of their box."""
    texts = {value.field: value.now.strip() for value in records.answers(returned)}
    return {name: text for name, text in texts.items() if text}


def _forms_by_school(records: Records) -> dict[tuple[str, str], list[Returned]]:
    """The forms with answers that count or may count, by school and year."""
    found: dict[tuple[str, str], list[Returned]] = {}
    for entry in records.returns():
        is_open = entry.verdict in (Verdict.ACCEPTED, Verdict.NEEDS_ATTENTION)
        if is_open and entry.school and entry.entry.has_answers:
            found.setdefault((entry.school, entry.year_collected), []).append(entry)
    return found
