"""`records.xlsx`: the tables as a workbook (ECMA-376, SpreadsheetML), in which every cell is text.

Written here because it takes a tenth of the time that the libraries for it take, and depends on no release of theirs.
The texts stand in the table of shared strings: Apple's Numbers and the previews of phones show no others.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from xml.sax.saxutils import escape

from thep_forms.definition.model import Severity
from thep_forms.keep.tables import Table

WORKBOOK = "records.xlsx"
LONGEST = 32_767  # UTF-16 units that Excel takes in a cell
ROWS = 1_048_575  # that it takes in a sheet, below the header
CUT = "… (cut off here: a cell of a workbook holds no more; the CSV of this table has it all)"
_WIDEST, _NARROWEST, _LOOKED_AT = 60, 10, 1000  # characters of a column; the rows that tell how wide it is
_LINE, _HIGHEST = 15, 405  # points: a line of text, the highest row

# What begins so, Excel would take for a formula, or for its own mark of text, once the cell is edited again.
_QUOTED = frozenset("'=+-@\t\r\n＝＋－＠")
# What XML cannot hold, or would change, is written as _xHHHH_ (ECMA-376-1, 22.9.2.19, ST_Xstring). What looks like that
# already has its first character written so, too: also where the escape that follows gives it its end.
_HELD_BADLY = "\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff"
_SPECIAL = re.compile(f"[{_HELD_BADLY}&<>]|_(?=x[0-9A-Fa-f]{{4}}[_{_HELD_BADLY}])")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_APP = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
_CORE = "application/vnd.openxmlformats-package.core-properties+xml"

# Under a row of that severity; black on each has a contrast of 15 : 1 and more.
_HEADER_FILL, _NO_FILL = "FFDDE5E8", '<patternFill patternType="none"/>'
_FILLS = {"": "", Severity.ERROR: "FFF9D9D4", Severity.QUERY: "FFFFF0C2"}
_HEADER = 1  # the styles by number: 0 is what a cell without one has
_STYLES = {style: number for number, style in enumerate(product(_FILLS, (False, True), (False, True)), _HEADER + 1)}

# What zipfile raises for what is no zip, or a damaged one.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, IndexError, RuntimeError, struct.error, OSError)


def as_workbook(tables: Iterable[Table], title: str) -> bytes:
    """The tables as a workbook, a sheet each; one that is too long for a sheet goes on in the next, `values 2`.

    The values are exact, without the apostrophes of a CSV; one that is too long for a cell is cut off, and says so.
    """
    sheets = list(_sheets(tables))
    strings: dict[str, int] = {}  # the number of each text
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        _put(package, "[Content_Types].xml", [_content_types(len(sheets))])
        _put(package, "_rels/.rels", [_package_relations()])
        _put(package, "docProps/app.xml", [_app_properties()])
        _put(package, "docProps/core.xml", [_core_properties(title)])
        _put(package, "xl/workbook.xml", [_book(sheets)])
        _put(package, "xl/_rels/workbook.xml.rels", [_book_relations(len(sheets))])
        _put(package, "xl/styles.xml", [_styles()])
        for number, (_, table) in enumerate(sheets, 1):
            _put(package, f"xl/worksheets/sheet{number}.xml", _sheet(table, strings))
        _put(package, "xl/sharedStrings.xml", _shared(strings))
    return file.getvalue()


def same_workbook(one: bytes, other: bytes) -> bool:
    """Whether both hold the same, however it is compressed: another release of zlib does it in another way."""
    try:
        return one == other or _parts(one) == _parts(other)
    except _DAMAGE:
        return False


def _parts(data: bytes) -> list[tuple[str, int, int]]:
    """The name, the length and the checksum of each part, which it matches."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if package.testzip():
            raise zipfile.BadZipFile
        return [(part.filename, part.file_size, part.CRC) for part in package.infolist()]


def _sheets(tables: Iterable[Table]) -> Iterator[tuple[str, Table]]:
    """The sheets with their names."""
    for table in tables:
        for start in range(0, max(len(table.rows), 1), ROWS):
            name = f"{table.name} {start // ROWS + 1}" if start else table.name
            yield name, Table(name, table.columns, table.rows[start : start + ROWS])


