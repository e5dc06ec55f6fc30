"""The pages that write to schools: whom, what, and how."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.defaults import (
    MESSAGES_A_MINUTE,
    SMTP_HOST_VARIABLE,
    SMTP_PORT,
    SMTP_PORT_VARIABLE,
    SMTP_USER_VARIABLE,
)
from thep_forms.desk.job_pages import path_of
from thep_forms.desk.jobs import Job
from thep_forms.desk.mailbox_jobs import putting_drafts
from thep_forms.desk.mailbox_pages import mailbox_page
from thep_forms.desk.mailbox_sign_in import PASSWORD, WAYS, TypedMailbox
from thep_forms.desk.pages import DeskContext, PageGroup
from thep_forms.desk.requests import SentForm, decisions_taken, go_to, sent_form, status_of
from thep_forms.desk.send_jobs import Work, drafting, sending
from thep_forms.errors import DecisionError, SendError, SignInError
from thep_forms.office.decisions.notes import note_on_paper
from thep_forms.office.display.to_do import look_up_tasks
from thep_forms.office.schools.school_status import ReminderRule, first_reminder_day
from thep_forms.office.sending.drafts import note_drafts_sent
from thep_forms.office.sending.email import look_up_plan, show_message
from thep_forms.office.sending.mail_choice import (
    look_up_choice,
    request_for_chosen,
    request_for_due,
    request_for_school,
)
from thep_forms.office.sending.mail_plan import FormMessages, MailRequest
from thep_forms.office.sending.mail_words import STANDS, is_meant, skipped_in_words, written_in_words
from thep_forms.records import SentKind
from thep_forms.send import Server
from thep_forms.sources.mailbox.address import INBOX, is_host

_GONE = "The desk was opened again since you chose these schools. Choose them again."
_NOBODY_CHOSEN = "Tick the schools to write to."
_NO_DRAFTS = "The desk does not know which drafts you mean. Open the page Send again."
_BOXES = ("host", "port", "user", "per_minute")


class Typed(Struct, frozen=True):
    """What stands in the boxes for the mail server, as text. The password is never among it."""

    host: str
    port: str
    user: str
    per_minute: str


class SendPages(PageGroup):
    """Writing to schools. Chosen schools, and the mail server with its password, are kept in memory alone."""

    def __init__(self, desk: DeskContext) -> None:
        super().__init__(desk)
        self._requests: list[MailRequest] = []
        self._server: Server | None = None

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/send", self.who),
            Route("/send", self.choose, methods=["POST"]),
            Route("/send/drafts", self.drafts_sent, methods=["POST"]),
            Route("/send/{number:int}", self.what),
            Route("/send/{number:int}/how", self.how),
            Route("/send/{number:int}/mail", self.mail, methods=["POST"]),
            Route("/send/{number:int}/drafts", self.drafts, methods=["POST"]),
            Route("/send/{number:int}/mailbox", self.mailbox),
            Route("/send/{number:int}/mailbox", self.drafts_to_mailbox, methods=["POST"]),
        ]

    # --- who --------------------------------------------------------------------------------------------------------

    def who(self, request: Request, error: str = "") -> Response:
        """Whom to write to."""
        asked, definitions, taken = request.query_params, self.desk.definitions(), decisions_taken(request)
        choice = look_up_choice(self.desk.folder, self.desk.sight.year, definitions)
        tasks = look_up_tasks(self.desk.folder, definitions, self.desk.sight.year, taken) if taken else None
        phase, standing = asked.get("phase", ""), asked.get("standing", "")
        shown = [status for status in choice.statuses if is_meant(status, phase, standing)]
        page = self.desk.pages.page(
            "send",
            choice=choice,
            shown=shown,
            phase=phase,
            standing=standing,
            stands=STANDS,
            ticked={status.dfe_number for status in shown} if "all" in asked else set(asked.getlist("school")),
            done=tasks.done if tasks else None,
            noted=asked.get("noted", ""),
            written=written_in_words,
            error=error,
            job=self.desk.jobs.current,
        )
        return HTMLResponse(page, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    def choose(self, request: Request) -> Response:
        """Take the choice, and show the first message; or note that schools were given the form on paper."""
        form = sent_form(request)
        try:
            if form["who"] == "on_paper":
                return self._note_on_paper(form.all("school"))
            self._requests.append(self._request(form))
        except DecisionError as error:
            return self.who(request, str(error))
        return go_to(f"/send/{len(self._requests)}")

    def _note_on_paper(self, numbers: list[str]) -> Response:
        """Note that the ticked schools were given the form on paper. Raises `DecisionError` if none is ticked."""
        noted = note_on_paper(self.desk.folder, self.desk.sight.year, numbers, self.desk.definitions())
        return go_to("/send", [decision for each in noted for decision in each.numbers])

    def drafts_sent(self, request: Request) -> Response:
        """Note that the drafts were sent, those that the person was asked about."""
        try:
            last = datetime.fromisoformat(sent_form(request)["last"])
        except ValueError as error:
            raise DecisionError(_NO_DRAFTS) from error
        count = note_drafts_sent(self.desk.folder, self.desk.sight.year, last, self.desk.definitions())
        return go_to(f"/send?noted={count}")

    def _request(self, form: SentForm) -> MailRequest:
        """What to write, and to whom. Raises `DecisionError` if nobody is chosen."""
        definitions, folder = self.desk.definitions(), self.desk.folder
        year, numbers = self.desk.sight.year, tuple(form.all("school"))
        match form["who"]:
            case "new":
                return MailRequest(year, None, folder, definitions, FormMessages())
            case "reminders":
                return request_for_due(folder, year, definitions)
            case "all":
                numbers = tuple(status.dfe_number for status in look_up_choice(folder, year, definitions).statuses)
                return request_for_chosen(folder, year, SentKind.FORM, numbers, definitions)
            case "school" if numbers:
                return request_for_school(folder, year, numbers[0], definitions)
            case ("form" | "reminder") as kind if numbers:
                return request_for_chosen(folder, year, SentKind(kind), numbers, definitions)
        raise DecisionError(_NOBODY_CHOSEN)

    # --- what -------------------------------------------------------------------------------------------------------

    def what(self, request: Request) -> Response:
        """A message as it will arrive, and who gets one."""
        number, mail = self._chosen(request)
        at = request.query_params.get("at", "")
        shown = show_message(mail, int(at) if at.isdecimal() else 1)
        rule = mail.what if isinstance(mail.what, ReminderRule) else None
        page = self.desk.pages.page(
            "send_what",
            number=number,
            shown=shown,
            kind=mail.kind,
            skipped=skipped_in_words(shown.plan.skipped, rule),
            remind_from=first_reminder_day(shown.plan.in_time, mail.definitions(mail.year)) if rule else None,
        )
        return HTMLResponse(page)

    def _chosen(self, request: Request) -> tuple[int, MailRequest]:
        """The choice that the address names. Raises `DecisionError` where there is none."""
        number = request.path_params["number"]
        if not 0 < number <= len(self._requests):
            raise DecisionError(_GONE)
        # The address of the partnership may have been put right since.
        return number, replace(self._requests[number - 1], definitions=self.desk.definitions())

    # --- how --------------------------------------------------------------------------------------------------------

    def how(self, request: Request, error: str = "", box: str = "", typed: Typed | None = None) -> Response:
        """How to send: through a mail server, or as drafts."""
        number, mail = self._chosen(request)
        page = self.desk.pages.page(
            "send_how",
            number=number,
            plan=look_up_plan(mail),
            kind=mail.kind,
            typed=typed or self._known_server(),
            has_password=bool(self._server and self._server.password),
            ways=WAYS,
            way=self.desk.mailbox.known().way,
            error=error,
            box=box,
        )
        return HTMLResponse(page, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    def _known_server(self) -> Typed:
        """What is known of the mail server: what was typed before, in an earlier run too, or what the system says."""
        rate = str(MESSAGES_A_MINUTE)
        if self._server:
            return Typed(self._server.host, str(self._server.port), self._server.user, rate)
        kept, known = self.desk.settings.read(), os.environ.get
        if kept.mail_host:
            return Typed(kept.mail_host, kept.mail_port, kept.mail_user, rate)
        port = known(SMTP_PORT_VARIABLE, str(SMTP_PORT))
        return Typed(known(SMTP_HOST_VARIABLE, ""), port, known(SMTP_USER_VARIABLE, ""), rate)

    def mail(self, request: Request) -> Response:
        """Sign in to the mail server, and send."""
        number, mail = self._chosen(request)
        form = sent_form(request)
        typed = Typed(*(form[box] for box in _BOXES))
        if wrong := _wrong_box(typed):
            return self.how(request, *wrong, typed)
        try:
            server = self._server = self._server_of(typed, form)
        except SignInError as error:
            return self.how(request, str(error), "way", typed)
        with suppress(OSError):  # the mail goes out all the same
            self.desk.settings.change(mail_host=typed.host, mail_port=typed.port, mail_user=typed.user)
        work = sending(mail, server, int(typed.per_minute), f"/send/{number}")

        def work_that_forgets(job: Job) -> None:
            self.desk.mailbox.begin(job)
            try:
                work(job)
            except (SendError, SignInError):  # the password may be wrong: it is asked for again
                self._server = Server.at(server.host, server.port, server.user)
                raise

        return self._start(mail, "Sending", work_that_forgets)

    def _server_of(self, typed: Typed, form: SentForm) -> Server:
        """The mail server that was typed. An empty password means the one of before, at the same server.

        Raises `SignInError` where the user is to sign in, and that is not set up.
        """
        if form["way"] in WAYS and form["way"] != PASSWORD:
            tokens = self.desk.mailbox.signed_in(form["way"], typed.user).tokens
            return Server.at(typed.host, int(typed.port), typed.user, tokens=tokens)
        password, before = next(iter(form.all("password")), ""), self._server
        if not password and before and (before.host, before.user) == (typed.host, typed.user):
            password = before.password
        return Server.at(typed.host, int(typed.port), typed.user, password)

    def drafts(self, request: Request) -> Response:
        """Write drafts to download."""
        _, mail = self._chosen(request)
        return self._start(mail, "Writing drafts of", drafting(mail, self.desk.downloads))

    def mailbox(self, request: Request, error: str = "", typed: TypedMailbox | None = None) -> Response:
        """Which mailbox to put drafts into."""
        number, mail = self._chosen(request)
        typed, count = typed or self.desk.mailbox.known(), len(look_up_plan(mail).recipients)
        page = mailbox_page(self.desk, typed, error, f"/send/{number}/mailbox", count)
        return HTMLResponse(page, status_of(error))

    def drafts_to_mailbox(self, request: Request) -> Response:
        """Sign in to the mailbox, and put drafts into it."""
        _, mail = self._chosen(request)
        form = sent_form(request)
        typed = replace(self.desk.mailbox.typed(form), folder=form["drafts_folder"] or INBOX)
        try:
            account = self.desk.mailbox.account(typed, form)
        except (DecisionError, SignInError) as error:
            return self.mailbox(request, str(error), typed)
        return self._start(mail, "Putting drafts of", putting_drafts(self.desk, mail, typed, account))

    def _start(self, mail: MailRequest, verb: str, work: Work) -> Response:
        count = len(look_up_plan(mail).recipients)
        what = "the form" if mail.kind is SentKind.FORM else "a reminder"
        schools = "1 school" if count == 1 else f"{count} schools"
        return go_to(path_of(self.desk.jobs.start(f"{verb} {what} to {schools}", work, count)))


def _wrong_box(typed: Typed) -> tuple[str, str] | None:
    """What is wrong with what was typed, and in which box; None if nothing is."""
    if not is_host(typed.host):
        return "Enter the name of the mail server, such as mail.example.org.", "host"
    if not (typed.port.isdecimal() and 0 < int(typed.port) < 65536):
        return "Enter the port of the mail server as a number, such as 587.", "port"
    if not (typed.per_minute.isdecimal() and int(typed.per_minute)):
        return "Enter how many messages to send in a minute, 1 or more.", "per_minute"
    return None
