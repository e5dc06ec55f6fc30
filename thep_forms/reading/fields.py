"""The interactive fields of an open PDF: the field tree and every page's widgets, as viewers read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice

import pikepdf
from msgspec import Struct
from pikepdf import Array, Dictionary, Name, Object, Stream, String

from thep_forms.reading.model import Answer
from thep_forms.reading.strings import REPLACEMENT, plain, text_string

DEEPEST = 32  # levels of a field tree; deeper ones are loops or attacks
MOST = 50_000  # nodes and widgets: two thousand schools in a file have fewer
MOST_CHOSEN = 100  # of a list box
OFF = ("", "off", "no", "false")  # the standard has the first two
LONGEST_NAME = 200  # bytes of a part of a name that may be at hand for the next form
UNNAMED = "unnamed_{}"  # what a field is called that has no name
SHORTEST = 20  # bytes of an appearance that shows a text
MOST_DRAWN = 50  # forms that an appearance is drawn with
_TEXT, _BUTTON, _CHOICE = "/Tx", "/Btn", "/Ch"
_SHOWS = re.compile(rb"\bT[jJ]\b|[)>]\s*['\"](?!\S)")  # operators that show a text
_KINDS = (_TEXT, _BUTTON, _CHOICE)
_DIRECT = (0, 0)  # the number of an object that has none


class TooManyError(Exception):
    """There are more than anyone made, and those that were not looked at would be missing."""


class WidgetValue(Struct, frozen=True):
    """What one widget says."""

    text: str
    damaged: bool = False
    ticks: bool = False
    limit: int | None = None
    page: int | None = None  # index
    widget: _Node | None = None
    is_empty: bool = False

    @property
    def drawn(self) -> bool:
        """Whether it holds no value, but its appearance shows a text."""
        return (
            self.is_empty
            and not self.ticks
            and self.widget is not None
            and _draws_text(get(self.widget.get("/AP"), "/N"))
        )

    @property
    def changed(self) -> str:
        """The date on which it was changed, as the widget says it; empty where it does not."""
        date = self.widget.get("/M") if self.widget else None
        return "" if date is None else text_of(date)

    @property
    def area(self) -> tuple[float, ...]:
        """Its rectangle on the page; not four numbers where it has none."""
        rect = self.widget.get("/Rect") if self.widget else None
        return numbers(rect)


class _Node:
    """A dictionary of the field tree. Its entries are taken out at once: each question to qpdf takes its time."""

    __slots__ = ("entries", "get", "number")

    def __init__(self, dictionary: Object, number: tuple[int, int]) -> None:
        self.number, self.entries = number, dictionary.as_dict()
        self.get: Callable[[str], object] = self.entries.get


def answers(
    pdf: pikepdf.Pdf, sheets: Sequence[Object]
) -> tuple[dict[str, list[WidgetValue]], list[tuple[int, Object]]]:
    """What the widgets of every field say, by the field's full name; and other annotations with their page's index.

    `sheets` are the pages. Raises `TooManyError`.
    """
    found: dict[str, list[WidgetValue]] = {}
    others: list[tuple[int, Object]] = []
    nodes = _nodes(pdf, sheets, others)
    for node, above, page in islice(nodes, MOST):
        _note(found, node, above, page)
    if next(nodes, None):
        raise TooManyError
    return found, others


def combined(said: Sequence[WidgetValue]) -> Answer:
    """One answer of the widgets' answers: empty ones give way, ticks are on if any is on, two texts are both kept."""
    if len(said) == 1:
        return Answer(said[0].text, said[0].damaged, None, said[0].limit)
    limit = next((answer.limit for answer in said if answer.limit), None)
    texts = list(dict.fromkeys([(answer.text, answer.damaged) for answer in said if answer.text]))
    if not texts:
        return Answer("", limit=limit)
    (text, damaged), *others = texts
    return Answer(text, damaged, "”, “".join(other for other, _ in others) if others else None, limit)


