"""Changes of a file's bytes, as a broken transport makes them. They know nothing of PDF."""

from __future__ import annotations

import random
from collections.abc import Sequence

LENGTHS = (1, 2, 10, 100, 1000, 20_000)


def bytes_changed(data: bytes, others: Sequence[bytes], chance: random.Random) -> tuple[bytes, str]:
    """The bytes with a change that knows nothing of PDF, and what it was."""
    changed = bytearray(data)
    match chance.randrange(6):
        case 0:
            for _ in range(chance.choice((1, 1, 2, 5, 30))):
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            kind = "bits flipped"
        case 1:
            del changed[chance.randrange(len(changed)) :]
            kind = "cut off"
        case 2:
            at = chance.randrange(len(changed))
            del changed[at : at + chance.choice(LENGTHS)]
            kind = "bytes lost"
        case 3:
            at = chance.randrange(len(changed))
            changed[at:at] = changed[at : at + chance.choice(LENGTHS)]
            kind = "bytes repeated"
        case 4:
            other = chance.choice(others)
            changed += other if chance.random() < 0.5 else other[chance.randrange(len(other)) :]
            kind = "joined to another file"
        case _:
            at = chance.randrange(len(changed))
            changed[at : at + 64] = bytes(64)
            kind = "64 bytes cleared"
    return bytes(changed), kind
