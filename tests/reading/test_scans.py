"""Paper that comes back: the codes on scanned pages say whose form it is."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import ingest, rows
from tests.remake_samples import SCHOOLS, answers, dated
from tests.support.changing import changed, texts_in
from tests.support.commands import run
from tests.support.printers import (
    by_cairo,
    by_pdfium,
    by_qpdf,
    drawn_sideways,
    fit_to_page,
    in_a_letter,
    joined,
    recognised,
    scanned,
)
from tests.support.viewer import type_into
from thep_forms.definition import Definitions, FormDefinition, shipped
from thep_forms.definition.identity import Code
from thep_forms.generate import PaperCopy, master_of, pack
from thep_forms.generate.qr import qr_code
from thep_forms.layout import Rect
from thep_forms.reading import FileKind, ReadFrom
from thep_forms.reading.read import read_file
from thep_forms.reading.reasons import NOTHING_ASKED, PICTURE

LIST = shipped("samples") / "schools.csv"
NUMBERS = sorted(f"211/{school[0]}" for school in SCHOOLS)
PAGES = 4  # of a form


@pytest.fixture(scope="module")
def schools(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The pack of the sample schools."""
    path = tmp_path_factory.mktemp("printed") / "pack.pdf"
    assert run("print", "2026-27", "-o", path, "--schools", LIST).exit_code == 0
    return path.read_bytes()


def returns(folder: Path, pdf: bytes) -> list[dict[str, str]]:
    (folder / "pile.pdf").write_bytes(pdf)
    ingest(folder / "records", [folder / "pile.pdf"])
    return rows(folder / "records" / "returns.csv")


