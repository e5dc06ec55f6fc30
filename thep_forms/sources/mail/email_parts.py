"""Finds the parts of an e-mail (MIME, RFC 2046) and decodes their content.

The standard library's parser recurses, copies a message several times over, and takes hours over some messages that
were made to do harm. This one works with offsets and stops at `DEEPEST_PART`.
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Iterator
from email.message import Message

from msgspec import Struct

from thep_forms.sources.limits import DEEPEST_PART
from thep_forms.sources.mail.automatic_messages import REPORT_TYPES
from thep_forms.sources.mail.email_headers import Headers, split_headers

_BODY_TYPES = {
    *("text/plain", "text/html", "text/enriched", "text/x-amp-html", "text/watch-html", "text/rfc822-headers"),
    *("message/global-headers", *REPORT_TYPES),
}
_FILES_IN_BASE64 = (b"JVBERi0", b"/9j/", b"iVBORw0KGgo")  # how a PDF, a JPEG and a PNG begin
_NOT_BASE64 = bytes(set(range(256)) - set((string.ascii_letters + string.digits + "+/").encode()))


class Part(Struct, frozen=True):
    """A part that holds no other parts: its headers, and where its content lies in the message.

    `is_too_deep`: it does hold parts, but lies too deep for them to be read.
    """

    headers: Headers
    start: int
    end: int
    is_too_deep: bool = False

    def content(self, message: bytes) -> bytes:
        """The decoded content. Damaged encodings give what can be decoded.

        A file in base64 is decoded whatever the headers call it: some programs call it `7bit`, or encode it twice.
        """
        decoded = self._decoded(message[self.start : self.end])
        return _decode_base64(decoded) if decoded[:100].lstrip().startswith(_FILES_IN_BASE64) else decoded

    def _decoded(self, raw: bytes) -> bytes:
        encoding = self.headers.encoding
        if encoding in ("", "7bit", "8bit", "binary"):
            return raw
        if encoding == "base64":
            return _decode_base64(raw)
        holder = Message()  # the standard library decodes quoted-printable and uuencode
        holder["Content-Transfer-Encoding"] = encoding
        holder.set_payload(raw.decode("ascii", "surrogateescape"))
        decoded = holder.get_payload(decode=True)
        return decoded if isinstance(decoded, bytes) else raw

    @property
    def has_lost_its_parts(self) -> bool:
        """Whether it should hold parts and none can be found: the message is damaged or was cut short."""
        return self.headers.content_type.startswith("multipart/")

    @property
    def is_body(self) -> bool:
        """Whether it is the message's own text, or a mail server's report, rather than an attached file."""
        headers = self.headers
        return headers.content_type in _BODY_TYPES and headers.disposition != "attachment" and not headers.file_name


def find_parts(message: bytes) -> Iterator[Part]:
    """The parts of a message that hold no other parts, in their order; at least one."""
    return _walk(message, 0, len(message), "text/plain", 0)


def _walk(data: bytes, start: int, end: int, default_type: str, depth: int) -> Iterator[Part]:
    block, body = split_headers(data, start, end)
    headers = Headers(block, default_type)
    spans = _spans(data, body, end, headers.boundary) if headers.content_type.startswith("multipart/") else iter(())
    first = next(spans, None)
    if first is None:
        yield Part(headers, body, end)
    elif depth == DEEPEST_PART:
        yield Part(headers, body, end, is_too_deep=True)
    else:
        inner_type = "message/rfc822" if headers.content_type == "multipart/digest" else "text/plain"
        yield from _walk(data, *first, inner_type, depth + 1)
        for span in spans:
            yield from _walk(data, *span, inner_type, depth + 1)


def _spans(data: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each part between lines with that boundary. The last may have lost its closing line."""
    if not boundary:
        return
    line = re.compile(rb"--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
    part_start: int | None = None
    for match in line.finditer(data, start, end):
        if match.start() > start and data[match.start() - 1] != ord("\n"):  # not at the start of a line
            continue
        if part_start is not None:
            yield part_start, _before_line_end(data, part_start, match.start())
        if match[1]:  # the closing line
            return
        part_start = match.end()
    if part_start is not None:
        yield part_start, end


def _before_line_end(data: bytes, start: int, end: int) -> int:
    """The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1)."""
    if end > start and data[end - 1 : end] == b"\n":
        end -= 1
        if end > start and data[end - 1 : end] == b"\r":
            end -= 1
    return end


def _decode_base64(raw: bytes) -> bytes:
    """The bytes as far as they can be decoded: a message may have been cut short."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        letters = raw.translate(None, _NOT_BASE64)
        is_one_too_many = len(letters) % 4 == 1  # one letter alone holds no byte
        return binascii.a2b_base64(letters[: -1 if is_one_too_many else None] + b"==")
