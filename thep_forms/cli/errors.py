"""Errors on the command line: one line for the user, and an exit code for scripts."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import IO, Any

import click

from thep_forms.cli.output import printable
from thep_forms.errors import Remedy, ThepFormsError
from thep_forms.files import DISK_FULL

_COMMANDS = {
    Remedy.ASSIGN: "For that, use thep-forms assign.",
    Remedy.CORRECT: "For that, use thep-forms correct.",
    Remedy.ENTER: "For that, use thep-forms enter.",
    Remedy.FIND: "The command thep-forms find lists these.",
    Remedy.GIVE_LIST: "Give a list with --schools.",
    Remedy.INGEST: "For that, use thep-forms ingest.",
    Remedy.NAME_DECISION: "The column decision_id of decisions.csv has them all.",
    Remedy.NAME_FIELD: "The column field of values.csv has the names.",
    Remedy.NAME_RETURN: "The column return_id of returns.csv has them all.",
    Remedy.SAY_UNCHANGED: "Use FIELD=ANSWER, or --unchanged if nothing has changed.",
    Remedy.SAY_WHOSE: "Use --school 211/1234, or --year 2026-27, or both.",
    Remedy.SEE_PROBLEMS: "The table problems.csv has the words.",
}


class ExitCode(IntEnum):
    """The exit codes of the commands, for scripts."""

    DONE = 0
    NEEDS_ATTENTION = 1
    WRONG_USAGE = 2  # or something that the user must put right first
    STOPPED = 130  # by Ctrl-C: 128 and the number of its signal, as shells have it


class CommandError(click.ClickException):
    """An error that the user can put right, in one line."""

    exit_code = ExitCode.WRONG_USAGE


class StoppedError(click.ClickException):
    """The user stopped the command with Ctrl-C."""

    exit_code = ExitCode.STOPPED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(self.format_message(), file=file, err=True)


@contextmanager
def stopped_as_message(text: str) -> Iterator[None]:
    """Turn Ctrl-C into one line, which says what is kept and what to do, and the exit code of a stopped command."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise StoppedError(text) from error


@contextmanager
def usage_as_message() -> Iterator[None]:
    """Turn a command that was typed wrongly into one line, where click prints three."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise  # it shows the help
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "thep-forms"
        help_line = f"To see how to type the command: {command} --help"
        raise CommandError(printable(f"{_what_is_wrong(error)} {help_line}")) from error


def _what_is_wrong(error: click.UsageError) -> str:
    if isinstance(error, click.BadParameter) and error.param:
        name = error.param_hint or error.param.get_error_hint(error.ctx)
        words = (name if isinstance(name, str) else " or ".join(name)).replace("'", "")
        return f"{words} is missing." if isinstance(error, click.MissingParameter) else f"{words}: {error.message}"
    return error.format_message()


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Turn errors of the package and of the file system into one line and an exit code."""
    try:
        yield
    except ThepFormsError as error:
        hint = f" {_COMMANDS[error.remedy]}" if error.remedy else ""
        raise CommandError(printable(f"{error}{hint}")) from error
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # the program that reads our output has ended; click deals with it
        raise CommandError(printable(_file_system_message(error))) from error
    except Exception as error:
        # A fault of the program. Its text may quote what a school typed, so only its kind and place are shown.
        from traceback import extract_tb  # slow to import

        place = extract_tb(error.__traceback__)[-1]
        raise CommandError(
            f"The program has a fault: {type(error).__name__} at {Path(place.filename).name}, line {place.lineno}. "
            "No file is half-written. Please report this to the person who looks after the program."
        ) from error


def _file_system_message(error: OSError) -> str:
    if error.errno in DISK_FULL:
        return "The disk is full. No file is half-written. Make room and try again."
    path = error.filename2 or error.filename  # the target, where one file replaces another
    where = f"{path}: " if path else ""
    what = error.strerror or str(error)
    return f"{where}{what}. No file is half-written. Put this right and run the command again."
