"""The identity of a form: in a hidden field, in the title and in a code on each page."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping

from msgspec import Struct

from thep_forms.definition.model import TICKED
from thep_forms.definition.year import MembershipYear
from thep_forms.errors import YearError

FORM_ID = "form_id"
_FORM_ID = re.compile(r"(?P<form>\S+) (?P<year>\S+) r\d+(?: (?P<school>.*?)(?: (?P<digest>[0-9a-f]{12}))?)?")
_CODE = re.compile(
    r"(?P<form>\S+) (?P<year>\S+) R(?P<revision>\d{1,4}) P(?P<page>\d{1,3})/(?P<pages>\d{1,3})"
    r"(?: (?P<school>.*?)(?: (?P<digest>[0-9A-F]{12}))?)?"
)
_TITLE = re.compile(r".* (?P<year>\d{4}-\d{2})")
_DIGEST = 12  # hex digits, as in `_FORM_ID`


def form_id(form: str, year: MembershipYear, revision: int, school: str = "", digest: str = "") -> str:
    """The value of the hidden field: `thep-membership 2026-27 r1`.

    On a school's own copy its DfE number follows, and the digest of what the copy was filled in with.
    """
    return f"{form} {year} r{revision} {school} {digest}".rstrip()


def digest_of(answers: Mapping[str, str | bool]) -> str:
    """A short digest of what stands in the boxes of a form, by their names: equal for answers that say the same.

    A tick is true or `yes`. Empty boxes do not count, nor do the number and kind of blanks and line breaks. Characters
    that some viewers lose, beyond the Basic Multilingual Plane, do not count either.
    """
    texts = {name: _canonical(answer) for name, answer in answers.items()}
    lines = sorted(f"{name}\t{text}" for name, text in texts.items() if text)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGEST]


def _canonical(answer: str | bool) -> str:
    if isinstance(answer, bool):
        return TICKED if answer else ""
    kept = "".join(char for char in answer if ord(char) < 0x10000 and char != "\ufffd" and not _is_surrogate(char))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _is_surrogate(char: str) -> bool:
    return 0xD800 <= ord(char) <= 0xDFFF


def document_title(title: str, year: MembershipYear) -> str:
    """The title of the PDF: `School Membership Form 2026-27`."""
    return f"{title} {year}"


class Code(Struct, frozen=True):
    """What the QR code of a page says.

    `page` counts from 1. On a school's own copy `school` is its DfE number. `digest` is that of what the whole copy was
    filled in with. Codes of earlier versions have none.
    """

    form: str
    year: MembershipYear
    revision: int
    page: int
    pages: int
    school: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """In capitals, which make a code with larger modules: `THEP-MEMBERSHIP 2026-27 R1 P1/4 211/4242`."""
        page = f"{self.form} {self.year} r{self.revision} p{self.page}/{self.pages}"
        return f"{page} {self.school} {self.digest}".rstrip().upper()

    @property
    def form_id(self) -> str:
        """What the hidden field of the same form says."""
        return form_id(self.form, self.year, self.revision, self.school, self.digest)

    def belongs_to(self, first: Code) -> bool:
        """Whether the page is of the same form as that form's `first` page.

        A page of a blank form belongs to any school's form of its year. It is not so the other way round. A school that
        begins with a blank form has no reason to go on in a copy.
        """
        return (self.form, self.year) == (first.form, first.year) and self.school in ("", first.school)


def read_code(text: str) -> Code | None:
    """The code with this text, or None."""
    match = _CODE.fullmatch(text)
    year = _year(match["year"]) if match else None
    if not match or not year:
        return None
    revision, page, pages = (int(match[name]) for name in ("revision", "page", "pages"))
    digest = (match["digest"] or "").lower()
    return Code(match["form"].lower(), year, revision, page, pages, match["school"] or "", digest)


def years_in(hidden: str, title: str) -> tuple[MembershipYear, ...]:
    """The years in the value of the hidden field and in the title, in that order; either may have none."""
    years: list[MembershipYear] = []
    for match in (_FORM_ID.fullmatch(hidden), _TITLE.fullmatch(title)):
        year = _year(match["year"]) if match else None
        if year:
            years.append(year)
    return tuple(years)


def go_together(first: str, later: str) -> bool:
    """Whether a later page may be of the same form as the first page, by the values of their hidden fields.

    The rule is that of `Code.belongs_to`. A page whose value is empty may be of any form.
    """
    if not (form_in(first) and form_in(later)):
        return True
    same = [form_in(hidden) + "".join(map(str, years_in(hidden, ""))) for hidden in (first, later)]
    return same[0] == same[1] and school_in(later) in ("", school_in(first))


def form_in(hidden: str) -> str:
    """The form's identifier in the value of the hidden field; empty where there is none."""
    match = _FORM_ID.fullmatch(hidden)
    return match["form"] if match else ""


def school_in(hidden: str) -> str:
    """The school's DfE number in the value of the hidden field; empty on a form that is not a school's own copy."""
    match = _FORM_ID.fullmatch(hidden)
    return (match["school"] or "") if match else ""


def digest_in(hidden: str) -> str:
    """The digest in the value of the hidden field; empty on a form without, as copies once were."""
    match = _FORM_ID.fullmatch(hidden)
    return (match["digest"] or "") if match else ""


def _year(text: str) -> MembershipYear | None:
    try:
        return MembershipYear.parse(text)
    except YearError:
        return None