def _put(package: zipfile.ZipFile, name: str, texts: Iterable[str]) -> None:
    """Add a part: its date is 1980, and it tells of no system, so that the bytes are the same everywhere."""
    part = zipfile.ZipInfo(name)
    part.compress_type, part.create_system = zipfile.ZIP_DEFLATED, 0
    with package.open(part, "w") as raw, io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", newline="") as file:
        file.write(_XML)
        file.writelines(texts)


def _sheet(table: Table, strings: dict[str, int]) -> Iterator[str]:
    """A sheet, in pieces; its texts go into `strings`."""
    widths = _widths(table)
    area = _area(table)
    yield f'<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="{area}"/>'
    yield '<sheetViews><sheetView workbookViewId="0">'
    yield '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    yield '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
    yield f'<sheetFormatPr defaultRowHeight="{_LINE}"/><cols>'
    for number, width in enumerate(widths, 1):
        style = _STYLES["", width > _WIDEST, False]
        yield f'<col min="{number}" max="{number}" width="{min(width, _WIDEST) + 3}" style="{style}" customWidth="1"/>'
    yield "</cols><sheetData>"
    yield from _rows(table, [width > _WIDEST for width in widths], strings)
    yield f'</sheetData><autoFilter ref="{area}"/>'
    yield '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'  # A4, as wide as the page
    # Excel is not to put a green corner on each number that is a text.
    yield f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors></worksheet>'


def _rows(table: Table, wrapped: Sequence[bool], strings: dict[str, int]) -> Iterator[str]:
    letters = [_letters(number) for number in range(1, len(wrapped) + 1)]
    header = zip(letters, table.columns, strict=True)
    told = (f'<c r="{at}1" s="{_HEADER}" t="s"><v>{strings.setdefault(it, len(strings))}</v></c>' for at, it in header)
    yield f'<row r="1">{"".join(told)}</row>'
    long = [column for column, wrap in zip(table.columns, wrapped, strict=True) if wrap]
    plans = {  # of each fill: the columns with their letters and their two styles
        fill: [
            (letter, column, _STYLES[fill, wrap, False], _STYLES[fill, wrap, True])
            for letter, column, wrap in zip(letters, table.columns, wrapped, strict=True)
        ]
        for fill in _FILLS
    }
    for number, row in enumerate(table.rows, 2):
        severity = row.get("severity", "")
        cells = [
            f'<c r="{letter}{number}" s="{quoted if value[0] in _QUOTED else style}" t="s">'
            f"<v>{strings.setdefault(value, len(strings))}</v></c>"
            if (value := row.get(column, ""))
            else f'<c r="{letter}{number}" s="{style}"/>'
            for letter, column, style, quoted in plans.get(severity, plans[""])
        ]
        lines = max((_lines(row.get(column, "")) for column in long), default=1)
        height = f' ht="{min(lines * _LINE, _HIGHEST)}"' if lines > 1 else ""
        yield f'<row r="{number}"{height}>{"".join(cells)}</row>'


