"""The values that a form holds a second time, as XFA data (XFA 3.3): Acrobat shows these, most other viewers do not.

Limitations: values are found by the names of their boxes alone, and formatted ones count by their words.
"""

from __future__ import annotations

from xml.parsers import expat

import pikepdf
from msgspec.structs import replace
from pikepdf import Stream

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import TICKED, Kind
from thep_forms.reading.fields.reader import OFF
from thep_forms.reading.model import Answer
from thep_forms.reading.objects import content_of, get, items_of

MOST_DATA = 5_000_000  # bytes
MOST_VALUES = 20_000
_DATA = "data"  # the element that holds the values
_NOT_TICKED = (*OFF, "0")


def with_xfa(pdf: pikepdf.Pdf, answers: dict[str, Answer], definition: FormDefinition) -> dict[str, Answer]:
    """The answers, with those in the XFA data that differ beside them.

    Data without any answer says nothing: many viewers fill in the boxes and leave it as it was.
    """
    xfa = get(get(pdf.Root, "/AcroForm"), "/XFA")
    if xfa is None:
        return answers
    held = {name: value for name, value in _values(xfa).items() if name in answers}
    ticks = {name for name in held if (box := definition.box(name)) and box.kind is Kind.TICKS}
    for name in ticks:
        held[name] = "" if held[name].lower() in _NOT_TICKED else TICKED
    if not any(held.values()):
        return answers
    compared = dict(answers)
    for name, value in held.items():
        answer = answers[name]
        if "".join(value.split()) == "".join(answer.text.split()) or answer.is_illegible:
            continue
        if answer.text.strip():
            compared[name] = replace(answer, others=tuple(dict.fromkeys((*answer.others, value))))
        else:
            compared[name] = replace(answer, text=value, others=("",))
    return compared


def _values(xfa: object) -> dict[str, str]:
    """The texts of the innermost elements of the data, by their names; none of data that is no XML."""
    streams = [xfa] if isinstance(xfa, Stream) else [part for part in items_of(xfa) if isinstance(part, Stream)]
    found: dict[str, str] = {}
    for stream in streams:
        content = content_of(stream) or b""
        if b"data" in content and len(content) <= MOST_DATA:
            found |= _Reader().values_in(content)
    return found


class _Reader:
    """What expat finds. A document type is refused: no program writes one, and its entities can grow without end."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []
        self._is_innermost = False

    def values_in(self, content: bytes) -> dict[str, str]:
        """The values; a part of a packet that is no document of its own has none."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError):
            return {}
        return self._values

    def _refuse(self, *_: object) -> None:
        raise ValueError

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name.rpartition(" ")[2])
        self._text.clear()
        self._is_innermost = True
        if len(self._path) > MOST_VALUES:
            raise ValueError

    def _end(self, _: str) -> None:
        name = self._path.pop()
        if self._is_innermost and _DATA in self._path and len(self._values) < MOST_VALUES:
            self._values[name] = "".join(self._text).strip()
        self._is_innermost = False
