"""Notes a person's decision on which of a school's returns counts."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

from thep_forms.deciding import Action, Decision
from thep_forms.definition import Definitions
from thep_forms.errors import RecordsError
from thep_forms.office.summary import Summary, summarise
from thep_forms.records import Records, Returned, Views, open_for_writing


def prefer(folder: Path, return_id: str, definitions: Definitions) -> Summary:
    """Let the return count over all others of its school and year that came up to now.

    To take that back, prefer another. Raises `RecordsError` for a return that does not exist or cannot count.
    """
    with open_for_writing(folder, definitions) as ledger:
        before = Records(ledger, definitions)
        decision = _decision(return_id, before)
        with ledger.transaction():
            ledger.add_decision(decision)
        after = Records(ledger, definitions)
        Views(folder, after).write()
        return summarise(folder, after)


def _decision(return_id: str, records: Records) -> Decision:
    preferred = next((entry for entry in records.returns() if entry.return_id == return_id), None)
    if not preferred:
        raise RecordsError(f"There is no return {return_id}. The column return_id of returns.csv has them all.")
    if not preferred.judgement.can_count:
        raise RecordsError(
            f"The return {return_id} cannot count: it is no form, or has errors, which only a new form of the "
            "school can mend. problems.csv has the words to ask for it."
        )
    return Decision(
        number=0,  # the ledger gives it one
        action=Action.PREFER,
        return_id=return_id,
        before=";".join(_others(preferred, records)),
        after=return_id,
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
