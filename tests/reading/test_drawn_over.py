"""Returns with fields whose pages people drew on with a tool that knows no fields."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pypdf
import pytest

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.changing import place
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.checking.record import Checked
from thep_forms.definition import FormDefinition, load_definition
from thep_forms.generate import Master
from thep_forms.reading import ReadFrom

LEAVER = "Ann Lee"
SCHOOL = answers("2101", headteacher_name=LEAVER)


@pytest.fixture(scope="module")
def copy() -> bytes:
    """A school's own copy, filled in beforehand."""
    return Master(load_definition("2026-27").for_copies).copy(SCHOOL)


def by_an_editor(pdf: bytes, x: float, y: float, words: str) -> bytes:
    """Typed by a tool that adds a form XObject to the page."""
    return printers.typed_on(pdf, x, y, words)


def by_another(pdf: bytes, x: float, y: float, words: str) -> bytes:
    """Typed by a tool that writes all of the page's content anew."""
    empty = io.BytesIO()
    with pikepdf.new() as blank:
        blank.add_blank_page(page_size=printers.A4)
        blank.save(empty)
    words_alone = pypdf.PdfReader(io.BytesIO(printers.typed_on(empty.getvalue(), x, y, words)))
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.pages[0].merge_page(words_alone.pages[0])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


EDITORS = {"adds to the page": by_an_editor, "writes the page anew": by_another}
Editor = Callable[[bytes, float, float, str], bytes]


@pytest.fixture(params=EDITORS)
def editor(request: pytest.FixtureRequest) -> Editor:
    return EDITORS[request.param]


def checked_after(pdf: bytes, definition: FormDefinition) -> Checked:
    return check(read_return(pdf, definition), definition)


def typed_in(definition: FormDefinition, pdf: bytes, editor: Editor, name: str, words: str) -> Checked:
    """After words were typed where a box of the first page is."""
    rect = place(definition, name)
    return checked_after(editor(pdf, rect.x + 3, rect.y + 4, words), definition)


def problems(checked: Checked) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in checked.problems}


def test_words_over_a_filled_box_are_a_conflict(definition: FormDefinition, copy: bytes, editor: Editor) -> None:
    checked = typed_in(definition, copy, editor, "headteacher_name", "Bo Grey")
    (problem,) = [problem for problem in checked.problems if problem.field == "headteacher_name"]
    assert problem.code == "value_conflict"
    assert LEAVER in problem.message
    assert "Bo Grey" in problem.message
    assert not checked.acceptable


def test_words_on_a_page_with_an_old_seal_are_a_conflict(
    definition: FormDefinition, copy: bytes, editor: Editor
) -> None:
    """With the hash of its content alone, not of what is stored."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(copy)) as pdf:
        for page in pdf.pages:
            seal = page.PieceInfo.thep_forms
            seal.Private = pikepdf.String(str(seal.Private)[:16])
        pdf.save(out)
    old = out.getvalue()
    assert checked_after(old, definition).acceptable
    checked = typed_in(definition, old, editor, "headteacher_name", "Bo Grey")
    assert ("headteacher_name", "value_conflict") in problems(checked)


def on_a_bar(pdf: bytes, definition: FormDefinition, name: str, colour: str) -> bytes:
    """A bar on the page below a box, as tools for redaction leave it that do not know boxes."""
    rect = place(definition, name)
    return printers.drawn_on(pdf, f"{colour} rg {rect.x} {rect.y} {rect.width} {rect.height} re f")


@pytest.mark.parametrize("name", ["headteacher_name", "main_contact_email"])
def test_answer_on_a_black_bar_does_not_show_and_is_not_kept(
    definition: FormDefinition, copy: bytes, name: str
) -> None:
    reading = read_return(on_a_bar(copy, definition, name, "0 0 0"), definition)
    assert reading.answers[name].text == ""
    assert (name, "value_covered") in problems(check(reading, definition))
    others = {box: answer for box, answer in reading.answers.items() if box != name}
    assert others == {box: answer for box, answer in read_return(copy, definition).answers.items() if box != name}


def test_answer_on_a_yellow_bar_shows_and_is_kept(definition: FormDefinition, copy: bytes) -> None:
    checked = checked_after(on_a_bar(copy, definition, "headteacher_name", "1 1 0"), definition)
    assert "value_covered" not in {code for _, code in problems(checked)}
    assert LEAVER in {contact.parts["name"] for contact in checked.record.contacts}


def unsealed(pdf: bytes) -> bytes:
    """Saved by a program that drops what is private to others."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for page in opened.pages:
            del page.obj["/PieceInfo"]
        opened.save(out)
    return out.getvalue()


def test_words_on_a_page_that_lost_its_seal_are_a_conflict(
    definition: FormDefinition, copy: bytes, editor: Editor
) -> None:
    before = read_return(unsealed(copy), definition)
    assert before.answers == read_return(copy, definition).answers
    assert check(before, definition).acceptable
    checked = typed_in(definition, unsealed(copy), editor, "headteacher_name", "Bo Grey")
    assert ("headteacher_name", "value_conflict") in problems(checked)


