"""Tells refusals of a mail server that are about us from those that are about one school's address.

A refusal about us, such as a quota that is used up, would meet every school after it. So it ends the run, and names no
school. The codes are those of RFC 3463, of Exchange Online ("NDRs in Exchange Online") and of Gmail ("SMTP errors and
codes"). Limitation: a server that gives no enhanced code is judged by its English words.
"""

from __future__ import annotations

import re

from msgspec import Struct

_ENHANCED = re.compile(r"\W*([245]\.\d{1,3}\.\d{1,3})\b(?!\.\d)")
_CLOSING = 421  # RFC 5321, 4.2.1: the server closes the connection, whoever the message is for


class Trouble(Struct, frozen=True):
    """A kind of refusal that is about us: the enhanced codes and the words that tell it, and what to do about it."""

    codes: str
    words: str
    advice: str

    def has_code(self, enhanced: str) -> bool:
        """Whether the enhanced code alone tells it."""
        return bool(enhanced and re.fullmatch(self.codes, enhanced))

    def has_words(self, text: str) -> bool:
        """Whether the server's words tell it."""
        return bool(re.search(self.words, text, re.IGNORECASE))


NO_PASSWORDS = Trouble(
    r"5\.7\.139|5\.7\.30",
    r"basic auth|smtpclientauthentication is disabled|disabled for the (?:tenant|mailbox)|modern auth|oauth",
    "It takes no passwords from programs. Write drafts instead, or sign in with Microsoft or Google.",
)
_SIGN_IN = Trouble(
    r"[45]\.7\.57|5\.7\.[389]|5\.7\.14",
    r"authentication (?:is )?required|not authenticated|must (?:first )?(?:issue a starttls|authenticate)",
    "It wants you to sign in. Enter your user name on the mail server, and the password of that account.",
)
_SEND_AS = Trouble(
    r"5\.7\.60|5\.2\.252",
    r"send ?as ?denied|permissions? to send as|not owned by|sender address rejected"
    r"|sender (?:is )?(?:not allowed|denied)|not (?:allowed|authori[sz]ed|permitted) to send (?:as|from|mail)",
    "This account may not send from the return address. Ask your IT support for the right “Send as”, or sign in with "
    "that mailbox.",
)
_SIZE = Trouble(
    r"5\.3\.4",
    r"message (?:size|length) exceeds|too much (?:mail )?data|(?:message|mail|size) (?:is )?too (?:big|large)"
    r"|exceeds? [^.]{0,30}size limit|sendsizelimit",
    "The message with its form is too large for this server. Ask your IT support to raise the limit, or write drafts.",
)
_QUOTA = Trouble(
    r"[45]\.4\.5|5\.1\.90|5\.7\.705",
    r"(?:daily|hourly|sending|outgoing|sender|message|recipient rate)[^.]{0,30}(?:quota|limit)"
    r"|(?:quota|limit)s? (?:has been |have been |was |is )?(?:exceeded|reached)|exceeded[^.]{0,40}(?:quota|limit)",
    "Your account has reached the number of messages that it may send. Wait until tomorrow.",
)
_BLOCKED = Trouble(
    r"5\.1\.8|5\.7\.50[0-9]|5\.7\.51[0-9]|5\.7\.6[0-4][0-9]|5\.7\.7\d\d|5\.7\.2[5-7]",
    r"(?:your|sending|sender|this) (?:e-?mail )?(?:account|address|domain|ip)[^.]{0,40}"
    r"(?:blocked|suspended|disabled|locked|restricted|banned|listed)"
    r"|account (?:is |has been |was )?(?:blocked|suspended)|bad outbound sender"
    r"|client host .{0,60}(?:rejected|blocked)|client host rejected"
    r"|relay(?:ing)? (?:access )?denied|unable to relay|relaying (?:is )?not",
    "It lets this account or this computer send nothing. Ask your IT support, or whoever runs the mail server.",
)
_RATE = Trouble(
    r"4\.7\.28|4\.7\.[5-8]\d\d|4\.3\.2",
    r"rate.?limit|rate exceeded|too (?:many|fast|quickly|frequent)|throttl|slow(?:ing)? down"
    r"|(?:sending|unusual|message) rate",
    "It asks you to send more slowly. Wait an hour, and send fewer messages in a minute.",
)
_CLOSED = Trouble("", "", "It takes nothing more at the moment. Wait an hour, and send fewer messages in a minute.")
_BY_CODE = (NO_PASSWORDS, _SIGN_IN, _SEND_AS, _SIZE, _QUOTA, _BLOCKED, _RATE)
_BY_WORDS = (NO_PASSWORDS, _SIGN_IN, _SEND_AS, _SIZE, _BLOCKED, _RATE, _QUOTA)

# A refusal that is about the recipient: no such mailbox, a full one, one that is too slow; and greylisting.
_RECIPIENT_CODES = re.compile(r"[45]\.[12]\.\d+")
_RECIPIENT_WORDS = re.compile(
    r"recipient address rejected|recipient[^.]{0,30}(?:rejected|unknown|not found)|no such|user unknown|unknown user"
    r"|mailbox|inbox|over ?quota|tried to reach|trying to contact|gr[ae]y.?list",
    re.IGNORECASE,
)


def trouble_in(code: int, text: str) -> Trouble | None:
    """The kind of refusal that a server's reply is, if it is about us; None if it is about the recipient."""
    start = _ENHANCED.match(text)
    enhanced = start[1] if start else ""
    for trouble in _BY_CODE:
        if trouble.has_code(enhanced):
            return trouble
    if not (_RECIPIENT_CODES.fullmatch(enhanced) or _RECIPIENT_WORDS.search(text)):
        for trouble in _BY_WORDS:
            if trouble.has_words(text):
                return trouble
    return _CLOSED if code == _CLOSING else None
