"""The first run: three questions, the list of schools, the form as a picture, and what next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.job_pages import path_of
from thep_forms.desk.jobs import Job, JobLink
from thep_forms.desk.pages import DeskContext, PageGroup
from thep_forms.desk.requests import go_to, sent_form, status_of
from thep_forms.errors import DecisionError
from thep_forms.office.display.page_pictures import draw_file
from thep_forms.office.partnership import (
    FactError,
    PartnershipFacts,
    full_name_follows,
    look_up_partnership,
    passed_in_words,
    save_partnership,
)
from thep_forms.office.schools.lists import begin_without_list
from thep_forms.office.sending.forms import write_blank_form
from thep_forms.office.years import has_records

_MESSAGES = re.compile(r"/send/\d{1,6}")


class StartPages(PageGroup):
    """The first run. The partnership's details can be changed later, too."""

    def __init__(self, desk: DeskContext) -> None:
        super().__init__(desk)
        desk.pages.show_everywhere(is_samples=desk.open_samples is None)

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/start", self.questions),
            Route("/start", self.answer, methods=["POST"]),
            Route("/start/begin", self.begin, methods=["POST"]),
            Route("/start/form", self.form),
            Route("/start/form/pages/{page:int}.png", self.picture),
            Route("/start/samples", self.samples, methods=["POST"]),
        ]

    def questions(
        self,
        request: Request,
        facts: PartnershipFacts | None = None,
        error: str = "",
        wrong: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        """What the partnership is called, where forms come back to, and by when. `wrong` says what is wrong where."""
        definitions = self.desk.definitions()
        facts = facts or look_up_partnership(self.desk.folder, definitions)
        passed = passed_in_words(facts.return_by, definitions.default_year)
        page = self.desk.pages.page(
            "start",
            facts=facts,
            error=error,
            wrong=wrong,
            passed=passed,
            is_first=not has_records(self.desk.folder),
            folder=self.desk.folder.absolute(),
            initials=definitions().partnership.short_name,
            follows=full_name_follows(self.desk.folder, definitions),
            was_saved=not error and "saved" in request.query_params,
            then=_then(sent_form(request)["then"] if error else request.query_params.get("then", "")),
        )
        return HTMLResponse(page, status_of(error))

    def answer(self, request: Request) -> Response:
        """Keep the answers."""
        form = sent_form(request)
        known = asdict(look_up_partnership(self.desk.folder, self.desk.definitions()))
        facts = PartnershipFacts(**{key: form[key] for key in known})
        try:
            save_partnership(self.desk.folder, facts, self.desk.definitions(), seen=form["seen"])
        except FactError as error:
            return self.questions(request, facts, str(error), error.boxes)
        except DecisionError as error:
            return self.questions(request, facts, str(error))
        return go_to(_then(form["then"]) or ("/start?saved=yes" if has_records(self.desk.folder) else "/lists"))

    def begin(self, _: Request) -> Response:
        """Begin without a list."""
        begin_without_list(self.desk.folder, self.desk.definitions())
        return go_to("/start/form")

    def form(self, _: Request) -> Response:
        """The form of the year as a picture, and what next."""
        return HTMLResponse(self.desk.pages.page("form"))

    def picture(self, request: Request) -> Response:
        """A page of the blank form."""
        with TemporaryDirectory() as folder:
            (path,) = write_blank_form(self.desk.sight.year, Path(folder), self.desk.definitions()).paths
            _, png = draw_file(path, request.path_params["page"])
        if not png:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(png, media_type="image/png")

    def samples(self, _: Request) -> Response:
        """Read the samples into a folder of their own, and open a desk for them."""
        if self.desk.open_samples is None:
            raise DecisionError("These are the samples.")
        return go_to(path_of(self.desk.jobs.start("Reading the samples", partial(_open, self.desk))))


def _then(path: str) -> str:
    """The page of messages to which a person goes back; empty for any other address."""
    return path if _MESSAGES.fullmatch(path) else ""


def _open(desk: DeskContext, job: Job) -> None:
    if desk.open_samples is None:
        return
    job.links.append(JobLink("Open the samples", desk.open_samples(job)))
    job.result = "The samples are ready"
    job.outcome = ("All people and schools in them are invented.",)
