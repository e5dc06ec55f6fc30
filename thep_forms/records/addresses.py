"""Whose e-mail addresses are known: to which school a message belongs that brought no form.

Known are the addresses that a register list gives, those of the people in earlier returns, and those that the program
wrote to. They are gone through only if a message has to be matched, as that takes a while with many returns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from thep_forms.checking.record import SchoolRecord
from thep_forms.deciding import AddressBook, Arrival, Judgement, Registers
from thep_forms.records.ledger import Ledger

_SEPARATOR = ";"  # between the addresses of a school


class Correspondents:
    """The schools that messages came from, by the addresses that the ledger holds."""

    def __init__(
        self, ledger: Ledger, judgements: Mapping[str, Judgement], registers: Registers, own: Collection[str]
    ) -> None:
        """`judgements` are those of all returns by id, `own` are our addresses."""
        self._ledger, self._judgements, self._registers, self._own = ledger, judgements, registers, own
        self._names: dict[str, str] = {}  # of schools in returns
        self._book: AddressBook | None = None

    def school_of(self, arrival: Arrival) -> str:
        """The DFE number of the school that sent the message around a file; empty where nobody can tell."""
        return self._addresses_of_schools().school_of(arrival) if arrival.carried_by else ""

    def has_any(self, addresses: Collection[str]) -> bool:
        """Whether one of the addresses, in lower case, is a school's."""
        return bool(addresses) and self._addresses_of_schools().has_any(addresses)

    def _addresses_of_schools(self) -> AddressBook:
        if self._book is None:
            written_to = {sent.message_id: sent.dfe_number for sent in self._ledger.sent() if sent.message_id}
            self._book = AddressBook(self._addresses(), self._own, written_to)
        return self._book

    def name_of(self, dfe_number: str) -> str:
        """The name of that school, by the latest register or else by its latest return; empty where none has it."""
        return self._registers.members("").get(dfe_number) or self._names.get(dfe_number, "")

    def _addresses(self) -> Iterator[tuple[str, str]]:
        """Each known address and a school that has it."""
        for school in self._ledger.all_listed_schools():
            yield from _pairs(school.dfe_number, (*school.email.split(_SEPARATOR), *_of_people(school.record)))
        for return_id, number, name, record in self._ledger.checked_records():
            if self._judgements[return_id].can_count:
                self._names[number] = name
                yield from _pairs(number, _of_people(record))
        for sent in self._ledger.sent():
            yield from _pairs(sent.dfe_number, sent.addresses.split(_SEPARATOR))


def _of_people(record: SchoolRecord) -> Iterator[str]:
    """The addresses of a school's people."""
    for contact in record.contacts:
        for answer in contact.parts.values():
            yield from answer.split(_SEPARATOR)


def _pairs(dfe_number: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The texts that are addresses, each with the number. No other answer has an @ and no space."""
    for text in texts:
        address = text.strip()
        if "@" in address and " " not in address:
            yield address, dfe_number
