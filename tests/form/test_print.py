"""The pack for the office printer: its pages, its sheets, and the codes that identify its pages."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pdfplumber
import pikepdf
import pypdf
import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from tests.conftest import AWKWARD, ingest, read_return
from tests.form.test_accessible import elements
from tests.form.test_looks import by_poppler
from tests.remake_samples import SCHOOLS, answers
from tests.support.commands import run
from tests.support.viewer import draw, strays, type_into
from thep_forms.definition import FormDefinition, shipped
from thep_forms.generate import PaperCopy, master_of, pack
from thep_forms.layout import MM, body_of
from thep_forms.layout.foot import CODE_SIDE
from thep_forms.reading.pictures.reader import coded_pages, drawn_pages

LIST = shipped("samples") / "schools.csv"
NUMBERS = sorted(f"211/{school[0]}" for school in SCHOOLS)
NAMES = {f"211/{school[0]}": school[1] for school in SCHOOLS}
PAGES = 4  # of a form
SCALE = 2
FOOT = 56, 75  # points from the lower edge of a page: where its school stands
LONG = "The Blessed Sacrament and Saint Bartholomew-the-Great Roman Catholic Voluntary Aided Primary School"


@pytest.fixture(scope="module")
def schools(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The pack of the sample schools."""
    path = tmp_path_factory.mktemp("printed") / "pack.pdf"
    assert run("print", "2026-27", "-o", path, "--schools", LIST).exit_code == 0
    return path.read_bytes()


@pytest.fixture
def opened(schools: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(schools)) as pdf:
        yield pdf


def codes(pdf: bytes, *pages: int) -> list[tuple[str, int]]:
    """The school and the page number in the code of each page."""
    return [(coded_page.code.school, coded_page.code.page) for coded_page in coded_pages(drawn_pages(pdf, pages))]


def feet(pdf: bytes) -> list[str]:
    """The line of the school on each page, the first below the body."""
    with pdfium.PdfDocument(pdf) as opened:
        return [page.get_textpage().get_text_bounded(bottom=FOOT[0], top=FOOT[1]) for page in opened]


# --- The pages ----------------------------------------------------------------------------------------------------


def test_every_page_names_its_school_at_the_foot_and_in_the_code_in_order_of_dfe_number(schools: bytes) -> None:
    pages = [(number, page) for number in NUMBERS for page in range(1, PAGES + 1)]
    assert codes(schools, *range(len(pages))) == pages
    assert feet(schools) == [f"{number} {NAMES[number]}" for number, _ in pages]


def test_answers_are_drawn_as_on_the_fillable_copy(definition: FormDefinition) -> None:
    values = AWKWARD | {"main_contact_email": "head@st-annes-and-guardian.example", "main_contact_designation": "Head"}
    paper, fillable = pack(definition, [PaperCopy(values, "211/4242", "St Anne’s")]), master_of(definition).copy(values)
    body = body_of(definition.file.page)
    for page in range(PAGES):
        ours, theirs = draw(paper, page, SCALE).convert("L"), draw(fillable, page, SCALE).convert("L")
        area = tuple(round(edge * SCALE) for edge in (0, 0, ours.width / SCALE, ours.height / SCALE - body.y))
        changed = ImageChops.difference(ours.crop(area), theirs.crop(area))
        assert changed.point(lambda grey: 255 if grey > 60 else 0).getbbox() is None


@pytest.mark.parametrize("letters", [30, 45, 60])
def test_long_answer_that_fits_in_small_type_is_not_cut_off(definition: FormDefinition, letters: int) -> None:
    address = f"{'head.of.school.' * 9}"[: letters - 18] + "@st-annes1.example"
    reading = read_return(pack(definition, [PaperCopy({"main_contact_email": address})]), definition)
    assert reading.answers["main_contact_email"].text == address


def test_blank_copy_looks_like_the_blank_form(definition: FormDefinition, form: bytes) -> None:
    paper = pack(definition, [PaperCopy()])
    for page in range(PAGES):
        ours, theirs = draw(paper, page, SCALE).convert("L"), draw(form, page, SCALE).convert("L")
        assert ImageChops.difference(ours, theirs).getextrema()[1] < 60


