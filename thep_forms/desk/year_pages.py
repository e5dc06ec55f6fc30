"""Choosing the membership year that the pages are about."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thep_forms.definition import MembershipYear
from thep_forms.desk.pages import DeskContext, PageGroup
from thep_forms.desk.requests import go_to, sent_form
from thep_forms.desk.year_in_sight import choose

_PAGES = {
    "todo": "/",
    "schools": "/schools",
    "lists": "/lists",
    "add": "/add",
    "send": "/send",
    "forms": "/forms",
}  # that there are for each year


class YearPages(PageGroup):
    """The choice of the year, which stands in the head of every page."""

    def __init__(self, desk: DeskContext) -> None:
        super().__init__(desk)
        desk.pages.show_everywhere(sight=desk.sight)

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route("/year", self.choose, methods=["POST"])]

    def choose(self, request: Request) -> Response:
        """Show another year."""
        form = sent_form(request)
        response = go_to(_PAGES.get(form["page"], "/"))
        choose(response, request, MembershipYear.parse(form["year"]))
        return response
