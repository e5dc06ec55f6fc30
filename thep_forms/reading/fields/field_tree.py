"""The tree of interactive fields and the annotations of the pages (ISO 32000-1, 12.7.3 and 12.5), found as viewers do.

Real files list widgets that the tree lacks, and the other way round; trees have loops. Each widget is found once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, partial
from itertools import islice

import pikepdf
from msgspec import Struct
from pikepdf import Dictionary, Object

from thep_forms.reading.objects import get, items_of, lacks, name_of
from thep_forms.reading.reasons import MOST_FIELDS

DEEPEST = 32  # levels of a field tree; a deeper one is a loop or an attack
_NEEDED = ("/T", "/FT", "/V", "/RV", "/AS", "/AP", "/Kids", "/Parent")  # entries that answers depend on
_OF_A_FIELD = frozenset({"/T", "/FT", "/V", "/Kids", "/Parent", "/Subtype", "/AP", "/Rect"})  # it has one at least
_TYPES = ("", "/Annot", "/Field")  # the standard has the first two
_DIRECT = (0, 0)  # the number of an object that has none

ObjectNumber = tuple[int, int]
Corners = tuple[float, float, float, float]  # left, bottom, right, top


class TooManyError(Exception):
    """There are more fields and widgets than anyone makes. Reading some of them would lose the others silently."""


class Node:
    """A dictionary of the field tree. Its names are copied at once: each question to qpdf takes its time.

    `names` are those of the entries whose objects are in the file. `corners` are those of its rectangle, once somebody
    has asked for them.
    """

    __slots__ = ("corners", "dictionary", "names", "number")

    def __init__(self, dictionary: Object, number: ObjectNumber) -> None:
        self.dictionary, self.number = dictionary, number
        self.names: Set[str] = dictionary.keys()
        self.corners: Corners | None = None

    def get(self, key: str) -> object:
        """The entry, or None where there is none."""
        return self.dictionary.get(key) if key in self.names else None

    @property
    def lacks_entries(self) -> bool:
        """Whether the file names an object for an entry that an answer depends on, and does not have it."""
        if len(self.dictionary) == len(self.names):  # the length counts what is missing
            return False
        entries = self.dictionary.as_dict()
        return any(key in entries and entries[key] is None for key in _NEEDED)

    @property
    def is_something_else(self) -> bool:
        """Whether it is certainly no field, but another object of the file."""
        if "/Type" in self.names and name_of(self.dictionary.get("/Type")) not in _TYPES:
            return True
        if not _OF_A_FIELD.isdisjoint(self.names):
            return False
        entries = self.dictionary.as_dict()  # also those that are missing
        return bool(entries) and _OF_A_FIELD.isdisjoint(entries)


class Leaf(Struct, frozen=True):
    """A widget, or a field without widgets; `ancestors` come nearest first.

    `page` is the index of the page that it is on, `is_listed` says whether that page lists it: viewers draw no other.
    """

    node: Node
    ancestors: Sequence[Node]
    page: int | None
    is_listed: bool = True


class Annotation(Struct, frozen=True):
    """An annotation of a page; `page` is an index."""

    page: int
    dictionary: Object


class FieldTree(Struct, frozen=True):
    """The leaves of the field tree, those that only a page lists after them; and the annotations that are no widgets.

    `lacks_objects`: the file names fields, annotations or entries of fields that are not in it.
    """

    leaves: Sequence[Leaf]
    annotations: Sequence[Annotation]
    lacks_objects: bool


def field_tree(pdf: pikepdf.Pdf, pages: Sequence[Object]) -> FieldTree:
    """All fields and annotations of a file. Raises `TooManyError`."""
    annotations, lacks_annotations = _annotations(pages)
    listed = {annotation.dictionary.objgen: annotation.page for annotation in reversed(annotations)}  # the first counts
    listed.pop(_DIRECT, None)
    indices = {page.objgen: index for index, page in enumerate(pages)}
    seen: set[ObjectNumber] = set()
    leaves: list[Leaf] = []
    others: list[Annotation] = []
    form = get(pdf.Root, "/AcroForm")
    fields = get(form, "/Fields")
    lacks_list = fields is None and (lacks(pdf.Root, "/AcroForm") or lacks(form, "/Fields"))
    tree = _Tree(fields, seen)
    for node, ancestors in islice(tree.leaves(), MOST_FIELDS + 1):
        page = listed.get(node.number)
        if page is None:
            leaves.append(Leaf(node, ancestors, _own_page(node, indices), is_listed=False))
        else:
            leaves.append(Leaf(node, ancestors, page))
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
        if len(leaves) > MOST_FIELDS:
            break
    if len(leaves) > MOST_FIELDS:
        raise TooManyError
    lacks_entries = any(leaf.node.lacks_entries for leaf in leaves)
    # A program that flattens forms may take away every field, and leave the list of them.
    is_flattened = not leaves and tree.is_emptied and not lacks_annotations
    lacks_fields = tree.lacks_objects and not is_flattened
    return FieldTree(leaves, others, lacks_list or lacks_annotations or lacks_fields or lacks_entries)


def _annotations(pages: Sequence[Object]) -> tuple[list[Annotation], bool]:
    """The annotations of the pages; and whether a page lists some that are not in the file."""
    found: list[Annotation] = []
    is_any_missing = False
    for number, page in enumerate(pages):
        listed = get(page, "/Annots")
        is_any_missing = is_any_missing or (listed is None and lacks(page, "/Annots"))
        for annotation in items_of(listed):
            if isinstance(annotation, Dictionary):
                found.append(Annotation(number, annotation))
            else:
                is_any_missing = is_any_missing or annotation is None
    return found, is_any_missing


def _own_page(node: Node, indices: Mapping[ObjectNumber, int]) -> int | None:
    """The page that a widget names as its own, for a widget that no page lists."""
    page = node.get("/P")
    return indices.get(page.objgen) if isinstance(page, Dictionary) else None


class _Tree:
    """The field tree. `lacks_objects`: fields that it names are not in the file, or are no fields."""

    def __init__(self, fields: object, seen: set[ObjectNumber]) -> None:
        """`seen` gets the numbers of the objects of the tree."""
        self.fields = [*items_of(fields)]
        self.seen = seen
        self.lacks_objects = any(field is None for field in self.fields)
        self.top = cache(partial(_numbers_of, self.fields))

    @property
    def is_emptied(self) -> bool:
        """Whether the list names fields, and none of them is in the file."""
        return bool(self.fields) and all(field is None for field in self.fields)

    def leaves(self) -> Iterator[tuple[Node, list[Node]]]:
        """The leaves of the tree with their ancestors, nearest first.

        A field whose kids were all seen is a leaf, too: it may be below itself, or list the widgets of another field.
        """
        waiting: list[tuple[Object, list[Node]]] = [(field, []) for field in reversed(self.fields)]
        listed = 0
        while waiting:
            field, ancestors = waiting.pop()
            if not isinstance(field, Dictionary):
                continue
            number = field.objgen
            if number in self.seen:
                continue
            if number != _DIRECT:
                self.seen.add(number)
            node = Node(field, number)
            self.lacks_objects = self.lacks_objects or node.is_something_else
            if not ancestors and "/Parent" in node.names:  # the list may name a field that is below another one
                ancestors = _ancestors(node)
            kids = self._kids(node.get("/Kids")) if "/Kids" in node.names else []
            if not kids or len(ancestors) == DEEPEST:
                yield node, ancestors
                continue
            self.lacks_objects = self.lacks_objects or node.lacks_entries
            listed += len(kids)
            if listed > MOST_FIELDS:
                raise TooManyError
            waiting += [(kid, [node, *ancestors]) for kid in reversed(kids)]

    def _kids(self, entry: object) -> list[Object]:
        """The kids of a field that are below it."""
        kids: list[Object] = []
        for kid in items_of(entry):
            if isinstance(kid, Dictionary) and self._is_below(kid):
                kids.append(kid)
            self.lacks_objects = self.lacks_objects or kid is None
        return kids

    def _is_below(self, kid: Object) -> bool:
        """Whether it is unseen, and not a field of the top level that names no parent."""
        return kid.objgen not in self.seen and ("/Parent" in kid or "/T" not in kid or kid.objgen not in self.top())


def _numbers_of(fields: Iterable[Object]) -> set[ObjectNumber]:
    return {field.objgen for field in fields if isinstance(field, Dictionary)}


def _ancestors(node: Node) -> list[Node]:
    """The ancestors of a widget that the tree does not list, nearest first."""
    ancestors: list[Node] = []
    parent = node.get("/Parent")
    seen = {node.number} - {_DIRECT}
    while isinstance(parent, Dictionary) and parent.objgen not in seen and len(ancestors) < DEEPEST:
        ancestors.append(Node(parent, parent.objgen))
        seen |= {parent.objgen} - {_DIRECT}
        parent = ancestors[-1].get("/Parent")
    return ancestors
