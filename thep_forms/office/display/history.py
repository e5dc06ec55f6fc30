"""The story of a school or of a return: what was sent, what came, what became of it, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from thep_forms.checking.normalise import dfe_number
from thep_forms.deciding import LONG_AGO, Action, Decision, Verdict
from thep_forms.definition import Definitions
from thep_forms.errors import DecisionError
from thep_forms.office.dates import in_words
from thep_forms.office.decisions.decision_words import Act, acts, with_ids, without_school
from thep_forms.office.opening import open_records
from thep_forms.office.words import all_in_short, sentence
from thep_forms.reading import ReadFrom
from thep_forms.records import Ledger, Records, Returned, Sent, SentKind, SentState
from thep_forms.records.model import ENTERED
from thep_forms.sources.mail.message_texts import says_no_file

_SENT = {
    SentState.SENDING: "may have been sent",
    SentState.SENT: "was sent",
    SentState.DRAFTED: "was drafted",
}
_READ: dict[str, str] = {
    ReadFrom.FIELDS: ", read from its boxes",
    ReadFrom.PAGE_TEXT: ", read from the printed page",
    ReadFrom.SCAN: ", read from a picture",
}
_ANOTHER_COUNTS = "another form of the school counts"
LATER_PAGE = "a page of a form, read with its first page"


class Event(Struct, frozen=True):
    """One thing that happened, in words, and when. `at` is None where nobody knows it.

    `plain` says the same without ids and numbers where `words` have some. `return_id` is the return that it is about.
    """

    at: datetime | None
    words: str
    plain: str = ""
    return_id: str = ""

    @property
    def day(self) -> str:
        """The day, such as `4 May 2026`."""
        return in_words(self.at.astimezone().date()) if self.at else "no date"

    @property
    def time(self) -> str:
        """The time of the day, such as `14:05`; empty where nobody knows it."""
        return f"{self.at.astimezone():%H:%M}" if self.at else ""


def history(folder: Path, subject: str, definitions: Definitions) -> list[Event]:
    """What happened to a school, by its DfE number, or to a return, by its id; the first comes first.

    Raises `DecisionError` if nothing is known of it, `RecordsError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        number = dfe_number(subject, definitions().partnership.dfe_prefix).value
        events = list(_of_school(number, ledger, records) if number else _of_return(subject.strip(), records))
    if not events:
        raise DecisionError(f"Nothing is known of {subject}. Give a school's DfE number, or the id of a return.")
    return _in_order(events)


def events_of_school(number: str, ledger: Ledger, records: Records) -> list[Event]:
    """What happened to the school with that DfE number, the first comes first."""
    return _in_order(_of_school(number, ledger, records))


def events_of_return(returned: Returned, records: Records) -> list[Event]:
    """What happened to a return, the first comes first."""
    return _in_order(_of_returns([returned], records))


def _in_order(events: Iterable[Event]) -> list[Event]:
    """In the same second, what was sent comes before what came, and that before what was decided."""
    return sorted(events, key=lambda event: (event.at or LONG_AGO).replace(microsecond=0))


def _of_school(number: str, ledger: Ledger, records: Records) -> Iterator[Event]:
    for sent in ledger.sent():
        if sent.dfe_number == number:
            yield _sent(sent)
    by_school = records.once(_returns_by_school, lambda: _returns_by_school(records))
    yield from _of_returns(by_school.get(number, []), records, number)


def _of_return(return_id: str, records: Records) -> Iterator[Event]:
    found = records.find(return_id)
    yield from _of_returns([found] if found else [], records)


def _of_returns(returns: Iterable[Returned], records: Records, number: str | None = None) -> Iterator[Event]:
    """How returns came, and what was decided of them, and of the school with that number."""
    verdicts: dict[str, str] = {}
    decisions = records.decisions()
    known = {decision.number: decision for decision in decisions}
    for entry in returns:
        verdicts[entry.return_id] = entry.verdict.replace("_", " ")
        if not entry.return_id.startswith(ENTERED):
            yield from _came(entry, records)
    concerned = [each for each in decisions if each.return_id in verdicts or each.dfe_number == number]
    for act in acts(concerned):
        yield _decided(act, verdicts.get(act[0].return_id, ""), known, records)


def _returns_by_school(records: Records) -> dict[str, list[Returned]]:
    by_school: dict[str, list[Returned]] = {}
    for entry in records.returns():
        for number in _schools(entry, records):
            by_school.setdefault(number, []).append(entry)
    return by_school


def _schools(entry: Returned, records: Records) -> set[str]:
    """The DfE numbers of the schools that a return may be of."""
    senders = {records.school_by_sender(entry, arrival) for arrival in entry.arrivals}
    return {entry.school, entry.judgement.school, *senders}


def _sent(sent: Sent) -> Event:
    what = "The form" if sent.kind is SentKind.FORM else "A reminder"
    return Event(sent.at, f"{what} of {sent.year} {_SENT[sent.state]} to {sent.addresses.replace(';', ', ')}.")


def _came(entry: Returned, records: Records) -> Iterator[Event]:
    """When a return came by each way, and what became of it."""
    problems = () if entry.verdict.needs_nobody else records.problems_to_mend(entry)
    for arrival in entry.arrivals:
        what = entry.verdict_of(arrival).replace("_", " ")
        if entry.verdict is Verdict.UNREADABLE and says_no_file(entry.entry.reason):
            what = "a message without a form"
        elif problems and arrival == entry.arrivals[0]:
            what += f": {'; '.join(all_in_short(problems, records.definition.problems))}"
        year = f" for {entry.year}" if entry.year else ""
        read = _READ.get(entry.entry.read_from, "") if entry.entry.has_answers else ""
        at = arrival.received_at or arrival.noted_at or entry.entry.modified
        with_ids, plain = what, what
        if arrival == entry.arrivals[0] and entry.verdict is Verdict.SUPERSEDED:
            with_ids, plain = _counts_with(entry, records)
        came = f"Came{year} as {arrival.source}"
        yield Event(
            at,
            f"{came} ({entry.return_id}){read}. {sentence(with_ids)}",
            f"{came}{read}. {sentence(plain)}",
            entry.return_id,
        )


def _counts_with(entry: Returned, records: Records) -> tuple[str, str]:
    """What counts in place of a superseded return, with its id if it is known, and in plain words."""
    if entry.first_page:
        return f"a page of {entry.first_page}", LATER_PAGE
    better = _counts_instead(entry, records)
    return f"superseded by {better}" if better else _ANOTHER_COUNTS, _ANOTHER_COUNTS


def _counts_instead(entry: Returned, records: Records) -> str:
    """The return that counts for the school and the year of a superseded one; empty if none does."""
    for accepted in records.accepted():
        if (accepted.year, accepted.dfe_number) == (entry.year_collected or accepted.year, entry.school):
            return accepted.return_id
    return ""


def _decided(act: Act, verdict: str, known: Mapping[int, Decision], records: Records) -> Event:
    """The decisions that a person took in one go."""
    decision = act[0]
    by = f" by {decision.who}" if decision.who else ""
    why = f": {decision.why}" if decision.why else ""
    words = f"{with_ids(act, verdict, records)}{by}{why}"
    plain = without_school(act, known, records)
    if decision.who:
        plain += f" Decided{by}{'' if decision.action is Action.NOTE else why.rstrip('.')}."
    if decision.undone_by:
        words += f" (Undone by decision {decision.undone_by}.)" if len(act) == 1 else " (Undone.)"
        plain += " This was undone."
    at = datetime.fromisoformat(decision.at) if decision.at else None
    return Event(at, words, plain, decision.return_id)
