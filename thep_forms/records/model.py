"""What the ledger holds: returns, how they came, and what was sent. Small, for there may be tens of thousands."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from thep_forms.checking.record import Checked
from thep_forms.definition.model import Severity
from thep_forms.reading.model import FileKind

CONTENT = 16  # bytes of the hash of what a return says


class Arrival(Struct, frozen=True, gc=False):
    """A file that came in: the way it came, and the date of the message that brought it, if one did.

    `aside`: it came as a decoration of that message.
    """

    source: str
    return_id: str
    received_at: datetime | None = None
    aside: bool = False


class Entry(Struct, frozen=True, gc=False):
    """What is at hand of a return; what it said, its problems and its answers are many, and asked for by its id.

    `outcome` is a reading's. What follows `modified` is known of a form alone, or of a picture of one: its membership
    year, the school that was typed and the one that the copy was made for, the codes of its problems and of those among
    them that are errors, in their order and joined by `;`, how it was read, and a hash that is equal for two returns
    which say the same.
    """

    return_id: str
    outcome: str
    reason: str = ""
    modified: datetime | None = None
    year: str = ""
    dfe_number: str = ""
    copy_of: str = ""
    blank: bool = False
    codes: str = ""
    errors: str = ""
    read_from: str = ""
    content: bytes = b""

    @property
    def is_form(self) -> bool:
        return self.outcome in (FileKind.FORM, FileKind.SCAN)

    @property
    def acceptable(self) -> bool:
        """Whether nothing in it must be fixed."""
        return self.is_form and bool(self.year) and not (self.blank or self.errors)


def entry_of(
    return_id: str, outcome: FileKind, reason: str, modified: datetime | None, checked: Checked | None
) -> Entry:
    """What is to be at hand of a return that was checked, or of a file that is none."""
    if not checked:
        return Entry(return_id, outcome, reason, modified)
    said = msgspec.json.encode((checked.record.school, checked.record.contacts))
    return Entry(
        return_id,
        outcome,
        reason,
        modified,
        str(checked.year or ""),
        checked.dfe_number,
        checked.copy_of,
        checked.blank,
        ";".join(dict.fromkeys(found.code for found in checked.problems)),
        ";".join(dict.fromkeys(found.code for found in checked.problems if found.severity is Severity.ERROR)),
        checked.values[0].read_from if checked.values else "",
        hashlib.sha256(said).digest()[:CONTENT],
    )


class SentKind(StrEnum):
    """What a school was written to for."""

    FORM = "form"
    REMINDER = "reminder"


class SentState(StrEnum):
    """What is known of a message."""

    SENDING = "sending"  # it was about to be handed over, and what came of that was never learnt
    SENT = "sent"  # the mail server took it
    DRAFTED = "drafted"  # it was written as a draft, and nobody told us what became of that


class Sent(Struct, frozen=True):
    """A message to a school: to which addresses, joined by `;`, and when it was about to be sent or drafted.

    A draft has no Message-ID; the program that sends it gives it one.
    """

    year: str
    dfe_number: str
    at: datetime
    kind: SentKind
    state: SentState
    addresses: str
    message_id: str = ""


def return_id_of(sha256: str, number: int = 1) -> str:
    """The id of the return in the file of that hash, or of the second, third, … where it holds several."""
    return sha256[:16] if number == 1 else f"{sha256[:16]}-{number}"
