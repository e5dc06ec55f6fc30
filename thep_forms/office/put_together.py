"""Add the answers of a form's later pages to those of its first page, which came in another file.

Nothing is put together by itself: one file may be of another day than the other, and a person sees both.
"""

from __future__ import annotations

from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.errors import DecisionError
from thep_forms.office.assign import close
from thep_forms.office.correct import correct
from thep_forms.office.opening import open_records

_WHY = "These pages came in a file of their own: {source}."


def put_together(folder: Path, return_id: str, form_id: str, definitions: Definitions) -> tuple[int, ...]:
    """Put the answers of a return into another one, and close it. Gives the numbers of the decisions.

    Raises `DecisionError` if it has no answers, or one of them is wrong; `RecordsError`.
    """
    with open_records(folder, definitions) as (_, records):
        returned = records.find(return_id)
        if not returned:
            raise DecisionError("There is no such return. It may have been deleted.")
        answers = [f"{value.field}={value.now}" for value in records.answers(returned) if value.now.strip()]
    if not answers:
        raise DecisionError("This file has no answers that could be added.")
    why = _WHY.format(source=returned.source)
    corrected = correct(folder, form_id, answers, why, definitions)
    (closed,) = close(folder, [return_id], why, definitions)
    return (*corrected.numbers, *closed.numbers)
