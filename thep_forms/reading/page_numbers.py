"""Which pages of a form did not come back, by the page numbers at the foot of its pages, or in their codes.

Limitations: a form whose pages show neither a legible foot nor a code may lack any page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from pikepdf import Dictionary, Object

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Role
from thep_forms.reading.objects import get

_FOOT = re.compile(r"revision\s*\d+\W*page\s*(\d{1,3})\s*of\s*(\d{1,3})", re.IGNORECASE)
_CODE = re.compile(r"/Code(\d{1,3})")  # the name by which a page that this program made draws its code


def missing_pages(data: bytes, texts: Mapping[int, str], form: str) -> tuple[int, ...]:
    """The numbers of the pages of a form that are not in its file, from 1.

    `texts` are those of its pages in the file, by their indices; `form` is the form's name in its codes.
    """
    came, total = set[int](), 0
    without_foot: list[int] = []
    for page, text in texts.items():
        numbers = [(int(number), int(count)) for number, count in _FOOT.findall(text)]
        came |= {number for number, _ in numbers}
        total = max([total, *(count for _, count in numbers)])
        if not numbers:
            without_foot.append(page)
    if without_foot and (not total or len(came) < total):
        from thep_forms.reading.pictures.reader import coded_pages, drawn_pages  # takes time, and few forms need it

        for coded in coded_pages(drawn_pages(data, without_foot)):
            if coded.code and coded.code.form == form:
                came.add(coded.code.page)
                total = max(total, coded.code.pages)
    return tuple(number for number in range(1, total + 1) if number not in came)


def has_number(text: str) -> bool:
    """Whether the text of a page has the page number of a form at its foot."""
    return bool(_FOOT.search(text))


def may_lack_pages(pages: Sequence[Object], boxes: AbstractSet[str], definition: FormDefinition) -> bool:
    """Whether a form with fields may lack a page: a quick look, before its pages are read.

    It may if page numbers are left out, or if boxes of the first page or of the continuation are missing. It also may
    if it has more blocks than usual: nobody knows how many there were. `pages` are the form's own.
    """
    numbers = {number for page in pages for number in _numbers_of(page)}
    if numbers and len(numbers) < max(numbers):
        return True
    usual, unusual = _ends(definition)
    return not usual <= boxes or not unusual.isdisjoint(boxes)


@lru_cache(maxsize=8)
def _ends(definition: FormDefinition) -> tuple[frozenset[str], frozenset[str]]:
    """Boxes that every usual form has on its first page and at the end of its continuation; and those that follow."""
    usual, unusual = {definition.dfe_field.name}, set[str]()
    cells = [cell for section in definition.file.section for row in section.row for cell in row.cells]
    roles = {role.name: role for role in definition.roles}
    for section in definition.file.section:
        if section.more:
            last = sum(cell.block == section.more for cell in cells) + section.count
            usual.add(_first_box(definition, roles[section.more], last))
            unusual.add(_first_box(definition, roles[section.more], last + 1))
    return frozenset(usual), frozenset(unusual)


def _first_box(definition: FormDefinition, role: Role, position: int) -> str:
    return next(iter(definition.block(role, position).boxes.values())).name


def _numbers_of(page: Object) -> list[int]:
    """The numbers of a page by the names of its codes; none where a program has renamed these."""
    drawn = get(get(page, "/Resources"), "/XObject")
    names = drawn.keys() if isinstance(drawn, Dictionary) else ()
    return [int(match[1]) for match in map(_CODE.fullmatch, names) if match]
