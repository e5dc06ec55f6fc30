"""Fetching from a mailbox, and putting drafts into it, as jobs."""

from __future__ import annotations

from functools import partial

from thep_forms.definition import MembershipYear
from thep_forms.desk.batches import say_page, with_steps
from thep_forms.desk.jobs import Job, JobLink
from thep_forms.desk.mailbox_sign_in import TypedMailbox
from thep_forms.desk.pages import DeskContext
from thep_forms.desk.send_jobs import Work
from thep_forms.errors import MailboxError, SignInError
from thep_forms.office.arrivals.ingest import Summary, ingest
from thep_forms.office.sending.mail_plan import MailRequest
from thep_forms.office.sending.mailbox_drafts import put_drafts
from thep_forms.records.ledger_errors import BusyError
from thep_forms.send import DraftsFolder, OutgoingMessage
from thep_forms.sign_in import Account
from thep_forms.sources.mailbox.reader import Mailbox

_SECONDS_BETWEEN_TRIES = 0.2  # while somebody else is at work on the records


def fetching(desk: DeskContext, typed: TypedMailbox, account: Account) -> Work:
    """The work that reads the new messages of a mailbox, for the year in sight now: a job of its own has none."""
    year = desk.sight.year

    def work(job: Job) -> None:
        desk.mailbox.begin(job)
        job.links = [JobLink("See what needs you", "/"), JobLink("Fetch again", "/mailbox")]
        try:
            summary = _ingest(desk, Mailbox(typed.address, account), year, job)
        except SignInError:
            desk.mailbox.forget(typed)
            raise
        job.outcome = _outcome(summary)
        if summary.failures:
            raise MailboxError(" ".join(summary.failures))
        job.result = job.outcome[0].rstrip(".")

    return work


def _ingest(desk: DeskContext, mailbox: Mailbox, year: MembershipYear, job: Job) -> Summary:
    """Read the messages. While another run is at work on the records, wait."""
    while True:
        try:
            return ingest(
                desk.folder,
                [],
                definitions=desk.definitions(),
                year=year,
                mailboxes=[mailbox],
                progress=partial(with_steps, job),
                on_page=partial(say_page, job),
            )
        except BusyError:
            job.wait(_SECONDS_BETWEEN_TRIES)


def _outcome(summary: Summary) -> tuple[str, ...]:
    if not summary.new:
        return ("No new message is there.",)
    files = "1 new file or message came." if summary.new == 1 else f"{summary.new:,} new files and messages came."
    needing = sum(task.is_new for task in summary.tasks)
    return files, "Nothing of it needs you." if not needing else f"{needing:,} of them need{'s' * (needing == 1)} you."


def putting_drafts(desk: DeskContext, request: MailRequest, typed: TypedMailbox, account: Account) -> Work:
    """The work that puts the messages among the drafts of a mailbox."""

    def work(job: Job) -> None:
        desk.mailbox.begin(job)
        job.links = [JobLink("Where each school stands", "/schools")]

        def on_draft(message: OutgoingMessage) -> None:
            job.step(f"{message.school or message.dfe_number}: put among the drafts")

        try:
            put_drafts(request, lambda: DraftsFolder(typed.address, account), on_draft)
        except SignInError:
            desk.mailbox.forget(typed)
            raise
        finally:
            count = "1 draft is" if job.done == 1 else f"{job.done} drafts are"
            job.outcome = (f"{count} in your mailbox.", "Look at each with your mail program, and send it from there.")
        job.result = job.outcome[0].rstrip(".")

    return work
