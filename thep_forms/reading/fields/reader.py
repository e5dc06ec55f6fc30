"""The fields reader: what the widgets of a file hold.

Limitations: signatures and push buttons are not read, a calculated value is read as the file stores it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct
from pikepdf import Array, Dictionary, Name, Stream, String

from thep_forms.definition.model import NOT_TICKED, TICKED
from thep_forms.reading.fields.appearance import BoxSize, shows_plainly, text_shown_instead
from thep_forms.reading.fields.box_fonts import BoxFonts, FormFonts
from thep_forms.reading.fields.field_tree import Corners, Leaf, Node
from thep_forms.reading.model import Answer, Doubt
from thep_forms.reading.objects import (
    FORMATTED,
    NO_DOUBT,
    OTHER_KIND,
    Text,
    content_of,
    doubted_text,
    get,
    name_of,
    numbers_of,
    text_of,
)
from thep_forms.reading.strings import plain, text_string

OFF = ("", "off", "no", "false")  # the standard has the first two
STATES = (*OFF, "on", "yes", "true", "1", "0", "x")  # texts that programs give a tick box for a value
NO_RECTANGLE = b"null"
LONGEST_NAME = 200  # bytes of a part of a name that is kept for the next form
UNNAMED = "unnamed_{}"  # what a field without a name is called
SHORTEST = 20  # bytes of an appearance that shows a text
MOST_DRAWN = 50  # form XObjects that an appearance is drawn with
_TEXT, _BUTTON, _CHOICE = "/Tx", "/Btn", "/Ch"
_KINDS = (_TEXT, _BUTTON, _CHOICE)
_SIGNATURE = "/Sig"
_VALUES = frozenset({"/V", "/RV"})
_SHOWS = re.compile(rb"\bT[jJ]\b|[)>]\s*['\"](?!\S)")  # operators that show a text
_FULL = frozenset({Doubt.BOX_FULL})


@lru_cache(maxsize=512)
def corners(rectangle: bytes) -> Corners:
    """The edges of a rectangle as it is written. It is cached since the forms of a year have the same boxes."""
    try:
        x, y, right, top = map(float, rectangle.strip(b"[]").split())
    except ValueError:
        return 0.0, 0.0, 0.0, 0.0
    return min(x, right), min(y, top), max(x, right), max(y, top)


class WidgetValue(Struct, frozen=True):
    """What one widget holds.

    `ticks`: it is a check box. `limit` is the number of characters that its field takes, None without a limit. `page`
    is an index, None where the file does not say; `is_listed`: that page lists it. `lacks_value`: it has no value at
    all. One that a person emptied has an empty text, and may still show the old one. `others` are answers that differ
    from it. One is that of its field. Another is `no`: its value says that it is ticked, but its state does not, or its
    box cannot show it.
    """

    text: str
    doubts: frozenset[Doubt]
    ticks: bool
    limit: int | None
    page: int | None
    node: Node
    lacks_value: bool
    is_listed: bool = True
    others: tuple[str, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether it holds a text, legible or not."""
        return bool(self.text) or Doubt.UNREADABLE in self.doubts

    @property
    def is_only_drawn(self) -> bool:
        """Whether it has no value, but its appearance shows a text. Reads the appearance."""
        if not self.lacks_value or self.ticks or (appearances := self.node.get("/AP")) is None:
            return False
        return _draws_text(get(appearances, "/N"), set())

    def shown_instead(self, fonts: FormFonts) -> str:
        """The text that its box shows, where that is certainly not its value; empty where it is. Reads the appearance.

        `fonts` are those of the whole form.
        """
        if self.ticks or self.lacks_value or Doubt.UNREADABLE in self.doubts:
            return ""
        appearance = get(self.node.get("/AP"), "/N")
        content = content_of(appearance) if isinstance(appearance, Stream) else None
        if not content or shows_plainly(content, self.text, fonts.latest):
            return ""
        left, _, right, _ = self.corners
        own_fonts = get(get(appearance, "/Resources"), "/Font")
        size = BoxSize(right - left, self.limit or 0)
        return text_shown_instead(self.text, content, BoxFonts(own_fonts, fonts), size)

    @property
    def appearance(self) -> object:
        """The stream that draws it as it is; None where it has none."""
        normal = get(self.node.get("/AP"), "/N")
        return normal if isinstance(normal, Stream) else get(normal, name_of(self.node.get("/AS")) or "/Off")

    @property
    def corners(self) -> Corners:
        """Its rectangle on the page: left, bottom, right and top, in points; all 0 where it has none."""
        if self.node.corners is None:
            self.node.corners = _corners(self.node.get("/Rect"))
        return self.node.corners

    @property
    def area(self) -> tuple[float, ...]:
        """Its rectangle on the page, in points: left, bottom, right and top; not four numbers where it has none."""
        return self.corners if any(self.corners) else ()


