"""Finds the pictures and PDFs in a document of an office program: a school may scan or paste the form into one.

The document comes out as it is, and keeps its row. Of one that holds nothing else, nothing but these files is to be
looked at. In one with words, they decorate it unless they show the form.

Limitations: pictures of other types than a reader knows, such as EMF, are not found. Nor are those in an `.xls`, in an
`.rtf` and in a document inside another one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from thep_forms.sources.container_kind import ContainedFile
from thep_forms.sources.containers.compound_file import MAGIC, Storage, has_sound_header
from thep_forms.sources.file_types import HEAD, FileType, file_type
from thep_forms.sources.limits import LARGEST_FILE, SMALLEST_PAGE, Budget, TooMuchError

Members = Mapping[str, Callable[[], ContainedFile]]  # by path in the document's zip; each is unpacked when it is called

# Microsoft Office, OpenDocument, iWork. Small copies of a picture, which iWork keeps, do not count.
_FILE = re.compile(
    r"(?:word|xl|ppt)/(?:media/[^/]+|embeddings/[^/]+\.pdf)|(?:Pictures|media)/[^/]+|Data/(?![^/]*-small-)[^/]+",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"(?:word|xl|ppt)/embeddings/[^/]+\.bin|Object [^/]+", re.IGNORECASE)
_TEXT = re.compile(
    r"word/(?:document|comments)\.xml|ppt/slides/slide\d+\.xml|xl/(?:sharedStrings|worksheets/sheet\d+)\.xml"
)
_OPEN_DOCUMENT_TEXT = "content.xml"
_WORDS = re.compile(rb"<(?:\w+:)?[tv](?:\s[^<>]*)?>\s*[^\s<]")  # a run of text, or the value of a cell
_BODY = b"<office:body"
_WORDS_OF_OPEN_DOCUMENT = re.compile(rb">\s*[^\s<]")
_PICTURE_STREAMS = ("Data", "Pictures")  # of Word and of PowerPoint, 97 to 2003
# The header of a JPEG or PNG: its type, its length, and one or two hashes with a tag ([MS-ODRAW], 2.2.27 and 2.2.28).
_PICTURE = re.compile(rb"[\x1d\x1e\x2a]\xf0(.{4})(?:.{17}|.{33})(?=\xff\xd8\xff|\x89PNG)", re.DOTALL)
_OBJECT_STREAMS = ("CONTENTS", "Package")  # of a compound file that holds a PDF or the like
_PACKAGED = "\x01Ole10Native"


def files_of_document(document: ContainedFile, members: Members) -> Iterator[ContainedFile]:
    """The pictures and PDFs in a document that are large enough for a page, and then the document itself.

    Those that cannot be unpacked come with their reason, unless somebody has to look at the document in any case.
    """
    has_words, has_files, has_more = _has_words(members), False, False
    for file in _files(members):
        if file.data is None or may_be_page(file.data):
            has_files = True
            if file.data or not has_words:
                yield replace(file, is_decoration=has_words)
        elif len(file.data) >= SMALLEST_PAGE:
            has_more = True
    yield replace(document, is_decoration=has_files and not has_words and not has_more)


def files_of_old_document(data: bytes, storage: Storage, budget: Budget) -> Iterator[ContainedFile]:
    """The pictures in a document of Office 97 to 2003, and the document. Whether it has words is not known."""
    number = 0
    for name in _PICTURE_STREAMS:
        stream = storage.stream(name, LARGEST_FILE) or b""
        for found in _PICTURE.finditer(stream):
            picture = stream[found.end() : found.end(1) + int.from_bytes(found[1], "little")]
            budget.spend(len(picture), files=1)
            if may_be_page(picture):
                number += 1
                yield ContainedFile(f"picture-{number}.{file_type(picture[:HEAD])}", picture, is_decoration=True)
    yield ContainedFile("", data)


def _files(members: Members) -> Iterator[ContainedFile]:
    for name, unpacked in members.items():
        if _FILE.fullmatch(name):
            yield unpacked()
        elif _OBJECT.fullmatch(name):
            file = unpacked()
            if file.data is None or file.data.startswith(MAGIC):
                yield replace(file, data=file.data and (_embedded(file.data) or file.data))


def may_be_page(data: bytes) -> bool:
    """Whether it is a PDF, or a picture that is large enough for a page of the form."""
    found = file_type(data[:HEAD])
    return found is FileType.PDF or (found is not None and found.is_picture and len(data) >= SMALLEST_PAGE)


def _has_words(members: Members) -> bool:
    """Whether the document has words of its own, or is one of which nobody knows."""
    texts = [unpacked().data for name, unpacked in members.items() if _TEXT.fullmatch(name)]
    if _OPEN_DOCUMENT_TEXT in members:
        body = (members[_OPEN_DOCUMENT_TEXT]().data or b"").partition(_BODY)[2]
        return not body or bool(_WORDS_OF_OPEN_DOCUMENT.search(body))
    return not texts or any(not text or _WORDS.search(text) for text in texts)


def _embedded(data: bytes) -> bytes | None:
    """The file that a compound file was made around, as Office does for an object of another program."""
    import olefile

    try:
        if not has_sound_header(data):
            return None
        with olefile.OleFileIO(data) as ole:
            return file_in_object(Storage(ole))
    except (TooMuchError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - olefile raises anything for a damaged file
        return None


def file_in_object(storage: Storage) -> bytes | None:
    """The file that an object of another program was made around. Raises whatever olefile raises for a damaged file."""
    for name in _OBJECT_STREAMS:
        if content := storage.stream(name, LARGEST_FILE):
            return content
    packaged = storage.stream(_PACKAGED, LARGEST_FILE)
    return _file_in_package(packaged) if packaged else None


def _file_in_package(data: bytes) -> bytes:
    """The file that the packager of Windows wrapped: after its size and two flags come a label, a path and more.

    Nothing where it is damaged.
    """
    try:
        at = data.index(b"\0", data.index(b"\0", 6) + 1) + 1 + 4
        (length,) = struct.unpack_from("<I", data, at)
        at += 4 + length
        (size,) = struct.unpack_from("<I", data, at)
    except (ValueError, struct.error):
        return b""
    return data[at + 4 : at + 4 + size]
