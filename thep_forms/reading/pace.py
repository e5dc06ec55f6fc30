"""Tells whoever runs the reader when it goes on to the next picture, so that a pile of pages has time for each of them.

Reading a page of a picture takes seconds, and a file may hold hundreds. The limit of time is that of one step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _nothing() -> None:
    """Nobody limits the time."""


_told: ContextVar[Callable[[], None]] = ContextVar("told", default=_nothing)


def next_step() -> None:
    """Say that another picture begins."""
    _told.get()()


@contextmanager
def steps_told_to(listener: Callable[[], None]) -> Iterator[None]:
    """Call `listener` at each step, as long as the context lasts."""
    token = _told.set(listener)
    try:
        yield
    finally:
        _told.reset(token)
