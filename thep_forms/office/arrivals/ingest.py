"""The main job: returns in, records out. Ties the rooms together and decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import RecordsError
from thep_forms.files import is_same_folder
from thep_forms.office.arrivals.intake import Intake
from thep_forms.office.arrivals.join_pages import join_pages
from thep_forms.office.arrivals.mailboxes import MailboxRun, Places, opened
from thep_forms.office.arrivals.summary import Summary, summarise
from thep_forms.reading import FileKind
from thep_forms.records import Ledger, ListedSchool, Records, Views, open_for_writing
from thep_forms.records.names import tidy
from thep_forms.records.results import renew_results
from thep_forms.sources import SourceFile, find_files
from thep_forms.work import Engine, Limits, Workers

if TYPE_CHECKING:
    from thep_forms.sources.mailbox.reader import Mailbox


def ingest(
    folder: Path,
    sources: Sequence[Path],
    *,
    definitions: Definitions | None = None,
    register: Path | None = None,
    year: MembershipYear | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    passwords: Sequence[str] = (),
    dask: str | None = None,
    again: bool = False,
    mailboxes: Sequence[Mailbox] = (),
    progress: Callable[[Places], Iterable[SourceFile]] = iter,
    on_page: Callable[[int, int], object] = lambda *_: None,
) -> Summary:
    """Read every file of `sources` and every new message of `mailboxes` into the RECORDS folder, and write its tables.

    Without `definitions`, those of the shipped templates count. `year` is the membership year that the office collects.
    `register` is a register list, which becomes the register of that year. Without a `year`, that is the latest year
    that was sent or returned, or else the current one. `limits` are those of one file. `workers` are processes on this
    machine; `dask` is the address of a Dask cluster that reads the files instead. `passwords` are tried on locked
    files, also on those that came before. `again` tries what took too much time or memory in an earlier run once more.
    `progress` may wrap the files. `on_page` is told how many pages of a pile are read, of how many. If a mailbox is
    lost, what was read until then counts, and the summary says so.

    Raises `SourceError`, `SignInError`, `RecordsError` and `TemplateError` before anything is written; `ClusterError`
    as well, or when the cluster is lost: what was read until then is kept.
    """
    limits, definitions = limits or Limits(), definitions or Definitions.of_today()
    places = find_files(sources, folder)
    definitions()  # a mistake in the templates is reported first
    listed = _listed(register, definitions, year, folder) if register else None
    if folder.exists() and not folder.is_dir():
        raise RecordsError(f"{folder} is a file. Choose a folder for the records.")
    with (
        opened(mailboxes),
        _engine(definitions, passwords, limits, workers, dask, on_page) as start_engine,
        open_for_writing(folder, definitions, must_exist=False) as ledger,
    ):
        tidy(folder)
        mail = MailboxRun(mailboxes, ledger, from_start=again or bool(passwords))
        read_again = _read_again(again=again, has_passwords=bool(passwords))
        intake = Intake(folder, ledger, definitions, year, limits, read_again, mail, has_threads=bool(dask))
        with ledger.transaction():
            intake.read_all(start_engine, progress(mail.places(places)))
            _end_run(ledger, definitions)
            if listed is not None:
                _set_register(ledger, listed, year, definitions)
        renew_results(ledger, definitions)  # what a person corrected, and was read again
        records = Records(ledger, definitions)
        Views(folder, records).write()
        this_year = "" if year else str(definitions.default_year)
        summary = summarise(folder, records, intake.new, intake.new_sources, this_year)
        return replace(summary, forgotten=intake.passed_over, failures=mail.finish())


def _end_run(ledger: Ledger, definitions: Definitions) -> None:
    """Note that all files were read, and put the pages of forms together."""
    new = ledger.new_forms()  # also those of a run that was cut off
    ledger.end_run()
    join_pages(ledger, new, definitions)


def _read_again(*, again: bool, has_passwords: bool) -> set[FileKind]:
    """The kinds of files that are read when they come again."""
    kinds = {FileKind.FAILED}
    kinds |= {FileKind.OVERRAN} if again else set()
    return kinds | {FileKind.LOCKED} if has_passwords else kinds


def _listed(
    register: Path, definitions: Definitions, year: MembershipYear | None, folder: Path
) -> list[ListedSchool] | None:
    """The schools of a register list; None where it is the folder of the records themselves."""
    from thep_forms.register import as_listed, read_register  # not every run has one

    if is_same_folder(register, folder):
        return None
    year = year or definitions.default_year
    return as_listed(read_register(register, definitions, year), definitions(year))


def _set_register(
    ledger: Ledger, listed: list[ListedSchool], year: MembershipYear | None, definitions: Definitions
) -> None:
    """Make the list the register of the year that is collected, and say what it changes."""
    from thep_forms.office.opening import tell_differences  # not every run has a list

    of_year = str(year or "") or ledger.latest_year() or str(definitions.default_year)
    if listed != ledger.listed_schools(of_year):
        tell_differences(ledger, listed, of_year, definitions(MembershipYear.parse(of_year)))
        ledger.set_register(of_year, listed)


def _engine(
    definitions: Definitions,
    passwords: Sequence[str],
    limits: Limits,
    workers: int | None,
    dask: str | None,
    on_page: Callable[[int, int], object],
) -> AbstractContextManager[Callable[[], Engine]]:
    """What starts the reading of files: in processes of this machine, or on a Dask cluster, which is joined at once."""
    if dask is None:
        return nullcontext(partial(_workers, definitions, tuple(passwords), limits, workers, on_page))
    return _cluster(definitions, tuple(passwords), limits, dask)


def _workers(
    definitions: Definitions,
    passwords: tuple[str, ...],
    limits: Limits,
    count: int | None,
    on_page: Callable[[int, int], object],
) -> Engine:
    from thep_forms.office.arrivals.examine import Examiner  # slow to import, and not every run reads a file

    return Workers(Examiner(definitions, passwords), limits, count, on_page)


@contextmanager
def _cluster(
    definitions: Definitions, passwords: tuple[str, ...], limits: Limits, address: str
) -> Iterator[Callable[[], Engine]]:
    from thep_forms.office.arrivals.examine import Examiner
    from thep_forms.work.cluster import Cluster  # few have one

    there = replace(definitions, templates=definitions.templates and definitions.templates.absolute())
    examiner = Examiner(there, passwords)
    with Cluster(address, examiner.on_data, examiner.build, limits) as cluster:
        yield lambda: cluster


__all__ = ["Summary", "ingest"]
