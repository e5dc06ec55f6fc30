"""Problems in the words of `problems.toml`."""

from __future__ import annotations

from thep_forms.checking import normalise
from thep_forms.checking.record import Problem
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import ProblemCode

QUOTED = 80  # characters of a value that a message quotes


def shown(value: str) -> str:
    """The value as a message quotes it: one line, without control characters, cut with … if it is long."""
    line = normalise.text(value)
    return f"{line[:QUOTED]}…" if len(line) > QUOTED else line


def problem(
    definition: FormDefinition, code: ProblemCode, field: str = "", label: str = "", value: str = "", **words: object
) -> Problem:
    """A problem with its sentence. `value` is what was typed; `words` are the sentence's other placeholders."""
    text = definition.problems[code]
    is_sentence = text.message.startswith("{value}")  # why a file could not be read, in our own words
    quoted = normalise.text(value) if is_sentence else shown(value)
    message = text.message.format(label=label, value=quoted, **words)
    return Problem(code, text.severity, field, label, value, message)
