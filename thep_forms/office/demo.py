"""The demo: a blank form, and the sample returns read into records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import copytree

from msgspec import Struct

from thep_forms.definition import Definitions, MembershipYear, shipped
from thep_forms.office.arrivals.ingest import ingest
from thep_forms.office.arrivals.mailboxes import Places
from thep_forms.office.arrivals.summary import Summary
from thep_forms.office.sending.forms import write_blank_form
from thep_forms.sources import SourceFile

YEAR = MembershipYear(2026)  # of the samples


class DemoFile(Struct, frozen=True):
    """A file or folder that the demo made, and what to look for in it."""

    path: Path
    description: str


class Demo(Struct, frozen=True):
    """The result of the demo: a summary of its returns, its RECORDS folder, and the files to look at."""

    summary: Summary
    records: Path
    files: tuple[DemoFile, ...]


def run_demo(folder: Path, progress: Callable[[Places], Iterable[SourceFile]]) -> Demo:
    """Make a form and read the sample returns into `folder`. `progress` may wrap the files that are read."""
    definitions = Definitions(None, YEAR)
    (form,) = write_blank_form(YEAR, folder, definitions).paths
    returns, records = folder / "returns", folder / "records"
    copytree(shipped("samples") / "returns", returns, dirs_exist_ok=True)
    summary = ingest(
        records,
        [returns],
        definitions=definitions,
        register=shipped("samples") / "schools.csv",
        progress=progress,
    )
    descriptions = {
        form: "the form, to fill in with any PDF viewer",
        returns: "the sample returns that were read",
        records / "records.xlsx": "all tables as a workbook for Excel",
        records / "schools.csv": "one row for each school whose form was accepted",
        records / "contacts.csv": "the contacts of these schools, one row for each person and role",
        records / "problems.csv": "what to write back to the schools about",
        records / "returns.csv": "what became of every file",
    }
    return Demo(summary, records, tuple(DemoFile(path, description) for path, description in descriptions.items()))
