"""Makes messages and zips as schools send them, and finds the files in them."""

from __future__ import annotations

import io
import mailbox
import struct
import tarfile
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


def mailed(path: Path, sent: str, pdf: bytes) -> Path:
    """The path of a new message with a form, sent at that time."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(mail({"form.pdf": pdf}, sent=sent).as_bytes())
    return path


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of those files, by their names in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w", form: int = tarfile.DEFAULT_FORMAT) -> bytes:
    """A tar of those files; `mode` is `w:gz` for a packed one, `form` the kind of its headers."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def emlx(message: bytes) -> bytes:
    """A message as Apple Mail keeps it in a file."""
    return b"%-10d\n" % len(message) + message + b'<?xml version="1.0"?>\n<plist version="1.0"></plist>\n'


def tnef(*attributes: tuple[int, int, bytes]) -> bytes:
    """A `winmail.dat` of attributes: the level, the number and the data of each."""
    data = struct.pack("<IH", 0x223E9F78, 1)
    for level, number, value in attributes:
        data += struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    return data


def tnef_file(title: str, data: bytes, properties: bytes = b"") -> list[tuple[int, int, bytes]]:
    """The attributes of a file attached in a `winmail.dat`."""
    attributes = [(2, 0x69002, bytes(14)), (2, 0x18010, title.encode("cp1252") + b"\0"), (2, 0x6800F, data)]
    return attributes + ([(2, 0x69005, properties)] if properties else [])


def tnef_properties(*properties: tuple[int, int, bytes]) -> bytes:
    """Properties in a `winmail.dat`: the number, the type and the value of each."""
    listed = struct.pack("<I", len(properties))
    for number, kind, value in properties:
        listed += struct.pack("<HH", kind, number)
        listed += struct.pack("<II", 1, len(value)) if kind in (0x0D, 0x1E, 0x1F, 0x102) else b""
        listed += value + bytes(-len(value) % 4)
    return listed


def ber(tag: int, *content: bytes, indefinite: bool = False) -> bytes:
    """An element of BER, with a length or with an end."""
    value = b"".join(content)
    if indefinite:
        return bytes([tag, 0x80]) + value + b"\0\0"
    return bytes([tag, 0x84]) + len(value).to_bytes(4, "big") + value


def smime(message: bytes, *, indefinite: bool = False, kind: int = 2, is_detached: bool = False) -> bytes:
    """A message in an S/MIME structure: signed, or encrypted where `kind` is 3. Nobody checks the signature."""
    identifier = bytes.fromhex("06092a864886f70d0107")
    pieces = [message[at : at + 1000] for at in range(0, len(message), 1000)]
    octets = ber(4, message)
    if indefinite:
        octets = ber(0x24, *(ber(4, piece) for piece in pieces), indefinite=True)
    inner = ber(0x30, identifier + b"\1", b"" if is_detached else ber(0xA0, octets, indefinite=indefinite))
    signed = ber(0x30, b"\2\1\1", ber(0x31, b""), inner, ber(0x31, b""), indefinite=indefinite)
    return ber(0x30, identifier + bytes([kind]), ber(0xA0, signed, indefinite=indefinite), indefinite=indefinite)


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
