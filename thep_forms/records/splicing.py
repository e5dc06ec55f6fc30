"""Tables that were written before, with other rows for some returns: the rest is copied as it is.

A table that is not just what was written then, byte for byte, is noticed, and has to be written anew.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from thep_forms.files import CHUNK, HalfWritten
from thep_forms.records.last_run import WrittenTable

Range = tuple[int, int]  # the first of some, and the one after the last
Steps = Sequence[Range | str]


class RowsOfReturn(Struct, frozen=True):
    """The rows of a return in a table, as CSV, and their number."""

    text: bytes = b""
    rows: int = 0


_NOTHING = RowsOfReturn()


def steps_to(before: Sequence[str], now: Sequence[str], again: Collection[str]) -> Steps:
    """How the returns `now` follow from those before, by their ids: ranges of those before, and ids of those `again`.

    Those that are not `again` are in the same order now as before.
    """
    places = {return_id: place for place, return_id in enumerate(before)}
    steps: list[Range | str] = []
    start = end = 0  # of the range that is gone through
    for return_id in now:
        is_again = return_id in again
        place = end if is_again else places[return_id]
        if end > start and (is_again or place != end):
            steps.append((start, end))
            start = end
        if is_again:
            steps.append(return_id)
            continue
        if end == start:
            start = place
        end = place + 1
    return [*steps, (start, end)] if end > start else steps


def splice(path: Path, table: WrittenTable, steps: Steps, pieces: Mapping[str, RowsOfReturn]) -> WrittenTable | None:
    """Write the table with these pieces. A table that stays the same is left alone. Raises `OSError`.

    None if the file is not just what was written.
    """
    lengths, counts = table.arrays()
    starts = array("Q", accumulate(lengths, initial=table.header))
    if starts[-1] != table.size:
        return None
    now, rows = array("I"), array("I")
    parts: list[Range | bytes] = [(0, table.header)]
    for step in steps:
        if isinstance(step, str):
            piece = pieces.get(step, _NOTHING)
            parts.append(piece.text)
            now.append(len(piece.text))
            rows.append(piece.rows)
        else:
            first, after = step
            parts.append((starts[first], starts[after]))
            now.extend(lengths[first:after])
            rows.extend(counts[first:after])
    try:
        with path.open("rb", buffering=0) as old:
            crc = _written(path, old, table, parts)
    except FileNotFoundError:
        return None
    if crc is None:
        return None
    return WrittenTable(table.header + sum(now), crc, table.header, sum(rows), now.tobytes(), rows.tobytes())


def _written(path: Path, old: BinaryIO, table: WrittenTable, parts: Sequence[Range | bytes]) -> int | None:
    """The CRC of the table that is written of these parts; None if the old one is not what it was."""
    if _is_same(old, table, parts):
        return table.crc if _Reader(old).crc_to(table.size) == table.crc and not old.read(1) else None
    reader, crc = _Reader(old), 0
    new = HalfWritten(path)
    for part in parts:
        if isinstance(part, bytes):
            crc = zlib.crc32(part, crc)
            new.write(part)
            continue
        reader.crc_to(part[0])
        for chunk in reader.chunks_to(part[1]):
            crc = zlib.crc32(chunk, crc)
            new.write(chunk)
    if reader.crc_to(table.size) != table.crc or old.read(1):
        new.discard()
        return None
    old.close()  # Windows replaces no file that is open
    new.finish()
    return crc


def _is_same(old: BinaryIO, table: WrittenTable, parts: Sequence[Range | bytes]) -> bool:
    """Whether the parts are what the table was."""
    place = 0
    for part in parts:
        if isinstance(part, bytes):
            old.seek(place)
            if old.read(len(part)) != part:
                return False
            place += len(part)
        else:
            if part[0] != place:
                return False
            place = part[1]
    old.seek(0)
    return place == table.size


class _Reader:
    """Reads a file from its start, and works out the CRC-32 of what it has read."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file, self._place, self._crc = file, 0, 0

    def chunks_to(self, end: int) -> Iterator[bytes]:
        """What follows, up to that place, or to the end of the file."""
        while self._place < end:
            chunk = self._file.read(min(CHUNK, end - self._place))
            if not chunk:
                return
            self._place += len(chunk)
            self._crc = zlib.crc32(chunk, self._crc)
            yield chunk

    def crc_to(self, end: int) -> int:
        """The CRC of all up to that place."""
        for _ in self.chunks_to(end):
            pass
        return self._crc
