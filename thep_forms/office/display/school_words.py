"""What schools wrote in the messages that brought their files, and which of it a person has read.

That somebody has read it is on record as a note on the return. The note names the texts, so that other words which
come with the same form later are unread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from msgspec import Struct

from thep_forms.deciding import LONG_AGO, Action, Verdict
from thep_forms.deciding.decisions import standing_decisions
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import DecisionError
from thep_forms.office.decisions.deciding import open_desk
from thep_forms.office.opening import open_records
from thep_forms.office.tasks import needs_somebody
from thep_forms.office.years import latest_year
from thep_forms.reading import FileKind
from thep_forms.records import Ledger, Records, Returned
from thep_forms.sources.mail.message_texts import divided

MOST = 100  # messages that are shown at once: one click notes them as read, and one act takes as many decisions
_SEPARATOR = ";"  # between the texts that a note names
_LENGTH = 16  # characters of the hash of a text that tell it from the others
_READ = "the message with the form is read"

ReadTexts = Mapping[str, Collection[str]]  # the starts of their hashes, by the id of the return with which they came


class MessageWords(Struct, frozen=True):
    """What a message says: `own` is what the sender wrote, `quoted` the message that it answers."""

    own: str
    quoted: str = ""


class SchoolWords(Struct, frozen=True):
    """What a school wrote with a file, and when it came. `unread` names the texts that nobody has read."""

    return_id: str
    dfe_number: str
    school_name: str
    at: datetime | None
    messages: tuple[MessageWords, ...]
    unread: tuple[str, ...]


class WordsOfYear(Struct, frozen=True):
    """What schools wrote in a year with forms that need nobody: `MOST` of `count`, the unread first, then the newest.

    `unread` counts the forms with words that nobody has read.
    """

    year: str
    newest: tuple[SchoolWords, ...]
    count: int
    unread: int


def words_around(returned: Returned, ledger: Ledger) -> tuple[MessageWords, ...]:
    """What people wrote in the messages that brought a return, but for our own."""
    hashes = [sha256 for arrival in returned.arrivals_from_school for sha256 in arrival.texts]
    return tuple(MessageWords(*divided(words)) for words in ledger.texts(hashes))


def message_itself(returned: Returned, ledger: Ledger) -> str:
    """What a message without a form says."""
    reading = ledger.reading(returned.return_id) if returned.entry.kind == FileKind.UNREADABLE else None
    return "\n\n".join(note.text for note in reading.notes) if reading else ""


def words_of_tasks(return_ids: Iterable[str], ledger: Ledger, records: Records) -> dict[str, str]:
    """What people wrote with these returns, or in these messages, in one line each, by the id of the return."""
    found: dict[str, str] = {}
    for return_id in return_ids:
        returned = records.find(return_id)
        if not returned:
            continue
        line = records.once_of(returned, words_of_tasks, partial(_in_one_line, returned, ledger))
        if line:
            found[return_id] = line
    return found


def _in_one_line(returned: Returned, ledger: Ledger) -> str:
    itself = MessageWords(*divided(message_itself(returned, ledger)))
    messages = (itself, *words_around(returned, ledger))
    return " ".join(" ".join(message.own for message in messages).split())


def with_words(records: Records, year: str) -> list[Returned]:
    """The forms of a year that need nobody, and came in a message that says something; the newest first.

    A form that a person closed was looked at. What came with a later page came with the first one.
    """
    return records.once((with_words, year), lambda: _with_words(records, year))


def _with_words(records: Records, year: str) -> list[Returned]:
    found: list[Returned] = []
    for returned in records.returns():
        if not any(arrival.texts for arrival in returned.arrivals_from_school):
            continue
        is_seen = needs_somebody(returned) or returned.verdict is Verdict.CLOSED or bool(returned.first_page)
        if returned.year_collected == year and returned.entry.is_form and not is_seen:
            found.append(returned)
    return sorted(found, key=lambda returned: returned.dated or LONG_AGO, reverse=True)


def look_up_words(folder: Path, definitions: Definitions, year: MembershipYear | None = None) -> WordsOfYear:
    """What schools wrote with their forms in a year, or else in the latest. Raises `RecordsError`, `TemplateError`."""
    with open_records(folder, definitions) as (ledger, records):
        wanted = str(year or latest_year(records, definitions))
        found, unread = with_words(records, wanted), with_unread_words(records, wanted)
        newest: list[SchoolWords] = []
        unread_ids, read = {returned.return_id for returned in unread}, read_texts(records)
        for returned in sorted(found, key=lambda each: each.return_id not in unread_ids)[:MOST]:
            wrote = words_around(returned, ledger), unread_texts(returned, read)
            newest.append(SchoolWords(returned.return_id, *records.school_of(returned), returned.dated, *wrote))
        return WordsOfYear(wanted, tuple(newest), len(found), len(unread))


def with_unread_words(records: Records, year: str) -> list[Returned]:
    """The forms of a year that need nobody, and came with words that nobody has read."""
    return records.once((with_unread_words, year), lambda: _with_unread_words(records, year))


def _with_unread_words(records: Records, year: str) -> list[Returned]:
    read = read_texts(records)
    return [returned for returned in with_words(records, year) if unread_texts(returned, read)]


def unread_texts(returned: Returned, read: ReadTexts) -> tuple[str, ...]:
    """The texts in the messages that brought a return of which nobody has noted that they are read."""
    texts = [sha256[:_LENGTH] for arrival in returned.arrivals_from_school for sha256 in arrival.texts]
    return tuple(text for text in dict.fromkeys(texts) if text not in read.get(returned.return_id, ()))


def read_texts(records: Records) -> ReadTexts:
    """The texts that a person has noted as read."""
    return records.once(read_texts, lambda: _read_texts(records))


def _read_texts(records: Records) -> ReadTexts:
    read: dict[str, set[str]] = {}
    for decision in standing_decisions(records.decisions()):
        if decision.action is Action.NOTE and decision.return_id:
            read.setdefault(decision.return_id, set()).update(decision.after.split(_SEPARATOR))
    return read


def note_as_read(
    folder: Path, read: Mapping[str, Collection[str]], definitions: Definitions, who: str = ""
) -> tuple[int, ...]:
    """Note that a person has read these texts, by the id of the return with which they came. The note's numbers.

    Raises `DecisionError` if there is no such return or all is read already, `RecordsError`.
    """
    with open_desk(folder, definitions, who) as desk:
        decisions, before = [], read_texts(desk.records)
        for return_id, texts in read.items():
            returned = desk.returned(return_id)
            if now_read := [text for text in unread_texts(returned, before) if text in texts]:
                decisions.append(desk.decision(Action.NOTE, returned, after=_SEPARATOR.join(now_read), why=_READ))
        if not decisions:
            raise DecisionError("Somebody has noted this since you opened the page. Nothing was changed.")
        numbers = desk.take(decisions)
        desk.write_tables()
        return numbers
