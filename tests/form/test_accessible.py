"""The form for people who use a screen reader or only a keyboard: PDF/UA-1."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest

from tests.conftest import AWKWARD, NOTE, PROTOCOL, edit
from tests.remake_samples import answers
from thep_forms.definition import load_definition
from thep_forms.generate import Master, generate

FORMS: list[tuple[str, int | None, dict[str, str | bool]]] = [
    ("2017-18", None, {}),
    ("2026-27", None, {}),
    ("2026-27", 0, {}),
    ("2026-27", 21, {}),
    ("2026-27", None, answers("2101")),
    ("2026-27", None, AWKWARD),
]


@pytest.fixture(params=FORMS, ids=["2017-18", "2026-27", "none more", "21 more", "filled", "awkward"], scope="module")
def opened(request: pytest.FixtureRequest) -> Iterator[pikepdf.Pdf]:
    year, blocks, values = request.param
    definition = load_definition(year)
    if values:
        definition = definition.for_copies
    with pikepdf.open(io.BytesIO(Master(definition, blocks).copy(values))) as pdf:
        yield pdf


def elements(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The element and all elements below it, in reading order."""
    yield element
    kids = element.get("/K", pikepdf.Array())
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if "/S" in kid:
            yield from elements(kid)


def typed_in(pdf: pikepdf.Pdf) -> bool:
    return any("/V" in field for field in pdf.Root.AcroForm.Fields if field.FT == "/Tx" and field.T != "form_id")


@pytest.mark.parametrize("checker", ["outloud", "pdfua"])
def test_the_pdf_ua_checkers_find_nothing_in_a_form(tmp_path: Path, opened: pikepdf.Pdf, checker: str) -> None:
    path = tmp_path / "form.pdf"
    opened.save(path)
    program = Path(sys.executable).with_name(checker)
    command = [program, *(["check"] if checker == "pdfua" else []), path]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    # outloud looks for the words in the boxes among the page's elements; what is in a box is read out as its value.
    words_in_boxes = {"TAG-003"} if typed_in(opened) else set()
    assert set(re.findall(r"(?:WARNING|INFO) (\S+)", result.stdout)) == (
        words_in_boxes if checker == "outloud" else set()
    )
    assert ("PASS" in result.stdout) or words_in_boxes


def test_each_visible_box_has_a_form_element_of_its_own_in_tab_order(opened: pikepdf.Pdf) -> None:
    forms = [element for element in elements(opened.Root.StructTreeRoot.K) if element.S == "/Form"]
    boxes = [
        annotation for page in opened.pages for annotation in page.obj.get("/Annots", []) if not int(annotation.F) & 2
    ]
    assert [str(form.K.Obj.T) for form in forms] == [str(box.T) for box in boxes]
    assert all(page.obj.Tabs == "/S" for page in opened.pages)


def test_each_box_stands_beside_its_label(opened: pikepdf.Pdf) -> None:
    groups = [element for element in elements(opened.Root.StructTreeRoot.K) if element.S == "/Div"]
    for group in groups:
        kinds = [str(kid.S) for kid in group.K]
        assert kinds[-1] == "/Form"
        assert kinds[0] == "/P"
    assert len(groups) == len([element for element in elements(opened.Root.StructTreeRoot.K) if element.S == "/Form"])


def test_headings_descend_one_level_at_a_time_from_one_title(opened: pikepdf.Pdf) -> None:
    kinds = [str(element.S) for element in elements(opened.Root.StructTreeRoot.K)]
    levels = [int(kind[2]) for kind in kinds if len(kind) == 3 and kind.startswith("/H")]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_lists_have_labels_and_bodies(opened: pikepdf.Pdf) -> None:
    items = [element for element in elements(opened.Root.StructTreeRoot.K) if element.S == "/LI"]
    assert len(items) == 12 + 8 + 3 + 1
    assert all([str(kid.S) for kid in item.K] == ["/Lbl", "/LBody"] for item in items)


def test_the_parent_tree_leads_back_to_every_element(opened: pikepdf.Pdf) -> None:
    numbers = opened.Root.StructTreeRoot.ParentTree.Nums
    tree = {int(numbers[n]): numbers[n + 1] for n in range(0, len(numbers), 2)}
    for page in opened.pages:
        assert len(tree[int(page.obj.StructParents)]) > 5
        for box in page.obj.get("/Annots", []):
            if "/StructParent" in box:
                assert tree[int(box.StructParent)].K.Obj.T == box.T


def test_the_file_states_its_title_its_language_and_its_standard(opened: pikepdf.Pdf) -> None:
    assert opened.Root.Lang == "en-GB"
    assert bool(opened.Root.MarkInfo.Marked)
    assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
    with opened.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == str(opened.docinfo["/Title"])


def test_text_below_a_block_is_not_tagged_as_part_of_the_block(templates: Path) -> None:
    path = templates / "membership-form.toml"
    edit(path, NOTE, "")
    edit(path, PROTOCOL, NOTE + PROTOCOL)
    with pikepdf.open(io.BytesIO(generate(load_definition("2026-27", templates)))) as pdf:
        page = pdf.Root.StructTreeRoot.K.K[0]
        assert [str(kid.S) for kid in page.K][-2:] == ["/Sect", "/P"]
