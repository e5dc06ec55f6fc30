"""Answers that stay with what they are about: a page's own print, which many files have alike, is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

T = TypeVar("T")
Answer = TypeVar("Answer")


def once_for_each(work_out: Callable[[T], Answer]) -> Callable[[T], Answer]:
    """Ask a function about each object once, and keep its answer in that object, which must not change.

    As `functools.cached_property` does, for functions of other modules than the object's.
    """
    name = f"{work_out.__module__}.{work_out.__qualname__}"

    @wraps(work_out)
    def answer(about: T) -> Answer:
        known = about.__dict__
        if name not in known:
            known[name] = work_out(about)
        return cast("Answer", known[name])

    return answer
