"""How wide the letters of each font are on a page, which says whether its codes give its letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from statistics import median

from thep_forms.layout import metrics
from thep_forms.reading.drawn.model import DrawnPart
from thep_forms.reading.once import once_for_each

FEWEST_LETTERS = 5  # different letters, by which a font is judged
LEAST_SHARE = 0.5  # of the letters of a font of a known name, that have their width
WIDTH_SLACK = 0.03  # of the width of a letter
NOTO, KNOWN = "notosans-", ("notosans-", "helvetica", "arial")  # what the names of known fonts hold


def unreadable_by_widths(parts: Iterable[DrawnPart], suspects: frozenset[str]) -> set[str]:
    """The fonts whose codes do not give their letters.

    Letters have their widths, and were the codes wrong, an i would be as wide as an m. So a suspect is believed if its
    letters are as wide as those of our type. A font of a known name is not believed if its letters are not.
    """
    unreadable = set(suspects)
    for name, letters in _widths_by_font(parts).items():
        of_that_name = [widths for pattern in KNOWN if pattern in name.lower() for widths in _widths_of_type(pattern)]
        if len(letters) < FEWEST_LETTERS or not (of_that_name or name in suspects):
            continue
        candidates = of_that_name or [widths for pattern in KNOWN for widths in _widths_of_type(pattern)]
        share = max(_share(letters, widths) for widths in candidates)
        if share == 1:
            unreadable.discard(name)
        elif of_that_name and share < LEAST_SHARE:
            unreadable.add(name)
    return unreadable


def _widths_by_font(parts: Iterable[DrawnPart]) -> dict[str, dict[str, float]]:
    """The width of each letter by its font's name, at the size at which most different letters are set."""
    fonts: dict[str, dict[float, dict[str, float]]] = {}
    for part in parts:
        for name, sizes in _widths_at(part).items():
            widths_at = fonts.setdefault(name, {})
            for size, widths in sizes.items():
                widths_at.setdefault(size, {}).update(widths)
    return {name: max(sizes.values(), key=len) for name, sizes in fonts.items()}


@once_for_each
def _widths_at(part: DrawnPart) -> dict[str, dict[float, dict[str, float]]]:
    """The width of each letter of a part by its font's name and its size."""
    fonts: dict[str, dict[float, dict[str, float]]] = {}
    widths_at: dict[tuple[str, float], dict[str, float]] = {}
    for char in part.letters:
        if char.text.isspace():
            continue
        widths = widths_at.get((char.font, char.size))
        if widths is None:
            widths = fonts.setdefault(char.font, {}).setdefault(round(char.size, 1), {})
            widths_at[char.font, char.size] = widths
        widths[char.text] = char.advance
    return fonts


@cache
def _widths_of_type(pattern: str) -> list[dict[str, float]]:
    """The widths of the letters of the fonts whose names hold one of the known patterns, in small letters."""
    if pattern == NOTO:
        faces = [metrics.load_face(name).plain.items() for name in metrics.STYLES]
        return [{char: float(width) for char, (width, _) in face} for face in faces]
    from reportlab.pdfbase.pdfmetrics import stringWidth  # takes time to import, and few files need it

    codes = bytes(range(32, 256)).decode("cp1252", "ignore")
    return [{char: stringWidth(char, name, 1000) for char in codes} for name in ("Helvetica", "Helvetica-Bold")]


def _share(letters: Mapping[str, float], widths: Mapping[str, float]) -> float:
    """The share of the letters that are as wide as they should be, at the scale that most of them have."""
    scales = {text: width / widths[text] for text, width in letters.items() if widths.get(text)}
    usual = median(scales.values()) if scales else 0.0
    return sum(abs(scale - usual) <= WIDTH_SLACK * usual for scale in scales.values()) / len(letters)
