"""A reading as the ledger stores it: JSON, and exactly the same when it is read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import read_return
from tests.support import printers
from tests.support.changing import place
from thep_forms.definition import FormDefinition
from thep_forms.reading import Answer, Doubt, FileKind, Note, Reading

# UTF-8 has no surrogates, and the reader replaces them.
texts = st.text(st.characters(exclude_categories=["Cs"]))
pages = st.none() | st.integers(0, 10_000)
answers = st.builds(
    Answer,
    text=texts,
    doubts=st.frozensets(st.sampled_from(Doubt)),
    others=st.lists(texts, max_size=3).map(tuple),
    page=pages,
)
readings = st.builds(
    Reading,
    kind=st.sampled_from(FileKind),
    answers=st.dictionaries(texts, answers, max_size=3),
    notes=st.lists(st.builds(Note, text=texts, page=pages), max_size=3).map(tuple),
    unknown_fields=st.dictionaries(texts, answers, max_size=3),
    form_id=texts,
    title=texts,
    modified=st.none() | st.datetimes(timezones=st.just(UTC)),
    damaged=st.booleans(),
    reason=texts,
    is_as_written=st.booleans(),
)


def decoded(data: bytes) -> Reading:
    return msgspec.json.decode(data, type=Reading)


@given(readings)
def test_any_reading_as_json_comes_back_the_same(reading: Reading) -> None:
    assert decoded(msgspec.json.encode(reading)) == reading


@pytest.mark.parametrize("printed", [bytes, *printers.FLATTENED.values()], ids=["with fields", *printers.FLATTENED])
def test_reading_of_a_file_as_json_comes_back_the_same(
    returned: bytes, definition: FormDefinition, printed: Callable[[bytes], bytes]
) -> None:
    rect = place(definition, "headteacher_name")
    reading = read_return(printers.typed_on(printed(returned), rect.x + 360, rect.y + 62, "We moved"), definition)
    assert reading.notes
    assert decoded(msgspec.json.encode(reading)) == reading


@pytest.mark.parametrize(
    "entered",
    [
        Reading(FileKind.FORM, {"school_name": Answer("Cedar")}),
        Reading(FileKind.FORM, {"school_name": Answer("", doubts=frozenset({Doubt.UNREADABLE}))}),
        Reading(FileKind.FORM, unknown_fields={"Text1": Answer("Cedar")}),
        Reading(FileKind.FORM, notes=(Note("", 0),)),
    ],
)
def test_reading_with_anything_entered_says_something(entered: Reading) -> None:
    assert entered.says_something


def test_reading_with_blanks_alone_says_nothing() -> None:
    assert not Reading(FileKind.FORM, {"school_name": Answer(" \n"), "phase_ap": Answer("")}).says_something
