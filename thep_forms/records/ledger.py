"""The ledger: what came in, what was decided and what was sent, in one SQLite file; docs/ledger.md describes it.

Files, entries, readings, arrivals, decisions, messages and the register are facts. Results are a cache: what checking
made of the readings, with what it was made from. Verdicts are in neither; they are worked out when they are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from thep_forms.checking.record import Checked
from thep_forms.deciding import Arrival, Entry
from thep_forms.definition.model import ProblemCode
from thep_forms.reading import NOT_READ, FileKind, Reading
from thep_forms.records.decisions_and_results import DecisionsAndResults
from thep_forms.records.erasing import SEPARATOR
from thep_forms.records.model import entry_of, return_id_of
from thep_forms.records.received_mail import MESSAGES, are_bounces, with_bounces
from thep_forms.records.registers_and_mail import select

T = TypeVar("T")
_ENTRY = (
    "e.return_id, kind, reason, modified, membership_year, dfe_number, copy_of, school_name, is_blank, problem_codes, "
    "error_codes, read_from, content, section_contents, "
    "(SELECT first FROM later_page p WHERE p.return_id = e.return_id AND NOT is_apart)"
)
_ENTRY_COLUMNS = 15
_ARRIVAL = "source, a.return_id, received_at, is_decoration, carried_by, year_given, latest_year, noted_at, texts"
_AFTER_HYPHEN, _AFTER_SLASH = chr(ord("-") + 1), chr(ord("/") + 1)
_NO_MESSAGES = "[]"  # JSON of what is in `carried_by` for a file that came in no message
_BY_SCHOOL = "ORDER BY r.membership_year, r.dfe_number, r.return_id"  # an index has it: nothing is sorted


class ReadReturn(Struct, frozen=True):
    """One return as it was read from a file; `checked` is set if it is a form or a picture of one."""

    reading: Reading
    checked: Checked | None = None


class Ledger(DecisionsAndResults):
    """The facts of a RECORDS folder, and the results that were made of them."""

    # --- files and their returns ---------------------------------------------------------------------------------

    def kind(self, return_id: str) -> str | None:
        """The `FileKind` of a return, or None if it is not known."""
        found = self._connection.execute("SELECT kind FROM entry WHERE return_id=?", (return_id,)).fetchone()
        return found[0] if found else None

    def reason(self, return_id: str) -> str:
        """Why nothing was read of a return; empty where something was, and where it is not known."""
        found = self._connection.execute("SELECT reason FROM entry WHERE return_id=?", (return_id,)).fetchone()
        return found[0] if found else ""

    def is_kept(self, sha256: str) -> bool:
        """Whether the archive has to have the file of that hash."""
        return bool(self._connection.execute("SELECT 1 FROM file WHERE sha256=? AND is_kept", (sha256,)).fetchone())

    def return_ids(self, sha256: str) -> list[str]:
        """The returns in the file of that hash, in their order in it."""
        first = return_id_of(sha256)
        # The others begin with it and a hyphen. SQLite plans anew for each pattern of GLOB or LIKE, and not for these.
        query = "SELECT return_id FROM entry WHERE return_id >= ? AND return_id < ?"
        found = self._connection.execute(query, (first, f"{first}{_AFTER_HYPHEN}"))
        return sorted((return_id for (return_id,) in found), key=lambda return_id: (len(return_id), return_id))

    def add_file(self, sha256: str, returns: Sequence[ReadReturn], made_from: str, *, is_kept: bool) -> None:
        """Note the returns in the file of that hash, in the place of what was known of it.

        `is_kept`: the archive has the file. `made_from` is what the checked returns were made from.
        """
        known = self.return_ids(sha256)
        arrivals = self._ways(known)
        self._connection.execute("INSERT OR REPLACE INTO file VALUES (?,?)", (sha256, is_kept))
        self._delete_returns(known)
        for number, found in enumerate(returns, 1):
            self._add_return(return_id_of(sha256, number), sha256, found, made_from)
        self._check_forms_again(known)
        for arrival in arrivals:
            self.add_arrivals(arrival, sha256)

    def _add_return(self, return_id: str, sha256: str, found: ReadReturn, made_from: str) -> None:
        entry = entry_of(return_id, found.reading, found.checked)
        facts = (return_id, sha256, entry.kind, entry.reason, _text(entry.modified))
        self._connection.execute("INSERT INTO entry VALUES (?,?,?,?,?)", facts)
        if entry.kind not in NOT_READ:
            blob = msgspec.json.encode(found.reading, order="deterministic")  # doubts are a set
            self._connection.execute("INSERT INTO reading VALUES (?,?)", (return_id, blob))
        self._set_result(entry, found.checked, made_from)

    def files(self) -> dict[str, str]:
        """The hashes of the PDFs that are kept, by the ids of the returns in them."""
        query = "SELECT return_id, sha256 FROM entry NATURAL JOIN file WHERE is_kept ORDER BY return_id"
        return dict(self._connection.execute(query))

    def file_of(self, return_id: str) -> str:
        """The hash of the file of a return; empty where it is not kept."""
        query = "SELECT sha256 FROM entry NATURAL JOIN file WHERE return_id=? AND is_kept"
        found = self._connection.execute(query, (return_id,)).fetchone()
        return found[0] if found else ""

    def files_without_reading(self) -> list[str]:
        """The hashes of the PDFs that are kept and whose reading is not, as version 7 kept none."""
        query = (
            "SELECT DISTINCT sha256 FROM entry NATURAL JOIN file WHERE is_kept AND kind NOT IN (?,?) "
            "AND return_id NOT IN (SELECT return_id FROM reading) ORDER BY sha256"
        )
        return [sha256 for (sha256,) in self._connection.execute(query, NOT_READ)]

    def files_kept_for(self, reason: str) -> list[str]:
        """The hashes of the files that are kept and of which nothing was read for that reason."""
        query = "SELECT DISTINCT sha256 FROM entry NATURAL JOIN file WHERE is_kept AND reason=? ORDER BY sha256"
        return [sha256 for (sha256,) in self._connection.execute(query, (reason,))]

    def files_not_opened(self) -> dict[str, FileKind]:
        """The hashes of the containers that took too much to be opened, with `OVERRAN`, or `FAILED` for now."""
        query = "SELECT sha256, kind FROM entry NATURAL JOIN file WHERE NOT is_kept AND kind IN (?,?)"
        found = self._connection.execute(query, NOT_READ)
        return {sha256: FileKind(kind) for sha256, kind in found}

    def entries(self) -> Iterator[Entry]:
        """Every return, by year, school and id."""
        query = select(_ENTRY, f"result r CROSS JOIN entry e ON e.return_id = r.return_id {_BY_SCHOOL}")
        shared: dict[str, str] = {}  # what many returns have in common takes memory once
        for row in self._connection.execute(query):
            yield _entry(row, shared)

    def entries_of_school(self, number: str) -> list[Entry]:
        """The returns with that DfE number, by year and id."""
        query = select(_ENTRY, f"result r JOIN entry e ON e.return_id = r.return_id WHERE dfe_number=? {_BY_SCHOOL}")
        return [_entry(row, {}) for row in self._connection.execute(query, (number,))]

    def pictures(self) -> Iterator[tuple[str, Reading]]:
        """The id of each picture of a form, and what was read of the file by itself, by id."""
        query = select("return_id, reading", "entry NATURAL JOIN reading WHERE kind=? ORDER BY return_id")
        for return_id, blob in self._connection.execute(query, (FileKind.SCAN,)):
            yield return_id, msgspec.json.decode(blob, type=Reading)

    def sound_results(self, before: str) -> list[tuple[str, str]]:
        """The id and the hash of the answers of each return without errors of the years before one, by id."""
        source = "result WHERE membership_year < ? AND error_codes='' AND dfe_number != '' ORDER BY return_id"
        return self._connection.execute(select("return_id, hex(content)", source), (before,)).fetchall()

    # --- how returns came ----------------------------------------------------------------------------------------

    def add_arrivals(self, arrival: Arrival, sha256: str) -> list[str]:
        """Note that each return in the file of that hash came by the way of `arrival`; the sources that are new.

        Where the file holds several returns, `#1`, `#2`, … follow the source. Where it came by that way before, the
        earliest year that was given with it stays. It has the texts of all messages that brought it so, and the
        addresses of all these bounces.
        """
        return_ids = self.return_ids(sha256)
        new = []
        for number, return_id in enumerate(return_ids, 1):
            source = f"{arrival.source}#{number}" if len(return_ids) > 1 else arrival.source
            row = (
                source,
                return_id,
                _text(arrival.received_at),
                arrival.is_decoration,
                _messages(arrival),
                arrival.year_given,
                arrival.latest_year,
                _text(arrival.noted_at) or "",
                SEPARATOR.join(arrival.texts),
            )
            if self._connection.execute("INSERT OR IGNORE INTO arrival VALUES (?,?,?,?,?,?,?,?,?)", row).rowcount > 0:
                new.append(source)
            else:
                self._note_again(source, return_id, arrival)
            self._connection.execute("DELETE FROM unopened WHERE source=?", (source,))
        return new

    def add_entered(self, return_id: str, reading: Reading, arrival: Arrival) -> None:
        """Note a return that the office entered: it has no file. `renew_results` then checks it."""
        blob = msgspec.json.encode(reading, order="deterministic")
        sha256 = hashlib.sha256(return_id.encode()).hexdigest()
        self._connection.execute("INSERT INTO file VALUES (?,0)", (sha256,))
        self._connection.execute("INSERT INTO entry VALUES (?,?,?,'',NULL)", (return_id, sha256, reading.kind))
        self._connection.execute("INSERT INTO reading VALUES (?,?)", (return_id, blob))
        way = (arrival.source, return_id, _text(arrival.received_at), _NO_MESSAGES, arrival.year_given)
        noted = _text(arrival.noted_at) or ""
        self._connection.execute("INSERT INTO arrival VALUES (?,?,?,0,?,?,'',?,'')", (*way, noted))

    def _note_again(self, source: str, return_id: str, arrival: Arrival) -> None:
        """Note what is new of a return that came by a known way again."""
        if arrival.year_given:
            self._note_earlier_year(source, return_id, arrival.year_given)
        query = "SELECT texts, carried_by, received_at FROM arrival WHERE source=? AND return_id=?"
        known = self._connection.execute(query, (source, return_id)).fetchone()
        texts = SEPARATOR.join(dict.fromkeys((*_hashes(known[0]), *arrival.texts)))
        messages, received = known[1:]
        if are_bounces(messages, arrival.carried_by):
            messages = with_bounces(messages, arrival.carried_by)
            received = max(filter(None, (received, _text(arrival.received_at))), default=None)  # all are in UTC
        if (texts, messages, received) != known:
            query = "UPDATE arrival SET texts=?, carried_by=?, received_at=? WHERE source=? AND return_id=?"
            self._connection.execute(query, (texts, messages, received, source, return_id))

    def _note_earlier_year(self, source: str, return_id: str, year: str) -> None:
        """Note the year that was given for a known arrival, if that is earlier than what was noted.

        So a year that was mistyped can be corrected, and last year's mailbox can be read again with this year.
        """
        query = (
            "UPDATE arrival SET year_given=?1 WHERE source=?2 AND return_id=?3 "
            "AND ?1 < CASE year_given WHEN '' THEN latest_year ELSE year_given END"
        )
        self._connection.execute(query, (year, source, return_id))

    def _ways(self, return_ids: Sequence[str]) -> list[Arrival]:
        """The ways by which the file with these returns came: their arrivals, without `#1`, `#2` and so on."""
        if not return_ids:
            return []
        ending = "#1" if len(return_ids) > 1 else ""
        return [
            msgspec.structs.replace(arrival, source=arrival.source.removesuffix(ending))
            for arrival in self.arrivals_of(return_ids[0])
        ]

    def arrivals_of(self, return_id: str) -> list[Arrival]:
        """Every arrival of a return, by source."""
        query = select(_ARRIVAL, "arrival a WHERE return_id=? ORDER BY source")
        return [_arrival(*row) for row in self._connection.execute(query, (return_id,))]

    def forms_in(self, path: str) -> list[tuple[str, Arrival]]:
        """The kind and the arrival of each form, and each picture of one, that came in the container at that path."""
        is_in = "kind IN (?,?) AND source > ? AND source < ? ORDER BY source, a.return_id"
        query = select(f"kind, {_ARRIVAL}", f"arrival a JOIN entry e ON e.return_id = a.return_id WHERE {is_in}")
        values = (FileKind.FORM, FileKind.SCAN, f"{path}/", f"{path}{_AFTER_SLASH}")
        return [(kind, _arrival(*row)) for kind, *row in self._connection.execute(query, values)]

    def new_forms(self) -> set[str]:
        """The ids of the forms, and of the pictures of forms, that came since the last run ended."""
        query = "SELECT return_id FROM arrival NATURAL JOIN entry WHERE latest_year IS NULL AND kind IN (?,?)"
        return {return_id for (return_id,) in self._connection.execute(query, (FileKind.FORM, FileKind.SCAN))}

    def kinds_from(self, source: str) -> list[tuple[str, datetime | None]]:
        """The kinds of the returns that came from exactly there, with when the run began that noted each."""
        query = "SELECT kind, noted_at FROM arrival NATURAL JOIN entry WHERE source=?"
        found = self._connection.execute(query, (source,))
        return [(kind, datetime.fromisoformat(noted) if noted else None) for kind, noted in found]

    def arrivals(self) -> Iterator[Arrival]:
        """Every arrival of every return."""
        return (_arrival(*row) for row in self._connection.execute(select(_ARRIVAL, "arrival a")))

    def returns(self) -> Iterator[tuple[Entry, list[Arrival]]]:
        """Every return by year, school and id, with its arrivals in any order."""
        query = select(
            f"{_ENTRY}, {_ARRIVAL}",
            "result r CROSS JOIN entry e ON e.return_id = r.return_id "
            f"CROSS JOIN arrival a ON a.return_id = r.return_id {_BY_SCHOOL}",
        )
        for _, group in groupby(self._connection.execute(query), key=itemgetter(0)):
            rows = list(group)
            yield _entry(rows[0][:_ENTRY_COLUMNS], {}), [_arrival(*row[_ENTRY_COLUMNS:]) for row in rows]

    def one_return(self, return_id: str) -> tuple[Entry, list[Arrival]] | None:
        """A return with its arrivals by source; None if the ledger does not have it."""
        query = select(_ENTRY, "result r JOIN entry e ON e.return_id = r.return_id WHERE r.return_id=?")
        row = self._connection.execute(query, (return_id,)).fetchone()
        arrivals = self.arrivals_of(return_id) if row else []
        return (_entry(row, {}), arrivals) if arrivals else None

    def add_unopened(self, arrival: Arrival, reason: str) -> bool:
        """Note what could not be opened, unless it was opened at another time; whether it is new."""
        if self._connection.execute("SELECT 1 FROM arrival WHERE source=?", (arrival.source,)).fetchone():
            return False
        row = (arrival.source, reason, _text(arrival.received_at), _messages(arrival), SEPARATOR.join(arrival.texts))
        return self._connection.execute("INSERT OR IGNORE INTO unopened VALUES (?,?,?,?,?)", row).rowcount > 0

    def is_unopened(self, source: str) -> bool:
        """Whether it is noted that the source could not be opened."""
        return bool(self._connection.execute("SELECT 1 FROM unopened WHERE source=?", (source,)).fetchone())

    def sources_unopened_for(self, reason: str) -> set[str]:
        """The sources of what could not be opened for that reason."""
        query = "SELECT source FROM unopened WHERE reason=?"
        return {source for (source,) in self._connection.execute(query, (reason,))}

    def unopened(self) -> Iterator[tuple[Entry, list[Arrival]]]:
        """What could not be opened, by its id. As it has no bytes, that is the hash of its source."""
        found = []
        query = "SELECT source, reason, received_at, carried_by, texts FROM unopened"
        for source, reason, received, messages, texts in self._connection.execute(query):
            return_id = return_id_of(hashlib.sha256(source.encode()).hexdigest())
            found.append(
                (
                    Entry(return_id, FileKind.UNREADABLE, reason),
                    [_arrival(source, return_id, received, 0, messages, "", "", "", texts)],
                )
            )
        return iter(sorted(found, key=lambda each: (each[0].return_id, each[1][0].source)))

    # --- what was written ----------------------------------------------------------------------------------------

    def note_written(self, name: str, sha256: str, shown: str) -> None:
        """Note the hash of a file that was written from the ledger, and of the tables that it shows."""
        self._connection.execute("INSERT OR REPLACE INTO written VALUES (?,?,?)", (name, sha256, shown))

    def written(self, name: str) -> tuple[str, str] | None:
        """What was noted of the file."""
        query = "SELECT sha256, shown FROM written WHERE name=?"
        found: tuple[str, str] | None = self._connection.execute(query, (name,)).fetchone()
        return found

    # --- the years ------------------------------------------------------------------------------------------------

    def latest_year(self) -> str:
        """The latest membership year that was sent or returned, or that the office said it collects; empty if none.

        A blank form does not count, nor one that does not say its form and its year for certain.
        """
        query = (  # of results, the latest is looked for from the end of an index
            "SELECT max(membership_year) FROM (SELECT membership_year FROM message UNION ALL "
            "SELECT year_given FROM arrival UNION ALL SELECT * FROM (SELECT membership_year FROM result "
            "WHERE NOT is_blank AND ';' || error_codes || ';' NOT LIKE ? AND ';' || error_codes || ';' NOT LIKE ? "
            "ORDER BY membership_year DESC LIMIT 1))"
        )
        uncertain = (f"%;{ProblemCode.YEAR_MISMATCH};%", f"%;{ProblemCode.FORM_OTHER};%")
        (year,) = self._connection.execute(query, uncertain).fetchone()
        return year or ""

    def years(self) -> set[str]:
        """The membership years of which anything was listed, sent or returned."""
        query = (
            "SELECT membership_year FROM register UNION SELECT membership_year FROM message UNION "
            "SELECT membership_year FROM result UNION SELECT year_given FROM arrival"
        )
        return {year for (year,) in self._connection.execute(query) if year}

    def end_run(self) -> None:
        """Note for what came in this run which year was the latest that was known. It is noted once for each arrival.

        So it also completes runs that were cut off.
        """
        row = (self.latest_year(),)
        self._connection.execute("UPDATE arrival SET latest_year=? WHERE latest_year IS NULL", row)


def _text(date: datetime | None) -> str | None:
    return date.isoformat() if date else None


def _entry(row: Sequence[Any], shared: dict[str, str]) -> Entry:
    """An entry of the columns `_ENTRY`. Equal strings become one object."""
    return_id, kind, reason, modified, year, number, copy_of, name, is_blank, codes, errors, *rest = row
    read_from, content, sections, page_of = rest
    kind, reason, year, number, copy_of, name, codes, errors, read_from = [
        shared.setdefault(text, text) for text in (kind, reason, year, number, copy_of, name, codes, errors, read_from)
    ]
    date = datetime.fromisoformat(modified) if modified else None
    about = (year, number, copy_of, name)
    of_answers: tuple[Any, ...] = (bool(is_blank), codes, errors, read_from, content, sections, page_of or "")
    return Entry(return_id, kind, reason, date, *about, *of_answers)


def _arrival(
    source: str,
    return_id: str,
    received: str | None,
    is_decoration: int,
    messages: str,
    year_given: str,
    latest_year: str | None,
    noted: str,
    texts: str,
) -> Arrival:
    received_at = datetime.fromisoformat(received) if received else None
    noted_at = datetime.fromisoformat(noted) if noted else None
    carried_by = () if messages == _NO_MESSAGES else MESSAGES.decode(messages)
    years = (year_given, latest_year)
    way = (source, return_id, received_at, bool(is_decoration), carried_by)
    return Arrival(*way, *years, noted_at, _hashes(texts))


def _hashes(texts: str) -> tuple[str, ...]:
    return tuple(texts.split(SEPARATOR)) if texts else ()


def _messages(arrival: Arrival) -> str:
    return msgspec.json.encode(arrival.carried_by).decode()
