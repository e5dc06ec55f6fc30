"""Whether a file is damaged: what qpdf warns of, and what a library cannot read.

Damage belongs to the whole file. Each stage returns whether it met some; nothing here remembers it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from pikepdf import Array, Dictionary, Name, Object, Stream

from thep_forms.reading.objects import content_of, get

T = TypeVar("T")
DEEPEST = 32  # levels of a page tree
MOST = 5000  # streams of a page
_FORM = Name.Form  # at hand: to make a name takes as long as to look it up

# What qpdf says where it had to guess where the objects of a file are, or could not make out one of them.
_WARNING = re.compile(
    "file is damaged|reconstruct|xref not found|invalid xref table entry|expected endobj|EOF|error decoding"
    "|treating object as null|giving up on reading object"
    "|unknown token|expected dictionary key|unexpected (?:[)>]|brace|array close|dictionary close)"
    "|ended prematurely|duplicated key|invalid character .* in hexstring",
    re.IGNORECASE,
)


def are_of_damage(warnings: Iterable[object], name: str) -> bool:
    """Whether any of what qpdf warned of is damage. `name` is the file's name in the warnings."""
    return any(_WARNING.search(str(warning).replace(name, "")) for warning in warnings)


def attempt(read: Callable[[], T], otherwise: T) -> tuple[T, bool]:
    """What `read` returns, or `otherwise` where it fails; and whether it failed, which is damage.

    It is for what is read beside the fields: where that cannot be read, the fields still count.
    """
    try:
        return read(), False
    except (MemoryError, ImportError):
        raise  # neither is the file's fault
    except Exception:  # noqa: BLE001 - libraries raise nearly anything for a damaged file
        return otherwise, True


def decode_streams(page: Object, look_at: Callable[[Stream, bytes | None], object] | None = None) -> None:
    """Decode what the page is drawn with, for qpdf to warn of damage: other libraries pass over it silently.

    `look_at` is called with each form XObject and its content, which is None where it cannot be decoded.
    """
    for stream, is_form in islice(_streams(page), MOST):
        content = content_of(stream)
        if is_form and look_at:
            look_at(stream, content)


def _streams(page: Object) -> Iterator[tuple[Stream, bool]]:
    """What the page is drawn with, and whether that is a form XObject."""
    contents = page.get("/Contents")
    for stream in contents if isinstance(contents, Array) else [contents]:
        if isinstance(stream, Stream):
            yield stream, False
    for form in _form_xobjects(_resources(page)):
        yield form, True


def _resources(page: Object) -> object:
    """The page's own resources, or those that it inherits."""
    node: object = page
    for _ in range(DEEPEST):
        if (resources := get(node, "/Resources")) is not None:
            return resources
        node = get(node, "/Parent")
    return None


def _form_xobjects(resources: object) -> Iterator[Stream]:
    """The form XObjects of the resources, and of the resources of each, each once."""
    waiting, seen = [resources], set[tuple[int, int]]()
    while waiting:
        drawn = get(waiting.pop(), "/XObject")
        for stream in drawn.values() if isinstance(drawn, Dictionary) else ():
            if isinstance(stream, Stream) and stream.get("/Subtype") == _FORM and stream.objgen not in seen:
                seen.add(stream.objgen)
                waiting.append(stream.get("/Resources"))
                yield stream
