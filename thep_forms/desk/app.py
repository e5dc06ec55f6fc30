"""The addresses of the desk, and what is behind each. An address never holds a name, or anything that was typed."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from thep_forms.desk.forms_pages import FormsPages
from thep_forms.desk.job_pages import JobPages
from thep_forms.desk.pages import DeskContext
from thep_forms.desk.report_pages import ReportPages
from thep_forms.desk.return_pages import ReturnPages
from thep_forms.desk.school_pages import SchoolPages
from thep_forms.desk.send_pages import SendPages
from thep_forms.desk.to_do_pages import ToDoPages
from thep_forms.errors import ThepFormsError

STATIC = Path(__file__).parent / "static"


def make_app(desk: DeskContext) -> Starlette:
    """The application. What goes wrong is said in words, on a page."""

    def in_words(_: Request, error: Exception) -> Response:
        return HTMLResponse(desk.pages.page("problem", message=str(error)), HTTPStatus.CONFLICT)

    routes = [
        *ToDoPages(desk).routes,
        *SchoolPages(desk).routes,
        *ReturnPages(desk).routes,
        *JobPages(desk).routes,
        *desk.downloads.routes,
        *SendPages(desk).routes,
        *FormsPages(desk).routes,
        *ReportPages(desk).routes,
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(routes=routes, exception_handlers={ThepFormsError: in_words})
