"""What counts where several readers found something: rules for one box, for one form, and for the forms of a file.

An answer in a field counts before what is printed or noted over it, which is kept beside it. A form that is filled in
counts before a print of it. Nothing that a person may have entered is dropped without a note.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import go_together, school_in
from thep_forms.definition.model import TICKED
from thep_forms.reading.fields.annotations import BoxArea, Markup
from thep_forms.reading.model import Answer, Doubt, FileKind, Note, ReadFrom, Reading
from thep_forms.reading.objects import COVERED, UNREADABLE

if TYPE_CHECKING:
    from thep_forms.reading.print.reader import PrintedPage


_PAGE_NUMBER = re.compile(r"(?:\bpage\s*)?\b\d{1,3}\s*(?:of|/)\s*\d{1,3}$|\bpage\s*\d{1,3}$", re.IGNORECASE)


class Entered(Struct, frozen=True):
    """What people entered in a form: in its boxes, and beside them."""

    answers: Mapping[str, Answer]
    notes: tuple[Note, ...] = ()


# --- one box ----------------------------------------------------------------------------------------------------------


def with_print(entered: Entered, pages: Iterable[PrintedPage]) -> Entered:
    """What is entered, with what is printed on pages whose boxes can be filled in.

    Print in an empty box is its answer, in a filled box another answer. Print that cannot be read over a filled box is
    a drawing.
    """
    answers, notes = dict(entered.answers), [*entered.notes]
    for page in pages:
        for name, printed in page.answers.items():
            before = answers.get(name, Answer(""))
            if not printed.says_something or shows(printed, before):
                continue
            if not before.says_something:
                answers[name] = printed
            elif printed.is_illegible:
                notes.append(Note("", printed.page, name))
            else:
                answers[name] = _with_other(before, printed.text)
        notes += page.notes
    return Entered(answers, tuple(notes))


def with_markup(entered: Entered, areas: Mapping[str, BoxArea], markup: Iterable[Markup]) -> Entered:
    """What is entered, with what was laid over the boxes, which are at the `areas`.

    Words on an empty box are its answer, on a filled box another answer. Whatever lies elsewhere is a note. So is what
    may have been written by hand, and what strikes out an answer.
    """
    answers, notes = dict(entered.answers), [*entered.notes]
    for each in markup:
        if each.is_redaction and (below := _under_redaction(each, areas, answers)):
            answers |= below
            continue
        name = each.box_under(areas.items())
        under = [*each.boxes_under(areas.items()), *([name] if name else [])]
        if not each.text and any(_is_hidden(box, answers) for box in under):
            continue  # what hides an answer says no more than that
        if name is None:
            notes += [each.note] if each.note else []
        elif areas[name].ticks:
            answers[name] = Answer(TICKED, ReadFrom.PAGE_TEXT, page=each.page)
        elif each.text:
            answers[name] = _with_words(answers.get(name, Answer("")), each)
        elif each.is_ink and not answers.get(name, Answer("")).text.strip():
            answers[name] = Answer("", ReadFrom.PAGE_TEXT, UNREADABLE, page=each.page)
        elif each.is_ink or (each.strikes and not answers[name].is_empty):
            notes.append(Note("", each.page, name))
        else:
            notes += [each.note] if each.note else []
    return Entered(answers, tuple(notes))


def _with_words(before: Answer, markup: Markup) -> Answer:
    """The answer in a box on which words were laid."""
    if not before.says_something:
        return Answer(markup.text, ReadFrom.PAGE_TEXT, page=markup.page)
    if markup.is_typed and Doubt.COVERED in before.doubts and not before.text:
        return replace(before, text=markup.text)
    return before if markup.text == before.text.strip() else _with_other(before, markup.text)


def _under_redaction(mark: Markup, areas: Mapping[str, BoxArea], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers that are to be taken out, of which nothing is kept."""
    return {name: hidden(mark.page) for name in mark.boxes_under(areas.items()) if _says_something(name, answers)}


def _says_something(name: str, answers: Mapping[str, Answer]) -> bool:
    return answers.get(name, Answer("")).says_something


def _is_hidden(name: str, answers: Mapping[str, Answer]) -> bool:
    return Doubt.COVERED in answers.get(name, Answer("")).doubts


def hidden(page: int | None) -> Answer:
    """The answer in a box in which something stands that does not show: nothing of it is kept."""
    return Answer("", ReadFrom.PAGE_TEXT, COVERED, page=page)


def shows(printed: Answer, held: Answer) -> bool:
    """Whether what is printed is what a field holds, or the beginning of it where it is cut off at the box's edge."""
    if not printed.text and printed.is_illegible:
        return False
    shown, typed = "".join(printed.text.split()), "".join(held.text.split())
    return shown == typed or (Doubt.CUT_OFF in printed.doubts and typed.startswith(shown))


def _with_other(answer: Answer, text: str) -> Answer:
    return answer if text in answer.others else replace(answer, others=(*answer.others, text))


