"""The kind of container that is an e-mail, `.eml` (RFC 5322): the files attached to it, and forwarded e-mails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import BinaryIO

from msgspec.structs import replace

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.tnef_message import holds_no_file
from thep_forms.sources.limits import LARGEST_LOGO, MOST_HEADERS_SNIFFED, Budget
from thep_forms.sources.mail.answered import RETURNED_TYPES, answered_by_report
from thep_forms.sources.mail.bounces import STATUS_TYPES, read_bounce, words_of_bounce
from thep_forms.sources.mail.decorations import images_shown, is_addition, is_document, is_picture_of_text
from thep_forms.sources.mail.email_headers import (
    Headers,
    from_first_header,
    header_lines,
    is_header,
    name_of_email,
    split_headers,
)
from thep_forms.sources.mail.email_parts import Part, find_parts
from thep_forms.sources.mail.message_files import content_of_message, files_of_message
from thep_forms.sources.mail.message_kinds import origin_of
from thep_forms.sources.mail.message_texts import why_no_file, words_of_message
from thep_forms.sources.mail.uuencode import uuencoded_files
from thep_forms.sources.model import MessageKind
from thep_forms.sources.names import decode

_DAMAGED = "This e-mail is damaged or was cut short, so files in it may be missing."
_TOO_DEEP = "The parts of this e-mail are nested too deep. Send the form in a new e-mail."

_FORWARDED_TYPES = ("message/rfc822", "message/global")
_MAIL_HEADERS = {"from", "to", "subject", "date", "mime-version", "received", "message-id", "return-path"}


def _is_email(head: bytes, name: str) -> bool:
    """Whether the first lines are headers and two of them an e-mail's, or one of any kind where it is called .eml."""
    if head.startswith(b"%PDF-"):
        return False
    start = from_first_header(head)
    block, _ = split_headers(start, 0, len(start))
    lines = header_lines(block.rstrip(b"\r\n"))
    if not is_header(lines[0]):
        return False
    found = {
        line.partition(b":")[0].decode("ascii", "replace").strip().lower() for line in lines[:MOST_HEADERS_SNIFFED]
    }
    return name.lower().endswith(".eml") or len(found & _MAIL_HEADERS) > 1


def _open_email(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The files attached to an e-mail, in its order; forwarded e-mails are files too."""
    message = from_first_header(file.read())
    parts: list[Part] = []
    for part in find_parts(message):
        budget.spend(0, files=1)
        parts.append(part)
    block, _ = split_headers(message, 0, len(message))
    headers = Headers(block)
    received_at = headers.received or headers.date
    origin = origin_of(headers, (part.headers for part in parts), lambda: _has_document(parts, message))
    if origin.kind in (MessageKind.AUTOMATIC, MessageKind.DISCARDED):
        statuses = [part.content(message) for part in parts if part.headers.content_type in STATUS_TYPES]
        bounce = read_bounce(headers, statuses, words_of_bounce(*_texts(message, parts)))
        returned = (part.content(message) for part in parts if part.headers.content_type in RETURNED_TYPES)
        answers = answered_by_report([*returned, _text(message, parts, "text/plain").encode()])
        answers = tuple(dict.fromkeys((*answers, *origin.answers)))
        origin = replace(origin, failed=bounce.failed, refusals=bounce.refusals, answers=answers)
    reason = _what_is_wrong(parts)
    if reason:
        yield ContainedFile("", None, reason, received_at, message=origin)
    yield from files_of_message(
        _attached(message, parts, budget),
        received_at,
        origin,
        has_reason=bool(reason),
        no_file=lambda: why_no_file(*_texts(message, parts)),
        words=lambda: words_of_message(*_texts(message, parts)),
        content=lambda: content_of_message(headers, _text(message, parts, "")),
    )


def _has_document(parts: Sequence[Part], message: bytes) -> bool:
    """Whether a file that may be a form is attached. A message that is attached, and a logo, is none."""
    shown = _images_shown(message, parts)
    for part in parts:
        if part.is_body or part.has_lost_its_parts or part.headers.content_type in _FORWARDED_TYPES:
            continue
        data = part.content(message)
        is_large_picture = part.headers.content_type.startswith("image/") and len(data) > LARGEST_LOGO
        if data and (is_large_picture or not _decorates(part, data, shown)):
            return True
    return False


def _decorates(part: Part, data: bytes, shown: Set[str]) -> bool:
    """Whether mail programs added the part, which holds that data. `shown` are the images that the text shows."""
    headers = part.headers
    is_added = is_addition(headers.content_type, headers.file_name) or is_picture_of_text(headers, shown)
    return (is_added or holds_no_file(data)) and not is_document(data)


def _texts(message: bytes, parts: Sequence[Part]) -> tuple[str, str]:
    """The message's own text, plain and as HTML."""
    return _text(message, parts, "text/plain"), _text(message, parts, "text/html")


def _text(message: bytes, parts: Iterable[Part], content_type: str) -> str:
    """The message's own text of that type, or all of its text where no type is given."""
    bodies = [part for part in parts if part.is_body and content_type in ("", part.headers.content_type)]
    return "\n".join(decode(part.content(message)) for part in bodies)


def _what_is_wrong(parts: Sequence[Part]) -> str:
    """Why files may be missing; empty where the whole message can be read."""
    if any(part.is_too_deep for part in parts):
        return _TOO_DEEP
    return _DAMAGED if any(part.has_lost_its_parts for part in parts) else ""


def _attached(message: bytes, parts: Sequence[Part], budget: Budget) -> Iterator[ContainedFile]:
    shown = _images_shown(message, parts)
    for part in parts:
        if part.is_body:
            yield from uuencoded_files(part.content(message), budget)
        if part.has_lost_its_parts or part.is_body:
            continue
        data = part.content(message)
        budget.spend(len(data))
        content_type, name = part.headers.content_type, part.headers.file_name
        if content_type in _FORWARDED_TYPES:
            yield ContainedFile(name_of_email(data), data, content_type=content_type, kind=EMAIL)
        else:
            is_decoration = _decorates(part, data, shown)
            yield ContainedFile(name, data, content_type=content_type, is_decoration=is_decoration)


def _images_shown(message: bytes, parts: Sequence[Part]) -> set[str]:
    """The Content-IDs of the images that the message's HTML shows."""
    shown: set[str] = set()
    for part in parts:
        if part.headers.content_type == "text/html":
            shown |= images_shown(part.content(message).decode("utf-8", "replace"))
    return shown


EMAIL = ContainerKind("e-mail", _is_email, _open_email)
