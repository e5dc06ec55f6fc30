"""The page of a job: how far it is, what became of each step, and stopping it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.jobs import Job
from thep_forms.desk.pages import PageGroup
from thep_forms.desk.requests import go_to


class JobPages(PageGroup):
    """How far a job is."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/jobs/{number:int}", self.job),
            Route("/jobs/{number:int}/stop", self.stop, methods=["POST"]),
        ]

    def job(self, request: Request) -> Response:
        """How far the job is. A script asks for this page again while it runs."""
        job = self._job(request)
        return HTMLResponse(self.desk.pages.page("job", job=job, is_running=job.is_running))

    def stop(self, request: Request) -> Response:
        """Stop the job after the step in hand."""
        job = self._job(request)
        job.stop()
        return go_to(path_of(job))

    def _job(self, request: Request) -> Job:
        return self.desk.jobs.by_number(request.path_params["number"])


def path_of(job: Job) -> str:
    """The address of the page of a job."""
    return f"/jobs/{job.number}"
