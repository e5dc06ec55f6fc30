"""Reads the headers of e-mails and their parts (RFC 5322, RFC 2045 to 2047, RFC 2231), however damaged they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from functools import cached_property

from thep_forms.sources.limits import LARGEST_HEADERS, LONGEST_HEADER, LONGEST_HEADER_LINE, LONGEST_PARAMETERS
from thep_forms.sources.names import clean_name, decode

_IN_BRACKETS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,254}@[^\s<>()\[\],;:\"]+")  # a limit, for the time it takes
_PLAUSIBLE_YEARS = range(1990, 2100)

_LINE_END = re.compile(rb"\r?\n")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_BETWEEN_HEADERS = re.compile(rb"\r?\n(?![ \t])")  # a line that begins with a space goes on with the header before it
_HEADER = re.compile(rb">?[!-9;-~]+[ \t]*:|>From ")  # old mail programs put > before a header or a "From " line


class Headers:
    """The headers of an e-mail or of one of its parts, decoded.

    Limitations: of headers with the same name the first counts, and headers beyond the limits in `limits` are cut off.
    """

    def __init__(self, block: bytes, default_type: str = "text/plain") -> None:
        """`block` is the bytes before the first empty line. `default_type` counts where no type is stated."""
        self.fields: dict[str, str] = {}  # by name in lower case
        for header in header_lines(block[:LARGEST_HEADERS]):
            name, colon, value = header.partition(b":")
            if colon and is_header(header):
                unfolded = decode(_LINE_END.sub(b"", value[:LONGEST_HEADER_LINE]))[:LONGEST_HEADER].strip()
                self.fields.setdefault(name.decode("ascii").strip().lower(), unfolded)
        self._message = Message()  # the standard library reads parameters in all their forms
        self._message.set_default_type(default_type)
        for field in ("content-type", "content-disposition", "content-transfer-encoding"):
            if field in self.fields:
                self._message[field] = self.fields[field][:LONGEST_PARAMETERS]

    @cached_property
    def content_type(self) -> str:
        """The type in lower case, such as `application/pdf`."""
        return self._message.get_content_type()

    @cached_property
    def disposition(self) -> str:
        """`inline` or `attachment` in lower case; empty where none is stated (RFC 2183)."""
        return (self._message.get_content_disposition() or "").strip()

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding in lower case; empty where none is stated."""
        return self.fields.get("content-transfer-encoding", "").lower()

    @cached_property
    def boundary(self) -> bytes:
        """What stands between the parts of a multipart; empty where none is stated."""
        try:
            return (self._message.get_boundary() or "").encode("utf-8", "surrogateescape")
        except ValueError:
            return b""

    @cached_property
    def file_name(self) -> str:
        """The cleaned name of an attached file; empty where none is stated."""
        return self._parameter("filename", "content-disposition") or self._parameter("name", "content-type")

    @property
    def calendar_method(self) -> str:
        """What an invitation or an answer to it asks for, such as `reply`, in lower case (RFC 6047, 2.4)."""
        return self._parameter("method", "content-type").lower()

    def _parameter(self, parameter: str, header: str) -> str:
        try:
            value = self._message.get_param(parameter, header=header)
            return clean_name(decode_words(collapse_rfc2231_value(value))) if value else ""
        except ValueError:  # the stated character set does not exist
            return ""

    @property
    def subject(self) -> str:
        """The subject, decoded; empty where there is none."""
        return decode_words(self.fields.get("subject", ""))

    @property
    def content_id(self) -> str:
        """The id by which the message's HTML shows this part; empty where there is none."""
        return self.fields.get("content-id", "").strip("<> ")

    @property
    def date(self) -> datetime | None:
        """When the message was sent, in UTC, by its sender's clock; None where no plausible date is stated."""
        return _parse_date(self.fields.get("date", ""))

    @property
    def received(self) -> datetime | None:
        """When our own mail server, the last of all, received the message, in UTC (RFC 5321, 4.4); None if unknown."""
        return _parse_date(self.fields.get("received", "").rpartition(";")[2])


def is_header(line: bytes) -> bool:
    """Whether a line starts like a header."""
    return bool(_HEADER.match(line))


def header_lines(block: bytes) -> list[bytes]:
    """The headers one by one, each with the lines that it is folded into."""
    return _BETWEEN_HEADERS.split(block)


def from_first_header(message: bytes) -> bytes:
    """The message without a byte order mark and empty lines at its start."""
    return message.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def split_headers(data: bytes, start: int, end: int) -> tuple[bytes, int]:
    """The block of headers of what lies from `start` to `end`, and the offset of the content after it."""
    no_headers = _LINE_END.match(data, start, end)
    if no_headers:
        return b"", no_headers.end()
    empty_line = _EMPTY_LINE.search(data, start, end)
    if not empty_line:
        return data[start : min(end, start + LARGEST_HEADERS)], end
    return data[start : min(empty_line.start(), start + LARGEST_HEADERS)], empty_line.end()


def decode_words(value: str) -> str:
    """A header's text with its encoded words (RFC 2047) decoded, as far as they can be."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(piece if isinstance(piece, str) else _decode_word(piece, charset) for piece, charset in pieces)


def address_in(text: str) -> str:
    """The e-mail address in the text of a header, in lower case; empty where there is none."""
    in_brackets = _IN_BRACKETS.search(text)
    return in_brackets[1].lower() if in_brackets else next(iter(addresses_in(text)), "")


def addresses_in(text: str) -> list[str]:
    """All that look like e-mail addresses in the text of a header, in lower case."""
    return [address.lower() for address in _ADDRESS.findall(text)]


def _decode_word(piece: bytes, charset: str | None) -> str:
    if charset is None:  # text between encoded words, as decode_header hands it over
        return piece.decode("raw_unicode_escape", "replace")
    try:
        return piece.decode(charset, "replace")
    except (LookupError, ValueError):
        return decode(piece)


def _parse_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        utc = (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError):
        return None
    return plausible(utc)


def plausible(date: datetime) -> datetime | None:
    """The date if a school's message can have it; None for one from a clock that was never set."""
    return date if date.year in _PLAUSIBLE_YEARS else None


def name_of_email(message: bytes) -> str:
    """The name of an e-mail in `source`: its subject and `.eml`."""
    head = from_first_header(message[:LARGEST_HEADERS])
    block, _ = split_headers(head, 0, len(head))
    return name_from_subject(Headers(block).subject)


def name_from_subject(subject: str) -> str:
    """The name in `source` of an e-mail with that subject, which may be empty."""
    return f"{clean_name(subject[:LONGEST_HEADER]) or 'message'}.eml"
