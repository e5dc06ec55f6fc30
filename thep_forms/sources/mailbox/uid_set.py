"""Sets of the numbers (UIDs) that a mail server gives to the messages of a folder, as IMAP writes them: `1:4000,4003`.

A folder of 50,000 messages that were all seen is one range, however many they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator


class UidSet:
    """A set of UIDs, kept as ranges."""

    def __init__(self, uids: Iterable[int] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []  # the last number of each range
        for uid in uids:
            self.add(uid)

    @classmethod
    def parse(cls, text: str) -> UidSet:
        """The set that `str` wrote. Raises `ValueError` for any other text."""
        found = cls()
        for piece in text.split(",") if text else ():
            start, _, end = piece.partition(":")
            found._add_range(int(start), int(end or start))
        return found

    def _add_range(self, start: int, end: int) -> None:
        if start > end or (self._ends and start <= self._ends[-1]):
            raise ValueError
        self._starts.append(start)
        self._ends.append(end)

    def add(self, uid: int) -> None:
        """Add a number, and join the ranges that it touches."""
        at = bisect_right(self._starts, uid)  # the first range after the number
        if at and uid <= self._ends[at - 1]:
            return
        follows = at > 0 and self._ends[at - 1] == uid - 1
        precedes = at < len(self._starts) and self._starts[at] == uid + 1
        if follows and precedes:
            self._ends[at - 1] = self._ends.pop(at)
            self._starts.pop(at)
        elif follows:
            self._ends[at - 1] = uid
        elif precedes:
            self._starts[at] = uid
        else:
            self._starts.insert(at, uid)
            self._ends.insert(at, uid)

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, int):
            return False
        at = bisect_right(self._starts, uid)
        return at > 0 and uid <= self._ends[at - 1]

    def __iter__(self) -> Iterator[int]:
        for start, end in zip(self._starts, self._ends, strict=True):
            yield from range(start, end + 1)

    def __str__(self) -> str:
        ranges = zip(self._starts, self._ends, strict=True)
        return ",".join(str(start) if start == end else f"{start}:{end}" for start, end in ranges)
