"""One return against its form's definition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import chain

from msgspec.structs import replace

from thep_forms.checking import normalise
from thep_forms.checking.characters import normal_text, replaced_in_address, with_latin_twins, without_controls
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections, corrected, with_what_came_in
from thep_forms.checking.formula import is_formula
from thep_forms.checking.likely import meant
from thep_forms.checking.non_answers import is_no_name, is_non_answer
from thep_forms.checking.problems import look_alike, problem, severity_in, shown
from thep_forms.checking.record import Checked, CheckedValue, Contact, Problem, SchoolRecord
from thep_forms.definition.form import Block, Box, FormDefinition
from thep_forms.definition.identity import form_in, school_in, years_in
from thep_forms.definition.model import Field, Kind, ProblemCode, Role
from thep_forms.definition.year import MembershipYear
from thep_forms.reading.model import Answer, Doubt, Note, ReadFrom, Reading

NO_ANSWER = "no answer"  # what a message says in the place of an empty value
_NOTHING = Answer("")
_UNCERTAIN = {  # where an answer was read that the school may not have seen
    Doubt.NOT_SEEN: "in a box that does not show on the page",
    Doubt.MOVED: "in a box that stands in the place of another",
    Doubt.OTHER_KIND: "in a box of another kind than ours",
    Doubt.FORMATTED: "as formatted text alone, which not every program shows",
}
_WORDS = (Kind.TEXT, Kind.ADDRESS, Kind.EMAIL, Kind.TELEPHONE)  # kinds in which people type `N/A`


def year_of(reading: Reading) -> MembershipYear | None:
    """The membership year that the return says it is for: in its hidden field, else in its title."""
    return next(iter(years_in(reading.form_id, reading.title)), None)


def check(reading: Reading, definition: FormDefinition, corrections: Corrections = NO_CORRECTIONS) -> Checked:
    """Check a return that is a form against `definition`, that of `year_of(reading)` where it says its year.

    What a person said of it, `corrections`, takes the place of what came in. Problems that a person confirmed are among
    its problems.
    """
    if corrections == NO_CORRECTIONS:
        return _Checker(reading, definition).checked()
    checked = _Checker(corrected(reading, corrections, definition), definition, corrections).checked()
    return with_what_came_in(checked, reading, corrections, definition)


def year_with(reading: Reading, corrections: Corrections) -> MembershipYear | None:
    """The membership year that a person said the return is of, else the one that it says."""
    return MembershipYear.parse(corrections.year) if corrections.year else year_of(reading)


class _Checker:
    def __init__(self, reading: Reading, definition: FormDefinition, corrections: Corrections = NO_CORRECTIONS) -> None:
        self.reading, self.definition, self.corrections = reading, definition, corrections
        # The reader tells boxes from unknown fields by the templates of its time, which may have changed since.
        entered = {**reading.unknown_fields, **reading.answers}
        self.answers = {name: answer for name, answer in entered.items() if definition.box(name)}
        self.unknown = {name: answer for name, answer in entered.items() if name not in self.answers}
        self.required = _required(definition, self.answers)
        name = definition.person_name.name
        self.names = {block.boxes[name].name for block in definition.blocks(self.answers)}
        self.problems: list[Problem] = []
        self.values: dict[str, CheckedValue] = {}

    def checked(self) -> Checked:
        year = year_with(self.reading, self.corrections)
        if not self.reading.says_something:
            return Checked(year, self._number_on_missing_page(), blank=True, copy_of=self._copy_of())
        self._file()
        school = dict(chain.from_iterable(self._field(field).items() for field in self.definition.fields))
        contacts = self._contacts()
        beside = [self._unknown_field(name, raw) for name, raw in self.unknown.items() if not raw.is_empty]
        beside += [self._note(note) for note in self.reading.notes]
        dfe_number = school.pop(self.definition.dfe_field.name) or self._number_on_missing_page()
        values, problems = (*self.values.values(), *beside), tuple(self.problems)
        record = SchoolRecord(school, contacts, True, self._unknown_roles(), self._unknown_columns())
        name = self.definition.name_of_school(school)
        return Checked(year, dfe_number, False, record, values, problems, self._copy_of(), name)

    def _copy_of(self) -> str:
        prefix = self.definition.partnership.dfe_prefix
        return normalise.dfe_number(school_in(self.reading.form_id), prefix).value

    def _number_on_missing_page(self) -> str:
        """The number of the school that the copy was made for, if the page with the box for it did not come back."""
        is_missing = self.reading.pages_missing and self.definition.dfe_field.name not in self.reading.boxes
        return self._copy_of() if is_missing else ""

    def _problem(self, code: ProblemCode, field: str = "", label: str = "", value: str = "", **words: object) -> None:
        self.problems.append(problem(self.definition, code, field, label, value, **words))

    def _problem_in(self, box: Box, answer: Answer, code: ProblemCode, **words: object) -> None:
        """A problem with the answer in a box: how grave it is may depend on the box."""
        severity = severity_in(self.definition.problems[code], box, required=box.name in self.required)
        found = problem(self.definition, code, box.name, box.label, answer.text, **words)
        self.problems.append(replace(found, severity=severity))

    def _file(self) -> None:
        if self.reading.damaged:
            self._problem(ProblemCode.FILE_DAMAGED)
        form = form_in(self.reading.form_id)
        if form and form != self.definition.identifier:
            self._problem(ProblemCode.FORM_OTHER, label="The form", value=form)
        self._paper()
        if missing := self.reading.pages_missing:
            self._problem(ProblemCode.PAGES_MISSING, label="The form", pages=_pages_in_words(missing))
        if self.corrections.year:
            return
        years = years_in(self.reading.form_id, self.reading.title)
        if not years:
            self._problem(ProblemCode.YEAR_MISSING)
        elif len(set(years)) > 1:
            self._problem(ProblemCode.YEAR_MISMATCH, value=str(years[0]), other=str(years[1]))

    def _unknown_roles(self) -> dict[str, tuple[int, ...]]:
        """The roles with blocks on pages that did not come back, with the positions whose blocks did."""
        if not self.reading.pages_missing:
            return {}
        came: dict[str, list[int]] = {role.name: [] for role in self.definition.roles}
        for block in self.definition.blocks(self.reading.boxes):
            if any(box.name in self.reading.boxes for box in block.boxes.values()):
                came[block.role.name].append(block.position)
        repeated = {role.name for role in self.definition.roles if role.repeats}
        return {role: tuple(positions) for role, positions in came.items() if role in repeated or not positions}

    def _unknown_columns(self) -> tuple[str, ...]:
        """The columns of the school with boxes on pages that did not come back."""
        if not self.reading.pages_missing:
            return ()
        columns: list[str] = []
        for field in self.definition.fields:
            if not any(box.name in self.reading.boxes for box in self.definition.boxes_of_field(field)):
                columns += [name for name in (field.name, field.postcode_column) if name]
        return tuple(columns)

    def _paper(self) -> None:
        """What was read from the page rather than from a field: all of it, or single answers."""
        came = {name: raw for name, raw in self.answers.items() if raw.read_from is not ReadFrom.OFFICE}
        filled = {name: raw for name, raw in came.items() if not raw.is_empty}
        printed = [name for name, raw in filled.items() if raw.read_from is ReadFrom.PAGE_TEXT]
        if filled and len(printed) == len(filled):
            self._problem(ProblemCode.READ_FROM_PAGE, label="The form")
            return
        legible = [name for name in printed if filled[name].text]
        for box in filter(None, map(self.definition.box, legible)):
            self._problem(ProblemCode.READ_FROM_PAGE, box.name, box.label, filled[box.name].text)

    # --- answers about the school -------------------------------------------------------------------------------

    def _field(self, field: Field) -> dict[str, str]:
        """The columns of one field."""
        boxes = self.definition.boxes_of_field(field)
        if field.kind is Kind.TICKS:
            return {field.name: self._ticks(field, boxes)}
        raw = self._raw(boxes[0])
        value = self._box(boxes[0], raw)
        if field.required and not self._is_answer(boxes[0], raw):
            self._missing(field)
        made_for = "" if self.corrections.school else self._copy_of()
        if field.kind is Kind.DFE_NUMBER and value and made_for not in ("", value):
            self._problem(ProblemCode.DFE_CHANGED, field.name, field.label, value, number=made_for)
        columns = {field.name: value}
        if field.postcode_column:
            columns[field.postcode_column] = self._postcode(boxes[0], raw, value)
        return columns

    def _postcode(self, box: Box, raw: Answer, address: str) -> str:
        postcode = normalise.postcode(address)
        if not postcode and self._is_answer(box, raw):
            self._absent(ProblemCode.POSTCODE_MISSING, box.name, box.label, box.caption.lower())
        if postcode and not normalise.stands_in(postcode, address):
            self._corrected(box, raw, postcode, "the letter O for a zero")
        return postcode

    def _missing(self, field: Field) -> None:
        options = ", ".join(option.label for option in field.option)
        self._absent(field.missing, field.name, field.label, field.label.lower(), options)

    def _absent(self, code: ProblemCode, name: str, label: str, wanted: str, options: str = "") -> None:
        prefix = self.definition.partnership.dfe_prefix
        self._problem(code, name, label, wanted=wanted, options=options, prefix=prefix)

    def _ticks(self, field: Field, boxes: tuple[Box, ...]) -> str:
        ticked = [
            option for option, box in zip(field.option, boxes, strict=True) if self._box(box, self._raw(box)) == "yes"
        ]
        if field.required and not ticked and not any(self._raw(box).is_illegible for box in boxes):
            self._missing(field)
        names, labels = [option.name for option in ticked], [option.label for option in ticked]
        if ticked:
            self._likely(field, names, ", ".join(labels))
        return ";".join(names)

    def _likely(self, field: Field, ticked: list[str], labels: str) -> None:
        raw = self._raw(self.definition.boxes_of_field(self.definition.dfe_field)[0])
        number = normalise.dfe_number(raw.text, self.definition.partnership.dfe_prefix).value
        if not number:
            return
        establishment = int(number.rpartition("/")[2])
        for span in field.likely:
            if span.first <= establishment <= span.last and not set(span.options) & set(ticked):
                likely = " or ".join(option.label for option in field.option if option.name in span.options)
                code = ProblemCode.PHASE_UNLIKELY
                self._problem(code, field.name, field.label, labels, number=number, likely=likely)

    # --- answers about people -----------------------------------------------------------------------------------

    def _contacts(self) -> tuple[Contact, ...]:
        held: dict[str, Contact] = {}
        contacts: list[Contact] = []
        for block in self.definition.blocks(self.answers):
            contact = self._contact(block)
            if not contact and block.role.held_by:
                contact = self._holder(block, held.get(block.role.held_by))
            elif not contact and block.role.required:
                wanted = " and ".join(block.boxes[part].caption.lower() for part in block.role.required)
                first = block.boxes[block.role.required[0]].name
                self._absent(block.role.missing, first, block.label, wanted)
            if contact:
                held[block.role.name] = contact
                contacts.append(contact)
        return tuple(contacts)

    def _contact(self, block: Block) -> Contact | None:
        """The person in the block, or None where it was left empty or says only that there is nobody."""
        raw = {part: self._raw(box) for part, box in block.boxes.items()}
        if all(answer.is_empty for answer in raw.values()):
            return None
        values = {part: self._box(box, raw[part]) for part, box in block.boxes.items()}
        if not any(self._is_answer(box, raw[part]) for part, box in block.boxes.items()):
            return None
        for part in block.role.required:
            box = block.boxes[part]
            if not self._is_answer(box, raw[part]):
                self._absent(block.role.missing, box.name, box.label, box.caption.lower())
        name = self.definition.person_name.name
        if name not in block.role.required and not _says_something(raw[name]) and not _has_signs(raw[name].text):
            box = block.boxes[name]
            self._absent(ProblemCode.NAME_MISSING, box.name, box.label, box.caption.lower())
        return Contact(block.role.name, block.position, values)

    def _holder(self, block: Block, holder: Contact | None) -> Contact | None:
        """The holder of another role, if their job title says that they hold this one too."""
        role = block.role
        if holder and _holds(holder.parts[self.definition.job_title.name], role):
            return Contact(role.name, 1, holder.parts)
        self._absent(role.missing, next(iter(block.boxes.values())).name, block.label, role.heading.lower())
        return None

    # --- one box ------------------------------------------------------------------------------------------------

    def _raw(self, box: Box) -> Answer:
        return self.answers.get(box.name, _NOTHING)

    def _is_answer(self, box: Box, raw: Answer) -> bool:
        """Whether there is an answer that says more than that there is none."""
        return _says_something(raw, box.kind) and not self._says_nothing(box, raw)

    def _says_nothing(self, box: Box, raw: Answer) -> bool:
        """Whether the words in the box only say that there is no answer, or are no name in a box for a name."""
        if box.name in self.names and is_no_name(raw.text):
            return True
        return box.kind in _WORDS and is_non_answer(raw.text)

    def _box(self, box: Box, raw: Answer) -> str:
        """The normal form of one answer; what is wrong with it is noted."""
        if raw.shown and not look_alike(raw.shown, raw.text):
            held = f"“{shown(raw.text)}”" if raw.says_something else NO_ANSWER
            self._problem_in(box, raw, ProblemCode.VALUE_SHOWN_DIFFERENTLY, held=held, shown=shown(raw.shown))
        if Doubt.STRUCK_OUT in raw.doubts:
            self._problem_in(box, raw, ProblemCode.VALUE_STRUCK_OUT, read=_read_beside(box, raw))
        if raw.is_empty:
            return ""
        normal = self._normal(box, raw)
        typed = without_controls(raw.text)
        self.values[box.name] = CheckedValue(box.name, box.label, typed, normal.value, raw.read_from)
        if normal.problem:
            partnership = self.definition.partnership
            words = {"prefix": partnership.dfe_prefix, "authority": partnership.local_authority}
            self._problem_in(box, raw, normal.problem, **words)
        self._doubts(box, raw)
        self._oddities(box, raw, normal.value)
        if raw.read_from is ReadFrom.SCAN:
            self._problem_in(box, raw, ProblemCode.SCAN_UNCONFIRMED)
        return normal.value

    def _normal(self, box: Box, raw: Answer) -> normalise.Normal:
        """The normal form; none for an e-mail address or a telephone number where there is no answer."""
        nothing = not _says_something(raw, box.kind) or raw.is_illegible
        if nothing or (box.kind in (Kind.EMAIL, Kind.TELEPHONE) and is_non_answer(raw.text)):
            return normalise.Normal("")
        return normalise.answer(box.kind, raw.text, self.definition.partnership.dfe_prefix)

    def _doubts(self, box: Box, raw: Answer) -> None:
        """What the reader was not sure of."""
        if raw.others and Doubt.STRUCK_OUT not in raw.doubts:
            others = "”, “".join(other.strip() or NO_ANSWER for other in raw.others)
            self._problem_in(box, raw, ProblemCode.VALUE_CONFLICT, other=shown(others))
        for doubt, where in _UNCERTAIN.items():
            if doubt in raw.doubts:
                self._problem_in(box, raw, ProblemCode.VALUE_UNCERTAIN, where=where)
        if Doubt.COVERED in raw.doubts:
            self._problem_in(box, raw, ProblemCode.VALUE_COVERED)
        if Doubt.UNREADABLE in raw.doubts:
            self._problem_in(box, raw, ProblemCode.VALUE_UNREADABLE)
        if Doubt.CHARACTERS_LOST in raw.doubts or (not _says_something(raw, box.kind) and _has_signs(raw.text)):
            self._problem_in(box, raw, ProblemCode.VALUE_DAMAGED)
        is_full = Doubt.BOX_FULL in raw.doubts and box.kind is not Kind.TICKS
        if is_full or Doubt.CUT_OFF in raw.doubts:
            self._truncated(box, raw)
        elif box.longest and len(raw.text) > box.longest:
            self._problem_in(box, raw, ProblemCode.VALUE_LONG, length=len(raw.text), longest=box.longest)

    def _truncated(self, box: Box, raw: Answer) -> None:
        """An e-mail address with the domain of another is whole: it is asked about like any other answer."""
        if box.kind is Kind.EMAIL and _domain(raw.text) in self._domains():
            self._problem(ProblemCode.VALUE_TRUNCATED, box.name, box.label, raw.text)
        else:
            self._problem_in(box, raw, ProblemCode.VALUE_TRUNCATED)

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
            self._problem_in(box, raw, ProblemCode.VALUE_UNLIKELY)
        elif likely := meant(box.kind, raw.text, value):
            letters = _letters_in_words(raw.text) if box.kind is Kind.EMAIL else ""
            self._problem_in(box, raw, ProblemCode.VALUE_MISSPELT, meant=shown(likely), letters=letters)
        elif box.kind is Kind.EMAIL and _is_example(value, box):
            self._problem_in(box, raw, ProblemCode.VALUE_UNLIKELY)
        if value:
            self._left_out(box, raw, value)
        if (is_formula(raw.text) or is_formula(value)) and _says_something(raw):
            self._problem_in(box, raw, ProblemCode.FORMULA_NEUTRALISED)

    def _left_out(self, box: Box, raw: Answer, value: str) -> None:
        """What the normal form of an address or a number leaves out or replaces."""
        if box.kind is Kind.EMAIL and (replaced := replaced_in_address(raw.text)):
            self._corrected(box, raw, value, " and ".join(replaced))
        elif box.kind is Kind.EMAIL and normalise.words_beside_address(raw.text):
            self._corrected(box, raw, value, "words beside the address")
        elif box.kind is Kind.TELEPHONE and normalise.words_beside_number(raw.text):
            self._corrected(box, raw, value, "words beside the number")
        elif box.kind is Kind.TELEPHONE and normalise.digits_beside_number(raw.text):
            self._corrected(box, raw, value, "digits beside the number")

    def _corrected(self, box: Box, raw: Answer, value: str, reason: str) -> None:
        self._problem_in(box, raw, ProblemCode.VALUE_CORRECTED, noted=shown(value), reason=reason)

    # --- what is in no box --------------------------------------------------------------------------------------

    def _unknown_field(self, name: str, raw: Answer) -> CheckedValue:
        """What stands in a field that the form does not have."""
        field, label = without_controls(name), shown(name) or "A box without a name"
        if raw.says_something:
            self._problem(ProblemCode.FIELD_UNKNOWN, field, label, raw.text, says=_says(raw.text))
        return CheckedValue(field, label, without_controls(raw.text), "", raw.read_from)

    def _note(self, note: Note) -> CheckedValue:
        """What stands beside the boxes."""
        label = "A note" if note.text else "A drawing"
        label += f" on page {note.page + 1}" if note.page is not None else ""
        box = self.definition.box(note.box)
        label += f", over “{box.label}”" if box else ""
        self._problem(ProblemCode.FIELD_UNKNOWN, note.box, label, note.text, says=_says(note.text))
        return CheckedValue("", label, without_controls(note.text), "", ReadFrom.PAGE_TEXT)


def _says(text: str) -> str:
    """The sentence that quotes what stands beside the boxes."""
    quoted = shown(text)
    return f"It says “{quoted}”." if quoted else "Our program cannot read it. Please tell us what it means."


def _read_beside(box: Box, raw: Answer) -> str:
    """What was read where something is crossed out: the answer, and others beside it."""
    if box.kind is Kind.TICKS:
        return "a tick" if normalise.tick(raw.text) else "no tick"
    texts = [f"“{shown(text)}”" if text.strip() else NO_ANSWER for text in (raw.text, *raw.others)]
    return " and ".join(texts)


def _required(definition: FormDefinition, answers: Mapping[str, Answer]) -> frozenset[str]:
    """The names of the boxes without which a return has a problem."""
    names = {box.name for field in definition.fields if field.required for box in definition.boxes_of_field(field)}
    for block in definition.blocks(answers):
        names |= {block.boxes[part].name for part in block.role.required}
    return frozenset(names)


def _pages_in_words(numbers: Sequence[int]) -> str:
    """Such as `page 4`, or `pages 2, 3 and 4`."""
    *others, last = map(str, numbers)
    return f"pages {', '.join(others)} and {last}" if others else f"page {last}"


def _letters_in_words(address: str) -> str:
    """Such as `, with cyrillic small letter a (U+0430)`; empty where no letter of another alphabet looks Latin."""
    _, names = with_latin_twins(address)
    return f", with {' and '.join(names)}" if names else ""


def _is_example(address: str, box: Box) -> bool:
    """Whether the address is the example that the box's help gives."""
    return address.casefold() in [word.rstrip(".,") for word in box.help.split() if "@" in word]


