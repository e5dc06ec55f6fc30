"""Makes messages and zips as schools send them, and finds the files in them."""

from __future__ import annotations

import io
import mailbox
import zipfile
from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage, Message
from pathlib import Path

from tests.conftest import rows
from thep_forms.checking.problems import QUOTED
from thep_forms.sources import ReceivedFile, SourceFile, find_files, open_file

Filled = Callable[..., bytes]

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)
SENT = "Mon, 4 May 2026 10:00:00 +0100"


def mail(
    files: Mapping[str, bytes] | None = None, subject: str | None = "Re: form", sent: str | None = SENT
) -> EmailMessage:
    """A message of an invented school with files attached."""
    message = EmailMessage()
    message["From"], message["To"] = "office@cedar2101.example", "forms@partnership.example"
    if subject is not None:
        message["Subject"] = subject
    if sent is not None:
        message["Date"] = sent
    message.set_content("Dear colleagues, here is our form.\n\nFrom all of us: thank you.\n")
    message.add_alternative("<p>Dear colleagues, here is our form.</p>", subtype="html")
    for name, data in (files or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of those files, by their names in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def mbox(path: Path, messages: Iterable[Message]) -> Path:
    """The path of a new mbox of those messages."""
    box = mailbox.mbox(path)
    for message in messages:
        box.add(message)
    box.close()
    return path


def found(path: Path) -> list[ReceivedFile]:
    """Every file that comes in from a path."""
    files = [received for file in find_files([path]) for received in open_file(file)]
    assert all(len(file.reason) <= QUOTED for file in files), "problems.csv would cut the reason"
    return files


def found_in(folder: Path, name: str, data: bytes) -> list[ReceivedFile]:
    """Every file that comes in from a file of those bytes."""
    return found(written(folder, name, data))


def received(path: Path, *inside: str, data: bytes | None = None, reason: str = "") -> ReceivedFile:
    """A file as `found(path)` gives it: one that lies in containers of those names in `path`, or `path` itself."""
    return ReceivedFile(SourceFile(str(path), len(str(path)) - len(path.name)), inside, data, reason)


def sources(files: Iterable[ReceivedFile]) -> list[str]:
    """Where the files came from, as `returns.csv` says it."""
    return [file.source for file in files]


def returns(records: Path) -> dict[str, str]:
    """The verdict on each file, by its source."""
    return {row["source"]: row["verdict"] for row in rows(records / "returns.csv")}


def raw(headers: str, body: bytes = b"") -> bytes:
    """A message with those headers and that body, not encoded."""
    return headers.strip("\n").replace("\n", "\r\n").encode() + b"\r\n\r\n" + body


def written(folder: Path, name: str, data: bytes) -> Path:
    """The path of a new file of those bytes."""
    (folder / name).write_bytes(data)
    return folder / name
