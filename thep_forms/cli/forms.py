"""Commands that make forms: `generate` and `print`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.errors import CommandError
from thep_forms.cli.options import REGISTER_LIST, WholeNumber, register_list_option, templates_option, year_argument
from thep_forms.cli.output import count_of, message, warn_of_dates, warn_of_example_address

if TYPE_CHECKING:
    from thep_forms.definition import MembershipYear

ONE_FOR_EACH_SCHOOL = f"Make a copy for each school in this list: {REGISTER_LIST}."

records_option = click.option(
    "--records",
    metavar="RECORDS",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the records. Make a copy for each member school of the YEAR, with what the records know of it.",
)


@click.command()
@year_argument
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder for the forms. Without it, they go into the folder that you are in.",
)
@click.option(
    "--continuation",
    type=WholeNumber(0, 200),
    metavar="N",
    help="The number of extra senior leaders that the last page has room for, from 0 to 200.",
)
@register_list_option(ONE_FOR_EACH_SCHOOL)
@records_option
@templates_option
def generate(
    year: MembershipYear,
    output: Path,
    continuation: int | None,
    schools: Path | None,
    records: Path | None,
    templates: Path | None,
) -> None:
    """Make the form of a YEAR as a PDF to fill in.

    With --schools or --records it makes a copy for each school, and fills in what is known of the school. With both,
    the records keep the list as the register of the YEAR.

    \b
    Example:  thep-forms generate 2026-27 -o forms
    For each school:  thep-forms generate 2026-27 -o forms --schools members.csv
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.sending.forms import write_blank_form, write_school_copies

    definitions = Definitions.of_today(templates, records)
    if schools or records:
        written = write_school_copies(
            year, output, schools, definitions, records=records, continuation=continuation, on_written=click.echo
        )
        message(f"{count_of(written.forms, 'form')}, one for each school.")
    else:
        written = write_blank_form(year, output, definitions, continuation=continuation)
        click.echo(written.paths[0])
    warn_of_example_address(written.example_address)
    warn_of_dates(written.date_warning)


@click.command("print")
@year_argument
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The PDF to write. Without it, the PDF gets the name of the form and the year.",
)
@register_list_option(ONE_FOR_EACH_SCHOOL)
@records_option
@click.option("--copies", type=WholeNumber(1, 1000), metavar="N", help="The number of blank forms. Without it, one.")
@templates_option
def print_forms(
    year: MembershipYear,
    output: Path | None,
    schools: Path | None,
    records: Path | None,
    copies: int | None,
    templates: Path | None,
) -> None:
    """Make one PDF of the forms of a YEAR for the printer.

    You can print it on one side or on both sides: each form begins on a new sheet. With --schools or --records it
    has a copy for each school, in the order of their DfE numbers, and fills in what is known of the school. With both,
    the records keep the list as the register of the YEAR.

    \b
    Example:  thep-forms print 2026-27 --copies 20
    For each school:  thep-forms print 2026-27 --schools members.csv
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.sending.forms import write_blank_pack, write_school_pack

    if (schools or records) and copies:
        raise CommandError("--copies is for blank forms. Leave it out: each school in a list gets one copy.")
    definitions = Definitions.of_today(templates, records)
    if schools or records:
        written = write_school_pack(year, output, schools, definitions, records=records)
        contents = f"{count_of(written.forms, 'form')}, one for each school, by DfE number."
    else:
        written = write_blank_pack(year, output, definitions, forms=copies or 1)
        contents = f"{count_of(written.forms, 'blank form')}."
    click.echo(written.paths[0])
    message(f"{contents} Each form begins on a new sheet, whether you print on one side or on both.")
    warn_of_example_address(written.example_address)
    warn_of_dates(written.date_warning)
