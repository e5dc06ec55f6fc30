"""The page of one return, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from thep_forms.definition import MembershipYear
from thep_forms.desk.pages import PageGroup
from thep_forms.desk.requests import (
    ALL,
    CHANGED,
    NOTHING_TYPED,
    SentForm,
    Typed,
    decisions_taken,
    go_to,
    mistakes_in,
    sent_form,
    status_of,
)
from thep_forms.errors import DecisionError, YearError
from thep_forms.office.decisions.assign import assign, close
from thep_forms.office.decisions.confirm import confirm, confirm_answers
from thep_forms.office.decisions.correct import correct
from thep_forms.office.decisions.prefer import prefer
from thep_forms.office.decisions.put_together import put_together
from thep_forms.office.display.box_crops import draw_crop
from thep_forms.office.display.box_places import look_up_places
from thep_forms.office.display.conflict import look_up_conflict
from thep_forms.office.display.kept_file import look_up_file
from thep_forms.office.display.one_return import ShownReturn, look_up_return, problems_in_words
from thep_forms.office.display.page_pictures import draw_page
from thep_forms.office.display.to_do import look_up_names, look_up_tasks
from thep_forms.office.schools.school_in_name import number_of, school_in_name
from thep_forms.office.tasks import Task, next_task

NEXT_RETURN = "next"  # the id of the link to the next return


class ReturnPages(PageGroup):
    """One return beside its page."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/returns/{return_id}", self.one_return),
            Route("/returns/{return_id}/pages/{page:int}.png", self.picture),
            Route("/returns/{return_id}/places", self.places),
            Route("/returns/{return_id}/file", self.file),
            Route("/returns/{return_id}/boxes/{box}.png", self.crop),
            Route("/returns/{return_id}/{act}", self.decide, methods=["POST"]),
        ]

    def one_return(self, request: Request, error: Exception | None = None, typed: Typed = NOTHING_TYPED) -> Response:
        """One return, with what is asked of it. `typed` is what was typed before an error."""
        definitions = self.desk.definitions()
        return_id = request.path_params["return_id"]
        shown = look_up_return(self.desk.folder, return_id, definitions)
        to_do = look_up_tasks(self.desk.folder, definitions, self.desk.sight.year, decisions_taken(request))
        may_be_assigned = shown.task or shown.can_be_taken_off or shown.may_be_of_another
        names = self._names(shown) if may_be_assigned else {}
        in_name = school_in_name(shown.returned.source, names)
        by, proposed = "The name of the file speaks of", in_name
        if shown.dfe_number:  # that of no member, such as the old one of a school that has a new one
            is_members = shown.dfe_number in names
            by, proposed = "Its name is like that of", "" if is_members else school_in_name(shown.school_name, names)
            if shown.number_now in names:
                by, proposed = "That was the number before of", shown.number_now
        elif not in_name and shown.sender in names:
            by, proposed = "The message came from", shown.sender
        elif not in_name and shown.sender_like in names:
            by, proposed = "It came from an address that ends like that of", shown.sender_like
        page = self.desk.pages.page(
            "return",
            shown=shown,
            to_do=to_do,
            names=names,
            proposed=proposed,
            proposed_by=by,
            proposed_name=names.get(proposed, ""),
            conflict=look_up_conflict(self.desk.folder, shown, definitions),
            **_neighbours(to_do.tasks, return_id, shown),
            sentences=problems_in_words(shown),
            **mistakes_in(error, shown.answers),
            typed=typed,
        )
        return HTMLResponse(page, status_of(error))

    def _names(self, shown: ShownReturn) -> dict[str, str]:
        """The member schools of the year for which the return was collected, by DfE number."""
        return look_up_names(self.desk.folder, self.desk.definitions(), shown.returned.year_collected)

    def file(self, request: Request) -> Response:
        """The file of a return as it came, to be saved. The browser does not open it: strangers made it."""
        name, path = look_up_file(self.desk.folder, request.path_params["return_id"], self.desk.definitions())
        return FileResponse(path, media_type="application/octet-stream", filename=name)

    def picture(self, request: Request) -> Response:
        """A page of a file, as a picture."""
        path = request.path_params
        _, png = draw_page(self.desk.folder, path["return_id"], path["page"], self.desk.definitions())
        if not png:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(png, media_type="image/png")

    def crop(self, request: Request) -> Response:
        """What stands in a box, cut out of the picture."""
        path = request.path_params
        png = draw_crop(self.desk.folder, path["return_id"], path["box"], self.desk.definitions())
        if not png:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(png, media_type="image/png")

    def places(self, request: Request) -> Response:
        """How many pages the file of a return has, and where its boxes are on them, for the script."""
        found = look_up_places(self.desk.folder, request.path_params["return_id"], self.desk.definitions())
        return Response(msgspec.json.encode(found), media_type="application/json")

    def decide(self, request: Request) -> Response:
        """A decision about one return."""
        form, return_id = sent_form(request), request.path_params["return_id"]
        shown = look_up_return(self.desk.folder, return_id, self.desk.definitions())
        if form["state"] != shown.state:
            # Without what was typed: it would stand in the place of what somebody else has changed.
            return self.one_return(request, DecisionError(CHANGED))
        try:
            numbers = self._decide(request.path_params["act"], shown, form)
        except (DecisionError, YearError) as error:
            return self.one_return(request, error, form.answers)
        decided = shown.rest if request.path_params["act"] == "add" else return_id
        return go_to(f"/returns/{decided}", numbers, self._next_place(return_id, form["confirm"]))

    def _next_place(self, return_id: str, confirmed: str) -> str:
        """Where to go on after a box that was confirmed: the next answer from the picture, else the next return."""
        if not confirmed:
            return ""
        shown = look_up_return(self.desk.folder, return_id, self.desk.definitions())
        names = [answer.box.name for answer in shown.answers]
        at = names.index(confirmed) if confirmed in names else 0
        left = [answer.box.name for answer in shown.proposals]
        later = [name for name in left if names.index(name) > at]
        return next(iter([*later, *left]), NEXT_RETURN)

    def _decide(self, act: str, shown: ShownReturn, form: SentForm) -> Sequence[int]:
        """Take the decision, and give its numbers. Raises `DecisionError`, `YearError`."""
        definitions, why, return_id = self.desk.definitions(), form["why"], shown.returned.return_id
        match act:
            case "correct" if form["confirm"]:
                return self._confirm_proposals(shown, form)
            case "correct":
                return correct(self.desk.folder, return_id, form.changes(shown.answers), why, definitions).numbers
            case "confirm":
                return confirm(self.desk.folder, return_id, form.all("field"), why, definitions).numbers
            case "assign":
                year = self._year_of(shown, form["year"])
                school = number_of(form["school"], self._names(shown))
                return assign(self.desk.folder, return_id, school, year, why, definitions).numbers
            case "close":
                (closed,) = close(self.desk.folder, [return_id], why, definitions)
                return closed.numbers
            case "add" if shown.rest:
                return put_together(self.desk.folder, return_id, shown.rest, definitions)
            case "prefer":
                return prefer(self.desk.folder, return_id, definitions, why).numbers
        raise DecisionError("The desk knows no such act.")

    def _year_of(self, shown: ShownReturn, typed: str) -> MembershipYear | None:
        """The year for which to assign it; None if the file says it.

        A file that says no year would count for every year: it is of the one in the head of the page.
        """
        if typed:
            return MembershipYear.parse(typed)
        return None if shown.returned.year else self.desk.sight.year

    def _confirm_proposals(self, shown: ShownReturn, form: SentForm) -> Sequence[int]:
        """Save what was changed, and confirm one answer from a picture, or all that can be."""
        folder, definitions = self.desk.folder, self.desk.definitions()
        return_id, why = shown.returned.return_id, form["why"]
        changed = [] if form.is_as_it_was(shown.answers) else form.changes(shown.answers)
        numbers: list[int] = []
        if changed:
            numbers += correct(folder, return_id, changed, why, definitions).numbers
        if form["confirm"] == ALL:
            confirmed = confirm_answers(folder, return_id, why, definitions)
            numbers += confirmed.numbers if confirmed else ()
        elif not any(answer.startswith(f"{form['confirm']}=") for answer in changed):
            numbers += confirm(folder, return_id, [form["confirm"]], why, definitions).numbers
        return numbers


def _neighbours(tasks: Sequence[Task], return_id: str, shown: ShownReturn) -> dict[str, object]:
    """Where a return stands among the tasks, from 1, and the tasks beside it; 0 where it is none of them."""
    ids = [task.return_id for task in tasks]
    if return_id not in ids:
        return {"position": 0, "previous": None, "following": next_task(tasks, shown.dfe_number)}
    at = ids.index(return_id)
    following = tasks[at + 1] if at + 1 < len(tasks) else None
    return {"position": at + 1, "previous": tasks[at - 1] if at else None, "following": following}
