"""What came of files that were just read: for each file the returns in it, whose they are, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from thep_forms.deciding import Arrival, Verdict
from thep_forms.definition import Definitions
from thep_forms.office.display.history import LATER_PAGE
from thep_forms.office.opening import open_records
from thep_forms.office.tasks import needs_somebody, task_of
from thep_forms.records import Records, Returned

_IN_WORDS = {
    Verdict.ACCEPTED: "Accepted",
    Verdict.NEEDS_ATTENTION: "Needs you",
    Verdict.SUPERSEDED: "Another form of the school counts",
    Verdict.DUPLICATE: "Came before",
    Verdict.BLANK: "An empty form",
    Verdict.LOCKED: "Locked with a password",
    Verdict.NOT_A_FORM: "Not our form",
    Verdict.UNREADABLE: "Cannot be read",
    Verdict.CLOSED: "Dealt with before",
    Verdict.SENT_BY_US: "Sent by us",
    Verdict.AUTOMATIC: "An automatic message",
}
_FORGOTTEN = "It was deleted here before, so it was not taken in again"


class GivenFile(Struct, frozen=True):
    """A file that was given to be read. `source` is that of `SourceFile`; `sha256` the hash of its bytes."""

    source: str
    sha256: str


class ReturnThatCame(Struct, frozen=True):
    """A return in a file. `words` say what came of it and `what` is wrong. `name` is that of what it was in the file.

    `was_known`: it came before, too. `return_id` is empty where there is nothing to show.
    """

    name: str
    words: str
    is_accepted: bool = False
    return_id: str = ""
    school: str = ""
    what: tuple[str, ...] = ()
    needs_somebody: bool = False
    was_known: bool = False


def look_up_what_came(
    folder: Path, files: Sequence[GivenFile], since: datetime, definitions: Definitions
) -> list[list[ReturnThatCame]]:
    """What came of each file of a run that began at `since`, in the order of the files; what needs a person first.

    Raises `RecordsError`, `TemplateError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        found: dict[str, list[tuple[Returned, Arrival]]] = {file.source: [] for file in files}
        for entry, arrival in records.arrivals():
            for source in _sources_around(arrival.source):
                if source in found:
                    found[source].append((entry, arrival))
        came: list[list[ReturnThatCame]] = []
        for file in files:
            matches = _of_this_run(found[file.source], file.source, set(ledger.return_ids(file.sha256)), since)
            shown = [_shown(entry, arrival, since, records) for entry, arrival in matches]
            shown.sort(key=lambda each: (not each.needs_somebody, each.school, each.name))
            came.append(shown or [ReturnThatCame(file.source, _FORGOTTEN)])
        return came


def _sources_around(source: str) -> Iterator[str]:
    """The source, and each file and folder that it may be in."""
    yield source
    at = len(source)
    while (at := max(source.rfind("/", 0, at), source.rfind("#", 0, at))) > 0:
        yield source[:at]


def _of_this_run(
    matches: Sequence[tuple[Returned, Arrival]], source: str, return_ids: set[str], since: datetime
) -> Iterable[tuple[Returned, Arrival]]:
    """Those of the very bytes, with what is in them, else those that are new, else all.

    An earlier file may have had the same name. A document has a row of its own, beside those of the forms in it.
    """
    same = [match for match in matches if match[0].return_id in return_ids]
    new = [(entry, arrival) for entry, arrival in matches if not arrival.noted_at or arrival.noted_at >= since]
    if not same:
        return new or matches
    is_new = any(match in new for match in same)
    inside = [match for match in (new if is_new else matches) if match[1].source.startswith(f"{source}/")]
    return [*same, *inside]


def _shown(entry: Returned, arrival: Arrival, since: datetime, records: Records) -> ReturnThatCame:
    task = task_of(entry, records)
    verdict = entry.apart.get(arrival.source, entry.verdict)
    was_known = any(earlier.noted_at and earlier.noted_at < since for earlier in entry.arrivals)
    needs = needs_somebody(entry)
    is_message = verdict is Verdict.UNREADABLE and bool(arrival.carried_by) and "#" not in arrival.source
    words = "A message without a form" if is_message else _IN_WORDS[verdict]
    if verdict is Verdict.ACCEPTED and arrival.year_given and entry.year != arrival.year_given:
        words = f"{words} for {entry.year}"
    return ReturnThatCame(
        name=arrival.source,
        words=LATER_PAGE.capitalize() if entry.first_page and verdict is Verdict.SUPERSEDED else words,
        is_accepted=verdict is Verdict.ACCEPTED,
        return_id=entry.return_id,
        school=task.school_name or task.dfe_number,
        what=task.what if needs else (),
        needs_somebody=needs,
        was_known=was_known,
    )
