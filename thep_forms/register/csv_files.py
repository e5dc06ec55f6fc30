"""A CSV as spreadsheets and registers write it: its encoding, its delimiter, its rows.

It is UTF-8 or UTF-16, as its byte order mark says. Without a mark it is UTF-16 if every second byte of its start is
zero. Else it is UTF-8, or an encoding of Windows, an old Mac or MS-DOS with one byte a letter. Limitation: which of the
last three it is, is guessed by where its letters beyond ASCII stand in words.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from thep_forms.errors import SourceError
from thep_forms.register.worksheets import Row, Worksheet

DELIMITERS = ",;\t|"  # Excel writes ; where a comma is the decimal sign, and TAB as "Unicode text"
_CHUNK = 1 << 20  # bytes that are decoded at once
_END = "\0the end of the list\0"  # a line after the last one, which no cell may swallow
_FOREIGN = re.compile("[\udc80-\udcff]+")  # how Python hands over bytes that are not of the encoding
_LETTERS = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]+")  # beyond ASCII
_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)  # how Excel is told to leave leading zeros alone: ="0042"

WINDOWS, _UTF_8 = "cp1252", "utf-8-sig"
# What else Excel saves: "CSV (Macintosh)" and "CSV (MS-DOS)".
_OTHER_ENCODINGS = {"mac_roman": "an old Mac’s encoding", "cp850": "MS-DOS’ encoding"}
# Letters where they stand in words, and marks. Read in the wrong encoding, most letters become what stands nowhere so.
_LOWER_IN_WORD = re.compile(r"(?<=[^\W\d_])[ßà-öø-ÿœšž]|[ßà-öø-ÿœšž](?=[a-z])")
_UPPER_AT_START = re.compile(r"(?<![^\W\d_])[À-ÖØ-ÞŒŠŽŸ](?=[^\W\d_])")
_UPPER_IN_CAPITALS = re.compile(r"(?<=[A-Z])[À-ÖØ-ÞŒŠŽŸ](?![a-z])")
_MARK = re.compile(r"[’–—…]|(?<![a-z])[‘“”•™®©£€°·«»¼½¾]|[‘“”•™®©£€°·«»¼½¾](?![a-z])")
_IN_PLACE = (_LOWER_IN_WORD, _UPPER_AT_START, _UPPER_IN_CAPITALS, _MARK)
_ODD = re.compile(r"[a-z][–—•…‡ˆ‰˜›‹ƒŽŸŠ†„‚™]+[a-z]|\ufffd")  # what Windows shows of other encodings' letters


def read(path: Path) -> Iterator[Worksheet]:
    """The CSV as it reads with each delimiter. Raises `SourceError`, `OSError`."""
    encoding = _encoding(path)
    errors = "surrogateescape" if encoding == _UTF_8 else "replace"
    for delimiter in DELIMITERS:
        with path.open(encoding=encoding, errors=errors, newline="") as file:
            rows = _numbered(_lines(path, file, delimiter), is_windows=encoding == WINDOWS)
            yield Worksheet("", rows, encoding=_OTHER_ENCODINGS.get(encoding, ""))


def _numbered(lines: Iterator[list[str]], *, is_windows: bool) -> Iterator[Row]:
    """The rows, in which bytes that are not of the file's encoding are taken for those of Windows."""
    for number, cells in enumerate(lines, 1):
        mended = [_FOREIGN.sub(_as_windows, cell) for cell in cells]
        is_odd = is_windows and any(map(_ODD.search, cells))
        yield Row(number, list(map(_without_formula, mended)), is_mended=is_odd or mended != cells)


def _as_windows(foreign: re.Match[str]) -> str:
    return foreign[0].encode("utf-8", "surrogateescape").decode(WINDOWS, "replace")


def _without_formula(cell: str) -> str:
    quoted = _AS_FORMULA.fullmatch(cell) if cell.startswith("=") else None
    return quoted[1].replace('""', '"') if quoted else cell


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(_CHUNK)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if wide := _utf_16(start):
            return wide
        file.seek(0)
        letters, foreign = 0, 0
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        while chunk := file.read(_CHUNK):
            text = decoder.decode(chunk)
            foreign += len(_FOREIGN.findall(text))
            letters += len(_LETTERS.findall(text))
    # A single byte of another encoding, as in a row that was pasted in, does not make all names cp1252.
    return _one_byte_encoding(start) if foreign > letters else _UTF_8


def _utf_16(start: bytes) -> str:
    """The UTF-16 that a text without a mark has: nearly every second byte is zero. Empty for any other encoding."""
    even, odd = start[0::2], start[1::2]
    if odd and odd.count(0) > len(odd) * 0.6 and not even.count(0):
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > len(even) * 0.6 and not odd.count(0) else ""


def _one_byte_encoding(start: bytes) -> str:
    """The encoding in which most letters and marks stand where they can stand in words; Windows' own in doubt."""
    scores = {encoding: _score(start, encoding) for encoding in (WINDOWS, *_OTHER_ENCODINGS)}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] > scores[WINDOWS] else WINDOWS


def _score(start: bytes, encoding: str) -> int:
    text = start.decode(encoding, "replace")
    return sum(len(pattern.findall(text)) for pattern in _IN_PLACE) - text.count("\ufffd")


def _lines(path: Path, file: TextIO, delimiter: str) -> Iterator[list[str]]:
    endless = f"The list of schools {path} has a cell that does not end. Look for a lone quotation mark."
    try:
        for row in csv.reader(chain(file, [_END]), delimiter=delimiter):
            if row == [_END]:
                return
            if row and row[-1].endswith(_END):  # the cell has swallowed all schools after it
                raise SourceError(endless)
            yield row
    except csv.Error as error:  # the cell is longer than csv takes
        raise SourceError(endless) from error
