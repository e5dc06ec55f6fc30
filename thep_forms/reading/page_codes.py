"""Which form each page of a PDF is of, by the codes on its pages.

A page that this program made says in its content what its code says. Where printing has lost that, the corner with the
code is drawn and searched, and the whole page if the code is not there.

Limitations: a page of a blank form may be any school's. Of pages with fields only what the content says counts, unless
a program has written them anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pikepdf import Dictionary, Object, Stream

from thep_forms.definition.identity import Code, read_code
from thep_forms.reading.damage import attempt
from thep_forms.reading.fields.field_groups import FormFields
from thep_forms.reading.fields.reader import pages_of
from thep_forms.reading.objects import get

if TYPE_CHECKING:
    import pypdfium2

CORNER = (0.35, 0.2)  # the share of a page's width and height that is searched first: its lower right corner
CORNER_DOTS, PAGE_DOTS = 200, 144  # an inch
MOST_DOTS = 4000  # along the longer edge of a page
_NAME = re.compile(r"/Code\d{1,3}")  # of the XObject that draws a page's code
_WRITTEN = re.compile(rb"%([^\r\n]{1,200})[\r\n]")


def written_code(page: Object) -> Code | None:
    """What the content of a page says of its code; None where it says nothing."""
    drawn = get(get(page, "/Resources"), "/XObject")
    if not isinstance(drawn, Dictionary):
        return None
    for name in drawn.keys():  # noqa: SIM118 - iterating over a pikepdf dictionary is slower
        content = drawn[name] if _NAME.fullmatch(name) else None
        if isinstance(content, Stream):
            data, _ = attempt(content.read_bytes, b"")
            match = _WRITTEN.match(data)
            return read_code(match[1].decode("ascii", "replace")) if match else None
    return None


def written_codes(pages: Sequence[Object]) -> dict[int, Code]:
    """What the contents of pages say of their codes, by the indices of the pages."""
    found = ((number, written_code(page)) for number, page in enumerate(pages))
    return {number: code for number, code in found if code}


def forms_by_code(forms: Iterable[FormFields], codes: Mapping[int, Code]) -> list[FormFields]:
    """The forms with fields, each parted where the codes of its pages are of several forms."""
    found: list[FormFields] = []
    for form in forms:
        pages = {page: codes[page] for page in pages_of(form.widgets) if page in codes}
        found += [form] if are_one_form(pages.values()) else _parted(form, pages)
    return found


def _parted(form: FormFields, codes: Mapping[int, Code]) -> list[FormFields]:
    """A form for each that the codes of its pages name. What is on a page without a code goes with the first page."""
    first = min(codes, key=lambda page: codes[page].page)
    parts: dict[int, FormFields] = {first: FormFields()}
    part_of = {first: first}
    for page, code in sorted(codes.items()):
        if page != first:
            part_of[page] = next((start for start in parts if code.belongs_to(codes[start])), page)
            parts.setdefault(part_of[page], FormFields())
    for name, widgets in form.widgets.items():
        for widget in widgets:
            start = first if widget.page is None else part_of.get(widget.page, first)
            parts[start].add({name: [widget]})
    return list(parts.values())


def codes_on(data: bytes, pages: Iterable[int], written: Mapping[int, Code]) -> dict[int, tuple[Code, ...]]:
    """The codes on each of the pages, which several have that share a sheet. `written` are those already known."""
    codes: dict[int, tuple[Code, ...]] = {page: (written[page],) for page in pages if page in written}
    others = [page for page in pages if page not in written]
    if others:
        import pypdfium2  # takes time to import, and few files need it

        with pypdfium2.PdfDocument(data) as document:
            for page in others:
                if found := _drawn_codes(document, page):
                    codes[page] = found
    return codes


def drawn_codes(data: bytes, pages: Iterable[int]) -> dict[int, Code]:
    """The code that is drawn on each of the pages; none for a sheet with several."""
    return {page: codes[0] for page, codes in codes_on(data, pages, {}).items() if len(codes) == 1}


def _drawn_codes(document: pypdfium2.PdfDocument, number: int) -> tuple[Code, ...]:
    """The codes that are drawn in the corner of a page, or anywhere on it."""
    from thep_forms.reading.code_search import codes_seen

    page = document[number]
    width, height = page.get_size()
    corner = (width * (1 - CORNER[0]), 0.0, 0.0, height * (1 - CORNER[1]))  # what is cut off at each edge
    for dots, crop in ((CORNER_DOTS, corner), (PAGE_DOTS, (0.0, 0.0, 0.0, 0.0))):
        scale = min(dots / 72, MOST_DOTS / max(width, height, 1.0))
        picture = page.render(scale=scale, grayscale=True, may_draw_forms=False, crop=crop).to_pil()
        if codes := tuple(seen.code for seen in codes_seen(picture)):
            break
    page.close()
    return codes


def are_one_form(codes: Collection[Code]) -> bool:
    """Whether all the codes are of the form that the first page of them is of."""
    first = first_of(codes)
    return first is None or all(code.belongs_to(first) for code in codes)


def are_several_forms(firsts: Sequence[Code | None]) -> bool:
    """Whether each of the codes is known, and no two of them are of one form."""
    for number, first in enumerate(firsts):
        if first is None or any(other is None or are_one_form((first, other)) for other in firsts[number + 1 :]):
            return False
    return True


def first_of(codes: Collection[Code]) -> Code | None:
    """The code of the page with the lowest number."""
    return min(codes, key=lambda code: code.page, default=None)
