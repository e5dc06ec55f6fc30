"""A form with files (RFC 7578), read as it comes: no file is ever in memory.

The fields come before the files, the token first of all. So nothing is read of a form that is not ours.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator

from msgspec import Struct
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.types import Receive

from thep_forms.errors import ThepFormsError

MULTIPART = "multipart/form-data"
LARGEST_UPLOAD = 4 * 2**30  # bytes that are added together: room for the export of a mailbox
MOST_FILES = 2000  # that are added together
LARGEST_FIELD = 2**12  # bytes
MOST_HEADERS = 8  # of a part; browsers send two
LONGEST_HEADER = 2**13  # bytes
# Browsers write these characters of a file's name so (the HTML standard, multipart form data).
_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}

_NO_FORM = "This did not come from a page of the desk, so nothing was taken. Go back, and try again."
_CUT_OFF = "This was cut off on its way. Add it again."

# It would write to the terminal what is wrong with a form.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class UploadError(ThepFormsError):
    """A form with files is too large, was cut off, or is none."""


class UploadTooLargeError(UploadError):
    """A form has more bytes or more files than are taken at once."""


class FormPart(Struct, frozen=True):
    """The start of a field or a file. `filename` is None for a field; of a file in a folder it has the path."""

    name: str
    filename: str | None


class EndOfPart(Struct, frozen=True):
    """The end of a field or a file, which came whole."""


class Upload:
    """A form with files that comes in. Raises `UploadError`."""

    def __init__(self, headers: Headers, receive: Receive) -> None:
        """`receive` gives the body (ASGI)."""
        _, options = parse_options_header(headers.get("content-type"))
        require_small(int(headers.get("content-length") or 0))
        self._receive = receive
        self._size = self._parts = 0
        self._header = bytearray(), bytearray()  # the name and the value of the one that is being read
        self._disposition = ""
        self._found: deque[FormPart | bytes | EndOfPart] = deque()
        self._is_complete = False
        try:
            self._parser = MultipartParser(
                options.get(b"boundary", b""),
                {
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_part,
                    "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                    "on_part_end": lambda: self._found.append(EndOfPart()),
                    "on_end": self._complete,
                },
                max_header_count=MOST_HEADERS,
                max_header_size=LONGEST_HEADER,
            )
        except FormParserError as error:
            raise UploadError(_NO_FORM) from error

    async def field(self) -> tuple[str, str]:
        """The name and the value of the next part, which has to be a field. A file gives an empty name."""
        value, part = b"", FormPart("", None)
        async for found in self.parts():
            match found:
                case FormPart():
                    part = found
                    if part.filename is not None:
                        return "", ""
                case bytes():
                    value += found
                    if len(value) > LARGEST_FIELD:
                        raise UploadError(_NO_FORM)
                case EndOfPart():
                    break
        return part.name, value.decode("utf-8", "replace")

    async def parts(self) -> AsyncIterator[FormPart | bytes | EndOfPart]:
        """The start of each further part, its bytes in pieces, and its end. Raises `UploadError`."""
        while True:
            while self._found:
                yield self._found.popleft()
            if self._is_complete:
                return
            message = await self._receive()
            if message["type"] != "http.request":
                raise UploadError(_CUT_OFF)
            piece = message.get("body", b"")
            self._size += len(piece)
            require_small(self._size)
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise UploadError(_NO_FORM) from error
            if not message.get("more_body") and not self._is_complete:
                raise UploadError(_CUT_OFF)

    def _end_header(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            self._disposition = value.decode("utf-8", "replace")
        name.clear()
        value.clear()

    def _begin_part(self) -> None:
        self._parts += 1
        require_few(self._parts)
        name, filename = _names(self._disposition)
        self._disposition = ""
        self._found.append(FormPart(name, filename))

    def _complete(self) -> None:
        self._is_complete = True


def require_small(size: int) -> None:
    """Raises `UploadTooLargeError` for more bytes than are taken at once."""
    if size > LARGEST_UPLOAD:
        raise UploadTooLargeError(f"That is more than {LARGEST_UPLOAD // 2**30} GB at once. Add less at a time.")


def require_few(count: int) -> None:
    """Raises `UploadTooLargeError` for more files than are taken at once."""
    if count > MOST_FILES:
        raise UploadTooLargeError(f"That is more than {MOST_FILES:,} files at once. Add fewer at a time.")


def _names(disposition: str) -> tuple[str, str | None]:
    """The name of a part and that of its file, as a browser writes them."""
    return _parameter(disposition, "name") or "", _parameter(disposition, "filename")


def _parameter(disposition: str, key: str) -> str | None:
    """A parameter of a header. The quotation marks in it are escaped."""
    _, is_there, rest = disposition.partition(f'; {key}="')
    value = rest.partition('"')[0]
    for escape, character in _ESCAPES.items():
        value = value.replace(escape, character)
    return value if is_there else None
