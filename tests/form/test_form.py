"""The form as a PDF: its words, its boxes, its footers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pdfplumber
import pikepdf
import pytest
import zxingcpp

from tests.conftest import NOTE, PROTOCOL, edit
from tests.support.viewer import draw, type_into, typed
from thep_forms.definition import FormDefinition, load_definition
from thep_forms.errors import LayoutError
from thep_forms.generate import generate

ORIGINAL = Path(__file__).with_name("membership-form-2017-18.txt")
PARTS = ("designation", "name", "email", "telephone")
ROLES = ("main_contact", "chair_of_governors", "headteacher", "business_manager", "senior_leader_1", "senior_leader_2")
PHASES = ("nursery", "primary", "secondary", "special", "ap", "all_through", "other")


def words(pdf: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [word for page in opened.pages for word in page.extract_text().split()]


@pytest.fixture
def opened(form: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(form)) as pdf:
        yield pdf


@pytest.fixture
def fields(opened: pikepdf.Pdf) -> dict[str, pikepdf.Object]:
    return {str(field.T): field for field in opened.Root.AcroForm.Fields}


def test_the_2017_18_form_has_every_word_of_the_original_form() -> None:
    text = re.sub(r"</?i>|^\s*-(?= )", "", ORIGINAL.read_text(encoding="utf-8"), flags=re.MULTILINE)
    original = sorted(text.split())
    printed = words(generate(load_definition("2017-18")))
    for word in set(original):
        assert printed.count(word) >= original.count(word), word


def test_the_protocol_has_the_order_of_the_original_form() -> None:
    text = ORIGINAL.read_text(encoding="utf-8")
    protocol = text[text.index("THE Partnership Data Sharing Protocol") :]
    protocol = re.sub(r"School Membership Form\s+April 2017 – March 2018", "", protocol)
    with pdfplumber.open(io.BytesIO(generate(load_definition("2017-18")))) as opened:
        pages = [page.crop((0, 80, page.width, page.height - 75)).extract_text() for page in opened.pages[1:3]]
    assert re.sub(r"[•\-\s]+", " ", " ".join(pages)).strip() == re.sub(r"[•\-\s]+", " ", protocol).strip()


def test_text_in_italics_on_the_original_form_is_in_italics() -> None:
    with pdfplumber.open(io.BytesIO(generate(load_definition("2017-18")))) as opened:
        italic = opened.pages[0].filter(lambda thing: "Italic" in thing.get("fontname", "")).extract_text()
    expected = " ".join(re.findall(r"<i>(.*?)</i>", ORIGINAL.read_text(encoding="utf-8")))
    assert sorted(italic.split()) == sorted(expected.split())


@pytest.mark.parametrize("spelling", ["2026-27", "2026/27", "2026"])
def test_every_page_of_any_year_has_the_year_in_its_heading(spelling: str) -> None:
    with pdfplumber.open(io.BytesIO(generate(load_definition(spelling)))) as opened:
        for page in opened.pages:
            assert page.extract_text().startswith("School Membership Form\nApril 2026 – March 2027")


def test_boxes_have_their_documented_names_in_reading_order(fields: dict[str, pikepdf.Object]) -> None:
    names = [name for name in fields if not re.match(r"senior_leader_([3-9]|\d\d)_", name)]
    expected = ["school_name", *(f"phase_{phase}" for phase in PHASES), "dfe_number", "registered_address"]
    expected += [f"{role}_{part}" for role in ROLES for part in PARTS]
    assert names == [*expected, "form_id"]


def test_every_box_says_what_to_enter_and_none_is_required_for_saving(
    opened: pikepdf.Pdf, fields: dict[str, pikepdf.Object]
) -> None:
    for name, field in fields.items():
        assert len(str(field.TU)) > 20, name
        assert "/MaxLen" not in field
        assert "/AA" not in field
        assert not int(field.get("/Ff", 0)) & 2, f"{name} is required"
        assert not int(field.get("/Ff", 0)) & 1 << 15, f"{name} is a radio button"
    root = opened.Root
    assert "/OpenAction" not in root
    assert "/JavaScript" not in root.get("/Names", {})


def test_only_the_form_id_is_read_only_and_hidden(fields: dict[str, pikepdf.Object]) -> None:
    locked = {name: str(field.V) for name, field in fields.items() if int(field.get("/Ff", 0)) & 1}
    assert locked == {"form_id": "thep-membership 2026-27 r1"}
    assert int(fields["form_id"].F) & 2


def test_boxes_hold_longer_text_than_they_show(form: bytes) -> None:
    values: dict[str, str | bool] = {
        "main_contact_email": f"{'a' * 60}@{'b' * 60}.example",
        "school_name": "The " + "Long " * 40 + "School",
        "dfe_number": "211/4242",
    }
    assert {name: typed(type_into(form, values))[name] for name in values} == values


def test_the_continuation_has_as_many_blocks_as_asked_for(definition: FormDefinition) -> None:
    for blocks in (0, 1, 9, 25):
        names = [name for name in typed(generate(definition, more=blocks)) if name.endswith("_designation")]
        assert len(names) == len(ROLES) + blocks


def test_text_whose_row_does_not_fit_on_the_page_is_refused(templates: Path) -> None:
    path = templates / "membership-form.toml"
    edit(path, NOTE, "")
    edit(path, PROTOCOL, NOTE + PROTOCOL)
    generate(load_definition("2026-27", templates))  # it fits, below the blocks
    edit(path, NOTE, NOTE.replace("10.5", "30"))
    with pytest.raises(LayoutError, match=r"mailing-lists\.j2 leaves its page"):
        generate(load_definition("2026-27", templates))


def test_the_same_input_gives_the_same_bytes_and_no_date(
    definition: FormDefinition, form: bytes, opened: pikepdf.Pdf
) -> None:
    assert generate(definition) == form
    assert len(form) < 150_000
    assert "/ModDate" not in opened.docinfo


def test_every_page_names_its_form_in_words_and_in_a_qr_code(form: bytes) -> None:
    with pdfplumber.open(io.BytesIO(form)) as opened:
        texts = [page.extract_text() for page in opened.pages]
    for number, text in enumerate(texts, 1):
        assert f"School Membership Form 2026-27 · revision 1 · page {number} of {len(texts)}" in text
        (code,) = zxingcpp.read_barcodes(draw(form, number - 1, scale=3))
        assert code.text == f"THEP-MEMBERSHIP 2026-27 R1 P{number}/{len(texts)}"


def test_every_font_that_draws_words_is_embedded(opened: pikepdf.Pdf) -> None:
    for page in opened.pages:
        for font in page.obj.Resources.Font.values():
            assert "/FontFile2" in font.FontDescriptor


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("line = 10.1 ", "line = 12 ", "leaves its page"),
        ("line = 10.1 ", "line = 61 ", "leaves its page"),
        ("line = 10.1 ", "line = 7 ", "7 mm"),
        ("label = 24 ", "label = 60 ", "main_contact_designation is .* mm wide"),
        (NOTE, NOTE.replace("10.5", "6"), "mailing-lists.j2 needs"),
        ('label = "Designation"', 'label = "设计"', r"cannot draw 计 \(U\+8BA1\)"),
    ],
)
def test_part_of_the_form_that_does_not_fit_is_refused_by_name(
    templates: Path, right: str, wrong: str, complaint: str
) -> None:
    edit(templates / "membership-form.toml", right, wrong)
    with pytest.raises(LayoutError, match=complaint):
        generate(load_definition("2026-27", templates))
