"""Problems in a few words for the office. They quote nothing that was typed."""

from __future__ import annotations

from collections.abc import Mapping

from thep_forms.checking import Problem
from thep_forms.definition.model import ProblemCode, ProblemText

Texts = Mapping[ProblemCode, ProblemText]


def in_short(problem: Problem, texts: Texts) -> str:
    """The label of a problem and what is wrong, such as `Headteacher: Email: not an email address`."""
    if problem.code is ProblemCode.YEAR_EARLIER:
        return f"this is the form of {problem.value}"
    words = code_in_short(problem.code, texts)
    was_typed = problem.code is ProblemCode.FIELD_UNKNOWN  # its label is the name that some program gave a field
    return f"{problem.label}: {words}" if problem.label and not was_typed else words


def code_in_short(code: str, texts: Texts) -> str:
    """What is wrong, by the code of a problem. Own templates may lack the words."""
    known = texts.get(ProblemCode(code)) if code in list(ProblemCode) else None
    return (known.short if known else "") or code.replace("_", " ")


def reason_in_short(reason: str) -> str:
    """The first sentence of why nothing was read of a file, which is in our own words."""
    sentence = reason.partition(". ")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]
