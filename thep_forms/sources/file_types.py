"""The types of files that a school may answer with, told by their first bytes and never by their names."""

from __future__ import annotations

import re
from enum import StrEnum

HEAD = 1024  # bytes; readers open a PDF that begins that late (PDF Reference 1.7, Appendix H.3, note 13)

_BOM_UTF_8, _BOMS_UTF_16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_TAR_HEADER, _TAR_MAGIC, _TAR_MAGIC_AT = 512, b"ustar", 257
_TAR_SUM = slice(148, 156)  # an octal number: the sum of the header's bytes, these taken for blanks
# Files that may hold a PDF as it is, or its first bytes, without being one.
_OTHER_STARTS = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x78\x9f\x3e\x22"),  # zip, OLE, winmail.dat
    *(b"\x1f\x8b\x08", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\0", b"MSCF\0\0\0\0"),  # archives
    *(
        b"From ",
        b"!BDN",
        b"SQLite format 3\0",
        b"{\\rtf",
        b"MZ",
        b"\x7fELF",
    ),  # others
    *(b"GIF8", b"RIFF", b"8BPS"),  # pictures
)
_HEIC_BRANDS = (  # ISO/IEC 23008-12, annex B
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"),
)


class FileType(StrEnum):
    """A type of file that is read. The value is the ending of its name in the archive."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    TIFF = "tif"
    HEIC = "heic"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    FDF = "fdf"
    XFDF = "xfdf"

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, which may show the form or decorate a message."""
        return self in _PICTURES


_PICTURES = (
    *(FileType.JPEG, FileType.PNG, FileType.TIFF, FileType.HEIC),
    *(FileType.WEBP, FileType.GIF, FileType.BMP),
)
_STARTS = {
    b"%PDF-": FileType.PDF,
    b"\xff\xd8\xff": FileType.JPEG,
    b"\x89PNG\r\n\x1a\n": FileType.PNG,
    b"II*\0": FileType.TIFF,
    b"MM\0*": FileType.TIFF,
    b"II+\0": FileType.TIFF,  # BigTIFF
    b"MM\0+": FileType.TIFF,
    b"%FDF-": FileType.FDF,
}
_GIF, _GIF_SIZE = (b"GIF87a", b"GIF89a"), slice(6, 10)  # the size is 0 in what is no picture
_OBJECT = re.compile(rb"\b\d{1,10} \d{1,5} obj\s*(?:<<|\[)")  # the first of a PDF follows its header
_BMP, _BMP_HEADER_AT, _BMP_HEADERS = b"BM", slice(14, 18), (12, 40, 52, 56, 64, 108, 124)  # bytes


def file_type(head: bytes) -> FileType | None:
    """The type of the file that begins with `head`, which has its first 1,024 bytes; None for a file of another type.

    What another type of file begins with counts before `%PDF-` further on: it may hold a PDF, and is none. A PDF that
    has lost its header, or of which that was changed, is known by its first object.
    """
    for start, found in _STARTS.items():
        if head.startswith(start):
            return found
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return FileType.HEIC
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return FileType.WEBP
    if head.startswith(_GIF) and any(head[_GIF_SIZE]):
        return FileType.GIF
    if head.startswith(_BMP) and int.from_bytes(head[_BMP_HEADER_AT], "little") in _BMP_HEADERS:
        return FileType.BMP
    if head.startswith(_OTHER_STARTS) or is_tar(head):
        return None
    if xml_root(head) == b"xfdf":
        return FileType.XFDF
    is_pdf = b"%PDF-" in head[:HEAD] or _OBJECT.search(head[:HEAD])
    return FileType.PDF if is_pdf else None


def is_tar(head: bytes) -> bool:
    """Whether it is a tar: one by POSIX.1-1988 or later, or an older one, which only its check sum tells."""
    if head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return True
    header = head[:_TAR_HEADER]
    stated = header[_TAR_SUM].strip(b" \0")
    if len(header) < _TAR_HEADER or not stated.isdigit():
        return False
    try:
        return int(stated, 8) == sum(header) - sum(header[_TAR_SUM]) + len(header[_TAR_SUM]) * ord(" ")
    except ValueError:
        return False


def xml_root(head: bytes) -> bytes:
    """The name of the first element of an XML file, without its prefix; empty where it is no XML, or begins too late.

    Declarations, comments and a document type stand before it.
    """
    text = head[:HEAD].removeprefix(_BOM_UTF_8)
    if text.startswith(_BOMS_UTF_16):
        text = text.decode("utf-16", "ignore").encode()
    text = text.lstrip()
    while text.startswith((b"<?", b"<!")):
        text = text.partition(_end_of_declaration(text))[2].lstrip()
    if not text.startswith(b"<"):
        return b""
    name = text[1:].replace(b">", b" ").replace(b"/", b" ").split(maxsplit=1)
    return name[0].rpartition(b":")[2].lower() if name else b""


def _end_of_declaration(text: bytes) -> bytes:
    """What the comment, the declaration or the document type ends with that the text begins with."""
    if text.startswith(b"<!--"):
        return b"-->"
    has_own_declarations = b"[" in text.partition(b">")[0]
    return b"]>" if has_own_declarations else b">"
