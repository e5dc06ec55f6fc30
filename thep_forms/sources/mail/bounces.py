"""Reads from bounces which addresses mail did not reach (RFC 3464, and the text of others); `refusal_causes` says why.

A delay is no bounce: the server goes on trying. In a bounce that is text or HTML alone, an address counts if a line
begins with it, or names it as Exchange does. The words after it must have a code of SMTP that is final, or say that
there is no such address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from thep_forms.sources.mail.automatic_messages import is_of_mail_system
from thep_forms.sources.mail.email_headers import Headers, address_in, addresses_in
from thep_forms.sources.mail.message_texts import LONGEST_READ, words_of_message
from thep_forms.sources.mail.refusal_causes import GONE_WORDS, UNDEFINED, cause_of, is_gone
from thep_forms.sources.model import Refusal
from thep_forms.sources.names import decode

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_LONGEST_TEXT = 20_000  # characters of a bounce's text; our message may follow
_MOST_FAILED = 50  # addresses in the headers of a bounce

_FOLD = re.compile(r"\r?\n(?=[ \t]+[^ \t\r\n])")  # a field goes on in the next line (RFC 5322, 2.2.3)
_EMPTY_LINE = re.compile(r"\r?\n[ \t]*\r?\n")
_FAILED = re.compile(r"^Action:[ \t]*failed\b", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(r"^(?:Final|Original)-Recipient:(?:[^;\n]*;)?(.*)$", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^Status:[ \t]*(\d\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC = re.compile(r"^Diagnostic-Code:(.*)", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)")  # in a text, where IP addresses stand too

_QMAIL = re.compile(r"\s*Hi\. This is the [^\n]{1,200}")
_COPY = re.compile(r"^-+ ?(?:Below this line is|This is) a copy of", re.IGNORECASE | re.MULTILINE)

_ADDRESS = r"[^\s<>()\[\],;:\"@]{1,64}@[^\s<>()\[\],;:\"@]{1,253}"
# A line begins with the address, or it is Exchange's: a name with the address behind it, a sentence, a row of a table.
_NAMED = re.compile(
    rf"^[ \t]{{0,20}}(?:<?({_ADDRESS})>?[ \t]{{0,20}}(?:[:(<].*)?"
    rf"|[^@()\n]{{1,100}}\(({_ADDRESS})\)[ \t]{{0,20}}"
    rf"|Your message to ({_ADDRESS}) (?:couldn['’]t|could not) be delivered\b.*"
    rf"|Recipient Address:[ \t]{{0,20}}({_ADDRESS})[ \t]{{0,20}})\r?$",
    re.MULTILINE,
)
_LINK = re.compile(
    r"<a\b[^<>]{0,500}?href=[\"']?mailto:([^\"'?<>\s]{1,320})[^<>]{0,500}>[^<]{0,200}</a>", re.IGNORECASE
)
_FINAL = re.compile(r"(?<![\d.])5\d\d[ -]|(?<![\d.])5\.\d{1,3}\.\d{1,3}(?!\d|\.\d)|" + GONE_WORDS, re.IGNORECASE)


class Bounce(Struct, frozen=True):
    """What a bounce says: the addresses that do not exist, and those that mail did not reach for another reason."""

    failed: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()


class _Undelivered(Struct, frozen=True):
    """An address that mail did not reach, with the status code and the words of the server."""

    address: str
    code: str
    reason: str


def read_bounce(headers: Headers, statuses: Iterable[bytes], text: str) -> Bounce:
    """The addresses that a bounce says mail did not reach, in lower case and in order.

    `statuses` are the contents of its parts of the `STATUS_TYPES`, and `text` is its text (see `words_of_bounce`).
    """
    bounce = _COPY.split(text[:_LONGEST_TEXT], maxsplit=1)[0]
    found: list[_Undelivered] = []
    reported: set[str] = set()
    for status in statuses:
        for group in _EMPTY_LINE.split(_FOLD.sub("", decode(status))):
            addresses = set(filter(None, map(address_in, _RECIPIENT.findall(group))))
            reported |= addresses
            if _FAILED.search(group):
                found += [_undelivered_in_status(address, group) for address in addresses]
    stated = addresses_in(headers.fields.get("x-failed-recipients", ""))[:_MOST_FAILED]
    for address in set(stated) - reported:
        reason = _about(address, bounce)
        found.append(_Undelivered(address, _first_code(reason), reason))
    if not found and not reported and (is_of_mail_system(headers) or _QMAIL.match(bounce)):
        found += _named_in_text(bounce)
    return _bounce(found)


def _named_in_text(bounce: str) -> Iterator[_Undelivered]:
    """The addresses with which lines of a text begin, with the words after each, where these say that it failed.

    In qmail's text they always say why it did (qmail-send(8), QSBMF).
    """
    named = list(_NAMED.finditer(bounce))[:_MOST_FAILED]
    starts = [*(each.start() for each in named), len(bounce)]
    for each, (_, end) in zip(named, pairwise(starts), strict=True):
        place = each.lastindex or 0
        reason = bounce[each.end(place) : end]
        if _FINAL.search(reason) or _QMAIL.match(bounce):
            yield _Undelivered(each[place].lower(), _first_code(reason), reason)


def words_of_bounce(text: str, html_text: str) -> str:
    """The text of a bounce, or else what its HTML says, with the address of each link in the place of its words."""
    return text if text.strip() else words_of_message("", _LINK.sub(r"\1", html_text[:LONGEST_READ]))


def read_bounce_text(text: str) -> Bounce:
    """The same of a bounce of which nothing but the text is left, as Outlook keeps it."""
    return _bounce(_named_in_text(_COPY.split(text[:_LONGEST_TEXT], maxsplit=1)[0]))


def _bounce(found: Iterable[_Undelivered]) -> Bounce:
    failed: set[str] = set()
    refusals: dict[str, Refusal] = {}
    for each in found:
        if is_gone(each.code, each.reason):
            failed.add(each.address)
        else:
            refusals[each.address] = Refusal(each.address, cause_of(each.code, each.reason), each.code)
    left = sorted(refusals.keys() - failed)
    return Bounce(tuple(sorted(failed)), tuple(refusals[address] for address in left))


def _about(address: str, bounce: str) -> str:
    """The paragraphs of the bounce that name the address."""
    return "\n".join(paragraph for paragraph in _EMPTY_LINE.split(bounce) if address in paragraph.lower())


def _undelivered_in_status(address: str, group: str) -> _Undelivered:
    """What the fields of one recipient say of its address."""
    status, diagnostic = _STATUS.search(group), _DIAGNOSTIC.search(group)
    reason = diagnostic[1] if diagnostic else ""
    code = status[1] if status else ""
    return _Undelivered(address, _first_code(reason) or code if code in UNDEFINED else code, reason)


def _first_code(text: str) -> str:
    code = _CODE.search(text)
    return code[0] if code else ""
