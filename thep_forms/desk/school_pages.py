"""The pages of the schools: where each stands, what is known of one, and what it told without a form."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.definition import MembershipYear
from thep_forms.desk.pages import PageGroup, number_in
from thep_forms.desk.requests import (
    CHANGED,
    NOTHING_TYPED,
    Typed,
    box_of,
    decisions_taken,
    go_to,
    mistakes_in,
    sent_form,
    status_of,
)
from thep_forms.errors import DecisionError
from thep_forms.office.decisions.enter import enter, look_up_known
from thep_forms.office.decisions.notes import note, note_number_before, note_on_paper
from thep_forms.office.display.one_return import look_up_return
from thep_forms.office.display.one_school import look_up_school
from thep_forms.office.display.to_do import look_up_schools, look_up_tasks
from thep_forms.office.schools.school_status import Standing
from thep_forms.office.tasks import next_task


class SchoolPages(PageGroup):
    """All schools, and one of them."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/schools", self.schools),
            Route("/schools/{number}", self.school),
            Route("/schools/{number}/enter", self.answers_to_enter),
            Route("/schools/{number}/enter", self.enter, methods=["POST"]),
            Route("/schools/{number}/note", self.note, methods=["POST"]),
            Route("/schools/{number}/number-before", self.note_number_before, methods=["POST"]),
            Route("/schools/{number}/on-paper", self.note_on_paper, methods=["POST"]),
        ]

    def schools(self, request: Request) -> Response:
        """Where each school stands."""
        year = request.query_params.get("year", "") or str(self.desk.sight.year)
        shown = look_up_schools(self.desk.folder, self.desk.definitions(), year)
        wanted = request.query_params.get("standing", "")
        labels = self.desk.definitions()(MembershipYear.parse(shown.year)).phase_labels
        phases: dict[tuple[str, ...], str] = {}  # in words; many schools have the same, and the same standing
        standings: dict[Standing, str] = {}
        for status in shown.statuses:
            if status.member.phases not in phases:
                phases[status.member.phases] = ", ".join(labels.get(phase, phase) for phase in status.member.phases)
            standings.setdefault(status.standing, status.standing.label.capitalize())
        page = self.desk.pages.page("schools", shown=shown, wanted=wanted, phases=phases, standings=standings)
        return HTMLResponse(page)

    def school(self, request: Request, error: str = "", typed: str = "") -> Response:
        """One school. `typed` is the number before that was typed before an error."""
        number = number_in(request.path_params["number"])
        taken, year = decisions_taken(request), self.desk.sight.year
        shown = look_up_school(self.desk.folder, number, self.desk.definitions(), taken, year)
        to_do = look_up_tasks(self.desk.folder, self.desk.definitions(), year) if shown.done else None
        following = next_task(to_do.tasks, number) if to_do else None
        page = self.desk.pages.page("school", shown=shown, to_do=to_do, following=following, error=error, typed=typed)
        return HTMLResponse(page, status_of(error))

    def answers_to_enter(
        self, request: Request, typed: Typed = NOTHING_TYPED, error: DecisionError | None = None
    ) -> Response:
        """The last known answers of a school, to be changed. `typed` is what was typed before an error."""
        definitions = self.desk.definitions()
        number, of_return = number_in(request.path_params["number"]), request.query_params.get("return", "")
        if error:
            of_return = sent_form(request)["return"]
        year = self.desk.sight.year
        shown = look_up_known(self.desk.folder, number, year, definitions)
        came = look_up_return(self.desk.folder, of_return, definitions) if of_return else None
        page = self.desk.pages.page(
            "enter",
            has_file=bool(came and came.has_file),
            text=came.message if came else "",
            words=came.words if came else (),
            shown=shown,
            of_return=of_return,
            typed=typed,
            missing=[(label, box_of(f"{label}:", shown.answers)) for label in shown.missing],
            **mistakes_in(error, shown.answers),
        )
        return HTMLResponse(page, status_of(error))

    def enter(self, request: Request) -> Response:
        """The answers of a school that came without a form."""
        form, number = sent_form(request), number_in(request.path_params["number"])
        definitions, year = self.desk.definitions(), MembershipYear.parse(form["year"])
        known = look_up_known(self.desk.folder, number, year, definitions)
        if form["state"] != known.state:
            return self.answers_to_enter(request, error=DecisionError(CHANGED))
        # What stands in the boxes is what counts, an address beside a new name too.
        changes = [] if form.is_as_it_was(known.answers) else [f"{box}={text}" for box, text in form.answers.items()]
        try:
            decided = enter(self.desk.folder, number, year, changes, form["why"], definitions, unchanged=not changes)
        except DecisionError as error:
            return self.answers_to_enter(request, form.answers, error)
        return go_to(request.url.path.rpartition("/")[0], decided.numbers)

    def note(self, request: Request) -> Response:
        """A note on a school."""
        form, number = sent_form(request), number_in(request.path_params["number"])
        decided = note(self.desk.folder, number, form["text"], self.desk.definitions())
        return go_to(request.url.path.rpartition("/")[0], decided.numbers)

    def note_on_paper(self, request: Request) -> Response:
        """Note that a school was given the form on paper."""
        number = number_in(request.path_params["number"])
        (noted,) = note_on_paper(self.desk.folder, self.desk.sight.year, [number], self.desk.definitions())
        return go_to(request.url.path.rpartition("/")[0], noted.numbers)

    def note_number_before(self, request: Request) -> Response:
        """Note which DfE number a school had before."""
        number, typed = number_in(request.path_params["number"]), sent_form(request)["before"]
        try:
            noted = note_number_before(self.desk.folder, number, typed, self.desk.definitions())
        except DecisionError as error:
            return self.school(request, str(error), typed)
        return go_to(request.url.path.rpartition("/")[0], noted.numbers)
