"""The look of the form: drawn by PDFium and by Poppler, blank and filled in."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from tests.conftest import AWKWARD
from tests.support.viewer import draw, strays
from thep_forms.definition import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.generate import master_of
from thep_forms.layout import LABEL_INSET, Label, PlacedBox, lay_out
from thep_forms.layout.metrics import text_width

DOTS = 72  # an inch: a pixel is a point


def by_poppler(pdf: bytes, folder: Path) -> list[Image.Image]:
    (folder / "form.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(DOTS), "-png", folder / "form.pdf", folder / "page"]
    subprocess.run(command, check=True)
    return [Image.open(path).convert("L") for path in sorted(folder.glob("page*.png"))]


def by_pdfium(pdf: bytes, pages: int) -> list[Image.Image]:
    return [draw(pdf, number, scale=1).convert("L") for number in range(pages)]


@pytest.mark.parametrize("what", ["blank", "typed into", "filled in beforehand"])
def test_two_engines_show_the_same_page(
    tmp_path: Path, definition: FormDefinition, form: bytes, filled: Callable[..., bytes], what: str
) -> None:
    pdf = {"blank": form, "typed into": filled()}.get(what) or master_of(definition).copy(AWKWARD)
    ours = by_poppler(pdf, tmp_path)
    for poppler, pdfium in zip(ours, by_pdfium(pdf, len(ours)), strict=True):
        assert strays(poppler, pdfium) <= 0.001


def test_every_page_leaves_the_margin_that_printers_cannot_print(tmp_path: Path, form: bytes) -> None:
    unprintable = round(6 / 25.4 * DOTS)
    for page in by_poppler(form, tmp_path):
        left, top, right, bottom = page.point(lambda grey: 255 if grey < 250 else 0).getbbox() or (0, 0, 0, 0)
        assert min(left, top) >= unprintable
        assert (right, bottom) <= (page.width - unprintable, page.height - unprintable)


def test_a_blank_form_prints_without_highlights_in_its_boxes(tmp_path: Path, form: bytes) -> None:
    with pikepdf.open(io.BytesIO(form)) as pdf:
        rects = [[float(edge) for edge in box.Rect] for box in pdf.pages[0].obj.Annots if not int(box.F) & 2]
    page = by_poppler(form, tmp_path)[0]
    for x, y, right, top in rects:
        inside = page.crop((int(x) + 2, int(page.height - top) + 2, int(right) - 2, int(page.height - y) - 2))
        assert inside.getextrema() == (255, 255)


def test_a_tick_is_in_the_middle_of_its_box(tmp_path: Path, filled: Callable[..., bytes]) -> None:
    pdf = filled()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        x, y, right, top = next(
            [float(edge) for edge in box.Rect] for box in opened.pages[0].obj.Annots if box.T == "phase_primary"
        )
    page = by_poppler(pdf, tmp_path)[0]
    inside = page.crop((int(x) + 1, int(page.height - top) + 1, int(right), int(page.height - y)))
    left, upper, far, lower = inside.point(lambda grey: 255 if grey < 128 else 0).getbbox() or (0, 0, 0, 0)
    assert abs((left + far) / 2 - inside.width / 2) <= 1.5
    assert abs((upper + lower) / 2 - inside.height / 2) <= 1.5


def test_each_square_to_tick_is_nearer_to_its_own_caption_than_to_the_next_one(definition: FormDefinition) -> None:
    page = lay_out(definition)[0]
    items = [item for item in page.items if isinstance(item, Label | PlacedBox)]
    ticks = [place for place, item in enumerate(items) if isinstance(item, PlacedBox) and item.box.kind is Kind.TICKS]
    for place, following in pairwise(ticks):
        caption, square, next_caption = items[place - 1], items[place], items[following - 1]
        before = square.rect.x - (
            caption.rect.x + LABEL_INSET + text_width(caption.words, definition.file.page.text_size)
        )
        after = next_caption.rect.x + LABEL_INSET - square.rect.right
        assert before * 2 < after
