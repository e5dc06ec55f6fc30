"""The tree of interactive fields and the annotations of the pages (ISO 32000-1, 12.7.3 and 12.5), found as viewers do.

Real files list widgets that the tree lacks, and the other way round; trees have loops. Each widget is found once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

import pikepdf
from msgspec import Struct
from pikepdf import Dictionary, Object

from thep_forms.reading.objects import get, items_of, name_of

DEEPEST = 32  # levels of a field tree; a deeper one is a loop or an attack
MOST = 50_000  # fields and widgets: a file of two thousand schools has fewer
_DIRECT = (0, 0)  # the number of an object that has none

ObjectNumber = tuple[int, int]


class TooManyError(Exception):
    """There are more fields and widgets than anyone makes. Reading some of them would lose the others silently."""


class Node:
    """A dictionary of the field tree. Its entries are copied at once: each question to qpdf takes its time."""

    __slots__ = ("entries", "get", "number")

    def __init__(self, dictionary: Object, number: ObjectNumber) -> None:
        self.number, self.entries = number, dictionary.as_dict()
        self.get: Callable[[str], object] = self.entries.get


class Leaf(Struct, frozen=True):
    """A widget, or a field without widgets; `ancestors` come nearest first, `page` is an index."""

    node: Node
    ancestors: Sequence[Node]
    page: int | None


class Annotation(Struct, frozen=True):
    """An annotation of a page; `page` is an index."""

    page: int
    dictionary: Object


def leaves_and_annotations(pdf: pikepdf.Pdf, pages: Sequence[Object]) -> tuple[list[Leaf], list[Annotation]]:
    """The leaves of the field tree, those that only a page lists after them; and the annotations that are no widgets.

    Raises `TooManyError`.
    """
    annotations = _annotations(pages)
    listed = {annotation.dictionary.objgen: annotation.page for annotation in reversed(annotations)}  # the first counts
    listed.pop(_DIRECT, None)
    indices = {page.objgen: index for index, page in enumerate(pages)}
    seen: set[ObjectNumber] = set()
    leaves: list[Leaf] = []
    others: list[Annotation] = []
    for node, ancestors in islice(_tree_leaves(get(get(pdf.Root, "/AcroForm"), "/Fields"), seen), MOST + 1):
        page = listed.get(node.number)
        leaves.append(Leaf(node, ancestors, _own_page(node, indices) if page is None else page))
    for annotation in annotations:
        number = annotation.dictionary.objgen
        if number in seen:
            continue
        if number != _DIRECT:
            seen.add(number)
        node = Node(annotation.dictionary, number)
        if name_of(node.get("/Subtype")) in ("/Widget", ""):
            leaves.append(Leaf(node, _ancestors(node), annotation.page))
        else:
            others.append(annotation)
        if len(leaves) > MOST:
            break
    if len(leaves) > MOST:
        raise TooManyError
    return leaves, others


def _annotations(pages: Sequence[Object]) -> list[Annotation]:
    return [
        Annotation(number, annotation)
        for number, page in enumerate(pages)
        for annotation in items_of(get(page, "/Annots"))
        if isinstance(annotation, Dictionary)
    ]


def _own_page(node: Node, indices: Mapping[ObjectNumber, int]) -> int | None:
    """The page that a widget names as its own, for a widget that no page lists."""
    page = node.get("/P")
    return indices.get(page.objgen) if isinstance(page, Dictionary) else None


def _tree_leaves(fields: object, seen: set[ObjectNumber]) -> Iterator[tuple[Node, list[Node]]]:
    """The leaves of the tree with their ancestors, nearest first. Adds the numbers of its objects to `seen`.

    A field whose kids were all seen is a leaf, too: it may be below itself, or list the widgets of another field.
    """
    waiting: list[tuple[Object, list[Node]]] = [(field, []) for field in reversed([*items_of(fields)])]
    top = cache(lambda: {field.objgen for field in items_of(fields) if isinstance(field, Dictionary)})
    listed = 0

    def is_below(kid: Object) -> bool:
        """Whether it is unseen, and not a field of the top level that names no parent."""
        return kid.objgen not in seen and ("/Parent" in kid or "/T" not in kid or kid.objgen not in top())

    while waiting:
        field, ancestors = waiting.pop()
        number = field.objgen if isinstance(field, Dictionary) else None
        if number is None or number in seen:
            continue
        if number != _DIRECT:
            seen.add(number)
        node = Node(field, number)
        kids: list[Object] = []
        if (entry := node.get("/Kids")) is not None:
            kids = [kid for kid in items_of(entry) if isinstance(kid, Dictionary) and is_below(kid)]
        if not kids or len(ancestors) == DEEPEST:
            yield node, ancestors
            continue
        listed += len(kids)
        if listed > MOST:
            raise TooManyError
        waiting += [(kid, [node, *ancestors]) for kid in reversed(kids)]


def _ancestors(node: Node) -> list[Node]:
    """The ancestors of a widget that the tree does not list, nearest first."""
    ancestors: list[Node] = []
    seen = {node.number} - {_DIRECT}
    parent = node.get("/Parent")
    while isinstance(parent, Dictionary) and parent.objgen not in seen and len(ancestors) < DEEPEST:
        ancestors.append(Node(parent, parent.objgen))
        seen |= {parent.objgen} - {_DIRECT}
        parent = ancestors[-1].get("/Parent")
    return ancestors
