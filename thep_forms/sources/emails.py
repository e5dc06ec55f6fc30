"""What is in an e-mail.

The standard library reads headers and encodings; the parts are found here, since its parser recurses, copies a message
several times over, and takes hours over some that were made to do harm.
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.sources.model import Budget, ContainedFile
from thep_forms.sources.names import UniqueNames, clean, text

_NO_FILE = "This message carries no file."
_TORN = "This message is damaged or was cut short, so files in it may be missing."
_TOO_DEEP = "The parts of this message are packed too deep into each other to be read."

HEAD = 2**20  # bytes of headers that are looked at
LONGEST_HEADER = 8192  # characters of one
DEEPEST_PART = 16
YEARS = range(1990, 2100)  # of a date that is to be believed

_LINE_END = re.compile(rb"\r?\n")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
HEADER_LINE = re.compile(rb">?[!-9;-~]+[ \t]*:|>From ")
_UNFOLDED = re.compile(rb"\r?\n(?![ \t])")
_MAIL_HEADERS = {"from", "to", "subject", "date", "mime-version", "received", "message-id", "return-path"}
_BODIES = {
    *("text/plain", "text/html", "text/enriched", "text/x-amp-html", "text/watch-html", "text/rfc822-headers"),
    *("message/delivery-status", "message/disposition-notification", "message/feedback-report"),
}
# Cards, signatures and invitations, and what a Mac sends beside a file.
_ASIDE_KINDS = {
    *("text/vcard", "text/x-vcard", "text/directory", "text/calendar", "application/ics", "application/applefile"),
    *("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"),
}
_ASIDE_ENDINGS = (".vcf", ".ics", ".p7s")
_ENDINGS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/vcard": ".vcf",
}
_NOT_BASE64 = bytes(set(range(256)) - set((string.ascii_letters + string.digits + "+/").encode()))
_CID = re.compile(r"""cid:([^\s"'<>)]+)""", re.IGNORECASE)


class Headers:
    """The headers of a message or of a part."""

    def __init__(self, block: bytes, kind: str = "text/plain") -> None:
        """`kind` is the type where none is given."""
        self.fields: dict[str, str] = {}
        for line in _UNFOLDED.split(block[:HEAD]):
            name, colon, value = line.partition(b":")
            if colon and HEADER_LINE.match(line):
                unfolded = text(_LINE_END.sub(b"", value[: 4 * LONGEST_HEADER]))[:LONGEST_HEADER].strip()
                self.fields.setdefault(name.decode("ascii").strip().lower(), unfolded)
        self.known = Message()  # the standard library's, for parameters in all their forms
        self.known.set_default_type(kind)
        for name in ("content-type", "content-disposition", "content-transfer-encoding"):
            if name in self.fields:
                self.known[name] = self.fields[name]

    @property
    def kind(self) -> str:
        return self.known.get_content_type()

    @property
    def disposition(self) -> str:
        return (self.known.get_content_disposition() or "").strip()

    @property
    def boundary(self) -> bytes:
        try:
            return (self.known.get_boundary() or "").encode("utf-8", "surrogateescape")
        except ValueError:
            return b""

    @property
    def name(self) -> str:
        """The file's name, cleaned; empty where there is none."""
        for name, header in (("filename", "content-disposition"), ("name", "content-type")):
            try:
                value = self.known.get_param(name, header=header)
                found = clean(words(collapse_rfc2231_value(value))) if value else ""
            except ValueError:  # a character set that is none
                found = ""
            if found:
                return found
        return ""

    @property
    def subject(self) -> str:
        return words(self.fields.get("subject", ""))

    @property
    def content_id(self) -> str:
        return self.fields.get("content-id", "").strip("<> ")

    @property
    def date(self) -> datetime | None:
        return date(self.fields.get("date", ""))


def words(value: str) -> str:
    """A header's text with its encoded words decoded, as far as they can be."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(piece if isinstance(piece, str) else _decoded(piece, charset) for piece, charset in pieces)


def _decoded(piece: bytes, charset: str | None) -> str:
    if charset is None:  # what stood between encoded words, as decode_header puts it
        return piece.decode("raw_unicode_escape", "replace")
    try:
        return piece.decode(charset, "replace")
    except (LookupError, ValueError):
        return text(piece)


def date(value: str) -> datetime | None:
    """A message's date in UTC; None where it is none, or none that a message of a school can have."""
    try:
        found = parsedate_to_datetime(value)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError):
        return None
    return believed(found)


