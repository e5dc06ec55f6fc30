"""Tells who sent a message and what kind it is: an ordinary one, our own, an automatic one, or one thrown away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from thep_forms.sources.mail.answered import answered_by_headers
from thep_forms.sources.mail.automatic_messages import is_automatic, is_generated
from thep_forms.sources.mail.email_headers import Headers, address_in, addresses_in, decode_words
from thep_forms.sources.mail.mail_folders import kind_of_labels
from thep_forms.sources.model import MessageKind, MessageOrigin

# A mailing list or a shared inbox puts its own address into From, and the sender's into one of these.
_SENDER_HEADERS = ("x-original-from", "x-original-sender", "x-google-original-from", "from")
# Jo via Members <members@…>
_BY_WAY_OF = re.compile(r"[\w'\")]\s+(?:via|über|par|tramite)\s+[^<]{0,200}<", re.IGNORECASE)
_LIST_ADDRESSES = ("list-post", "mailing-list", "x-beenthere")

# Services send word of a shared file from an address of their own. Reply-To then names who shared it.
_NO_REPLY = re.compile(r"(?:no|do[-_.]?not)[-_.]?reply|drive-shares|adobesign@|echosign@")
_SHARING = re.compile(
    r"@(?:[\w-]+\.)*(?:google|sharepointonline|sharepoint|microsoft|onedrive|dropbox|wetransfer|adobesign|adobe)\.com\Z"
)

_DELETED_IN_THUNDERBIRD = 0x8  # flag of X-Mozilla-Status: the message still lies in the file of its folder


def _no() -> bool:
    return False


def origin_of(headers: Headers, parts: Iterable[Headers] = (), has_document: Callable[[], bool] = _no) -> MessageOrigin:
    """Who sent the message with these headers, and its kind. `parts` are the headers of its parts.

    `has_document` says whether a file that may be a form is attached. It is asked only where that matters.
    """
    sender = sender_in(headers)
    by_person = is_generated(headers) and (_is_of_sharing_service(headers) or has_document())
    kind = _kind_by_program(headers)
    if kind is None:
        is_of_program = is_automatic(headers, sender, tuple(parts), has_document, by_person=by_person)
        kind = MessageKind.AUTOMATIC if is_of_program else _kind_by_label(headers)
    return MessageOrigin(sender, kind, answers=answered_by_headers(headers))


def _is_of_sharing_service(headers: Headers) -> bool:
    """Whether a service that keeps files for others sent the message for somebody who shared one."""
    is_service = bool(_SHARING.search(address_in(headers.fields.get("from", ""))))
    return is_service and "@" in headers.fields.get("reply-to", "")


def sender_in(headers: Headers) -> str:
    """The address of the person who sent the message, in lower case; empty where the headers have none.

    Where a service or a mailing list sent it for somebody, such as word of a shared file, it is that person's.
    """
    for header in _SENDER_HEADERS:
        if sender := address_in(headers.fields.get(header, "")):
            is_for_another = _NO_REPLY.match(sender) or _is_of_list(headers, sender)
            return (_other_address(headers, sender) if is_for_another else "") or sender
    return ""


def _is_of_list(headers: Headers, sender: str) -> bool:
    """Whether a list, a shared inbox or a form on a web site put its own address into From.

    It may say so in the name. Else it writes to itself alone, or its headers name that address (RFC 2369, RFC 2919).
    """
    if _BY_WAY_OF.search(decode_words(headers.fields.get("from", ""))):
        return True
    if sender.replace("@", ".") in headers.fields.get("list-id", "").lower():
        return True
    if set(addresses_in(headers.fields.get("to", ""))) == {sender}:
        return True
    return any(sender in addresses_in(headers.fields.get(name, "")) for name in _LIST_ADDRESSES)


def _other_address(headers: Headers, sender: str) -> str:
    """The first address in Reply-To that is not the sender's; empty where there is none."""
    replies = headers.fields.get("reply-to", "")
    for address in (address_in(replies), *addresses_in(replies)):
        if address and address != sender:
            return address
    return ""


def _kind_by_program(headers: Headers) -> MessageKind | None:
    """The kind that a mail program noted of a message that it keeps; None where it noted nothing."""
    if _kind_by_label(headers) is MessageKind.DISCARDED or _is_deleted(headers):
        return MessageKind.DISCARDED
    if headers.fields.get("x-unsent", "") == "1" or "x-mozilla-draft-info" in headers.fields:
        return MessageKind.OUTGOING
    return None


def _kind_by_label(headers: Headers) -> MessageKind:
    """The kind by the labels of Gmail."""
    labels = decode_words(headers.fields.get("x-gmail-labels", "")).split(",")
    return kind_of_labels(labels, was_delivered="delivered-to" in headers.fields)


def _is_deleted(headers: Headers) -> bool:
    """Whether the message was deleted or moved in Thunderbird, which leaves it in the file until that is compacted."""
    try:
        return bool(int(headers.fields.get("x-mozilla-status", "0"), 16) & _DELETED_IN_THUNDERBIRD)
    except ValueError:
        return False
