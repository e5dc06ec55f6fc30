"""Ingesting returns whole, beside what bare libraries take to read their fields and do nothing more."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pikepdf
import pymupdf
import pypdf
import pypdfium2
import pypdfium2.raw as raw

from tests.benchmarks.returns import written
from tests.benchmarks.side_by_side import medians, table
from tests.conftest import ingest
from thep_forms.definition import Definitions
from thep_forms.records import Records, Views, open_for_writing
from thep_forms.records.names import WORKBOOK

COUNT = 400


def by_pypdf(path: Path) -> object:
    return pypdf.PdfReader(path).get_fields()


def by_qpdf(path: Path) -> object:
    with pikepdf.open(path) as pdf:
        return {str(field.T): str(field.get("/V", "")) for field in pdf.Root.AcroForm.Fields}


def by_mupdf(path: Path) -> object:
    with pymupdf.open(path) as document:
        return {widget.field_name: widget.field_value for page in document for widget in page.widgets()}


def by_pdfium(path: Path) -> object:
    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    form, found = document.formenv.raw, {}
    for page in document:
        for number in range(raw.FPDFPage_GetAnnotCount(page.raw)):
            annotation = raw.FPDFPage_GetAnnot(page.raw, number)
            name = _string(raw.FPDFAnnot_GetFormFieldName, form, annotation)
            found[name] = _string(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
            raw.FPDFPage_CloseAnnot(annotation)
        page.close()
    document.close()
    return found


def _string(read: Callable[..., int], *arguments: object) -> str:
    buffer = ctypes.create_string_buffer(512)
    length = read(*arguments, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), 512)
    return buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = written(folder / "in", COUNT)

        turn, definitions = count(), Definitions.of_today()

        def into_records(workers: int, *, again: bool = False) -> None:
            # A new folder each time: after many files were deleted, some file systems make new ones slowly for a while.
            records = folder / ("kept" if again else f"records-{next(turn)}")
            ingest(records, [folder / "in"], workers=workers)

        def each(read: Callable[[Path], object]) -> Callable[[], object]:
            return lambda: [read(path) for path in paths]

        def workbook() -> None:
            """What the whole has beyond reading, checking, keeping and writing CSVs."""
            (folder / "kept" / WORKBOOK).unlink()
            with open_for_writing(folder / "kept", definitions) as ledger:
                Views(folder / "kept", Records(ledger, definitions)).write()

        into_records(1, again=True)
        found = medians(
            {
                "thep_forms, ingested whole": lambda: into_records(1),
                "thep_forms, the tables and the workbook anew": workbook,
                "thep_forms, two workers": lambda: into_records(2),
                "thep_forms, the same files again": lambda: into_records(1, again=True),
                "pypdf, get_fields": each(by_pypdf),
                "PDFium (pypdfium2), bare": each(by_pdfium),
                "MuPDF (PyMuPDF), bare": each(by_mupdf),
                "qpdf (pikepdf), bare": each(by_qpdf),
            }
        )
    table("Reading", {name: one.cpu for name, one in found.items()}, COUNT)
    ours = {name: one.wall for name, one in found.items() if name.startswith("thep_forms")}
    table("The same by the clock", ours, COUNT, "ms a file")


if __name__ == "__main__":
    main()
