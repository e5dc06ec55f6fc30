"""The page that fetches returns from a mailbox."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.job_pages import path_of
from thep_forms.desk.mailbox_jobs import fetching
from thep_forms.desk.mailbox_sign_in import WAYS, TypedMailbox
from thep_forms.desk.pages import DeskContext, PageGroup
from thep_forms.desk.requests import go_to, sent_form, status_of
from thep_forms.errors import DecisionError, SignInError


class MailboxPages(PageGroup):
    """Fetching from the mailbox."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route("/mailbox", self.page), Route("/mailbox", self.fetch, methods=["POST"])]

    def page(self, _: Request) -> Response:
        """Which mailbox to fetch from."""
        return self._shown(self.desk.mailbox.known())

    def fetch(self, request: Request) -> Response:
        """Sign in, and fetch the new messages."""
        form = sent_form(request)
        typed = self.desk.mailbox.typed(form)
        try:
            account = self.desk.mailbox.account(typed, form)
        except (DecisionError, SignInError) as error:
            return self._shown(typed, str(error))
        return go_to(path_of(self.desk.jobs.start("Fetching from the mailbox", fetching(self.desk, typed, account))))

    def _shown(self, typed: TypedMailbox, error: str = "") -> Response:
        return HTMLResponse(mailbox_page(self.desk, typed, error, "/mailbox"), status_of(error))


def mailbox_page(desk: DeskContext, typed: TypedMailbox, error: str, action: str, drafts: int = 0) -> str:
    """The page that asks for a mailbox: to fetch from it, or to put so many drafts into it."""
    has_password = desk.mailbox.has_password(typed)
    shown = {"typed": typed, "error": error, "action": action, "drafts": drafts, "has_password": has_password}
    return desk.pages.page("mailbox", ways=WAYS, **shown)
