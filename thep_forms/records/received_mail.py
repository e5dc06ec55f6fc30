"""The part of the ledger about mail that came: what people wrote in it, and how far each mailbox was read.

How far is noted beside what came out of the mailbox. So both are made to last in one step, and brought back together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from thep_forms.records.erasing import Erasing
from thep_forms.sources.mailbox.address import MailboxAddress
from thep_forms.sources.mailbox.uid_set import UidSet
from thep_forms.sources.model import MessageOrigin

MESSAGES = msgspec.json.Decoder(tuple[MessageOrigin, ...])  # of the messages around a return, the outermost first


def hash_of_text(words: str) -> str:
    """The hash by which the ledger knows what a message says, in hex digits."""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def are_bounces(known: str, messages: Sequence[MessageOrigin]) -> bool:
    """Whether the first of the messages around a return is a bounce, and the known one is of its kind."""
    before = MESSAGES.decode(known)
    return bool(before and messages and messages[0].undelivered and before[0].kind is messages[0].kind)


def with_bounces(known: str, messages: Sequence[MessageOrigin]) -> str:
    """The known messages around a return, with the addresses that another bounce around it says mail did not reach."""
    before = MESSAGES.decode(known)
    failed = sorted({*before[0].failed, *messages[0].failed})
    refusals = {refusal.address: refusal for refusal in (*messages[0].refusals, *before[0].refusals)}
    left = tuple(refusals[address] for address in sorted(refusals.keys() - set(failed)))
    first = replace(before[0], failed=tuple(failed), refusals=left)
    return msgspec.json.encode((first, *before[1:])).decode()


class ReceivedMail(Erasing):
    """What messages say, and how far mailboxes were read."""

    def add_text(self, words: str) -> str:
        """Note what a message says, and give its hash. The same words take their place once."""
        sha256 = hash_of_text(words)
        self._connection.execute("INSERT OR IGNORE INTO message_text VALUES (?,?)", (sha256, words))
        return sha256

    def texts(self, hashes: Iterable[str]) -> list[str]:
        """What the messages with these hashes say. A text that a damaged ledger lost is left out."""
        query = "SELECT words FROM message_text WHERE sha256=?"
        found = (self._connection.execute(query, (sha256,)).fetchone() for sha256 in dict.fromkeys(hashes))
        return [row[0] for row in found if row]

    def all_texts(self) -> dict[str, str]:
        """What each message says, by its hash."""
        return dict(self._connection.execute("SELECT sha256, words FROM message_text"))

    def note_read(self, address: MailboxAddress, uid_validity: int, read: UidSet) -> None:
        """Note which messages of a folder were read. Their numbers hold as long as the `uid_validity` stays."""
        row = (address.url, uid_validity, str(read))
        self._connection.execute("INSERT OR REPLACE INTO mailbox VALUES (?,?,?)", row)

    def read_of(self, address: MailboxAddress) -> tuple[int, UidSet]:
        """What was noted of a folder: its `uid_validity` and the messages; 0 and nothing if it was never read."""
        query = "SELECT uid_validity, seen FROM mailbox WHERE address=?"
        found = self._connection.execute(query, (address.url,)).fetchone()
        return (found[0], UidSet.parse(found[1])) if found else (0, UidSet())

    def read_mailboxes_again(self) -> None:
        """Have all mailboxes read again from their start. What came out of them before does not count twice."""
        self._connection.execute("DELETE FROM mailbox")
