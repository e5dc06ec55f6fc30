"""Templates from their folders to a `FormDefinition`, checked strictly."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Extract, FormFile, Partnership, ProblemCode, ProblemText
from thep_forms.definition.rules import check_form, check_message
from thep_forms.definition.strict import convert, meant
from thep_forms.definition.texts import TextBlock, render_text
from thep_forms.definition.year import MembershipYear
from thep_forms.errors import TemplateError

T = TypeVar("T")
EXTRACT_FILE = "gias.toml"
FORM_FILE = "membership-form.toml"
PARTNERSHIP_FILE = "partnership.toml"
PROBLEMS_FILE = "problems.toml"


def shipped(folder: str) -> Path:
    """The folder `templates` or `samples` as it came: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


class Templates(Struct, frozen=True):
    """Where templates are looked for: one's own folder first, then the shipped one; in each, the year's first."""

    own: Path | None = None

    def find(self, name: str, year: MembershipYear) -> Path:
        """The file that counts. Raises `TemplateError` if there is none."""
        roots = [root for root in (self.own, shipped("templates")) if root]
        for path in (place / name for root in roots for place in (root / str(year), root)):
            if path.is_file():
                return path
        raise TemplateError(
            f"{roots[0] / name}: there is no such template. Put it there, or mend the name that asks for it."
        )

    def read(self, name: str, year: MembershipYear) -> str:
        path = self.find(name, year)
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise TemplateError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from error

    def load(self, name: str, year: MembershipYear) -> dict[str, Any]:
        try:
            return tomllib.loads(self.read(name, year))
        except tomllib.TOMLDecodeError as error:
            raise TemplateError(f"{self.find(name, year)}: this is not TOML: {error}.") from error

    def convert(self, name: str, shape: type[T], year: MembershipYear) -> T:
        return convert(self.load(name, year), shape, str(self.find(name, year)))


def load_definition(
    year: MembershipYear | str, templates: Path | None = None, *, prefilled: bool = False
) -> FormDefinition:
    """The definition of one year's form; `prefilled` is for copies with answers in them, whose texts may say so.

    `templates` is a folder of one's own; what it lacks is taken from the shipped one. Raises `TemplateError` for the
    first mistake found, naming the file, the key, what is wrong and what would be right, and `YearError`.
    """
    year = MembershipYear.parse(year) if isinstance(year, str) else year
    if templates and not templates.is_dir():
        raise TemplateError(f"{templates}: there is no such folder of templates.")
    source = Templates(templates)
    form = source.convert(FORM_FILE, FormFile, year)
    check_form(form, str(source.find(FORM_FILE, year)))
    partnership = source.convert(PARTNERSHIP_FILE, Partnership, year)
    extract = source.convert(EXTRACT_FILE, Extract, year)
    wording = partial(_texts, source, year, form)
    definition = FormDefinition(year, form, partnership, _problems(source, year), extract, wording, prefilled)
    if templates:
        _ = definition.words  # those of one's own may have mistakes; ours are looked at when they are asked for
    return definition


class Definitions(Struct, frozen=True):
    """The form's definition for each membership year, loaded once from `templates` (see `load_definition`).

    `default_year` is the year of whatever does not say its own.
    """

    templates: Path | None
    default_year: MembershipYear

    @classmethod
    def of_today(cls, templates: Path | None = None) -> Definitions:
        """The definitions whose default year is the membership year of today (UTC)."""
        return cls(templates, MembershipYear.of(datetime.now(UTC).date()))

    def __call__(self, year: MembershipYear | None = None) -> FormDefinition:
        """The definition of `year`, or of the default year. Raises `TemplateError`."""
        return _loaded(year or self.default_year, self.templates)


@cache
def _loaded(year: MembershipYear, templates: Path | None) -> FormDefinition:
    return load_definition(year, templates)


def _texts(
    source: Templates, year: MembershipYear, form: FormFile, prefilled: bool
) -> dict[str, tuple[TextBlock, ...]]:
    names = [form.form.heading]
    names += [section.text for section in form.section if section.text]
    names += [cell.text for section in form.section for row in section.row for cell in row.cells if cell.text]
    return {
        name: render_text(source.read(name, year), str(source.find(name, year)), year, prefilled=prefilled)
        for name in names
    }


def _problems(source: Templates, year: MembershipYear) -> dict[ProblemCode, ProblemText]:
    name = str(source.find(PROBLEMS_FILE, year))
    tables = source.load(PROBLEMS_FILE, year)
    for unknown in tables.keys() - set(ProblemCode):
        raise TemplateError(f"{name}: {unknown}: there is no such problem.{meant(unknown, ProblemCode)}")
    for missing in [code for code in ProblemCode if code not in tables]:
        raise TemplateError(f"{name}: {missing}: this problem has no words. Give it a severity and a message.")
    texts = {ProblemCode(key): convert(table, ProblemText, name, key) for key, table in tables.items()}
    for code, text in texts.items():
        check_message(code, text.message, f"{name}: {code}.message")
    return texts
