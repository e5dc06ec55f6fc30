"""Tells files that people take for a workbook and that are none that can be read: each with what to do."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO

ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0"
_LARGEST = 100_000_000  # bytes that are searched for the names of streams
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|table|meta|style|div|!--)", re.IGNORECASE)
_SPREADSHEET_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"

_SAVE = "Open it in Excel or LibreOffice and save it as .xlsx or as CSV."
_OLD = f"a workbook of an old kind (.xls). {_SAVE}"
_OLD_OR_LOCKED = (
    "a workbook of an old kind, or one with a password. Save it in Excel as .xlsx without a password, or as CSV."
)
_LOCKED = "a workbook with a password. Save it in Excel as .xlsx without a password, or as CSV."
_HTML_REASON = f"a web page (HTML), whatever its name ends in. {_SAVE}"

# What a zip of another program has in it, and what it is.
_IN_ZIP = {
    "xl/workbook.bin": f"a binary workbook (.xlsb). {_SAVE}",
    "Index/Document.iwa": "a file of Apple Numbers. Export it as Excel or CSV.",
    "Index.zip": "a file of Apple Numbers. Export it as Excel or CSV.",
    "word/document.xml": f"a Word document. Copy its table into a workbook. {_SAVE}",
}
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_ODS = f"an OpenDocument spreadsheet (.ods). {_SAVE}"


def other_kind(head: bytes, file: BinaryIO) -> str:
    """What the file is and what to do; empty for one that may be a list. `file` is left at its start."""
    reason = ""
    if head.startswith(_OLE):
        reason = _old_workbook(file)
    elif head.startswith(ZIP):
        reason = _other_zip(head, file)
    elif _HTML.match(head) or _SPREADSHEET_2003 in head:
        reason = _HTML_REASON if _SPREADSHEET_2003 not in head else f"a workbook of Excel 2003 (XML). {_SAVE}"
    file.seek(0)
    return reason


def _old_workbook(file: BinaryIO) -> str:
    data = file.read(_LARGEST)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _LOCKED
    return _OLD if "Workbook".encode("utf-16-le") in data else _OLD_OR_LOCKED


def _other_zip(head: bytes, file: BinaryIO) -> str:
    if _ODS_TYPE in head:
        return _ODS
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        return ""  # whoever opens it says that it is damaged
    for name, reason in _IN_ZIP.items():
        if name in names:
            return reason
    return ""
