"""Schools with copies of their own, what was sent to them and what they returned, for tests of reminders."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from tests.conftest import ingest
from tests.remake_samples import answers
from tests.support.commands import run, table
from tests.support.viewer import type_into
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import load_definition
from thep_forms.office.copies import copies
from thep_forms.records import Ledger, Sent, SentKind, SentState
from thep_forms.register import MemberSchool

NUMBERS = ("2101", "2102", "2103", "3204", "4242", "7004")
SENDING, SENT, DRAFTED = SentState.SENDING, SentState.SENT, SentState.DRAFTED


def days_ago(days: int) -> datetime:
    """The start of the day, so many days ago. The day is asked for anew: tests may run over midnight."""
    return datetime.combine(datetime.now(UTC), time.min, UTC) - timedelta(days=days)


def own_copies(folder: Path) -> Path:
    """The copy of each school in the folder, by the last digits of its DfE number. Only that number is filled in."""
    members = [MemberSchool(f"211/{number}", SchoolRecord(), "") for number in NUMBERS]
    pdfs = copies(load_definition("2026-27").for_copies, members)
    for number, (_, pdf) in zip(NUMBERS, pdfs, strict=True):
        (folder / f"{number}.pdf").write_bytes(pdf)
    return folder


def list_of_schools(path: Path) -> Path:
    """The list of these schools."""
    lines = [f"{number},School {number},office@school{number}.example" for number in NUMBERS]
    path.write_text("\n".join(["dfe_number,school_name,email", *lines]), encoding="utf-8")
    return path


def note(records: Path, number: str, days: int, state: SentState = SENT, kind: SentKind = SentKind.FORM) -> None:
    """Note a message to the school, so many days ago."""
    address, message_id = f"office@school{number}.example", "" if state is DRAFTED else f"<{number}.{days}@x.example>"
    at = days_ago(days)
    with Ledger(records) as ledger, ledger.transaction():
        ledger.note_sent(Sent("2026-27", f"211/{number}", at, kind, state, address, message_id))


def returned(records: Path, tmp_path: Path, forms: Path, number: str, **changes: str | bool) -> None:
    """The school returns its own copy, with some answers changed."""
    path = tmp_path / f"{number} returned.pdf"
    path.write_bytes(type_into((forms / f"{number}.pdf").read_bytes(), answers(number, **changes)))
    ingest(records, [path])


def status(records: Path, schools: Path, *options: object) -> dict[str, dict[str, str]]:
    result = run("status", "2026-27", "-o", records, "--schools", schools, "--csv", *options)
    return {row["dfe_number"][4:]: row for row in table(result)}
