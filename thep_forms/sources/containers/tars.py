"""The kinds of container that are a tar, and a file packed by gzip or bzip2, such as `.tar.gz`.

Everything is read in pieces, and each piece is taken off the budget before the next: what a header states may be wrong.
"""

from __future__ import annotations

import bz2
import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.unopened import UNUSUAL
from thep_forms.sources.file_types import is_tar
from thep_forms.sources.limits import LARGEST_FILE, LONGEST_TAR_PATH, MOST_STEPS, TOO_LARGE, ZIP_PIECE, Budget
from thep_forms.sources.names import UniqueNames, clean_name, clean_path, decode

_BLOCK = 512  # bytes: headers are one, and content is filled up to whole ones
_WITHOUT_CONTENT = (  # whatever size their headers state
    *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE),
)
_GZIP, _BZIP2 = b"\x1f\x8b\x08", b"BZh"
_GZIP_NAME_AT, _GZIP_HAS_NAME_ALONE = 10, 8  # where the name stands if this is the header's only flag
_PAX_PATH = re.compile(rb"(?:\A|\n)\d+ path=([^\n]*)\n")  # POSIX.1-2001, pax

_DAMAGE = (tarfile.TarError, zlib.error, EOFError, ValueError, OSError)

_TAR_DAMAGED = "This tar archive is damaged or was cut short."
_PACKED_DAMAGED = "This packed file is damaged or was cut short."
_EMPTY = "This tar archive holds no file. Put the form into it."


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes:
        """At most that many bytes; none at the end."""


class _Pieces:
    """Reads a stream from its start to its end; what is read is taken off the budget."""

    def __init__(self, stream: _Stream, budget: Budget) -> None:
        self.stream, self.budget = stream, budget
        self.ahead = b""

    def peek(self) -> bytes:
        """The first block, which the next `read` gives again."""
        self.ahead = self.read(_BLOCK)
        return self.ahead

    def read(self, size: int) -> bytes:
        """That many bytes, or fewer at the end of the stream."""
        data, self.ahead = self.ahead[:size], self.ahead[size:]
        while len(data) < size:
            piece = self.stream.read(min(size - len(data), ZIP_PIECE))
            if not piece:
                break
            self.budget.spend(len(piece))
            data += piece
        return data

    def kept(self, size: int) -> bytes | None:
        """That many bytes; None for more than a file may have, which are passed over.

        Raises `EOFError` if the stream ends before.
        """
        data = bytearray()
        is_kept, left = size <= LARGEST_FILE, size
        while left:
            piece = self.read(min(left, ZIP_PIECE))
            if not piece:
                raise EOFError
            left -= len(piece)
            if is_kept:
                data += piece
        return bytes(data) if is_kept else None

    def rest(self) -> bytes | None:
        """Everything up to the end; None for more than a file may have."""
        data = bytearray()
        while piece := self.read(ZIP_PIECE):
            data += piece
            if len(data) > LARGEST_FILE:
                return None
        return bytes(data)


def _is_tar(head: bytes, _: str) -> bool:
    return is_tar(head)


def _is_packed(head: bytes, _: str) -> bool:
    return head.startswith((_GZIP, _BZIP2))


def _open_tar(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    yield from _members(_Pieces(file, budget), budget)


def _open_packed(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The file that is packed, or the files in a packed tar."""
    name = _name(file)
    unpacked: _Stream = bz2.BZ2File(file) if name is None else gzip.GzipFile(fileobj=file)
    pieces = _Pieces(unpacked, budget)
    name = name or "unpacked"
    try:
        if is_tar(pieces.peek()):
            yield from _members(pieces, budget)
            return
        budget.spend(0, files=1)
        data = pieces.rest()
        yield ContainedFile(name, data, "" if data is not None else TOO_LARGE)
    except _DAMAGE:
        yield ContainedFile("", None, _PACKED_DAMAGED)


def _name(file: BinaryIO) -> str | None:
    """The name of the file that gzip has packed, empty where it is not stated; None for what bzip2 has packed."""
    head = file.read(LONGEST_TAR_PATH)
    file.seek(0)
    if not head.startswith(_GZIP):
        return None
    has_name = head[len(_GZIP) : len(_GZIP) + 1] == bytes([_GZIP_HAS_NAME_ALONE])
    return clean_name(decode(head[_GZIP_NAME_AT:].partition(b"\0")[0])) if has_name else ""


def _members(pieces: _Pieces, budget: Budget) -> Iterator[ContainedFile]:
    """The files of a tar, in its order."""
    names, folders, is_empty = UniqueNames(), set[str](), True
    try:
        for info, path in _headers(pieces):
            is_empty = False
            budget.spend(0, files=1)
            cleaned = clean_path(path)
            folders |= {str(folder) for folder in list(PurePosixPath(cleaned).parents)[:MOST_STEPS]}
            name = names.take(cleaned if cleaned not in folders else f"{cleaned} (2)")
            data = pieces.kept(info.size)
            pieces.read(-info.size % _BLOCK)
            if info.issparse():
                yield ContainedFile(name, None, UNUSUAL)
            else:
                yield ContainedFile(name, data, "" if data is not None else TOO_LARGE)
    except _DAMAGE:
        yield ContainedFile("", None, _TAR_DAMAGED)
        return
    if is_empty:
        yield ContainedFile("", None, _EMPTY)


def _headers(pieces: _Pieces) -> Iterator[tuple[tarfile.TarInfo, str]]:
    """The header and the path of each file. The content must be read before the next one is asked for.

    Raises `tarfile.TarError` and `EOFError` where the tar is damaged.
    """
    path = ""  # of the next file, where it is too long for its header
    while (block := pieces.read(_BLOCK)).strip(b"\0"):
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.size < 0:
            raise EOFError
        if info.isreg():
            yield info, path or _utf_8(info.name)
            path = ""
            continue
        if info.type in _WITHOUT_CONTENT:
            continue
        record = pieces.read(min(info.size, LONGEST_TAR_PATH))
        pieces.kept(info.size - len(record))
        pieces.read(-info.size % _BLOCK)
        if info.type == tarfile.GNUTYPE_LONGNAME:
            path = decode(record.rstrip(b"\0"))
        elif info.type == tarfile.XHDTYPE and (stated := _PAX_PATH.search(record)):
            path = decode(stated[1])


def _utf_8(name: str) -> str:
    return decode(name.encode("utf-8", "surrogateescape"))


# They are read in pieces, so one on the disk may be larger than any file in it.
TAR = ContainerKind("tar archive", _is_tar, _open_tar, is_streamed=True)
PACKED = ContainerKind("packed file", _is_packed, _open_packed, is_streamed=True)
