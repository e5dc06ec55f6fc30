"""Drafts that a person sends with their own mail program: noted as sent once the person says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.reports.report_contents import HAS_RETURNED
from thep_forms.office.schools.school_status import SchoolStatus
from thep_forms.records import SentState, open_for_writing


class OpenDrafts(Struct, frozen=True):
    """The drafts to schools that have not answered, of which nobody said that they were sent. `last` is the latest."""

    count: int
    last: datetime


def open_drafts(statuses: Iterable[SchoolStatus]) -> OpenDrafts | None:
    """The drafts of a year that a person is asked about; None if there are none."""
    times: list[datetime] = []
    for status in statuses:
        if status.standing not in HAS_RETURNED:
            times += [message.at for message in status.messages if message.state is SentState.DRAFTED]
    return OpenDrafts(len(times), max(times)) if times else None


def note_drafts_sent(folder: Path, year: MembershipYear, last: datetime, definitions: Definitions) -> int:
    """Note that the drafts of a year were sent, those that were written up to `last`, and count them.

    Raises `RecordsError`, `TemplateError`.
    """
    with open_for_writing(folder, definitions) as ledger, ledger.transaction():
        found = [sent for sent in ledger.sent() if sent.state is SentState.DRAFTED]
        drafts = [sent for sent in found if sent.year == str(year) and sent.at <= last]
        for sent in drafts:
            ledger.note_sent(replace(sent, state=SentState.SENT))
    return len(drafts)
