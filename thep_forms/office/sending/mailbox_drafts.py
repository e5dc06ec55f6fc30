"""Messages to the schools as drafts in a mailbox, to be looked at and sent with the mail program that shows them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from thep_forms.office.sending.email import Mailing, ledger_to_write, prepare, renew_copy
from thep_forms.office.sending.mail_plan import MailRequest
from thep_forms.send import DraftsFolder, OutgoingMessage


def put_drafts(
    request: MailRequest, folder: Callable[[], DraftsFolder], on_draft: Callable[[OutgoingMessage], object]
) -> Mailing:
    """Put the messages into the folder for drafts of a mailbox, each once, and note them.

    `folder` is called if there is a message; it may ask for a password. `on_draft` is called with each message that is
    there. Raises as `draft_messages`, and `MailboxError` and `SignInError`; what was put there before stays, and noted.
    """
    prepared, count = prepare(request, ledger_to_write), 0
    if prepared.messages:
        with closing(folder()) as opened:
            opened.open()
            try:
                for message in prepared.outbox(request).put_drafts(prepared.messages, opened):
                    count += 1
                    on_draft(message)
            finally:
                renew_copy(request)
    return Mailing(prepared.plan, *prepared.warnings, in_mailbox=count)
