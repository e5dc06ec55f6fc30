"""A school's own copy of the form, in a file or on paper: its prefilled answers and the name of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from thep_forms.checking.known_answers import Texts, texts_of_record
from thep_forms.definition.form import FormDefinition
from thep_forms.register import MemberSchool

LONGEST_NAME = 80  # characters of a file's name, without its ending
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')  # in file names on Windows


def copies(
    definition: FormDefinition, members: Iterable[MemberSchool], more: int | None = None
) -> Iterator[tuple[str, bytes]]:
    """Each school's copy as a file name and a PDF.

    `definition` is one for copies. `more` is how many blocks the continuation page offers instead of what the
    definition says; it offers more where a school has more people. Raises `LayoutError`.
    """
    from thep_forms.generate import master_of  # takes time to import

    members = list(members)
    master = master_of(definition, _blocks_needed(definition, members, more))
    for member in members:
        yield f"{file_name(definition, member)}.pdf", master.copy(answers(definition, member), member.dfe_number)


def print_pack(definition: FormDefinition, members: Iterable[MemberSchool]) -> bytes:
    """Each school's copy on paper, as one PDF for the printer; there is one member at least.

    The copies are in the order of the register, by DfE number. All our lists have this order, so that you can tick off
    the pile against any of them. It also keeps the schools of a phase together. `definition` is one for copies.
    Raises `LayoutError`.
    """
    from thep_forms.generate import PaperCopy, pack  # takes time to import

    members = list(members)
    papers = [
        PaperCopy(answers(definition, member), member.dfe_number, _name(definition, member)) for member in members
    ]
    return pack(definition, papers, _blocks_needed(definition, members, None))


def answers(definition: FormDefinition, member: MemberSchool) -> Texts:
    """The known answers of a school, by AcroForm field. The form prints the prefix of the DfE number itself."""
    number = member.dfe_number.removeprefix(definition.partnership.dfe_prefix)
    return {definition.dfe_field.name: number, **texts_of_record(member.record, definition)}


def _blocks_needed(definition: FormDefinition, members: Iterable[MemberSchool], more: int | None) -> int | None:
    """How many blocks the continuation needs; `more` where as many as it offers are enough."""
    sections = definition.file.section
    continuation = next((section for section in sections if section.more), None)
    if not continuation:
        return more
    cells = [cell for section in sections for row in section.row for cell in row.cells]
    before = sum(cell.block == continuation.more for cell in cells)
    last = 0
    for member in members:
        for contact in member.record.contacts:
            if contact.role == continuation.more:
                last = max(last, contact.position)
    offered = continuation.count if more is None else more
    return last - before if last - before > offered else more


def file_name(definition: FormDefinition, member: MemberSchool) -> str:
    """`2026-27 211-4242 Cedar Primary School`: it sorts by year and number, and every system takes it."""
    words = f"{definition.year} {member.dfe_number.replace('/', '-')} {_name(definition, member)}"
    return " ".join(_UNSAFE.sub(" ", words).split())[:LONGEST_NAME].rstrip(". ")


def _name(definition: FormDefinition, member: MemberSchool) -> str:
    """The school's name in one line."""
    return " ".join(definition.name_of_school(member.record.school).split())
