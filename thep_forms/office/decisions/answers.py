"""Answers that a person gives by the name of a field: `chair_of_governors_name=Ann Lee`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping

from thep_forms.checking.normalise import tick
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import TICKED, Field, Kind
from thep_forms.errors import DecisionError, Remedy

_TICKED_WORDS = (TICKED, "y", "true", "1", "x", "✓", "☑", "on", "ticked")
_PLACE_FOR_AN_ANSWER = "…"  # in a command that `ingest` prints
_BETWEEN_OPTIONS = re.compile("[;,]")


def answers_in(texts: Iterable[str], definition: FormDefinition) -> dict[str, str]:
    """The answers by the name of their box, from texts such as `headteacher_name=Ann Lee`.

    A field goes by its name, or by its label on the form. A field of tick boxes takes the options to tick, joined by
    `;`. An empty answer empties the box. Raises `DecisionError`.
    """
    answers: dict[str, str] = {}
    for text in texts:
        name, separator, answer = text.partition("=")
        if not separator:
            raise DecisionError(f"“{text}” is no answer. Give the field, an equals sign and the answer: FIELD=ANSWER.")
        found = _answer(name, answer.strip(), definition)
        if twice := answers.keys() & found.keys():
            raise DecisionError(f"{min(twice)} is given twice. Give one answer for each field.")
        answers |= found
    return answers


def _answer(name: str, answer: str, definition: FormDefinition) -> dict[str, str]:
    if answer == _PLACE_FOR_AN_ANSWER:
        raise DecisionError(f"Type the answer for {name.strip()} in the place of the {_PLACE_FOR_AN_ANSWER}.")
    for field in definition.fields:
        if field.kind is Kind.TICKS and _folded(name) in (_folded(field.name), _folded(field.label)):
            return _ticks(field, answer, definition)
    box = definition.box(box_name(name, definition))
    if box and box.kind is Kind.TICKS:
        return {box.name: _tick(answer, box.label)}
    return {box.name: answer} if box else {}


def _tick(answer: str, label: str) -> str:
    if answer.casefold() not in _TICKED_WORDS and tick(answer):
        raise DecisionError(f"{label}: “{answer}” is neither yes nor no.")
    return tick(answer)


def box_name(name: str, definition: FormDefinition) -> str:
    """The name of the box with that name or label. Raises `DecisionError` if the form has none."""
    if definition.box(name.strip()):
        return name.strip()
    names = names_by_label(definition)
    if _folded(name) in names:
        return names[_folded(name)]
    known = {_folded(each): each for each in names.values()} | {label: label for label in names}
    close = difflib.get_close_matches(_folded(name), known, n=1)
    if close:
        raise DecisionError(f"The form has no field “{name.strip()}”. Did you mean “{known[close[0]]}”?")
    raise DecisionError(f"The form has no field “{name.strip()}”.", Remedy.NAME_FIELD)


def names_asked_about(name: str, definition: FormDefinition) -> set[str]:
    """The names by which problems may know a field: that of its box, or those of its tick boxes and its own.

    A single tick box is known by its name and that of its field.

    Raises `DecisionError` if the form has no such field.
    """
    for field in definition.fields:
        if field.kind is Kind.TICKS:
            boxes = [box.name for box in definition.boxes_of_field(field)]
            if _folded(name) in (_folded(field.name), _folded(field.label)):
                return {field.name, *boxes}
            if name.strip() in boxes:
                return {field.name, name.strip()}
    return {box_name(name, definition)}


def names_by_label(definition: FormDefinition) -> Mapping[str, str]:
    """The name of each box of the form by its label in small letters."""
    boxes = [box for field in definition.fields for box in definition.boxes_of_field(field)]
    for role in definition.roles:
        positions = range(1, 1 + most_positions(definition)) if role.repeats else (1,)
        boxes += [box for position in positions for box in definition.block(role, position).boxes.values()]
    return {_folded(box.label): box.name for box in boxes}


def asked_about(answers: Iterable[str], definition: FormDefinition) -> set[str]:
    """The names of these boxes, and of the fields that they are tick boxes of: problems have either."""
    names = set(answers)
    for field in definition.fields:
        if field.kind is Kind.TICKS and any(box.name in names for box in definition.boxes_of_field(field)):
            names.add(field.name)
    return names


def most_positions(definition: FormDefinition) -> int:
    """How many blocks the form of the year has for a role that repeats."""
    return _in_tables(definition) + sum(section.count for section in definition.file.section)


def boxes_to_fill(definition: FormDefinition, names: Collection[str]) -> list[str]:
    """A box of each block of a role that repeats, so that it is shown even if it is empty.

    They are the blocks among the others, and one more than has an answer in `names`.
    """
    found: list[str] = []
    for role in definition.roles:
        if not role.repeats:
            continue
        filled = max((definition.position(role, name) or 0 for name in names), default=0)
        last = min(max(_in_tables(definition), filled + 1), most_positions(definition))
        for position in range(1, last + 1):
            found += [box.name for box in definition.block(role, position).boxes.values()][:1]
    return found


def _in_tables(definition: FormDefinition) -> int:
    """How many blocks of a role that repeats stand among those of the others."""
    repeats = {role.name for role in definition.roles if role.repeats}
    rows = (row for section in definition.file.section for row in section.row)
    return sum(cell.block in repeats for row in rows for cell in row.cells)


def _ticks(field: Field, answer: str, definition: FormDefinition) -> dict[str, str]:
    """An answer for each tick box of a field: those of the options in `answer` are ticked."""
    wanted = {_folded(word) for word in _BETWEEN_OPTIONS.split(answer) if word.strip()}
    answers: dict[str, str] = {}
    for option, box in zip(field.option, definition.boxes_of_field(field), strict=True):
        words = {_folded(option.name), _folded(option.label)}
        answers[box.name] = TICKED if words & wanted else ""
        wanted -= words
    if wanted:
        options = ", ".join(option.name for option in field.option)
        raise DecisionError(f"{field.label}: “{sorted(wanted)[0]}” is no option. Choose from {options}.")
    return answers


def _folded(words: str) -> str:
    """What counts of a label: its letters and digits, in small letters."""
    return " ".join(re.findall(r"\w+", words.casefold()))
