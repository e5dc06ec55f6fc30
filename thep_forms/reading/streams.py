"""What pages are drawn with: qpdf tells whether it is whole; other libraries pass over what they cannot decode."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from thep_forms.reading.fields import get

DEEPEST = 32  # levels of a page tree
MOST = 5000  # streams of a page


def decode(page: Object) -> None:
    """Decode the page's content and the forms that it may draw, for qpdf to warn of those that are damaged."""
    for number, stream in enumerate(_streams(page)):
        if number == MOST:
            break
        try:
            stream.read_bytes()
        except (pikepdf.PdfError, pikepdf.DataDecodingError):
            continue  # qpdf has warned, or it does not know the filter, which is no damage


def _streams(page: Object) -> Iterator[Stream]:
    contents = page.get("/Contents")
    for stream in contents if isinstance(contents, Array) else [contents]:
        if isinstance(stream, Stream):
            yield stream
    yield from _forms(_resources(page))


def _resources(page: Object) -> object:
    """The page's own, or those that it inherits."""
    node: object = page
    for _ in range(DEEPEST):
        if (resources := get(node, "/Resources")) is not None:
            return resources
        node = get(node, "/Parent")
    return None


def _forms(resources: object) -> Iterator[Stream]:
    """The form XObjects of the resources, and those of the resources of each, each once."""
    waiting, seen = [resources], set[tuple[int, int]]()
    while waiting:
        things = get(waiting.pop(), "/XObject")
        for thing in things.values() if isinstance(things, Dictionary) else ():
            if isinstance(thing, Stream) and thing.get("/Subtype") == Name.Form and thing.objgen not in seen:
                seen.add(thing.objgen)
                waiting.append(thing.get("/Resources"))
                yield thing
