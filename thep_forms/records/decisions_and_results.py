"""The part of the ledger that holds what persons decided, and what checking made of the readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeVar

import msgspec

from thep_forms.checking.record import Checked, CheckedValue, Problem, SchoolRecord
from thep_forms.deciding import Action, Decision, Entry
from thep_forms.reading import Reading
from thep_forms.records.model import entry_of
from thep_forms.records.registers_and_mail import RegistersAndMail, select

T = TypeVar("T")
_DECISION = (
    "decision_id, action, return_id, before, after, at, who, membership_year, dfe_number, school_name, field, why, "
    "undone_by"
)


class DecisionsAndResults(RegistersAndMail):
    """Decisions, which are facts, and results, which are a cache."""

    # --- what was decided ----------------------------------------------------------------------------------------

    def add_decision(self, decision: Decision) -> int:
        """Note a decision, and give its number, which is the next one, whatever the decision says."""
        query = "INSERT INTO decision VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?)"
        cursor = self._connection.execute(query, decision.cells)
        return cursor.lastrowid or 0

    def note_undone(self, number: int, undone_by: int) -> None:
        """Note which decision undid another one."""
        self._connection.execute("UPDATE decision SET undone_by=? WHERE decision_id=?", (str(undone_by), number))

    def decisions(self) -> list[Decision]:
        """Every decision, in the order in which they were taken."""
        query = select(_DECISION, "decision ORDER BY decision_id")
        return [Decision(number, Action(action), *more) for number, action, *more in self._connection.execute(query)]

    # --- results -------------------------------------------------------------------------------------------------

    def outdated(self, made_from: str, corrected: Mapping[str, str]) -> list[str]:
        """The returns with a reading whose result was made from something else, or is missing.

        `made_from` is what results are made from, `corrected` that of the returns that a person corrected, by their id.
        """
        query = "SELECT return_id, made_from FROM reading NATURAL LEFT JOIN result WHERE made_from IS NOT ?"
        found = dict(self._connection.execute(query, (made_from,)))
        query = "SELECT made_from FROM reading NATURAL LEFT JOIN result WHERE return_id=?"
        for return_id in corrected:
            for (was,) in self._connection.execute(query, (return_id,)):
                found[return_id] = was
        return [return_id for return_id, was in found.items() if was != corrected.get(return_id, made_from)]

    def made_from(self, return_ids: Iterable[str]) -> list[tuple[str, str | None]]:
        """What the result of each of these returns was made from; None where there is no result."""
        query = "SELECT made_from FROM result WHERE return_id=?"
        rows = ((each, self._connection.execute(query, (each,)).fetchone()) for each in return_ids)
        return [(return_id, row[0] if row else None) for return_id, row in rows]

    def renew_result(self, return_id: str, reading: Reading, checked: Checked | None, made_from: str) -> None:
        """Put what checking made of a reading in the place of what it made of it before."""
        self._connection.execute("DELETE FROM result WHERE return_id=?", (return_id,))
        self._connection.execute("DELETE FROM result_detail WHERE return_id=?", (return_id,))
        self._set_result(entry_of(return_id, reading, checked), checked, made_from)

    def _set_result(self, entry: Entry, checked: Checked | None, made_from: str) -> None:
        row = (
            entry.return_id,
            made_from,
            entry.year,
            entry.dfe_number,
            entry.copy_of,
            entry.school_name,
            entry.blank,
            entry.codes,
            entry.errors,
            entry.read_from,
            entry.content,
            entry.section_contents,
        )
        self._connection.execute("INSERT INTO result VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)
        if checked:
            blobs = map(msgspec.json.encode, (checked.record, checked.problems, checked.values))
            self._connection.execute("INSERT INTO result_detail VALUES (?,?,?,?)", (entry.return_id, *blobs))

    def record(self, return_id: str) -> SchoolRecord:
        """The checked answers of a return; nothing where it is no form."""
        return self._detail("record", return_id, SchoolRecord) or SchoolRecord()

    def problems(self, return_id: str) -> tuple[Problem, ...]:
        """The problems that a return has by itself."""
        return self._detail("problems", return_id, tuple[Problem, ...]) or ()

    def answers(self, return_id: str) -> tuple[CheckedValue, ...]:
        """Every answer of a return as it was typed, beside its normal form."""
        return self._detail("answers", return_id, tuple[CheckedValue, ...]) or ()

    def _detail(self, column: Literal["record", "problems", "answers"], return_id: str, shape: type[T]) -> T | None:
        query = select(column, "result_detail WHERE return_id=?")
        row = self._connection.execute(query, (return_id,)).fetchone()
        return msgspec.json.decode(row[0], type=shape) if row else None

    def checked_records(self, return_id: str = "") -> Iterator[tuple[str, str, str, str, SchoolRecord]]:
        """The id, year, DfE number, school's name and record of each form with a number, or of that one."""
        columns = "return_id, membership_year, dfe_number, school_name, record"
        of_one = " AND return_id = ?" if return_id else ""
        query = select(columns, f"result NATURAL JOIN result_detail WHERE dfe_number != ''{of_one}")
        for *of_school, record in self._connection.execute(query, (return_id,) if return_id else ()):
            found, year, number, name = of_school
            yield found, year, number, name, msgspec.json.decode(record, type=SchoolRecord)
