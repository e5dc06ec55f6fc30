"""The addresses of the desk, and what is behind each. An address never holds a name, or anything that was typed."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from thep_forms.desk.add_pages import AddPages
from thep_forms.desk.folder_gone import NoticesFolderGone
from thep_forms.desk.forms_pages import FormsPages
from thep_forms.desk.job_pages import JobPages
from thep_forms.desk.keys_pages import KeysPages
from thep_forms.desk.list_pages import ListPages
from thep_forms.desk.mailbox_pages import MailboxPages
from thep_forms.desk.pages import DeskContext, PageGroup
from thep_forms.desk.people_pages import PeoplePages
from thep_forms.desk.report_pages import ReportPages
from thep_forms.desk.requests import go_to
from thep_forms.desk.return_pages import ReturnPages
from thep_forms.desk.school_pages import SchoolPages
from thep_forms.desk.send_pages import SendPages
from thep_forms.desk.start_pages import StartPages
from thep_forms.desk.to_do_pages import ToDoPages
from thep_forms.desk.trouble import in_words
from thep_forms.desk.uploading import UploadError, UploadTooLargeError
from thep_forms.desk.year_in_sight import ReadsYear
from thep_forms.desk.year_pages import YearPages
from thep_forms.errors import RecordsError, ThepFormsError
from thep_forms.office.years import can_begin

STATIC = Path(__file__).parent / "static"
_STATUS: dict[type[Exception], HTTPStatus] = {
    UploadTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UploadError: HTTPStatus.BAD_REQUEST,
}
_PUT_RIGHT = "No file is half-written. Put this right, then see on To do what counts."
_GROUPS: tuple[type[PageGroup], ...] = (
    ToDoPages,
    SchoolPages,
    ReturnPages,
    JobPages,
    AddPages,
    MailboxPages,
    YearPages,
    ListPages,
    StartPages,
    PeoplePages,
    SendPages,
    FormsPages,
    ReportPages,
    KeysPages,
)


def make_app(desk: DeskContext) -> Starlette:
    """The application. What goes wrong is said in words, on a page."""

    def problem(message: str, status: HTTPStatus) -> Response:
        return HTMLResponse(desk.pages.page("problem", message=message, job=desk.jobs.current), status)

    def gone(message: str) -> Response:
        return problem(message, HTTPStatus.CONFLICT)

    def refused(_: Request, error: Exception) -> Response:
        if isinstance(error, RecordsError) and can_begin(desk.folder):
            return go_to("/start")
        return problem(in_words(error), _STATUS.get(type(error), HTTPStatus.CONFLICT))

    def file_trouble(_: Request, error: Exception) -> Response:
        return problem(f"{in_words(error)} {_PUT_RIGHT}", HTTPStatus.CONFLICT)

    def fault(_: Request, error: Exception) -> Response:
        return problem(in_words(error), HTTPStatus.INTERNAL_SERVER_ERROR)

    def not_found(_: Request, __: Exception) -> Response:
        return problem("There is no such page.", HTTPStatus.NOT_FOUND)

    routes: list[BaseRoute] = [route for group in _GROUPS for route in group(desk).routes]
    routes += [*desk.downloads.routes, Mount("/static", StaticFiles(directory=STATIC))]
    handlers = {ThepFormsError: refused, OSError: file_trouble, Exception: fault, HTTPStatus.NOT_FOUND: not_found}
    middleware = [Middleware(ReadsYear), Middleware(NoticesFolderGone, desk.folder, gone)]
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
