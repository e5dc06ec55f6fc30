"""One return against its form's definition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from thep_forms.checking import normalise
from thep_forms.checking.answers import AnswerChecker, has_signs, says_something
from thep_forms.checking.characters import without_controls
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections, corrected, with_what_came_in
from thep_forms.checking.non_answers import says_vacant
from thep_forms.checking.problems import on_missing_page, problem, shown
from thep_forms.checking.record import Checked, CheckedValue, Contact, SchoolRecord
from thep_forms.definition.form import Block, Box, FormDefinition
from thep_forms.definition.identity import form_in, school_in, years_in
from thep_forms.definition.model import TICKED, Field, Kind, Option, ProblemCode, Role
from thep_forms.definition.year import MembershipYear
from thep_forms.reading.model import Answer, FileKind, Note, ReadFrom, Reading


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
        self.answer_checker = AnswerChecker(definition, self.answers)

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
        values, problems = (*self.answer_checker.values.values(), *beside), tuple(self.answer_checker.problems)
        record = SchoolRecord(school, contacts, True, self._unknown_roles(), self._unknown_columns())
        name = self.definition.name_of_school(school)
        return Checked(year, dfe_number, False, record, values, problems, self._copy_of(), name)

    def _copy_of(self) -> str:
        prefix = self.definition.partnership.dfe_prefix
        return normalise.dfe_number(school_in(self.reading.form_id), prefix).value

    def _number_on_missing_page(self) -> str:
        """The number of the school that the copy was made for, if the page with the box for it did not come back."""
        return "" if self.reading.has_box(self.definition.dfe_field.name) else self._copy_of()

    def _file(self) -> None:
        if self.reading.damaged:
            self.answer_checker.note(ProblemCode.FILE_DAMAGED)
        form = form_in(self.reading.form_id)
        if form and form != self.definition.identifier:
            self.answer_checker.note(ProblemCode.FORM_OTHER, label="The form", value=form)
        self._paper()
        if missing := self.reading.pages_missing:
            self.answer_checker.note(ProblemCode.PAGES_MISSING, label="The form", pages=_pages_in_words(missing))
        if self.corrections.year:
            return
        years = years_in(self.reading.form_id, self.reading.title)
        if not years:
            self.answer_checker.note(ProblemCode.YEAR_MISSING)
        elif len(set(years)) > 1:
            self.answer_checker.note(ProblemCode.YEAR_MISMATCH, value=str(years[0]), other=str(years[1]))

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
            self.answer_checker.note(ProblemCode.READ_FROM_PAGE, label="The form")
            return
        legible = [name for name in printed if filled[name].text]
        for box in filter(None, map(self.definition.box, legible)):
            self.answer_checker.note(ProblemCode.READ_FROM_PAGE, box.name, box.label, filled[box.name].text)

    # --- answers about the school -------------------------------------------------------------------------------

    def _field(self, field: Field) -> dict[str, str]:
        """The columns of one field."""
        boxes = self.definition.boxes_of_field(field)
        if field.kind is Kind.TICKS:
            return {field.name: self._ticks(field, boxes)}
        raw = self.answer_checker.raw(boxes[0])
        value = self.answer_checker.check(boxes[0], raw)
        if field.required and not self.answer_checker.is_answer(boxes[0], raw):
            self._missing(field)
        made_for = "" if self.corrections.school else self._copy_of()
        if field.kind is Kind.DFE_NUMBER and value and made_for not in ("", value):
            self.answer_checker.note(ProblemCode.DFE_CHANGED, field.name, field.label, value, number=made_for)
        if field.kind is Kind.ADDRESS:
            self._lent(boxes[0], raw)
        columns = {field.name: value}
        if field.postcode_column:
            columns[field.postcode_column] = self._postcode(boxes[0], raw, value)
        return columns

    def _lent(self, box: Box, raw: Answer) -> None:
        """A school that filled in another one's copy may have left that one's address, which was printed there."""
        copy_of = self._copy_of()
        is_lent = bool(self.corrections.school and copy_of) and copy_of != self.corrections.school
        if is_lent and raw.text and raw.read_from is not ReadFrom.OFFICE:
            where = f"on the copy that we made for {copy_of}"
            self.answer_checker.note_in(box, raw, ProblemCode.VALUE_UNCERTAIN, where=where)

    def _postcode(self, box: Box, raw: Answer, address: str) -> str:
        postcode = normalise.postcode(address)
        if not postcode and self.answer_checker.is_answer(box, raw):
            self._absent(ProblemCode.POSTCODE_MISSING, box.name, box.label, box.caption.lower())
        if normalise.has_several_postcodes(address):
            self.answer_checker.note_corrected(box, raw, postcode, "more than one postcode")
        elif postcode and not normalise.stands_in(postcode, address):
            self.answer_checker.note_corrected(box, raw, postcode, "the letter O for a zero")
        return postcode

    def _missing(self, field: Field) -> None:
        options = ", ".join(option.label for option in field.option)
        box = self.definition.boxes_of_field(field)[0].name
        self._absent(field.missing, field.name, field.label, field.label.lower(), options, box=box)

    def _absent(
        self,
        code: ProblemCode,
        name: str,
        label: str,
        wanted: str,
        options: str = "",
        typed: str = "",
        box: str = "",
    ) -> None:
        """Note that an answer is missing in a box, which is that of the `name` if none is given."""
        words = {"wanted": wanted, "options": options, "prefix": self.definition.partnership.dfe_prefix}
        found = problem(self.definition, code, name, label, typed, **words)
        has_box = self.reading.has_box(box or name)
        self.answer_checker.problems.append(found if has_box else on_missing_page(found, self.definition))

    def _ticks(self, field: Field, boxes: tuple[Box, ...]) -> str:
        ticked: list[Option] = []
        is_illegible = False
        for option, box in zip(field.option, boxes, strict=True):
            raw = self.answer_checker.raw(box)
            is_illegible = is_illegible or raw.is_illegible
            if self.answer_checker.check(box, raw) == TICKED:
                ticked.append(option)
        if field.required and not ticked and not is_illegible:
            self._missing(field)
        names, labels = [option.name for option in ticked], [option.label for option in ticked]
        if ticked:
            self._likely(field, names, ", ".join(labels))
        return ";".join(names)

    def _likely(self, field: Field, ticked: list[str], labels: str) -> None:
        raw = self.answer_checker.raw(self.definition.boxes_of_field(self.definition.dfe_field)[0])
        number = normalise.dfe_number(raw.text, self.definition.partnership.dfe_prefix).value
        if not number:
            return
        establishment = int(number.rpartition("/")[2])
        for span in field.likely:
            is_usual = set(span.options) & set(ticked) and not set(span.unlikely) & set(ticked)
            if span.first <= establishment <= span.last and not is_usual:
                likely = " or ".join(option.label for option in field.option if option.name in span.options)
                code = ProblemCode.PHASE_UNLIKELY
                self.answer_checker.note(code, field.name, field.label, labels, number=number, likely=likely)

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
                self._absent(block.role.missing, first, block.label, wanted, typed=self._vacancy(block))
            if contact:
                held[block.role.name] = contact
                if any(contact.parts.values()):  # of answers that are none, nobody is left
                    contacts.append(contact)
        return tuple(contacts)

    def _contact(self, block: Block) -> Contact | None:
        """The person in the block, or None where it was left empty or says only that there is nobody.

        Of a vacant post, an address or a number may be left, but no name.
        """
        raw = {part: self.answer_checker.raw(box) for part, box in block.boxes.items()}
        if all(answer.is_empty for answer in raw.values()):
            return None
        values = {part: self.answer_checker.check(box, raw[part]) for part, box in block.boxes.items()}
        name, vacancy = self.definition.person_name.name, self._vacancy(block)
        of_the_post = {self.definition.job_title.name} if vacancy else set()
        telling = block.boxes.keys() - of_the_post
        if not any(self.answer_checker.is_answer(block.boxes[part], raw[part]) for part in telling):
            return None
        self._job_title(block, raw[self.definition.job_title.name])
        if vacancy:
            values[name] = ""
        for part in block.role.required:
            box = block.boxes[part]
            if not self.answer_checker.is_answer(box, raw[part]):
                typed = vacancy if part == name else ""
                self._absent(block.role.missing, box.name, box.label, box.caption.lower(), typed=typed)
        if name not in block.role.required and not says_something(raw[name]) and not has_signs(raw[name].text):
            box = block.boxes[name]
            self._absent(ProblemCode.NAME_MISSING, box.name, box.label, box.caption.lower())
        return Contact(block.role.name, block.position, values)

    def _job_title(self, block: Block, raw: Answer) -> None:
        """Ask about a job title that is that of another role, as where the headteacher is named as the chair."""
        for role in self.definition.roles:
            may_have_it = block.role.repeats or block.role.name in (role.name, role.held_by)
            if role.held_by and not may_have_it and _holds(raw.text, role):
                where = f"in this person's block. It belongs under “{role.heading}”"
                self.answer_checker.note_in(
                    block.boxes[self.definition.job_title.name], raw, ProblemCode.VALUE_UNCERTAIN, where=where
                )

    def _vacancy(self, block: Block) -> str:
        """What was typed for a name, if it says that nobody holds a post that may be vacant."""
        name = self.answer_checker.raw(block.boxes[self.definition.person_name.name]).text
        return name if block.role.may_be_vacant and says_vacant(name) else ""

    def _holder(self, block: Block, holder: Contact | None) -> Contact | None:
        """The holder of another role, if their job title says that they hold this one too."""
        role = block.role
        if holder and _holds(holder.parts[self.definition.job_title.name], role):
            return Contact(role.name, 1, holder.parts)
        self._absent(role.missing, next(iter(block.boxes.values())).name, block.label, role.heading.lower())
        return None

    # --- what is in no box --------------------------------------------------------------------------------------

    def _unknown_field(self, name: str, raw: Answer) -> CheckedValue:
        """What stands in a field that the form does not have."""
        field, label = without_controls(name), shown(name) or "A box without a name"
        if raw.says_something:
            self.answer_checker.note(ProblemCode.FIELD_UNKNOWN, field, label, raw.text, says=_says(raw.text))
        return CheckedValue(field, label, without_controls(raw.text), "", raw.read_from)

    def _note(self, note: Note) -> CheckedValue:
        """What stands beside the boxes."""
        label = label_of_note(note, self.reading, self.definition)
        self.answer_checker.note(ProblemCode.FIELD_UNKNOWN, note.box, label, note.text, says=_says(note.text))
        read_from = ReadFrom.SCAN if self.reading.kind is FileKind.SCAN else ReadFrom.PAGE_TEXT
        return CheckedValue("", label, without_controls(note.text), "", read_from)


def label_of_note(note: Note, reading: Reading, definition: FormDefinition) -> str:
    """What the problem of a note in a reading is labelled with. It names the page."""
    unread = "Writing" if reading.kind is FileKind.SCAN else "A drawing"
    label = "A note" if note.text else unread
    label += f" on page {note.page + 1}" if note.page is not None else ""
    box = definition.box(note.box)
    return f"{label}, over “{box.label}”" if box else label


def _says(text: str) -> str:
    """The sentence that quotes what stands beside the boxes."""
    quoted = shown(text)
    return f"It says “{quoted}”." if quoted else "Our program cannot read it. Please tell us what it means."


def _pages_in_words(numbers: Sequence[int]) -> str:
    """Such as `page 4`, or `pages 2, 3 and 4`."""
    *others, last = map(str, numbers)
    return f"pages {', '.join(others)} and {last}" if others else f"page {last}"


def _holds(job_title: str, role: Role) -> bool:
    """Whether the job title says that its holder has the role; of phrases within each other the longer one counts."""
    words = f" {' '.join(re.findall(r'[a-z]+', job_title.casefold()))} "
    if not any(f" {phrase} " in words for phrase in role.held_if_job_title):
        return False
    for phrase in role.held_if_job_title:
        if " " in phrase:
            words = words.replace(f" {phrase} ", " ")
    return not any(f" {phrase} " in words for phrase in role.not_if_job_title)
