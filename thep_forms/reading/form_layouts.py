"""The printed form, and which boxes are on each of its pages: a running text may take several of them."""

from __future__ import annotations

from functools import lru_cache

import pypdfium2
from msgspec import Struct

from thep_forms.definition.form import FormDefinition
from thep_forms.generate import PaperCopy, pack
from thep_forms.layout import PageLayout, lay_out

MOST_PAGES = 40  # of a form
_KEPT = 8  # forms in memory


class BlankForm(Struct, frozen=True):
    """A form as it is printed, without an answer on it. `layouts` are those of its pages; None for a page of text."""

    pdf: bytes
    layouts: tuple[PageLayout | None, ...]


@lru_cache(maxsize=_KEPT)
def printed_form(definition: FormDefinition, pages: int = 0) -> BlankForm:
    """The form. A copy that has more blocks than usual has `pages` of them."""
    if not pages:
        return _printed(definition, None)
    usual = printed_form(definition)
    missing = min(pages, MOST_PAGES) - len(usual.layouts)
    blocks = sum(section.count for section in definition.file.section if section.more)
    return _printed(definition, blocks * (1 + missing)) if missing > 0 and blocks else usual


def _printed(definition: FormDefinition, more: int | None) -> BlankForm:
    """`more` is how many blocks its continuation has."""
    layouts = lay_out(definition, more)
    pdf = pack(definition, [PaperCopy()], more)
    with pypdfium2.PdfDocument(pdf) as document:
        spare = len(document) - len(layouts)  # pages that a running text takes beyond its first
    has_one_text = sum(1 for layout in layouts if layout.flow) == 1
    found: list[PageLayout | None] = []
    for layout in layouts:
        found += [None] * (1 + (spare if has_one_text else 0)) if layout.flow else [layout]
    return BlankForm(pdf, tuple(found))