def test_two_engines_show_the_same_page(tmp_path: Path, definition: FormDefinition) -> None:
    paper = pack(definition, [PaperCopy(AWKWARD, "211/4242", str(AWKWARD["school_name"]))])
    for number, poppler in enumerate(by_poppler(paper, tmp_path)):
        assert strays(poppler, draw(paper, number, scale=1).convert("L")) <= 0.001


def test_pack_has_no_fields(opened: pikepdf.Pdf) -> None:
    assert "/AcroForm" not in opened.Root
    assert not any("/Annots" in page.obj for page in opened.pages)


def test_last_years_records_fill_in_the_contacts(tmp_path: Path, form: bytes) -> None:
    (tmp_path / "return.pdf").write_bytes(type_into(form, answers("2101")))
    ingest(tmp_path / "records", [tmp_path / "return.pdf"])
    run("print", "2026-27", "-o", tmp_path / "pack.pdf", "--schools", tmp_path / "records")
    with pdfplumber.open(tmp_path / "pack.pdf") as pdf:
        text = pdf.pages[0].extract_text()
    assert "Sam Okafor" in text
    assert "Please correct whatever has changed" in text


# --- The school at the foot ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [LONG, LONG * 3, "W" * 200, "ক্ষ" * 60])
def test_school_name_that_is_too_long_ends_with_an_ellipsis_before_the_code(
    definition: FormDefinition, name: str
) -> None:
    paper, body = pack(definition, [PaperCopy({}, "211/4242", name)]), body_of(definition.file.page)
    with pdfplumber.open(io.BytesIO(paper), pages=[1]) as opened:
        (page,) = opened.pages
        foot = page.crop((0, page.height - FOOT[1], page.width, page.height - FOOT[0]))
        right = max(char["x1"] for char in foot.chars)
    assert body.right - CODE_SIDE - 15 * MM < right < body.right - CODE_SIDE
    assert re.fullmatch("211/4242 .*…", feet(paper)[0])


def test_school_name_that_fits_is_whole_in_any_script(definition: FormDefinition) -> None:
    for name in (LONG[:71], "Ελληνικό Σχολείο", "Łukasz Żółć Primary"):
        assert feet(pack(definition, [PaperCopy({}, "211/4242", name)]))[0] == f"211/4242 {name}"
    with pikepdf.open(io.BytesIO(pack(definition, [PaperCopy({}, "211/4242", "বাংলা")]))) as opened:
        assert any("Bengali" in str(font.BaseFont) for font in opened.pages[0].obj.Resources.Font.values())
        actual_text = "বাংলা".encode("utf-16-be").hex().upper().encode()
        assert b"/ActualText <FEFF%b>" % actual_text in opened.pages[0].obj.Contents[1].read_bytes()


def test_school_name_at_the_foot_covers_no_other_print(definition: FormDefinition) -> None:
    body = body_of(definition.file.page)
    before = draw(pack(definition, [PaperCopy()]), 0, SCALE).convert("L")
    after = draw(pack(definition, [PaperCopy({}, "211/4242", "ÅẸ̀ " + LONG)]), 0, SCALE).convert("L")
    code = tuple(round(edge * SCALE) for edge in (body.right - CODE_SIDE, after.height / SCALE - body.y))
    after.paste(255, (*code, *after.size))
    before.paste(255, (*code, *after.size))
    box = ImageChops.difference(before, after).point(lambda grey: 255 if grey > 60 else 0).getbbox()
    assert box
    around = before.crop((box[0] - SCALE, box[1] - SCALE, box[2] + SCALE, box[3]))
    assert around.getextrema()[0] > 200  # the place was empty before


@settings(max_examples=15)
@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=120), min_size=1, max_size=9))
def test_school_with_any_name_can_be_printed(definition: FormDefinition, names: list[str]) -> None:
    paper = pack(definition, [PaperCopy({}, "211/4242", name) for name in names], more=0)
    with pikepdf.open(io.BytesIO(paper)) as opened:
        parts = [str(part.T) for part in opened.Root.StructTreeRoot.K.K]
    assert parts == [f"211/4242  {name}".strip() for name in names]


