"""The kind of container that is a `winmail.dat`: how Outlook sends a message in its own rich text ([MS-OXTNEF])."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.emails import EMAIL
from thep_forms.sources.containers.outlook_properties import Property
from thep_forms.sources.containers.tnef_message import MAGIC, OBJECT, TnefAttachment, read_message
from thep_forms.sources.containers.unopened import ATTACHMENT_LOST, EMBEDDED, TOO_MANY_ATTACHMENTS
from thep_forms.sources.limits import MOST_ATTACHMENTS, Budget
from thep_forms.sources.mail.decorations import is_addition, is_document, is_image
from thep_forms.sources.mail.email_headers import name_from_subject
from thep_forms.sources.mail.message_files import files_of_message
from thep_forms.sources.names import clean_name, decode

_MESSAGE_OBJECT = bytes.fromhex("0703020000000000c000000000000046")  # IID_IMessage: the object is a message
_IN_THE_TEXT = 4  # flag of an attachment: the text shows it

_DAMAGED = "This Outlook message (winmail.dat) is damaged or was cut short."


def _is_tnef(head: bytes, _: str) -> bool:
    return head.startswith(MAGIC)


def _open_tnef(file: BinaryIO, budget: Budget, *, is_attached: bool = False) -> Iterator[ContainedFile]:
    """The attachments in their order. `is_attached`: the message lies in another one and has a date of its own."""
    message = read_message(memoryview(file.read()))
    sent_at = message.sent_at if is_attached else None
    attachments = message.attachments[:MOST_ATTACHMENTS]
    files = (_file(attachment, message.code_page, budget) for attachment in attachments)
    if message.is_damaged:
        yield ContainedFile("", None, _DAMAGED, sent_at)
    yield from files_of_message(files, sent_at, None, has_reason=message.is_damaged)
    if len(message.attachments) > MOST_ATTACHMENTS:
        yield ContainedFile("", None, TOO_MANY_ATTACHMENTS, sent_at)


def _file(attachment: TnefAttachment, code_page: str, budget: Budget) -> ContainedFile:
    budget.spend(0, files=1)
    content_type = attachment.text(Property.CONTENT_TYPE, code_page).lower()
    name = clean_name(attachment.text(Property.LONG_NAME, code_page))
    name = name or clean_name(attachment.text(Property.SHORT_NAME, code_page))
    name = name or clean_name(decode(attachment.title, code_page))
    kind, value = attachment.properties.get(Property.DATA, (0, None))
    if kind == OBJECT and value is not None:
        return _object(value, attachment.text(Property.DISPLAY_NAME, code_page) or name, content_type, budget)
    content = attachment.data if attachment.data is not None else value
    if content is None:
        return ContainedFile(name, None, ATTACHMENT_LOST, content_type=content_type)
    budget.spend(len(content))
    data = bytes(content)
    is_picture = content_type.startswith("image/") or is_image(data)
    is_in_text = bool(attachment.number(Property.FLAGS) & _IN_THE_TEXT or attachment.number(Property.IS_HIDDEN) & 0xFF)
    decorates = (is_in_text and is_picture) or is_addition(content_type, name)
    return ContainedFile(
        name,
        data,
        content_type=content_type,
        is_decoration=decorates and not is_document(data),
        kind=EMAIL if content_type.startswith("multipart/") else None,  # a signed message as it was on its way
    )


def _object(value: memoryview, name: str, content_type: str, budget: Budget) -> ContainedFile:
    """An attached message; any other object is one of another program's, which the message's text shows."""
    if value[:16] != _MESSAGE_OBJECT:
        return ContainedFile(clean_name(name), None, EMBEDDED, content_type=content_type)
    budget.spend(len(value))
    return ContainedFile(name_from_subject(name), bytes(value[16:]), content_type=content_type, kind=_ATTACHED)


TNEF = ContainerKind("winmail.dat", _is_tnef, _open_tnef)
_ATTACHED = ContainerKind("Outlook message", _is_tnef, partial(_open_tnef, is_attached=True))
