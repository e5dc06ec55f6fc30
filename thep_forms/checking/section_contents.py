"""Hashes of what a return says in each section of the form, by which a picture of some pages is compared with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import count

import msgspec

from thep_forms.checking.record import CheckedValue
from thep_forms.definition.form import FormDefinition
from thep_forms.reading.model import Reading

_LENGTH = 8  # bytes of the hash of a section
_DID_NOT_COME = bytes(_LENGTH)


def section_contents(reading: Reading, values: Iterable[CheckedValue], definition: FormDefinition) -> bytes:
    """Eight bytes for each section with boxes, those of all continuation pages together.

    They are equal for two returns with the same answers there, and zeros where a box of the section did not come back.
    """
    sections = _sections(definition)
    said = {value.field: value.value or value.now for value in values if definition.box(value.field)}
    further = frozenset({*said, *reading.boxes}.difference(*sections))
    came = [all(map(reading.has_box, names)) for names in sections]
    came.append(bool(further) or not reading.pages_missing)
    contents = b""
    for names, has_come in zip((*sections, further), came, strict=True):
        answers = sorted((name, said[name]) for name in names & said.keys() if said[name])
        contents += _hash(answers) if has_come else _DID_NOT_COME
    return contents


def says_the_same(contents: bytes, others: bytes) -> bool:
    """Whether a return says the same as another one in all sections of it that came back, of which there is one."""
    starts = range(0, len(contents), _LENGTH)
    came = [slice(start, start + _LENGTH) for start in starts if contents[start : start + _LENGTH] != _DID_NOT_COME]
    return bool(came) and all(contents[section] == others[section] for section in came)


def _hash(answers: list[tuple[str, str]]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(answers)).digest()[:_LENGTH]


@lru_cache(maxsize=8)
def _sections(definition: FormDefinition) -> tuple[frozenset[str], ...]:
    """The names of the boxes in the rows of each section that has rows. All others are on continuation pages."""
    fields = {field.name: field for field in definition.fields}
    roles = {role.name: role for role in definition.roles}
    positions = {name: count(1) for name in roles}
    sections: list[frozenset[str]] = []
    for section in filter(lambda section: section.row, definition.file.section):
        names: set[str] = set()
        for cell in (cell for row in section.row for cell in row.cells):
            if cell.field:
                names |= {box.name for box in definition.boxes_of_field(fields[cell.field])}
            if cell.block:
                block = definition.block(roles[cell.block], next(positions[cell.block]))
                names |= {box.name for box in block.boxes.values()}
        sections.append(frozenset(names))
    return tuple(sections)
