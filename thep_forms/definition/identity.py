"""How a form says which one it is: a hidden field and the document's title, written and read here alone."""

from __future__ import annotations

import re

from thep_forms.definition.year import MembershipYear
from thep_forms.errors import YearError

FORM_ID = "form_id"
_FORM_ID = re.compile(r"\S+ (?P<year>\S+) r\d+(?: .*)?")
_TITLE = re.compile(r".* (?P<year>\d{4}-\d{2})")


def form_id(form: str, year: MembershipYear, revision: int, school: str = "") -> str:
    """The value of the hidden field: `thep-membership 2026-27 r1`, and the school's DFE number on its own copy."""
    return f"{form} {year} r{revision} {school}".rstrip()


def document_title(title: str, year: MembershipYear) -> str:
    """The title of the PDF: `School Membership Form 2026-27`."""
    return f"{title} {year}"


def years_said(hidden: str, title: str) -> tuple[MembershipYear, ...]:
    """The years that the hidden field and the title say, in that order; what says none is passed over."""
    matches = (_FORM_ID.fullmatch(hidden), _TITLE.fullmatch(title))
    return tuple(year for match in matches if match and (year := _year(match["year"])))


def _year(text: str) -> MembershipYear | None:
    try:
        return MembershipYear.parse(text)
    except YearError:
        return None
