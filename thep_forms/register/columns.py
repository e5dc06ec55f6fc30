"""Which column of a list is which, by its heading: the names of fields and people, and other words for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from thep_forms.definition import FormDefinition
from thep_forms.definition.form import Block
from thep_forms.definition.model import Kind
from thep_forms.register.folding import folded
from thep_forms.register.option_columns import columns_of_options

EMAIL = "email"  # the column of the addresses to write to
_EMAIL_COLUMNS = (
    *("email", "school_email", "office_email", "contact_email", "main_email", "email_of_school", "school_office_email"),
    *("general_email", "generic_email", "admin_email", "enquiries_email", "primary_email"),
)
_EMAIL_ALSO = (*_EMAIL_COLUMNS[1:], *(f"{name}_address" for name in _EMAIL_COLUMNS))
_POSTCODE_ALSO = ("post_code", "postal_code", "pc", "school_postcode", "school_post_code")


def _line(number: int) -> tuple[str, ...]:
    stems = ("address_", "address", "addr_", "addr", "add_", "add", "address_line_", "address_line", "school_address_")
    return tuple(f"{stem}{number}" for stem in stems)


# The columns of an address that is divided, in its order: spreadsheets have one of each row.
PARTS_OF_ADDRESS = (
    ("street", "street_town", "street_and_town", "street_road", "road", "street_name", "street_address", *_line(1)),
    ("locality", *_line(2)),
    _line(3),
    _line(4),
    ("town", "city", "town_city", "city_town", "town_or_city", "post_town"),
    ("county", "county_name"),
)
_FIRST_NAMES = ("first_name", "firstname", "forename", "given_name", "initials", "initial")
_TITLES = ("title", "title_name")  # one goes before a last name alone; a full name needs none
_LAST_NAMES = ("last_name", "lastname", "surname", "family_name")
_OF = ("of", "of_the")
# What a heading says in brackets that is no part of its name: that it is the school's, or what to enter.
_REMARK = re.compile(
    r"\((?:school|(?:school )?office|full(?: name)?|in full|if known|required|mandatory|optional"
    r"|(?:please|if|e\.?g|for example|\d+ (?:digits|characters))\b[^()]*)\)",
    re.IGNORECASE,
)
# The columns of the local authority's number, which may stand apart from the school's.
AUTHORITY = ("la", "la_code", "la_number", "la_no", "lea", "lea_code", "lea_number", "lea_no", "local_authority_code")


def columns_of(headings: Sequence[str], definition: FormDefinition) -> list[str]:
    """The folded headings. A column of another name that the definition allows gets the field's own name.

    It does so only where no column has the field's own name, and only the first such column.
    """
    columns = _without_remarks(headings)
    for name, also in _other_names(definition).items():
        found = [other for other in also if other in columns]
        if found and name not in columns:
            columns = [name if column == found[0] else column for column in columns]
    return columns


def _without_remarks(headings: Sequence[str]) -> list[str]:
    """The folded headings. One keeps its remark if another column is called like the rest of it."""
    columns = [_column(heading) for heading in headings]
    for at, heading in enumerate(headings):
        rest = _column(_REMARK.sub(" ", heading))
        if rest not in columns:
            columns[at] = rest
    return columns


def _column(heading: str) -> str:
    """The folded heading; e-mail is spelt in one way."""
    return folded(heading).replace("e_mail", EMAIL)


def used_columns(columns: Sequence[str], definition: FormDefinition) -> set[str]:
    """The names of all columns that can be used: those of fields, of the postcode, the addresses and the people."""
    there = set(columns)
    used = columns_of_school(definition) | there & set(chain.from_iterable(columns_perhaps(definition).values()))
    used |= there & set(AUTHORITY)
    used |= set(chain.from_iterable(columns_of_options(columns, definition).values()))
    if any(field.kind is Kind.ADDRESS for field in definition.fields):
        used |= there & set(chain.from_iterable(PARTS_OF_ADDRESS))
    for block in definition.blocks(columns):
        used |= {box.name for box in block.boxes.values()}
    return used | set(chain.from_iterable(names_in_two(columns, definition).values()))


def columns_of_school(definition: FormDefinition) -> set[str]:
    """The columns of the school itself: its fields, its postcode and its addresses."""
    columns = {EMAIL}
    for field in definition.fields:
        columns |= {field.name, field.postcode_column or field.name}
    return columns


def columns_perhaps(definition: FormDefinition) -> dict[str, tuple[str, ...]]:
    """The columns that may say the answer of a field or something else, by the field."""
    return {field.name: field.perhaps for field in definition.fields if field.perhaps}


def names_in_two(columns: Sequence[str], definition: FormDefinition) -> dict[str, tuple[str, str]]:
    """The columns of a person's first and last name, by the box of the whole name where that has no column itself.

    Where there is no column of first names, one of titles stands for it.
    """
    there = set(columns)
    found: dict[str, tuple[str, str]] = {}
    for box, (first_names, last_names) in _halves_of_names(definition).items():
        first = next((name for name in first_names if name in there), "")
        last = next((name for name in last_names if name in there), "")
        if first and last and box not in there:
            found[box] = first, last
    return found


def meanings(heading_of: Mapping[str, str], definition: FormDefinition) -> Iterator[tuple[str, str]]:
    """The headings that are no name of a column themselves, and what they were taken for. The keys are the columns."""
    columns = list(heading_of)
    of_people = _names_of_people(definition)
    for column, heading in heading_of.items():
        if column in of_people and column != _column(_REMARK.sub(" ", heading)):
            yield f"“{heading}”", column
    for field in definition.fields:
        for column in () if field.name in columns else field.perhaps:
            if column in columns:
                yield f"“{heading_of[column]}”", f"{field.label.lower()} where it says one"
    yield from _meanings_of_options(heading_of, definition)
    for box, (first, last) in names_in_two(columns, definition).items():
        yield f"“{heading_of[first]}” with “{heading_of[last]}”", box


def _meanings_of_options(heading_of: Mapping[str, str], definition: FormDefinition) -> Iterator[tuple[str, str]]:
    """The headings of options that are not called like their boxes, and their boxes."""
    found = columns_of_options(list(heading_of), definition)
    for field in definition.fields:
        boxes = {column: f"{field.option_prefix}{option}" for column, option in found.get(field.name, {}).items()}
        yield from ((f"“{heading_of[column]}”", box) for column, box in boxes.items() if column != box)


@lru_cache(maxsize=8)
def _other_names(definition: FormDefinition) -> Mapping[str, Sequence[str]]:
    """Other names of columns, by their own name."""
    other_names: dict[str, Sequence[str]] = {}
    for field in definition.fields:
        other_names[field.name] = (*field.also, *_in_extract(field.name, definition))
    other_names |= {EMAIL: _EMAIL_ALSO}
    other_names |= {field.postcode_column: _POSTCODE_ALSO for field in definition.fields if field.postcode_column}
    return {**other_names, **_names_of_people(definition)}


@lru_cache(maxsize=8)
def _names_of_people(definition: FormDefinition) -> Mapping[str, Sequence[str]]:
    """Other names of the columns of people, by the name of the box: words of the role with words of the part."""
    names: dict[str, Sequence[str]] = {}
    for block in definition.blocks(()):
        for part in definition.parts:
            box = block.boxes[part.name].name
            words = _with_role(block, (part.name, *part.also))
            if part is not definition.person_email:  # “Email (Head)” may be where the school has its letters sent
                words += [f"{word}_{role}" for role in _roles(block) for word in (part.name, *part.also)]
            if part is definition.person_name:
                words = [*words, block.stem, *block.role.also]
            names[box] = [word for word in (*words, *_in_extract(box, definition)) if word != box]
    return names


def _with_role(block: Block, parts: Sequence[str]) -> list[str]:
    """The names of a column for the role and the part: `head_email`, `head_s_email`, `email_of_head` and so on."""
    roles = _roles(block)
    found = [f"{role}{between}{part}" for between in ("_", "_s_") for role in roles for part in parts]
    return found + [f"{part}_{of}_{role}" for of in _OF for role in roles for part in parts]


def _roles(block: Block) -> tuple[str, ...]:
    """The words for the role of a block."""
    return block.stem, *block.role.also


@lru_cache(maxsize=8)
def _halves_of_names(definition: FormDefinition) -> Mapping[str, tuple[Sequence[str], Sequence[str]]]:
    """The names of the columns of first and of last names, by the box of the whole name."""
    halves: dict[str, tuple[Sequence[str], Sequence[str]]] = {}
    for block in definition.blocks(()):
        box = block.boxes[definition.person_name.name].name
        of_extract = [folded(column) for column in definition.extract.columns.get(box, ())]
        firsts, lasts = _with_role(block, _FIRST_NAMES), _with_role(block, _LAST_NAMES)
        titles = _with_role(block, _TITLES) + [f"{role}title_name" for role in _roles(block)]
        halves[box] = (firsts + of_extract[:1] + titles, lasts + of_extract[1:])
    return halves


def _in_extract(box: str, definition: FormDefinition) -> list[str]:
    """The column that alone has the answer in an extract of DfE's register."""
    columns = definition.extract.columns.get(box, ())
    return [folded(columns[0])] if len(columns) == 1 else []
