"""The register: the partnership's member schools, and what is known of each."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thep_forms.check import Contact, normalise
from thep_forms.check.settle import Verdict
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.definition.model import Kind, ProblemCode
from thep_forms.errors import SourceError
from thep_forms.keep import Ledger, Records

Definitions = Callable[[MembershipYear | None], FormDefinition]

SHOWN = 10  # mistakes that are told at once


@dataclass(frozen=True)
class Member:
    """A member school. `known` has normal forms by column of `schools.csv`; `contacts` its people, where known.

    `email` is where to write to it; several addresses are joined by `;`.
    """

    dfe_number: str
    known: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    email: str = ""


def read_register(path: Path, definitions: Definitions) -> tuple[Member, ...]:
    """The member schools by DFE number, from a CSV or from a RECORDS folder. Raises `SourceError`, `RecordsError`.

    A CSV has a column `dfe_number` and any of `email` and those of `schools.csv`, in any order; columns that are not
    known are left alone. It is UTF-8, with or without a BOM, or cp1252. Of a folder the latest accepted return of each
    school counts.
    """
    members = _from_records(path, definitions) if path.is_dir() else _from_csv(path, definitions(None))
    return tuple(sorted(members, key=lambda member: member.dfe_number))


def _from_records(path: Path, definitions: Definitions) -> list[Member]:
    latest: dict[str, Member] = {}
    with Ledger.existing(path) as ledger:
        for one in sorted(Records(ledger, definitions).returns, key=lambda one: one.year):
            if one.verdict is Verdict.ACCEPTED and one.entry.checked:
                checked = one.entry.checked
                email = _known_address(checked.contacts, definitions(checked.year))
                latest[one.dfe_number] = Member(one.dfe_number, checked.school, checked.contacts, email)
    if not latest:
        raise SourceError(f"{path} holds no accepted return. Give a folder with some, or a list of schools.")
    return list(latest.values())


def _known_address(contacts: Iterable[Contact], definition: FormDefinition) -> str:
    """That of the role which the form names first: the main contact."""
    order = [role.name for role in definition.roles]
    known = [one for one in contacts if one.parts.get("email") and one.role in order]
    return min(known, key=lambda one: (order.index(one.role), one.position)).parts["email"] if known else ""


def _from_csv(path: Path, definition: FormDefinition) -> list[Member]:
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    column = definition.dfe_field.name
    if column not in (rows.fieldnames or ()):
        raise SourceError(
            f"The list of schools {path} has no column {column}. Give the column of DfE numbers that name."
        )
    members, mistakes = [], []
    for row in rows:
        number = normalise.dfe_number(row[column] or "", definition.partnership.dfe_prefix).value
        wrong = [] if number else [f"{column} is not a DfE number"]
        known = {column: row[column] or "" for column in _columns(definition) if column in row}
        wrong += _wrong_options(known, definition)
        email = normalise.email(row.get("email") or "")
        wrong += ["email is not an address"] if email.problem is ProblemCode.EMAIL_INVALID else []
        mistakes += [f"line {rows.line_num}: {mistake}" for mistake in wrong]
        members.append(Member(number, known, email=email.value))
    counted = Counter(member.dfe_number for member in members if member.dfe_number)
    mistakes += [f"{number} is there {count} times" for number, count in counted.items() if count > 1]
    if mistakes:
        more = f", and {len(mistakes) - SHOWN} more" if len(mistakes) > SHOWN else ""
        raise SourceError(f"The list of schools {path}, {'; '.join(mistakes[:SHOWN])}{more}. Mend it and run again.")
    return members


def _columns(definition: FormDefinition) -> list[str]:
    return [asked.name for asked in definition.fields if asked is not definition.dfe_field]


def _wrong_options(known: Mapping[str, str], definition: FormDefinition) -> Iterator[str]:
    for asked in definition.fields:
        if asked.kind is Kind.TICKS:
            names = [option.name for option in asked.option]
            for option in filter(None, known.get(asked.name, "").split(";")):
                if option not in names:
                    yield f"{asked.name} holds {option!r}, which is none of {', '.join(names)}"


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"The list of schools {path} cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
