"""The membership years that the records know, for a person to choose from."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.definition.load import TEMPLATES
from thep_forms.office.opening import open_records
from thep_forms.office.schools.sent import sent_to_schools
from thep_forms.records import Records
from thep_forms.records.names import LEDGER


class Years(Struct, frozen=True):
    """The years to choose from, the latest first, and the one that counts where nobody chose.

    The first is one that may be begun: no school was asked for it yet.
    """

    latest: MembershipYear
    all: tuple[MembershipYear, ...]


def has_records(folder: Path) -> bool:
    """Whether the folder has a ledger."""
    return (folder / LEDGER).is_file()


def can_begin(folder: Path) -> bool:
    """Whether records can begin in the folder: nothing is in it yet, but for what the first questions left."""
    if not folder.exists():
        return True
    return folder.is_dir() and all(path.name == TEMPLATES for path in folder.iterdir())


def latest_year(records: Records, definitions: Definitions) -> MembershipYear:
    """The latest year of the records; this year where they know none."""
    return MembershipYear.parse(records.latest_year) if records.latest_year else definitions.default_year


def _year_to_show(records: Records, definitions: Definitions) -> MembershipYear:
    """The latest year that was begun. A form of next year that came too early begins none."""
    latest = latest_year(records, definitions)
    if latest <= definitions.default_year or str(latest) in records.registers.by_year:
        return latest
    collected = {sent.year for sent in sent_to_schools(records)}
    collected |= {arrival.year_given for entry in records.returns() for arrival in entry.arrivals}
    if str(latest) in collected:
        return latest
    known = collected | {entry.year for entry in records.returns()}
    return max((MembershipYear.parse(year) for year in known if "" < year < str(latest)), default=latest)


def look_up_years(folder: Path, definitions: Definitions) -> Years:
    """The years of the records in `folder`; where there are none, this year. Raises `RecordsError`, `TemplateError`."""
    this_year = definitions.default_year
    latest, known = this_year, {this_year}
    if has_records(folder):
        with open_records(folder, definitions) as (ledger, records):
            known |= {MembershipYear.parse(year) for year in records.once(look_up_years, ledger.years)}
            latest = records.once((look_up_years, this_year), lambda: _year_to_show(records, definitions))
    known |= {latest, MembershipYear(max(latest, this_year).start + 1)}
    return Years(latest, tuple(sorted(known, reverse=True)))
