"""The command that answers “what do you hold on me?”: `find`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.options import existing_records_option, templates_option
from thep_forms.cli.output import count_of, message, printable, school_in_words

if TYPE_CHECKING:
    from thep_forms.office.people.found import Found, Held, HeldAtSchool


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@existing_records_option
@click.option(
    "--export",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Also write a page and the files to this new folder, to hand over.",
)
@templates_option
def find(words: tuple[str, ...], records: Path, export: Path | None, templates: Path | None) -> None:
    """Find everything that is held about a person.

    WORDS are a name, an e-mail address or a telephone number. All words have to stand in the same answer, or in the
    answers about one person. Capital letters, accents and blanks do not count.

    \b
    Example:  thep-forms find "Ann Lee" -o records-2026-27 --export found
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.people.find import find as find_person

    found = find_person(records, " ".join(words), Definitions.of_today(templates, records), export)
    _print_found(found, records)
    if export:
        message(f"This page and {count_of(len(found.files), 'file')} are in {export}.")
        if any(file.holds_others for file in found.files):
            message("Files that hold other people too: black these people out before you hand the files over.")


def _print_found(found: Found, records: Path) -> None:
    words = printable(found.words)
    if not found.schools:
        click.echo(f"Nothing is held about “{words}”.")
    else:
        click.echo(f"“{words}” stands in {count_of(found.count, 'place')}.")
        if found.person.addresses:
            addresses = ", ".join(sorted(found.person.addresses))
            click.echo(f"Also looked for what stands beside the name: {printable(addresses)}.")
    for school in found.schools:
        _print_school(school)
    if found.files:
        click.echo("\nFiles that hold the person:")
        for file in found.files:
            others = ", which holds other people too" if file.holds_others else ""
            click.echo(f"  {file.path}{others}")
    _print_unsearched(found, records)


def _print_school(school: HeldAtSchool) -> None:
    click.echo(f"\n{school_in_words(school.dfe_number, school.school_name)}")
    for place in school.places:
        _print_place(place)


def _print_place(place: Held) -> None:
    details = f" ({place.details})" if place.details else ""
    click.echo(f"  {printable(place.subject[:1].upper() + place.subject[1:])}{details}")
    for line in place.lines:
        click.echo(f"      {printable(line.label)}: {printable(' / '.join(line.text.splitlines()))}")


def _print_unsearched(found: Found, records: Path) -> None:
    """Say what could not be searched. This is for the office alone: it is on no page."""
    if found.unsearched:
        files = count_of(len(found.unsearched), "file")
        message(f"\nNot searched: {files} whose words the program cannot read. Look at these yourself:")
        for return_id, source in found.unsearched:
            message(f"  {return_id}  {printable(source)}")
    if found.ledgers:
        message(
            f"\nNot searched: {', '.join(found.ledgers)}. These are earlier ledgers, which may hold the same. "
            f"Delete them in {shlex.quote(str(records))} if you do not need them."
        )
