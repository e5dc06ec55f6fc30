"""Names the kind of a file that is not a PDF, so that a school can be told what it sent."""

from __future__ import annotations

from thep_forms.sources.file_types import xml_root

EMPTY = "This file is empty."
NOT_A_PDF = "This is not a PDF."

_WORD, _SPREADSHEET, _PICTURE = "Word document", "spreadsheet", "picture"
_LINK, _WEB_PAGE = "link to a file kept elsewhere", "web page"  # such as a page to sign in, saved as `form.pdf`
_ADDRESS = b"<key>URL</key>"
_ZIP, _COMPOUND_FILE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STARTS = {
    b"\xff\xd8\xff": _PICTURE,  # JPEG
    b"\x89PNG": _PICTURE,
    b"GIF8": _PICTURE,
    b"II*\0": _PICTURE,  # TIFF, in both orders of bytes
    b"MM\0*": _PICTURE,
    b"{\\rtf": "text document",
    b"[InternetShortcut]": _LINK,
    b"L\0\0\0\x01\x14\x02\0": _LINK,  # a shortcut of Windows
}
_HEIF = (b"heic", b"heix", b"mif1", b"heif", b"hevc", b"avif")  # brands of the pictures that phones take
# A folder or file in the zip that an office program writes, and what that is.
_OFFICE_FILES = {
    "word/": _WORD,
    "xl/": _SPREADSHEET,
    "ppt/": "presentation",
    "Index/": "document of an Apple program",
}
_OPEN_DOCUMENTS = {"text": "text document", "spreadsheet": _SPREADSHEET, "presentation": "presentation"}
# Of Office 97 to 2003, and of a file of any later Office that is locked.
_STREAMS = {
    "WordDocument": _WORD,
    "Workbook": _SPREADSHEET,
    "PowerPoint Document": "presentation",
    "EncryptedPackage": "document with a password",
}


def why_not_a_pdf(data: bytes) -> str:
    """What the file is instead of a PDF, in one sentence."""
    if not data.strip(b"\0"):  # programs that keep files elsewhere leave zeros where they did not fetch one
        return EMPTY
    kind = _kind(data)
    article = "an" if kind.startswith("e") else "a"
    return f"This is {article} {kind}, not a PDF." if kind else NOT_A_PDF


def _kind(data: bytes) -> str:
    """What a person calls the kind of file; empty where it is not known."""
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        return _PICTURE
    root = xml_root(data)
    if root == b"html":
        return _WEB_PAGE
    if root == b"plist" and _ADDRESS in data:  # what a Mac saves of an address
        return _LINK
    if data.startswith(_ZIP):
        return _kind_of_office_zip(data)
    if data.startswith(_COMPOUND_FILE):
        return next((kind for name, kind in _STREAMS.items() if name.encode("utf-16-le") in data), "")
    return ""


def _kind_of_office_zip(data: bytes) -> str:
    import io
    import zipfile  # few files are zips, and it takes a while

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            mimetype = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names[:1] else ""
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError):
        return ""
    for name in names:
        for folder, kind in _OFFICE_FILES.items():
            if name.startswith(folder):
                return kind
    return _OPEN_DOCUMENTS.get(mimetype.rpartition(".")[2], "")
