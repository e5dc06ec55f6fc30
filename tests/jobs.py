"""What workers are given to do, and the bytes on which it goes wrong: with limits of two seconds and 256 MB."""

from __future__ import annotations

import os

from thep_forms.work import Limits

LIMITS = Limits(2, 256)  # seconds enough for what ends at once, on a busy machine too


def endless(piece: bytes) -> bytes:
    while piece == b"endless":
        pass
    return piece


def greedy(piece: bytes) -> bytes:
    return bytes(2**30) if piece == b"greedy" else piece


def mortal(piece: bytes) -> bytes:
    if piece == b"mortal":
        os._exit(1)
    return piece


def faulty(piece: bytes) -> bytes:
    if piece == b"faulty":
        raise ValueError("Jo Bloggs, 020 7946 0018")
    return piece


BAD = [
    (endless, b"endless", "over 2 seconds"),
    (greedy, b"greedy", "over 256 MB of memory"),
    (mortal, b"mortal", "crash"),
    (faulty, b"faulty", "ValueError"),
]
