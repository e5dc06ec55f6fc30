"""The membership year that the pages are about. A person chooses it in the head of a page; a cookie keeps it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import RecordsError, YearError
from thep_forms.office.years import Years, look_up_years

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

    def __init__(self, folder: Path, definitions: Callable[[], Definitions]) -> None:
        self._folder, self._definitions = folder, definitions

    @property
    def years(self) -> Years:
        """The years to choose from. Where the records cannot be opened, that is this year alone."""
        definitions = self._definitions()
        try:
            return look_up_years(self._folder, definitions)
        except RecordsError:
            year = definitions.default_year
            return Years(year, (year,))

    @property
    def year(self) -> MembershipYear:
        """The year that was chosen, or else the latest."""
        try:
            return MembershipYear.parse(_chosen.get())
        except YearError:
            return self.years.latest
