"""The kind of container that is a zip. Only what is really unpacked counts: nothing that the zip states is trusted."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.office_documents import files_of_document
from thep_forms.sources.containers.unopened import OUTLOOK_FOR_MAC, UNUSUAL
from thep_forms.sources.limits import (
    LARGEST_FILE,
    LARGEST_ZIP_LIST,
    MOST_FILES,
    TOO_LARGE,
    ZIP_PIECE,
    Budget,
    TooMuchError,
)
from thep_forms.sources.names import UniqueNames, clean_path, decode

_STARTS = (b"PK\x03\x04", b"PK\x05\x06")  # a first file, or the end of an empty list of files
_LOCAL_HEADER = 30  # bytes before a file's name and its packed content
_PASSWORD = 0x1  # flag: the file is encrypted
_UTF_8 = 0x800  # flag: the file's name is UTF-8

# What zipfile raises for a damaged zip. Its texts may quote names, so no reason holds them.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, IndexError, RuntimeError, struct.error, OSError)

_DAMAGED = "This zip is damaged or was cut short."
_FILE_DAMAGED = "This file is damaged inside its zip."
_OVERLAPPING = "Files in this zip share the same bytes, so we did not open it. Make it again."
IN_LOCKED_ZIP = "This file in a zip needs a password. Send it without one."
_EMPTY = "This zip holds no file. Put the form into it."
_TOO_MANY = f"This zip lists over {MOST_FILES:,} files, so we did not open it. Send fewer files."


def _is_zip(head: bytes, _: str) -> bool:
    return head.startswith(_STARTS)


def _open_zip(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The files in a zip, in the order of its list. An office file, which is a zip too, comes whole at its end."""
    try:
        with zipfile.ZipFile(_BoundedReads(file)) as archive:
            if _is_office_file(archive):
                yield from _document(archive, file, budget)
            elif _is_outlook_for_mac(archive):
                yield ContainedFile("", None, OUTLOOK_FOR_MAC)
            elif _overlaps(archive):
                yield ContainedFile("", None, _OVERLAPPING)
            else:
                yield from _members(archive, budget)
    except _DAMAGE:
        yield ContainedFile("", None, _DAMAGED)


class _BoundedReads(io.BufferedIOBase):
    """The zip's file, read in pieces of bounded size: zipfile would read a list of files of any size at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes, or all. Raises `TooMuchError` for a piece that no honest zip needs."""
        wanted = LARGEST_ZIP_LIST + 1 if size is None or size < 0 else size
        data = self._file.read(min(wanted, LARGEST_ZIP_LIST + 1))
        if len(data) > LARGEST_ZIP_LIST:
            raise TooMuchError(_TOO_MANY)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _is_office_file(archive: zipfile.ZipFile) -> bool:
    """Whether the zip is one file of a program: Microsoft Office, OpenDocument or Apple's iWork."""
    names = archive.namelist()
    if names[:1] == ["mimetype"]:
        return True
    return not {"[Content_Types].xml", "Index/Document.iwa", "Index.zip/Document.iwa"}.isdisjoint(names)


def _is_outlook_for_mac(archive: zipfile.ZipFile) -> bool:
    """Whether it is an `.olm`, in which messages are XML."""
    return any("/com.microsoft.__" in name for name in archive.namelist())


def _document(archive: zipfile.ZipFile, file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The pictures and PDFs in an office file, and the file."""
    names = UniqueNames()

    def unpack(info: zipfile.ZipInfo) -> ContainedFile:
        budget.spend(0, files=1)
        return _unpacked(archive, info, names.take(clean_path(_name(info))), budget)

    infos = [] if _overlaps(archive) else archive.infolist()
    yield from files_of_document(_whole(file), {_name(info): partial(unpack, info) for info in infos})


def _whole(file: BinaryIO) -> ContainedFile:
    file.seek(0)
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        return ContainedFile("", None, TOO_LARGE)
    return ContainedFile("", data)


def _overlaps(archive: zipfile.ZipFile) -> bool:
    """Whether files share bytes, or the list of files: a bomb lists the same bytes many times."""
    next_start = archive.start_dir
    spans = sorted((info.header_offset, info.compress_size) for info in archive.infolist())
    for start, size in reversed(spans):
        if start + _LOCAL_HEADER + size > next_start:
            return True
        next_start = start
    return False


def _members(archive: zipfile.ZipFile, budget: Budget) -> Iterator[ContainedFile]:
    files = [(info, clean_path(_name(info))) for info in archive.infolist() if not _is_leftover(info)]
    if not files:
        yield ContainedFile("", None, _EMPTY)
    folders = {str(folder) for _, path in files for folder in PurePosixPath(path).parents}
    names = UniqueNames(folders)
    for info, path in files:
        budget.spend(0, files=1)
        yield _unpacked(archive, info, names.take(path), budget)


def _name(info: zipfile.ZipInfo) -> str:
    """The file's name. Without the flag it is in the code page of DOS, or, from a Mac, in UTF-8 all the same."""
    if info.flag_bits & _UTF_8:
        return info.orig_filename
    return decode(info.orig_filename.encode("cp437", "replace"), "cp437")


def _is_leftover(info: zipfile.ZipInfo) -> bool:
    """Whether it is a folder, or a file that Macs and Windows add of their own accord."""
    path = info.orig_filename.replace("\\", "/")
    if path.endswith("/"):
        return not info.file_size
    name = path.rpartition("/")[2]
    return name in (".DS_Store", "Thumbs.db") or (path.startswith("__MACOSX/") and name.startswith("._"))


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, budget: Budget) -> ContainedFile:
    if info.flag_bits & _PASSWORD:
        return ContainedFile(name, None, IN_LOCKED_ZIP)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile unpacks no others in pieces
        return ContainedFile(name, None, UNUSUAL)
    data = bytearray()
    try:
        with archive.open(info) as stream:
            while piece := stream.read(ZIP_PIECE):
                budget.spend(len(piece))
                data += piece
                if len(data) > LARGEST_FILE:
                    return ContainedFile(name, None, TOO_LARGE)
    except _DAMAGE:
        return ContainedFile(name, None, _FILE_DAMAGED)
    return ContainedFile(name, bytes(data))


# It is unpacked file by file, so the zip itself may be larger than any file in it.
ZIP = ContainerKind("zip", _is_zip, _open_zip, is_streamed=True)