def _nodes(
    pdf: pikepdf.Pdf, sheets: Sequence[Object], others: list[tuple[int, Object]]
) -> Iterator[tuple[_Node, list[_Node], int | None]]:
    """Every terminal field or widget with its ancestors, nearest first, and its page; each object once.

    What is neither goes to `others`.
    """
    annotations = [
        (number, annotation)
        for number, sheet in enumerate(sheets)
        for annotation in _items(get(sheet, "/Annots"))
        if isinstance(annotation, Dictionary)
    ]
    pages = {annotation.objgen: number for number, annotation in reversed(annotations)}  # a page may be listed twice
    pages.pop(_DIRECT, None)
    indices = {sheet.objgen: index for index, sheet in enumerate(sheets)}
    seen: set[tuple[int, int]] = set()
    for node, above in _below(get(get(pdf.Root, "/AcroForm"), "/Fields"), seen):
        number = pages.get(node.number)
        yield node, above, _page_said(node, indices) if number is None else number
    for number, annotation in annotations:
        if annotation.objgen in seen:
            continue
        node = _Node(annotation, annotation.objgen)
        seen |= {node.number} - {_DIRECT}
        if name_of(node.get("/Subtype")) in ("/Widget", ""):
            yield node, _ancestors(node), number
        else:
            others.append((number, annotation))


def _page_said(node: _Node, indices: Mapping[tuple[int, int], int]) -> int | None:
    """The page that a widget says it is on, of one that no page lists."""
    page = node.get("/P")
    return indices.get(page.objgen) if isinstance(page, Dictionary) else None


def _below(fields: object, seen: set[tuple[int, int]]) -> Iterator[tuple[_Node, list[_Node]]]:
    """The leaves of the field tree with their ancestors; what has a number is `seen` once.

    A field is a leaf, too, where there is no going on from it: it may be below itself, or have another's widgets.
    """
    waiting: list[tuple[Object, list[_Node]]] = [(field, []) for field in [*_items(fields)][::-1]]
    listed, on_top = 0, cache(lambda: {field.objgen for field in _items(fields) if isinstance(field, Dictionary)})

    def is_below(kid: Object) -> bool:
        """Whether it was not looked at, and is no field on top that knows of none above it."""
        return kid.objgen not in seen and ("/Parent" in kid or "/T" not in kid or kid.objgen not in on_top())

    while waiting:
        field, above = waiting.pop()
        number = field.objgen if isinstance(field, Dictionary) else None
        if number is None or number in seen:
            continue
        if number != _DIRECT:
            seen.add(number)
        node = _Node(field, number)
        kids = node.get("/Kids")
        new = [kid for kid in _items(kids) if isinstance(kid, Dictionary) and is_below(kid)] if kids else None
        if not new or len(above) == DEEPEST:
            yield node, above
            continue
        listed += len(new)
        if listed > MOST:
            raise TooManyError
        waiting += [(kid, [node, *above]) for kid in reversed(new)]


def _ancestors(node: _Node) -> list[_Node]:
    above: list[_Node] = []
    seen = {node.number} - {_DIRECT}
    parent = node.get("/Parent")
    while isinstance(parent, Dictionary) and parent.objgen not in seen and len(above) < DEEPEST:
        above.append(_Node(parent, parent.objgen))
        seen |= {parent.objgen} - {_DIRECT}
        parent = above[-1].get("/Parent")
    return above


def _note(found: dict[str, list[WidgetValue]], node: _Node, above: list[_Node], page: int | None) -> None:
    """Note what a widget says; `above` are its ancestors."""
    said = _with_inherited(node, above) if above else node.get
    value = said("/V")
    kind = name_of(said("/FT")) or _likely_kind(node, value)
    if kind not in _KINDS:
        if not isinstance(value, String):
            return
        kind = _TEXT
    ticks = kind == _BUTTON
    name = ".".join([_name_part(part) for one in (*reversed(above), node) if (part := one.get("/T")) is not None])
    limit = said("/MaxLen")
    text, damaged = ("yes" if _is_ticked(node, above, value) else "", False) if ticks else _value(value)
    if value is None and (rich := said("/RV")) is not None:  # the same in rich text
        text, damaged = _value(rich)
        text = plain(text)
    elif not ticks and isinstance(value, (int, Decimal)) and _draws_text(get(node.get("/AP"), "/N")):
        text = ""  # what is shown was meant: a number has no zeros in front
    answer = WidgetValue(
        text,
        damaged,
        ticks,
        limit if isinstance(limit, int) and limit > 0 else None,
        page,
        node,
        not (text or isinstance(value, String)),  # one that was emptied has an empty text, and may show its old one
    )
    if name or text or answer.drawn:
        found.setdefault(name or UNNAMED.format(len(found) + 1), []).append(answer)


