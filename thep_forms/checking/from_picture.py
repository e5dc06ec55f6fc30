"""What the answers that were read from a picture probably are, by what is known besides the picture.

Readers of pictures confuse characters, and do not notice. The kind of a box, the domains of the form's other addresses,
the register and the school's last known answers tell what stood there. A clear difference, such as another digit or
another name, is never overridden. A person confirms each answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from msgspec.structs import replace

from thep_forms.checking.characters import without_controls
from thep_forms.checking.confusable import as_digits, is_one_digit_apart, known_text, likeness, outline
from thep_forms.checking.corrections import Corrections
from thep_forms.checking.known_answers import Knowledge, KnownAnswers
from thep_forms.checking.normalise import dfe_number
from thep_forms.checking.read_emails import domain_of, known_address, used_domains, with_domain, with_dots, with_words
from thep_forms.checking.read_words import as_name, in_kind
from thep_forms.checking.record import Checked, CheckedValue
from thep_forms.checking.school_names import SchoolNames
from thep_forms.definition.form import Box, FormDefinition
from thep_forms.definition.identity import school_in
from thep_forms.definition.model import Kind, ProblemCode
from thep_forms.reading.model import Answer, Doubt, ReadFrom, Reading

_SAME_NAME = 0.85  # how alike, from 0 to 1, two names of one school are at least
KnownTexts = Mapping[str, tuple[str, ...]]  # by box


def with_likely_answers(
    reading: Reading, definition: FormDefinition, corrections: Corrections, knowledge: Knowledge
) -> Reading:
    """The reading with what its answers probably are. What a person confirmed stays as it was confirmed."""
    texts = {name: answer.text for name, answer in reading.answers.items() if _may_be_mended(answer)}
    boxes = {name: box for name in texts if (box := definition.box(name)) and box.kind is not Kind.TICKS}
    likely = _Likely(reading, definition, knowledge, {name: texts[name] for name in boxes}, boxes).texts()
    confirmed = _confirmed(corrections, reading, definition)
    answers = dict(reading.answers)
    for name, text in {**likely, **confirmed}.items():
        came = answers.get(name, Answer("", ReadFrom.SCAN))
        is_told = name in likely and name not in boxes  # by what is known, where the reader was not sure
        answers[name] = replace(came, text=text, doubts=frozenset() if is_told else came.doubts)
    return replace(reading, answers=answers)


def _may_be_mended(answer: Answer) -> bool:
    return not answer.is_illegible and Doubt.STRUCK_OUT not in answer.doubts


def _confirmed(corrections: Corrections, reading: Reading, definition: FormDefinition) -> dict[str, str]:
    """The answers that a person confirmed, by the name of their box, on the pages that came back."""
    keys = (key for key in corrections.confirmed if key.code == ProblemCode.SCAN_UNCONFIRMED)
    boxes = {key.field: key.value for key in keys if key.value and definition.box(key.field)}
    return {name: text for name, text in boxes.items() if reading.has_box(name)}


class _Likely:
    """Works out in turn: what each kind of box can have, the school, its known answers, the domains of addresses."""

    def __init__(
        self,
        reading: Reading,
        definition: FormDefinition,
        knowledge: Knowledge,
        read: Mapping[str, str],
        boxes: Mapping[str, Box],
    ) -> None:
        self.reading, self.definition, self.knowledge, self.boxes = reading, definition, knowledge, boxes
        self.prefix = definition.partnership.dfe_prefix
        name = definition.person_name.name
        names = {block.boxes[name].name for block in definition.blocks(read)}
        self.found: dict[str, str] = {}
        for box_name, text in read.items():
            is_name = box_name in names
            self.found[box_name] = as_name(text) if is_name else in_kind(boxes[box_name].kind, text, self.prefix)

    def texts(self) -> dict[str, str]:
        """What each answer probably is, by the name of its box."""
        self._school()
        number = dfe_number(self.found.get(self.definition.dfe_field.name, ""), self.prefix).value
        of_school = self.knowledge.look_up(number) if number else KnownAnswers()
        known = of_school.texts(self.definition)
        for name in self.found:
            if name in self.boxes:
                self.found[name] = self._known(name, self.found[name], known)
        self._domains([*chain.from_iterable(known.values()), *of_school.addresses])
        self._words_of_addresses()
        return self.found

    def _school(self) -> None:
        """Put the number of the school in its box, if the code or the register says it for certain.

        A number of which the reader was not sure counts if the school's name confirms it.
        """
        field = self.definition.dfe_field.name
        answer = self.reading.answers.get(field)
        if answer and not _may_be_mended(answer):
            if number := self._confirmed_by_name(answer):
                self.found[field] = number.removeprefix(self.prefix)
            return
        read = self.found.get(field, "")
        number = self._number(read)
        if number and number != dfe_number(read, self.prefix).value and self.reading.has_box(field):
            self.found[field] = number.removeprefix(self.prefix)

    def _number(self, read: str) -> str:
        """The school's DfE number: that of the code, else the one that was read, as the school's name confirms it."""
        number = dfe_number(read, self.prefix).value
        name = self.found.get(self.definition.school_name.name, "")
        members = self.knowledge.members
        if copy_of := dfe_number(school_in(self.reading.form_id), self.prefix).value:
            names = SchoolNames({member: known for member, known in members.items() if known})
            return number if number in members and names.another(copy_of, name) == number else copy_of
        if number in members and outline(members[number]) == outline(name):
            return number
        bare = as_digits("".join(read.split())).removeprefix(self.prefix)
        apart = [member for member in members if is_one_digit_apart(bare, member.removeprefix(self.prefix))]
        if not any(likeness(name, members[member], _SAME_NAME) for member in apart):
            return number
        namesake = _namesake(name, members)  # it may be yet another member
        return namesake if namesake in apart else number

    def _confirmed_by_name(self, answer: Answer) -> str:
        """The number of the member whose name stands on the form, if the answer may be that number."""
        if answer.doubts != {Doubt.UNREADABLE} or not answer.text:
            return ""
        number = self._number(answer.text)
        name = self.found.get(self.definition.school_name.name, "")
        return number if number and _namesake(name, self.knowledge.members) == number else ""

    def _known(self, name: str, text: str, known: KnownTexts) -> str:
        """The known answer, if what was read may be it; that of another person where the box has none."""
        same = known_address if self.boxes[name].kind is Kind.EMAIL else known_text
        for candidates in (known.get(name, ()), self._of_others(name, known)):
            found = {candidate for candidate in candidates if same(text, candidate) == candidate}
            if text in found or len(found) > 1:
                return text
            if found:
                return found.pop()
        return text

    def _of_others(self, name: str, known: KnownTexts) -> set[str]:
        """What is known in the boxes for the same of other people."""
        box = self.boxes[name]
        alike = (other for other in known if (each := self.definition.box(other)) and _is_same_part(box, each))
        return {text for other in alike for text in known[other]}

    def _domains(self, known: Iterable[str]) -> None:
        """Give e-mail addresses the domains that they certainly have, by what is `known` of the school."""
        emails = [name for name, box in self.boxes.items() if box.kind is Kind.EMAIL]
        of_school = set(map(domain_of, known)) - {""}
        others = used_domains(self.found[name] for name in emails)
        for name in emails:
            self.found[name] = with_domain(self.found[name], of_school, others)

    def _words_of_addresses(self) -> None:
        """Give e-mail addresses the letters and dots that they certainly have, by the names of the persons."""
        parts = self.definition.person_name.name, self.definition.person_email.name
        names: dict[str, str] = {}
        for block in self.definition.blocks(self.found):
            name, email = (block.boxes[part].name for part in parts)
            if email in self.found:
                names[email] = self.found.get(name, "")
                self.found[email] = with_words(self.found[email], names[email])
        self.found |= with_dots({email: self.found[email] for email in names}, names)


def _is_same_part(box: Box, other: Box) -> bool:
    return (box.kind, box.caption) == (other.kind, other.caption)


def _namesake(name: str, members: Mapping[str, str]) -> str:
    """The number of the member whose name that is, as far as it can be read; empty where several may be meant."""
    alike = {number: likeness(name, known, _SAME_NAME) for number, known in members.items() if known and name}
    best = max(alike.values(), default=0.0)
    found = [number for number, value in alike.items() if value == best]
    return found[0] if best and len(found) == 1 else ""


# --- beside what was read ---------------------------------------------------------------------------------------------


def with_what_was_read(checked: Checked, reading: Reading) -> Checked:
    """The checked return with what the reader saw beside each answer, and how sure it was."""
    return replace(checked, values=tuple(_as_read(checked.values, reading)))


def reads_another_number(values: Iterable[CheckedValue], definition: FormDefinition) -> bool:
    """Whether a DfE number was read, and the code of the page, or the register, says that it is another one."""
    prefix = definition.partnership.dfe_prefix
    likely = (value for value in values if value.likely and value.field == definition.dfe_field.name)
    return any(dfe_number(value.raw, prefix).value not in ("", value.value) for value in likely)


def _as_read(values: Iterable[CheckedValue], reading: Reading) -> Iterable[CheckedValue]:
    for value in values:
        if value.read_from != ReadFrom.SCAN:
            yield value
            continue
        came = reading.answers.get(value.field, Answer(""))
        raw = without_controls(came.text)
        likely = "" if value.corrected or value.raw == raw else value.raw
        yield replace(value, raw=raw, likely=likely, confidence=came.confidence)
