"""The list of schools of a year: given, looked at, and only then used."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.batch import Batch
from thep_forms.desk.pages import PageGroup
from thep_forms.desk.requests import go_to, sent_form, sent_upload, status_of
from thep_forms.errors import DecisionError
from thep_forms.office.schools.lists import LIST_ENDINGS, look_at_list, look_up_list, use_list
from thep_forms.office.years import has_records

_NONE = "Choose your list of schools first."


class ListPages(PageGroup):
    """This year's list."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/lists", self.current),
            Route("/lists", self.give, methods=["POST"]),
            Route("/lists/{number:int}", self.look),
            Route("/lists/{number:int}/use", self.use, methods=["POST"]),
            Route("/lists/{number:int}/remove", self.remove, methods=["POST"]),
        ]

    def current(self, request: Request, error: str = "") -> Response:
        """The list that counts, and the form for another."""
        shown = look_up_list(self.desk.folder, self.desk.sight.year, self.desk.definitions())
        page = self.desk.pages.page(
            "lists",
            shown=shown,
            error=error,
            endings=",".join(LIST_ENDINGS),
            was_used="used" in request.query_params,
            is_first=not has_records(self.desk.folder),
        )
        return HTMLResponse(page, status_of(error))

    async def give(self, request: Request) -> Response:
        """Take a list, to be looked at."""
        batch = await run_in_threadpool(self._open)
        try:
            await batch.receive(sent_upload(request))
            if not batch.files or not batch.files[0].sha256:
                raise DecisionError(batch.files[0].error if batch.files else _NONE)
        except DecisionError as error:
            self.desk.batches.remove(batch.number)
            return await run_in_threadpool(self.current, request, str(error))
        except BaseException:
            self.desk.batches.remove(batch.number)
            raise
        return go_to(f"/lists/{batch.number}")

    def look(self, request: Request, error: str = "") -> Response:
        """What was understood of a list, and what it changes."""
        batch = self._batch(request)
        seen = look_at_list(self.desk.folder, batch.path_of(batch.files[0]), batch.year, self.desk.definitions())
        page = self.desk.pages.page("list", seen=seen, year=batch.year, number=batch.number, error=error)
        return HTMLResponse(page, status_of(error))

    def use(self, request: Request) -> Response:
        """Make the list the register of its year."""
        batch = self._batch(request)
        is_first = not has_records(self.desk.folder)
        state = sent_form(request)["state"]
        try:
            use_list(self.desk.folder, batch.path_of(batch.files[0]), batch.year, state, self.desk.definitions())
        except DecisionError as error:
            return self.look(request, str(error))
        self.desk.batches.remove(batch.number)
        return go_to("/start/form" if is_first else "/lists?used=yes")

    def remove(self, request: Request) -> Response:
        """Do not use the list."""
        self.desk.batches.remove(request.path_params["number"])
        return go_to("/lists")

    def _open(self) -> Batch:
        return self.desk.batches.open(self.desk.sight.year)

    def _batch(self, request: Request) -> Batch:
        batch = self.desk.batches.by_number(request.path_params["number"])
        if not batch.files:
            raise DecisionError(_NONE)
        return batch
