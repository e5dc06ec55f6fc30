"""Why a mail server did not take a message, by the status code (RFC 3463, RFC 5248) and the words beside it.

The codes of Exchange Online are those of "Email non-delivery reports in Exchange Online". Limitation: where a code has
several meanings, as 5.7.1 has, the English words decide.
"""

from __future__ import annotations

import re

from thep_forms.sources.model import RefusalCause

UNDEFINED = ("", "5.0.0")  # codes that say nothing
GONE_WORDS = (  # of mail servers that say an address does not exist
    r"unknown (?:user|address|recipient)|(?:user|address|recipient) unknown|unroute?able|no such|no mailbox"
    r"|(?:does not|doesn't) (?:exist|have a)|not found"
)

# No such address or domain, or a mailbox that is disabled. 5.1.7 and 5.1.8 speak of the sender's address.
_GONE = re.compile(r"5\.(?:1\.(?![78]\Z)\d+|2\.1|4\.(?:1|4|310))\Z")
_ABOUT_US = re.compile(
    r"spamhaus|barracuda|\bspf\b|\bdmarc\b|\bdkim\b|black ?list|block[- ]?list|\bblocked (?:using|by)\b|\breputation\b",
    re.IGNORECASE,
)
_NO_DOMAIN = re.compile(r"\bNXDOMAIN\b|domain name not found", re.IGNORECASE)  # Gmail's code with it is 4.0.0
_TEMPORARY = re.compile(r"(?<![\d.])4\d\d[ -]")  # a reply of SMTP (RFC 5321, 4.2.1)
_LATE_WORDS = r"timed out|timeout|try again|temporar|in the queue too long"
_FULL_WORDS = r"quota|(?:mailbox|inbox) (?:is )?full|out of storage"
_SIZE_WORDS = r"too (?:large|big)|size limit"
_ABOUT_US_WORDS = (
    r"\bspam|\bblocked\b|\bpolicy\b|\bbanned\b|\bgr[ae]ylist|unauthenticated|virus"
    r"|sender (?:address )?rejected|relay(?:ing)? (?:access )?denied|unable to relay"
)
# Words of mail servers that give no enhanced status code.
_NOT_GONE = re.compile(
    "|".join((_ABOUT_US_WORDS, _FULL_WORDS, _SIZE_WORDS, _LATE_WORDS, r"not (?:authori[sz]ed|permitted|allowed)")),
    re.IGNORECASE,
)

_ABOUT_OUR_MESSAGE = (
    r"unsolicited|junk|content (?:restriction|reject)|client host|bad sender|sender (?:is )?(?:not|den)|to send as\b"
)

# Codes that have one meaning. 5.7.12 and 5.7.13 are Exchange's: in a bounce they are about a mailbox or a group.
_CAUSES = {
    RefusalCause.ABOUT_US: (r"5\.1\.(?:[78]|90)|5\.2\.252|5\.4\.5|5\.7\.(?:[89]|1[014]|2\d|30|5[17]|6[04]|[567]\d\d)"),
    RefusalCause.RESTRICTED: r"5\.7\.(?:2|1[23]|12\d|13[0-8])",
    RefusalCause.FULL: r"[45]\.2\.2",
    RefusalCause.TOO_LARGE: r"[45]\.(?:2\.3|3\.4)|5\.7\.16",
    RefusalCause.TOO_LATE: r"4\.\d+\.\d+|5\.4\.(?:7|300)",
}
# Words that tell the cause where the code does not. The first that fits counts.
_WORDS = {
    RefusalCause.RESTRICTED: (
        r"RESOLVER\.RST\.|recipients?\b[^.]{0,60}(?:only accepts?|restrict|does(?: not|n't) accept)"
        r"|only accepts? (?:mail|messages|e-?mails?) from|permission to send to|members? (?:only|may post)"
        r"|not (?:authori[sz]ed|permitted|allowed) to (?:send|post|write)[^.]{0,30} to "
        r"|restricted (?:recipient|address|mailbox|group)"
    ),
    RefusalCause.ABOUT_US: f"{_ABOUT_US.pattern}|{_ABOUT_US_WORDS}|{_ABOUT_OUR_MESSAGE}",
    RefusalCause.FULL: _FULL_WORDS,
    RefusalCause.TOO_LARGE: _SIZE_WORDS,
    RefusalCause.TOO_LATE: _LATE_WORDS,
}


def is_gone(code: str, reason: str) -> bool:
    """Whether an address does not exist."""
    if _ABOUT_US.search(reason):
        return False
    if _NO_DOMAIN.search(reason):
        return True
    if code not in UNDEFINED:
        return bool(_GONE.match(code))
    return not (_NOT_GONE.search(reason) or _TEMPORARY.search(reason))


def cause_of(code: str, reason: str) -> RefusalCause:
    """Why mail did not reach an address that may exist."""
    for cause, codes in _CAUSES.items():
        if re.fullmatch(codes, code):
            return cause
    for cause, words in _WORDS.items():
        if re.search(words, reason, re.IGNORECASE):
            return cause
    return RefusalCause.TOO_LATE if _TEMPORARY.search(reason) else RefusalCause.UNKNOWN