def _lines(text: str) -> int:
    """How many lines it takes in a cell that wraps it, and is as wide as a column gets."""
    return sum(max(1, -(-len(line) // _WIDEST)) for line in text.splitlines())


def _widths(table: Table) -> list[int]:
    """The characters that the longest of a column's first cells has."""
    some = list(islice(table.rows, _LOOKED_AT))
    return [max(len(column), *(len(row.get(column, "")) for row in some), _NARROWEST) for column in table.columns]


def _letters(number: int) -> str:
    """What a spreadsheet calls the column of that number: A, …, Z, AA, …"""
    before, last = divmod(number - 1, 26)
    return (_letters(before) if before else "") + chr(ord("A") + last)


def _area(table: Table, mark: str = "") -> str:
    """All cells of a sheet; with `mark` `$`, whatever cell is asked from."""
    return f"{mark}A{mark}1:{mark}{_letters(len(table.columns))}{mark}{len(table.rows) + 1}"


def _shared(strings: Iterable[str]) -> Iterator[str]:
    texts = list(strings)
    yield f'<sst xmlns="{_MAIN}" uniqueCount="{len(texts)}">'
    for text in texts:
        yield f'<si><t xml:space="preserve">{_SPECIAL.sub(_escaped, _fitting(text))}</t></si>'
    yield "</sst>"


def _fitting(text: str) -> str:
    """The text, cut off if a cell cannot hold it."""
    if len(text) <= LONGEST // 2:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * LONGEST:
        return text
    return units[: 2 * (LONGEST - len(CUT))].decode("utf-16-le", "ignore") + CUT


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    return _MARKUP.get(char) or f"_x{ord(char):04X}_"


def _content_types(sheets: int) -> str:
    parts = {"docProps/app": _APP, "docProps/core": _CORE, "xl/workbook": f"{_MEDIA}.sheet.main+xml"}
    parts |= {"xl/styles": f"{_MEDIA}.styles+xml", "xl/sharedStrings": f"{_MEDIA}.sharedStrings+xml"}
    parts |= {f"xl/worksheets/sheet{n}": f"{_MEDIA}.worksheet+xml" for n in range(1, sheets + 1)}
    told = "".join(f'<Override PartName="/{part}.xml" ContentType="{media}"/>' for part, media in parts.items())
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="{relations}"/>{told}</Types>'
    )


def _relations(targets: Mapping[str, str]) -> str:
    """The kinds of other parts by their names; they are called rId1, rId2, …"""
    told = (
        f'<Relationship Id="rId{n}" Type="{kind}" Target="{part}.xml"/>'
        for n, (part, kind) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(told)}</Relationships>'


def _package_relations() -> str:
    parts = {"xl/workbook": f"{_RELATIONS}/officeDocument", "docProps/app": f"{_RELATIONS}/extended-properties"}
    return _relations(parts | {"docProps/core": f"{_PACKAGE}/relationships/metadata/core-properties"})


def _book_relations(sheets: int) -> str:
    parts = {f"worksheets/sheet{n}": f"{_RELATIONS}/worksheet" for n in range(1, sheets + 1)}
    return _relations(parts | {name: f"{_RELATIONS}/{name}" for name in ("styles", "sharedStrings")})


def _app_properties() -> str:
    return '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>'


def _core_properties(title: str) -> str:
    names = f'xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f"<cp:coreProperties {names}><dc:title>{escape(title)}</dc:title></cp:coreProperties>"


def _book(sheets: Sequence[tuple[str, Table]]) -> str:
    """The list of sheets. Excel looks for the filter of each under a name, too."""
    told = (f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, (name, _) in enumerate(sheets, 1))
    filters = (
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">'
        f"'{name}'!{_area(table, '$')}</definedName>"
        for n, (name, table) in enumerate(sheets)
    )
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr/><bookViews><workbookView/></bookViews>'
        f"<sheets>{''.join(told)}</sheets><definedNames>{''.join(filters)}</definedNames></workbook>"
    )


def _styles() -> str:
    plain = '<sz val="11"/><color rgb="FF000000"/><name val="Calibri"/><family val="2"/>'
    fills = [_NO_FILL, '<patternFill patternType="gray125"/>', *map(_solid, (_HEADER_FILL, *_FILLS.values()))]
    cells = [
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
        _style(font=1, fill=fills.index(_solid(_HEADER_FILL)), wrap=False, quoted=False),
        *(
            _style(font=0, fill=fills.index(_solid(_FILLS[name])), wrap=wrap, quoted=quoted)
            for name, wrap, quoted in _STYLES
        ),
    ]
    return (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font>{plain}</font><font><b/>{plain}</font></fonts>'
        f'<fills count="{len(fills)}">{"".join(f"<fill>{fill}</fill>" for fill in fills)}</fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(cells)}">{"".join(cells)}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _solid(colour: str) -> str:
    return f'<patternFill patternType="solid"><fgColor rgb="{colour}"/></patternFill>' if colour else _NO_FILL


def _style(font: int, fill: int, *, wrap: bool, quoted: bool) -> str:
    """That of a cell of text: format 49 is "@"; `quoted` keeps Excel from taking it for a formula once it is edited."""
    return (
        f'<xf numFmtId="49" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" quotePrefix="{int(quoted)}"'
        ' applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1">'
        f'<alignment vertical="top" wrapText="{int(wrap)}"/></xf>'
    )
