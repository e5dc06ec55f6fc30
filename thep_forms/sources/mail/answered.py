"""Which messages another one answers, by their Message-IDs (RFC 5322, 3.6.4; RFC 3464; RFC 8098, 3.2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from thep_forms.sources.mail.email_headers import Headers
from thep_forms.sources.names import decode

RETURNED_TYPES = {
    *("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"),
    *("message/disposition-notification", "message/global-disposition-notification"),
}
_MOST = 4  # ids of a message that are kept: the last references are those of what it answers
_LONGEST = 250  # characters of an id
_LOOKED_AT = 2**16  # bytes of a returned message: its headers come first
_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_STATED = re.compile(r"^(?:Original-)?Message-ID:\s*(<[^<>\s]+@[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


def answered_by_headers(headers: Headers) -> tuple[str, ...]:
    """The ids of the messages that the headers say they answer."""
    found = _ID.findall(headers.fields.get("in-reply-to", ""))
    return _few([*found, *reversed(_ID.findall(headers.fields.get("references", "")))])


def answered_by_report(returned: Iterable[bytes]) -> tuple[str, ...]:
    """The ids of the messages that a bounce or a receipt returns. `returned` are its parts, or its text."""
    return _few(_STATED.search(decode(part[:_LOOKED_AT])) for part in returned)


def _few(found: Iterable[str | re.Match[str] | None]) -> tuple[str, ...]:
    ids = [each[1] if isinstance(each, re.Match) else each for each in found if each]
    return tuple(dict.fromkeys(each for each in ids if len(each) <= _LONGEST))[:_MOST]
