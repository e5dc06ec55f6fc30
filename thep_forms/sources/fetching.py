"""Fetches messages from the open folder of a mailbox, in pieces, and marks none as read (`BODY.PEEK`, RFC 3501)."""

from __future__ import annotations

import re
from array import array
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from thep_forms.sources.imap import ImapConnection, LostError, Response
from thep_forms.sources.limits import FETCHED_AT_ONCE, LARGEST_FILE, LISTED_AT_ONCE, SMALL_MESSAGE
from thep_forms.sources.model import MessageKind
from thep_forms.sources.uid_set import UidSet

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_SHORT_BODY = re.compile(rb'BODY\[\](?:<\d+>)? "((?:[^"\\]|\\.)*)"')
_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()
_WHEN = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})")


class Listed(Struct, frozen=True, gc=False):
    """What the server says of a message: its number, its size in bytes, when it came (UTC), and its kind by its flags.

    Limitation: some servers state a size that differs from what they send.
    """

    uid: int
    size: int
    received_at: datetime | None
    kind: MessageKind


def list_uids(connection: ImapConnection, messages: int) -> array[int]:
    """The UIDs of the first so many messages of the open folder, asked for in ranges."""
    found = array("Q")
    for start in range(1, messages + 1, LISTED_AT_ONCE):
        end = min(start + LISTED_AT_ONCE - 1, messages)
        for line in connection.uid("SEARCH", f"{start}:{end}"):
            if isinstance(line, bytes):
                found.extend(int(number) for number in line.split() if number.isdigit())
    return found


def list_messages(connection: ImapConnection, uids: Sequence[int]) -> list[Listed]:
    """What the server says of these messages; nothing of one that is gone."""
    answer = connection.uid("FETCH", str(UidSet(uids)), "(UID RFC822.SIZE INTERNALDATE FLAGS)")
    found: dict[int, Listed] = {}
    for line in answer:
        text = line if isinstance(line, bytes) else b""
        if (uid := _UID.search(text)) and (size := _SIZE.search(text)):
            found[int(uid[1])] = Listed(int(uid[1]), int(size[1]), _date(text), _kind(text))
    return [found[uid] for uid in uids if uid in found]


def fetch_small(connection: ImapConnection, listed: Iterable[Listed]) -> dict[int, bytes]:
    """The first small messages of the list, whole, by their numbers: as many as may be in memory together.

    One that turns out to be larger than its server stated, and one that is gone, is not among them.
    """
    most = FETCHED_AT_ONCE // SMALL_MESSAGE
    uids = [message.uid for message in listed if message.size < SMALL_MESSAGE][:most]
    if not uids:
        return {}
    answer = connection.uid("FETCH", str(UidSet(uids)), f"(UID BODY.PEEK[]<0.{SMALL_MESSAGE}>)")
    return {uid: body for uid, body in _bodies(answer).items() if len(body) < SMALL_MESSAGE}


def fetch_message(connection: ImapConnection, uid: int, path: Path) -> bool:
    """Write a message to a new file; False where it is gone. What is far too large is cut off."""
    with path.open("xb") as file:
        while file.tell() <= LARGEST_FILE:
            piece = _piece(connection, uid, file)
            if piece is None:
                return False
            file.write(piece)
            if len(piece) < FETCHED_AT_ONCE:
                return True
    return True


def _piece(connection: ImapConnection, uid: int, file: BinaryIO) -> bytes | None:
    """The next bytes of a message; None where the server has no such message."""
    part = f"(UID BODY.PEEK[]<{file.tell()}.{FETCHED_AT_ONCE}>)"
    answer = connection.uid("FETCH", str(uid), part)
    found = _bodies(answer).get(uid)
    if found is not None and len(found) > FETCHED_AT_ONCE:
        raise LostError("The mail server sent more than was asked for.")
    return found


def _bodies(answer: Response) -> dict[int, bytes]:
    """The bytes of each message in an answer, by its number, which stands before the bytes or after them."""
    found: dict[int, bytes] = {}
    body: bytes | None = None  # whose number has not come
    for line in answer:
        text = line[0] if isinstance(line, tuple) else line or b""
        if isinstance(line, tuple) and b"BODY[]" in text:
            body = line[1]
        elif b"BODY[]" in text:  # few bytes may stand in the line itself
            short = _SHORT_BODY.search(text)
            body = re.sub(rb"\\(.)", rb"\1", short[1]) if short else b""
        uid = _UID.search(text)
        if uid and body is not None:
            found[int(uid[1])], body = body, None
    return found


def in_ranges(uids: Sequence[int], leave_out: Container[int] = ()) -> Iterator[list[int]]:
    """The numbers in lists that are short enough for one command, without those to be left out."""
    for start in range(0, len(uids), LISTED_AT_ONCE):
        if left := [uid for uid in uids[start : start + LISTED_AT_ONCE] if uid not in leave_out]:
            yield left


def _date(text: bytes) -> datetime | None:
    """When the server received the message (RFC 3501, date-time)."""
    stated = _DATE.search(text)
    found = _WHEN.fullmatch(stated[1]) if stated else None
    if not found:
        return None
    day, month, *rest, zone = found.groups()
    try:
        number = _MONTHS.index(month.lower()) + 1
        words = f"{rest[0].decode()}-{number:02}-{int(day):02}T{b':'.join(rest[1:]).decode()}{zone.decode()}"
        return datetime.fromisoformat(words).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _kind(text: bytes) -> MessageKind:
    """The kind of a message by its flags."""
    found = _FLAGS.search(text)
    flags = found[1].lower().split() if found else []
    if b"\\deleted" in flags:
        return MessageKind.DISCARDED
    return MessageKind.OUTGOING if b"\\draft" in flags else MessageKind.ORDINARY
