"""The page of what is held about a person: HTML from `find.html.j2`."""

from __future__ import annotations

from thep_forms.definition import Definitions
from thep_forms.office.dates import in_words, today
from thep_forms.office.people.found import Found
from thep_forms.office.reports.report_page import DARK_PAGE, LIGHT_PAGE, readable_colour, rendered

PAGE = "what is held.html"
TEMPLATE = "find.html.j2"


def find_page(found: Found, definitions: Definitions) -> str:
    """What is held about a person as one page of HTML that loads nothing else. Raises `TemplateError`."""
    partnership = definitions().partnership
    accent = partnership.colours.accent
    return rendered(
        TEMPLATE,
        definitions.default_year,
        definitions.templates,
        found=found,
        partnership=partnership,
        day=in_words(today()),
        accents={"light": readable_colour(accent, LIGHT_PAGE), "dark": readable_colour(accent, DARK_PAGE)},
        light=LIGHT_PAGE,
        dark=DARK_PAGE,
    )
