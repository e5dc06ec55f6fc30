"""Bring back a damaged ledger: from its last copy, from what is sound in it, and from the archive."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from thep_forms.definition import Definitions
from thep_forms.errors import RecordsError, UnsoundError
from thep_forms.office.arrivals.ingest import ingest
from thep_forms.office.arrivals.join_pages import forms_that_may_lack_pages, join_pages
from thep_forms.office.verify import archived_files, column_of, is_named_by_content, unknown_files
from thep_forms.records import Ledger, Records
from thep_forms.records.database import Checks
from thep_forms.records.last_copy import renew
from thep_forms.records.ledger_errors import NO_RECORDS
from thep_forms.records.names import ARCHIVE, LAST_COPY, LEDGER, TableName
from thep_forms.records.restoring import LATER_PAGE, Restored, restore_ledger
from thep_forms.records.results import renew_results


class Restoration(Struct, frozen=True):
    """What was brought back. `ledger` is None where the ledger was whole.

    `read_again` is how many files of the archive were read again. What the tables had named and is lost: the ids of
    returns and of decisions. `may_lack_pages` are the ids of forms that may have had pages which came as other files.
    """

    ledger: Restored | None
    read_again: int = 0
    lost_returns: tuple[str, ...] = ()
    lost_decisions: tuple[str, ...] = ()
    may_lack_pages: tuple[str, ...] = ()

    @property
    def may_lack_messages(self) -> bool:
        """Whether messages may be unknown that were sent since the copy was made."""
        return bool(self.ledger and "message" in self.ledger.incomplete)

    @property
    def may_lack_lists(self) -> bool:
        """Whether lists of schools may be lost that were given since the copy was made."""
        return bool(self.ledger and "register" in self.ledger.incomplete)

    @property
    def lacks_something(self) -> bool:
        """Whether anything is lost, or may be."""
        lost = self.lost_returns or self.lost_decisions
        return bool(lost or self.may_lack_pages or self.may_lack_messages or self.may_lack_lists)


def restore(folder: Path, definitions: Definitions) -> Restoration:
    """Put the ledger right, and write the tables again. Raises `RecordsError`, `TemplateError`, `OSError`.

    A whole ledger stays as it is; its copy is made again. Archived files that the ledger does not know are read again.
    So the next run finishes one that was cut off.
    """
    if not (folder / LEDGER).is_file() and not (folder / LAST_COPY).is_file() and not (folder / ARCHIVE).is_dir():
        raise RecordsError(NO_RECORDS.format(records=folder))
    returns = column_of(folder, TableName.RETURNS, "return_id")
    decisions = column_of(folder, TableName.DECISIONS, "decision_id")
    restored = None if _is_whole(folder) else restore_ledger(folder)
    may_lack_pages: tuple[str, ...] = ()
    with Ledger.existing(folder) as ledger:  # the copy may be of an earlier version: it is migrated
        if restored:  # what came out of mailboxes since the copy was made may be lost
            with ledger.transaction():
                ledger.read_mailboxes_again()
                ledger.forget_unused_texts()
        if restored and LATER_PAGE in restored.incomplete:
            may_lack_pages = _join_pages(ledger, definitions)
    _renew_copy(folder)
    archive = archived_files(folder)
    with Ledger.existing(folder, unchanged=True) as ledger:
        unknown = [archive[name] for name in unknown_files(folder, ledger)]
    unknown = [path for path in unknown if is_named_by_content(path)]
    ingest(folder, unknown, definitions=definitions)  # also finishes what a run that was cut off has left
    with Ledger.existing(folder, unchanged=True) as ledger:
        known = {returned.return_id for returned in Records(ledger, definitions).returns()}
        numbers = {str(decision.number) for decision in ledger.decisions()}
    lost = _without(returns, known), _without(decisions, numbers)
    return Restoration(restored, len(unknown), *lost, may_lack_pages)


def _join_pages(ledger: Ledger, definitions: Definitions) -> tuple[str, ...]:
    """Work out anew which pages are read as one form. Of a form about which a person has decided, nobody can tell.

    Gives the ids of such forms with which pages came that may have been theirs.
    """
    renew_results(ledger, definitions)  # some may be lacking, too
    with ledger.transaction():
        join_pages(ledger, [return_id for return_id, _ in ledger.pictures()], definitions)
    return forms_that_may_lack_pages(ledger, definitions)


def _is_whole(folder: Path) -> bool:
    """Whether nothing is wrong with the ledger, once what a run that was cut off had not finished is taken back."""
    try:
        with Ledger.existing(folder, checks=Checks.EVERY_ROW):
            return True
    except UnsoundError:
        return False


def _renew_copy(folder: Path) -> None:
    """Make the copy again, whatever it says of itself."""
    (folder / LAST_COPY).unlink(missing_ok=True)
    renew(folder)


def _without(named: Iterable[str], known: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in named if value not in known))