# --- Sheets -------------------------------------------------------------------------------------------------------


def test_each_copy_begins_on_a_fresh_sheet(definition: FormDefinition) -> None:
    copies = [PaperCopy({}, number, "") for number in NUMBERS[:3]]
    paper = pack(definition, copies, more=0)  # three pages each
    with pikepdf.open(io.BytesIO(paper)) as pdf:
        blank = ["/Contents" not in page.obj for page in pdf.pages]
    assert blank == [*[False, False, False, True] * 2, False, False, False]
    assert codes(paper, 0, 4, 8) == [(number, 1) for number in NUMBERS[:3]]


def test_pack_asks_the_printer_for_both_sides_and_full_size(opened: pikepdf.Pdf) -> None:
    asked = opened.Root.ViewerPreferences
    assert (asked.Duplex, asked.PrintScaling) == ("/DuplexFlipLongEdge", "/None")


def test_pack_has_as_many_blank_copies_as_asked_for(tmp_path: Path) -> None:
    for options, copies in (((), 1), (("--copies", 3), 3)):
        result = run("print", "2026-27", "-o", tmp_path / "pack.pdf", *options)
        paper = (tmp_path / "pack.pdf").read_bytes()
        with pdfplumber.open(io.BytesIO(paper)) as pdf:
            assert len(pdf.pages) == copies * PAGES
            assert "Please correct" not in pdf.pages[0].extract_text()
        assert result.stderr.startswith(f"{copies} blank form")
        assert codes(paper, *range(copies * PAGES)) == [("", page) for page in range(1, PAGES + 1)] * copies


# --- Bookmarks and page labels --------------------------------------------------------------------------------------


def test_bookmarks_and_labels_name_the_schools(schools: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(schools))
    bookmarks = [(mark.title, reader.get_destination_page_number(mark)) for mark in reader.outline]
    assert bookmarks == [(f"{number}  {NAMES[number]}", n * PAGES) for n, number in enumerate(NUMBERS)]
    assert reader.page_labels[PAGES - 1 : PAGES + 2] == [
        f"{NUMBERS[0]}, page 4",
        f"{NUMBERS[1]}, page 1",
        f"{NUMBERS[1]}, page 2",
    ]


# --- Size and reproducible bytes ------------------------------------------------------------------------------------


def test_copies_share_the_content_of_the_blank_pages(opened: pikepdf.Pdf) -> None:
    shared = [[page.obj.Contents[0].objgen for page in opened.pages][n::PAGES] for n in range(PAGES)]
    assert [len(set(contents)) for contents in shared] == [1] * PAGES
    assert len({page.obj.Resources.objgen for page in opened.pages}) == 1


def test_each_font_is_embedded_once(opened: pikepdf.Pdf) -> None:
    names = [
        str(font.FontName) for font in opened.objects if isinstance(font, pikepdf.Dictionary) and "/FontFile2" in font
    ]
    assert len(names) == len(set(names)) == len(opened.pages[0].obj.Resources.Font)


def test_pack_of_a_hundred_schools_is_small(definition: FormDefinition) -> None:
    called = {f"211/{n}": f"School {n}" for n in range(2000, 2100)}
    copies = [PaperCopy(answers("2106", school_name=name), number, name) for number, name in called.items()]
    assert len(pack(definition, copies)) < 1_500_000
    assert len(pack(definition, [PaperCopy()] * 100)) < 800_000


