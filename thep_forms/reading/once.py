"""Answers that stay with what they are about: a page's own print, which many files have alike, is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

T = TypeVar("T")
Details = ParamSpec("Details")
Answer = TypeVar("Answer")


def once_for_each(work_out: Callable[Concatenate[T, Details], Answer]) -> Callable[Concatenate[T, Details], Answer]:
    """Ask a function about each object once, and keep its answer in that object, which must not change.

    As `functools.cached_property` does, for functions of other modules than the object's. Of a function that is given
    more than the object, the answer to what it was given last is kept.
    """
    name = f"{work_out.__module__}.{work_out.__qualname__}"

    @wraps(work_out)
    def answer(about: T, /, *details: Details.args, **named: Details.kwargs) -> Answer:
        known, given = about.__dict__.get(name), (details, named)
        if known is None or known[0] != given:
            known = about.__dict__[name] = (given, work_out(about, *details, **named))
        return cast("Answer", known[1])

    return answer
