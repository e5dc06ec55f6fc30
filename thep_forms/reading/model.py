"""What came out of one returned file, before anyone asks what it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field


class FileKind(StrEnum):
    """What a file is."""

    FORM = "form"
    SCAN = "scan"
    LOCKED = "locked"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"
    FAILED = "failed"  # the program, not the file, as far as we know: it is tried again when it comes again


class ReadFrom(StrEnum):
    """How a value was read."""

    FIELDS = "fields"
    PAGE_TEXT = "page_text"
    SCAN = "scan"


class Answer(Struct, frozen=True):
    """One answer as it stands in the file, line breaks as `\\n`; a ticked box is `yes`, any other is empty.

    `damaged`: the program that saved it lost characters. `other`: a second widget's differing answer.
    `limit`: the most characters that the field takes, where someone set that. `doubtful`: it was read from a
    page, where not all of it may be the answer, or the fonts do not say what its letters are, each of which is U+FFFD.
    `cut`: it ends at the edge of its box, so that more of it may not have been printed.
    """

    text: str
    damaged: bool = False
    other: str | None = None
    limit: int | None = None
    read_from: ReadFrom = ReadFrom.FIELDS
    doubtful: bool = False
    cut: bool = False


class Reading(Struct, frozen=True):
    """A file read: what it is, its values by AcroForm field name, and what it says of itself.

    `form_id` is the value of the hidden field, of a picture what its code says for it; `title` the document's;
    `modified` its modification date with a time zone (UTC where the file gives none). `repaired`: the file was damaged,
    so answers may be missing or stale. `reason` says why nothing was read; it holds no value of the form.
    """

    outcome: FileKind
    values: Mapping[str, Answer] = field(default_factory=dict)
    form_id: str = ""
    title: str = ""
    modified: datetime | None = None
    repaired: bool = False
    reason: str = ""