def test_the_same_schools_give_the_same_bytes(tmp_path: Path, schools: bytes) -> None:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    (tmp_path / "list.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    run("print", "2026-27", "-o", tmp_path / "pack.pdf", "--schools", tmp_path / "list.csv")
    assert (tmp_path / "pack.pdf").read_bytes() == schools


# --- For people who use a screen reader ---------------------------------------------------------------------------


@pytest.mark.parametrize("checker", ["outloud", "pdfua"])
@pytest.mark.parametrize("blank", [False, True])
def test_the_pdf_ua_checkers_find_no_error_in_a_pack(
    tmp_path: Path, definition: FormDefinition, checker: str, blank: bool
) -> None:
    filled = [PaperCopy(AWKWARD, "211/4242", "St Anne’s"), PaperCopy(answers("2101"), "211/2101")]
    (tmp_path / "pack.pdf").write_bytes(pack(definition, [PaperCopy()] * 3, 0) if blank else pack(definition, filled))
    program = Path(sys.executable).with_name(checker)
    command = [program, *(["check"] if checker == "pdfua" else []), tmp_path / "pack.pdf"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    # Each of three copies has its title. Addresses on paper are no links. Answers are painted after the shared content,
    # but read at their positions.
    expected = {"PAG-001"} if blank else {"LNK-010", "ORD-001"}
    assert set(re.findall(r"(?:WARNING|INFO) (\S+)", result.stdout)) == (expected if checker == "outloud" else set())


def test_each_box_has_its_role_and_its_answer_beside_its_label(definition: FormDefinition) -> None:
    values = {"school_name": "Cedar", "phase_primary": True}
    with pikepdf.open(io.BytesIO(pack(definition, [PaperCopy(values), PaperCopy()]))) as pdf:
        for part, filled in zip(pdf.Root.StructTreeRoot.K.K, (values, {}), strict=True):
            forms = [element for element in elements(part) if element.S == "/Form"]
            assert len(forms) == 66
            assert len({str(element.A.Desc) for element in forms}) == len(forms)
            answered = {
                str(element.A.Desc).partition(".")[0]: str(element.A.get("/checked"))
                for element in forms
                if len(element.K)
            }
            assert answered == ({"Full Name of School": "None", "Phase: Primary": "/on"} if filled else {})
            assert {str(element.A.checked) for element in forms if element.A.Role == "/cb" and not len(element.K)} == {
                "/off"
            }
            assert all(
                [str(kid.S) for kid in element.P.K] in (["/P", "/Form"], ["/P", "/P", "/Form"]) for element in forms
            )


def test_the_parent_tree_of_a_pack_leads_back_to_every_element(opened: pikepdf.Pdf) -> None:
    numbers = opened.Root.StructTreeRoot.ParentTree.Nums
    tree = {int(numbers[n]): numbers[n + 1] for n in range(0, len(numbers), 2)}
    for page in opened.pages:
        begun = [
            instruction.operands[1]
            for instruction in pikepdf.parse_content_stream(page)
            if str(instruction.operator) == "BDC"
        ]
        marks = [int(entries.MCID) for entries in begun if "/MCID" in entries]
        parents = tree[int(page.obj.StructParents)]
        assert marks == list(range(len(parents)))
        for mcid, element in enumerate(parents):
            assert [(kid.MCID, kid.Pg.objgen) for kid in element.K if "/MCID" in kid] == [(mcid, page.obj.objgen)]


# --- The command --------------------------------------------------------------------------------------------------


def test_pack_with_answers_can_be_read_by_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("print", "2026-27", "--schools", LIST)
    path = tmp_path / "2026-27 School Membership Form for printing.pdf"
    assert result.stdout == f"{path.name}\n"
    assert result.stderr.startswith("12 forms, one for each school, by DfE number.")
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_bytes()
    assert run("print", "2026-27").stdout == "2026-27 School Membership Form for printing, blank.pdf\n"
    assert path.read_bytes() == before


def test_missing_folder_of_the_file_is_made(tmp_path: Path) -> None:
    assert run("print", "2026-27", "-o", tmp_path / "to" / "print" / "pack.pdf").exit_code == 0
    assert (tmp_path / "to" / "print" / "pack.pdf").is_file()


@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        ("211/2101,Cedar\n", ["--copies", "2"], "--copies is for blank forms"),
        ("", [], "has no school of Tower Hamlets"),
        ("213/2101,Cedar\n", [], "row 2: dfe_number is the number of another authority"),
    ],
)
def test_wrong_usage_is_reported_and_no_pack_is_written(
    tmp_path: Path, lines: str, options: list[str], words: str
) -> None:
    (tmp_path / "list.csv").write_text(f"dfe_number,school_name\n{lines}", encoding="utf-8")
    result = run("print", "2026-27", "-o", tmp_path / "made" / "pack.pdf", "--schools", tmp_path / "list.csv", *options)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert not (tmp_path / "made").exists()
