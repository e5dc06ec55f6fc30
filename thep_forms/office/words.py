"""Problems in a few words for the office. They quote nothing that was typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from thep_forms.checking import Problem
from thep_forms.definition.model import ProblemCode, ProblemText

Texts = Mapping[ProblemCode, ProblemText]
_CODES = {str(code): code for code in ProblemCode}
_MOST_NAMED = 3  # answers of which the same is asked; more are counted


def in_short(problem: Problem, texts: Texts) -> str:
    """The label of a problem and what is wrong, such as `Headteacher: Email: not an email address`."""
    if problem.code is ProblemCode.YEAR_EARLIER:
        return f"this is the form of {problem.value}"
    words = code_in_short(problem.code, texts)
    if problem.is_on_missing_page:
        words = _on_missing_page(texts) or words
    was_typed = problem.code is ProblemCode.FIELD_UNKNOWN  # its label is the name that some program gave a field
    return f"{problem.label}: {words}" if problem.label and not was_typed else words


def all_in_short(problems: Iterable[Problem], texts: Texts) -> list[str]:
    """The problems in short, each once. All answers that were read from a picture are one thing to do, the first.

    What is wrong with the whole form explains what its answers lack, so it goes before them. Many answers of which the
    same is asked are counted, not named. Of pages that did not come back, nothing more is said.
    """
    unconfirmed, lacks_pages = 0, False
    by_code: defaultdict[ProblemCode, dict[str, None]] = defaultdict(dict)
    for problem in sorted(problems, key=lambda problem: bool(problem.label)):
        if problem.code is ProblemCode.SCAN_UNCONFIRMED:
            unconfirmed += 1
        elif problem.is_on_missing_page:
            lacks_pages = True
        else:
            by_code[problem.code][in_short(problem, texts)] = None
    if lacks_pages and ProblemCode.PAGES_MISSING not in by_code:
        by_code[ProblemCode.PAGES_MISSING][code_in_short(ProblemCode.PAGES_MISSING, texts)] = None
    words: list[str] = []
    for code, named in by_code.items():
        many = len(named) > _MOST_NAMED
        words += [f"{len(named)} answers: {code_in_short(code, texts)}"] if many else named
    answers = "1 answer was" if unconfirmed == 1 else f"{unconfirmed} answers were"
    compare = f"{answers} {code_in_short(ProblemCode.SCAN_UNCONFIRMED, texts)}"
    return [compare, *words] if unconfirmed else words


def for_the_school(problems: Iterable[Problem]) -> list[Problem]:
    """The problems that the school is written to about. What was read from a picture, the office compares itself.

    If it is told which pages did not come back, nothing more is said of the answers there.
    """
    found = [problem for problem in problems if problem.code is not ProblemCode.SCAN_UNCONFIRMED]
    if any(problem.code is ProblemCode.PAGES_MISSING for problem in found):
        found = [problem for problem in found if not problem.is_on_missing_page]
    return found


def check_what_was_entered(problem: Problem) -> str:
    """What asks a school to correct a problem, without what was typed."""
    return f"{problem.label}: please check what was entered."


def code_in_short(code: str, texts: Texts) -> str:
    """What is wrong, by the code of a problem. Own templates may lack the words."""
    known = texts.get(_CODES[code]) if code in _CODES else None
    return (known.short if known else "") or code.replace("_", " ")


def _on_missing_page(texts: Texts) -> str:
    """What is wrong with an answer on a page that did not come back. Own templates may lack the words."""
    known = texts.get(ProblemCode.PAGES_MISSING)
    return known.short_of_box if known else ""


def reason_in_short(reason: str) -> str:
    """The first sentence of why nothing was read of a file, which is in our own words."""
    sentence = reason.partition(". ")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def sentence(words: str) -> str:
    """The words with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."
