"""The kind of container that is an Outlook message, `.msg` ([MS-OXMSG]): the files and messages attached to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from datetime import datetime
from functools import partial
from typing import BinaryIO

from msgspec.structs import replace

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.compound_file import MAGIC, Storage, has_sound_header
from thep_forms.sources.containers.emails import EMAIL
from thep_forms.sources.containers.office_documents import file_in_object, files_of_old_document, may_be_page
from thep_forms.sources.containers.outlook_properties import (
    ATTACHED_MESSAGE_HEADER,
    ATTACHMENT_HEADER,
    MESSAGE_HEADER,
    PROPERTIES,
    Properties,
    Property,
    stream_of,
)
from thep_forms.sources.containers.unopened import ATTACHMENT_LOST, EMBEDDED, TOO_MANY_ATTACHMENTS
from thep_forms.sources.limits import LARGEST_FILE, LARGEST_LOGO, MOST_ATTACHMENTS, TOO_LARGE, Budget, TooMuchError
from thep_forms.sources.mail.bounces import read_bounce_text, words_of_bounce
from thep_forms.sources.mail.decorations import images_shown, is_addition, is_document, is_image
from thep_forms.sources.mail.email_headers import Headers, address_in, name_from_subject
from thep_forms.sources.mail.message_files import content_of_message, files_of_message
from thep_forms.sources.mail.message_kinds import origin_of
from thep_forms.sources.mail.message_texts import why_no_file, words_of_message
from thep_forms.sources.model import MessageKind, MessageOrigin
from thep_forms.sources.names import clean_name

_ATTACHMENT = "__attach_version1.0_#"  # what the storage of an attachment begins with
_OBJECT = "__substg1.0_3701000D"  # the storage of an attached message, or of another program's object
_LINKS = (2, 3, 4, 7)  # methods of attaching that send a link to a file: on a disk (2 to 4) or the web (7)
_OUTGOING = 0x8 | 0x20  # flags of a message that was not sent yet, and of one that its owner sent
_AUTOMATIC_CLASSES = ("report.", "ipm.note.rules.ooftemplate", "ipm.note.rules.replytemplate")
# An answer to an invitation, and a message that recalls another: automatic where they carry no document.
_ANSWER_CLASSES = ("ipm.schedule.meeting.resp", "ipm.outlook.recall", "ipm.recall.report")
_IN_THE_TEXT = 4  # flag: the text shows the attachment

_DAMAGED = "This Outlook message is damaged or was cut short."
_LINK = "This is only a link to a file kept elsewhere. Attach the file itself."


def _is_compound_file(head: bytes, _: str) -> bool:
    """Whether it may be an Outlook message. Its end may tell that it is not: then it comes out whole."""
    return head.startswith(MAGIC)


def _open_message(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The attachments of an Outlook message, in its order; the pictures in any other compound file, and that file."""
    import olefile

    data = file.read()
    try:
        if not has_sound_header(data):
            raise ValueError
        with olefile.OleFileIO(data) as ole:
            storage = Storage(ole)
            if storage.stream(PROPERTIES) is None:
                yield from files_of_old_document(data, storage, budget)
            else:
                yield from _attachments(storage, MESSAGE_HEADER, budget)
    except (TooMuchError, MemoryError):
        raise  # the file is not damaged: the caller says what is wrong
    except Exception:  # noqa: BLE001 - olefile raises anything for a damaged file
        is_message = PROPERTIES.encode("utf-16-le") in data
        yield ContainedFile("", None, _DAMAGED) if is_message else ContainedFile("", data)


def _attachments(message: Storage, header: int, budget: Budget) -> Iterator[ContainedFile]:
    properties = Properties(message, header)
    code_page, headers = properties.code_page, _headers(properties)
    html = properties.binary(Property.HTML) or properties.text(Property.HTML).encode("utf-8", "replace")
    shown = images_shown(html.decode("utf-8", "replace"))
    attachments = [message.child(name) for name in message.children if name.startswith(_ATTACHMENT)]
    received_at = _received_at(properties, headers)
    origin = _origin(properties, headers, lambda: _has_document(attachments, code_page, shown))
    files = (_attached(attachment, code_page, shown, budget) for attachment in attachments[:MOST_ATTACHMENTS])
    text = properties.text(Property.TEXT, code_page)
    texts = text, html.decode("utf-8", "replace")
    if _is_bounce(properties):
        bounce = read_bounce_text(words_of_bounce(*texts))
        origin = replace(origin, failed=bounce.failed, refusals=bounce.refusals)
    no_file, words = partial(why_no_file, *texts), partial(words_of_message, *texts)
    content = partial(content_of_message, headers, text)
    yield from files_of_message(files, received_at, origin, no_file=no_file, content=content, words=words)
    if len(attachments) > MOST_ATTACHMENTS:
        yield ContainedFile("", None, TOO_MANY_ATTACHMENTS, received_at, message=origin)


def _headers(message: Properties) -> Headers:
    """The headers that the message had on its way; one that was never sent has none."""
    return Headers(message.text(Property.HEADERS).encode("utf-8", "replace"))


