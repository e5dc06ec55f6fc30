"""The part of the ledger that has what was read, and which files have later pages of a form that others began."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec
from msgspec import Struct

from thep_forms.reading import FileKind, Reading
from thep_forms.reading.later_pages import loses_nothing, with_later_pages
from thep_forms.records.database import Database


class LaterPage(Struct, frozen=True):
    """A return that is a later page of the form of which another return, `first`, has the first page.

    `is_apart`: a person said of the page itself whose it is, so it is a return of its own.
    """

    return_id: str
    first: str
    is_apart: bool


class PagesOfForms(Database):
    """Readings, and the pages that are read as one form."""

    def own_reading(self, return_id: str) -> Reading | None:
        """What was read of the file of a return by itself; None where it was not kept.

        Version 13 kept it of a later page only: of a first page, what was read of all pages.
        """
        row = self._connection.execute("SELECT reading FROM reading WHERE return_id=?", (return_id,)).fetchone()
        return msgspec.json.decode(row[0], type=Reading) if row else None

    def reading(self, return_id: str) -> Reading | None:
        """What was read of a return, with its later pages that came in other files; None where it was not kept."""
        own = self.own_reading(return_id)
        if not own or own.kind is not FileKind.SCAN or own.later_pages:
            return own
        query = "SELECT return_id FROM later_page WHERE first=? AND NOT is_apart"
        pages = [(page, self.own_reading(page)) for (page,) in self._connection.execute(query, (return_id,)).fetchall()]
        later = [(page, reading) for page, reading in pages if reading]
        return with_later_pages(own, later) if later else own

    def replace_reading(self, return_id: str, reading: Reading) -> None:
        """Put a reading in the place of what was read of the file of a return. Its result is then to be made again."""
        blob = msgspec.json.encode(reading, order="deterministic")
        self._connection.execute("UPDATE reading SET reading=? WHERE return_id=?", (blob, return_id))
        for table in ("result", "result_detail"):
            self._connection.execute(f"DELETE FROM {table} WHERE return_id=?", (return_id,))  # noqa: S608 - constants
        self._check_forms_again([return_id])

    def later_pages(self) -> list[LaterPage]:
        """Every page that is read with another return, or was until a person said whose it is, by id."""
        rows = self._connection.execute("SELECT return_id, first, is_apart FROM later_page ORDER BY return_id")
        return [LaterPage(return_id, first, bool(is_apart)) for return_id, first, is_apart in rows]

    def later_page(self, return_id: str) -> LaterPage | None:
        """What is known of the return as a later page; None where it is none."""
        query = "SELECT return_id, first, is_apart FROM later_page WHERE return_id=?"
        row = self._connection.execute(query, (return_id,)).fetchone()
        return LaterPage(row[0], row[1], bool(row[2])) if row else None

    def pictures_by_school(self) -> dict[str, set[str]]:
        """The ids of the pictures with each DfE number, and of those of copies made for the school of it."""
        found: dict[str, set[str]] = {}
        query = "SELECT copy_of, dfe_number, return_id FROM result NATURAL JOIN entry WHERE kind=?"
        for *numbers, return_id in self._connection.execute(query, (FileKind.SCAN,)):
            for number in filter(None, numbers):
                found.setdefault(number, set()).add(return_id)
        return found

    def can_be_taken_off(self, return_id: str) -> bool:
        """Whether a later page can become a return of its own: its form has a reading without it."""
        page = self.later_page(return_id)
        own = self.own_reading(page.first) if page else None
        return own is not None and not own.later_pages

    def read_with(self, pages: Mapping[str, Collection[str]]) -> None:
        """Note the later pages of forms, by the id of the first page, instead of those that were known of them.

        The forms are then checked again.
        """
        for first in pages:
            self._connection.execute("DELETE FROM later_page WHERE first=? AND NOT is_apart", (first,))
        rows = [(page, first) for first, later in pages.items() for page in sorted(later)]
        self._connection.executemany("INSERT INTO later_page VALUES (?,?,0)", rows)
        self._check_again(pages)

    def take_off(self, page: LaterPage) -> None:
        """Note that a later page is a return of its own. The form is then checked again without it."""
        self._connection.execute("UPDATE later_page SET is_apart=1 WHERE return_id=?", (page.return_id,))
        self._check_again([page.first])

    def put_back(self, page: LaterPage) -> None:
        """Note that a page that was taken off its form is read with it again, and have the form checked again.

        If the form has got another picture of the page since, which says something else, the page stays as it is.
        """
        own, form = self.own_reading(page.return_id), self.reading(page.first)
        if own and form and loses_nothing(form, own):
            self._connection.execute("UPDATE later_page SET is_apart=0 WHERE return_id=?", (page.return_id,))
        else:
            self._connection.execute("DELETE FROM later_page WHERE return_id=?", (page.return_id,))
        self._check_again([page.first])

    def _forget_pages(self, return_ids: Iterable[str]) -> None:
        """Delete what is noted of returns as pages of a form."""
        for return_id in return_ids:
            self._check_forms_again([return_id])
            self._connection.execute("DELETE FROM later_page WHERE ? IN (return_id, first)", (return_id,))

    def _check_forms_again(self, return_ids: Iterable[str]) -> None:
        """Have the forms checked again that have one of the returns as a page, with other pages than their own."""
        for return_id in return_ids:
            query = "SELECT first FROM later_page WHERE ? IN (return_id, first)"
            self._check_again({first for (first,) in self._connection.execute(query, (return_id,))})

    def _check_again(self, return_ids: Iterable[str]) -> None:
        rows = [(return_id,) for return_id in return_ids]
        self._connection.executemany("UPDATE result SET made_from='' WHERE return_id=?", rows)