def believed(found: datetime) -> datetime | None:
    """The date, if a message of a school can have it."""
    return found if found.year in YEARS else None


def called(subject: str) -> str:
    """What a message is called that has no file name."""
    return clean(subject[:LONGEST_HEADER]) + ".eml" if clean(subject) else "message.eml"


def name_of(message: bytes) -> str:
    """What a message is called by its subject."""
    head = _begun(message[:HEAD])
    return called(Headers(_split(head, 0, len(head))[0]).subject)


def looks_like_message(head: bytes, *, is_called_so: bool) -> bool:
    """Whether a file that starts so is an e-mail: its first lines are headers, and two of them an e-mail's."""
    begun = _begun(head)
    block, _ = _split(begun, 0, len(begun))
    lines = _UNFOLDED.split(block.rstrip(b"\r\n"))
    if not HEADER_LINE.match(lines[0]):
        return False
    found = {line.partition(b":")[0].decode("ascii", "replace").strip().lower() for line in lines[:1000]}
    return is_called_so or len(found & _MAIL_HEADERS) > 1


class _Part(Struct, frozen=True):
    """A part that holds no others: its headers, and where its content is."""

    headers: Headers
    start: int
    end: int

    def content(self, message: bytes) -> bytes:
        raw = message[self.start : self.end]
        encoding = self.headers.fields.get("content-transfer-encoding", "").lower()
        if encoding in ("", "7bit", "8bit", "binary"):
            return raw
        if encoding == "base64":
            return _from_base64(raw)
        holder = Message()
        holder["Content-Transfer-Encoding"] = encoding
        holder.set_payload(raw.decode("ascii", "surrogateescape"))
        decoded = holder.get_payload(decode=True)
        return decoded if isinstance(decoded, bytes) else raw

    @property
    def is_torn(self) -> bool:
        return self.headers.kind.startswith("multipart/")

    @property
    def is_body(self) -> bool:
        headers = self.headers
        return headers.kind in _BODIES and headers.disposition != "attachment" and not headers.name

    def is_aside(self, shown: set[str]) -> bool:
        """Whether it is a decoration. `shown` are the Content-IDs that a text of the message shows."""
        headers = self.headers
        if is_decoration(headers.kind, headers.name):
            return True
        if not headers.kind.startswith("image/"):
            return False
        # Some mail programs give every attachment an id: a photograph that was attached is one that was meant.
        is_attached = headers.disposition == "attachment" and headers.content_id not in shown
        return headers.disposition == "inline" or bool(headers.content_id and not is_attached)


def _from_base64(raw: bytes) -> bytes:
    """What the letters mean, as far as they go: a message may have been cut short."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        letters = raw.translate(None, _NOT_BASE64)
        return binascii.a2b_base64(letters[: -1 if len(letters) % 4 == 1 else None] + b"==")


def mailed(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The files in an e-mail, in its order; forwarded e-mails are files too."""
    message = _begun(file.read())
    parts: list[_Part] = []
    is_too_deep = False
    for part in _parts(message, 0, len(message)):
        budget.spend(0, files=1)
        if part:
            parts.append(part)
        else:
            is_too_deep = True
    dated = Headers(_split(message, 0, len(message))[0]).date
    reason = _TOO_DEEP if is_too_deep else _TORN if any(part.is_torn for part in parts) else ""
    if reason:
        yield ContainedFile("", None, reason, dated)
    yield from delivered(_files(message, parts, budget), dated, is_told=bool(reason))


