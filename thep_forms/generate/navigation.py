"""The bookmarks and page labels of a file with many copies (ISO 32000-1, 12.3.3 and 12.4.2)."""

from __future__ import annotations

from pikepdf import String

from thep_forms.generate.writer import Objects


class Navigation:
    """The bookmarks and the labels of a file's pages, one after the other."""

    def __init__(self) -> None:
        self._bookmarks: list[tuple[bytes, int]] = []
        self._labels: list[bytes] = []

    def bookmark(self, title: str, page: int) -> None:
        """A bookmark that leads to the page with that object number."""
        self._bookmarks.append((String(title).unparse(), page))

    def label(self, index: int, prefix: str, *, numbered: bool = True) -> None:
        """Label the pages from that index on: the prefix, then numbers from 1 on if they are `numbered`."""
        style = b"/S/D" if numbered else b""
        self._labels.append(b"%d<<%b/P%b>>" % (index, style, String(prefix).unparse()))

    def labels(self) -> bytes:
        """The number tree of the labels, for the catalog."""
        return b"<</Nums[%b]>>" % b"".join(self._labels)

    def outline(self, objects: Objects) -> int:
        """Write the bookmarks; returns the object number of the outline that holds them."""
        root = objects.reserve()
        numbers = [objects.reserve() for _ in self._bookmarks]
        for n, (number, (title, page)) in enumerate(zip(numbers, self._bookmarks, strict=True)):
            before = b"/Prev %d 0 R" % numbers[n - 1] if n else b""
            after = b"/Next %d 0 R" % numbers[n + 1] if n + 1 < len(numbers) else b""
            entries = b"/Parent %d 0 R%b%b" % (root, before, after)
            objects.plain[number] = b"<</Title%b/Dest[%d 0 R/Fit]%b>>" % (title, page, entries)
        ends = (numbers[0], numbers[-1], len(numbers))
        objects.plain[root] = b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % ends
        return root
