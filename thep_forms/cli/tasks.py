"""The list of what needs a person, with the command that settles each thing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from thep_forms.cli.output import message, printable, school_name

if TYPE_CHECKING:
    from thep_forms.office.tasks import Task

LISTED = 20  # tasks at the end of a run
MOST_THINGS = 3  # that are wrong with a return, in its line


def print_tasks(tasks: Sequence[Task], records: Path) -> None:
    """Print the first tasks: first those of this run, then those of earlier runs."""
    new = [task for task in tasks if task.is_new][:LISTED]
    earlier = [task for task in tasks if not task.is_new][: LISTED - len(new)]
    for task in new:
        _print(task, records)
    if new and earlier:
        message("From earlier runs:")
    for task in earlier:
        _print(task, records)
    unlisted = len(tasks) - len(new) - len(earlier)
    if unlisted:
        message(f"  and {unlisted} more: see returns.csv")


def _print(task: Task, records: Path) -> None:
    school = f"{school_name(task.dfe_number, task.school_name)}: " if task.dfe_number else ""
    message(f"  {school}{printable(task.source)}")
    things = "; ".join(task.what[:MOST_THINGS])
    more = f"; and {len(task.what) - MOST_THINGS} more" if len(task.what) > MOST_THINGS else ""
    message(f"      {printable(things)}{more}")
    message(f"      {' '.join(_command(task))} -o {shlex.quote(str(records))}{_why(task)}")


def _command(task: Task) -> Iterator[str]:
    """The words of the command that settles a task, without its options for the records and the reason."""
    yield "thep-forms"
    match task.act:
        case "correct":
            yield f"correct {task.return_id} {' '.join(f'{field}=…' for field in task.fields)}"
        case "enter":
            yield f"enter {task.dfe_number} {task.year or 'YEAR'} FIELD=…"
        case "enter_unchanged":
            yield f"enter {task.dfe_number} {task.year or 'YEAR'} --unchanged"
        case "assign_school":
            yield f"assign {task.return_id} --school {task.dfe_number if task.is_members else '…'}"
        case "assign_year":
            yield f"assign {task.return_id} --year …"
        case _:
            yield f"{task.act} {task.return_id}"


def _why(task: Task) -> str:
    return "" if task.act in ("confirm", "prefer") else " --why …"
