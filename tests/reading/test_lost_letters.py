"""Names on flattened pages that PDFium drew without letters that its fonts lack: they are asked about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition

CHAIR, HEAD = "chair_of_governors_name", "headteacher_name"
KEEPS_BOXES: dict[str, Callable[[bytes], bytes]] = {
    "qpdf": printers.by_qpdf,
    "PDFium": printers.by_pdfium,
    "qpdf, then moved": lambda pdf: printers.shifted(printers.by_qpdf(pdf)),
}


def asked(pdf: bytes, definition: FormDefinition) -> set[tuple[str, str]]:
    problems = check(read_return(pdf, definition), definition).problems
    return {(problem.field, str(problem.code)) for problem in problems if problem.code != "read_from_page"}


@pytest.mark.parametrize("flattened", KEEPS_BOXES)
@pytest.mark.parametrize("name", ["Ioana Țepeș Ștefan", "Nguyễn Thị Ánh", "Owain Ŵyn Ŷnys", "Ğülşen İnce"])
def test_name_that_lost_letters_within_it_is_asked_about(
    form: bytes, definition: FormDefinition, name: str, flattened: str
) -> None:
    pdf = KEEPS_BOXES[flattened](type_into(form, answers("2101", **{CHAIR: name, HEAD: "Jane Smith"})))
    assert read_return(pdf, definition).answers[CHAIR].text != name
    assert asked(pdf, definition) == {(CHAIR, "value_damaged")}


def test_names_are_all_asked_about_where_nobody_can_tell_which_lost_its_first_letter(
    form: bytes, definition: FormDefinition
) -> None:
    pdf = printers.by_qpdf(type_into(form, answers("2101", **{CHAIR: "Ştefan Iancu", HEAD: "Ŵyn Jones"})))
    found = asked(pdf, definition)
    assert {(CHAIR, "value_damaged"), (HEAD, "value_damaged")} <= found
    assert {field.rpartition("_")[2] for field, _ in found} == {"name"}


@pytest.mark.parametrize("flattened", KEEPS_BOXES)
@pytest.mark.parametrize(
    "name", ["Jane Smith", "Zoë O’Brien", "Goran Perić Horvat", "Łukasz Żółć", "Anne-Marie Œuvrard", "Михаил Ivanov"]
)
def test_name_that_lost_no_letter_is_not_asked_about(
    form: bytes, definition: FormDefinition, name: str, flattened: str
) -> None:
    pdf = KEEPS_BOXES[flattened](type_into(form, answers("2101", **{CHAIR: name})))
    assert read_return(pdf, definition).answers[CHAIR].text == name
    assert asked(pdf, definition) == set()


def test_mark_that_has_lost_its_letter_is_asked_about(form: bytes, definition: FormDefinition) -> None:
    pdf = printers.by_cairo(type_into(form, answers("2101", **{CHAIR: "Ọláyínká Ẹ̀kọ́"})))
    assert (CHAIR, "value_damaged") in asked(pdf, definition)


@pytest.mark.parametrize("flattened", KEEPS_BOXES)
def test_name_that_lost_a_letter_beside_one_of_another_font_is_asked_about_if_others_lost_some(
    form: bytes, definition: FormDefinition, flattened: str
) -> None:
    names = {CHAIR: "Nguyễn Lan", HEAD: "Jürgen Đặng", "business_manager_name": "Zoë Müller"}
    pdf = KEEPS_BOXES[flattened](type_into(form, answers("2101", **names)))
    assert read_return(pdf, definition).answers[HEAD].text == "Jürgen Đng"
    assert asked(pdf, definition) == {(CHAIR, "value_damaged"), (HEAD, "value_damaged")}
