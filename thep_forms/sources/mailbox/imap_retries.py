"""Goes on after the connection to a mail server was lost: connects again, and repeats what was going on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from thep_forms.errors import MailboxError
from thep_forms.sources.mailbox.imap import ImapConnection, LostError, SilentError
from thep_forms.sources.mailbox.imap_refusals import LATER

T = TypeVar("T")

PAUSES = (0.0, 1.0, 5.0)  # seconds before each try to connect again


def kept_up(
    connection: ImapConnection, act: Callable[[], T], open_again: Callable[[], object], pauses: Sequence[float] = ()
) -> T:
    """What the act gives. If the connection is lost, connect again and repeat it, a few times at most.

    `open_again` opens the folder of a connection that is not open. A server that says nothing is asked once more only.
    """
    for pause in pauses or PAUSES:
        try:
            if not connection.is_open:
                open_again()
            return act()
        except LostError as error:
            connection.drop()
            if isinstance(error, SilentError) and pause:
                raise
            time.sleep(pause)
    if not connection.is_open:
        open_again()
    return act()


def say_later(error: LostError) -> MailboxError:
    """The error with what to do about it, where nothing has been read or written."""
    words = str(error)
    has_advice = ". " in words  # in a second sentence
    return MailboxError(words if has_advice else f"{words} {LATER}")
