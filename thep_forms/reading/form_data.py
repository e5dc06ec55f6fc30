"""The form data reader: what a viewer sends of a form without the form, as FDF or XFDF.

FDF (ISO 32000-1, 12.7.7) has the syntax of a PDF, XFDF (ISO 19444-1) is XML. Their fields become those of a PDF
without pages, which the fields reader reads.

Limitations: whether an FDF was changed on its way shows only where its end is missing. Values of other forms within the
same file (`/EmbeddedFDFs`), pages and scripts are not read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from xml.parsers import expat

import pikepdf
from msgspec.structs import replace
from pikepdf import Array, Dictionary, Name, Object, String

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.reading import reasons
from thep_forms.reading.classify import DefinitionOfYear, classify
from thep_forms.reading.fields.field_tree import DEEPEST, TooManyError
from thep_forms.reading.model import Answer, FileKind, Note, Reading
from thep_forms.reading.objects import NOT_SEEN, OTHER_KIND, get, items_of, text_of
from thep_forms.reading.opening import Document, Source
from thep_forms.reading.policy import once
from thep_forms.reading.read_fields import read_fields
from thep_forms.sources.file_types import FileType

_PDF_HEADER, _FDF_HEADER = b"%PDF-", b"%FDF-"
_OBJECT = re.compile(rb"(?<!\d)(\d{1,7})\s+(\d{1,5})\s+obj\b")
_ROOT = re.compile(rb"/Root\s+(\d{1,7})\s+(\d{1,5})\s+R\b")
# qpdf opens no file without a page. The number of the first new object is `first`, and `data` the FDF's catalogue.
_PDF_END = """
{first} 0 obj
<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>
endobj
{page} 0 obj
<< /Type /Page /Parent {first} 0 R /MediaBox [0 0 1 1] /Resources << >> >>
endobj
{catalogue} 0 obj
<< /Type /Catalog /Pages {first} 0 R /Data {data} R >>
endobj
trailer
<< /Root {catalogue} 0 R /Size {size} >>
startxref
0
%%EOF
"""
_PARAGRAPHS = ("p", "br")  # elements of rich text that end a line
_END, _END_WITHIN = b"%%EOF", 1024  # bytes from the end


class DamagedDataError(Exception):
    """The form data does not keep to its syntax, or to what programs write."""


def read_form_data(data: bytes, file_type: FileType, definitions: DefinitionOfYear) -> tuple[Reading, ...]:
    """A reading of each form that the data is of; one reading at least. Raises `TooManyError`."""
    any_year = definitions(None)
    try:
        with pikepdf.new() as pdf:
            pdf.Root.AcroForm = Dictionary(Fields=Array())
            notes, damaged = _FILLERS[file_type](data, pdf, any_year)
            document = Document(pdf, Source(data), repaired=False)
            contents = classify(document, lambda name: any_year.box(name) is not None)
            readings = list(read_fields(contents, definitions).readings)
    except DamagedDataError:
        return (Reading(FileKind.UNREADABLE, reason=reasons.DAMAGED_DATA),)
    if not readings:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.NO_FIELD),)
    readings[0] = replace(readings[0], notes=once((*readings[0].notes, *notes)))
    return tuple(_without_doubts_of_boxes(replace(each, damaged=each.damaged or damaged)) for each in readings)


def _set_kind(field: Object, definition: FormDefinition) -> None:
    """Say that a field is a tick box where it is one of ours: form data does not, and some programs write `(Yes)`."""
    box = definition.box(text_of(get(field, "/T")))
    if box and box.kind is Kind.TICKS and "/FT" not in field:
        field.FT = Name.Btn


def _without_doubts_of_boxes(reading: Reading) -> Reading:
    """The reading without doubts about the place and the kind of boxes: form data has neither pages nor kinds."""
    answers: dict[str, Answer] = {}
    for name, answer in reading.answers.items():
        answers[name] = replace(answer, doubts=answer.doubts - NOT_SEEN - OTHER_KIND)
    return replace(reading, answers=answers)


# --- FDF --------------------------------------------------------------------------------------------------------------


def _fill_from_fdf(data: bytes, pdf: pikepdf.Pdf, definition: FormDefinition) -> tuple[list[Note], bool]:
    """Put the fields of an FDF into the PDF; the words of its notes, and whether its end is missing."""
    try:
        with pikepdf.open(io.BytesIO(_as_pdf(data)), suppress_warnings=True) as fdf:
            catalogue = get(get(fdf.Root, "/Data"), "/FDF")
            # Each is an object of its own, as the tree of fields tells objects by their numbers.
            fields = [pdf.copy_foreign(fdf.make_indirect(field)) for field in items_of(get(catalogue, "/Fields"))]
            notes = _notes(get(catalogue, "/Annots"))
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError) as error:  # what pikepdf raises for damage
        raise DamagedDataError from error
    for field in fields:
        if isinstance(field, Dictionary):
            _set_kind(field, definition)
            pdf.Root.AcroForm.Fields.append(field)
    return notes, _END not in data[-_END_WITHIN:]


def _as_pdf(data: bytes) -> bytes:
    """The FDF as a PDF with an empty page, whose catalogue has the FDF's as `/Data`. Raises `DamagedDataError`."""
    objects = list(_OBJECT.finditer(data))
    catalogue = _catalogue(data, objects)
    if not catalogue:
        raise DamagedDataError
    first = max(int(each[1]) for each in objects) + 1
    end = _PDF_END.format(
        first=first, page=first + 1, catalogue=first + 2, size=first + 3, data=b" ".join(catalogue.groups()).decode()
    )
    return data.replace(_FDF_HEADER, _PDF_HEADER, 1) + end.encode()