def _likely_kind(node: _Node, value: object) -> str:
    """What kind of field it is that does not say: states are names, and texts are not."""
    states = (value if value is not None else node.get("/AS"), get(get(node.get("/AP"), "/N"), "/Off"))
    return _BUTTON if isinstance(states[0], Name) or states[1] is not None else _TEXT


def _draws_text(stream: object, seen: set[tuple[int, int]] | None = None) -> bool:
    """Whether an appearance shows a text, or a form does that it draws; that of an empty box is a few bytes."""
    length = get(stream, "/Length")
    if not isinstance(stream, Stream) or not isinstance(length, int) or length < SHORTEST:
        return False
    seen = set() if seen is None else seen
    if stream.objgen in seen or len(seen) == MOST_DRAWN:
        return False
    seen.add(stream.objgen)
    content = _content(stream) or b""
    drawn = get(get(stream, "/Resources"), "/XObject") if b"Do" in content else None
    forms = drawn.values() if isinstance(drawn, Dictionary) else ()
    return bool(_SHOWS.search(content)) or any(_draws_text(one, seen) for one in forms if _is_form(one))


def _is_form(thing: object) -> bool:
    return get(thing, "/Subtype") == Name.Form


def _content(stream: Stream) -> bytes | None:
    """What the stream holds, or None where it is damaged; qpdf warns of that, so the file counts as damaged."""
    try:
        return stream.read_bytes()
    except (pikepdf.PdfError, pikepdf.DataDecodingError):
        return None


def _is_ticked(node: _Node, above: Sequence[_Node], value: object) -> bool:
    """Some programs set the value alone, some the state shown: a tick in either is one. Any other name is on."""
    if above and isinstance(value, Name) and _is_of_another(node, above[0], value):
        value = None
    return any(_is_on(state) for state in (node.get("/AS"), value))


def _is_on(state: object) -> bool:
    return bool(state) if isinstance(state, (int, Decimal)) else text_of(state).lower() not in OFF


def _is_of_another(node: _Node, field: _Node, value: Name) -> bool:
    """Whether an inherited value is not one of the states that the widget has, so that it is of another of a group."""
    kids, states = field.get("/Kids"), get(node.get("/AP"), "/N")
    if node.get("/V") is not None or not (isinstance(kids, Array) and len(kids) > 1 and isinstance(states, Dictionary)):
        return False
    return str(value) not in states and any(key != "/Off" for key in states)


def _value(value: object) -> tuple[str, bool]:
    if value is None:
        return "", False
    if isinstance(value, String):
        return text_string(bytes(value))
    if isinstance(value, Stream):
        content = _content(value)
        return (REPLACEMENT, True) if content is None else text_string(content)
    if isinstance(value, Name):
        return str(value)[1:], False
    if isinstance(value, Array):  # a list box with several chosen; an array may hold itself
        texts = [_value(item) for item in islice(value, MOST_CHOSEN) if not isinstance(item, Array)]
        return "\n".join(text for text, _ in texts), any(damaged for _, damaged in texts)
    if isinstance(value, (int, Decimal)):  # and True or False
        return str(value).lower(), False
    return "", False


def _with_inherited(node: _Node, above: Sequence[_Node]) -> Callable[[str], object]:
    """What gives an inheritable attribute: the nearest one counts."""
    return lambda key: next((value for one in (node, *above) if (value := one.get(key)) is not None), None)


def _name_part(value: object) -> str:
    raw = bytes(value) if isinstance(value, String) else b""
    return _decoded(raw) if 0 < len(raw) <= LONGEST_NAME else text_of(value)


@lru_cache(maxsize=512)
def _decoded(name: bytes) -> str:
    """A part of a name, of which the forms of a year have the same ones."""
    return text_string(name)[0]


def numbers(array: object) -> tuple[float, ...]:
    """The numbers in an array; whatever else is in it is passed over."""
    return tuple(float(item) for item in _items(array) if isinstance(item, (int, Decimal)))


def get(holder: object, key: str) -> object:
    """An entry of a dictionary, or None where there is none or the holder is no dictionary."""
    if not isinstance(holder, (Dictionary, Stream)):
        return None
    return holder.get(key)


def _items(array: object) -> Iterator[Object]:
    return iter(array) if isinstance(array, Array) else iter(())


def name_of(value: object) -> str:
    """The name that a value is, with its slash; empty where it is none."""
    return str(value) if isinstance(value, Name) else ""


def text_of(value: object) -> str:
    """The text that a value is, a string or a stream; empty where it is none."""
    return _value(value)[0]
