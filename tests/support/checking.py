"""A return of Cedar Primary, with some answers changed, as checking finds it."""

from __future__ import annotations

from tests.remake_samples import answers
from thep_forms.checking import Checked
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.reading import Answer, FileKind, Reading

FORM_ID = "thep-membership 2026-27 r1"


def checked(definition: FormDefinition, form_id: str = FORM_ID, title: str = "", **changes: str | bool) -> Checked:
    """Cedar Primary's return, with some answers changed."""
    typed = answers("2101", **changes)
    values = {name: Answer("yes" if value is True else str(value or "")) for name, value in typed.items()}
    return check(Reading(FileKind.FORM, values, form_id=form_id, title=title), definition)


def codes(one: Checked) -> set[str]:
    return {str(problem.code) for problem in one.problems}
