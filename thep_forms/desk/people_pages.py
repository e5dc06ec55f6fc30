"""The pages on which a person is found and erased, and data is deleted. What is looked for stands in no address."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from thep_forms.desk.pages import PageGroup
from thep_forms.desk.requests import go_to, sent_form, status_of
from thep_forms.errors import DecisionError, RecordsError, YearError
from thep_forms.office.people.find import find, write_zip
from thep_forms.office.people.forget_person import names_in, schools_of
from thep_forms.office.people.forget_plans import (
    Wish,
    delete_data,
    erase_person,
    place_in_words,
    places_in_words,
    returns_by_school,
    state_of,
)

_CHANGED = "What would be deleted has changed since you looked. Look at it again. Nothing was deleted."
_LOOK_FIRST = "Tick the box first: what is deleted cannot be brought back. Nothing was deleted."
_PIECE = 2**16  # bytes of a download


class PeoplePages(PageGroup):
    """Finding and forgetting."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/people", self.people),
            Route("/people", self.found, methods=["POST"]),
            Route("/people/export", self.export, methods=["POST"]),
            Route("/people/erase", self.erase, methods=["POST"]),
            Route("/people/delete", self.choose),
            Route("/people/delete", self.delete, methods=["POST"]),
        ]

    def people(self, request: Request, error: str = "") -> Response:
        """Where a person is looked for. After an erasure it says that this is done."""
        is_done = "deleted" in request.query_params
        page = self.desk.pages.page("people", found=None, words="", error=error, is_done=is_done, place=place_in_words)
        return HTMLResponse(page, status_of(error))

    def found(self, request: Request) -> Response:
        """Where a person stands."""
        words = sent_form(request)["words"]
        try:
            found = find(self.desk.folder, words, self.desk.definitions())
        except RecordsError as error:
            return self.people(request, str(error))
        page = self.desk.pages.page("people", found=found, words=words, error="", is_done=False, place=place_in_words)
        return HTMLResponse(page)

    def export(self, request: Request) -> Response:
        """What is held about a person, as a zip. The file that it is made in has no name, and goes with the answer."""
        definitions = self.desk.definitions()
        found = find(self.desk.folder, sent_form(request)["words"], definitions)
        made = tempfile.TemporaryFile()  # noqa: SIM115 - `_pieces` closes it when all is sent
        write_zip(found, made, definitions)
        headers = {"Content-Disposition": 'attachment; filename="what is held.zip"'}
        return StreamingResponse(_pieces(made), media_type="application/zip", headers=headers)

    def erase(self, request: Request) -> Response:
        """What would be erased of a person; or, once that was seen, erasing it."""
        form, definitions = sent_form(request), self.desk.definitions()
        words, files, state, is_sure = form["words"], form.all("file"), form["state"], bool(form["sure"])
        erasure, done = erase_person(self.desk.folder, words, definitions, files, state if is_sure else "")
        if done:
            return go_to("/people?deleted=1")
        error = ""
        if state and form["act"] == "erase":
            error = _CHANGED if is_sure else _LOOK_FIRST
        page = self.desk.pages.page(
            "erase",
            erasure=erasure,
            schools={
                number: (name, places_in_words(pieces)) for number, (name, pieces) in schools_of(erasure.pieces).items()
            },
            names=names_in(erasure.pieces),
            words=words,
            files=files,
            state=state_of(erasure),
            error=error,
        )
        return HTMLResponse(page, status_of(error))

    def choose(self, _: Request, error: str = "") -> Response:
        """Which data is to be deleted: of a school, of old years, or what nobody can place."""
        return HTMLResponse(self.desk.pages.page("delete", disposal=None, error=error), status_of(error))

    def delete(self, request: Request) -> Response:
        """What would be deleted; or, once that was seen, deleting it."""
        form, definitions = sent_form(request), self.desk.definitions()
        wish = Wish(form["school"], form["before"], bool(form["strays"]))
        is_sure, state = bool(form["sure"]), form["state"]
        try:
            disposal, done = delete_data(self.desk.folder, wish, definitions, state if is_sure else "")
        except (DecisionError, RecordsError, YearError) as refusal:
            return self.choose(request, str(refusal))
        if done:
            return go_to("/people?deleted=1")
        error = (_CHANGED if is_sure else _LOOK_FIRST) if state else ""
        page = self.desk.pages.page(
            "delete",
            disposal=disposal,
            schools=returns_by_school(disposal.returns, disposal.origins),
            shared=returns_by_school(disposal.shared, disposal.origins),
            wish=wish,
            state=state_of(disposal),
            error=error,
        )
        return HTMLResponse(page, status_of(error))


def _pieces(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        made.seek(0)
        while piece := made.read(_PIECE):
            yield piece
