"""Opening a RECORDS folder to look at it, and the register of a year in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import Remedy, SourceError
from thep_forms.files import is_same_folder
from thep_forms.records import Ledger, ListedSchool, Records, Views, open_for_reading, open_for_writing
from thep_forms.records.kept import kept_in_memory, kept_records
from thep_forms.records.ledger_errors import ReadOnlyError, is_read_only
from thep_forms.records.names import LEDGER
from thep_forms.records.results import renew_results
from thep_forms.register import MemberSchool, as_listed, members_of_year, read_register
from thep_forms.register.comparing import differences

__all__ = ["YearRegister", "kept_in_memory", "open_records", "tell_differences"]


# One line for each thing that a new list of schools changes, before anything is made by it.
DIFFERENCES = logging.getLogger(__name__)
DIFFERENCES.addHandler(logging.NullHandler())


def tell_differences(ledger: Ledger, listed: Sequence[ListedSchool], year: str, definition: FormDefinition) -> None:
    """Log what a list that is to become the register of a year changes."""
    for line in differences_of_list(ledger, listed, year, definition):
        DIFFERENCES.warning(line)


def differences_of_list(
    ledger: Ledger, listed: Sequence[ListedSchool], year: str, definition: FormDefinition
) -> list[str]:
    """What a list that is to become the register of a year changes: against the list of that year, or before."""
    of_earlier_year = ledger.registers().year_of_list(year) < year
    return list(differences(list_before(ledger, year), listed, year, definition, of_earlier_year=of_earlier_year))


def list_before(ledger: Ledger, year: str) -> list[ListedSchool]:
    """The list of that year, or of the nearest year before; empty if there is none."""
    earlier = ledger.registers().year_of_list(year)
    return ledger.listed_schools(earlier) if earlier <= year else []


@contextmanager
def open_records(folder: Path, definitions: Definitions) -> Iterator[tuple[Ledger, Records]]:
    """The ledger and the records of a RECORDS folder, brought up to date and open to be read.

    Where a program keeps the folder in memory, they are what it keeps, as long as the file is the same. Raises
    `RecordsError` when the folder holds no records, or another run uses them; `TemplateError`, `OSError`.
    """
    if kept := kept_records(folder):
        with kept.opened(definitions) as opened:
            yield opened
        return
    with open_for_reading(folder, definitions) as ledger:
        yield ledger, Records(ledger, definitions)


class YearRegister:
    """The register of a year in a RECORDS folder, and the list that is to become it, if one was given.

    Reads the list at once. Raises `SourceError`, `RecordsError`, `TemplateError`.
    """

    def __init__(
        self, folder: Path, year: MembershipYear, register_list: Path | None, definitions: Definitions
    ) -> None:
        self.folder, self.year, self.definitions = folder, year, definitions
        self.listed: Sequence[ListedSchool] | None = None
        if register_list and not is_same_folder(register_list, folder):
            definition = definitions(year)
            self.listed = as_listed(read_register(register_list, definitions, year), definition)

    def members(self, records: Records) -> tuple[MemberSchool, ...]:
        """The member schools of the year. Raises `SourceError` if the records know of none."""
        members = members_of_year(records, self.year)
        if not members:
            raise SourceError(f"{self.folder} holds no list of schools and no accepted return.", Remedy.GIVE_LIST)
        return members

    def put_into(self, ledger: Ledger) -> bool:
        """Make the list the register of its year. Returns whether that changed anything."""
        if self.listed is None or list(self.listed) == ledger.listed_schools(str(self.year)):
            return False
        tell_differences(ledger, self.listed, str(self.year), self.definitions(self.year))
        with ledger.transaction():
            ledger.set_register(str(self.year), self.listed)
        renew_results(ledger, self.definitions)  # of pictures, which the register helps to read
        return True

    @contextmanager
    def open_to_write(self, *, must_exist: bool = True) -> Iterator[tuple[Ledger, Records]]:
        """The ledger and the records, with the list in them and their tables written."""
        with open_for_writing(self.folder, self.definitions, must_exist=must_exist) as ledger:
            self.put_into(ledger)
            records = Records(ledger, self.definitions)
            Views(self.folder, records).write()
            yield ledger, records

    @contextmanager
    def open_to_read(self) -> Iterator[tuple[Ledger, Records]]:
        """The ledger and the records, with the list in them.

        A list that is new is written to the folder first. In a folder that cannot be written to, it counts for this
        command alone.
        """
        if self._is_stored() or self._is_stored_now():
            with open_records(self.folder, self.definitions) as opened:
                yield opened
        else:
            with self.open_copy() as opened:
                yield opened

    @contextmanager
    def open_copy(self) -> Iterator[tuple[Ledger, Records]]:
        """The ledger and the records with the list in them. Nothing is written; without records they are empty."""
        if (self.folder / LEDGER).is_file():
            if self._is_stored():
                with open_records(self.folder, self.definitions) as opened:
                    yield opened
                return
            with Ledger.existing(self.folder, in_memory=True) as ledger:
                renew_results(ledger, self.definitions)
                self.put_into(ledger)
                yield ledger, Records(ledger, self.definitions)
            return
        with TemporaryDirectory() as folder, Ledger(Path(folder)) as ledger:
            self.put_into(ledger)
            yield ledger, Records(ledger, self.definitions)

    def _is_stored(self) -> bool:
        if self.listed is None:
            return True
        with open_for_reading(self.folder, self.definitions) as ledger:
            return list(self.listed) == ledger.listed_schools(str(self.year))

    def _is_stored_now(self) -> bool:
        """Write the list to the folder. False if that cannot be written to."""
        try:
            with self.open_to_write():
                return True
        except ReadOnlyError:
            return False
        except OSError as error:
            if not is_read_only(error):
                raise
            return False
