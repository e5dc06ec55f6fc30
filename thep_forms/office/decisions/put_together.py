"""Add the answers of a form's later pages to those of its first page, which came in another file.

Nothing is put together by itself: one file may be of another day than the other, and a person sees both.
"""

from __future__ import annotations

from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.errors import DecisionError
from thep_forms.office.decisions.assign import close
from thep_forms.office.decisions.correct import correct
from thep_forms.office.opening import open_records
from thep_forms.office.parted_forms import answers_of, answers_of_later_pages

_WHY = "These pages came in a file of their own: {source}."


def put_together(folder: Path, return_id: str, form_id: str, definitions: Definitions) -> tuple[int, ...]:
    """Put the answers on the pages of a return into another one, and close it. Gives the numbers of the decisions.

    Where the other one has them all already, it is only closed. Raises `DecisionError` if it has no answers, or one of
    them is wrong; `RecordsError`.
    """
    with open_records(folder, definitions) as (_, records):
        returned, form = records.find(return_id), records.find(form_id)
        if not returned or not form:
            raise DecisionError("There is no such return. It may have been deleted.")
        found, there = answers_of_later_pages(returned, records), answers_of(form, records)
    if not found:
        raise DecisionError("This file has no answers that could be added.")
    why = _WHY.format(source=returned.source)
    new = [f"{name}={text}" for name, text in found.items() if there.get(name) != text]
    numbers = correct(folder, form_id, new, why, definitions).numbers if new else ()
    (closed,) = close(folder, [return_id], why, definitions)
    return (*numbers, *closed.numbers)
