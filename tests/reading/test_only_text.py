"""A page of nothing but letters is no picture of the form. It is not searched for one, which takes a second a page."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.support.printers import A4, scanned
from thep_forms.definition import Definitions
from thep_forms.reading import FileKind
from thep_forms.reading.read import read_file

WORDS = "Köszönjük, minden rendben."
READ = """
import sys
from pathlib import Path
from thep_forms.definition import Definitions
from thep_forms.reading.read import read_file
(reading,) = read_file(Path(sys.argv[1]), Definitions.of_today())
print(reading.kind, "thep_forms.reading.pictures.reader" in sys.modules)
"""


def page(draw: Callable[[Canvas], object] = lambda _: None) -> bytes:
    """A page with a few words that are no English, and what `draw` adds."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.drawString(80, 700, WORDS)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def in_a_form_object(canvas: Canvas) -> None:
    canvas.beginForm("words")
    canvas.drawString(80, 600, WORDS)
    canvas.endForm()
    canvas.doForm("words")


def a_picture(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(Image.new("L", (40, 40), 128)), 80, 400, 40, 40)


def a_picture_in_a_form_object(canvas: Canvas) -> None:
    canvas.beginForm("picture")
    a_picture(canvas)
    canvas.endForm()
    canvas.doForm("picture")


def a_line(canvas: Canvas) -> None:
    canvas.line(80, 600, 300, 600)


def a_stamp(data: bytes) -> bytes:
    """The page with an annotation that shows something of its own."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        look = pdf.make_stream(b"0 0 50 50 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        look.BBox = pikepdf.Array([0, 0, 50, 50])
        stamp = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Stamp,
            Rect=pikepdf.Array([80, 80, 130, 130]),
            AP=pikepdf.Dictionary(N=look),
        )
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(stamp)])
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "is_searched"),
    [
        pytest.param(page(), False, id="words"),
        pytest.param(page(in_a_form_object), False, id="words in a form object"),
        pytest.param(page(a_line), True, id="a line"),
        pytest.param(page(a_picture), True, id="a picture"),
        pytest.param(page(a_picture_in_a_form_object), True, id="a picture in a form object"),
        pytest.param(a_stamp(page()), True, id="an annotation"),
    ],
)
def test_a_page_is_searched_for_a_pictured_form_only_if_it_shows_more_than_letters(
    tmp_path: Path, data: bytes, is_searched: bool
) -> None:
    (tmp_path / "page.pdf").write_bytes(data)
    command = [sys.executable, "-c", READ, tmp_path / "page.pdf"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.split() == [FileKind.NOT_A_FORM, str(is_searched)]


@pytest.mark.parametrize("has_letters", [True, False])
def test_a_scanned_page_between_others_is_found_and_says_whether_they_are_more_than_blank_paper(
    returned: bytes, tmp_path: Path, has_letters: bool
) -> None:
    with pikepdf.new() as pdf, pikepdf.open(io.BytesIO(scanned(returned))) as scan:
        pdf.pages.extend(scan.pages)
        for _ in range(2):
            with pikepdf.open(io.BytesIO(page())) as other:
                pdf.pages.extend(other.pages)
            if not has_letters:
                pdf.pages[-1].Contents = pdf.make_stream(b"")
        pdf.save(tmp_path / "scan.pdf")
    (reading,) = read_file(tmp_path / "scan.pdf", Definitions.of_today())
    assert (reading.kind, reading.text_of("main_contact_name")) == (FileKind.SCAN, "Sam Okafor")
    assert reading.shows_more == has_letters
