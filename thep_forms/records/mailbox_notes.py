"""How far the folders of mailboxes have been read, as the ledger notes it beside what came out of them.

So the note and what was read are made to last in one step, and are brought back together. The notes are rows of the
table `written`, whose name is the address of the folder.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from thep_forms.records.ledger import Ledger
from thep_forms.sources.mailbox_address import MailboxAddress
from thep_forms.sources.uid_set import UidSet

_START = "imap"  # of the names of these notes


class _Note(Struct, frozen=True):
    uid_validity: int
    seen: str


def note_seen(ledger: Ledger, address: MailboxAddress, uid_validity: int, seen: UidSet) -> None:
    """Note which messages of a folder were read. Their numbers hold as long as the `uid_validity` stays."""
    shown = msgspec.json.encode(_Note(uid_validity, str(seen))).decode()
    ledger.note_written(address.url, "", shown)


def look_up_seen(ledger: Ledger, address: MailboxAddress) -> tuple[int, UidSet]:
    """What was noted of a folder; 0 and nothing if it was never read."""
    found = ledger.written(address.url)
    if not found:
        return 0, UidSet()
    note = msgspec.json.decode(found[1], type=_Note)
    return note.uid_validity, UidSet.parse(note.seen)


def forget_seen(ledger: Ledger) -> None:
    """Have all mailboxes read again from their start. What came out of them before does not count twice."""
    ledger.forget_written(_START)
