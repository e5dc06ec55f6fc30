"""What is in a zip. Only what comes out counts; nothing that the zip says of itself is trusted."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from typing import BinaryIO

from thep_forms.sources.model import LARGEST, MOST_FILES, TOO_LARGE, Budget, ContainedFile, TooMuchError
from thep_forms.sources.names import UniqueNames, clean_way, text

CHUNK = 2**20
LONGEST_LIST = 4 * 2**20  # bytes of the list of files; that of 10,000 with long names takes half of it
_LOCAL_HEADER = 30  # bytes, and the name after them
_PASSWORD = 0x1  # the flag
_UTF_8 = 0x800  # the flag

# What zipfile raises for a damaged zip. Its words may quote names: none is told.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, IndexError, RuntimeError, struct.error, OSError)

_DAMAGED = "This zip is damaged, or its sending was cut short."
_FILE_DAMAGED = "This file was damaged in its zip."
_OVERLAPPING = "Files in this zip share the same bytes, so it was not opened."
_LOCKED = "A password is needed to open this file: it has to come without one."
_UNUSUAL = "This file is packed in an unusual way: it has to come in an ordinary zip."
_EMPTY = "This zip holds no file."


class _Sparing(io.BufferedIOBase):
    """The zip's file, which never gives a huge piece: the list of files cannot fill the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        asked = LONGEST_LIST + 1 if size is None or size < 0 else size
        data = self._file.read(min(asked, LONGEST_LIST + 1))
        if len(data) > LONGEST_LIST:
            raise TooMuchError(f"This zip lists more files than the {MOST_FILES:,} that are read of one.")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def zipped(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The files in a zip, in its order; an Office file is a zip too, and comes whole."""
    try:
        with zipfile.ZipFile(_Sparing(file)) as archive:
            if _is_document(archive):
                yield ContainedFile("", *_whole(file))
            elif _overlaps(archive):
                yield ContainedFile("", None, _OVERLAPPING)
            else:
                yield from _members(archive, budget)
    except _DAMAGE:
        yield ContainedFile("", None, _DAMAGED)


def _is_document(archive: zipfile.ZipFile) -> bool:
    """Whether it is the one file of a program: Microsoft Office, OpenDocument, Apple's iWork."""
    names = archive.namelist()
    marks = {"[Content_Types].xml", "Index/Document.iwa", "Index.zip/Document.iwa"}
    return names[:1] == ["mimetype"] or any(name in marks for name in names)


def _whole(file: BinaryIO) -> tuple[bytes | None, str]:
    file.seek(0)
    data = file.read(LARGEST + 1)
    return (None, TOO_LARGE) if len(data) > LARGEST else (data, "")


def _overlaps(archive: zipfile.ZipFile) -> bool:
    spans = sorted((info.header_offset, info.compress_size) for info in archive.infolist())
    starts = pairwise([*(start for start, _ in spans), archive.start_dir])
    return any(start + _LOCAL_HEADER + size > after for (start, after), (_, size) in zip(starts, spans, strict=True))


def _members(archive: zipfile.ZipFile, budget: Budget) -> Iterator[ContainedFile]:
    ways = [(info, clean_way(_name(info))) for info in archive.infolist() if not _is_leftover(info)]
    if not ways:
        yield ContainedFile("", None, _EMPTY)
    names = UniqueNames(str(folder) for _, way in ways for folder in PurePosixPath(way).parents)
    for info, way in ways:
        budget.spend(0, files=1)
        yield ContainedFile(names.free(way), *_inflated(archive, info, budget))


def _name(info: zipfile.ZipInfo) -> str:
    """Without the flag a name is in the code page of DOS, or, from a Mac, in UTF-8 all the same."""
    if info.flag_bits & _UTF_8:
        return info.orig_filename
    return text(info.orig_filename.encode("cp437", "replace"), "cp437")


def _is_leftover(info: zipfile.ZipInfo) -> bool:
    """Whether it is a folder, or what Macs and Windows leave behind."""
    name = info.orig_filename.replace("\\", "/")
    if name.endswith("/"):
        return not info.file_size
    last = name.rpartition("/")[2]
    return last in (".DS_Store", "Thumbs.db") or (name.startswith("__MACOSX/") and last.startswith("._"))


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> tuple[bytes | None, str]:
    if info.flag_bits & _PASSWORD:
        return None, _LOCKED
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile inflates no others bit by bit
        return None, _UNUSUAL
    data = bytearray()
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(CHUNK):
                budget.spend(len(chunk))
                data += chunk
                if len(data) > LARGEST:
                    return None, TOO_LARGE
    except _DAMAGE:
        return None, _FILE_DAMAGED
    return bytes(data), ""