# --- one form ---------------------------------------------------------------------------------------------------------


def with_unknown_fields(reading: Reading, known: Mapping[str, Answer], unknown: Mapping[str, Answer]) -> Reading:
    """A reading of pages with what the fields on them hold.

    `known` are answers in fields that have names of ours, and count before what is read from pages. `unknown` are those
    in other fields, which are kept where nothing that was read shows them.
    """
    answers = {**reading.answers, **known}
    shown = [*answers.values(), *reading.unknown_fields.values(), *(Answer(note.text) for note in reading.notes)]
    kept = dict(reading.unknown_fields)
    for name, answer in unknown.items():
        same = next((each for each in shown if shows(each, answer)), None)
        if same is not None:
            shown.remove(same)  # it stands for one field
        elif not answer.is_empty:
            kept[name] = answer
    return replace(reading, answers=answers, unknown_fields=kept)


def without_fields(reading: Reading, names: Collection[str]) -> Reading:
    """The reading without fields that turned out to be another form's."""
    unknown = {name: answer for name, answer in reading.unknown_fields.items() if name not in names}
    return replace(reading, unknown_fields=unknown)


def once(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes, each once: those that stand on each page, such as the stamp of a signing service, as the first."""
    found: dict[tuple[str, str, int | None], Note] = {}
    for note in notes:
        words = _PAGE_NUMBER.sub("", note.text).strip()
        found.setdefault((words or note.text, note.box, None if note.text else note.page), note)
    return tuple(found.values())


def may_be_lost(reading: Reading) -> bool:
    """Whether a form of a damaged file may have lost all its answers, as the first revision of a file cut short has."""
    return reading.kind is FileKind.FORM and not reading.says_something


def is_illegible(reading: Reading) -> bool:
    """Whether all that a form says is that something stands in its boxes, which cannot be read for certain."""
    answers = (*reading.answers.values(), *reading.unknown_fields.values())
    return not reading.notes and not any(answer.text.strip() for answer in answers)


# --- the forms of a file ----------------------------------------------------------------------------------------------


def joined(fields: Sequence[Reading], beside: Sequence[Reading]) -> tuple[Reading, ...]:
    """The forms with fields and those on the other pages; one that is partly printed is one form."""
    are_alone = len(fields) == len(beside) == 1
    forms, left = list[Reading](), list(beside)
    for form in fields:
        rest = [printed for printed in left if _is_rest(printed, form, are_alone=are_alone)]
        if len(rest) == 1:
            left.remove(rest[0])
            form = _with_rest(form, rest[0])
        forms.append(form)
    return (*forms, *left)


def _is_rest(printed: Reading, form: Reading, *, are_alone: bool) -> bool:
    """Whether these are the printed pages of a form. `are_alone`: else both have to say that they are one school's."""
    if printed.kind is not FileKind.FORM or printed.answers.keys() & form.answers.keys():
        return False
    if not are_alone:
        return bool(school_in(form.form_id)) and printed.form_id == form.form_id
    first, later = (printed, form) if 1 not in printed.pages_missing else (form, printed)
    return go_together(first.form_id, later.form_id)


def _with_rest(form: Reading, printed: Reading) -> Reading:
    """A form with its printed pages."""
    filled = {name: answer for name, answer in printed.answers.items() if answer.says_something}
    missing = tuple(number for number in form.pages_missing if number in printed.pages_missing)
    return replace(
        form,
        answers={**form.answers, **filled},
        notes=(*form.notes, *printed.notes),
        pages_missing=missing,
        boxes=tuple(sorted({*form.boxes, *printed.answers})) if missing else (),
    )


def without_repeated(readings: Sequence[Reading]) -> list[Reading]:
    """The readings without those of pages that came twice: another reading has each of their answers and notes."""
    kept: list[Reading] = []
    for reading in sorted(readings, key=lambda reading: len(reading.answers), reverse=True):
        if not any(_repeats(reading, other) for other in kept):
            kept.append(reading)
    return [reading for reading in readings if any(reading is left for left in kept)]


def _repeats(reading: Reading, other: Reading) -> bool:
    if not reading.answers or reading.form_id != other.form_id:
        return False
    notes = {note.text for note in other.notes}
    if any(note.text not in notes for note in reading.notes):
        return False
    for name, answer in reading.answers.items():
        if name not in other.answers or replace(answer, page=None) != replace(other.answers[name], page=None):
            return False
    return True


def is_news(reading: Reading, held: Collection[tuple[str, str]], definition: FormDefinition) -> bool:
    """Whether it is no print, or a print with an answer that no field holds. `held` are names of fields with texts."""
    if reading.kind is not FileKind.FORM:
        return True
    for name, answer in reading.answers.items():
        is_held = bool(answer.text) and (name, answer.text) in held
        if answer.says_something and not is_held and definition.box(name):
            return True
    return False
