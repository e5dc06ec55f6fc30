"""Fonts that do not say what their letters are."""

from __future__ import annotations

import re

import pikepdf
from pikepdf import Dictionary, Name, Object

from thep_forms.reading.objects import get

ObjectNumber = tuple[int, int]
_DIRECT: ObjectNumber = (0, 0)


class FontsOfPages:
    """Judges the fonts of a file's pages, each once."""

    def __init__(self) -> None:
        self._names: dict[ObjectNumber, str] = {}  # of a font that is unreadable; empty for any other

    def unreadable_on(self, page: Object) -> frozenset[str]:
        """The names of the fonts on a page from whose codes no program can tell the letters."""
        names: set[str] = set()
        waiting, seen, listed = [page.get("/Resources")], set[ObjectNumber](), set[bytes]()
        while waiting:
            resources = waiting.pop()
            if not isinstance(resources, Dictionary):
                continue
            fonts, forms = get(resources, "/Font"), get(resources, "/XObject")
            if isinstance(fonts, Dictionary) and (entries := fonts.unparse(resolved=True)) not in listed:
                listed.add(entries)
                names.update(self._name_if_unreadable(font) for font in fonts.values())
            for form in forms.values() if isinstance(forms, Dictionary) else ():
                if isinstance(form, pikepdf.Stream) and form.objgen not in seen:
                    seen.add(form.objgen)
                    waiting.append(form.get("/Resources"))
        return frozenset(names - {""})

    def _name_if_unreadable(self, font: object) -> str:
        if not isinstance(font, Dictionary):
            return ""
        number = font.objgen
        if number == _DIRECT or number not in self._names:
            name = str(font.get("/BaseFont", font.get("/Name", "/unknown")))[1:]
            self._names[number] = name if _is_unreadable(font) else ""
        return self._names[number]


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
