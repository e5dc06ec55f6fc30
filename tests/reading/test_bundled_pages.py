"""Files with some pages of a form, with pages of several forms, or with a letter beside the form: what is a return."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import read_return
from tests.reading.test_page_text import ANSWERS, EXPECTED
from tests.remake_samples import answers, letter
from tests.support import printers
from tests.support.changing import texts_in, texts_of
from tests.support.printers import joined, pages_of, with_page_from
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition
from thep_forms.reading import FileKind
from thep_forms.reading.read import read_file


@pytest.fixture(scope="module")
def returned(form: bytes) -> bytes:
    return type_into(form, ANSWERS)


def test_first_page_alone_is_read(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(pages_of(printers.by_qpdf(returned), 0), definition)
    assert texts_in(reading) == {
        name: text for name, text in EXPECTED.items() if "_10_" not in name and "_3_" not in name
    }


@pytest.mark.parametrize("flatten", [bytes, printers.by_qpdf], ids=["with fields", "flattened"])
@pytest.mark.parametrize("order", [(0, 3), (3, 2, 1, 0), (3, 0)])
def test_pages_missing_or_in_another_order_are_read(
    returned: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes], order: tuple[int, ...]
) -> None:
    assert texts_in(read_return(pages_of(flatten(returned), *order), definition)) == EXPECTED


@pytest.mark.parametrize("flatten", [bytes, printers.by_qpdf], ids=["with fields", "flattened"])
def test_form_behind_a_letter_is_read(
    returned: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes]
) -> None:
    assert texts_in(read_return(joined(letter(), flatten(returned)), definition)) == EXPECTED


@pytest.mark.parametrize("flatten", [bytes, printers.by_qpdf], ids=["with fields", "flattened"])
def test_forms_of_several_schools_in_one_file_are_several_returns(
    form: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes]
) -> None:
    schools = [answers(number) for number in ("2101", "3204", "4242")]
    bundle = joined(*(flatten(type_into(form, school)) for school in schools))
    readings = read_file(bundle, lambda _: definition)
    assert [texts_in(reading) for reading in readings] == [
        {name: value if isinstance(value, str) else "yes" for name, value in school.items() if value}
        for school in schools
    ]


@pytest.mark.parametrize("flatten", [bytes, printers.by_qpdf], ids=["with fields", "flattened"])
@pytest.mark.parametrize(
    "pages", [[(0, 0), (1, 0), (0, 3), (1, 3)], [(0, 0), (1, 3), (1, 0)], [(0, 0), (0, 3), (1, 3)], [(0, 3), (1, 3)]]
)
def test_pages_of_several_forms_mixed_up_are_unreadable(
    form: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes], pages: list[tuple[int, int]]
) -> None:
    """Such as when one stack of all first pages and one of all last pages were put together sheet by sheet."""
    schools = [flatten(type_into(form, answers(number, senior_leader_5_name=number))) for number in ("2101", "4242")]
    reading = read_return(joined(*((schools[school], (page,)) for school, page in pages)), definition)
    assert (reading.kind, reading.answers) == (FileKind.UNREADABLE, {})
    assert "mixed up" in reading.reason


@pytest.mark.parametrize("order", [(0, 0, 1, 2, 3), (0, 1, 2, 3, 0), (0, 1, 2, 3, 3)])
@pytest.mark.parametrize("flatten", [bytes, printers.by_qpdf], ids=["with fields", "flattened"])
def test_page_that_came_twice_is_read_once(
    returned: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes], order: tuple[int, ...]
) -> None:
    form = flatten(returned)
    assert texts_of(joined(*((form, (page,)) for page in order)), definition) == EXPECTED


@pytest.mark.parametrize("flatten", [bytes, printers.by_qpdf], ids=["with fields", "flattened"])
def test_first_page_of_a_school_that_came_twice_with_different_answers_is_two_returns(
    form: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes]
) -> None:
    before, after = (flatten(type_into(form, answers("2101", main_contact_name=name))) for name in ("Al Old", "Bo New"))
    readings = read_file(joined((before, (0,)), after), lambda _: definition)
    found = [(reading.text_of("main_contact_name"), reading.pages_missing) for reading in readings]
    assert found == [("Al Old", (2, 3, 4)), ("Bo New", ())]


@pytest.mark.parametrize("pinned", [False, True], ids=["to the file", "to a page"])
def test_form_attached_to_a_letter_is_read(returned: bytes, definition: FormDefinition, pinned: bool) -> None:
    (reading,) = read_file(printers.attached(letter(), returned, pinned=pinned), lambda _: definition)
    assert texts_in(reading) == EXPECTED


def test_form_attached_to_a_form_is_another_return(form: bytes, definition: FormDefinition, returned: bytes) -> None:
    inner = printers.attached(letter(), type_into(form, answers("4242")))
    readings = read_file(printers.attached(returned, inner), lambda _: definition)
    assert [texts_in(reading)["dfe_number"] for reading in readings] == ["211/3204", "4242"]


def test_form_with_one_page_flattened_is_one_form(returned: bytes, definition: FormDefinition) -> None:
    (reading,) = read_file(with_page_from(returned, printers.by_qpdf(returned), 3), lambda _: definition)
    assert texts_in(reading) == EXPECTED


def test_printed_form_behind_a_form_with_fields_is_another_return(form: bytes, definition: FormDefinition) -> None:
    live, printed = type_into(form, answers("2101")), printers.by_qpdf(type_into(form, answers("4242")))
    readings = read_file(joined((live, (0, 3)), (printed, (0, 3))), lambda _: definition)
    assert [texts_in(reading)["dfe_number"] for reading in readings] == ["2101", "4242"]


def test_scan_behind_a_blank_form_counts(form: bytes, returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(joined(form, printers.scanned(returned, range(4))), definition)
    assert reading.kind is FileKind.SCAN
    assert read_return(joined(form, printers.by_qpdf(form)), definition).kind is FileKind.FORM  # and blank


def test_last_page_printed_behind_a_first_page_with_fields_is_read(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(joined((returned, (0, 1)), (printers.by_qpdf(returned), (3,))), definition)
    assert texts_in(reading) == EXPECTED


@pytest.mark.parametrize("flatten", [(bytes, printers.by_qpdf), (printers.by_qpdf, bytes)], ids=["first", "second"])
def test_first_pages_of_two_schools_are_two_returns(
    form: bytes, definition: FormDefinition, flatten: tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]
) -> None:
    schools = [how(type_into(form, answers(number))) for how, number in zip(flatten, ("2101", "4242"), strict=True)]
    readings = read_file(joined(*(pages_of(school, 0) for school in schools)), lambda _: definition)
    assert {texts_in(reading)["dfe_number"] for reading in readings} == {"2101", "4242"}


@pytest.mark.parametrize("flatten", [bytes, printers.by_qpdf], ids=["with fields", "flattened"])
def test_scan_behind_a_form_is_another_return(
    returned: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes]
) -> None:
    readings = read_file(joined(flatten(returned), printers.scanned(returned)), lambda _: definition)
    assert [reading.kind for reading in readings] == [FileKind.FORM, FileKind.SCAN]
    assert texts_in(readings[0]) == EXPECTED
