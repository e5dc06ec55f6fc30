"""The ledger: what came in, what it said and what was decided about it, in one SQLite file.

It holds facts only; verdicts that depend on other returns are worked out when they are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeVar

import msgspec

from thep_forms.checking.record import SCHOOL_NAME, Checked, CheckedValue, Problem, SchoolRecord
from thep_forms.records.database import Database
from thep_forms.records.model import Arrival, Entry, Sent, SentKind, SentState, return_id_of

T = TypeVar("T")


class Order(StrEnum):
    """An order in which returns and their arrivals are gone through: an index has it, so that nothing is sorted."""

    RETURN = "return r CROSS JOIN arrival a ON a.return_id = r.return_id ORDER BY r.return_id, source"
    SOURCE = "arrival a CROSS JOIN return r ON r.return_id = a.return_id ORDER BY source, a.return_id"
    SCHOOL = "return r CROSS JOIN arrival a ON a.return_id = r.return_id ORDER BY membership_year, dfe_number"


_ENTRY = (
    "r.return_id, outcome, reason, modified, membership_year, dfe_number, copy_of, blank, codes, errors, read_from, "
    "content"
)
_ARRIVAL = "source, a.return_id, received_at, aside"
_COUNT = "(SELECT count(*) FROM arrival o WHERE o.return_id = r.return_id)"
_ADDED = """INSERT OR REPLACE INTO return (
    return_id, outcome, reason, modified, membership_year, dfe_number, copy_of, blank, codes, errors, read_from,
    content, sha256, archived
) VALUES (
    :return_id, :outcome, :reason, :modified, :year, :dfe_number, :copy_of, :blank, :codes, :errors, :read_from,
    :content, :sha256, :archived
)"""


def _select(columns: str, source: str) -> str:
    """A query. Both are words of this module; whatever anybody typed goes into a query by its `?` alone."""
    return f"SELECT {columns} FROM {source}"  # noqa: S608 - it is built of constants


class Ledger(Database):
    """The facts in a RECORDS folder."""

    def outcome(self, return_id: str) -> str | None:
        """What came of a return, or None if it is not known."""
        found = self._connection.execute("SELECT outcome FROM return WHERE return_id=?", (return_id,)).fetchone()
        return found[0] if found else None

    def return_ids(self, sha256: str) -> list[str]:
        """The returns in the file of that hash, in their order in it."""
        found = self._connection.execute(
            "SELECT return_id FROM return WHERE return_id=? OR return_id GLOB ?",
            (return_id_of(sha256), f"{return_id_of(sha256)}-*"),
        )
        return sorted((return_id for (return_id,) in found), key=lambda one: (len(one), one))

    def add(self, entry: Entry, sha256: str, checked: Checked | None, *, archived: bool) -> None:
        """Note a return in the file of that hash, in the place of what was known of it.

        `archived`: the file is kept, as that of every PDF is.
        """
        modified = entry.modified.isoformat() if entry.modified else None
        more = {"modified": modified, "sha256": sha256, "archived": archived}
        self._connection.execute(_ADDED, msgspec.structs.asdict(entry) | more)
        self._connection.execute("DELETE FROM said WHERE return_id=?", (entry.return_id,))
        if checked:
            said = map(msgspec.json.encode, (checked.record, checked.problems, checked.values))
            self._connection.execute("INSERT INTO said VALUES (?,?,?,?)", (entry.return_id, *said))

    def arrived(self, arrival: Arrival) -> bool:
        """Note the arrival, unless the same file came by the same way before; whether it is new."""
        received = arrival.received_at.isoformat() if arrival.received_at else None
        row = (arrival.source, arrival.return_id, received, arrival.aside)
        is_new = self._connection.execute("INSERT OR IGNORE INTO arrival VALUES (?,?,?,?)", row).rowcount > 0
        self._connection.execute("DELETE FROM unread WHERE source=?", (arrival.source,))
        return is_new

    def add_unread(self, source: str, reason: str, received_at: datetime | None) -> bool:
        """Note what could not be opened, unless it was opened at another time; whether it is new."""
        if self._connection.execute("SELECT 1 FROM arrival WHERE source=?", (source,)).fetchone():
            return False
        row = (source, reason, received_at.isoformat() if received_at else None)
        return self._connection.execute("INSERT OR IGNORE INTO unread VALUES (?,?,?)", row).rowcount > 0

    def unread(self) -> Iterator[tuple[Arrival, str]]:
        """What could not be opened, and why. As it has no bytes, its id is that of the way it came."""
        query = "SELECT source, reason, received_at FROM unread ORDER BY source"
        for source, reason, received in self._connection.execute(query):
            return_id = return_id_of(hashlib.sha256(source.encode()).hexdigest())
            yield _arrival(source, return_id, received, 0), reason

    def prefer(self, winner: str, losers: Iterable[str]) -> None:
        """Note that `winner` counts over `losers`, whatever was noted before."""
        for loser in losers:
            self._connection.execute("DELETE FROM preference WHERE winner=? AND loser=?", (loser, winner))
            self._connection.execute("INSERT OR IGNORE INTO preference VALUES (?,?)", (winner, loser))

    def set_register(self, members: Mapping[str, SchoolRecord]) -> None:
        """The member schools by DFE number, and what is known of each, instead of those known before."""
        self._connection.execute("DELETE FROM register")
        rows = (
            (number, known.school.get(SCHOOL_NAME, ""), msgspec.json.encode(known) if known != SchoolRecord() else None)
            for number, known in members.items()
        )
        self._connection.executemany("INSERT INTO register VALUES (?,?,?)", rows)

    def forget_known(self, numbers: Iterable[str]) -> None:
        """Dispose of what is known of these members but their numbers and names."""
        self._connection.executemany("UPDATE register SET known=NULL WHERE dfe_number=?", ((one,) for one in numbers))

    def note_sent(self, sent: Sent) -> None:
        """Note a message, in the place of what was known of the same one."""
        row = (sent.year, sent.dfe_number, sent.at.isoformat(), sent.kind, sent.state, sent.addresses, sent.message_id)
        self._connection.execute("INSERT OR REPLACE INTO sent VALUES (?,?,?,?,?,?,?)", row)

    def forget_sent(self, messages: Iterable[Sent]) -> None:
        """Dispose of what is known of the messages."""
        keys = ((one.year, one.dfe_number, one.at.isoformat()) for one in messages)
        self._connection.executemany("DELETE FROM sent WHERE membership_year=? AND dfe_number=? AND at=?", keys)

    def sent(self) -> list[Sent]:
        """Every message to a school, by year, school and time."""
        query = "SELECT membership_year, dfe_number, at, kind, state, addresses, message_id FROM sent ORDER BY 1, 2, 3"
        return [
            Sent(year, number, datetime.fromisoformat(at), SentKind(kind), SentState(state), addresses, message_id)
            for year, number, at, kind, state, addresses, message_id in self._connection.execute(query)
        ]

    def answers(self) -> Iterator[tuple[str, tuple[CheckedValue, ...]]]:
        """All values of every form, by the id of its return."""
        query = "SELECT return_id, answers FROM said ORDER BY return_id"
        for return_id, answers in self._connection.execute(query):
            yield return_id, msgspec.json.decode(answers, type=tuple[CheckedValue, ...])

    def known(self, return_id: str) -> SchoolRecord:
        """What a return says of its school; nothing where it is no form."""
        return self._said("known", return_id, SchoolRecord) or SchoolRecord()

    def problems(self, return_id: str) -> tuple[Problem, ...]:
        """The problems that a return has by itself."""
        return self._said("problems", return_id, tuple[Problem, ...]) or ()

    def _said(self, column: Literal["known", "problems"], return_id: str, shape: type[T]) -> T | None:
        row = self._connection.execute(_select(column, "said WHERE return_id=?"), (return_id,)).fetchone()
        return msgspec.json.decode(row[0], type=shape) if row else None

    def came(self, order: Order) -> Iterator[tuple[Entry, Arrival, int]]:
        """Every arrival with its return, and how many arrivals that has in all."""
        for row in self._connection.execute(_select(f"{_ENTRY}, {_ARRIVAL}, {_COUNT}", order)):
            yield _entry(*row[:12]), _arrival(*row[12:16]), row[16]

    def entries(self) -> Iterator[Entry]:
        """Every return, by year and school."""
        query = _select(_ENTRY, "return r ORDER BY membership_year, dfe_number, return_id")
        return (_entry(*row) for row in self._connection.execute(query))

    def entries_of(self, year: str, number: str) -> Iterator[Entry]:
        """Every return of a year for the school with that number."""
        query = _select(_ENTRY, "return r WHERE membership_year=? AND dfe_number=?")
        return (_entry(*row) for row in self._connection.execute(query, (year, number)))

    def arrivals(self, return_id: str) -> list[Arrival]:
        """How a return came, by the ways."""
        query = _select(_ARRIVAL, "arrival a WHERE return_id=? ORDER BY source")
        return [_arrival(*row) for row in self._connection.execute(query, (return_id,))]

    def files(self) -> dict[str, str]:
        """The hashes of the PDFs that are kept, by the ids of the returns in them."""
        return dict(self._connection.execute("SELECT return_id, sha256 FROM return WHERE archived ORDER BY return_id"))

    def forget(self, return_ids: Iterable[str], files: Iterable[str]) -> None:
        """Dispose of the returns, and of what is known of them; `files` are the hashes of those no longer kept."""
        for return_id in return_ids:
            self._connection.execute("DELETE FROM return WHERE return_id=?", (return_id,))
            self._connection.execute("DELETE FROM said WHERE return_id=?", (return_id,))
            self._connection.execute("DELETE FROM arrival WHERE return_id=?", (return_id,))
            self._connection.execute("DELETE FROM preference WHERE ? IN (winner, loser)", (return_id,))
        for sha256 in files:
            self._connection.execute("UPDATE return SET archived=0 WHERE sha256=?", (sha256,))

    def note_written(self, name: str, sha256: str, shown: str) -> None:
        """Note the hash of a file that was written from the ledger, and of the tables that it shows."""
        self._connection.execute("INSERT OR REPLACE INTO written VALUES (?,?,?)", (name, sha256, shown))

    def written(self, name: str) -> tuple[str, str] | None:
        """What was noted of the file."""
        query = "SELECT sha256, shown FROM written WHERE name=?"
        found: tuple[str, str] | None = self._connection.execute(query, (name,)).fetchone()
        return found

    def preferences(self) -> set[tuple[str, str]]:
        return set(self._connection.execute("SELECT winner, loser FROM preference"))

    def members(self) -> frozenset[str]:
        """The DFE numbers of the member schools."""
        return frozenset(number for (number,) in self._connection.execute("SELECT dfe_number FROM register"))

    def names(self) -> dict[str, str]:
        """The names of the member schools by their numbers, as far as the list has them."""
        return dict(self._connection.execute("SELECT dfe_number, name FROM register WHERE name > '' ORDER BY 1"))

    def told_of(self) -> list[str]:
        """The numbers of those of which more than the number and the name is known."""
        query = "SELECT dfe_number FROM register WHERE known IS NOT NULL ORDER BY 1"
        return [number for (number,) in self._connection.execute(query)]

    def member(self, number: str) -> SchoolRecord | None:
        """What is known of a member school; None where that is nothing but its number and its name."""
        query = "SELECT known FROM register WHERE dfe_number=? AND known IS NOT NULL"
        row = self._connection.execute(query, (number,)).fetchone()
        return msgspec.json.decode(row[0], type=SchoolRecord) if row else None


def _entry(
    return_id: str, outcome: str, reason: str, modified: str | None, year: str, number: str, copy_of: str, *more: Any
) -> Entry:
    blank, codes, errors, read_from, content = more
    date = datetime.fromisoformat(modified) if modified else None
    return Entry(
        return_id, outcome, reason, date, year, number, copy_of, bool(blank), codes, errors, read_from, content
    )


def _arrival(source: str, return_id: str, received: str | None, aside: int) -> Arrival:
    return Arrival(source, return_id, datetime.fromisoformat(received) if received else None, bool(aside))
