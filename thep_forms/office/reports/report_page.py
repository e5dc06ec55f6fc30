"""The page of a report: HTML from `report.html.j2`, in colours that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import jinja2

from thep_forms.checking.characters import without_controls
from thep_forms.definition import MembershipYear
from thep_forms.definition.load import Templates
from thep_forms.errors import TemplateError
from thep_forms.office.reports.report_contents import Report

TEMPLATE = "report.html.j2"
LIGHT_PAGE, DARK_PAGE = "#ffffff", "#16191b"  # background colours
LEAST_CONTRAST = 4.5  # of text and its background (WCAG 2.2, 1.4.3)
COLOUR_STEPS = 20  # between a colour and black or white
_MIDDLE_LUMINANCE = 0.18  # black and white have about the same contrast with it


def report_page(report: Report, templates: Path | None = None) -> str:
    """The report as one page of HTML that loads nothing else.

    `templates` is a folder of the office's own templates. Raises `TemplateError`.
    """
    accent = report.definition.partnership.colours.accent
    accents = {"light": readable_colour(accent, LIGHT_PAGE), "dark": readable_colour(accent, DARK_PAGE)}
    values = {"report": report, "accents": accents, "light": LIGHT_PAGE, "dark": DARK_PAGE}
    return rendered(TEMPLATE, report.definition.year, templates, **values)


def rendered(template: str, year: MembershipYear, templates: Path | None, **values: object) -> str:
    """A page of HTML from the template of that name, with these values escaped. Raises `TemplateError`."""
    folders = Templates(templates)
    path = str(folders.find(template, year))
    try:
        page = _compiled(folders.read(template, year)).render(values)
        return without_controls(page)  # no browser shows them, and HTML allows none
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{path}: line {error.lineno}: {error.message}.") from error
    except jinja2.UndefinedError as error:
        raise TemplateError(f"{path}: {error}. The shipped template shows which names there are.") from error


@lru_cache  # to compile a page takes longer than to fill it in
def _compiled(source: str) -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(source)


def readable_colour(colour: str, background: str) -> str:
    """The colour, made darker or lighter until text in it can be read on the background. All are `#rrggbb`."""
    channels, behind = _channels(colour), _channels(background)
    end = 0 if _luminance(behind) > _MIDDLE_LUMINANCE else 255
    for step in range(COLOUR_STEPS):
        mixed = [round(channel + (end - channel) * step / COLOUR_STEPS) for channel in channels]
        if _contrast(mixed, behind) >= LEAST_CONTRAST:
            break
    else:
        mixed = [end] * len(channels)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> list[int]:
    """Red, green and blue from 0 to 255."""
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def _contrast(first: Sequence[int], second: Sequence[int]) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(channels: Sequence[int]) -> float:
    """The relative luminance of a colour, from 0 to 1 (WCAG 2.2)."""
    red, green, blue = map(_linear, channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
