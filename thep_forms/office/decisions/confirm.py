"""Confirm what a return was asked about: the problem is none, and what came in counts as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from thep_forms.checking import Problem
from thep_forms.checking.corrections import ProblemKey
from thep_forms.deciding import Action
from thep_forms.definition import Definitions, FormDefinition, ProblemCode, Severity
from thep_forms.errors import DecisionError, Remedy
from thep_forms.office.decisions.answers import names_asked_about
from thep_forms.office.decisions.deciding import Decided, Desk, open_desk, require_read
from thep_forms.office.words import in_short
from thep_forms.records import Returned


def confirm(
    folder: Path, return_id: str, fields: Sequence[str], why: str, definitions: Definitions, who: str = ""
) -> Decided:
    """Tick off the queries of a return, or those in `fields`, which go by name or label.

    A copy that came back unchanged then says that nothing has changed. What was read from a picture is right as it was
    read; a box with another error is left out, since that has to be corrected. Raises `DecisionError` if there is
    nothing to confirm or an error has to be corrected, `RecordsError`.
    """
    with open_desk(folder, definitions, who) as desk:
        returned = desk.returned(return_id)
        _require_answers(returned)
        return _confirmed(desk, returned, _problems(desk, returned, fields, desk.definition_of(returned)), why)


def confirm_answers(folder: Path, return_id: str, why: str, definitions: Definitions, who: str = "") -> Decided | None:
    """Tick off all that is asked about single answers of a return; None where nothing is.

    What is asked about the whole form stays, such as pages that did not come back: an answer says nothing about it. So
    do answers with something crossed out: each needs a look of its own. Raises `DecisionError`, `RecordsError`.
    """
    with open_desk(folder, definitions, who) as desk:
        returned = desk.returned(return_id)
        _require_answers(returned)
        found = can_be_confirmed_now(desk.records.problems(returned), desk.definition_of(returned))
        struck_out = {problem.field for problem in found if problem.code is ProblemCode.VALUE_STRUCK_OUT}
        of_answers = [problem for problem in found if problem.field and problem.field not in struck_out]
        return _confirmed(desk, returned, of_answers, why) if of_answers else None


def _confirmed(desk: Desk, returned: Returned, problems: Sequence[Problem], why: str) -> Decided:
    keys = list(dict.fromkeys(map(ProblemKey.of, problems)))
    keys.sort(key=lambda key: key.code != ProblemCode.SCAN_UNCONFIRMED)  # beside each other, they are told as one act
    decisions = [
        desk.decision(Action.CONFIRM, returned, field=key.field, before=key.code, after=key.value, why=why)
        for key in keys
    ]
    return desk.decided(desk.take(decisions), returned.return_id)


def can_be_confirmed(problem: Problem, definition: FormDefinition) -> bool:
    """Whether a person may say that the problem is none: each query, and the errors that are no wrong answers.

    Such an error is also that nobody is named for a post of which the school says that it is vacant.
    """
    if problem.severity is Severity.QUERY or problem.is_vacancy:
        return True
    return definition.problems[problem.code].can_be_confirmed


def can_be_confirmed_now(problems: Sequence[Problem], definition: FormDefinition) -> list[Problem]:
    """The problems of a return of which a person may say that they are none.

    What was read from a picture is not among them where its box has an error that has to be corrected. What is asked
    about pages that did not come back is not among them while a required answer is on one.
    """
    errors = [problem for problem in problems if not can_be_confirmed(problem, definition)]
    wrong = {problem.field for problem in errors}
    needs_pages = any(problem.is_on_missing_page for problem in errors)
    found: list[Problem] = []
    for problem in problems:
        is_wrong = problem.code is ProblemCode.SCAN_UNCONFIRMED and problem.field in wrong
        is_of_pages = problem.is_on_missing_page or problem.code is ProblemCode.PAGES_MISSING
        if can_be_confirmed(problem, definition) and not is_wrong and not (needs_pages and is_of_pages):
            found.append(problem)
    return found


def _require_answers(returned: Returned) -> None:
    if returned.verdict.asks_nothing:
        raise DecisionError("Nothing is asked about this file, so there is nothing to confirm.")
    require_read(returned)
    if not returned.entry.is_filled_in:
        raise DecisionError("No answers were read from this file. Close it, or type them in.", Remedy.ENTER)


def _problems(desk: Desk, returned: Returned, fields: Sequence[str], definition: FormDefinition) -> list[Problem]:
    """The problems to confirm. Raises `DecisionError` if there are none, or one of `fields` has another error."""
    problems = desk.records.problems(returned)
    if fields:
        asked = problems
        names = {name for field in fields for name in names_asked_about(field, definition)}
        problems = tuple(problem for problem in asked if problem.field in names)
        if asked and not problems:
            labels = ", ".join(dict.fromkeys(problem.label or "the form" for problem in asked))
            raise DecisionError(f"Nothing is asked about {', '.join(fields)}. Asked is about: {labels}.")
        for problem in problems:
            if not can_be_confirmed(problem, definition):
                raise DecisionError(_words(problem, definition), Remedy.CORRECT)
    found = can_be_confirmed_now(problems, definition)
    if not found and problems:
        wrong = [problem for problem in problems if not can_be_confirmed(problem, definition)]
        raise DecisionError(_words(wrong[0], definition), Remedy.CORRECT)
    if not found:
        raise DecisionError("Nothing is asked about this return, so there is nothing to confirm.")
    return found


def _words(problem: Problem, definition: FormDefinition) -> str:
    words = in_short(problem, definition.problems)
    return f"{words[:1].upper()}{words[1:]}. This has to be corrected."
