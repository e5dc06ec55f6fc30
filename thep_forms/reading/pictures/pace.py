"""How the pictures of a file are read: one after the other here, or each by whichever process is free.

Reading a page of a picture takes a second, and a file may hold hundreds. So whoever runs the reader learns when it goes
on to the next picture, and may have pictures read elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from thep_forms.reading.seen import SeenPage


class WantedPicture(Struct, frozen=True):
    """A picture to be read, by its index in the file.

    `is_thorough`: it is also compared with the form's print, and searched for codes that are hard to see.
    """

    index: int
    is_thorough: bool


class SharedReading:
    """The reading of a file whose pictures are read elsewhere.

    `read` are the pages that were seen in those that were read, by index.
    `wanted` are those to be read next: as long as there are any, nothing that was read of the file counts. `total` is
    how many pictures there are.
    """

    def __init__(self, read: Mapping[int, Sequence[SeenPage]]) -> None:
        self.read = read
        self.wanted: list[WantedPicture] = []
        self.total = 0

    def take(self, wanted: Sequence[WantedPicture], total: int) -> list[Sequence[SeenPage]] | None:
        """The pages that were seen in each of these pictures; None if some are still to be read."""
        left = [each for each in wanted if each.index not in self.read]
        if left:
            self.wanted += left
            self.total = max(self.total, total)
            return None
        return [self.read[each.index] for each in wanted]


def _nothing() -> None:
    """Nobody limits the time."""


_next_step: ContextVar[Callable[[], None]] = ContextVar("next_step", default=_nothing)
_shared: ContextVar[SharedReading | None] = ContextVar("shared", default=None)


def next_step() -> None:
    """Say that another picture begins."""
    _next_step.get()()


@contextmanager
def steps_told_to(listener: Callable[[], None]) -> Iterator[None]:
    """Call `listener` at each step, as long as the context lasts."""
    token = _next_step.set(listener)
    try:
        yield
    finally:
        _next_step.reset(token)


def shared_reading() -> SharedReading | None:
    """The reading whose pictures are read elsewhere; None where they are read here."""
    return _shared.get()


@contextmanager
def shared_with(reading: SharedReading) -> Iterator[None]:
    """Have the pictures of the file read elsewhere, as long as the context lasts."""
    token = _shared.set(reading)
    try:
        yield
    finally:
        _shared.reset(token)
