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
from thep_forms.definition.rules import check_form, check_message, check_message_of_box
from thep_forms.definition.strict import convert, suggestion
from thep_forms.definition.texts import TextBlock, escaped, fill_in, parse_text
from thep_forms.definition.year import MembershipYear, in_words
from thep_forms.errors import TemplateError, YearError

T = TypeVar("T")
EXTRACT_FILE = "gias.toml"
FORM_FILE = "membership-form.toml"
PARTNERSHIP_FILE = "partnership.toml"
PROBLEMS_FILE = "problems.toml"
TEMPLATES = "templates"  # the folder, in RECORDS too


def shipped(folder: str) -> Path:
    """The shipped folder `templates` or `samples`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


def templates_in(records: Path) -> Path | None:
    """The folder of templates in a RECORDS folder, if it has the partnership's facts."""
    folder = records / TEMPLATES
    return folder if (folder / PARTNERSHIP_FILE).is_file() else None


class Templates(Struct, frozen=True):
    """The folders of templates: `own` first, then the shipped one; in each of them, the folder of the year first."""

    own: Path | None = None

    def find(self, name: str, year: MembershipYear) -> Path:
        """The file that counts. Raises `TemplateError` if there is none."""
        roots = [root for root in (self.own, shipped(TEMPLATES)) if root]
        for root in roots:
            for folder in (root / str(year), root):
                if (folder / name).is_file():
                    return folder / name
        raise TemplateError(
            f"{roots[0] / name}: there is no such template. Put it there, or correct the name that asks for it."
        )

    def read(self, name: str, year: MembershipYear) -> str:
        """The text of the file that counts. Raises `TemplateError` if it is not UTF-8."""
        path = self.find(name, year)
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise TemplateError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from error

    def load(self, name: str, year: MembershipYear) -> dict[str, Any]:
        """The tables of a TOML file. Raises `TemplateError` for a mistake in its syntax."""
        try:
            return tomllib.loads(self.read(name, year))
        except tomllib.TOMLDecodeError as error:
            raise TemplateError(f"{self.find(name, year)}: this is not TOML: {error}.") from error

    def convert(self, name: str, into: type[T], year: MembershipYear) -> T:
        """The tables of a TOML file as the struct `into`. Raises `TemplateError` for the first mistake."""
        return convert(self.load(name, year), into, str(self.find(name, year)))


def load_definition(year: MembershipYear | str, templates: Path | None = None) -> FormDefinition:
    """The definition of one year's form.

    `templates` is a folder with templates of your own; what it lacks is taken from the shipped folder. Raises
    `YearError`, and `TemplateError` for the first mistake found: it names the file, the key, what is wrong and what
    would be right.
    """
    year = MembershipYear.parse(year) if isinstance(year, str) else year
    if templates and not templates.is_dir():
        raise TemplateError(f"{templates}: there is no such folder of templates.")
    source = Templates(templates)
    partnership = source.convert(PARTNERSHIP_FILE, Partnership, year)
    form = source.convert(FORM_FILE, FormFile, year)
    check_form(form, partnership, str(source.find(FORM_FILE, year)))
    extract = source.convert(EXTRACT_FILE, Extract, year)
    due = _return_by(partnership, year, str(source.find(PARTNERSHIP_FILE, year)))
    wording = partial(_text, source, year, form, partnership, due)
    problems = _problems(source, year)
    earlier = partial(_earlier, form, year, templates)
    definition = FormDefinition(year, form, partnership, problems, extract, wording, load_earlier=earlier)
    if templates:
        _ = definition.words  # texts of your own may have mistakes; the shipped ones are read when they are needed
    return definition


def _return_by(partnership: Partnership, year: MembershipYear, file: str) -> str:
    """The day by which forms are to be back, in words; empty if none is set."""
    if not partnership.return_by:
        return ""
    try:
        return in_words(year.day(partnership.return_by))
    except YearError as error:
        raise TemplateError(f"{file}: return_by: {error}") from error


def _earlier(form: FormFile, year: MembershipYear, templates: Path | None) -> FormDefinition | None:
    """The definition with the other layout that forms of the year may have."""
    if not form.form.earlier_layout or form.form.earlier_layout == str(year):
        return None
    return load_definition(form.form.earlier_layout, templates)


class Definitions(Struct, frozen=True):
    """The form's definition for each membership year, loaded once from `templates` (see `load_definition`).

    `default_year` is the year of a return that does not state its year.
    """

    templates: Path | None
    default_year: MembershipYear

    @classmethod
    def of_today(cls, templates: Path | None = None, records: Path | None = None) -> Definitions:
        """The definitions whose default year is the membership year of today (UTC).

        Without `templates`, those in the folder of the `records` count, if it has some.
        """
        if records and not templates:
            templates = templates_in(records)
        return cls(templates, MembershipYear.of(datetime.now(UTC).date()))

    def __call__(self, year: MembershipYear | None = None) -> FormDefinition:
        """The definition of `year`, or of the default year. Raises `TemplateError`."""
        return _loaded(year or self.default_year, self.templates)


@cache
def _loaded(year: MembershipYear, templates: Path | None) -> FormDefinition:
    return load_definition(year, templates)


def forget_loaded() -> None:
    """Load the templates anew when they are next asked for: they have changed."""
    _loaded.cache_clear()


def _text(
    source: Templates,
    year: MembershipYear,
    form: FormFile,
    partnership: Partnership,
    due: str,
    name: str,
    prefilled: bool,
) -> tuple[TextBlock, ...]:
    """A longer text of a form by the name of its template."""
    mark = form.form.required_mark
    values = {"year": year, "partnership": partnership, "prefilled": prefilled, "due": due, "required_mark": mark}
    file = str(source.find(name, year))
    return parse_text(fill_in(source.read(name, year), file, values, escaped), file)


def _problems(source: Templates, year: MembershipYear) -> dict[ProblemCode, ProblemText]:
    """The severity and the sentence of every problem."""
    name = str(source.find(PROBLEMS_FILE, year))
    tables = source.load(PROBLEMS_FILE, year)
    for unknown in tables.keys() - set(ProblemCode):
        raise TemplateError(f"{name}: {unknown}: there is no such problem.{suggestion(unknown, ProblemCode)}")
    for missing in [code for code in ProblemCode if code not in tables]:
        raise TemplateError(f"{name}: {missing}: this problem has no words. Give it a severity and a message.")
    texts = {ProblemCode(key): convert(table, ProblemText, name, key) for key, table in tables.items()}
    for code, text in texts.items():
        check_message(code, text.message, f"{name}: {code}.message")
        check_message_of_box(text.message_of_box, f"{name}: {code}.message_of_box")
    return texts
