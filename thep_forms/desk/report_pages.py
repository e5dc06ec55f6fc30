"""The pages of the report and of the mailing lists: as things stand now, and to download."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from thep_forms.desk.downloads import file_to_save
from thep_forms.desk.pages import PageGroup
from thep_forms.errors import SourceError
from thep_forms.office.reports.mailing_list import make_mailing_list, schools_without_address
from thep_forms.office.reports.report import look_up_report
from thep_forms.office.reports.report_page import report_page
from thep_forms.office.reports.workbook import make_workbook

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportPages(PageGroup):
    """The report, and the mailing lists."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/report", self.report),
            Route("/report/to-share.html", self.to_share),
            Route("/report/for-the-office.html", self.for_the_office),
            Route("/report/mailing-list.csv", self.mailing_list),
            Route("/report/records.xlsx", self.workbook),
        ]

    def report(self, _: Request, error: str = "") -> Response:
        """How the year stands now."""
        definitions = self.desk.definitions()
        year = self.desk.sight.year
        definition = definitions(year)
        page = self.desk.pages.page(
            "report",
            year=str(year),
            report=look_up_report(year, self.desk.folder, definitions),
            roles={role.name: role.name.replace("_", " ").capitalize() for role in definition.roles},
            phases=definition.phase_labels,
            without_address=schools_without_address(year, self.desk.folder, definitions),
            error=error,
        )
        return HTMLResponse(page, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    def to_share(self, _: Request) -> Response:
        """The report as one file without personal data."""
        return self._file(redacted=True)

    def for_the_office(self, _: Request) -> Response:
        """The whole report as one file."""
        return self._file(redacted=False)

    def _file(self, *, redacted: bool) -> Response:
        definitions = self.desk.definitions()
        year = self.desk.sight.year
        report = look_up_report(year, self.desk.folder, definitions, redacted=redacted)
        if not report:
            raise SourceError("There are no member schools yet, so there is nothing to report.")
        name = f"{year} report{' to share' if redacted else ''}.html"
        return file_to_save(report_page(report, definitions.templates).encode(), name, "text/html")

    def workbook(self, _: Request) -> Response:
        """The workbook with all tables of all years, as things stand now."""
        whole = make_workbook(self.desk.folder, self.desk.definitions())
        return file_to_save(whole, f"{self.desk.sight.year} records.xlsx", _EXCEL)

    def mailing_list(self, request: Request) -> Response:
        """The contacts with some roles, at schools of some phases."""
        asked, definitions = request.query_params, self.desk.definitions()
        year = self.desk.sight.year
        roles, phases = asked.getlist("role"), asked.getlist("phase")
        table = make_mailing_list(year, self.desk.folder, definitions, roles, phases)
        if not list(table.rows):
            return self.report(request, "No accepted form has such a person with an e-mail address.")
        name = " ".join([f"{year} mailing list", *(part.replace("_", " ") for part in (*roles, *phases))])
        return file_to_save(b"".join(table.csv()), f"{name[:100]}.csv", "text/csv")