def test_scan_on_pages_that_are_far_too_small_is_read(form: bytes, definition: FormDefinition) -> None:
    def shrink(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.contents_add(b"q 0.16667 0 0 0.16667 0 0 cm", prepend=True)
            page.contents_add(b"Q")
            page.mediabox = [float(length) / 6 for length in page.mediabox]

    pdf = changed(scanned(type_into(form, answers("2101"))), shrink)
    (reading,) = read_file(pdf, lambda _: definition)
    assert reading.text_of("main_contact_email") == answers("2101")["main_contact_email"]


@pytest.mark.parametrize("page", range(PAGES))
def test_scan_of_any_page_names_its_school(tmp_path: Path, schools: bytes, page: int) -> None:
    (row,) = returns(tmp_path, scanned(schools, [2 * PAGES + page]))
    assert (row["dfe_number"], row["membership_year"]) == (NUMBERS[2], "2026-27")
    assert (row["verdict"], row["read_from"]) == ("needs_attention", "scan")
    problems = row["problems"].split(";")
    assert problems == ["scan"] if page else "scan_unconfirmed" in problems  # the other pages have no answer


def test_scan_of_a_page_without_boxes_says_that_nothing_is_asked_there(schools: bytes) -> None:
    definitions = Definitions.of_today()
    (reading,) = read_file(scanned(schools, [1]), definitions)
    assert (reading.kind, reading.reason) == (FileKind.SCAN, NOTHING_ASKED)
    (both,) = read_file(scanned(schools, [0, 1]), definitions)
    assert both.reason == PICTURE


def test_scan_of_a_copy_sent_by_email_names_its_school(tmp_path: Path, definition: FormDefinition) -> None:
    copy = master_of(definition).copy({"dfe_number": "2101"}, "211/2101")
    (row,) = returns(tmp_path, scanned(copy, range(PAGES)))
    assert (row["dfe_number"], row["read_from"]) == ("211/2101", "scan")


def as_form_xobjects(pdf: bytes) -> bytes:
    """Each page drawn as one thing, a little smaller, on a page of its own."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened, pikepdf.new() as new:
        for page in opened.pages:
            page.trimbox = page.mediabox
            new.add_blank_page(page_size=(700, 1000))
            new.pages[-1].add_overlay(page, pikepdf.Rectangle(0, 200, 560, 1000))
        new.save(out)
    return out.getvalue()


@pytest.mark.parametrize("way", [bytes, as_form_xobjects])
def test_form_that_is_pictured_in_a_letter_is_read_from_its_pictures(
    returned: bytes, definition: FormDefinition, way: Callable[[bytes], bytes]
) -> None:
    letter = in_a_letter(returned, [0, 3], "Here is the form of our school, with kind regards to you all.")
    (reading,) = read_file(way(letter), lambda _: definition)
    assert reading.kind is FileKind.SCAN
    expected = answers("2101")
    read = {name: reading.answers[name].text for name in ("main_contact_name", "main_contact_email")}
    assert read == {name: expected[name] for name in read}


def test_form_typed_from_a_scan_supersedes_it(tmp_path: Path, form: bytes, schools: bytes) -> None:
    number = NUMBERS[2].removeprefix("211/")
    (tmp_path / "scan.pdf").write_bytes(dated(scanned(schools, range(2 * PAGES, 3 * PAGES)), "20260504"))
    (tmp_path / "typed.pdf").write_bytes(dated(type_into(form, answers("2101", dfe_number=number)), "20260505"))
    assert ingest(tmp_path / "records", [tmp_path / "scan.pdf", tmp_path / "typed.pdf"]).all_accepted
    found = {row["source"]: row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert found == {"scan.pdf": "superseded", "typed.pdf": "accepted"}


def test_pile_of_scans_is_a_return_for_each_school(tmp_path: Path, schools: bytes) -> None:
    # Three schools: one whole and the wrong way round, one of which a page slipped behind the next school's.
    pile = joined(scanned(schools, [3, 2, 1, 0]), scanned(schools, [4, 8, 7], 180.5))
    assert [(row["source"].rpartition("#")[2], row["dfe_number"]) for row in returns(tmp_path, pile)] == [
        ("1", NUMBERS[0]),
        ("2", NUMBERS[1]),
        ("3", NUMBERS[2]),
    ]


def test_two_scans_of_one_school_are_two_returns(definition: FormDefinition, schools: bytes) -> None:
    pile = joined(scanned(schools, [0, 3]), scanned(schools, [0]))
    assert len(read_file(pile, lambda _: definition)) == 2


def test_long_pile_of_scans_is_read_to_its_end(definition: FormDefinition) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(100, 100))
    for number in range(2000, 2060):
        code = Code(definition.identifier, definition.year, 1, 1, PAGES, f"211/{number}")
        canvas.addLiteral(qr_code(code, Rect(36, 25, 34, 34)))
        canvas.showPage()
    canvas.save()
    assert len(read_file(out.getvalue(), lambda _: definition)) == 60


def test_code_with_an_odd_school_names_no_school(definition: FormDefinition, tmp_path: Path) -> None:
    for odd in ("213/2101", "=HYPERLINK(1)", "211/21011", "../../x"):
        paper = pack(definition, [PaperCopy({}, odd)])
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (row,) = returns(folder, scanned(paper))
        assert (row["dfe_number"], row["verdict"]) == ("", "needs_attention")


@pytest.mark.parametrize("way", [bytes, by_pdfium, by_cairo, fit_to_page, drawn_sideways])
def test_pack_printed_to_a_pdf_is_read_from_its_pages(
    definition: FormDefinition, way: Callable[[bytes], bytes]
) -> None:
    values = [answers("2101"), answers("4242", headteacher_name="Łukasz Żółć-Şahin", senior_leader_9_name="Cy Lee")]
    names = ["Cedar Primary School", "Nursery"]  # the latter is a word of the form, too
    copies = [PaperCopy(each, f"211/{each['dfe_number']}", name) for each, name in zip(values, names, strict=True)]
    readings = read_file(way(pack(definition, copies)), lambda _: definition)
    assert [texts_in(reading) for reading in readings] == [
        {name: value if isinstance(value, str) else "yes" for name, value in each.items()} for each in values
    ]
    assert {answer.read_from for reading in readings for answer in reading.answers.values()} == {ReadFrom.PAGE_TEXT}


def test_pack_returned_unchanged_is_a_return_for_each_school(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("\n".join(LIST.read_text(encoding="utf-8").splitlines()[:4]), encoding="utf-8")
    run("print", "2026-27", "-o", tmp_path / "pack.pdf", "--schools", tmp_path / "list.csv")
    found = returns(tmp_path, (tmp_path / "pack.pdf").read_bytes())
    assert [(row["dfe_number"], row["read_from"]) for row in found] == [
        (number, "page_text") for number in ("211/1042", "211/1107", "211/2101")
    ]


def scanned_with_words(pdf: bytes, pages: Sequence[int]) -> bytes:
    """A scan of a form, where a program recognised the words of some pages alone."""
    found, pictures = recognised(pdf), scanned(pdf, range(PAGES), 0)
    return joined(*((found if page in pages else pictures, [page]) for page in range(PAGES)))


@pytest.mark.parametrize("pages", [[0, 1, 2, 3], [0], [3], [0, 3], [1, 2]])
def test_scan_whose_words_were_recognised_on_some_pages_is_one_return_that_lacks_none(
    definition: FormDefinition, form: bytes, pages: list[int]
) -> None:
    scan = scanned_with_words(by_qpdf(type_into(form, answers("2101"))), pages)
    (reading,) = read_file(scan, lambda _: definition)
    assert (reading.kind, reading.pages_missing, len(reading.places)) == (FileKind.SCAN, (), 2)


def test_pile_of_scans_whose_words_were_recognised_is_a_return_for_each_school(tmp_path: Path, schools: bytes) -> None:
    found = returns(tmp_path, recognised(schools))
    assert sorted(row["dfe_number"] for row in found) == NUMBERS
    assert {row["read_from"] for row in found} == {"scan"}
