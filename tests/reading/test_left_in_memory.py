"""What is left in memory of a return that was read: little, and nothing that only a search for garbage would find.

Objects of a file that hold each other would keep its answers in memory until that search, and make searches long. What
is kept for the next files must be small whatever is in a file, or a few odd ones would fill a process's memory.
"""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.support.changing import Change, boxes, changed
from tests.support.printers import by_qpdf
from thep_forms.definition import Definitions
from thep_forms.office.arrivals.examine import Examiner


def garbage_after(examiner: Examiner, pdf: Path) -> int:
    """How many objects a search finds that were left behind by a file that was read and checked."""
    gc.collect()
    gc.disable()
    try:
        examiner.examine(pdf)
        return gc.collect()
    finally:
        gc.enable()


def test_a_return_that_was_read_leaves_nothing_for_a_search_for_garbage(tmp_path: Path, returned: bytes) -> None:
    pdf = tmp_path / "return.pdf"
    pdf.write_bytes(returned)
    examiner = Examiner(Definitions.of_today())
    examiner.examine(pdf)  # what is loaded and kept for the next file is no garbage
    assert garbage_after(examiner, pdf) == 0


MOST_LEFT = 16 * 2**20  # bytes
MANY, IN_A_RANGE = 3, 70_000  # ranges of a font, and their codes
LATIN = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)


def write(pdf: pikepdf.Pdf, font: Dictionary, text: bytes) -> None:
    """Write on the first page in a font."""
    page = pdf.pages[0]
    page.obj.Resources.Font["/Odd"] = pdf.make_indirect(font)
    page.contents_add(b"Q Q Q BT /Odd 9 Tf 1 0 0 1 10 10 Tm " + text + b" ET")


def with_widths_of_many_codes(pdf: pikepdf.Pdf) -> None:
    widths = Array()
    for number in range(MANY):
        widths.extend([number * IN_A_RANGE, (number + 1) * IN_A_RANGE - 1, 500])
    system = Dictionary(Registry=String("Adobe"), Ordering=String("GB1"), Supplement=0)
    inner = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.Odd, CIDSystemInfo=system, W=widths)
    font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.Odd, Encoding=Name("/Identity-H"))
    font.DescendantFonts = Array([inner])
    write(pdf, font, b"<0041> Tj")


def with_texts_of_many_codes(pdf: pikepdf.Pdf) -> None:
    starts = range(0, MANY * IN_A_RANGE, IN_A_RANGE)
    ranges = b"".join(b"<%08X> <%08X> <0041> " % (start, start + IN_A_RANGE - 1) for start in starts)
    font = Dictionary({**LATIN, "/ToUnicode": pdf.make_stream(b"beginbfrange " + ranges + b"endbfrange")})
    write(pdf, font, b"(A) Tj")


def with_many_letters(pdf: pikepdf.Pdf) -> None:
    write(pdf, LATIN, b"(abcdefghij) Tj " * 12_000)


@pytest.mark.parametrize("change", [with_widths_of_many_codes, with_texts_of_many_codes, with_many_letters])
def test_little_is_kept_of_an_odd_file(returned: bytes, change: Change) -> None:
    flattened = by_qpdf(returned)
    assert bytes_left(flattened, changed(flattened, change)) < MOST_LEFT


@pytest.mark.parametrize("text", ["0041", "0041" * 2000], ids=["many codes", "long texts"])
def test_little_is_kept_of_the_fonts_of_a_box(returned: bytes, text: str) -> None:
    starts = range(0, MANY * IN_A_RANGE, IN_A_RANGE)
    table = " ".join(f"<{start:08X}> <{start + IN_A_RANGE - 1:08X}> <{text}>" for start in starts)

    def change(pdf: pikepdf.Pdf) -> None:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.Odd, Encoding=Name("/Identity-H"))
        font.ToUnicode = pdf.make_stream(f"beginbfrange {table} endbfrange".encode())
        resources = Dictionary(Font=Dictionary(Odd=font))
        shown = b"/Tx BMC BT /Odd 9 Tf <0041> Tj ET EMC"
        boxes(pdf)["school_name"].AP = Dictionary(N=pdf.make_stream(shown, Subtype=Name.Form, Resources=resources))

    assert bytes_left(returned, changed(returned, change)) < MOST_LEFT


def bytes_left(usual: bytes, odd: bytes) -> int:
    """How many bytes stay in memory after an odd file, where a usual one was read before it."""
    examiner = Examiner(Definitions.of_today())
    examiner.on_data(usual)
    tracemalloc.start()
    try:
        examiner.on_data(odd)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
