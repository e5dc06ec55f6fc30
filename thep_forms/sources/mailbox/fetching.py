"""Fetches messages from the open folder of a mailbox, in pieces, and marks none as read (`BODY.PEEK`, RFC 3501)."""

from __future__ import annotations

import re
from array import array
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from thep_forms.sources.limits import FETCHED_AT_ONCE, LARGEST_FILE, LISTED_AT_ONCE, SMALL_MESSAGE
from thep_forms.sources.mail.mail_folders import kind_of_labels
from thep_forms.sources.mailbox.fetch_answers import Body, Value, body_in, number_in, parse_fetch
from thep_forms.sources.mailbox.imap import ImapConnection, LostError, RefusedError
from thep_forms.sources.mailbox.uid_set import UidSet
from thep_forms.sources.model import MessageKind

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


def list_uids(connection: ImapConnection, messages: int | None) -> array[int]:
    """The UIDs of the first so many messages of the open folder, asked for in ranges; of all, where nobody knows.

    They come in order, each once, whatever the server does.
    """
    found: set[int] = set()
    try:
        for start in range(1, (messages or 0) + 1, LISTED_AT_ONCE):
            end = min(start + LISTED_AT_ONCE - 1, messages or 0)
            found.update(_search(connection, f"{start}:{end}"))
    except RefusedError:  # somebody has deleted messages since, so that there are fewer
        messages = None
    if messages is None:
        found = set(_search(connection, "ALL"))
    return array("Q", sorted(found))


def undeleted(connection: ImapConnection, uids: str) -> list[int]:
    """Those of the messages that nobody has marked as deleted."""
    return sorted(_search(connection, f"UID {uids} UNDELETED"))


def _search(connection: ImapConnection, criteria: str) -> Iterator[int]:
    for line in connection.uid("SEARCH", criteria):
        for word in line.split() if isinstance(line, bytes) else ():
            number = number_in(word)
            if number and number < 2**32:
                yield number


def list_messages(connection: ImapConnection, uids: Sequence[int]) -> list[Listed]:
    """What the server says of these messages; nothing of one that is gone."""
    found = _listed(connection, uids)
    if left_out := [uid for uid in uids if uid not in found]:  # some servers leave messages out of a long answer
        found |= _listed(connection, left_out)
    return [found[uid] for uid in uids if uid in found]


def _listed(connection: ImapConnection, uids: Sequence[int]) -> dict[int, Listed]:
    """The messages by their numbers. Where the server refuses to list one, it has no size and no date."""
    labels = " X-GM-LABELS" if connection.can("X-GM-EXT-1") else ""
    try:
        answer = connection.uid("FETCH", str(UidSet(uids)), f"(UID RFC822.SIZE INTERNALDATE FLAGS{labels})")
    except RefusedError as error:
        if error.is_busy:
            raise
        if len(uids) == 1:
            return {uids[0]: Listed(uids[0], 0, None, MessageKind.ORDINARY)}
        half = len(uids) // 2
        return _listed(connection, uids[:half]) | _listed(connection, uids[half:])
    values: dict[int, dict[bytes, Value]] = {}
    for each in parse_fetch(answer):
        if uid := number_in(each.get(b"UID")):
            values[uid] = values.get(uid, {}) | each
    return {uid: _message(uid, values[uid]) for uid in uids if uid in values}


def _message(uid: int, values: dict[bytes, Value]) -> Listed:
    size, date = number_in(values.get(b"RFC822.SIZE")), values.get(b"INTERNALDATE")
    received_at = _date(date) if isinstance(date, bytes) else None
    return Listed(uid, size or 0, received_at, _kind(values.get(b"FLAGS"), values.get(b"X-GM-LABELS")))


def fetch_small(connection: ImapConnection, listed: Iterable[Listed]) -> dict[int, bytes]:
    """The first small messages of the list, whole, by their numbers: as many as may be in memory together.

    One that turns out to be larger than its server stated, and one that is gone, is not among them; none is where the
    server refuses it.
    """
    most = FETCHED_AT_ONCE // SMALL_MESSAGE
    uids = [message.uid for message in listed if message.size < SMALL_MESSAGE][:most]
    if not uids:
        return {}
    try:
        answer = connection.uid("FETCH", str(UidSet(uids)), f"(UID BODY.PEEK[]<0.{SMALL_MESSAGE}>)")
    except RefusedError:  # each is asked for by itself, to find out which it is
        return {}
    found: dict[int, bytes] = {}
    for values in parse_fetch(answer):
        uid, body = number_in(values.get(b"UID")), body_in(values)
        if uid in uids and body and not body.start and body.data and len(body.data) < SMALL_MESSAGE:
            found[uid] = body.data
    return found


def fetch_message(connection: ImapConnection, listed: Listed, path: Path) -> bool:
    """Write a message to a new file; False where nothing comes. What is far too large is cut off.

    A server may hand over less than was asked for, or all at once, and it may state a wrong size. So the end of the
    message is where nothing more comes, or less than was asked for and as much as was stated.
    """
    with path.open("xb") as file:
        while file.tell() <= LARGEST_FILE:
            body = _piece(connection, listed.uid, file.tell())
            if not body or not body.data:
                return file.tell() > 0 or (listed.size == 0 and body is not None and body.data is not None)
            file.write(body.data)
            if body.start is None or (len(body.data) < FETCHED_AT_ONCE and file.tell() >= listed.size):
                return True
    return True


def _piece(connection: ImapConnection, uid: int, start: int) -> Body | None:
    """The next bytes of a message; None where the server has no such message."""
    answer = connection.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<{start}.{FETCHED_AT_ONCE}>)")
    for values in parse_fetch(answer):
        body = body_in(values)
        if not body or number_in(values.get(b"UID", b"%d" % uid)) != uid:
            continue
        if body.start == start and len(body.data or b"") <= FETCHED_AT_ONCE:
            return body
        if body.start is None and (not start or not body.data):
            return body
        raise LostError("The mail server sent something else than was asked for.")
    return None


def in_ranges(uids: Sequence[int], leave_out: Container[int] = ()) -> Iterator[list[int]]:
    """The numbers in lists that are short enough for one command, without those to be left out."""
    for start in range(0, len(uids), LISTED_AT_ONCE):
        if left := [uid for uid in uids[start : start + LISTED_AT_ONCE] if uid not in leave_out]:
            yield left


def _date(text: bytes) -> datetime | None:
    """When the server received the message (RFC 3501, date-time)."""
    found = _WHEN.fullmatch(text)
    if not found:
        return None
    day, month, *rest, zone = found.groups()
    try:
        number = _MONTHS.index(month.lower()) + 1
        words = f"{rest[0].decode()}-{number:02}-{int(day):02}T{b':'.join(rest[1:]).decode()}{zone.decode()}"
        return datetime.fromisoformat(words).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _kind(flags: Value, labels: Value) -> MessageKind:
    """The kind of a message by its flags, and by the labels that Gmail itself gives, which begin with a backslash."""
    names = [flag.lower() for flag in flags] if isinstance(flags, list) else []
    if b"\\deleted" in names:
        return MessageKind.DISCARDED
    if b"\\draft" in names:
        return MessageKind.OUTGOING
    own = [label for label in labels if label.startswith(b"\\")] if isinstance(labels, list) else []
    return kind_of_labels([label[1:].decode("ascii", "replace") for label in own], was_delivered=False)
