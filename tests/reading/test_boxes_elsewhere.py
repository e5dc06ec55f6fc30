"""What a box shows, where it is, and what else holds its answer: a layer, another box's place, XFA data."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.support.changing import EXPECTED, Change, boxes, changed, plain_objects
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition

BOX, OTHER_BOX = "business_manager_name", "chair_of_governors_name"
HELD = EXPECTED[BOX]
DATA = '<d:datasets xmlns:d="http://www.xfa.org/schema/xfa-data/1.0/"><d:data><form1>{}</form1></d:data></d:datasets>'


def asked(pdf: bytes, definition: FormDefinition) -> set[tuple[str, str]]:
    return {(problem.field, str(problem.code)) for problem in check(read_return(pdf, definition), definition).problems}


# --- Layers -----------------------------------------------------------------------------------------------------------


def layered(*, base: str = "/ON", off: bool = False, on: bool = False, policy: str = "", of: str = "widget") -> Change:
    """The box, or what is drawn in it, on a layer."""

    def change(pdf: pikepdf.Pdf) -> None:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
        start = Dictionary(BaseState=Name(base), ON=Array([layer] * on), OFF=Array([layer] * off))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=start)
        content = Dictionary(Type=Name.OCMD, OCGs=Array([layer]), P=Name(policy)) if policy else layer
        box = boxes(pdf)[BOX]
        if of == "widget":
            box.OC = content
        else:
            box.AP.N.OC = content

    return change


@pytest.mark.parametrize("of", ["widget", "appearance"])
@pytest.mark.parametrize(
    "layer",
    [{"off": True}, {"base": "/OFF"}, {"off": True, "policy": "/AllOn"}, {"policy": "/AllOff"}, {"policy": "/AnyOff"}],
)
def test_answer_on_a_layer_that_is_off_is_asked_about(
    returned: bytes, definition: FormDefinition, layer: dict[str, object], of: str
) -> None:
    pdf = changed(returned, layered(**layer, of=of))
    assert read_return(pdf, definition).answers[BOX].text == HELD
    assert asked(pdf, definition) == {(BOX, "value_uncertain")}


@pytest.mark.parametrize(
    "layer", [{}, {"on": True}, {"base": "/OFF", "on": True}, {"policy": "/AnyOn"}, {"off": True, "policy": "/AllOff"}]
)
def test_answer_on_a_layer_that_is_on_is_not_asked_about(
    returned: bytes, definition: FormDefinition, layer: dict[str, object]
) -> None:
    assert asked(changed(returned, layered(**layer)), definition) == set()


def test_shape_on_a_layer_that_is_off_hides_nothing(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        layered(off=True)(pdf)
        box = boxes(pdf)[BOX]
        shape = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=box.Rect, IC=Array([0]), OC=box.OC)
        del box["/OC"]
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(shape))

    assert asked(changed(returned, change), definition) == set()


# --- Places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(2, 3, 0, 1), (2, 1, 0, 3), (0, 3, 2, 1)])
def test_corners_of_a_box_may_come_in_any_order(
    returned: bytes, definition: FormDefinition, order: tuple[int, ...]
) -> None:
    def turned(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[BOX]
        box.Rect = Array([box.Rect[index] for index in order])

    def covered(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[BOX]
        shape = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=box.Rect, IC=Array([0]))
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(shape))

    pdf = changed(returned, turned)
    assert asked(pdf, definition) == set()
    assert HELD not in read_return(changed(pdf, covered), definition).answers[BOX].text
    assert asked(changed(pdf, covered), definition) == {(BOX, "value_covered")}


def test_corners_of_a_box_may_be_objects_of_their_own(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[BOX]
        box.Rect = Array([pdf.make_indirect(edge) for edge in box.Rect])

    with pikepdf.open(plain_objects(changed(returned, change))) as pdf:
        out = io.BytesIO()
        pdf.save(out)
    assert asked(out.getvalue(), definition) == set()


def test_answers_in_boxes_that_changed_places_are_asked_about(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        first, second = boxes(pdf)[BOX], boxes(pdf)[OTHER_BOX]
        first.Rect, second.Rect = Array(second.Rect), Array(first.Rect)

    pdf = changed(returned, change)
    assert asked(pdf, definition) == {(BOX, "value_uncertain"), (OTHER_BOX, "value_uncertain")}


@pytest.mark.parametrize(("scale", "shift"), [(1, 2), (0.94, 20), (1, 40)])
def test_boxes_that_all_moved_are_not_asked_about(
    returned: bytes, definition: FormDefinition, scale: float, shift: float
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for box in boxes(pdf).values():
            if "/Rect" in box:
                box.Rect = Array([float(edge) * scale + shift for edge in box.Rect])

    assert asked(changed(returned, change), definition) == set()


# --- XFA --------------------------------------------------------------------------------------------------------------


def with_data(data: str, *, parts: bool = False) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        stream = pdf.make_stream(data.encode())
        template = pdf.make_stream(b"<template>%s</template>" % BOX.encode())
        xfa = Array([String("template"), template, String("datasets"), stream])
        pdf.Root.AcroForm.XFA = xfa if parts else stream

    return change


@pytest.mark.parametrize("parts", [False, True])
def test_xfa_data_that_differ_from_the_box_are_a_conflict(
    returned: bytes, definition: FormDefinition, parts: bool
) -> None:
    data = DATA.format(f"<{BOX}>Ann Other</{BOX}>")
    pdf = changed(returned, with_data(data, parts=parts))
    assert read_return(pdf, definition).answers[BOX].others == ("Ann Other",)
    assert asked(pdf, definition) == {(BOX, "value_conflict")}


def test_answer_that_only_the_xfa_data_hold_is_asked_about(returned: bytes, definition: FormDefinition) -> None:
    name = "headteacher_name"
    pdf = changed(returned, with_data(DATA.format(f"<{name}>Ann Other</{name}>")))
    assert read_return(pdf, definition).answers[name].text == "Ann Other"
    assert (name, "value_conflict") in asked(pdf, definition)


def test_answer_that_the_xfa_data_lack_is_asked_about_if_they_hold_others(
    returned: bytes, definition: FormDefinition
) -> None:
    held = f"<{OTHER_BOX}>{EXPECTED[OTHER_BOX]}</{OTHER_BOX}><{BOX}/>"
    assert asked(changed(returned, with_data(DATA.format(held))), definition) == {(BOX, "value_conflict")}


@pytest.mark.parametrize(
    "data",
    [
        DATA.format(f"<{BOX}>{HELD}</{BOX}><phase_primary>1</phase_primary><phase_ap>0</phase_ap>"),
        DATA.format(f"<group><{BOX}>  {HELD}\n</{BOX}></group><clerk>Jo</clerk>"),
        DATA.format(f"<{BOX}/><{OTHER_BOX}></{OTHER_BOX}>"),
        DATA.format(""),
        f"<template><{BOX}>Ann Other</{BOX}></template>",
        f"<data><{BOX}>Ann Other",
        f'<!DOCTYPE x [<!ENTITY a "Ann">]><data><form1><{BOX}>&a;</{BOX}></form1></data>',
    ],
)
def test_xfa_data_that_agree_or_say_nothing_are_not_asked_about(
    returned: bytes, definition: FormDefinition, data: str
) -> None:
    assert asked(changed(returned, with_data(data)), definition) == set()
