"""Letters that a program drew as shapes on a printed form, as Firefox draws those that no font of the system has."""

from __future__ import annotations

import pytest

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.changing import place
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.reading import FileKind
from thep_forms.reading.reasons import UNNAMED

HEAD = "headteacher_name"


def with_shapes(form: bytes, definition: FormDefinition, name: str, start: float, shape: str) -> bytes:
    """A flattened form with a head's name, and five shapes of a letter's size from `start` points of its box on."""
    rect = place(definition, HEAD)
    flat = printers.by_qpdf(type_into(form, answers("2101", **{HEAD: name})))
    drawn = [shape.format(x=rect.x + start + 10 * number, y=rect.y + 6) for number in range(5)]
    return printers.drawn_on(flat, " ".join(drawn))


def asked(pdf: bytes, definition: FormDefinition) -> set[tuple[str, str]]:
    problems = check(read_return(pdf, definition), definition).problems
    return {(problem.field, str(problem.code)) for problem in problems if problem.code != "read_from_page"}


@pytest.mark.parametrize("shape", ["{x} {y} 7 9 re S", "{x} {y} 6 8 re f"], ids=["boxes", "filled"])
def test_shapes_beside_the_letters_of_a_name_are_asked_about(
    form: bytes, definition: FormDefinition, shape: str
) -> None:
    assert asked(with_shapes(form, definition, "Lee", 60, shape), definition) == {(HEAD, "value_damaged")}


@pytest.mark.parametrize("shape", ["{x} {y} 7 9 re S", "{x} {y} 6 8 re f"], ids=["boxes", "filled"])
def test_shapes_with_nothing_but_a_space_are_asked_about(form: bytes, definition: FormDefinition, shape: str) -> None:
    rect = place(definition, HEAD)
    pdf = printers.typed_on(with_shapes(form, definition, "", 10, shape), rect.x + 60, rect.y + 6, " ")
    assert asked(pdf, definition) == {(HEAD, "value_unreadable")}


@pytest.mark.parametrize(
    "shape",
    ["{x} {y} 0.3 12 re f", "{x} {y} m {x} 800 l n", "1 g {x} {y} 7 9 re f", "{x} {y} 9 0.5 re f"],
    ids=["lines between letters", "nothing drawn", "white", "lines to write on"],
)
def test_lines_and_white_beside_the_letters_of_a_name_are_not_asked_about(
    form: bytes, definition: FormDefinition, shape: str
) -> None:
    assert asked(with_shapes(form, definition, "Lee", 60, shape), definition) == set()


def test_form_filled_in_with_the_strokes_of_a_pen_is_read_as_a_picture(form: bytes, definition: FormDefinition) -> None:
    written = {box: "" for box in answers("2101") if box.endswith(("_name", "_email", "_telephone", "_designation"))}
    flat = printers.by_qpdf(type_into(form, answers("2101", **written)))
    rects = [place(definition, box) for box in written]
    strokes = (f"{rect.x + 10 * at} {rect.y + 6} 7 9 re S" for rect in rects for at in range(5))
    reading = read_return(printers.drawn_on(flat, " ".join(strokes)), definition)
    assert (reading.kind, reading.reason) == (FileKind.SCAN, UNNAMED)
    assert reading.answers["registered_address"].text == answers("2101")["registered_address"]