@pytest.mark.parametrize("sealed", [bytes, unsealed])
def test_words_over_a_box_with_blanks_are_its_answer(
    definition: FormDefinition, form: bytes, sealed: Callable[[bytes], bytes]
) -> None:
    rect = place(definition, "headteacher_name")
    typed = by_an_editor(sealed(type_into(form, {"headteacher_name": " "})), rect.x + 3, rect.y + 4, "Bo Grey")
    value = read_return(typed, definition).answers["headteacher_name"]
    assert (value.text, value.others) == ("Bo Grey", ())


def test_words_over_an_empty_box_are_its_answer(definition: FormDefinition, form: bytes, editor: Editor) -> None:
    filled = type_into(form, {**SCHOOL, "business_manager_name": ""})
    before = checked_after(filled, definition)
    rect = place(definition, "business_manager_name")
    reading = read_return(editor(filled, rect.x + 3, rect.y + 4, "Di Lee"), definition)
    assert reading.answers["business_manager_name"].text == "Di Lee"
    assert reading.answers["business_manager_name"].read_from is ReadFrom.PAGE_TEXT
    checked = check(reading, definition)
    assert checked.acceptable
    assert problems(checked) - problems(before) == {("business_manager_name", "read_from_page")}


def test_cross_typed_over_a_tick_box_ticks_it(definition: FormDefinition, form: bytes, editor: Editor) -> None:
    ticked = [name for name in SCHOOL if name.startswith("phase_")]
    filled = type_into(form, {**SCHOOL, **dict.fromkeys(ticked, False)})
    rect = place(definition, "phase_special")
    reading = read_return(editor(filled, rect.x + 1, rect.y + 2, "X"), definition)
    assert [name for name, answer in reading.answers.items() if name.startswith("phase_") and answer.text] == [
        "phase_special"
    ]


def test_words_in_free_space_are_queried(definition: FormDefinition, copy: bytes, editor: Editor) -> None:
    rect = place(definition, "headteacher_name")
    checked = checked_after(editor(copy, rect.x + 360, rect.y + 62, "Retired"), definition)
    assert ("field_unknown", "Retired") in {(problem.code, problem.value) for problem in checked.problems}


@pytest.mark.parametrize(
    ("x", "y"), [(60, 825), (300, 800), (500, 775), (60, 757), (12, 470), (570, 470), (60, 40), (12, 47), (400, 15)]
)
def test_words_in_a_margin_are_queried(
    definition: FormDefinition, copy: bytes, editor: Editor, x: float, y: float
) -> None:
    checked = checked_after(editor(copy, x, y, "Left"), definition)
    assert [problem.value for problem in checked.problems if problem.code == "field_unknown"] == ["Left"]


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("flattened", [bytes, printers.by_qpdf, printers.by_pdfium])
def test_words_on_a_page_without_boxes_are_queried(
    definition: FormDefinition, copy: bytes, flattened: Callable[[bytes], bytes], page: int
) -> None:
    """Such as what a school thinks of a point of the protocol; where the page still bears its seal."""
    noted = printers.typed_on(copy, 300, 60 + 8 * 2.83, "We do not agree to point 4.", page=page)
    found = checked_after(flattened(noted), definition).problems
    assert [problem.value for problem in found if problem.code == "field_unknown"] == ["We do not agree to point 4."]


def test_words_on_a_page_before_the_first_boxes_are_queried(definition: FormDefinition, copy: bytes) -> None:
    noted = printers.typed_on(copy, 300, 60 + 8 * 2.83, "We do not agree to point 4.", page=1)
    found = checked_after(printers.pages_of(noted, 1, 2, 0, 3), definition).problems
    assert [problem.value for problem in found if problem.code == "field_unknown"] == ["We do not agree to point 4."]


def test_line_drawn_through_a_filled_box_is_queried(definition: FormDefinition, copy: bytes) -> None:
    rect = place(definition, "headteacher_name")
    middle = rect.y + rect.height / 2
    struck = printers.drawn_on(copy, f"2 w {rect.x + 4} {middle} m {rect.x + 60} {middle} l S")
    assert "field_unknown" in {problem.code for problem in checked_after(struck, definition).problems}


def normalised(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for page in opened.pages:
            page.Contents = opened.make_stream(pikepdf.unparse_content_stream(pikepdf.parse_content_stream(page)))
        out = io.BytesIO()
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def wrapped(pdf: bytes) -> bytes:
    return printers.drawn_on(pdf, "")


def shown_as_well(pdf: bytes) -> bytes:
    """Every answer is drawn on its page, and the boxes are kept."""
    with pikepdf.open(io.BytesIO(pdf)) as opened, pikepdf.open(io.BytesIO(printers.by_qpdf(pdf))) as flat:
        for page, drawn in zip(opened.pages, flat.pages, strict=True):
            drawn.contents_coalesce()
            page.Contents = opened.copy_foreign(drawn.obj.Contents)
            page.Resources = opened.copy_foreign(flat.make_indirect(drawn.obj.Resources))
        out = io.BytesIO()
        opened.save(out)
    return out.getvalue()


REWRITTEN = {"normalised": normalised, "wrapped": wrapped, "answers drawn as well": shown_as_well}


@pytest.mark.parametrize("rewritten", REWRITTEN)
def test_page_rewritten_by_a_program_gives_the_same_answers(
    definition: FormDefinition, copy: bytes, rewritten: str
) -> None:
    before = read_return(copy, definition)
    assert read_return(REWRITTEN[rewritten](copy), definition).answers == before.answers