def _corners(rectangle: object) -> Corners:
    if not isinstance(rectangle, Array):
        return corners(NO_RECTANGLE)
    found = corners(rectangle.unparse(resolved=True))
    return found if any(found) else corners(" ".join(map(str, numbers_of(rectangle))).encode())


def values_by_name(leaves: Iterable[Leaf]) -> dict[str, list[WidgetValue]]:
    """What the widgets of each field hold, by the field's full name in the file."""
    found: dict[str, list[WidgetValue]] = {}
    for leaf in leaves:
        value = _widget_value(leaf)
        if value is None:
            continue
        name = _full_name(leaf)
        if name or value.says_something or value.is_only_drawn:
            found.setdefault(name or UNNAMED.format(len(found) + 1), []).append(value)
    return found


def combined(widgets: Sequence[WidgetValue]) -> Answer:
    """The answer that the widgets of one field give: the first that is not empty, and those that differ from it."""
    first, limit = widgets[0], widgets[0].limit
    others: tuple[str, ...] = first.others
    if len(widgets) > 1:
        first, *differing = _differing(widgets)
        limit = next((widget.limit for widget in widgets if widget.limit), None)
        texts = [widget.text for widget in differing]
        for widget in widgets:
            texts += [text for text in widget.others if text != first.text]
        others = tuple(dict.fromkeys(texts))
    doubts = first.doubts | _FULL if limit and len(first.text) >= limit else first.doubts
    return Answer(first.text, doubts=doubts, others=others, page=first.page)


def _differing(widgets: Sequence[WidgetValue]) -> Sequence[WidgetValue]:
    """The widgets that hold something that no widget before them holds; the first widget if all are empty."""
    filled: dict[Text, WidgetValue] = {}
    for widget in widgets:
        if widget.says_something:
            filled.setdefault((widget.text, widget.doubts), widget)
    return [*filled.values()] or widgets[:1]


def pages_of(fields: Mapping[str, Sequence[WidgetValue]]) -> frozenset[int]:
    """The pages that the widgets of the fields are on."""
    pages = {widget.page for widgets in fields.values() for widget in widgets}
    return frozenset(page for page in pages if page is not None)


def _full_name(leaf: Leaf) -> str:
    """The names of a field and of those above it, joined by dots (ISO 32000-1, 12.7.3.2)."""
    own = leaf.node.get("/T")
    if not leaf.ancestors:
        return "" if own is None else _name_part(own)
    parts = [part for node in reversed(leaf.ancestors) if (part := node.get("/T")) is not None]
    return ".".join(map(_name_part, parts if own is None else [*parts, own]))


def _name_part(value: object) -> str:
    raw = bytes(value) if isinstance(value, String) else b""
    return _decoded_name(raw) if 0 < len(raw) <= LONGEST_NAME else text_of(value)


@lru_cache(maxsize=512)
def _decoded_name(raw: bytes) -> str:
    """A part of a name. It is cached since the forms of a year have the same names."""
    return text_string(raw)[0]


def _widget_value(leaf: Leaf) -> WidgetValue | None:
    """What a widget holds, or None if its field is of a kind that holds no answer."""
    entry = _with_inherited(leaf) if leaf.ancestors else leaf.node.get
    stated = name_of(entry("/FT"))
    if stated == _TEXT and not leaf.ancestors and _VALUES.isdisjoint(leaf.node.names):  # as most boxes
        return WidgetValue("", NO_DOUBT, False, _limit(entry), leaf.page, leaf.node, True, leaf.is_listed)
    value = entry("/V")
    if stated == _SIGNATURE and not isinstance(value, String):
        return None
    kind = stated if stated in _KINDS else _likely_kind(leaf.node, value)
    is_text_in_button = kind == _BUTTON and isinstance(value, String) and not _is_state(leaf.node, value)
    ticks = kind == _BUTTON and not is_text_in_button
    is_odd = is_text_in_button or stated not in _KINDS
    others: tuple[str, ...] = ()
    if ticks:
        text, doubts = TICKED if _is_ticked(leaf, value) else "", NO_DOUBT
        if _contradicts(leaf, value):
            others = (NOT_TICKED,)  # only its value or only its state says that it is ticked
    else:
        text, doubts = _typed(leaf.node, value, entry)
        if leaf.ancestors:
            text, others = _with_text_of_field(text, leaf)
    return WidgetValue(
        text,
        doubts | OTHER_KIND if is_odd else doubts,
        ticks,
        _limit(entry),
        leaf.page,
        leaf.node,
        not (text or Doubt.UNREADABLE in doubts or isinstance(value, String)),
        leaf.is_listed,
        others,
    )


def _limit(entry: Callable[[str], object]) -> int | None:
    """The number of characters that a field takes; None without a limit."""
    limit = entry("/MaxLen")
    return limit if isinstance(limit, int) and limit > 0 else None


