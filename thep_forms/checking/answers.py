"""One answer after the other: its normal form, and what is wrong, doubtful or unusual about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from msgspec.structs import replace

from thep_forms.checking import normalise
from thep_forms.checking.characters import normal_text, replaced_in_address, with_latin_twins, without_controls
from thep_forms.checking.formula import is_formula
from thep_forms.checking.likely import meant
from thep_forms.checking.non_answers import has_more_than_a_name, has_sign, is_no_name, is_non_answer
from thep_forms.checking.problems import look_alike, problem, severity_in, shown
from thep_forms.checking.record import CheckedValue, Problem
from thep_forms.definition.form import Box, FormDefinition
from thep_forms.definition.model import Kind, ProblemCode
from thep_forms.reading.model import Answer, Doubt, ReadFrom

NO_ANSWER = "no answer"  # what a message says in the place of an empty value
_NOTHING = Answer("")
_UNCERTAIN = {  # where an answer was read that the school may not have seen
    Doubt.NOT_SEEN: "in a box that does not show on the page",
    Doubt.MOVED: "in a box that stands in the place of another",
    Doubt.OTHER_KIND: "in a box of another kind than ours",
    Doubt.FORMATTED: "as formatted text alone, which not every program shows",
}
# Programs put a question mark for a letter that they lack: `?ukasz`. People who are not sure type one: `Ann Lee?`.
_LOST_LETTER = re.compile(r"\?(?=[^\W\d_])|(?<=[^\W\d_])\?")
_WORDS = (Kind.TEXT, Kind.ADDRESS, Kind.EMAIL, Kind.TELEPHONE)  # kinds in which people type `N/A`


class AnswerChecker:
    """Checks answers box by box. `problems` are what was noted so far, in that order, `values` the checked answers."""

    def __init__(self, definition: FormDefinition, answers: Mapping[str, Answer]) -> None:
        """`answers` are those of all boxes of the form, by name."""
        self.definition, self.answers = definition, answers
        self.required = _required(definition, answers)
        name = definition.person_name.name
        self.names = {block.boxes[name].name for block in definition.blocks(answers)}
        self.problems: list[Problem] = []
        self.values: dict[str, CheckedValue] = {}

    def note(self, code: ProblemCode, field: str = "", label: str = "", value: str = "", **words: object) -> None:
        """Note a problem. `words` fill in its message."""
        self.problems.append(problem(self.definition, code, field, label, value, **words))

    def note_in(self, box: Box, answer: Answer, code: ProblemCode, **words: object) -> None:
        """Note a problem with the answer in a box: how grave it is may depend on the box."""
        severity = severity_in(self.definition.problems[code], box, required=box.name in self.required)
        found = problem(self.definition, code, box.name, box.label, answer.text, **words)
        self.problems.append(replace(found, severity=severity))

    def raw(self, box: Box) -> Answer:
        """The answer in a box as it came in; an empty one where the box is not there."""
        return self.answers.get(box.name, _NOTHING)

    def is_answer(self, box: Box, raw: Answer) -> bool:
        """Whether there is an answer that says more than that there is none."""
        return says_something(raw, box.kind) and not self._says_nothing(box, raw)

    def _says_nothing(self, box: Box, raw: Answer) -> bool:
        """Whether the words in the box only say that there is no answer, or are no name in a box for a name."""
        if box.name in self.names and is_no_name(raw.text):
            return True
        return box.kind in _WORDS and is_non_answer(raw.text)

    def check(self, box: Box, raw: Answer) -> str:
        """The normal form of one answer; what is wrong with it is noted."""
        if raw.shown and not look_alike(raw.shown, raw.text):
            held = f"“{shown(raw.text)}”" if raw.says_something else NO_ANSWER
            self.note_in(box, raw, ProblemCode.VALUE_SHOWN_DIFFERENTLY, held=held, shown=shown(raw.shown))
        if Doubt.STRUCK_OUT in raw.doubts:
            self.note_in(box, raw, ProblemCode.VALUE_STRUCK_OUT, read=_read_beside(box, raw))
        if raw.is_empty:
            return ""
        normal = self._normal(box, raw)
        typed = without_controls(raw.text)
        self.values[box.name] = CheckedValue(box.name, box.label, typed, normal.value, raw.read_from)
        if normal.problem:
            partnership = self.definition.partnership
            words = {"prefix": partnership.dfe_prefix, "authority": partnership.local_authority}
            self.note_in(box, raw, normal.problem, **words)
        self._doubts(box, raw)
        self._oddities(box, raw, normal.value)
        if raw.read_from is ReadFrom.SCAN:
            self.note_in(box, raw, ProblemCode.SCAN_UNCONFIRMED)
        return normal.value

    def _normal(self, box: Box, raw: Answer) -> normalise.Normal:
        """The normal form; none for an e-mail address or a telephone number where there is no answer."""
        nothing = not says_something(raw, box.kind) or raw.is_illegible
        if nothing or (box.kind in (Kind.EMAIL, Kind.TELEPHONE) and is_non_answer(raw.text)):
            return normalise.Normal("")
        return normalise.answer(box.kind, raw.text, self.definition.partnership.dfe_prefix)

    def _doubts(self, box: Box, raw: Answer) -> None:
        """What the reader was not sure of."""
        if raw.others and Doubt.STRUCK_OUT not in raw.doubts:
            others = "”, “".join(other.strip() or NO_ANSWER for other in raw.others)
            self.note_in(box, raw, ProblemCode.VALUE_CONFLICT, other=shown(others))
        for doubt, where in _UNCERTAIN.items():
            if doubt in raw.doubts:
                self.note_in(box, raw, ProblemCode.VALUE_UNCERTAIN, where=where)
        if Doubt.COVERED in raw.doubts:
            self.note_in(box, raw, ProblemCode.VALUE_COVERED)
        if Doubt.UNREADABLE in raw.doubts:
            self.note_in(box, raw, ProblemCode.VALUE_UNREADABLE)
        has_lost = not says_something(raw, box.kind) and has_signs(raw.text)
        if Doubt.CHARACTERS_LOST in raw.doubts or has_lost or _LOST_LETTER.search(raw.text):
            self.note_in(box, raw, ProblemCode.VALUE_DAMAGED)
        is_full = Doubt.BOX_FULL in raw.doubts and box.kind is not Kind.TICKS
        if (is_full or Doubt.CUT_OFF in raw.doubts) and not self._is_whole_number(box, raw):
            self._truncated(box, raw)
        elif box.longest and len(raw.text) > box.longest:
            self.note_in(box, raw, ProblemCode.VALUE_LONG, length=len(raw.text), longest=box.longest)

    def _is_whole_number(self, box: Box, raw: Answer) -> bool:
        prefix = self.definition.partnership.dfe_prefix
        return box.kind is Kind.DFE_NUMBER and normalise.is_whole_dfe_number(raw.text, prefix)

    def _truncated(self, box: Box, raw: Answer) -> None:
        """An e-mail address with the domain of another is whole: it is asked about like any other answer."""
        if box.kind is Kind.EMAIL and _domain(raw.text) in self._domains():
            self.note(ProblemCode.VALUE_TRUNCATED, box.name, box.label, raw.text)
        else:
            self.note_in(box, raw, ProblemCode.VALUE_TRUNCATED)

    def _domains(self) -> set[str]:
        """The domains of the e-mail addresses that were certainly not cut."""
        domains: set[str] = set()
        for name, answer in self.answers.items():
            box = self.definition.box(name)
            if box and box.kind is Kind.EMAIL and not answer.doubts & {Doubt.CUT_OFF, Doubt.BOX_FULL}:
                domains.add(_domain(answer.text))
        return domains - {""}

    def _oddities(self, box: Box, raw: Answer, value: str) -> None:
        """What is unusual in what was typed."""
        if self._says_nothing(box, raw):
            self._unlikely(box, raw)
        elif box.name in self.names and has_more_than_a_name(raw.text):
            self.note_in(box, raw, ProblemCode.VALUE_UNCERTAIN, where="in a box for one person's name")
        elif likely := meant(box.kind, raw.text, value):
            letters = _letters_in_words(raw.text)
            self.note_in(box, raw, ProblemCode.VALUE_MISSPELT, meant=shown(likely), letters=letters)
        elif box.name in self.names and has_sign(raw.text):  # and no likely spelling explains it
            self.note_in(box, raw, ProblemCode.VALUE_UNCERTAIN, where="in a box for a name")
        elif box.kind is Kind.EMAIL and _is_example(value, box):
            self._unlikely(box, raw)
        if value:
            self._left_out(box, raw, value)
        if (is_formula(raw.text) or is_formula(value)) and says_something(raw):
            self.note_in(box, raw, ProblemCode.FORMULA_NEUTRALISED)

    def _unlikely(self, box: Box, raw: Answer) -> None:
        otherwise = "" if box.name in self.required else ", or leave the box empty if there is none"
        self.note_in(box, raw, ProblemCode.VALUE_UNLIKELY, otherwise=otherwise)

    def _left_out(self, box: Box, raw: Answer, value: str) -> None:
        """What the normal form of an address or a number leaves out or replaces."""
        if box.kind is Kind.EMAIL and (replaced := replaced_in_address(raw.text)):
            self.note_corrected(box, raw, value, " and ".join(replaced))
        elif box.kind is Kind.EMAIL and normalise.words_beside_address(raw.text):
            self.note_corrected(box, raw, value, "words beside the address")
        elif box.kind is Kind.TELEPHONE and normalise.words_beside_number(raw.text):
            self.note_corrected(box, raw, value, "words beside the number")
        elif box.kind is Kind.TELEPHONE and normalise.digits_beside_number(raw.text):
            self.note_corrected(box, raw, value, "digits beside the number")

    def note_corrected(self, box: Box, raw: Answer, value: str, reason: str) -> None:
        """Note that the normal form is another text than what came in, and why."""
        self.note_in(box, raw, ProblemCode.VALUE_CORRECTED, noted=shown(value), reason=reason)


def _required(definition: FormDefinition, answers: Mapping[str, Answer]) -> frozenset[str]:
    """The names of the boxes without which a return has a problem."""
    names = {box.name for field in definition.fields if field.required for box in definition.boxes_of_field(field)}
    for block in definition.blocks(answers):
        names |= {block.boxes[part].name for part in block.role.required}
    return frozenset(names)


def _read_beside(box: Box, raw: Answer) -> str:
    """What was read where something is crossed out: the answer, and others beside it."""
    if box.kind is Kind.TICKS:
        return "a tick" if normalise.tick(raw.text) else "no tick"
    texts = [f"“{shown(text)}”" if text.strip() else NO_ANSWER for text in (raw.text, *raw.others)]
    return " and ".join(dict.fromkeys(texts))


def _letters_in_words(text: str) -> str:
    """Such as `, with cyrillic small letter a (U+0430)`; empty where no letter of another alphabet looks Latin."""
    _, names = with_latin_twins(text)
    return f", with {' and '.join(names)}" if names else ""


def _is_example(address: str, box: Box) -> bool:
    """Whether the address is the example that the box's help gives."""
    return address.casefold() in [word.rstrip(".,") for word in box.help.split() if "@" in word]


def _domain(address: str) -> str:
    """What follows the last @ of the text; empty where there is none."""
    return address.rpartition("@")[2].strip().casefold() if "@" in address else ""


def says_something(raw: Answer, kind: Kind = Kind.TEXT) -> bool:
    """Whether there is a letter or a digit in the answer: a dash or invisible characters alone are none.

    Whatever was typed for a DfE number and is none is asked about, though, and a sign in a box to tick is a tick.
    """
    if raw.text[:1].isalnum() or raw.is_illegible or any(char.isalnum() for char in raw.text):
        return True
    return kind in (Kind.DFE_NUMBER, Kind.TICKS) and bool(normal_text(raw.text))


def has_signs(text: str) -> bool:
    """Whether there are signs in it, such as the `?` that a program put for each letter that it could not write.

    Dashes, dots and the like are how people leave a box empty.
    """
    return any(char == "?" or unicodedata.category(char).startswith("S") for char in text)
