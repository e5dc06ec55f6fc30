"""The page of one return, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.definition import MembershipYear
from thep_forms.desk.pages import DeskContext
from thep_forms.desk.requests import (
    NOTHING_TYPED,
    SentForm,
    Typed,
    box_of_error,
    decisions_taken,
    go_to,
    sent_form,
    status_of,
)
from thep_forms.errors import DecisionError, YearError
from thep_forms.office.assign import assign, close
from thep_forms.office.confirm import confirm
from thep_forms.office.correct import correct
from thep_forms.office.one_return import ShownReturn, look_up_return, problems_in_words
from thep_forms.office.page_pictures import draw_page
from thep_forms.office.prefer import prefer
from thep_forms.office.to_do import look_up_to_do

_CHANGED = "Somebody has changed this since you opened the page. Look at it again, and repeat what you want to do."


class ReturnPages:
    """One return beside its page."""

    def __init__(self, desk: DeskContext) -> None:
        self.desk = desk

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/returns/{return_id}", self.one_return),
            Route("/returns/{return_id}/pages/{page:int}.png", self.picture),
            Route("/returns/{return_id}/{act}", self.decide, methods=["POST"]),
        ]

    def one_return(self, request: Request, error: str = "", typed: Typed = NOTHING_TYPED) -> Response:
        """One return, with what is asked of it. `typed` is what was typed before an error."""
        definitions = self.desk.definitions()
        return_id = request.path_params["return_id"]
        shown = look_up_return(self.desk.folder, return_id, definitions)
        to_do = look_up_to_do(self.desk.folder, definitions, decisions_taken(request), self.desk.sight.year)
        page = self.desk.pages.page(
            "return",
            shown=shown,
            to_do=to_do,
            others=[task for task in to_do.tasks if task.return_id != return_id],
            sentences=problems_in_words(shown),
            error=error,
            field=box_of_error(error, shown.answers),
            typed=typed,
        )
        return HTMLResponse(page, status_of(error))

    def picture(self, request: Request) -> Response:
        """A page of a file, as a picture."""
        path = request.path_params
        _, png = draw_page(self.desk.folder, path["return_id"], path["page"], self.desk.definitions())
        if not png:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(png, media_type="image/png")

    def decide(self, request: Request) -> Response:
        """A decision about one return."""
        form, return_id = sent_form(request), request.path_params["return_id"]
        shown = look_up_return(self.desk.folder, return_id, self.desk.definitions())
        if form["state"] != shown.state:
            return self.one_return(request, _CHANGED, form.answers)
        try:
            numbers = self._decide(request.path_params["act"], shown, form)
        except (DecisionError, YearError) as error:
            return self.one_return(request, str(error), form.answers)
        return go_to(f"/returns/{return_id}", numbers)

    def _decide(self, act: str, shown: ShownReturn, form: SentForm) -> Sequence[int]:
        """Take the decision, and give its numbers. Raises `DecisionError`, `YearError`."""
        definitions, why, return_id = self.desk.definitions(), form["why"], shown.returned.return_id
        match act:
            case "correct":
                return correct(self.desk.folder, return_id, form.changes(shown.answers), why, definitions).numbers
            case "confirm":
                return confirm(self.desk.folder, return_id, form.all("field"), why, definitions).numbers
            case "assign":
                year = MembershipYear.parse(form["year"]) if form["year"] else None
                return assign(self.desk.folder, return_id, form["school"], year, why, definitions).numbers
            case "close":
                (closed,) = close(self.desk.folder, [return_id], why, definitions)
                return closed.numbers
            case "prefer":
                return prefer(self.desk.folder, return_id, definitions, why).numbers
        raise DecisionError("The desk knows no such act.")
