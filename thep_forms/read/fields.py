"""The interactive fields of an open PDF: the field tree and every page's widgets, as viewers read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, String

from thep_forms.read.reading import RawValue
from thep_forms.read.strings import text_string

DEEPEST = 32  # levels of a field tree; deeper ones are loops or attacks
MOST = 20_000  # nodes and widgets looked at


@dataclass
class _Found:
    """What the widgets of one field name say."""

    ticks: bool = False
    limit: int | None = None
    answers: list[tuple[str, bool]] = field(default_factory=list)


def field_values(pdf: pikepdf.Pdf) -> dict[str, RawValue]:
    """The value of every field by its full name. Of several widgets that disagree, both answers are kept."""
    found: dict[str, _Found] = {}
    seen: set[tuple[int, int]] = set()
    for number, (node, above) in enumerate(_nodes(pdf, seen)):
        if number > MOST:
            break
        _note(found, node, above)
    return {name: _settled(entry) for name, entry in found.items()}


def _nodes(pdf: pikepdf.Pdf, seen: set[tuple[int, int]]) -> Iterator[tuple[Object, list[Object]]]:
    """Every terminal field or widget with its ancestors, nearest first; each object once."""
    form = _get(pdf.Root, "/AcroForm")
    for top in _items(_get(form, "/Fields")):
        yield from _below(top, [], seen)
    for page in pdf.pages:
        for annotation in _items(_get(page.obj, "/Annots")):
            if _get(annotation, "/Subtype") == Name.Widget and annotation.objgen not in seen:
                yield annotation, _ancestors(annotation)


def _below(node: Object, above: list[Object], seen: set[tuple[int, int]]) -> Iterator[tuple[Object, list[Object]]]:
    if not isinstance(node, Dictionary) or len(above) > DEEPEST:
        return
    if node.is_indirect:
        if node.objgen in seen:
            return
        seen.add(node.objgen)
    kids = [kid for kid in _items(_get(node, "/Kids")) if isinstance(kid, Dictionary)]
    if not kids:
        yield node, above
    for kid in kids:
        yield from _below(kid, [node, *above], seen)


def _ancestors(node: Object) -> list[Object]:
    above: list[Object] = []
    parent = _get(node, "/Parent")
    while isinstance(parent, Dictionary) and len(above) < DEEPEST:
        above.append(parent)
        parent = _get(parent, "/Parent")
    return above


def _note(found: dict[str, _Found], node: Object, above: list[Object]) -> None:
    chain = [node, *above]
    name = ".".join(_text(_get(part, "/T")) for part in reversed(chain) if "/T" in part)
    kind = _inherited(chain, "/FT")
    if not name or kind not in (Name.Tx, Name.Btn, Name.Ch):
        return
    entry = found.setdefault(name, _Found())
    limit = _inherited(chain, "/MaxLen")
    entry.limit = limit if isinstance(limit, int) and limit > 0 else entry.limit
    if kind == Name.Btn:
        entry.ticks = True
        entry.answers.append(("yes" if _is_ticked(node, chain) else "", False))
    else:
        entry.answers.append(_value(_inherited(chain, "/V")))


def _is_ticked(node: Object, chain: list[Object]) -> bool:
    """Some programs set the value alone, some the state shown: a tick in either is one. Any name but Off is on."""
    states = (_get(node, "/AS"), _inherited(chain, "/V"))
    return any(_text(state) not in ("", "Off") for state in states)


def _value(value: object) -> tuple[str, bool]:
    if isinstance(value, String):
        return text_string(bytes(value))
    if isinstance(value, Stream):
        return text_string(value.read_bytes())
    if isinstance(value, Name):
        return str(value)[1:], False
    if isinstance(value, Array):  # a list box with several chosen
        texts = [_value(item) for item in _items(value)]
        return "\n".join(text for text, _ in texts), any(damaged for _, damaged in texts)
    return "", False


def _settled(entry: _Found) -> RawValue:
    """One answer of the widgets' answers: empty ones give way, ticks are on if any is on."""
    answers = list(dict.fromkeys(answer for answer in entry.answers if answer[0]))
    if not answers:
        return RawValue("", limit=entry.limit)
    (text, damaged), *others = answers
    return RawValue(text, damaged, others[0][0] if others else None, entry.limit)


def _inherited(chain: list[Object], key: str) -> object:
    """The value of an inheritable attribute: the nearest one counts."""
    return next((value for part in chain if (value := _get(part, key)) is not None), None)


def _get(holder: object, key: str) -> object:
    """An entry of a dictionary, or None where there is none or the holder is no dictionary."""
    if not isinstance(holder, (Dictionary, Stream)):
        return None
    return holder.get(key)


def _items(array: object) -> Iterator[Object]:
    return iter(array) if isinstance(array, Array) else iter(())


def _text(value: object) -> str:
    return _value(value)[0]
