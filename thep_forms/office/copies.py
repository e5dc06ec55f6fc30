"""A school's own copy of the form, in a file or on paper: what is known of it, and what its file is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from thep_forms.checking import Contact
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Field, Kind, Role
from thep_forms.generate import Master, PaperCopy, pack
from thep_forms.register import MemberSchool

LONGEST_NAME = 80  # characters of a school's name in a file's
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')  # on Windows


def copies(
    definition: FormDefinition, members: Iterable[MemberSchool], more: int | None = None
) -> Iterator[tuple[str, bytes]]:
    """Each school's copy as a file name and a PDF.

    `definition` is one that was loaded for copies; `more` is how many blocks the continuation page offers instead of
    what it says, or more where a school has more people. Raises `LayoutError`.
    """
    members = list(members)
    master = Master(definition, _room(definition, members, more))
    for member in members:
        yield f"{file_name(definition, member)}.pdf", master.copy(answers(definition, member), member.dfe_number)


def print_pack(definition: FormDefinition, members: Iterable[MemberSchool]) -> bytes:
    """Each school's copy on paper, as one PDF for the printer.

    They are in the order of the register, by DFE number. All lists of ours have it, so that the pile can be ticked off
    against any of them, and it keeps the schools of a phase together. `definition` is one that was loaded for copies.
    There is one at least. Raises `LayoutError`.
    """
    members = list(members)
    made = [PaperCopy(answers(definition, one), one.dfe_number, _called(one)) for one in members]
    return pack(definition, made, _room(definition, members, None))


def answers(definition: FormDefinition, member: MemberSchool) -> dict[str, str | bool]:
    """What is known of a school, by the names of the boxes. The DFE number goes without what is printed before it."""
    prefix = definition.partnership.dfe_prefix
    values: dict[str, str | bool] = {definition.dfe_field.name: member.dfe_number.removeprefix(prefix)}
    for asked in definition.fields:
        if asked is not definition.dfe_field and (known := member.record.school.get(asked.name)):
            values |= _field(definition, asked, known)
    for contact in member.record.contacts:
        role = next((role for role in definition.roles if role.name == contact.role), None)
        if role and not _is_implied(member, contact, role):
            block = definition.block(role, contact.position)
            values |= {box.name: contact.parts.get(part, "") for part, box in block.boxes.items()}
    return {name: value for name, value in values.items() if value}


def _is_implied(member: MemberSchool, contact: Contact, role: Role) -> bool:
    """Whether the person holds the role through another one, as a main contact who is the headteacher does."""
    return any(other.role == role.held_by and other.parts == contact.parts for other in member.record.contacts)


def _field(definition: FormDefinition, asked: Field, known: str) -> dict[str, str | bool]:
    boxes = definition.boxes_of_field(asked)
    if asked.kind is Kind.TICKS:
        ticked = known.split(";")
        return {box.name: option.name in ticked for option, box in zip(asked.option, boxes, strict=True)}
    if asked.kind is Kind.ADDRESS and known.count(", ") < asked.lines:
        return {asked.name: known.replace(", ", "\n")}
    return {asked.name: known}


def _room(definition: FormDefinition, members: Iterable[MemberSchool], more: int | None) -> int | None:
    """How many blocks the continuation needs; None where those of the definition are enough."""
    section = next((section for section in definition.file.section if section.more), None)
    if not section:
        return more
    rows = [row for section in definition.file.section for row in section.row]
    before = sum(cell.block == section.more for row in rows for cell in row.cells)
    last = max(
        (one.position for member in members for one in member.record.contacts if one.role == section.more), default=0
    )
    offered = section.count if more is None else more
    return last - before if last - before > offered else more


def file_name(definition: FormDefinition, member: MemberSchool) -> str:
    """`2026-27 211-4242 Cedar Primary School`: it sorts, it says what it is, and any system takes it."""
    words = f"{definition.year} {member.dfe_number.replace('/', '-')} {_called(member)}"
    return " ".join(_UNSAFE.sub(" ", words).split())[:LONGEST_NAME].rstrip(". ")


def _called(member: MemberSchool) -> str:
    return " ".join(member.record.school.get("school_name", "").split())
