"""The first page, which lists what needs a person; what schools wrote; and taking back what was decided."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.definition import MembershipYear
from thep_forms.desk.pages import PageGroup
from thep_forms.desk.requests import decisions_taken, go_to, sent_form, status_of
from thep_forms.errors import DecisionError
from thep_forms.office.dates import today
from thep_forms.office.decisions.assign import close
from thep_forms.office.decisions.enter import enter
from thep_forms.office.decisions.undo import undo
from thep_forms.office.display.school_words import look_up_words, note_as_read
from thep_forms.office.display.to_do import look_up_task, look_up_tasks, look_up_to_do
from thep_forms.office.tasks import Act, Task, TaskKind
from thep_forms.office.years import can_begin

_DEALT_WITH = "Somebody has dealt with this since you opened the page. Nothing was changed."


class ToDoPages(PageGroup):
    """What needs a person."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/", self.to_do),
            Route("/messages", self.messages),
            Route("/messages/read", self.note_as_read, methods=["POST"]),
            Route("/tasks/{return_id}/{act}", self.settle, methods=["POST"]),
            Route("/undo", self.undo, methods=["POST"]),
        ]

    def to_do(self, request: Request, error: str = "") -> Response:
        """What needs a person: all of it, or what is of one kind. Without records, the first questions."""
        if can_begin(self.desk.folder):
            return go_to("/start")
        shown = look_up_to_do(self.desk.folder, self.desk.definitions(), decisions_taken(request), self.desk.sight.year)
        wanted = request.query_params.get("kind", "")
        page = self.desk.pages.page(
            "todo", shown=shown, kinds=list(TaskKind), wanted=wanted, today=today(), acts=Act, error=error
        )
        return HTMLResponse(page, status_of(error))

    def messages(self, request: Request, error: str = "") -> Response:
        """What schools wrote with the forms that need nobody."""
        definitions, year = self.desk.definitions(), self.desk.sight.year
        shown = look_up_words(self.desk.folder, definitions, year)
        done = look_up_tasks(self.desk.folder, definitions, year, decisions_taken(request)).done
        page = self.desk.pages.page("messages", shown=shown, done=done, error=error)
        return HTMLResponse(page, status_of(error))

    def note_as_read(self, request: Request) -> Response:
        """Note that what schools wrote is read, and go back to where somebody read it."""
        form = sent_form(request)
        read = {return_id: texts.split() for return_id, _, texts in (each.partition(" ") for each in form.all("read"))}
        try:
            numbers = note_as_read(self.desk.folder, read, self.desk.definitions())
        except DecisionError as error:
            return self.messages(request, str(error))
        return go_to(f"/returns/{next(iter(read))}" if form["page"] == "return" else "/messages", numbers)

    def settle(self, request: Request) -> Response:
        """Settle a task with the one act that its line offers."""
        task = look_up_task(self.desk.folder, request.path_params["return_id"], self.desk.definitions())
        if not task:
            return self.to_do(request, _DEALT_WITH)
        try:
            return go_to("/", self._settle(task, request.path_params["act"]))
        except DecisionError as error:
            name = task.school_name or task.source
            return self.to_do(request, f"{name}: {error} Choose “Look”, and then “Type in its answers”.")

    def _settle(self, task: Task, act: str) -> tuple[int, ...]:
        """Take the decision, and give its numbers. Raises `DecisionError`."""
        definitions = self.desk.definitions()
        if act == Act.CLOSE:
            (closed,) = close(self.desk.folder, [task.return_id], "", definitions)
            return closed.numbers
        if act == Act.ENTER_UNCHANGED and task.act is Act.ENTER_UNCHANGED:
            year = MembershipYear.parse(task.year)
            return enter(
                self.desk.folder, task.dfe_number, year, [], "; ".join(task.what), definitions, unchanged=True
            ).numbers
        raise DecisionError("The desk knows no such act.")

    def undo(self, request: Request) -> Response:
        """Take back decisions, and go back to the page on which that was asked for."""
        form = sent_form(request)
        numbers = [int(number) for number in form.all("decision") if number.isdecimal()]
        undone = undo(self.desk.folder, numbers, form["why"], self.desk.definitions())
        return_ids = list(dict.fromkeys(decision.return_id for decision in undone.decisions if decision.return_id))
        return go_to(f"/returns/{return_ids[0]}" if return_ids else "/", undone.numbers)
