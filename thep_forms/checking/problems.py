"""Problems in the words of `problems.toml`."""

from __future__ import annotations

from msgspec.structs import replace

from thep_forms.checking.characters import normal_text, with_invisible_named, without_controls
from thep_forms.checking.record import Problem
from thep_forms.definition.form import Box, FormDefinition
from thep_forms.definition.model import Kind, ProblemCode, ProblemText, Severity

QUOTED = 80  # characters of a value that a message quotes
_QUOTATION = "“{value}”"
_NOTHING_TO_QUOTE = "what stands there"  # in the place of a quotation of nothing


def shown(value: str) -> str:
    """The value as a message quotes it: one line, cut with … if it is long, `[U+00AD]` for an invisible character."""
    line = _one_line(value)
    return f"{line[:QUOTED]}…" if len(line) > QUOTED else line


def look_alike(text: str, other: str) -> bool:
    """Whether messages show the two texts as the same, were they never cut."""
    return _one_line(text) == _one_line(other)


def _one_line(value: str) -> str:
    return normal_text(with_invisible_named(" ".join(value.split())))


def problem(
    definition: FormDefinition, code: ProblemCode, field: str = "", label: str = "", value: str = "", **words: object
) -> Problem:
    """A problem with its sentence. `value` is what was typed; `words` are the sentence's other placeholders."""
    text = definition.problems[code]
    is_sentence = text.message.startswith("{value}")  # why a file could not be read, in our own words
    quoted = normal_text(value) if is_sentence else shown(value)
    sentence = text.message if quoted else text.message.replace(_QUOTATION, _NOTHING_TO_QUOTE)
    message = sentence.format(label=label, value=quoted, **words)
    return Problem(code, text.severity, field, label, without_controls(value), message)


def on_missing_page(found: Problem, definition: FormDefinition) -> Problem:
    """The problem that an answer is missing, where its page did not come back. Own templates may lack the sentence."""
    sentence = definition.problems[ProblemCode.PAGES_MISSING].message_of_box
    message = sentence.format(label=found.label) if sentence else found.message
    return replace(found, message=message, is_on_missing_page=True)


def severity_in(text: ProblemText, box: Box, *, required: bool) -> Severity:
    """How grave the problem is in that box."""
    if text.severity_of_email and box.kind is Kind.EMAIL:
        return text.severity_of_email
    if text.severity_if_optional and not required:
        return text.severity_if_optional
    return text.severity
