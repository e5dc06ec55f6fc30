"""Pictures of the form as the reader of pictures would have read them, put into records without reading anything."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image

from tests.remake_samples import answers
from thep_forms.definition import Definitions, FormDefinition, load_definition
from thep_forms.definition.identity import digest_of, form_id
from thep_forms.layout import MM
from thep_forms.reading import Answer, FileKind, PagePlace, ReadFrom, Reading
from thep_forms.records import Archive, Arrival, Ledger, bring_up_to_date
from thep_forms.records.checks import check_reading
from thep_forms.records.results import made_from

SURE = 0.97
CEDAR = "211/2101"
CHAIR = "chair_of_governors_name"
EMAIL = "main_contact_email"
ANSWERS = {
    "school_name": "Cedar Primary School",
    "phases": "primary",
    "registered_address": "3 Cedar Road, London E2 0AC",
    "main_contact_name": "Jo Ali",
    "main_contact_designation": "Headteacher",
    "main_contact_email": "jo@cedar.example",
    "chair_of_governors_name": "Ann Lee",
}
DEFINITIONS = Definitions.of_today()

with_list = pytest.mark.usefixtures("three_schools")  # of records that hold the list of member schools


def read_from_picture(
    changes: Mapping[str, str] = {},
    *,
    number: str = "2101",
    copy_of: str = "",
    printed: Mapping[str, str | bool] | None = None,
    year: str = "2026-27",
    confidence: float = SURE,
    places: tuple[PagePlace, ...] = (),
    pages_missing: tuple[int, ...] = (),
) -> Reading:
    """The reading of a picture with the sample answers of a school and `changes`; an empty text takes one away.

    `copy_of` is the school that the copy was made for, and `printed` what it was filled in with.
    """
    texts = {name: "yes" if text is True else str(text) for name, text in answers(number).items() if text}
    texts |= changes
    definition = load_definition(year)
    digest = digest_of(definition.without_prefix(printed)) if printed is not None else ""
    read = {name: Answer(text, ReadFrom.SCAN, page=0, confidence=confidence) for name, text in texts.items() if text}
    hidden = form_id(definition.identifier, definition.year, definition.form.revision, copy_of, digest)
    reading = Reading(FileKind.SCAN, read, form_id=hidden, places=places or (lying_straight(definition),))
    return replace(reading, pages_missing=pages_missing, boxes=tuple(sorted(read))) if pages_missing else reading


def lying_straight(definition: FormDefinition, number: int = 1) -> PagePlace:
    """The place of a page that fills its picture."""
    measures = definition.file.page
    across, down = 1 / (measures.width * MM), 1 / (measures.height * MM)
    return PagePlace(0, number, (across, 0.0, 0.0, 0.0, down, 0.0, 0.0, 0.0, 1.0))


def a_picture(words: str) -> bytes:
    """A PNG, different for different words."""
    out = io.BytesIO()
    picture = Image.new("L", (210, 297), "white")
    picture.putpixel((1, 1), hashlib.sha256(words.encode()).digest()[0])
    picture.save(out, "PNG", pnginfo=None)
    return out.getvalue() + words.encode()


def put_in(
    records: Path,
    reading: Reading,
    name: str = "photo.png",
    *,
    day: int | None = 1,
    year: int = 2026,
    picture: bytes | None = None,
    definitions: Definitions = DEFINITIONS,
    others: Sequence[Reading] = (),
) -> str:
    """Put a picture with its reading into records, as if it came in a message of that day in May. Its return's id."""
    data = a_picture(f"{name} {day}") if picture is None else picture
    sha256 = hashlib.sha256(data).hexdigest()
    at = datetime(year, 5, day, 9, tzinfo=UTC) if day else None
    with Ledger(records) as ledger:
        Archive(records).add(sha256, data)
        with ledger.transaction():
            found = [check_reading(each, definitions) for each in (reading, *others)]
            ledger.add_file(sha256, found, made_from(definitions), is_kept=True)
            ledger.add_arrivals(Arrival(name, sha256[:16], at, noted_at=at), sha256)
            ledger.end_run()
    bring_up_to_date(records, definitions)
    return sha256[:16]
