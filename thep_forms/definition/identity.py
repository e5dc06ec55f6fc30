"""How a form says which one it is: a hidden field, the document's title, a code on each page; written and read here."""

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
    """The value of the hidden field: `thep-membership 2026-27 r1`, and the school's DFE number on its own copy."""
    return f"{form} {year} r{revision} {school}".rstrip()


def document_title(title: str, year: MembershipYear) -> str:
    """The title of the PDF: `School Membership Form 2026-27`."""
    return f"{title} {year}"


class Code(Struct, frozen=True):
    """What the QR code of a page says. `page` counts from 1; `school` is the DFE number on a school's own copy."""

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
    """The code that `Code.__str__` wrote, or None."""
    match = _CODE.fullmatch(text)
    year = _year(match["year"]) if match else None
    if not match or not year:
        return None
    revision, page, pages = (int(match[name]) for name in ("revision", "page", "pages"))
    return Code(match["form"].lower(), year, revision, page, pages, match["school"] or "")


def years_said(hidden: str, title: str) -> tuple[MembershipYear, ...]:
    """The years that the hidden field and the title say, in that order; what says none is passed over."""
    matches = (_FORM_ID.fullmatch(hidden), _TITLE.fullmatch(title))
    return tuple(year for match in matches if match and (year := _year(match["year"])))


def form_said(hidden: str) -> str:
    """What the hidden field says for the form that it is of; empty where it says none."""
    match = _FORM_ID.fullmatch(hidden)
    return match["form"] if match else ""


def school_said(hidden: str) -> str:
    """What the hidden field says for the school's DFE number; empty on a form that is not a school's own copy."""
    match = _FORM_ID.fullmatch(hidden)
    return match["school"] or "" if match else ""


def _year(text: str) -> MembershipYear | None:
    try:
        return MembershipYear.parse(text)
    except YearError:
        return None
