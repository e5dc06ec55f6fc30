"""Fonts that do not say what their letters are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Name


def unreadable_in(page: pikepdf.Object) -> frozenset[str]:
    """The names of the fonts on a page from whose codes no program can tell the letters."""
    return frozenset(_unreadable_in(page.get("/Resources"), set()))


def _unreadable_in(resources: object, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Those among the fonts of the resources, and of the form XObjects that these name."""
    if not isinstance(resources, Dictionary):
        return
    fonts, forms = resources.get("/Font"), resources.get("/XObject")
    for font in fonts.values() if isinstance(fonts, Dictionary) else ():
        if isinstance(font, Dictionary) and _is_unreadable(font):
            yield str(font.get("/BaseFont", font.get("/Name", "/unknown")))[1:]
    for form in forms.values() if isinstance(forms, Dictionary) else ():
        if isinstance(form, pikepdf.Stream) and form.objgen not in seen:
            seen.add(form.objgen)
            yield from _unreadable_in(form.get("/Resources"), seen)


def _is_unreadable(font: Dictionary) -> bool:
    """An embedded font without ToUnicode whose codes have no names of letters either."""
    if "/ToUnicode" in font:
        return False
    kind, encoding = font.get("/Subtype"), font.get("/Encoding")
    if kind == Name.Type0:
        return encoding in (Name("/Identity-H"), Name("/Identity-V"))
    descriptor = font.get("/FontDescriptor")
    embedded = isinstance(descriptor, Dictionary) and any(
        key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")
    )
    if kind == Name.Type3:
        return not _names_letters(encoding)
    return embedded and encoding is None and kind == Name.TrueType


def _names_letters(encoding: object) -> bool:
    """Whether the differences of an encoding are names such as /eacute, not /g12 or /a3."""
    if not isinstance(encoding, Dictionary):
        return isinstance(encoding, Name)
    names = [str(name)[1:] for name in encoding.get("/Differences", ()) if isinstance(name, Name)]
    return bool(names) and not all(re.fullmatch(r"[a-zA-Z]{0,5}\d+", name) for name in names)
