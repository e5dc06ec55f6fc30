"""The part of the ledger that holds the member schools of each year, and the messages to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from thep_forms.checking.record import SchoolRecord
from thep_forms.deciding import Registers
from thep_forms.records.model import ListedSchool, RefusedAddress, Sent, SentKind, SentState
from thep_forms.records.received_mail import ReceivedMail


def select(columns: str, source: str) -> str:
    """A query. Both are words of the ledger's modules; whatever anybody typed goes into a query by its `?` alone."""
    return f"SELECT {columns} FROM {source}"  # noqa: S608 - it is built of constants


class RegistersAndMail(ReceivedMail):
    """The register of each year, and what was sent to whom."""

    # --- the register --------------------------------------------------------------------------------------------

    def set_register(self, year: str, schools: Iterable[ListedSchool]) -> None:
        """Note the member schools of a year, instead of those that were known of it before."""
        self._connection.execute("DELETE FROM register WHERE membership_year=?", (year,))
        for school in schools:
            blob = msgspec.json.encode(school.record) if school.record != SchoolRecord() else None
            row = (year, school.dfe_number, school.name, school.email, blob)
            self._connection.execute("INSERT INTO register VALUES (?,?,?,?,?)", row)

    def registers(self) -> Registers:
        """The member schools of each year."""
        by_year: dict[str, dict[str, str]] = {}
        for year, number, name in self._connection.execute(
            "SELECT membership_year, dfe_number, school_name FROM register ORDER BY 1, 2"
        ):
            by_year.setdefault(year, {})[number] = name
        return Registers(by_year)

    def all_listed_schools(self) -> Iterator[ListedSchool]:
        """The schools in the register lists of all years, the earliest year first."""
        query = "SELECT dfe_number, school_name, email, record FROM register ORDER BY membership_year, dfe_number"
        return (_listed(*row) for row in self._connection.execute(query))

    def listed_schools(self, year: str) -> list[ListedSchool]:
        """The schools in the register list of that very year, by DfE number."""
        query = "SELECT dfe_number, school_name, email, record FROM register WHERE membership_year=? ORDER BY 1"
        return [_listed(*row) for row in self._connection.execute(query, (year,))]

    def listed_school(self, year: str, number: str) -> ListedSchool | None:
        """A school in the register list of that very year."""
        query = "SELECT dfe_number, school_name, email, record FROM register WHERE membership_year=? AND dfe_number=?"
        row = self._connection.execute(query, (year, number)).fetchone()
        return _listed(*row) if row else None

    # --- messages ------------------------------------------------------------------------------------------------

    def note_sent(self, sent: Sent) -> None:
        """Note a message, in the place of what was known of the same one."""
        row = (sent.year, sent.dfe_number, sent.at.isoformat(), sent.kind, sent.state, sent.addresses, sent.message_id)
        self._connection.execute("INSERT OR REPLACE INTO message VALUES (?,?,?,?,?,?,?)", row)

    def sent(self) -> list[Sent]:
        """Every message to a school, by year, school and time."""
        columns = "membership_year, dfe_number, at, kind, state, addresses, message_id"
        return [
            Sent(year, number, datetime.fromisoformat(at), SentKind(kind), SentState(state), addresses, message_id)
            for year, number, at, kind, state, addresses, message_id in self._connection.execute(
                select(columns, "message ORDER BY 1, 2, 3")
            )
        ]

    def note_refused(self, refused: RefusedAddress) -> None:
        """Note that the mail server refused an address, in the place of what was known of that."""
        row = (refused.year, refused.dfe_number, refused.address, refused.at.isoformat(), refused.reply)
        self._connection.execute("INSERT OR REPLACE INTO refused_address VALUES (?,?,?,?,?)", row)

    def refused(self) -> list[RefusedAddress]:
        """Every address that the mail server refused, by year, school and address."""
        columns = "membership_year, dfe_number, address, at, reply"
        return [
            RefusedAddress(year, number, address, datetime.fromisoformat(at), reply)
            for year, number, address, at, reply in self._connection.execute(
                select(columns, "refused_address ORDER BY 1, 2, 3")
            )
        ]

    def last_addresses(self) -> dict[str, str]:
        """The addresses of the last message to each school, joined by `;`, by DfE number."""
        return dict(self._connection.execute(select("dfe_number, addresses", "message ORDER BY at")))

    def first_forms_sent(self) -> dict[str, datetime]:
        """When the first form of each year was sent or drafted."""
        query = "SELECT membership_year, min(at) FROM message WHERE kind=? GROUP BY 1"
        return {year: datetime.fromisoformat(at) for year, at in self._connection.execute(query, (SentKind.FORM,))}


def _listed(number: str, name: str, email: str, record: bytes | None) -> ListedSchool:
    return ListedSchool(
        number, name, email, msgspec.json.decode(record, type=SchoolRecord) if record else SchoolRecord()
    )
