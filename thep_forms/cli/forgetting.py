"""The command that deletes for good: `forget`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.errors import CommandError
from thep_forms.cli.options import existing_records_option, templates_option
from thep_forms.cli.output import count_of, message, printable, school_in_words

if TYPE_CHECKING:
    from thep_forms.definition import Definitions
    from thep_forms.office.people.forget import Disposal
    from thep_forms.office.people.forget_person import Erasure
    from thep_forms.office.people.holdings import Piece
    from thep_forms.office.people.origins import Origin
    from thep_forms.records import Returned

LISTED = 20  # things of one kind, in one message


@click.command()
@existing_records_option
@click.option("--school", metavar="DFE", help="Delete the data of the school with this DfE number, such as 211/1234.")
@click.option("--before", metavar="YEAR", help="Delete the data of the membership years before this one.")
@click.option("--strays", is_flag=True, help="Delete what nobody can place: files of an unknown school or year.")
@click.option(
    "--person",
    metavar="WORDS",
    help="Erase one person: a name, an e-mail address or a telephone number. See thep-forms find.",
)
@click.option(
    "--file",
    "files",
    metavar="RETURN_ID",
    multiple=True,
    help="With --person: also delete this file, such as a scan that shows the person. You may give several.",
)
@click.option("--yes", is_flag=True, help="Delete without asking first.")
@templates_option
def forget(
    records: Path,
    school: str | None,
    before: str | None,
    strays: bool,
    person: str | None,
    files: tuple[str, ...],
    yes: bool,
    templates: Path | None,
) -> None:
    """Delete the data of a school, of old years, of one person, or of what nobody can place.

    It deletes the data from the ledger and the tables, and the PDFs, permanently. With --school and --before it deletes
    only the old years of the school. With --person the PDFs that hold the person go, and what they say of other people
    stays. It shows what it would delete, and asks before it does. If it is cut off, run it again. The same files and
    messages are not taken in again.

    \b
    Exit code 0: done, or you said no.
    Exit code 2: the program could not ask for confirmation, or wrong usage.
    Example:  thep-forms forget -o records-2026-27 --school 211/1234
    """
    from thep_forms.definition import Definitions

    definitions = Definitions.of_today(templates, records)
    if sum((bool(school or before), strays, person is not None)) != 1:
        raise CommandError(
            "Choose what to delete: --school 211/1234, or --before 2025-26, or both of these; or --person, or --strays."
        )
    if files and person is None:
        raise CommandError("Give --file together with --person.")
    if person is not None:
        _forget_person(records, definitions, person, files, yes)
    else:
        _forget_data(records, definitions, school, before, strays, yes)


def _forget_person(records: Path, definitions: Definitions, words: str, files: Sequence[str], yes: bool) -> None:
    from thep_forms.office.people.forget_person import forget_person

    def confirmed(erasure: Erasure) -> bool:
        _print_erasure(erasure, words)
        return yes or erasure.is_empty or _is_confirmed()

    erasure = forget_person(records, words, definitions, confirmed, files)
    if not (erasure and erasure.is_empty):
        _print_end(is_done=erasure is not None)


def _forget_data(
    records: Path, definitions: Definitions, school: str | None, before: str | None, strays: bool, yes: bool
) -> None:
    from thep_forms.definition import MembershipYear
    from thep_forms.office.people.forget import forget as forget_data

    def confirmed(disposal: Disposal) -> bool:
        _print_disposal(disposal)
        return yes or disposal.is_empty or _is_confirmed()

    year = MembershipYear.parse(before) if before else None
    disposal = forget_data(records, definitions, school, year, confirmed, strays=strays)
    if disposal and disposal.is_empty:
        message("There was nothing to delete." + ("" if strays else " Check the DfE number and the year."))
    else:
        _print_end(is_done=disposal is not None)


def _is_confirmed() -> bool:
    """Whether the user agrees. Raises `CommandError` if nobody can be asked."""
    try:
        return click.confirm("Delete this permanently?", err=True)
    except click.Abort as error:
        raise CommandError("Nothing was deleted, because you did not confirm. In a script, use --yes.") from error


def _print_end(*, is_done: bool) -> None:
    if is_done:
        message("Done. The program cannot delete copies elsewhere, such as in your mailbox or your backups.")
    else:
        message("Nothing was deleted.")


def _print_disposal(disposal: Disposal) -> None:
    """Print what would be deleted, for a person to confirm."""
    parts = list(_parts(disposal))
    contents = f"{', '.join(parts[:-1])} and {parts[-1]}"
    message(f"This would delete {contents}{':' if disposal.returns else ', and anything left over from them.'}")
    _print_returns_by_school(disposal.returns, disposal.origins)
    for name in disposal.unlisted[:LISTED]:
        message(f"  {printable(name)}, which no return is in")
    with_returns = {origin.dfe_number for origin in disposal.origins.values()}
    _print_schools({number: name for number, name in disposal.schools.items() if number not in with_returns})
    if disposal.shared:
        message("The same PDFs hold these returns too. They stay in the tables, but without their PDF:")
        _print_returns_by_school(disposal.shared, disposal.origins)
    if disposal.unplaced:
        message(f"Not deleted: {count_of(disposal.unplaced, 'file')} of an unknown school or year. See returns.csv.")
    if disposal.unknown:
        files = count_of(disposal.unknown, "file")
        message(f"Not deleted: {files} beside the PDFs that the ledger does not know. Run verify to see which.")


def _parts(disposal: Disposal) -> Iterator[str]:
    """How many things of each kind would be deleted."""
    yield count_of(len(disposal.returns), "return")
    yield count_of(len(disposal.files), "PDF")
    if disposal.messages:
        yield f"the notes of {count_of(len(disposal.messages), 'e-mail')}"
    if disposal.members:
        yield f"what your list says about {count_of(len({number for _, number in disposal.members}), 'school')}"
    if disposal.decisions:
        yield f"{count_of(len(disposal.decisions), 'decision')} about the school"
    if disposal.unlisted:
        yield f"{count_of(len(disposal.unlisted), 'archived file')} that the ledger does not know"
    yield from ledger_parts(disposal.ledger_copies, disposal.damaged_ledgers)


def ledger_parts(copies: Iterable[str], damaged: Iterable[str]) -> Iterator[str]:
    """How many other ledgers would be deleted."""
    if count := _ledgers(copies):
        yield f"{count_of(count, 'ledger')} that an earlier version of the program wrote"
    if count := _ledgers(damaged):
        yield f"{count_of(count, 'damaged ledger')} that restore put aside"


def _print_schools(schools: Mapping[str, str]) -> None:
    """Print the schools of which there is something to delete, but no return."""
    for number in list(schools)[:LISTED]:
        message(f"  {school_in_words(number, schools[number])}, of which there is no return")
    if len(schools) > LISTED:
        message(f"  and {len(schools) - LISTED} more")


def _ledgers(names: Iterable[str]) -> int:
    """How many ledgers these files are. Their journals are not counted."""
    return sum(name.endswith(".sqlite") for name in names)


def _print_returns_by_school(returns: Sequence[Returned], origins: Mapping[str, Origin]) -> None:
    """Print the returns of each school. `origins` has the school and the year by the id of the return."""
    from thep_forms.office.people.forget_plans import returns_by_school

    for school in returns_by_school(returns, origins):
        number = school.dfe_number
        message(f"  {school_in_words(number, school.name)}" if number else "  Forms without a DfE number")
        for returned in school.returns:
            times = len(returned.arrivals)
            repeated = f" (came {times} times)" if times > 1 else ""
            year = origins[returned.return_id].year or "no year"
            what = ", a form with answers" if returned.entry.is_filled_in and not number else ""
            message(f"    {year}  {returned.return_id}  {printable(returned.source)}{what}{repeated}")


# --- one person ---------------------------------------------------------------------------------------------------


def _print_erasure(erasure: Erasure, words: str) -> None:
    """Print what would be erased of a person, for the user to confirm."""
    from thep_forms.office.people.forget_person import names_in, schools_of

    if erasure.is_empty:
        message(f"Nothing is held about “{printable(words)}”, so there is nothing to erase.")
    else:
        files = count_of(len(erasure.files), "PDF")
        parts = [f"“{printable(words)}” from these places", files]
        parts += ledger_parts(erasure.ledger_copies, erasure.damaged_ledgers)
        message(f"This would delete {', '.join(parts[:-1])} and {parts[-1]}:")
    for number, (name, pieces) in schools_of(erasure.pieces).items():
        message(f"  {school_in_words(number, name)}")
        _print_pieces(pieces)
    if erasure.files:
        message("What the PDFs say of other people stays in the tables.")
    if len(names := names_in(erasure.pieces)) > 1:
        message(
            f"The words fit several names: {printable('; '.join(names))}. Type more words if they are not one person."
        )
    if erasure.person.shared:
        shared = ", ".join(sorted(erasure.person.shared))
        message(f"Others have the address {printable(shared)} too, so it stays where it is theirs.")
    _print_unsearched(erasure)


def _print_pieces(pieces: Sequence[Piece]) -> None:
    """Print where in the data of a school the person stands."""
    headings: dict[str, dict[str, None]] = {}
    for piece in pieces:
        year = f" of {piece.year}" if piece.year and piece.year not in piece.subject else ""
        found = headings.setdefault(f"{piece.subject[:1].upper()}{piece.subject[1:]}{year}", {})
        found.update(dict.fromkeys(line.heading for line in piece.lines))
    for place, names in headings.items():
        message(f"    {printable(place)}: {printable('; '.join(names))}")


def _print_unsearched(erasure: Erasure) -> None:
    """Say which files may show the person without the program knowing."""
    if not erasure.unsearched:
        return
    files = count_of(len(erasure.unsearched), "file")
    message(f"Not searched, and not deleted: {files} whose words the program cannot read. Look at these yourself:")
    for return_id, source in erasure.unsearched[:LISTED]:
        message(f"  {return_id}  {printable(source)}")
    if len(erasure.unsearched) > LISTED:
        message(f"  and {len(erasure.unsearched) - LISTED} more, which thep-forms find lists")
    message("If one shows the person, give its id with --file.")