def _domain(address: str) -> str:
    """What follows the last @ of the text; empty where there is none."""
    return address.rpartition("@")[2].strip().casefold() if "@" in address else ""


def _says_something(raw: Answer, kind: Kind = Kind.TEXT) -> bool:
    """Whether there is a letter or a digit in the answer: a dash or invisible characters alone are none.

    Whatever was typed for a DFE number and is none is asked about, though, and a sign in a box to tick is a tick.
    """
    if raw.text[:1].isalnum() or raw.is_illegible or any(char.isalnum() for char in raw.text):
        return True
    return kind in (Kind.DFE_NUMBER, Kind.TICKS) and bool(normal_text(raw.text))


def _has_signs(text: str) -> bool:
    """Whether there are signs in it, such as the `?` that a program put for each letter that it could not write.

    Dashes, dots and the like are how people leave a box empty.
    """
    return any(char == "?" or unicodedata.category(char).startswith("S") for char in text)


def _holds(job_title: str, role: Role) -> bool:
    """Whether the job title says that its holder has the role; of phrases within each other the longer one counts."""
    words = f" {' '.join(re.findall(r'[a-z]+', job_title.casefold()))} "
    if not any(f" {phrase} " in words for phrase in role.held_if_job_title):
        return False
    for phrase in role.held_if_job_title:
        if " " in phrase:
            words = words.replace(f" {phrase} ", " ")
    return not any(f" {phrase} " in words for phrase in role.not_if_job_title)
