"""Adding returns: files that are dropped on a page, or chosen, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from thep_forms.desk.batch import AddedFile, Batch
from thep_forms.desk.pages import DeskContext, PageGroup
from thep_forms.desk.requests import go_to, sent_form, sent_upload, status_of
from thep_forms.desk.uploading import LARGEST_UPLOAD, MOST_FILES
from thep_forms.errors import DecisionError
from thep_forms.office.display.came_in import ReturnThatCame

_MOST_RETURNS = 8  # of a file that are listed; the rest is counted
_MOST_FILES = 100  # of a batch that are listed


class ShownFile(Struct, frozen=True):
    """A file of a batch, what came of it, and how many more returns are in it. `list_number`: as of `AddedFile`."""

    name: str
    error: str
    returns: Sequence[ReturnThatCame]
    more: int
    list_number: int


class ShownBatch(Struct, frozen=True):
    """Files that were added together. `words` say how far they are; `more` counts the files that are not listed.

    `needed_somebody`: a return in them did when they were read. It may have been dealt with since.
    """

    number: int
    year: str
    words: str
    error: str
    is_reading: bool
    is_done: bool
    read: int
    total: int
    files: Sequence[ShownFile]
    more: int
    job: int
    needed_somebody: bool


class AddPages(PageGroup):
    """The page "Add returns", and the tray at the foot of every page."""

    def __init__(self, desk: DeskContext) -> None:
        super().__init__(desk)
        limits = {"files": MOST_FILES, "bytes": LARGEST_UPLOAD, "gigabytes": LARGEST_UPLOAD // 2**30}
        desk.pages.show_everywhere(tray=self._batches, limits=limits)

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/add", self.page),
            Route("/add", self.add, methods=["POST"]),
            Route("/add/tray", self.tray),
            Route("/add/open", self.open, methods=["POST"]),
            Route("/add/{number:int}/files", self.receive, methods=["POST"]),
            Route("/add/{number:int}/read", self.read, methods=["POST"]),
            Route("/add/{number:int}/remove", self.remove, methods=["POST"]),
        ]

    def page(self, _: Request, error: str = "") -> Response:
        """The form to add files, and what came of the latest."""
        return HTMLResponse(self.desk.pages.page("add", error=error), status_of(error))

    async def add(self, request: Request) -> Response:
        """Take files, and read them: what a browser without scripts sends."""
        batch = await run_in_threadpool(self._open)
        try:
            fields = await self._taken(batch, request)
            self.desk.batches.read(batch, _passwords(fields.get("password", "")))
        except DecisionError as error:
            self.desk.batches.remove(batch.number)
            return await run_in_threadpool(self.page, request, str(error))
        return go_to("/add")

    def tray(self, _: Request) -> Response:
        """What came of the files that were added, for the script."""
        return HTMLResponse(self.desk.pages.page("tray", here="tray"))

    def open(self, _: Request) -> Response:
        """Begin to add files."""
        return JSONResponse({"number": self._open().number})

    async def receive(self, request: Request) -> Response:
        """Take one more file, or several."""
        batch = self.desk.batches.by_number(request.path_params["number"])
        await self._taken(batch, request)
        return JSONResponse({})

    def read(self, request: Request) -> Response:
        """Read the files that were taken."""
        batch = self.desk.batches.by_number(request.path_params["number"])
        self.desk.batches.read(batch, _passwords(sent_form(request)["password"]))
        return JSONResponse({})

    def remove(self, request: Request) -> Response:
        """Take files that are dealt with out of the tray."""
        self.desk.batches.remove(request.path_params["number"])
        return go_to("/add")

    async def _taken(self, batch: Batch, request: Request) -> dict[str, str]:
        """Take the files of a form, and give its fields. Where that fails, the whole batch goes."""
        try:
            return await batch.receive(sent_upload(request))
        except BaseException:
            self.desk.batches.remove(batch.number)
            raise

    def _open(self) -> Batch:
        return self.desk.batches.open(self.desk.sight.year)

    def _batches(self) -> list[ShownBatch]:
        return [_shown(batch) for batch in self.desk.batches if batch.is_reading or batch.is_done]


def _passwords(text: str) -> list[str]:
    return [text] if text else []


def _shown(batch: Batch) -> ShownBatch:
    job = batch.job
    files = [_shown_file(file) for file in batch.files[:_MOST_FILES]]
    return ShownBatch(
        number=batch.number,
        year=str(batch.year),
        words=_words(batch),
        error=job.error if job else "",
        is_reading=batch.is_reading,
        is_done=batch.is_done,
        read=job.done if job else 0,
        total=job.total if job else 0,
        files=files,
        more=len(batch.files) - len(files),
        job=job.number if job else 0,
        needed_somebody=any(came.needs_somebody for file in batch.files for came in file.came),
    )


def _words(batch: Batch) -> str:
    """How far the files are."""
    job = batch.job
    if job is None:
        return "They wait until the desk has done what it is at."
    if job.is_running:
        return job.title
    if job.was_stopped:
        return "Stopped. Add the files again to read the rest."
    return " ".join(job.outcome) or "They could not be read."


def _shown_file(file: AddedFile) -> ShownFile:
    listed = file.came[:_MOST_RETURNS]
    return ShownFile(file.name, file.error, listed, len(file.came) - len(listed), file.list_number)
