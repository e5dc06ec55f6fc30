"""The page of forms: the blank one, the copy of one school, and packs for the printer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.downloads import file_to_save
from thep_forms.desk.job_pages import path_of
from thep_forms.desk.jobs import Job, JobLink
from thep_forms.desk.pages import PageGroup, address_of, number_in
from thep_forms.desk.requests import go_to, sent_form, status_of
from thep_forms.errors import DecisionError
from thep_forms.office.sending.forms import (
    MadeFile,
    PackFor,
    make_blank_form,
    make_blank_pack,
    make_school_copy,
    make_school_pack,
)
from thep_forms.office.sending.mail_choice import look_up_choice

MOST_BLANK_FORMS = 1000  # in one pack
_PDF = "application/pdf"


class FormsPages(PageGroup):
    """Forms to download."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/forms", self.forms),
            Route("/forms/blank.pdf", self.blank),
            Route("/forms/copy", self.go_to_copy, methods=["POST"]),
            Route("/forms/blanks", self.blank_pack, methods=["POST"]),
            Route("/forms/pack", self.pack, methods=["POST"]),
            Route("/schools/{number}/copy.pdf", self.copy),
        ]

    def forms(self, _: Request, error: str = "", box: str = "") -> Response:
        """What forms there are."""
        definitions = self.desk.definitions()
        choice = look_up_choice(self.desk.folder, self.desk.sight.year, definitions)
        page = self.desk.pages.page("forms", choice=choice, error=error, box=box, most=MOST_BLANK_FORMS)
        return HTMLResponse(page, status_of(error))

    def blank(self, _: Request) -> Response:
        """The blank form."""
        definitions = self.desk.definitions()
        return _saved(make_blank_form(self.desk.sight.year, definitions))

    def copy(self, request: Request) -> Response:
        """The copy of one school."""
        definitions, number = self.desk.definitions(), number_in(request.path_params["number"])
        year = self.desk.sight.year
        return _saved(make_school_copy(year, number, self.desk.folder, definitions))

    def go_to_copy(self, request: Request) -> Response:
        """The copy of the school that was chosen."""
        number = sent_form(request)["school"]
        if not number:
            return self.forms(request, "Choose the school.", "school")
        return go_to(f"/schools/{address_of(number)}/copy.pdf")

    def blank_pack(self, request: Request) -> Response:
        """Blank forms for the printer."""
        count = sent_form(request)["count"]
        if not (count.isdecimal() and 0 < int(count) <= MOST_BLANK_FORMS):
            return self.forms(request, f"Enter how many blank forms, from 1 to {MOST_BLANK_FORMS}.", "count")
        definitions = self.desk.definitions()
        year = self.desk.sight.year
        return _saved(make_blank_pack(year, definitions, int(count)))

    def pack(self, request: Request) -> Response:
        """A pack for the printer, which takes a while."""
        form, definitions, folder = sent_form(request), self.desk.definitions(), self.desk.folder
        numbers, year = form.all("school"), self.desk.sight.year
        try:
            who = PackFor(form["who"])
        except ValueError as error:
            raise DecisionError("Choose for which schools to print.") from error
        if who is PackFor.CHOSEN and not numbers:
            return self.forms(request, "Tick the schools to print for.", "choose")

        def work(job: Job) -> None:
            made = make_school_pack(year, who, numbers, folder, definitions)
            path = self.desk.downloads.path(job, made.name)
            path.write_bytes(made.data)
            count = len(made.schools)
            counted = "1 form, by DfE number." if count == 1 else f"{count} forms, by DfE number."
            job.result = "The print pack is ready"
            job.outcome = (counted, "Each form begins on a new sheet, whether you print on one side or on both.")
            self.desk.downloads.offer(job, Path(path), "Download the print pack")
            schools = urlencode([("school", number) for number in made.schools])
            job.links.append(JobLink("Once they are sent, note it", f"/send?{schools}#choose"))

        return go_to(path_of(self.desk.jobs.start("Making the print pack", work)))


def _saved(made: MadeFile) -> Response:
    return file_to_save(made.data, made.name, _PDF)
