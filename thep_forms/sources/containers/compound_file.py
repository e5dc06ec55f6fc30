"""Reads compound files ([MS-CFB]): files that hold folders, called storages, and files, called streams.

Outlook messages and the Office files of old, such as `.doc`, are compound files.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from thep_forms.sources.limits import LONGEST_TEXT

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512  # bytes
_STREAM = 2  # the type of a stream, as olefile tells it


def has_sound_header(data: bytes) -> bool:
    """Whether the tables fit into the file: olefile reserves memory for tables as large as the header states."""
    if len(data) < _HEADER:
        return False
    sector_bits, mini_sector_bits = struct.unpack_from("<HH", data, 30)
    if sector_bits not in (9, 12) or mini_sector_bits != 6:
        return False
    table_sectors = [struct.unpack_from("<I", data, offset)[0] for offset in (44, 64, 72)]
    return bool(max(table_sectors) << sector_bits <= len(data))


class Storage:
    """A storage of a compound file that olefile has opened, with the names of the storages in it.

    All methods raise whatever olefile raises for a damaged file.
    """

    def __init__(
        self, ole: Any, path: tuple[str, ...] = (), storages: Mapping[tuple[str, ...], Sequence[str]] | None = None
    ) -> None:
        """`ole` is an `olefile.OleFileIO`, `path` leads to the storage, `storages` is for this class alone."""
        self._ole, self._path = ole, path
        self._storages = _storages_by_parent(ole) if storages is None else storages
        self.children = sorted(self._storages.get(path, ()))

    def child(self, name: str) -> Storage:
        """The storage of that name in this one."""
        return Storage(self._ole, (*self._path, name), self._storages)

    def size(self, name: str) -> int:
        """Bytes in a stream; -1 where there is no stream of that name."""
        path = [*self._path, name]
        return int(self._ole.get_size(path)) if self._ole.get_type(path) == _STREAM else -1

    def stream(self, name: str, most_bytes: int = LONGEST_TEXT) -> bytes | None:
        """A stream's bytes; None where there is no stream of that name, or a larger one."""
        if not 0 <= self.size(name) <= most_bytes:
            return None
        return bytes(self._ole.openstream([*self._path, name]).read())


def _storages_by_parent(ole: Any) -> dict[tuple[str, ...], list[str]]:
    storages: dict[tuple[str, ...], list[str]] = {}
    for *parent, name in ole.listdir(streams=False, storages=True):
        storages.setdefault(tuple(parent), []).append(name)
    return storages
