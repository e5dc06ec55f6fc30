"""The identity of a form: in a hidden field, in the title and in a code on each page."""

from __future__ import annotations

import re

from msgspec import Struct

from thep_forms.definition.year import MembershipYear
from thep_forms.errors import YearError

FORM_ID = "form_id"
_FORM_ID = re.compile(r"(?P<form>\S+) (?P<year>\S+) r\d+(?: (?P<school>.*))?")
_CODE = re.compile(
    r"(?P<form>\S+) (?P<year>\S+) R(?P<revision>\d{1,4}) P(?P<page>\d{1,3})/(?P<pages>\d{1,3})(?: (?P<school>.*))?"
)
_TITLE = re.compile(r".* (?P<year>\d{4}-\d{2})")


def form_id(form: str, year: MembershipYear, revision: int, school: str = "") -> str:
    """The value of the hidden field: `thep-membership 2026-27 r1`, and on a school's own copy its DfE number."""
    return f"{form} {year} r{revision} {school}".rstrip()


def document_title(title: str, year: MembershipYear) -> str:
    """The title of the PDF: `School Membership Form 2026-27`."""
    return f"{title} {year}"


class Code(Struct, frozen=True):
    """What the QR code of a page says. `page` counts from 1; `school` is the DfE number on a school's own copy."""

    form: str
    year: MembershipYear
    revision: int
    page: int
    pages: int
    school: str = ""

    def __str__(self) -> str:
        """In capitals, which make a code with larger modules: `THEP-MEMBERSHIP 2026-27 R1 P1/4 211/4242`."""
        return f"{self.form} {self.year} r{self.revision} p{self.page}/{self.pages} {self.school}".rstrip().upper()

    @property
    def form_id(self) -> str:
        """What the hidden field of the same form says."""
        return form_id(self.form, self.year, self.revision, self.school)


def read_code(text: str) -> Code | None:
    """The code with this text, or None."""
    match = _CODE.fullmatch(text)
    year = _year(match["year"]) if match else None
    if not match or not year:
        return None
    revision, page, pages = (int(match[name]) for name in ("revision", "page", "pages"))
    return Code(match["form"].lower(), year, revision, page, pages, match["school"] or "")


def years_in(hidden: str, title: str) -> tuple[MembershipYear, ...]:
    """The years in the value of the hidden field and in the title, in that order; either may have none."""
    years: list[MembershipYear] = []
    for match in (_FORM_ID.fullmatch(hidden), _TITLE.fullmatch(title)):
        year = _year(match["year"]) if match else None
        if year:
            years.append(year)
    return tuple(years)


def form_in(hidden: str) -> str:
    """The form's identifier in the value of the hidden field; empty where there is none."""
    match = _FORM_ID.fullmatch(hidden)
    return match["form"] if match else ""


def school_in(hidden: str) -> str:
    """The school's DfE number in the value of the hidden field; empty on a form that is not a school's own copy."""
    match = _FORM_ID.fullmatch(hidden)
    return (match["school"] or "") if match else ""


def _year(text: str) -> MembershipYear | None:
    try:
        return MembershipYear.parse(text)
    except YearError:
        return None
