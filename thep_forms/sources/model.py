"""What comes in, and what one run may take of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from msgspec import Struct

LARGEST = 200 * 2**20  # bytes of one file; a filled form has under a quarter of a megabyte
MOST_BYTES = 2**30  # of one container, with all that is nested in it
MOST_FILES = 10_000  # of one container, with all that is nested in it
DEEPEST = 8  # containers in containers

TOO_LARGE = f"This file has over {LARGEST // 2**20} MB, far more than a form."


_CLUTTER = re.compile(r"(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|~\$[^/]*)", re.IGNORECASE | re.DOTALL)


def is_clutter(source: str) -> bool:
    """Whether it is called as what macOS, Windows and Office leave beside files of their own accord."""
    return bool(_CLUTTER.fullmatch(source))


class ReceivedFile(Struct, frozen=True):
    """What came in. `data` is None where it cannot be read; `reason` then says why, in 80 characters at most.

    `received_at` is the date of the innermost dated message around it. `is_decoration`: nobody meant it as a return,
    such as the logo of a signature in a message, or what an operating system leaves in folders.
    """

    source: str
    data: bytes | None
    reason: str = ""
    received_at: datetime | None = None
    is_decoration: bool = False


class ContainedFile(Struct, frozen=True):
    """One thing in a container. Without a name it is the container itself: a file after all, or why it is not opened.

    `dated` is the date of the message that it is in; `opener` opens what is a container whatever it looks like.
    """

    name: str
    data: bytes | None
    reason: str = ""
    dated: datetime | None = None
    is_decoration: bool = False
    opener: Opener | None = None


class TooMuchError(Exception):
    """A container holds more than anybody sends. The text is the reason that is told."""


class Budget(Struct):
    """What may still be taken out of one container. Only what was really unpacked counts, not what a header says."""

    bytes: int = MOST_BYTES
    files: int = MOST_FILES

    def spend(self, size: int, files: int = 0) -> None:
        """Raises `TooMuchError` when that was too much."""
        self.bytes -= size
        self.files -= files
        if self.bytes < 0:
            raise TooMuchError("There is over 1 GB in this file; only its first part was read.")
        if self.files < 0:
            raise TooMuchError(f"There are over {MOST_FILES:,} files in this one; only the first of them were read.")


Opener = Callable[[BinaryIO, Budget], Iterator[ContainedFile]]
