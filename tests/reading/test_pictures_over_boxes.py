"""Forms with fields over which a program laid a picture of the whole page: a scan, or what a pen wrote on a tablet."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pikepdf
import pytest
from pikepdf import Dictionary, Name
from PIL import Image, ImageChops

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support.paper import Paper
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.reading import FileKind

TYPED = "main_contact_name"
WRITTEN = ("phase_nursery", "business_manager_name", "business_manager_email")


def strokes(definition: FormDefinition, values: Mapping[str, str | bool]) -> Image.Image:
    """What a pen writes on the first page: white where it does."""
    blank, written = Paper(definition).picture, Paper(definition).fill(values).picture
    return ImageChops.difference(blank, written).convert("L").point(lambda grey: 255 if grey > 40 else 0)


def laid_over(pdf: bytes, ink: Image.Image) -> bytes:
    """The first page below black ink on a picture that is transparent elsewhere and as large as the page."""
    size = {"Width": ink.width, "Height": ink.height, "ColorSpace": Name.DeviceGray, "BitsPerComponent": 8}
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        page = opened.pages[0]
        mask = opened.make_stream(ink.tobytes(), Type=Name.XObject, Subtype=Name.Image, **size)
        black = bytes(ink.width * ink.height)
        picture = opened.make_stream(black, Type=Name.XObject, Subtype=Name.Image, SMask=mask, **size)
        drawn = page.Resources.get("/XObject", Dictionary())
        drawn.Ink = picture
        page.Resources.XObject = drawn
        _, _, width, height = (float(edge) for edge in page.mediabox)
        page.contents_add(b"q", prepend=True)
        page.contents_add(f"Q q {width} 0 0 {height} 0 0 cm /Ink Do Q".encode())
        opened.save(out)
    return out.getvalue()


def test_pen_in_empty_boxes_of_a_typed_form_is_asked_about(form: bytes, definition: FormDefinition) -> None:
    values = answers(
        "2101", phase_nursery=True, business_manager_name="Ann Lee", business_manager_email="a@cedar.example"
    )
    typed = type_into(form, {name: value for name, value in values.items() if name not in WRITTEN})
    pen = strokes(definition, {name: values[name] for name in WRITTEN})
    reading = read_return(laid_over(typed, pen), definition)
    asked = {problem.field for problem in check(reading, definition).problems if problem.code == "value_unreadable"}
    assert asked == set(WRITTEN)
    assert reading.answers[TYPED].text == values[TYPED]


def test_pen_over_a_typed_answer_is_queried(form: bytes, definition: FormDefinition) -> None:
    typed = type_into(form, answers("2101"))
    reading = read_return(laid_over(typed, strokes(definition, {TYPED: "Ann Lee"})), definition)
    asked = [problem.field for problem in check(reading, definition).problems if problem.code == "field_unknown"]
    assert asked == [TYPED]


def test_picture_that_shows_nothing_raises_no_question(form: bytes, definition: FormDefinition) -> None:
    typed = type_into(form, answers("2101"))
    before = read_return(typed, definition)
    after = read_return(laid_over(typed, Image.new("L", (1240, 1754))), definition)
    assert (after.answers, after.notes) == (before.answers, before.notes)


@pytest.mark.parametrize("name", ["school_name", "main_contact_name"])
def test_empty_form_that_a_pen_filled_in_is_read_as_a_picture_and_lacks_no_page(
    form: bytes, definition: FormDefinition, name: str
) -> None:
    values = answers("2101")
    reading = read_return(laid_over(form, strokes(definition, values)), definition)
    assert (reading.kind, reading.pages_missing) == (FileKind.SCAN, ())
    assert reading.answers[name].text == values[name]
