"""What the ledger knows of schools when it checks what was read from pictures, and what tells that it has changed.

For a return of one year this is the register that counts for the year, and the returns without errors of the years
before. So the results of a year depend on those of earlier years alone, and never on the order in which files came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import msgspec

from thep_forms.checking.known_answers import Knowledge, KnownAnswers
from thep_forms.checking.record import SchoolRecord
from thep_forms.deciding import Registers
from thep_forms.records.ledger import Ledger

_SHORT = 12  # hex digits of a digest


class LedgerKnowledge:
    """What a ledger knows of schools. `closed` are the ids of returns that do not count."""

    def __init__(self, ledger: Ledger, closed: Collection[str]) -> None:
        self._ledger, self._closed = ledger, closed
        self._registers: Registers = ledger.registers()

    def of_year(self, year: str) -> Knowledge:
        """What is known of schools for a return of a year; nothing without a year."""
        members = self._registers.members(year) if year else {}
        return Knowledge(members, lambda number: self._school(year, number, members.get(number, "")))

    def digest(self, year: str) -> str:
        """A short digest of all that `of_year` may tell."""
        if not year:
            return ""
        listed = self._ledger.listed_schools(self._registers.year_of_list(year))
        returns = [known for known in self._ledger.sound_results(year) if known[0] not in self._closed]
        return hashlib.sha256(msgspec.json.encode((listed, returns), order="deterministic")).hexdigest()[:_SHORT]

    def _school(self, year: str, number: str, name: str) -> KnownAnswers:
        records: list[SchoolRecord] = []
        listed = self._ledger.listed_school(self._registers.year_of_list(year), number)
        if listed and listed.record != SchoolRecord():
            records.append(listed.record)
        sound = [entry for entry in self._ledger.entries_of_school(number) if entry.acceptable and entry.year < year]
        earlier = [entry for entry in sound if entry.return_id not in self._closed]
        nearest = max((entry.year for entry in earlier), default="")
        records += [self._ledger.record(entry.return_id) for entry in earlier if entry.year == nearest]
        addresses = filter(None, listed.email.split(";")) if listed else ()
        return KnownAnswers(name, tuple(records), tuple(addresses))
