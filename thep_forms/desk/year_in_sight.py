"""The membership year that the pages are about. A person chooses it in the head of a page; a cookie keeps it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.jobs import Jobs
from thep_forms.errors import RecordsError, YearError
from thep_forms.office.years import Years, look_up_years, state_of

_COOKIE = "thep_forms_year"
_chosen: ContextVar[str] = ContextVar("chosen", default="")  # in the request that is being answered


class ReadsYear:
    """An ASGI application that notes which year the cookie of a request names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] == "http":
            request = HTTPConnection(scope)
            _chosen.set(request.cookies.get(_name(request), ""))
        await self._app(scope, receive, send)


def choose(response: Response, request: HTTPConnection, year: MembershipYear) -> None:
    """Keep the year for the requests that follow."""
    response.set_cookie(_name(request), str(year), httponly=True, samesite="strict", path="/")


def _name(request: HTTPConnection) -> str:
    """Cookies do not tell ports apart, so their names do."""
    return f"{_COOKIE}_{request.url.port}"


class YearInSight:
    """The year that the page in hand is about, and those to choose from. Raises `TemplateError`."""

    def __init__(self, folder: Path, definitions: Callable[[], Definitions], jobs: Jobs) -> None:
        self._folder, self._definitions, self._jobs = folder, definitions, jobs
        self._known: tuple[tuple[int, ...], Years] | None = None  # as long as the ledger stays as it is

    @property
    def years(self) -> Years:
        """The years to choose from. While the records cannot be opened, they are those that were known before."""
        if self._known and self._jobs.current:
            return self._known[1]  # it would have to wait
        definitions = self._definitions()
        state = (*state_of(self._folder), definitions.default_year.start)
        if self._known is None or self._known[0] != state:
            try:
                self._known = state, look_up_years(self._folder, definitions)
            except RecordsError:
                year = definitions.default_year
                return self._known[1] if self._known else Years(year, (year,))
        return self._known[1]

    @property
    def year(self) -> MembershipYear:
        """The year that was chosen, or else the latest."""
        try:
            return MembershipYear.parse(_chosen.get())
        except YearError:
            return self.years.latest