def _begun(message: bytes) -> bytes:
    """From the first header on."""
    return message.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def _files(message: bytes, parts: list[_Part], budget: Budget) -> Iterator[tuple[str, ContainedFile]]:
    """The files among the parts, each with its type."""
    shown = _shown(message, parts)
    for part in parts:
        kind, name = part.headers.kind, part.headers.name
        if not part.is_torn and not part.is_body:
            data = part.content(message)
            budget.spend(len(data))
            if kind in ("message/rfc822", "message/global"):
                yield kind, ContainedFile(name_of(data), data, opener=mailed)
            else:
                yield kind, ContainedFile(name, data, is_decoration=part.is_aside(shown) and not is_pdf(data))


def delivered(
    files: Iterable[tuple[str, ContainedFile]], dated: datetime | None, *, is_told: bool = False
) -> Iterator[ContainedFile]:
    """The files of a message as they are told of: each with a name and the message's date.

    Where there are decorations alone, or nothing, the message itself is told of, unless it is already.
    """
    names, nameless, meant = UniqueNames(), 0, 0
    for kind, file in files:
        name = file.name
        if not name:
            nameless += 1
            name = f"attachment-{nameless}{_ending(kind, file.data or b'')}"
        meant += not file.is_decoration
        yield replace(file, name=names.free(name), dated=dated)
    if not meant and not is_told:
        yield ContainedFile("", None, _NO_FILE, dated)


def is_decoration(kind: str, name: str) -> bool:
    """Whether a file of that type is a decoration wherever it stands in a message."""
    return kind in _ASIDE_KINDS or name.lower().endswith(_ASIDE_ENDINGS)


def is_pdf(data: bytes) -> bool:
    """Whether it may be a form after all."""
    return b"%PDF-" in data[:1024]


def is_image(data: bytes) -> bool:
    """Whether it is a picture, of the types that mail programs show."""
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))


def _ending(kind: str, data: bytes) -> str:
    return ".pdf" if data.startswith(b"%PDF-") else _ENDINGS.get(kind, ".bin")


def shown_in(html: str) -> set[str]:
    """The Content-IDs of the images that a text shows."""
    return {unquote(found) for found in _CID.findall(html)}


def _shown(message: bytes, parts: list[_Part]) -> set[str]:
    texts = (part.content(message) for part in parts if part.headers.kind == "text/html")
    return {found for body in texts for found in shown_in(body.decode("utf-8", "replace"))}


def _split(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    """The headers of what lies from `start` to `end`, and where its content starts."""
    none = _LINE_END.match(data, start, end)
    if none:
        return b"", none.end()
    empty = _EMPTY_LINE.search(data, start, end)
    return data[start : min(empty.start() if empty else end, start + HEAD)], empty.end() if empty else end


def _parts(data: bytes, start: int, end: int, kind: str = "text/plain", depth: int = 0) -> Iterator[_Part | None]:
    """The parts that hold no others, in order; None for one that lies too deep."""
    block, body = _split(data, start, end)
    headers = Headers(block, kind)
    spans = _spans(data, body, end, headers.boundary) if headers.kind.startswith("multipart/") else None
    inner = "message/rfc822" if headers.kind == "multipart/digest" else "text/plain"
    first = next(spans, None) if spans else None
    if spans is None or first is None:
        yield _Part(headers, body, end)
    elif depth == DEEPEST_PART:
        yield None
    else:
        yield from _parts(data, *first, inner, depth + 1)
        for span in spans:
            yield from _parts(data, *span, inner, depth + 1)


def _spans(data: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
    """From where to where the parts go that a boundary parts; the last may have lost its end."""
    if not boundary:
        return
    line = re.compile(rb"--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
    opened: int | None = None
    for match in line.finditer(data, start, end):
        if match.start() > start and data[match.start() - 1] != ord("\n"):  # not at the start of a line
            continue
        if opened is not None:
            yield opened, _before_line_end(data, opened, match.start())
        opened = None if match[1] else match.end()
        if match[1]:
            return
    if opened is not None:
        yield opened, end


def _before_line_end(data: bytes, start: int, end: int) -> int:
    """The line end before a boundary belongs to the boundary."""
    if end > start and data[end - 1 : end] == b"\n":
        end -= 1
        if end > start and data[end - 1 : end] == b"\r":
            end -= 1
    return end
