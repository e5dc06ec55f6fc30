"""The page of the keys, where a person turns off those that are single letters (WCAG 2.1.4)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.pages import DeskContext, PageGroup
from thep_forms.desk.requests import go_to, sent_form


class KeysPages(PageGroup):
    """The keys, and the setting that every page follows."""

    def __init__(self, desk: DeskContext) -> None:
        super().__init__(desk)
        desk.pages.show_everywhere(settings=desk.settings.read)

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [Route("/keys", self.keys), Route("/keys", self.change, methods=["POST"])]

    def keys(self, request: Request) -> Response:
        """What each key does."""
        return HTMLResponse(self.desk.pages.page("keys", is_saved="saved" in request.query_params))

    def change(self, request: Request) -> Response:
        """Turn the keys that are single letters on or off."""
        self.desk.settings.change(has_keys=bool(sent_form(request)["letters"]))
        return go_to("/keys?saved=yes")
