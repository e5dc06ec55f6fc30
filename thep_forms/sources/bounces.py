"""Reads from bounces which addresses do not exist (RFC 3464, RFC 3463, and the text of qmail's).

A bounce that speaks of us, of a full mailbox or of a delay says nothing against the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from thep_forms.sources.email_headers import Headers, address_in, addresses_in
from thep_forms.sources.names import decode

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_LONGEST_TEXT = 20_000  # characters of a bounce's text; our message may follow
_MOST_FAILED = 50  # addresses in the headers of a bounce

_EMPTY_LINE = re.compile(r"\r?\n[ \t]*\r?\n")
_FAILED = re.compile(r"^Action:[ \t]*failed\b", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(r"^(?:Final|Original)-Recipient:[^;\n]*;(.*)$", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^Status:[ \t]*(\d\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC = re.compile(r"^Diagnostic-Code:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)")  # in a text, where IP addresses stand too
_TEMPORARY = re.compile(r"(?<![\d.])4\d\d[ -]")  # a reply of SMTP (RFC 5321, 4.2.1)

# No such address or domain, or a mailbox that is disabled. 5.1.7 and 5.1.8 speak of the sender's address.
_GONE = re.compile(r"5\.(?:1\.(?![78]\Z)\d+|2\.1|4\.(?:1|4|310))\Z")
_UNDEFINED = ("", "5.0.0")
_ABOUT_US = re.compile(
    r"spamhaus|barracuda|\bspf\b|\bdmarc\b|\bdkim\b|black ?list|block[- ]?list|\bblocked (?:using|by)\b|\breputation\b",
    re.IGNORECASE,
)
# Words of mail servers that give no enhanced status code.
_NOT_GONE = re.compile(
    r"\bspam|\bblocked\b|\bpolicy\b|\bbanned\b|\bgr[ae]ylist|unauthenticated|not (?:authori[sz]ed|permitted|allowed)"
    r"|virus|too (?:large|big)|size limit|quota|(?:mailbox|inbox) (?:is )?full|out of storage"
    r"|sender (?:address )?rejected|relay(?:ing)? (?:access )?denied|unable to relay"
    r"|timed out|timeout|try again|temporar|in the queue too long",
    re.IGNORECASE,
)

_QMAIL = re.compile(r"\s*Hi\. This is the [^\n]{1,200}")
_COPY = re.compile(r"^-+ ?(?:Below this line is|This is) a copy of", re.IGNORECASE | re.MULTILINE)
_QMAIL_RECIPIENT = re.compile(r"<([^<>\s]+@[^<>\s]+)>:")


def failed_recipients(headers: Headers, statuses: Iterable[bytes], text: str) -> tuple[str, ...]:
    """The addresses that a bounce says do not exist, in lower case and in order.

    `statuses` are the contents of its parts of the `STATUS_TYPES`, and `text` is its text.
    """
    bounce = _COPY.split(text[:_LONGEST_TEXT], maxsplit=1)[0]
    failed = _failed_in_text(bounce)
    reported: set[str] = set()
    for status in statuses:
        for group in _EMPTY_LINE.split(decode(status)):
            addresses = set(filter(None, map(address_in, _RECIPIENT.findall(group))))
            reported |= addresses
            if _FAILED.search(group) and _is_gone_in_status(group):
                failed |= addresses
    stated = addresses_in(headers.fields.get("x-failed-recipients", ""))[:_MOST_FAILED]
    for address in set(stated) - reported:
        reason = _about(address, bounce)
        if _is_gone(_first_code(reason), reason):
            failed.add(address)
    return tuple(sorted(failed))


def _about(address: str, bounce: str) -> str:
    """The paragraphs of the bounce that name the address."""
    return "\n".join(paragraph for paragraph in _EMPTY_LINE.split(bounce) if address in paragraph.lower())


def _failed_in_text(bounce: str) -> set[str]:
    """The addresses in qmail's text: each begins a paragraph that says why (qmail-send(8), QSBMF)."""
    if not _QMAIL.match(bounce):
        return set()
    failed: set[str] = set()
    for paragraph in _EMPTY_LINE.split(bounce):
        recipient = _QMAIL_RECIPIENT.match(paragraph.lstrip())
        if recipient and _is_gone(_first_code(paragraph), paragraph):
            failed.add(recipient[1].lower())
    return failed


def _is_gone_in_status(group: str) -> bool:
    """Whether the fields of one recipient say that the address does not exist."""
    status, diagnostic = _STATUS.search(group), _DIAGNOSTIC.search(group)
    reason = diagnostic[1] if diagnostic else ""
    code = status[1] if status else ""
    return _is_gone(_first_code(reason) or code if code in _UNDEFINED else code, reason)


def _is_gone(code: str, reason: str) -> bool:
    """Whether an address does not exist, by the enhanced status code (RFC 3463) and the words beside it."""
    if _ABOUT_US.search(reason):
        return False
    if code not in _UNDEFINED:
        return bool(_GONE.match(code))
    return not (_NOT_GONE.search(reason) or _TEMPORARY.search(reason))


def _first_code(text: str) -> str:
    code = _CODE.search(text)
    return code[0] if code else ""
