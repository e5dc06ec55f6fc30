"""The package's own exceptions. Each message says what is wrong and what to do; `cli` prints it in one line."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto


class Remedy(Enum):
    """What mends a problem. `cli` names the command or the option for it; the desk has a button or a page."""

    ASSIGN = auto()
    CORRECT = auto()
    ENTER = auto()
    FIND = auto()
    GIVE_LIST = auto()
    INGEST = auto()
    NAME_DECISION = auto()
    NAME_FIELD = auto()
    NAME_RETURN = auto()
    SAY_UNCHANGED = auto()
    SAY_WHOSE = auto()
    SEE_PROBLEMS = auto()


class ThepFormsError(Exception):
    """A problem that the user can put right.

    The text is one or two clear sentences, which are right at the desk and at a terminal. It never holds personal
    data. `remedy` says what mends the problem, None where the text says it all.
    """

    def __init__(self, text: str, remedy: Remedy | None = None) -> None:
        super().__init__(text)
        self.remedy = remedy


class YearError(ThepFormsError):
    """A text is not a membership year."""


class TemplateError(ThepFormsError):
    """A template has a mistake. The text names the file, the key, what is wrong and what would be right."""


class LayoutError(ThepFormsError):
    """A form cannot be drawn as defined: something does not fit its box or its page, or has no glyph."""


class SourceError(ThepFormsError):
    """A file or folder that the user named does not exist, cannot be read, or has mistakes in it."""


class MailboxError(SourceError):
    """A mailbox cannot be used: not reachable, not safe, no such folder, or it was lost."""


class SignInError(ThepFormsError):
    """Nobody can sign in to a mail server: it refuses the user name, the password or the token."""


class RecordsError(ThepFormsError):
    """A RECORDS folder cannot be used."""


class UnsoundError(RecordsError):
    """A ledger is damaged, was left by a run that was cut off, or is no ledger."""


class DecisionError(ThepFormsError):
    """A person cannot decide that: there is no such return, field or school, or what is there rules it out.

    The text may quote what that person has just typed.
    """


class AnswersError(DecisionError):
    """Answers are wrong. `mistakes` says in a sentence each what is; `end` says what was done."""

    def __init__(self, mistakes: Iterable[str], end: str) -> None:
        self.mistakes, self.end = tuple(dict.fromkeys(mistakes)), end
        super().__init__(" ".join((*self.mistakes, end)))


class ClusterError(ThepFormsError):
    """The machines of a cluster cannot be used: not reachable, not safe, not the same version, or lost."""


class SendError(ThepFormsError):
    """No message can be sent: the mail server cannot be used, or it refuses the sender."""


class RecipientsError(SendError):
    """A message would go to more schools than is safe: the schools must be chosen first."""


class OutputError(ThepFormsError):
    """A file cannot be written where the user wants it."""