def _received_at(message: Properties, headers: Headers) -> datetime | None:
    """When the message was received; for one that was not, when it was sent."""
    return (
        headers.received or message.date(Property.DELIVERED_AT) or message.date(Property.SUBMITTED_AT) or headers.date
    )


def _has_document(attachments: Iterable[Storage], code_page: str, shown: Set[str]) -> bool:
    """Whether a file that may be a form is attached. A message that is attached, and a logo, is none."""
    for attachment in attachments:
        data = attachment.stream(stream_of(Property.DATA), LARGEST_FILE) or b""
        is_large_picture = is_image(data) and len(data) > LARGEST_LOGO
        if data and (
            is_large_picture or not _decorates(Properties(attachment, ATTACHMENT_HEADER), code_page, data, shown)
        ):
            return True
    return False


def _decorates(attachment: Properties, code_page: str, data: bytes, shown: Set[str]) -> bool:
    """Whether mail programs added the file, which holds that data. `shown` are the images that the text shows."""
    content_type = attachment.text(Property.CONTENT_TYPE, code_page).lower()
    is_picture = content_type.startswith("image/") or is_image(data)
    is_added = is_addition(content_type, _name(attachment, code_page))
    return ((_is_in_text(attachment, shown) and is_picture) or is_added) and not is_document(data)


def _name(attachment: Properties, code_page: str) -> str:
    name = clean_name(attachment.text(Property.LONG_NAME, code_page))
    return name or clean_name(attachment.text(Property.SHORT_NAME, code_page))


def _origin(message: Properties, headers: Headers, has_document: Callable[[], bool]) -> MessageOrigin:
    origin = origin_of(headers, has_document=has_document)
    stated = address_in(message.text(Property.SENDER_ADDRESS)) or address_in(message.text(Property.SENDER))
    kind = origin.kind
    message_class = message.text(Property.MESSAGE_CLASS).lower()
    if message_class.startswith(_AUTOMATIC_CLASSES) or (
        message_class.startswith(_ANSWER_CLASSES) and not has_document()
    ):
        kind = MessageKind.AUTOMATIC
    elif message.number(Property.MESSAGE_FLAGS) & _OUTGOING:
        kind = MessageKind.OUTGOING
    return MessageOrigin(origin.sender or stated, kind, answers=origin.answers)


def _is_bounce(message: Properties) -> bool:
    """Whether it says that mail was not delivered ([MS-OXOMSG], 2.2.2.1)."""
    message_class = message.text(Property.MESSAGE_CLASS).lower()
    return message_class.startswith("report.") and message_class.endswith(".ndr")


def _attached(attachment: Storage, code_page: str, shown: Set[str], budget: Budget) -> ContainedFile:
    """An attachment. `shown` are the Content-IDs of the images that the message's text shows."""
    properties = Properties(attachment, ATTACHMENT_HEADER)
    content_type = properties.text(Property.CONTENT_TYPE, code_page).lower()
    name = _name(properties, code_page)
    budget.spend(0, files=1)
    if _OBJECT in attachment.children:
        return _object(attachment.child(_OBJECT), name, content_type, budget)
    size = attachment.size(stream_of(Property.DATA))
    if size < 0:
        is_link = properties.number(Property.METHOD) in _LINKS
        return ContainedFile(name, None, _LINK if is_link else ATTACHMENT_LOST, content_type=content_type)
    if size > LARGEST_FILE:
        return ContainedFile(name, None, TOO_LARGE, content_type=content_type)
    budget.spend(size)
    data = attachment.stream(stream_of(Property.DATA), LARGEST_FILE) or b""
    return ContainedFile(
        name,
        data,
        content_type=content_type,
        is_decoration=_decorates(properties, code_page, data, shown),
        # A signed message is one attachment: the message as it was on its way.
        kind=EMAIL if content_type.startswith("multipart/") else None,
    )


def _is_in_text(attachment: Properties, shown: Set[str]) -> bool:
    """Whether the message's text shows the attachment, such as a logo, or Outlook does not list it."""
    return (
        attachment.flag(Property.IS_HIDDEN)
        or bool(attachment.number(Property.FLAGS) & _IN_THE_TEXT)
        or attachment.text(Property.CONTENT_ID).strip("<> ") in shown
    )


def _object(storage: Storage, name: str, content_type: str, budget: Budget) -> ContainedFile:
    """An attached message, which is not a file of its own: it is opened where it lies in this one. Or an object."""
    if storage.stream(PROPERTIES) is None:
        data = file_in_object(storage)
        budget.spend(len(data or b""))
        is_page = data is not None and may_be_page(data)
        return ContainedFile(name, data if is_page else None, "" if is_page else EMBEDDED, content_type=content_type)
    properties = Properties(storage, ATTACHED_MESSAGE_HEADER)
    subject = properties.text(Property.SUBJECT, properties.code_page)
    kind = replace(OUTLOOK_MESSAGE, open=partial(_open_attached_message, storage))
    return ContainedFile(name_from_subject(subject), b"", content_type=content_type, kind=kind)


def _open_attached_message(storage: Storage, _: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    yield from _attachments(storage, ATTACHED_MESSAGE_HEADER, budget)


OUTLOOK_MESSAGE = ContainerKind("Outlook message", _is_compound_file, _open_message)
