"""The addresses of the desk, and what is behind each. An address never holds a name, or anything that was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.pages import Pages, number_in
from thep_forms.errors import DecisionError, ThepFormsError, YearError
from thep_forms.office.assign import assign, close, note
from thep_forms.office.confirm import confirm
from thep_forms.office.correct import correct
from thep_forms.office.enter import enter, look_up_known
from thep_forms.office.one_return import ShownAnswer, ShownReturn, look_up_return, problems_in_words
from thep_forms.office.one_school import look_up_school
from thep_forms.office.page_pictures import draw_page
from thep_forms.office.prefer import prefer
from thep_forms.office.to_do import latest_year, look_up_schools, look_up_to_do
from thep_forms.office.undo import undo

STATIC = Path(__file__).parent / "static"
_CHANGED = "Somebody has changed this since you opened the page. Look at it again, and repeat what you want to do."
_MOST_DECISIONS = 100  # that one act takes


Typed = Mapping[str, str]  # by the name of the box
NOTHING_TYPED: Typed = MappingProxyType({})
_ANSWER = "answer:"  # the start of the names of the fields with answers


class Form:
    """The fields of a form that was sent."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        """The last value of a field, without blanks around it; empty where there is none."""
        return next((value.strip() for key, value in reversed(self._fields) if key == name), "")

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self._fields if key == name]

    @property
    def answers(self) -> Typed:
        """What was typed into the boxes, by their names."""
        typed = ((key.removeprefix(_ANSWER), value) for key, value in self._fields if key.startswith(_ANSWER))
        return {name: value.replace("\r\n", "\n").strip() for name, value in typed}

    def is_as_it_was(self, shown: Iterable[ShownAnswer]) -> bool:
        """Whether nobody changed an answer."""
        return not self._changed(shown)

    def changes(self, shown: Iterable[ShownAnswer]) -> list[str]:
        """The answers that were changed, each as `name=answer`. Raises `DecisionError` if none was."""
        changed = self._changed(shown)
        if not changed:
            raise DecisionError("No answer was changed, so there is nothing to save.")
        return [f"{name}={answer}" for name, answer in changed.items()]

    def _changed(self, shown: Iterable[ShownAnswer]) -> dict[str, str]:
        typed, changed = self.answers, dict[str, str]()
        for answer in shown:
            name, was = answer.box.name, answer.value if answer.is_tick and answer.value else answer.now
            now = answer.before if self["take"] == name else typed.get(name, was)
            if now != was.strip():
                changed[name] = now
        return changed


class Desk:
    """What is behind each address. `definitions` are those of one request: a year may begin while the desk is open."""

    def __init__(self, folder: Path, definitions: Callable[[], Definitions], pages: Pages) -> None:
        self.folder, self.definitions, self.pages = folder, definitions, pages

    @property
    def routes(self) -> list[Route | Mount]:
        """The addresses."""
        acts = ["POST"]
        return [
            Route("/", self.to_do),
            Route("/schools", self.schools),
            Route("/schools/{number}", self.school),
            Route("/schools/{number}/enter", self.answers_to_enter),
            Route("/schools/{number}/enter", self.enter, methods=acts),
            Route("/schools/{number}/note", self.note, methods=acts),
            Route("/returns/{return_id}", self.one_return),
            Route("/returns/{return_id}/pages/{page:int}.png", self.picture),
            Route("/returns/{return_id}/{act}", self.decide, methods=acts),
            Route("/undo", self.undo, methods=acts),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    # --- pages ------------------------------------------------------------------------------------------------------

    def to_do(self, request: Request) -> Response:
        """What needs a person."""
        shown = look_up_to_do(self.folder, self.definitions(), _numbers(request))
        return HTMLResponse(self.pages.page("todo", shown=shown))

    def schools(self, request: Request) -> Response:
        """Where each school stands."""
        shown = look_up_schools(self.folder, self.definitions(), request.query_params.get("year", ""))
        wanted = request.query_params.get("standing", "")
        return HTMLResponse(self.pages.page("schools", shown=shown, wanted=wanted))

    def school(self, request: Request, error: str = "") -> Response:
        """One school."""
        number = number_in(request.path_params["number"])
        shown = look_up_school(self.folder, number, self.definitions(), _numbers(request))
        return HTMLResponse(self.pages.page("school", shown=shown, error=error), _status(error))

    def answers_to_enter(self, request: Request, typed: Typed = NOTHING_TYPED, error: str = "") -> Response:
        """The last known answers of a school, to be changed. `typed` is what was typed before an error."""
        definitions = self.definitions()
        number, of_return = number_in(request.path_params["number"]), request.query_params.get("return", "")
        if typed:
            of_return = _form(request)["return"]
        year = latest_year(self.folder, definitions)
        shown = look_up_known(self.folder, number, year, definitions)
        has_file = bool(of_return) and look_up_return(self.folder, of_return, definitions).has_file
        page = self.pages.page(
            "enter",
            has_file=has_file,
            shown=shown,
            of_return=of_return,
            error=error,
            typed=typed,
            field=_wrong(error, shown.answers),
        )
        return HTMLResponse(page, _status(error))

    def one_return(self, request: Request, error: str = "", typed: Typed = NOTHING_TYPED) -> Response:
        """One return, with what is asked of it. `typed` is what was typed before an error."""
        definitions = self.definitions()
        return_id = request.path_params["return_id"]
        shown = look_up_return(self.folder, return_id, definitions)
        to_do = look_up_to_do(self.folder, definitions, _numbers(request))
        page = self.pages.page(
            "return",
            shown=shown,
            to_do=to_do,
            others=[task for task in to_do.tasks if task.return_id != return_id],
            sentences=problems_in_words(shown),
            error=error,
            field=_wrong(error, shown.answers),
            typed=typed,
        )
        return HTMLResponse(page, _status(error))

    def picture(self, request: Request) -> Response:
        """A page of a file, as a picture."""
        path = request.path_params
        _, png = draw_page(self.folder, path["return_id"], path["page"], self.definitions())
        if not png:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(png, media_type="image/png")

    # --- acts -------------------------------------------------------------------------------------------------------

    def decide(self, request: Request) -> Response:
        """A decision about one return."""
        form, return_id = _form(request), request.path_params["return_id"]
        shown = look_up_return(self.folder, return_id, self.definitions())
        if form["state"] != shown.state:
            return self.one_return(request, _CHANGED, form.answers)
        try:
            numbers = self._decide(request.path_params["act"], shown, form)
        except (DecisionError, YearError) as error:
            return self.one_return(request, str(error), form.answers)
        return _back(f"/returns/{return_id}", numbers)

    def _decide(self, act: str, shown: ShownReturn, form: Form) -> Sequence[int]:
        """Take the decision, and give its numbers. Raises `DecisionError`, `YearError`."""
        definitions, why, return_id = self.definitions(), form["why"], shown.returned.return_id
        match act:
            case "correct":
                return correct(self.folder, return_id, form.changes(shown.answers), why, definitions).numbers
            case "confirm":
                return confirm(self.folder, return_id, form.all("field"), why, definitions).numbers
            case "assign":
                year = MembershipYear.parse(form["year"]) if form["year"] else None
                return assign(self.folder, return_id, form["school"], year, why, definitions).numbers
            case "close":
                (closed,) = close(self.folder, [return_id], why, definitions)
                return closed.numbers
            case "prefer":
                return prefer(self.folder, return_id, definitions, why).numbers
        raise DecisionError("The desk knows no such act.")

    def enter(self, request: Request) -> Response:
        """The answers of a school that came without a form."""
        form, number = _form(request), number_in(request.path_params["number"])
        definitions, year = self.definitions(), MembershipYear.parse(form["year"])
        known = look_up_known(self.folder, number, year, definitions)
        # What stands in the boxes is what counts, an address beside a new name too.
        changes = [] if form.is_as_it_was(known.answers) else [f"{box}={text}" for box, text in form.answers.items()]
        try:
            decided = enter(self.folder, number, year, changes, form["why"], definitions, unchanged=not changes)
        except DecisionError as error:
            return self.answers_to_enter(request, form.answers, str(error))
        return _back(request.url.path.rpartition("/")[0], decided.numbers)

    def note(self, request: Request) -> Response:
        """A note on a school."""
        form, number = _form(request), number_in(request.path_params["number"])
        decided = note(self.folder, number, form["text"], self.definitions())
        return _back(request.url.path.rpartition("/")[0], decided.numbers)

    def undo(self, request: Request) -> Response:
        """Take back decisions, and go back to the page on which that was asked for."""
        form = _form(request)
        numbers = [int(number) for number in form.all("decision") if number.isdecimal()]
        undone = undo(self.folder, numbers, form["why"], self.definitions())
        return_ids = list(dict.fromkeys(decision.return_id for decision in undone.decisions if decision.return_id))
        return _back(f"/returns/{return_ids[0]}" if return_ids else "/", undone.numbers)


def make_app(desk: Desk) -> Starlette:
    """The application. What goes wrong is said in words, on a page."""

    def in_words(_: Request, error: Exception) -> Response:
        return HTMLResponse(desk.pages.page("problem", message=str(error)), HTTPStatus.CONFLICT)

    return Starlette(routes=desk.routes, exception_handlers={ThepFormsError: in_words})


def _form(request: Request) -> Form:
    return Form(request.state.form)


def _numbers(request: Request) -> list[int]:
    """The numbers of the decisions that were just taken, from the address of the page."""
    words = request.query_params.get("done", "").split(",")[:_MOST_DECISIONS]
    return [int(word) for word in words if word.isdecimal()]


def _back(path: str, numbers: Sequence[int]) -> Response:
    """Go to a page that says what was just decided."""
    return RedirectResponse(f"{path}?done={','.join(map(str, numbers))}", HTTPStatus.SEE_OTHER)


def _status(error: str) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK


def _wrong(error: str, answers: Iterable[ShownAnswer]) -> str:
    """The box that an error is about: its sentence begins with the label. Empty where it is about none."""
    labels = {answer.box.label: answer.box.name for answer in answers}
    found = [label for label in labels if error.startswith(f"{label}:")]
    return labels[max(found, key=len)] if found else ""
