"""Answers in boxes that nobody sees are kept and asked about."""

from __future__ import annotations

from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.support.changing import EXPECTED, Change, boxes, changed, texts_in
from tests.support.single_box import BOX, asked
from thep_forms.definition import FormDefinition


def hidden(pdf: pikepdf.Pdf) -> None:
    boxes(pdf)[BOX].F = 2


def not_viewed(pdf: pikepdf.Pdf) -> None:
    boxes(pdf)[BOX].F = 32


def without_area(pdf: pikepdf.Pdf) -> None:
    boxes(pdf)[BOX].Rect = Array([100, 100, 100, 120])


def off_the_page(pdf: pikepdf.Pdf) -> None:
    boxes(pdf)[BOX].Rect = Array([100, 900, 300, 920])


def cropped_away(pdf: pikepdf.Pdf) -> None:
    box = boxes(pdf)[BOX]
    box.Rect = Array([2, 2, 18, 18])
    pdf.pages[0].obj.CropBox = Array([20, 20, 590, 830])


def without_rectangle(pdf: pikepdf.Pdf) -> None:
    del boxes(pdf)[BOX]["/Rect"]


def in_no_list(pdf: pikepdf.Pdf) -> None:
    box = boxes(pdf)[BOX]
    page = pdf.pages[0].obj
    page.Annots = Array([other for other in page.Annots if other.objgen != box.objgen])


def on_no_page(pdf: pikepdf.Pdf) -> None:
    in_no_list(pdf)
    del boxes(pdf)[BOX]["/P"]


def of_no_known_kind(pdf: pikepdf.Pdf) -> None:
    boxes(pdf)[BOX].Subtype = Name.Wedge


def in_white(pdf: pikepdf.Pdf) -> None:
    boxes(pdf)[BOX].DA = String("/Entry 11 Tf 1 1 1 rg")
    del boxes(pdf)[BOX]["/AP"]


def drawn_in_white(pdf: pikepdf.Pdf) -> None:
    box = boxes(pdf)[BOX]
    box.DA = String("/Entry 11 Tf 1 g")
    box.AP.N.write(box.AP.N.read_bytes().replace(b"0 g", b"1 g"))


def white_on_white(pdf: pikepdf.Pdf) -> None:
    in_white(pdf)
    boxes(pdf)[BOX].MK = Dictionary(BG=Array([1, 1, 1]))


UNSEEN: list[Change] = [
    white_on_white,
    in_white,
    drawn_in_white,
    hidden,
    not_viewed,
    without_area,
    off_the_page,
    cropped_away,
    without_rectangle,
    in_no_list,
    on_no_page,
    of_no_known_kind,
]


@pytest.mark.parametrize("unseen", UNSEEN, ids=lambda change: change.__name__)
def test_answer_in_a_box_that_does_not_show_is_kept_and_asked_about(
    returned: bytes, definition: FormDefinition, unseen: Callable[[pikepdf.Pdf], None]
) -> None:
    pdf = changed(returned, unseen)
    assert texts_in(read_return(pdf, definition)) == EXPECTED
    assert [problem.code for problem in asked(pdf, definition)] == ["value_uncertain"]


def test_answer_that_one_of_two_boxes_shows_is_not_asked_about(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        other = pdf.make_indirect(Dictionary(boxes(pdf)[BOX]))
        other.F = 2
        pdf.pages[0].obj.Annots.append(other)

    assert asked(changed(returned, change), definition) == []


def test_answer_in_white_on_a_dark_ground_is_not_asked_about(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        in_white(pdf)
        boxes(pdf)[BOX].MK = Dictionary(BG=Array([0, 0, 0.5]))

    assert asked(changed(returned, change), definition) == []


def test_empty_box_that_does_not_show_is_not_asked_about(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["senior_leader_5_name"].F = 2

    assert asked(changed(returned, change), definition, "senior_leader_5_name") == []
