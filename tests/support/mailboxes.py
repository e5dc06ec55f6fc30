"""Writes messages as exports of mail hold them: Thunderbird's folders, and the one mailbox of Google Takeout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from email.policy import SMTP, compat32
from pathlib import Path

_MORK = b'// <!-- <mdb:mork:z v="1.4"/> -->\n< <(a=c)> // (f=iso-8859-1)\n'  # the start of an index of Thunderbird
DELETED = 0x8  # flag of X-Mozilla-Status: the message was deleted, and the folder not compacted


def thunderbird(
    folder: Path, folders: Mapping[str, Iterable[EmailMessage]], deleted: Iterable[EmailMessage] = ()
) -> Path:
    """A profile's mail: a mailbox and its index for each folder. `deleted` lie in INBOX, marked as deleted."""
    folder.mkdir(parents=True)
    for name, messages in folders.items():
        mailbox = folder / name
        mailbox.parent.mkdir(exist_ok=True)
        texts = [_for_thunderbird(message, 1, is_draft=name == "Drafts") for message in messages]
        if name == "INBOX":
            texts += [_for_thunderbird(message, 1 | DELETED, is_draft=False) for message in deleted]
        mailbox.write_bytes(b"".join(b"From - Mon May  4 10:00:00 2026\n" + text + b"\n" for text in texts))
        mailbox.with_name(f"{mailbox.name}.msf").write_bytes(_MORK)
    (folder / "msgFilterRules.dat").write_bytes(b'version="9"\nlogging="no"\n')
    return folder


def _for_thunderbird(message: EmailMessage, status: int, *, is_draft: bool) -> bytes:
    marks = f"X-Mozilla-Status: {status:04x}\nX-Mozilla-Status2: 00800000\nX-Mozilla-Keys: {' ' * 80}\n"
    if is_draft:
        marks += "X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0; DSN=0; uuencode=0\n"
    return marks.encode() + message.as_bytes(policy=compat32).replace(b"\r\n", b"\n")


def gmail(folder: Path, labelled: Iterable[tuple[str, EmailMessage]], name: str) -> Path:
    """A Takeout with one mailbox, in which each message has its labels. They are encoded where they are not ASCII."""
    mailbox = folder / "Takeout" / "Mail" / name
    mailbox.parent.mkdir(parents=True)
    with mailbox.open("wb") as file:
        for number, (labels, message) in enumerate(labelled):
            thread = 1_830_000_000_000_000_000 + number
            copy = EmailMessage(policy=SMTP)
            copy["X-GM-THRID"], copy["X-Gmail-Labels"] = str(thread), labels
            marks = copy.as_bytes().rstrip(b"\r\n") + b"\r\n"
            file.write(b"From %d@xxx Mon May 04 10:00:00 +0000 2026\r\n" % thread)
            file.write(marks + message.as_bytes(policy=SMTP) + b"\r\n")
    (mailbox.parent / "User Settings").mkdir()
    (mailbox.parent / "User Settings" / "Blocked Addresses.json").write_bytes(b'{"blocked": []}')
    (folder / "Takeout" / "archive_browser.html").write_bytes(b"<html><body>Your archive</body></html>")
    return folder / "Takeout"
