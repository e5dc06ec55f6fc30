"""A pile of pages in one file: whichever worker is free reads the next, and a page that fails is lost alone."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import ingest, rows
from tests.support.photographs import tiff
from tests.support.viewer import draw
from thep_forms.definition import Definitions, FormDefinition
from thep_forms.definition.identity import Code, school_in
from thep_forms.generate.qr import qr_code
from thep_forms.layout import Rect
from thep_forms.office.arrivals.examine import Examiner
from thep_forms.reading import FileKind, Reading
from thep_forms.reading.reasons import PAGE_FAILED
from thep_forms.work import Failure, Limits, Workers

PAGES = 4  # of a form
LIMITS = Limits(2)
FIRST = 2000  # the number of the first school
DEFINITIONS = Definitions.of_today()


@pytest.fixture(autouse=True)
def _without_the_libraries_for_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes are enough to tell schools, and are quickly read."""
    monkeypatch.setitem(sys.modules, "rapidocr", None)


def pile(definition: FormDefinition, count: int) -> bytes:
    """The codes of the first pages of so many schools, each on a small page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(100, 100))
    for number in range(FIRST, FIRST + count):
        code = Code(definition.identifier, definition.year, 1, 1, PAGES, f"211/{number}")
        canvas.addLiteral(qr_code(code, Rect(36, 25, 34, 34)))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def pictures(definition: FormDefinition, count: int) -> list[Image.Image]:
    pdf = pile(definition, count)
    return [draw(pdf, number, scale=3).convert("L") for number in range(count)]


def read(file: Path, workers: int = 2) -> list[Reading]:
    ((_, answer),) = Workers(Examiner(DEFINITIONS), LIMITS, workers).map([(None, os.fsencode(file))])
    assert not isinstance(answer, Failure)
    return [found.reading for found in Examiner.returns(answer)]


def schools(readings: Sequence[Reading]) -> list[str]:
    return [school_in(reading.form_id) for reading in readings]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", ["pdf", "tif"])
def test_pile_is_read_in_the_order_of_its_pages_by_any_number_of_workers(
    definition: FormDefinition, tmp_path: Path, kind: str, workers: int
) -> None:
    data = pile(definition, 14) if kind == "pdf" else tiff(pictures(definition, 14))
    file = tmp_path / f"pile.{kind}"
    file.write_bytes(data)
    readings = read(file, workers)
    assert schools(readings) == [f"211/{number}" for number in range(FIRST, FIRST + 14)]
    assert readings == [found.reading for found in Examiner(DEFINITIONS).examine(data)]


def test_progress_of_a_run_says_the_pages(definition: FormDefinition, tmp_path: Path) -> None:
    (tmp_path / "pile.pdf").write_bytes(pile(definition, 12))
    told: list[tuple[int, int]] = []
    ingest(tmp_path / "records", [tmp_path / "pile.pdf"], on_page=lambda done, total: told.append((done, total)))
    assert told[:12] == [(number, 12) for number in range(1, 13)]
    assert len(rows(tmp_path / "records" / "returns.csv")) == 12


def with_endless_page(pdf: bytes, number: int) -> bytes:
    """The PDF with a page that takes far longer to draw than a reader may."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        page = opened.pages[number]
        page.Resources = pikepdf.Dictionary(
            Shading=pikepdf.Dictionary(
                Sh=pikepdf.Dictionary(
                    ShadingType=2,
                    ColorSpace=pikepdf.Name.DeviceGray,
                    Coords=pikepdf.Array([0, 0, 100, 100]),
                    Function=pikepdf.Dictionary(FunctionType=2, Domain=pikepdf.Array([0, 1]), N=1),
                    Extend=pikepdf.Array([True, True]),
                )
            )
        )
        page.Contents = opened.make_stream(b"/Sh sh\n" * 50_000)
        out = io.BytesIO()
        opened.save(out)
    return out.getvalue()


def test_page_that_breaks_its_reader_is_a_return_that_says_so(definition: FormDefinition, tmp_path: Path) -> None:
    (tmp_path / "pile.pdf").write_bytes(with_endless_page(pile(definition, 5), 2))
    readings = read(tmp_path / "pile.pdf")
    assert schools(readings) == ["211/2000", "211/2001", "211/2003", "211/2004", ""]
    assert (readings[-1].kind, readings[-1].reason) == (FileKind.SCAN, PAGE_FAILED.format(page=3))


def test_picture_that_is_damaged_costs_itself_alone(definition: FormDefinition, tmp_path: Path) -> None:
    data = bytearray(tiff(pictures(definition, 5)))
    with Image.open(io.BytesIO(data)) as opened:
        opened.seek(2)
        start = opened.tag_v2[273][0]  # where its rows are
    data[start : start + 20] = b"\xff" * 20
    (tmp_path / "pile.tif").write_bytes(data)
    ingest(tmp_path / "records", [tmp_path / "pile.tif"])
    returns = rows(tmp_path / "records" / "returns.csv")
    assert sorted(row["dfe_number"] for row in returns) == ["", "211/2000", "211/2001", "211/2003", "211/2004"]
    assert {row["verdict"] for row in returns} == {"needs_attention"}
    messages = [row["message"] for row in rows(tmp_path / "records" / "problems.csv")]
    assert sum(PAGE_FAILED.format(page=3) in message for message in messages) == 1


def test_pages_of_another_document_end_the_search_and_blank_backs_do_not(
    definition: FormDefinition, tmp_path: Path
) -> None:
    fronts = pictures(definition, 12)
    backs = [page for front in fronts for page in (front, Image.new("L", front.size, 250))]
    (tmp_path / "duplex.tif").write_bytes(tiff(backs))
    assert len(read(tmp_path / "duplex.tif")) == 12
    others = [Image.linear_gradient("L").resize(fronts[0].size) for _ in range(50)]
    (tmp_path / "others.tif").write_bytes(tiff([fronts[0], *others[:49], fronts[1], *others, fronts[2]]))
    assert schools(read(tmp_path / "others.tif")) == ["211/2000", "211/2001"]
