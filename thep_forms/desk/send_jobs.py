"""Sending and drafting as jobs: a line for each school, and in the end how many were written to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from thep_forms.desk.downloads import Downloads
from thep_forms.desk.jobs import Job, JobLink
from thep_forms.office.sending.email import draft_messages, send_messages
from thep_forms.office.sending.mail_plan import MailRequest
from thep_forms.office.sending.mail_words import delivery_in_words
from thep_forms.send import Delivery, DeliveryOutcome, Server

_ASK = "Ask the school. If nothing arrived, tick it on the page Send, and write again."
DRAFTS = "drafts.zip"
Work = Callable[[Job], None]


def sending(request: MailRequest, server: Server, per_minute: float, path: str) -> Work:
    """The work that sends. `path` is the page of the messages, where a person goes on after a stop."""

    def work(job: Job) -> None:
        outcomes: list[DeliveryOutcome] = []

        def on_delivery(delivery: Delivery) -> None:
            outcome, message = delivery.reply.outcome, delivery.message
            outcomes.append(outcome)
            job.done += 1
            school = message.school or message.dfe_number
            job.say(f"{school}: {delivery_in_words(delivery)}", is_problem=outcome is not DeliveryOutcome.SENT)

        def before_pause(schools: int, seconds: float) -> None:
            count = "1 school" if schools == 1 else f"{schools} schools"
            job.say(f"The mail server did not take the messages to {count} now. Next try in {seconds:.0f} seconds.")

        try:
            send_messages(request, lambda: server, per_minute, on_delivery, before_pause, job.wait)
        finally:
            sent = outcomes.count(DeliveryOutcome.SENT)
            counted = _counted(job.total, "message", "sent")
            job.result = counted if sent == job.total else f"{sent} of {counted}"
            job.outcome = tuple(_outcome(outcomes, job.total))
            job.links = list(_links_after(sent, len(outcomes), job.total, path))

    return work


def _counted(count: int, what: str, done: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'} {done}"


def _outcome(outcomes: Sequence[DeliveryOutcome], total: int) -> list[str]:
    sent = outcomes.count(DeliveryOutcome.SENT)
    perhaps = outcomes.count(DeliveryOutcome.UNCERTAIN)
    not_sent = len(outcomes) - sent - perhaps
    words = ["1 message was sent." if sent == 1 else f"{sent} messages were sent."]
    if perhaps:
        words.append(f"{'1 message' if perhaps == 1 else perhaps} may have been sent: see below. {_ASK}")
    if not_sent:
        words.append("1 message was not sent: see below." if not_sent == 1 else f"{not_sent} were not sent: see below.")
    if DeliveryOutcome.REFUSED in outcomes:
        words.append("If an address is wrong, correct it in your list of schools, and give the list again.")
    if left := total - len(outcomes):
        words.append("1 school is left." if left == 1 else f"{left} schools are left.")
    return words


def _links_after(sent: int, tried: int, total: int, path: str) -> list[JobLink]:
    schools = JobLink("Where each school stands", "/schools")
    if sent == total:
        return [schools]
    if sent and tried == total:
        return [JobLink("Your list of schools", "/lists"), JobLink("Write to those again", path), schools]
    return [JobLink("Go on with the others" if sent else "Try again", path if sent else f"{path}/how"), schools]


def drafting(request: MailRequest, downloads: Downloads) -> Work:
    """The work that writes drafts, and puts them into one file to be downloaded."""

    def work(job: Job) -> None:
        drafts: list[Path] = []

        def on_draft(draft: Path) -> None:
            drafts.append(draft)
            job.step()

        with TemporaryDirectory(prefix="thep-forms-drafts-") as folder:
            try:
                draft_messages(request, Path(folder), on_draft)
            finally:  # those that were noted as drafted have to reach the person
                _offer(drafts, downloads, job)
        job.links.append(JobLink("Where each school stands", "/schools"))

    return work


def _offer(drafts: list[Path], downloads: Downloads, job: Job) -> None:
    job.result = _counted(len(drafts), "draft", "written")
    if not drafts:
        return
    packed = downloads.path(job, DRAFTS)
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for draft in drafts:
            archive.write(draft, draft.name)
    count = "1 draft is" if len(drafts) == 1 else f"{len(drafts)} drafts are"
    job.outcome = (
        f"{count} ready. Download the file, and unpack it into a folder.",
        "Open each draft with your mail program, look at it, and send it.",
        "Then say that you sent them, so that the desk knows which schools have the form.",
    )
    downloads.offer(job, packed, "Download the drafts")
    job.links.append(JobLink("Say that you sent them", "/send"))
