"""Options and arguments that several commands have."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from thep_forms.cli.errors import CommandError
from thep_forms.defaults import DAYS_BETWEEN_REMINDERS, REMINDERS_FOR_A_SCHOOL

if TYPE_CHECKING:
    from thep_forms.definition import MembershipYear

F = TypeVar("F", bound=Callable[..., Any])  # a function that becomes a command

REGISTER_LIST = "a CSV file, an Excel workbook, an extract of GIAS, or the folder of last year's records"


class WholeNumber(click.types.IntParamType):
    """A whole number, `least` or more, and no more than `most` if that is set."""

    name = "number"

    def __init__(self, least: int, most: int | None = None) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that was typed. Fails, in words, for anything else."""
        try:
            number = int(value)
        except ValueError:
            self.fail(self._message(value), param, ctx)
        if number < self.least or (self.most is not None and number > self.most):
            self.fail(self._message(value), param, ctx)
        return number

    def _message(self, value: Any) -> str:
        bounds = f"of {self.least} or more" if self.most is None else f"from {self.least} to {self.most}"
        return f"{value} is not allowed. Enter a whole number {bounds}."


class Seconds(click.types.FloatParamType):
    """A time in seconds, of at least `LEAST`."""

    LEAST = 0.1

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that were typed. Fails, in words, for anything else."""
        try:
            seconds = float(value)
        except ValueError:
            seconds = 0.0
        if not seconds >= self.LEAST:
            self.fail(f"{value} is not allowed. Enter a number of seconds, {self.LEAST} or more.", param, ctx)
        return seconds


def parse_year(text: str) -> MembershipYear:
    """The membership year that was typed. Raises `YearError`."""
    from thep_forms.definition import MembershipYear

    return MembershipYear.parse(text)


year_option = click.option(
    "--year",
    metavar="YEAR",
    type=parse_year,
    help="The membership year that you collect. A form of an earlier year is then an error.",
)

year_argument = click.argument("year", type=parse_year)

templates_option = click.option(
    "--templates",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with your own templates. The program uses its own templates for any that the folder lacks.",
)


def register_list_option(help_text: str) -> Callable[[F], F]:
    """The option `--schools`: the list of member schools."""
    return click.option("--schools", metavar="LIST", type=click.Path(path_type=Path), help=help_text)


def _records_option(help_text: str) -> Callable[[F], F]:
    return click.option(
        "-o", "--records", metavar="RECORDS", type=click.Path(path_type=Path), required=True, help=help_text
    )


def existing_records_option(command: F) -> F:
    """The option for a folder of records that must exist."""
    return _records_option("The folder of the records, which ingest wrote.")(command)


def records_option(command: F) -> F:
    """The option for a folder of records that the command makes if it does not exist."""
    return _records_option("The folder of the records. The program makes it if it does not exist.")(command)


def reminder_options(command: F) -> F:
    """The options that say when a school is reminded."""
    at_most = click.option(
        "--at-most",
        type=WholeNumber(1),
        default=REMINDERS_FOR_A_SCHOOL,
        show_default=True,
        metavar="N",
        help="With --chase: the most reminders that a school gets.",
    )
    apart = click.option(
        "--apart",
        type=WholeNumber(0),
        default=DAYS_BETWEEN_REMINDERS,
        show_default=True,
        metavar="DAYS",
        help="With --chase: the fewest days between two reminders.",
    )
    return at_most(apart(command))


def ask_password(prompt: str, if_missing: str) -> str:
    """The password that the user types or pipes in. Raises `CommandError` with `if_missing` if there is none."""
    if sys.stdin.isatty():
        with suppress(click.Abort):
            return str(click.prompt(prompt, hide_input=True, err=True))
    elif password := sys.stdin.readline().rstrip("\r\n"):
        return password
    raise CommandError(if_missing)
