"""How notes, drawings and fields that are not ours are listed, and asked about."""

from __future__ import annotations

import pikepdf
import pytest
from pikepdf import Dictionary, Name, String

from tests.conftest import read_return
from tests.support.changing import annotated, changed
from thep_forms.checking.checker import check
from thep_forms.checking.problems import problem
from thep_forms.definition import FormDefinition
from thep_forms.definition.model import ProblemCode
from thep_forms.definition.rules import WORDS


def test_notes_and_drawings_are_listed_by_their_pages(returned: bytes, definition: FormDefinition) -> None:
    noted_on = changed(changed(returned, annotated("/FreeText", Contents=String("We moved"))), annotated("/Ink"))
    checked = check(read_return(noted_on, definition), definition)
    labels = ["A note on page 1", "A drawing on page 1"]
    queries = [problem for problem in checked.problems if problem.code == "field_unknown"]
    assert [(query.field, query.label, query.value) for query in queries] == [
        ("", labels[0], "We moved"),
        ("", labels[1], ""),
    ]
    assert [query.message.startswith(f"{label}: ") for query, label in zip(queries, labels, strict=True)] == [
        True,
        True,
    ]
    beside = [value for value in checked.values if not value.field]
    assert [(value.label, value.raw, value.read_from) for value in beside] == [
        (labels[0], "We moved", "page_text"),
        (labels[1], "", "page_text"),
    ]


def test_unknown_field_is_listed_by_its_name(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field = Dictionary(T=String("clerk"), FT=Name.Tx, V=String("Jo Bloggs"))
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))

    checked = check(read_return(changed(returned, change), definition), definition)
    (query,) = [problem for problem in checked.problems if problem.code == "field_unknown"]
    assert (query.field, query.label, query.value) == ("clerk", "clerk", "Jo Bloggs")


@pytest.mark.parametrize("value", ["", " ", "\n\t"])
@pytest.mark.parametrize("code", ProblemCode)
def test_no_message_quotes_nothing(definition: FormDefinition, code: ProblemCode, value: str) -> None:
    words = dict.fromkeys(WORDS.get(code, ()), "some words")
    assert "“”" not in problem(definition, code, "clerk", "The clerk", value, **words).message


def test_drawing_and_unnamed_field_are_asked_about_in_whole_sentences(
    returned: bytes, definition: FormDefinition
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for name, value in ((" ", String("Jo Bloggs")), ("blanks", String("  ")), ("odd", Dictionary())):
            field = Dictionary(T=String(name), FT=Name.Tx, V=value)
            pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))

    noted_on = changed(changed(returned, annotated("/Ink")), change)
    checked = check(read_return(noted_on, definition), definition)
    messages = [problem.message for problem in checked.problems if problem.code == "field_unknown"]
    said = "this is not in a box of our form. We noted it, but cannot use it."
    assert sorted(messages) == [
        f"A box without a name: {said} It says “Jo Bloggs”.",
        f"A drawing on page 1: {said} Our program cannot read it. Please tell us what it means.",
        f"odd: {said} Our program cannot read it. Please tell us what it means.",
    ]
