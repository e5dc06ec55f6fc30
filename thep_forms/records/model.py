"""What the ledger notes of messages to the schools, and how entries are made and called."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from thep_forms.checking.record import Checked, SchoolRecord
from thep_forms.deciding import Entry
from thep_forms.definition.model import Severity
from thep_forms.reading import ReadFrom, Reading

CONTENT = 16  # bytes of the hash of what a return says
ENTERED = "office-"  # the start of the ids of returns that the office entered


def entry_of(return_id: str, reading: Reading, checked: Checked | None) -> Entry:
    """The entry of a return that was read, and checked if it is a form or a picture of one."""
    if not checked:
        return Entry(return_id, reading.kind, reading.reason, reading.modified)
    answers = msgspec.json.encode((checked.record.school, checked.record.contacts))
    return Entry(
        return_id,
        reading.kind,
        reading.reason,
        reading.modified,
        str(checked.year or ""),
        checked.dfe_number,
        checked.copy_of,
        checked.school_name,
        checked.blank,
        ";".join(dict.fromkeys(problem.code for problem in checked.problems)),
        ";".join(dict.fromkeys(problem.code for problem in checked.problems if problem.severity is Severity.ERROR)),
        _read_from(checked),
        hashlib.sha256(answers).digest()[:CONTENT],
        checked.section_contents,
    )


def _read_from(checked: Checked) -> str:
    """Where the return was read: where its first answer that came in stood, unless the office entered them all."""
    kinds = [value.read_from for value in checked.values]
    return next((kind for kind in kinds if kind != ReadFrom.OFFICE), kinds[0] if kinds else "")


def return_id_of(sha256: str, number: int = 1) -> str:
    """The id of the return in the file of that hash, or of the second, third, … where it holds several."""
    return sha256[:16] if number == 1 else f"{sha256[:16]}-{number}"


class ListedSchool(Struct, frozen=True):
    """A school in a register list, as the ledger keeps it: its name, where to write (joined by `;`), its details."""

    dfe_number: str
    name: str = ""
    email: str = ""
    record: SchoolRecord = SchoolRecord()


class SentKind(StrEnum):
    """What a school was written to for."""

    FORM = "form"
    REMINDER = "reminder"


class SentState(StrEnum):
    """What is known of a message."""

    SENDING = "sending"  # it was about to be handed over, and what came of that was never learnt
    SENT = "sent"  # the mail server took it
    DRAFTED = "drafted"  # it was written as a draft, and nobody told us what became of that
    ON_PAPER = "on_paper"  # a person noted that the school was given it on paper: a decision, no row of the ledger


class RefusedAddress(Struct, frozen=True):
    """An address of a school that the mail server refused last when a message of a year was sent, and its words."""

    year: str
    dfe_number: str
    address: str
    at: datetime
    reply: str


class Sent(Struct, frozen=True):
    """A message to a school: to which addresses, joined by `;`, and when it was about to be sent or drafted.

    A draft in a file has no Message-ID; the program that sends it gives it one.
    """

    year: str
    dfe_number: str
    at: datetime
    kind: SentKind
    state: SentState
    addresses: str
    message_id: str = ""