def _with_text_of_field(text: str, leaf: Leaf) -> tuple[str, tuple[str, ...]]:
    """The text of a widget, and what its field holds besides where that differs. Of two, the one that is not empty."""
    of_field = _text_of_field(leaf)
    if of_field is None or of_field == text:
        return text, ()
    return (text, (of_field,)) if text else (of_field, (text,))


def _text_of_field(leaf: Leaf) -> str | None:
    """The text that the field of a widget holds besides the widget's own; None unless both hold one."""
    if leaf.node.get("/V") is None:
        return None
    for node in leaf.ancestors:
        if (value := node.get("/V")) is not None:
            return text_of(value)
    return None


def _is_state(node: Node, value: String) -> bool:
    """Whether the text stands for a state of a tick box."""
    text = text_of(value).strip()
    states = get(node.get("/AP"), "/N")
    return text.lower() in STATES or (isinstance(states, Dictionary) and f"/{text}" in states)


def _typed(node: Node, value: object, entry: Callable[[str], object]) -> Text:
    """What was typed into a text field, or chosen in a list."""
    if value is None and (rich := entry("/RV")) is not None:
        text, doubts = doubted_text(rich)
        words = plain(text)
        return words, doubts | FORMATTED if words else doubts
    if isinstance(value, (int, Decimal)) and _draws_text(get(node.get("/AP"), "/N"), set()):
        return "", NO_DOUBT  # what is shown was meant: a number has no zeros in front
    return doubted_text(value)


def _with_inherited(leaf: Leaf) -> Callable[[str], object]:
    """A function that gives an inheritable entry, the nearest node's."""

    def entry(key: str) -> object:
        for node in (leaf.node, *leaf.ancestors):
            if (value := node.get(key)) is not None:
                return value
        return None

    return entry


def _likely_kind(node: Node, value: object) -> str:
    """The kind of a field that does not say a kind that there is: states of buttons are names, and texts are not."""
    state = value if value is not None else node.get("/AS")
    has_off_state = get(get(node.get("/AP"), "/N"), "/Off") is not None
    return _BUTTON if isinstance(state, Name) or has_off_state else _TEXT


def _draws_text(appearance: object, seen: set[tuple[int, int]]) -> bool:
    """Whether an appearance, or a form XObject that it draws, shows a text. That of an empty box is a few bytes."""
    if not isinstance(appearance, Stream):
        return False
    length = appearance.get("/Length")
    if not isinstance(length, int) or length < SHORTEST:
        return False
    if appearance.objgen in seen or len(seen) == MOST_DRAWN:
        return False
    seen.add(appearance.objgen)
    content = content_of(appearance) or b""
    if _SHOWS.search(content):
        return True
    drawn = get(get(appearance, "/Resources"), "/XObject") if b"Do" in content else None
    forms = [*drawn.values()] if isinstance(drawn, Dictionary) else []
    return any(get(form, "/Subtype") == Name.Form and _draws_text(form, seen) for form in forms)


def _is_ticked(leaf: Leaf, value: object) -> bool:
    """Whether a check box is ticked: programs set its value, or its state, or both. Any name but “off” is on."""
    if leaf.ancestors and isinstance(value, Name) and _is_of_another(leaf.node, leaf.ancestors[0], value):
        value = None
    return _is_on(leaf.node.get("/AS")) or _is_on(value)


def _contradicts(leaf: Leaf, value: object) -> bool:
    """Whether only one of its value and its state ticks it, or its box has no such state, so that it shows no tick."""
    state = leaf.node.get("/AS")
    if isinstance(value, Name) and leaf.ancestors and _is_of_another(leaf.node, leaf.ancestors[0], value):
        value = None
    own = [each for each in (value, state) if each is not None]
    ticked = [each for each in own if _is_on(each)]
    if not ticked:
        return False
    if len(ticked) < len(own):
        return True
    states = get(leaf.node.get("/AP"), "/N")
    if not isinstance(states, Dictionary) or not any(key != "/Off" for key in states):
        return False
    if state is None:  # viewers draw none of its states (ISO 32000-1, 12.5.5)
        return True
    return any(isinstance(each, Name) and str(each) not in states for each in ticked)


def _is_on(state: object) -> bool:
    return bool(state) if isinstance(state, (int, Decimal)) else text_of(state).lower() not in OFF


def _is_of_another(node: Node, parent: Node, value: Name) -> bool:
    """Whether an inherited value names a state of another widget of the group."""
    kids, states = parent.get("/Kids"), get(node.get("/AP"), "/N")
    if node.get("/V") is not None or not (isinstance(kids, Array) and len(kids) > 1 and isinstance(states, Dictionary)):
        return False
    return str(value) not in states and any(key != "/Off" for key in states)
