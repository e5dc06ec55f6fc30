"""Commands that make forms for the schools."""

from __future__ import annotations

from pathlib import Path

import click

from thep_forms.cli.shared import Complaint, Number, replaceable, some, telling, templates_option, warn_of_example


@click.command()
@click.argument("year")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where to put it."
)
@click.option("--continuation", type=Number(0, 200), metavar="N", help="Room for N more senior leaders.")
@click.option(
    "--schools",
    type=click.Path(exists=True, path_type=Path),
    help="One copy a school, with what is known of it: a CSV or workbook, an extract of GIAS, or last year's records.",
)
@templates_option
@telling
def generate(year: str, output: Path, continuation: int | None, schools: Path | None, templates: Path | None) -> None:
    """Make the fillable form of a YEAR.

    \b
    Example:  thep-forms generate 2026-27 -o forms
    For each school:  thep-forms generate 2026-27 -o forms --schools members.csv
    """
    from thep_forms.definition import load_definition
    from thep_forms.files import write_whole
    from thep_forms.generate import generate as make

    if schools:
        _generate_copies(year, output, continuation, schools, templates)
        return
    definition = load_definition(year, templates)
    data = make(definition, more=continuation)
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{definition.year} {definition.form.title}.pdf"
    write_whole(path, data)
    click.echo(path)
    warn_of_example(definition)


def _generate_copies(year: str, output: Path, more: int | None, schools: Path, templates: Path | None) -> None:
    """A copy for each school; they hold what schools told, so nobody else may read them."""
    from thep_forms.definition import Definitions, load_definition
    from thep_forms.files import PRIVATE_FOLDER, write_private
    from thep_forms.office.copies import copies
    from thep_forms.register import read_register

    definition = load_definition(year, templates, prefilled=True)
    members = read_register(schools, Definitions(templates, definition.year))
    made = copies(definition, members, more)
    output.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    for name, data in made:
        write_private(output / name, data)
        click.echo(output / name)
    click.echo(f"{some(len(members), 'form')}, one for each school.", err=True)
    warn_of_example(definition)


@click.command("print")
@click.argument("year")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; else one in this folder that is called by the form and its year.",
)
@click.option(
    "--schools",
    type=click.Path(exists=True, path_type=Path),
    help="One copy a school, with what is known of it: a CSV or workbook, an extract of GIAS, or last year's records.",
)
@click.option("--copies", type=Number(1, 1000), metavar="N", help="N blank copies; else one.")
@templates_option
@telling
def print_forms(
    year: str, output: Path | None, schools: Path | None, copies: int | None, templates: Path | None
) -> None:
    """Make one PDF of the forms of a YEAR for the printer.

    Printed on both sides, each copy begins on a sheet of its own.

    \b
    Example:  thep-forms print 2026-27 --copies 20
    For each school:  thep-forms print 2026-27 --schools members.csv
    """
    from thep_forms.definition import Definitions, load_definition
    from thep_forms.files import write_private, write_whole
    from thep_forms.generate import PaperCopy, pack
    from thep_forms.office.copies import print_pack
    from thep_forms.register import read_register

    if schools and copies:
        raise Complaint("--copies is for blank forms. Leave it out: with --schools there is one copy a school.")
    definition = load_definition(year, templates, prefilled=bool(schools))
    what = "for printing" if schools else "for printing, blank"  # one does not take the place of the other
    path = output or Path(f"{definition.year} {definition.form.title} {what}.pdf")
    replaceable(path, b"%PDF-")
    if schools:
        members = read_register(schools, Definitions(templates, definition.year))
        data = print_pack(definition, members)
        told = f"{some(len(members), 'form')}, one for each school, by DFE number."
    else:
        data = pack(definition, [PaperCopy()] * (copies or 1))
        told = f"{some(copies or 1, 'blank form')}."
    path.parent.mkdir(parents=True, exist_ok=True)
    (write_private if schools else write_whole)(path, data)  # a school's copy holds what it told
    click.echo(path)
    click.echo(f"{told} Each begins on a sheet of its own, printed on one side or both.", err=True)
    warn_of_example(definition)
