"""The membership year that the pages are about. A person chooses it in the head of a page; a cookie keeps it.

Another year may be chosen in another tab. What is asked for on a page is done for the year of that page all the same.
So its forms and downloads name the year.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import RecordsError, YearError
from thep_forms.office.years import Years, look_up_years

_COOKIE = "thep_forms_year"
_OF_PAGE = "in_sight"  # the field that names the year of the page on which a form or a download was asked for
_chosen: ContextVar[str] = ContextVar("chosen", default="")  # in the request that is being answered


class ReadsYear:
    """An ASGI application that notes which year a request is about: that of its page, or else the cookie's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] == "http":
            request = HTTPConnection(scope)
            fields = dict(scope.get("state", {}).get("form", ()))
            of_page = fields.get(_OF_PAGE) or request.query_params.get(_OF_PAGE)
            chosen = request.cookies.get(_name(request), "")
            _chosen.set(of_page or chosen)
            if of_page and scope["method"] == "POST" and chosen not in ("", of_page):
                send = _with_year(send, request, of_page)  # the page that follows is of the same year
        await self._app(scope, receive, send)


def _with_year(send: Send, request: HTTPConnection, year: str) -> Send:
    """`send`, which also keeps the year for the requests that follow, unless the answer says one itself."""
    keeping = Response()
    with suppress(YearError):
        choose(keeping, request, MembershipYear.parse(year))
    cookie = keeping.headers.get("set-cookie", "")

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and cookie:
            MutableHeaders(scope=message).setdefault("set-cookie", cookie)
        await send(message)

    return sending


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
