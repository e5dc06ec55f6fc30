"""Returns that no file was read for, and what is decided of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from thep_forms.deciding import Action, Arrival, Decision, Entry, Judgement, Registers, Verdict, decide
from thep_forms.reading import FileKind

CEDAR, DOVECOTE, ELM = "211/2101", "211/2102", "211/2103"
YEAR = "2026-27"
REGISTER = {CEDAR: "Cedar Primary School", DOVECOTE: "Dovecote Primary School", ELM: ""}
APRIL, MAY, JUNE = (datetime(2026, month, 20, tzinfo=UTC) for month in (4, 5, 6))


def form(return_id: str, dfe_number: str = CEDAR, **about: object) -> Entry:
    """A form without errors, which says something of its own unless `content` says what."""
    known: dict[str, object] = {"year": YEAR, "content": return_id.encode()}
    return Entry(return_id, FileKind.FORM, dfe_number=dfe_number, **known | about)


def faulty(return_id: str, dfe_number: str = CEDAR, **about: object) -> Entry:
    return form(return_id, dfe_number, codes="email_invalid", errors="email_invalid", **about)


def scan(return_id: str) -> Entry:
    return Entry(return_id, FileKind.SCAN, year="2026-27", dfe_number=CEDAR, codes="scan", errors="scan")


def came(entry: Entry, at: datetime | None = None, source: str = "", *, is_decoration: bool = False) -> Arrival:
    return Arrival(source or entry.return_id, entry.return_id, at, is_decoration)


def prefers(number: int, return_id: str, *losers: str) -> Decision:
    return Decision(number, Action.PREFER, return_id, before=";".join(losers))


def registers_of(register: dict[str, str]) -> Registers:
    """The registers, where this one is of a year; none where it has no schools."""
    return Registers({YEAR: register} if register else {})


def judged(
    *entries: Entry,
    arrivals: Sequence[Arrival] | None = None,
    decisions: Sequence[Decision] = (),
    register: dict[str, str] | None = None,
) -> dict[str, Judgement]:
    """The judgements, of entries that came in files of a folder unless their arrivals are given."""
    found = arrivals if arrivals is not None else [came(entry) for entry in entries]
    return dict(decide(entries, found, decisions, registers_of(register or {})).by_return)


def verdicts(judgements: dict[str, Judgement]) -> dict[str, Verdict]:
    return {return_id: judgement.verdict for return_id, judgement in judgements.items()}
