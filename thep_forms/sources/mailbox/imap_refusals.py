"""What a mail server's refusal means for the person who reads it (RFC 5530, and the words of Exchange and Gmail).

Limitation: a server that gives no code of RFC 5530 is judged by its English words.
"""

from __future__ import annotations

import ast
import re
from contextlib import suppress

_LONGEST_REPLY = 160  # characters of a server's words that are quoted
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
_BAD = re.compile(r"command error: BAD (\[.*\])\Z", re.DOTALL)  # how imaplib puts it
_BUSY = re.compile(
    r"\[(?:UNAVAILABLE|IN-?USE|LIMIT|THROTTLED)\b|server unavailable|too many|try (?:again )?later|temporar|throttl"
    r"|bandwidth limit|rate limit|is busy|maintenance|timed? ?out",
    re.IGNORECASE,
)
_NO_RIGHT = re.compile(
    r"\[(?:NOPERM|AUTHORIZATIONFAILED|CONTACTADMIN)\b|authenticated but not connected|access denied"
    r"|permission denied|not (?:enabled|authori[sz]ed|allowed)|imap (?:access )?is disabled",
    re.IGNORECASE,
)
_FULL = re.compile(r"\[OVERQUOTA\b|quota|mailbox (?:is )?full", re.IGNORECASE)
_NO_PASSWORDS = re.compile(
    r"application-specific password|app password|web ?login|web browser|basic auth|oauth|\[PRIVACYREQUIRED",
    re.IGNORECASE,
)
LATER = "Wait a few minutes, and try again."


def words_of(answer: object) -> str:
    """The server's words in one line, from an answer or from an error of `imaplib`."""
    if isinstance(answer, Exception):
        answer = answer.args[0] if answer.args else ""
    if isinstance(answer, str) and (found := _BAD.search(answer)):
        with suppress(ValueError, SyntaxError):
            answer = ast.literal_eval(found[1])
    last = answer[-1] if isinstance(answer, list) and answer else answer
    words = last.decode("utf-8", "replace") if isinstance(last, bytes) else str(last or "")
    return " ".join(words.split())


def quote_words(words: str, secret: str) -> str:
    """The start of the server's words, without the addresses that servers often repeat, and without the secret."""
    hidden = words.replace(secret, "…") if secret else words
    return _ADDRESS.sub("…", hidden)[:_LONGEST_REPLY].rstrip(".")


def is_busy(words: str) -> bool:
    """Whether the server refuses for now alone."""
    return bool(_BUSY.search(words))


def wants_no_password(words: str) -> bool:
    """Whether the server wants another kind of sign-in."""
    return bool(_NO_PASSWORDS.search(words))


def advice_for(words: str) -> str:
    """What a person can do about a refusal."""
    if is_busy(words):
        return LATER
    if _NO_RIGHT.search(words):
        return "The account that signed in may not use this mailbox, or IMAP is off for it. Ask your IT support."
    if _FULL.search(words):
        return "The mailbox is full. Delete what you no longer need, and try again."
    return "Try again. If it goes on, ask your IT support."
