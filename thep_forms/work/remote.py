"""What a worker of a Dask cluster does: it hands each file to a relay, and keeps relays for the next."""

from __future__ import annotations

from collections import defaultdict, deque

from msgspec import Struct

from thep_forms.work import CRASHED, Failure
from thep_forms.work.relay import Build, Relay

NOT_STARTED = Failure("The process that was to read it could not be started.")

_idle: defaultdict[bytes, deque[Relay]] = defaultdict(deque)  # by their orders; a thread takes one at a time


class Errand(Struct, frozen=True):
    """A file's bytes, what to do with them, and the build of whoever asks."""

    order: bytes
    build: Build
    data: bytes
    __repr__ = object.__repr__  # what Dask logs of a task must not quote a file


def read(errand: Errand) -> bytes | Failure | Build:
    """What `Workers` would answer; a machine that would read otherwise gives its build instead. Raises nothing."""
    try:
        relay = _take(errand.order)
    except (OSError, EOFError):
        return NOT_STARTED
    answer: bytes | Failure | Build = relay.build
    try:
        if relay.build == errand.build:
            answer = relay.do(errand.data)
    except (OSError, EOFError):
        relay.end()
        return CRASHED
    _idle[errand.order].append(relay)
    return answer


def look(order: bytes) -> Build:
    """The build of this machine. Raises `OSError` and `EOFError` where no relay can be started."""
    relay = _take(order)
    _idle[order].append(relay)
    return relay.build


def let_go(order: bytes) -> None:
    """End the relays that are kept for that order: they hold what they read last, and passwords."""
    for relay in _idle.pop(order, ()):
        relay.end()


def _take(order: bytes) -> Relay:
    kept = _idle[order]
    while kept:
        relay = kept.pop()
        if not relay.has_ended:
            return relay
        relay.end()
    return Relay(order)
