"""The first page, which lists what needs a person; and taking back what was decided."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.pages import DeskContext
from thep_forms.desk.requests import decisions_taken, go_to, sent_form
from thep_forms.office.to_do import look_up_to_do
from thep_forms.office.undo import undo
from thep_forms.office.years import has_records


class ToDoPages:
    """What needs a person."""

    def __init__(self, desk: DeskContext) -> None:
        self.desk = desk

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/", self.to_do),
            Route("/undo", self.undo, methods=["POST"]),
        ]

    def to_do(self, request: Request) -> Response:
        """What needs a person. Without records, the first questions."""
        if not has_records(self.desk.folder):
            return go_to("/start")
        shown = look_up_to_do(self.desk.folder, self.desk.definitions(), decisions_taken(request), self.desk.sight.year)
        return HTMLResponse(self.desk.pages.page("todo", shown=shown))

    def undo(self, request: Request) -> Response:
        """Take back decisions, and go back to the page on which that was asked for."""
        form = sent_form(request)
        numbers = [int(number) for number in form.all("decision") if number.isdecimal()]
        undone = undo(self.desk.folder, numbers, form["why"], self.desk.definitions())
        return_ids = list(dict.fromkeys(decision.return_id for decision in undone.decisions if decision.return_id))
        return go_to(f"/returns/{return_ids[0]}" if return_ids else "/", undone.numbers)
