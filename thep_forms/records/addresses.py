"""Whose e-mail addresses are known: to which school a message belongs that brought no form.

Known are the addresses that a register list gives, those of the people in earlier returns, and those that the program
wrote to. They are gone through only if a message has to be matched, as that takes a while with many returns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from thep_forms.checking.record import SchoolRecord
from thep_forms.deciding import AddressBook, Arrival, Judgement, Registers
from thep_forms.records.ledger import Ledger
from thep_forms.records.model import Sent

_SEPARATOR = ";"  # between the addresses of a school


class _Known(Struct, frozen=True, gc=False):
    """What a return tells of the addresses of its school."""

    dfe_number: str
    year: str
    name: str
    addresses: tuple[str, ...]


class Correspondents:
    """The schools that messages came from, by the addresses that the ledger holds."""

    def __init__(
        self, ledger: Ledger, judgements: Mapping[str, Judgement], registers: Registers, own: Collection[str]
    ) -> None:
        """`judgements` are those of all returns by id, `own` are our addresses."""
        self._ledger, self._judgements, self._registers, self._own = ledger, judgements, registers, own
        self._known: dict[str, _Known] = {}  # by the id of the return that tells it
        self._names: dict[str, str] | None = None  # of schools, by their latest return, once somebody has asked
        self._book: AddressBook | None = None

    def school_of(self, arrival: Arrival) -> str:
        """The DFE number of the school that sent the message around a file; empty where nobody can tell."""
        return self._addresses_of_schools().school_of(arrival) if arrival.carried_by else ""

    def has_any(self, addresses: Collection[str]) -> bool:
        """Whether one of the addresses, in lower case, is a school's."""
        return bool(addresses) and self._addresses_of_schools().has_any(addresses)

    def renew(self, judgements: Mapping[str, Judgement], reached: Iterable[str]) -> None:
        """Learn what returns tell now that a change of the same ledger reached. `judgements` are those after it."""
        self._judgements, self._names = judgements, None
        if self._book is None:
            return
        for return_id in reached:
            self._forget(return_id, self._book)
            self._learn(self._book, return_id)

    def _addresses_of_schools(self) -> AddressBook:
        if self._book is None:
            sent = list(self._ledger.sent())
            written_to = {message.message_id: message.dfe_number for message in sent if message.message_id}
            self._book = AddressBook(self._addresses(sent), self._own, written_to)
            self._learn(self._book)
        return self._book

    def name_of(self, dfe_number: str) -> str:
        """The name of that school, by the latest register or else by its latest return; empty where none has it."""
        listed = self._registers.members("").get(dfe_number)
        if listed or not dfe_number:
            return listed or ""
        if self._names is None:
            self._addresses_of_schools()
            by_year = sorted((known.year, return_id) for return_id, known in self._known.items())
            told = (self._known[return_id] for _, return_id in by_year)
            self._names = {known.dfe_number: known.name for known in told}
        return self._names.get(dfe_number, "")

    def _addresses(self, sent: Iterable[Sent]) -> Iterator[tuple[str, str]]:
        """Each address in a list, or that we wrote to, and a school that has it."""
        for school in self._ledger.all_listed_schools():
            for address in (*_addresses_in(school.email), *_addresses_of_people(school.record)):
                yield address, school.dfe_number
        for message in sent:
            for address in _addresses_in(message.addresses):
                yield address, message.dfe_number

    def _learn(self, book: AddressBook, return_id: str = "") -> None:
        """Learn what all returns tell, or that one."""
        for found, year, number, name, record in self._ledger.checked_records(return_id):
            if self._judgements[found].can_count:
                addresses = _addresses_of_people(record)
                self._known[found] = _Known(number, year, name, addresses)
                for address in addresses:
                    book.add(address, number)

    def _forget(self, return_id: str, book: AddressBook) -> None:
        known = self._known.pop(return_id, None)
        if known:
            for address in known.addresses:
                book.take_away(address, known.dfe_number)


def _addresses_of_people(record: SchoolRecord) -> tuple[str, ...]:
    found: list[str] = []
    for contact in record.contacts:
        for answer in contact.parts.values():
            if "@" in answer:  # hardly any has it, and there are many
                found += _addresses_in(answer)
    return tuple(found)


def _addresses_in(answer: str) -> Iterator[str]:
    """The addresses in an answer. No other answer has an @ and no space."""
    for text in answer.split(_SEPARATOR):
        address = text.strip()
        if "@" in address and " " not in address:
            yield address
