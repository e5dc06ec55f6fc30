"""Jobs for workers, each of which breaks its worker on some bytes, and what the failure then says."""

from __future__ import annotations

import os

from thep_forms.work import Limits


def endless(piece: bytes) -> bytes:
    """Never ends on its word."""
    while piece == b"endless":
        pass
    return piece


def greedy(piece: bytes) -> bytes:
    """Takes 1 GB of memory on its word."""
    return bytes(2**30) if piece == b"greedy" else piece


def mortal(piece: bytes) -> bytes:
    """Ends its process on its word."""
    if piece == b"mortal":
        os._exit(1)
    return piece


def faulty(piece: bytes) -> bytes:
    """Raises an error that quotes a form on its word."""
    if piece == b"faulty":
        raise ValueError("Jo Bloggs, 020 7946 0018")
    return piece


# Processor time for every piece but an endless one, which has to wait for it to pass.
LIMITS = Limits(0.4, 256, times_by_the_clock=100)

# A job, the bytes that break it, and words of the reason.
BREAKING = [
    (endless, b"endless", "over 0.4 seconds"),
    (greedy, b"greedy", "over 256 MB of memory"),
    (mortal, b"mortal", "crash"),
    (faulty, b"faulty", "ValueError"),
]
