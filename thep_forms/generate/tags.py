"""The structure tree of a tagged PDF, which screen readers follow (ISO 32000-1, 14.7 and 14.8; PDF/UA-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pikepdf
from msgspec import Struct, field
from pikepdf import Array, Dictionary, Name, String

from thep_forms.definition.form import FormDefinition

LANGUAGE = "en-GB"


class Tag(Struct):
    """A structure element while the pages are drawn.

    `kids` are elements, and pieces of marked content as pairs of the page's index and the marked-content id. `widget`
    is the field's name of a `Form` element, which has no kids. `numbering` is the `ListNumbering` of a list.
    """

    kind: str
    kids: list[Tag | tuple[int, int]] = field(default_factory=list)
    widget: str = ""
    numbering: str = ""

    def add(self, kind: str, *, widget: str = "", numbering: str = "") -> Tag:
        """A new element at the end of this one."""
        kid = Tag(kind, widget=widget, numbering=numbering)
        self.kids.append(kid)
        return kid


def tag(pdf: pikepdf.Pdf, document: Tag, widgets: Mapping[str, pikepdf.Object], definition: FormDefinition) -> None:
    """Write the structure tree, and that the file is PDF/UA-1. `widgets` are the visible widgets by field name."""
    _Writer(pdf, widgets).write(document)
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.Lang = String(LANGUAGE)
    pdf.Root.Metadata = metadata(pdf, definition)


def metadata(pdf: pikepdf.Pdf, definition: FormDefinition) -> pikepdf.Object:
    """The XMP packet, with the file's title and author, and that it is PDF/UA-1."""
    packet = _XMP.format(title=_escaped(definition.title), author=_escaped(definition.partnership.name)).encode()
    return pdf.make_indirect(pikepdf.Stream(pdf, packet, Type=Name.Metadata, Subtype=Name.XML))


class _Writer:
    """Writes the structure tree of the form with pikepdf."""

    def __init__(self, pdf: pikepdf.Pdf, widgets: Mapping[str, pikepdf.Object]) -> None:
        self.pdf, self.widgets = pdf, widgets
        self.parents: dict[int, list[tuple[int, pikepdf.Object]]] = {}  # by page: marked-content ids and their elements
        self.forms: list[pikepdf.Object] = []

    def write(self, document: Tag) -> None:
        root = self.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        root.K = self._element(document, root)
        numbers = Array()
        for index, page in enumerate(self.pdf.pages):
            page.obj.StructParents = index
            page.obj.Tabs = Name.S
            elements = [element for _, element in sorted(self.parents.get(index, []), key=lambda pair: pair[0])]
            numbers.append(index)
            numbers.append(self.pdf.make_indirect(Array(elements)))
        for number, element in enumerate(self.forms, len(self.pdf.pages)):
            numbers.append(number)
            numbers.append(element)
        root.ParentTree = self.pdf.make_indirect(Dictionary(Nums=numbers))
        root.ParentTreeNextKey = len(self.pdf.pages) + len(self.forms)
        self.pdf.Root.StructTreeRoot = root

    def _element(self, node: Tag, parent: pikepdf.Object) -> pikepdf.Object:
        element = self.pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{node.kind}"), P=parent))
        if node.numbering:
            element.A = Dictionary(O=Name.List, ListNumbering=Name(f"/{node.numbering}"))
        if node.widget:
            self._widget(element, self.widgets[node.widget])
            return element
        kids = Array()
        for kid in node.kids:
            kids.append(self._element(kid, element) if isinstance(kid, Tag) else self._mark(element, *kid))
        element.K = kids
        return element

    def _mark(self, element: pikepdf.Object, page: int, mcid: int) -> pikepdf.Object:
        self.parents.setdefault(page, []).append((mcid, element))
        return Dictionary(Type=Name.MCR, Pg=self.pdf.pages[page].obj, MCID=mcid)

    def _widget(self, element: pikepdf.Object, widget: pikepdf.Object) -> None:
        widget.StructParent = len(self.pdf.pages) + len(self.forms)
        self.forms.append(element)
        element.Pg = widget.P
        element.K = Dictionary(Type=Name.OBJR, Obj=widget, Pg=widget.P)


class PaperBox(Struct, frozen=True):
    """A box on paper: a reference to its attributes, and the page's index and the marked-content id of its answer."""

    attributes: bytes
    mark: tuple[int, int] | None = None


class PaperTree:
    """The structure tree of one copy in a pack: its elements as they are written, by object number.

    `reserve` gives the next object number. `pages` are the object numbers of the copy's pages. A box on paper has no
    widget; it is a `Form` element with attributes that say its role (ISO 32000-1, 14.8.5.6).
    """

    def __init__(self, reserve: Callable[[], int], pages: Sequence[int], boxes: Mapping[str, PaperBox]) -> None:
        self.reserve, self.pages, self.boxes = reserve, pages, boxes
        self.elements: dict[int, bytes] = {}
        self._parents: list[dict[int, int]] = [{} for _ in pages]

    def add(self, node: Tag, parent: int, entries: bytes = b"") -> int:
        """Write the element with its other `entries`, and all below it; returns its object number."""
        number = self.reserve()
        kids: list[Tag | tuple[int, int]] = node.kids
        if node.widget:
            box = self.boxes[node.widget]
            entries, kids = b"/A " + box.attributes, [box.mark] if box.mark else []
        elif node.numbering:
            entries = b"/A<</O/List/ListNumbering/%b>>" % node.numbering.encode("ascii")
        written = [
            b"%d 0 R" % self.add(kid, number) if isinstance(kid, Tag) else self._mark(number, *kid) for kid in kids
        ]
        self.elements[number] = b"<</Type/StructElem/S/%b/P %d 0 R%b/K[%b]>>" % (
            node.kind.encode("ascii"),
            parent,
            entries,
            b" ".join(written),
        )
        return number

    def parents(self) -> list[bytes]:
        """For each page the array of the elements of its marked content, for the parent tree."""
        return [
            b"[%b]" % b" ".join(b"%d 0 R" % number for _, number in sorted(marks.items())) for marks in self._parents
        ]

    def _mark(self, element: int, page: int, mcid: int) -> bytes:
        self._parents[page][mcid] = element
        return b"<</Type/MCR/Pg %d 0 R/MCID %d>>" % (self.pages[page], mcid)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
   <dc:language><rdf:Bag><rdf:li>en-GB</rdf:li></rdf:Bag></dc:language>
   <pdfuaid:part>1</pdfuaid:part>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
