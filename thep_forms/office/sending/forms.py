"""Forms for the schools, written to files: the blank form, a copy for each school, and packs for the printer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.files import PRIVATE_FOLDER, write_private, write_whole
from thep_forms.office.copies import copies, print_pack
from thep_forms.office.dates import date_warning, today
from thep_forms.office.opening import YearRegister, open_records
from thep_forms.office.outputs import PDF_START, require_replaceable
from thep_forms.office.partnership import example_address
from thep_forms.office.reports.report_contents import HAS_RETURNED
from thep_forms.office.schools.status import statuses_of_members
from thep_forms.office.sending.mail_plan import members_named
from thep_forms.register import MemberSchool, members_of_year, read_register

# The names of the files for the printer.
_BLANK_PACK = "{title} for printing, blank.pdf"
_SCHOOL_PACK = "{title} for printing.pdf"


class WrittenForms(Struct, frozen=True):
    """The files that were written, and how many forms they hold.

    `example_address` is set if the forms still name the shipped example as the address to return them to.
    `date_warning` says what is wrong with the date by which the forms are to be back.
    """

    paths: tuple[Path, ...]
    forms: int
    example_address: str
    date_warning: str = ""


def write_blank_form(
    year: MembershipYear, folder: Path, definitions: Definitions, *, continuation: int | None = None
) -> WrittenForms:
    """Write the blank, fillable form of a year into a folder.

    `continuation` is how many more senior leaders the last page has room for, if not as many as the definition says.
    Raises `TemplateError`, `LayoutError`, and `OSError`.
    """
    definition = definitions(year)
    pdf = _blank_form(definition, continuation)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_title(definition)}.pdf"
    write_whole(path, pdf)
    return WrittenForms((path,), 1, example_address(definition), date_warning(definition, today()))


def write_school_copies(
    year: MembershipYear,
    folder: Path,
    register_list: Path | None,
    definitions: Definitions,
    *,
    records: Path | None,
    continuation: int | None,
    on_written: Callable[[Path], object],
) -> WrittenForms:
    """Write a copy of the form for each school, with its known answers filled in.

    `register_list` is a list of member schools or a folder of RECORDS. With the folder `records` it becomes the
    register of the year there and stays; without a list, the register of the year counts. Only the owner can read the
    copies: they hold personal data. `on_written` is called with the path of each copy. Raises `SourceError`,
    `RecordsError`, `TemplateError`, `LayoutError`, and `OSError`.
    """
    definition = definitions(year).for_copies
    members = _members(year, register_list, records, definitions)
    pdfs = copies(definition, members, continuation)
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    paths: list[Path] = []
    for name, pdf in pdfs:
        write_private(folder / name, pdf)
        on_written(folder / name)
        paths.append(folder / name)
    return WrittenForms(tuple(paths), len(paths), example_address(definition), date_warning(definition, today()))


class MadeFile(Struct, frozen=True):
    """A file that was made, to be saved under a name. `schools` are the DfE numbers of those whose copies are in it."""

    name: str
    data: bytes
    schools: tuple[str, ...] = ()


class PackFor(StrEnum):
    """The schools whose copies go into a print pack."""

    ALL = "all"
    NOT_ANSWERED = "not_answered"
    CHOSEN = "chosen"


def make_blank_form(year: MembershipYear, definitions: Definitions) -> MadeFile:
    """The blank, fillable form of a year. Raises `TemplateError`, `LayoutError`."""
    definition = definitions(year)
    return MadeFile(f"{_title(definition)}.pdf", _blank_form(definition))


def make_blank_pack(year: MembershipYear, definitions: Definitions, forms: int) -> MadeFile:
    """One PDF of blank forms for the printer. Raises `TemplateError`, `LayoutError`."""
    definition = definitions(year)
    return MadeFile(_BLANK_PACK.format(title=_title(definition)), _blank_pack(definition, forms))


def make_school_copy(year: MembershipYear, number: str, records: Path, definitions: Definitions) -> MadeFile:
    """The copy of one member school. Raises `SourceError` if it is no member, `RecordsError`, `LayoutError`."""
    definition = definitions(year).for_copies
    members = members_named(_members(year, None, records, definitions), [number], definition)
    ((name, pdf),) = copies(definition, members)
    return MadeFile(name, pdf)


def make_school_pack(
    year: MembershipYear, who: PackFor, numbers: Collection[str], records: Path, definitions: Definitions
) -> MadeFile:
    """One PDF for the printer with a copy for each of these schools; `numbers` are those of chosen ones.

    Raises `SourceError` if there is no such school, `RecordsError`, `LayoutError`.
    """
    definition = definitions(year).for_copies
    with open_records(records, definitions) as (_, opened):
        members = members_of_year(opened, year)
        if who is PackFor.NOT_ANSWERED:
            statuses = statuses_of_members(opened, year, definitions)
            numbers = [status.dfe_number for status in statuses if status.standing not in HAS_RETURNED]
    if who is not PackFor.ALL:
        members = tuple(member for member in members if member.dfe_number in numbers)
    if not members:
        raise SourceError("There is no such school, so there is nothing to print.")
    schools = tuple(member.dfe_number for member in members)
    return MadeFile(_SCHOOL_PACK.format(title=_title(definition)), print_pack(definition, members), schools)


def write_blank_pack(year: MembershipYear, path: Path | None, definitions: Definitions, *, forms: int) -> WrittenForms:
    """Write one PDF of blank forms for the printer. Without a `path` it goes into the current folder.

    Raises `OutputError`, `TemplateError`, `LayoutError`, and `OSError`.
    """
    definition = definitions(year)
    path = path or Path(_BLANK_PACK.format(title=_title(definition)))
    require_replaceable(path, PDF_START)
    pdf = _blank_pack(definition, forms)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, pdf)
    return WrittenForms((path,), forms, example_address(definition), date_warning(definition, today()))


def write_school_pack(
    year: MembershipYear,
    path: Path | None,
    register_list: Path | None,
    definitions: Definitions,
    *,
    records: Path | None,
) -> WrittenForms:
    """Write one PDF for the printer with a copy of the form for each school, by DfE number.

    `register_list` and `records` are those of `write_school_copies`. Without a `path` the pack goes into the current
    folder. Only the owner can read it: it holds personal data. Raises
    `OutputError`, `SourceError`, `RecordsError`, `TemplateError`, `LayoutError`, and `OSError`.
    """
    definition = definitions(year).for_copies
    path = path or Path(_SCHOOL_PACK.format(title=_title(definition)))
    require_replaceable(path, PDF_START)
    members = _members(year, register_list, records, definitions)
    pdf = print_pack(definition, members)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, pdf)
    return WrittenForms((path,), len(members), example_address(definition), date_warning(definition, today()))


def _blank_form(definition: FormDefinition, continuation: int | None = None) -> bytes:
    from thep_forms.generate import generate  # takes time to import

    return generate(definition, more=continuation)


def _blank_pack(definition: FormDefinition, forms: int) -> bytes:
    from thep_forms.generate import PaperCopy, pack  # takes time to import

    return pack(definition, [PaperCopy()] * forms)


def _title(definition: FormDefinition) -> str:
    return f"{definition.year} {definition.form.title}"


def _members(
    year: MembershipYear, register_list: Path | None, records: Path | None, definitions: Definitions
) -> tuple[MemberSchool, ...]:
    """The member schools of a year. There is a register list, or a RECORDS folder, or both."""
    if records:
        register = YearRegister(records, year, register_list, definitions)
        with register.open_to_read() as (_, opened_records):
            return register.members(opened_records)
    if not register_list:
        raise ValueError("There is neither a list of schools nor a folder of records.")
    return read_register(register_list, definitions, year)
