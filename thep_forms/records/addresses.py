"""Whose e-mail addresses are known: to which school a message belongs that brought no form.

Known are the addresses that a register list gives, those of the people in earlier returns, and those that the program
wrote to. A domain that one school alone has in the lists is proposed to a person. They are gone through only if a
message has to be matched, as that takes a while with many returns. What they tell is then kept for the next run, which
reads only those again that a change has reached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from thep_forms.checking.likely import is_of_provider
from thep_forms.checking.read_emails import domain_of
from thep_forms.checking.record import SchoolRecord
from thep_forms.deciding import AddressBook, Arrival, Judgement, Registers
from thep_forms.records.ledger import Ledger
from thep_forms.records.model import Sent

_SEPARATOR = ";"  # between the addresses of a school


class _Told(Struct, frozen=True, gc=False, array_like=True):
    """What a return tells of its school. `addresses` are joined by `;`."""

    dfe_number: str
    year: str
    name: str
    addresses: str


_TOLD = msgspec.msgpack.Decoder(dict[str, _Told])  # by the id of the return that tells it


class Correspondents:
    """The schools that messages came from, by the addresses that the ledger holds."""

    def __init__(
        self,
        ledger: Ledger,
        judgements: Mapping[str, Judgement],
        registers: Registers,
        own: Collection[str],
        before: bytes,
        reached: Collection[str],
    ) -> None:
        """`judgements` are those of all returns by id, `own` are our addresses.

        `before` is what `noted` gave earlier, `reached` are the returns that a change has reached since.
        """
        self._ledger, self._judgements, self._registers, self._own = ledger, judgements, registers, own
        self._before, self._reached = before, set(reached)
        self._told: dict[str, _Told] | None = None  # once somebody has asked, and so the other two
        self._names: dict[str, str] | None = None  # of schools, by their latest return
        self._book: AddressBook | None = None

    def school_of(self, arrival: Arrival) -> str:
        """The DfE number of the school that sent the message around a file; empty where nobody can tell."""
        return self._addresses_of_schools().school_of(arrival) if arrival.carried_by else ""

    def school_by_domain(self, arrival: Arrival) -> str:
        """The DfE number of the only school in the lists with addresses of the sender's domain; empty if it is none."""
        return self._addresses_of_schools().school_by_domain(arrival) if arrival.carried_by else ""

    def has_any(self, addresses: Collection[str]) -> bool:
        """Whether one of the addresses, in lower case, is a school's."""
        return bool(addresses) and self._addresses_of_schools().has_any(addresses)

    def renew(self, judgements: Mapping[str, Judgement], reached: Collection[str]) -> None:
        """Learn what returns tell now that a change of the same ledger reached. `judgements` are those after it."""
        self._judgements = judgements
        if self._told is None:
            self._reached.update(reached)
        else:
            self._read_again(self._told, reached)

    def noted(self) -> bytes:
        """What returns tell, for the next run; empty where nobody has asked for it since it changed."""
        if self._told is None:
            return b"" if self._reached else self._before
        return msgspec.msgpack.encode(self._told)

    def _told_by_returns(self) -> dict[str, _Told]:
        if self._told is None:
            if self._before:
                self._told = _TOLD.decode(self._before)
                self._read_again(self._told, self._reached)
            else:
                self._told = dict(self._read())
        return self._told

    def _addresses_of_schools(self) -> AddressBook:
        if self._book is None:
            sent = list(self._ledger.sent())
            written_to = {message.message_id: message.dfe_number for message in sent if message.message_id}
            self._book = AddressBook(self._addresses(sent), self._own, written_to, self._domains())
        return self._book

    def name_of(self, dfe_number: str) -> str:
        """The name of that school, by the latest register or else by its latest return; empty where none has it."""
        listed = self._registers.members("").get(dfe_number)
        if listed or not dfe_number:
            return listed or ""
        if self._names is None:
            self._names = _latest_names(self._told_by_returns())
        return self._names.get(dfe_number, "")

    def _domains(self) -> dict[str, str]:
        """The domains in the lists that one school alone has, and are no mail provider's."""
        found: dict[str, str] = {}
        for address, dfe_number in self._listed_addresses():
            domain = domain_of(address)
            if found.setdefault(domain, dfe_number) != dfe_number:
                found[domain] = ""
        return {each: number for each, number in found.items() if each and number and not is_of_provider(each)}

    def _listed_addresses(self) -> Iterator[tuple[str, str]]:
        for school in self._ledger.all_listed_schools():
            for address in (*_addresses_in(school.email), *_addresses_of_people(school.record)):
                yield address, school.dfe_number

    def _addresses(self, sent: Iterable[Sent]) -> Iterator[tuple[str, str]]:
        """Each address in a list, in a return, or that we wrote to, and a school that has it."""
        yield from self._listed_addresses()
        for message in sent:
            for address in _addresses_in(message.addresses):
                yield address, message.dfe_number
        by_school = {(told.dfe_number, told.addresses) for told in self._told_by_returns().values()}
        for dfe_number, addresses in by_school:  # most schools tell the same each year
            for address in filter(None, addresses.split(_SEPARATOR)):
                yield address, dfe_number

    def _read(self, return_id: str = "") -> Iterator[tuple[str, _Told]]:
        """What all returns tell, or that one, with their ids."""
        for found, year, number, name, record in self._ledger.checked_records(return_id):
            if self._judgements[found].can_count:
                yield found, _Told(number, year, name, _SEPARATOR.join(_addresses_of_people(record)))

    def _read_again(self, told: dict[str, _Told], reached: Iterable[str]) -> None:
        for return_id in reached:
            before = told.pop(return_id, None)
            told.update(self._read(return_id))
            if told.get(return_id) != before:
                self._names = self._book = None


def _latest_names(told: Mapping[str, _Told]) -> dict[str, str]:
    """The name that the latest return of each school gives it, by the school's number."""
    latest: dict[str, tuple[str, str]] = {}
    for return_id, each in told.items():
        place = (each.year, return_id)
        if place > latest.get(each.dfe_number, ("", "")):
            latest[each.dfe_number] = place
    return {number: told[return_id].name for number, (_, return_id) in latest.items()}


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
