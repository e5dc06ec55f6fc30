"""Notes a person's decision on which of a school's returns counts."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from thep_forms.deciding import Action, Decision, Verdict
from thep_forms.definition import Definitions
from thep_forms.errors import RecordsError
from thep_forms.office.summary import Summary, summarise
from thep_forms.records import Records, Returned, Views, open_for_writing


class Preference(Struct, frozen=True):
    """That a return counts over the others: its school, the way by which it came, and what the records hold now."""

    dfe_number: str
    school_name: str
    source: str
    summary: Summary


def prefer(folder: Path, return_id: str, definitions: Definitions) -> Preference:
    """Let the return count over all others of its school and year that came up to now.

    To take that back, prefer another. Raises `RecordsError` for a return that does not exist or cannot count.
    """
    with open_for_writing(folder, definitions) as ledger:
        before = Records(ledger, definitions)
        preferred = _preferred(return_id, before)
        decision = _decision(preferred, before)
        with ledger.transaction():
            ledger.add_decision(decision)
        after = Records(ledger, definitions)
        Views(folder, after).write()
        return Preference(preferred.dfe_number, preferred.school_name, preferred.source, summarise(folder, after))


def _preferred(return_id: str, records: Records) -> Returned:
    """The return of that id. Raises `RecordsError` if there is none, or it cannot count."""
    preferred = next((entry for entry in records.returns() if entry.return_id == return_id), None)
    if not preferred:
        raise RecordsError(f"There is no return {return_id}. The column return_id of returns.csv has them all.")
    if not preferred.judgement.can_count:
        raise RecordsError(f"The return {return_id} cannot count: {_why_not(preferred)}")
    return preferred


def _why_not(returned: Returned) -> str:
    """Why a return cannot count, and what to do."""
    if returned.verdict in (Verdict.SENT_BY_US, Verdict.AUTOMATIC):
        return "no school sent this file. Choose a form of the school."
    if returned.verdict in (Verdict.LOCKED, Verdict.UNREADABLE):
        return "this file cannot be read. Ask the school for a new form."
    if not returned.entry.is_form:
        return "this file is no membership form. Choose a form of the school."
    if returned.entry.blank:
        return "this form is blank. Choose a form of the school with answers in it."
    if not returned.year:
        return "this form does not say its year. Ask the school for a new form."
    return (
        "this form has errors, which only a new form of the school can mend. problems.csv has the words to ask for it."
    )


def _decision(preferred: Returned, records: Records) -> Decision:
    return Decision(
        number=0,  # the ledger gives it one
        action=Action.PREFER,
        return_id=preferred.return_id,
        before=";".join(_others(preferred, records)),
        after=preferred.return_id,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        who=_user(),
        year=preferred.year,
        dfe_number=preferred.dfe_number,
        school_name=preferred.school_name,
    )


def _others(preferred: Returned, records: Records) -> list[str]:
    """The ids of the other returns of the same school and year, and of forms of earlier years that came instead."""
    return [
        entry.return_id
        for entry in records.returns()
        if entry.year_collected == preferred.year
        and entry.judgement.school == preferred.dfe_number
        and entry.return_id != preferred.return_id
    ]


def _user() -> str:
    """The name of the system's user; empty where the system has none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
