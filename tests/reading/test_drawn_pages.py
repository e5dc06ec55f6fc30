"""Pages that are read as print: the quick reader finds what pdfminer finds, or leaves the page to it."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable

import pikepdf
import pytest
from pdfminer.cmapdb import CMapDB
from pikepdf import Array, Dictionary, Name

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.changing import changed
from tests.support.drawn_pages import WITH_BOXES, differences, plain_pages, with_changed_contents
from tests.support.printers import FLATTENED, PRINTED
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition
from thep_forms.reading.drawn import content_gbk
from thep_forms.reading.drawn.content_tokens import NotPlainError, tokens_of

CHAIR = "chair_of_governors_name"
TYPED = {
    "usual answers": answers("2101"),
    "accents and ligatures": answers("2101", chair_of_governors_name="Zoë Łukasz ﬁeld", school_name="Ysgol Tŷ’r Felin"),
    "Arabic, Bengali and Greek": answers("2101", chair_of_governors_name="أحمد علي", headteacher_name="সুমন Ωμέγα"),
    "long answers": answers("2101", school_name="The Blessed Sacrament and Saint Bartholomew " * 3),
}


@pytest.fixture(scope="module")
def flat(form: bytes) -> bytes:
    return printers.by_qpdf(type_into(form, answers("2101")))


@pytest.mark.parametrize("flattened", FLATTENED)
@pytest.mark.parametrize("typed", TYPED)
def test_flattened_pages_are_read_as_pdfminer_reads_them(form: bytes, typed: str, flattened: str) -> None:
    data = FLATTENED[flattened](type_into(form, TYPED[typed]))
    assert [*differences(data, [0])] == []


@pytest.mark.parametrize("flattened", FLATTENED)
def test_usual_flattened_pages_are_not_left_to_pdfminer(form: bytes, flattened: str) -> None:
    assert plain_pages(FLATTENED[flattened](type_into(form, TYPED["usual answers"]))) == [*WITH_BOXES]


@pytest.mark.parametrize("printed", PRINTED)
def test_pages_that_were_printed_again_are_read_as_pdfminer_reads_them(flat: bytes, printed: str) -> None:
    data = PRINTED[printed](flat)
    assert plain_pages(data) == [*WITH_BOXES]
    assert [*differences(data, [0])] == []


@pytest.mark.parametrize("seed", range(12))
def test_pages_with_changed_contents_are_read_as_pdfminer_reads_them_or_left_to_it(flat: bytes, seed: int) -> None:
    assert [*differences(with_changed_contents(flat, random.Random(seed)), [0])] == []


def test_page_with_a_watermark_is_read_as_pdfminer_reads_it(flat: bytes) -> None:
    assert [*differences(printers.watermarked(flat, "COPY"), [0])] == []


@pytest.mark.parametrize("change", [printers.without_unicode, printers.shifted_letters])
def test_same_content_with_other_fonts_is_read_with_its_own_fonts(
    flat: bytes, change: Callable[[bytes], bytes]
) -> None:
    assert plain_pages(flat) == [*WITH_BOXES]
    assert [*differences(change(flat))] == []


def test_same_content_with_another_drawing_in_it_shows_that_drawing(flat: bytes) -> None:
    def without_answers(pdf: pikepdf.Pdf) -> None:
        for form in pdf.pages[0].obj.Resources.XObject.values():
            form.write(b"")

    assert plain_pages(flat) == [*WITH_BOXES]
    assert [*differences(changed(flat, without_answers), [0])] == []


@pytest.mark.parametrize("times", [2, 300])
def test_content_that_draws_many_objects_is_read_as_pdfminer_reads_it_the_first_and_the_second_time(
    flat: bytes, times: int
) -> None:
    def add(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        mark = pdf.make_stream(b"0 0 3 3 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        page.obj.Resources.XObject.Mark = mark
        page.contents_add(b"q 1 0 0 1 1 2 cm 5 5 4 4 re S /Mark Do Q\n" * times)

    data = changed(flat, add)
    assert plain_pages(data) == [*WITH_BOXES]
    assert [*differences(data, [0])] == []


NOT_PLAIN = {
    "an inline image": b"q 9 0 0 9 9 9 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q",
    "an unknown operator": b"1 2 nothing",
    "a string with an unknown escape": rb"BT /Odd 9 Tf 9 9 Td (a\qb) Tj ET",
    "a string without an end": b"BT /Odd 9 Tf 9 9 Td (never ends",
    "a font of type 3": b"BT /Odd 9 Tf 9 9 Td (a) Tj ET",
    "a number that is none": b"1 0 0 1 4-4 9 cm",
    "operands without an operator": b"1 0 0 1",
}


@pytest.mark.parametrize("what", NOT_PLAIN)
def test_page_with_something_rare_is_left_to_pdfminer_and_its_answers_are_read(
    flat: bytes, definition: FormDefinition, what: str
) -> None:
    def add(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        glyph = pdf.make_stream(b"500 0 0 0 500 500 d1 0 0 500 500 re f")
        odd = Dictionary(
            **{"/Type": Name.Font, "/Subtype": Name.Type3, "/FontBBox": Array([0, 0, 500, 500])},
            **{"/FontMatrix": Array([0.001, 0, 0, 0.001, 0, 0]), "/CharProcs": Dictionary(a=glyph)},
            **{"/Encoding": Dictionary(Differences=Array([97, Name.a])), "/FirstChar": 97, "/LastChar": 97},
            **{"/Widths": Array([500])},
        )
        page.obj.Resources.Font = Dictionary({**page.obj.Resources.get("/Font", {}), "/Odd": odd})
        page.contents_add(NOT_PLAIN[what])

    data = changed(flat, add)
    assert plain_pages(data) == [3]
    assert read_return(data, definition).answers[CHAIR].text == answers("2101")[CHAIR]


def test_page_whose_form_draws_itself_is_left_to_pdfminer(flat: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        ring = pdf.make_stream(b"/Ring Do", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        ring.Resources = Dictionary(XObject=Dictionary(Ring=ring))
        page.obj.Resources.XObject.Ring = ring
        page.contents_add(b"/Ring Do")

    data = changed(flat, change)
    assert plain_pages(data) == [3]
    assert read_return(data, definition).answers[CHAIR].text == answers("2101")[CHAIR]


def test_characters_in_gbk_are_those_of_the_tables_of_pdfminer_or_left_to_it() -> None:
    tables, letters = CMapDB.get_cmap("GBK-EUC-H"), CMapDB.get_unicode_map(content_gbk.COLLECTION).cid2unichr
    known = 0
    for number in range(0x10000):
        string = number.to_bytes(2, "big").lstrip(b"\0")
        try:
            characters = content_gbk.characters_in(string)
        except NotPlainError:
            continue
        assert [letters[glyph] for glyph in tables.decode(string)] == [*map(chr, characters)]
        known += 1
    assert known > 20_000


def test_page_with_a_font_in_gbk_is_read_as_pdfminer_reads_it(form: bytes) -> None:
    data = printers.by_pdfium(type_into(form, answers("2101", chair_of_governors_name="Siobhan O’Brien 王小明")))
    assert b"/GBK-EUC-H" in data
    assert plain_pages(data) == [*WITH_BOXES]
    assert [*differences(data)] == []


@pytest.mark.parametrize("piece", [b"(", b"(a", b"<", b"<<", b"%", b"[", b"((", b"\\", b"1 ", b"/"])
def test_tokens_of_a_hostile_content_take_no_longer_than_its_length_allows(piece: bytes) -> None:
    start = time.process_time()
    tokens_of(piece * 200_000)
    assert time.process_time() - start < 5


def test_file_that_qpdf_wrote_anew_is_read_as_before(flat: bytes, definition: FormDefinition) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(flat)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert read_return(out.getvalue(), definition).answers == read_return(flat, definition).answers