def _catalogue(data: bytes, objects: Sequence[re.Match[bytes]]) -> re.Match[bytes] | None:
    """Which object is the FDF's catalogue: the last trailer says it, else it is the one that holds `/FDF`."""
    roots = list(_ROOT.finditer(data))
    if roots and objects:
        return roots[-1]
    before = [each for each in objects if each.start() < data.find(b"/FDF")]
    return before[-1] if before else None


def _notes(annotations: object) -> list[Note]:
    """What is written in notes on the form, which some viewers send with its data."""
    notes: list[Note] = []
    for annotation in items_of(annotations):
        words, page = text_of(get(annotation, "/Contents")).strip(), get(annotation, "/Page")
        if words:
            notes.append(Note(words, page if isinstance(page, int) else None))
    return notes


# --- XFDF -------------------------------------------------------------------------------------------------------------


class _Xfdf:
    """What expat finds in an XFDF: the values of its fields by their full names, and the words of its notes.

    Raises `DamagedDataError` for a document type: no program writes one, and its entities can grow without end.
    """

    def __init__(self) -> None:
        self.values: list[tuple[str, str]] = []
        self.rich_values: list[tuple[str, str]] = []  # a field has its value twice where it may be formatted
        self.notes: list[str] = []
        self._names: list[str | None] = []  # of the elements around the place: a field's name, None of another
        self._elements: list[str] = []
        self._text: list[str] = []

    def parse(self, data: bytes) -> None:
        """Read the file. Raises `DamagedDataError` and `TooManyError`."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError) as error:
            raise DamagedDataError from error

    def _refuse(self, *_: object) -> None:
        raise DamagedDataError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = name.rpartition(" ")[2]
        if len(self._elements) > 2 * DEEPEST or len(self.values) + len(self.rich_values) > reasons.MOST_FIELDS:
            raise TooManyError
        self._elements.append(element)
        self._names.append(attributes.get("name") if element == "field" else None)
        if not self._is_in_rich_text():
            self._text.clear()

    def _end(self, _: str) -> None:
        element = self._elements.pop()
        text = "".join(self._text)
        name = ".".join(name for name in self._names if name)
        if element == "value":
            self.values.append((name, text))
        elif element == "value-richtext":
            self.rich_values.append((name, text.strip()))
        elif element in ("contents", "contents-richtext"):
            self.notes.append(text.strip())
        elif element in _PARAGRAPHS:
            self._text.append("\n")
        self._names.pop()

    def _is_in_rich_text(self) -> bool:
        return any(element.endswith("-richtext") for element in self._elements[:-1])


def _fill_from_xfdf(data: bytes, pdf: pikepdf.Pdf, definition: FormDefinition) -> tuple[list[Note], bool]:
    """Put the fields of an XFDF into the PDF; the words of its notes."""
    xfdf = _Xfdf()
    xfdf.parse(data)
    plain = {name for name, _ in xfdf.values}
    rich = [(name, text) for name, text in xfdf.rich_values if name not in plain]
    for name, text in [*xfdf.values, *rich]:
        value = String(text.replace("\r\n", "\n"))
        field = pdf.make_indirect(Dictionary(T=String(name), V=value))
        _set_kind(field, definition)
        pdf.Root.AcroForm.Fields.append(field)
    return [Note(words) for words in xfdf.notes if words], False


_FILLERS = {FileType.FDF: _fill_from_fdf, FileType.XFDF: _fill_from_xfdf}
