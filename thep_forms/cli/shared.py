"""What the commands have in common: how errors are told, exit codes, options that several have."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from thep_forms.errors import ThepFormsError

if TYPE_CHECKING:
    from thep_forms.definition import FormDefinition

P = ParamSpec("P")
T = TypeVar("T")
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows knows no quotas


class ExitCode(IntEnum):
    """What `ingest` tells a script."""

    ALL_ACCEPTED = 0
    NEEDS_ATTENTION = 1
    WRONG_USAGE = 2


class Complaint(click.ClickException):
    """An error that the user can mend, as one line."""

    exit_code = ExitCode.WRONG_USAGE


@contextmanager
def _messages() -> Iterator[None]:
    """The package's errors, and those of the file system, as one line and an exit code."""
    try:
        yield
    except ThepFormsError as error:
        raise Complaint(printable(str(error))) from error
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever was to read on has had enough, which click knows
        if error.errno in FULL:
            raise Complaint("The disk is full. Nothing is half-written: make room, and run again.") from error
        named = error.filename2 or error.filename  # of a file that was to take another's place, that place
        where = f"{named}: " if named else ""
        what = error.strerror or str(error)
        raise Complaint(printable(f"{where}{what}. Nothing is half-written; mend it and run again.")) from error
    except Exception as error:
        from traceback import extract_tb

        # A fault of the program. Its words may hold what a school typed: its kind and its place are told alone.
        place = extract_tb(error.__traceback__)[-1]
        raise Complaint(
            f"The program itself failed: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}. "
            "Nothing is half-written. Please tell whoever looks after it."
        ) from error


def telling(command: Callable[P, T]) -> Callable[P, T]:
    """The command, with its errors told."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        with _messages():
            return command(*args, **kwargs)

    return told


def printable(text: str) -> str:
    """The text without anything that a terminal would act on."""
    return "".join(char if char.isprintable() else "�" for char in text)


class Number(click.IntRange):
    """A whole number of a range. What is none is told in words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            span = f"from {self.min} to {self.max}" if self.max is not None else f", {self.min} or more"
            self.fail(f"{value} will not do. Give a whole number {span}.".replace(" ,", ","), param, ctx)


def replaceable(path: Path, start: bytes) -> None:
    """Raises `Complaint` if something is there that does not begin so: no file of another kind is written over."""
    if not path.exists():
        return
    with path.open("rb") as file:
        if file.read(len(start)) != start:
            raise Complaint(f"{path} is there already, and is something else. Choose another name for what is made.")


def asked_password(prompt: str, otherwise: str) -> str:
    """The password that is typed, or the line that is piped in. Raises `Complaint`, with what to do `otherwise`."""
    if sys.stdin.isatty():
        with suppress(click.Abort):
            return str(click.prompt(prompt, hide_input=True, err=True))
    elif password := sys.stdin.readline().rstrip("\r\n"):
        return password
    raise Complaint(otherwise)


def warn_of_example(definition: FormDefinition) -> None:
    """Tell of a return address that nobody has changed."""
    address = definition.partnership.return_address
    if address.endswith(".example"):
        click.echo(
            f"The form still says to return it to {address}, which is an example. Write your own address into "
            "templates/partnership.toml, and install once more.",
            err=True,
        )


templates_option = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of your own templates; what it lacks is taken from the shipped ones.",
)


def _records(told: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    return click.option("-o", "--records", type=click.Path(path_type=Path), required=True, help=told)


returned_option = _records("The folder of the records, which ingest wrote to.")
records_option = _records("The folder that holds everything about the returns; made if it is not there.")


def chase_options(command: Callable[P, T]) -> Callable[P, T]:
    """The options that say whose turn it is to be reminded."""
    at_most = click.option(
        "--at-most",
        type=Number(1),
        default=3,
        show_default=True,
        metavar="N",
        help="Reminders to a school.",
    )
    apart = click.option(
        "--apart", type=Number(0), default=7, show_default=True, metavar="DAYS", help="Between two of them."
    )
    return at_most(apart(command))


def some(count: int, what: str) -> str:
    """So many of them: `1 form`, `2 forms`."""
    return f"{count} {what}{'' if count == 1 else 's'}"
