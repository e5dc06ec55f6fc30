"""Text for the terminal."""

from __future__ import annotations

import click

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """The text with every character replaced that a terminal would act on."""
    return "".join(char if char.isprintable() else REPLACEMENT for char in text)


def count_of(count: int, noun: str) -> str:
    """The number with its noun: `1 form`, `2 forms`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def message(text: str = "") -> None:
    """Print a message for the user to stderr, so that a pipe does not read it."""
    click.echo(text, err=True)


def warn_of_dates(warning: str) -> None:
    """Print a warning about the date by which forms are to be back, and what to do, if there is one."""
    if warning:
        message(f"{warning} Change return_by in templates/partnership.toml and install the program again.")


def school_name(dfe_number: str, name: str) -> str:
    """A school by its DfE number and its name, if it has one."""
    return printable(f"{dfe_number} {name}".rstrip())


def school_in_words(dfe_number: str, name: str) -> str:
    """A school by its name and its number, such as `Cedar Primary School (211/2101)`; or that nobody knows which."""
    if not dfe_number:
        return printable(name) or "Of no known school"
    return f"{printable(name) or 'A school without a name'} ({dfe_number})"


def warn_of_example_address(address: str) -> None:
    """Warn that forms name the shipped example as the address to return them to, if they do."""
    if address:
        message(
            f"The form asks schools to return it to {address}, which is an example. Enter your own address in "
            "templates/partnership.toml and install the program again."
        )
