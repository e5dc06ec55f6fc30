"""The command line: options, progress, messages and exit codes. The rules are in `office`.

To start quickly, a command's module is imported when the command is needed, and the rest of the program when it runs.
"""

from __future__ import annotations

from importlib import import_module

import click

from thep_forms import __version__
from thep_forms.cli.errors import errors_as_messages, usage_as_message

# The commands in the order of the help: the module that each is in, the name of its function, and the first sentence of
# its help, so that the list of commands imports none of them.
_COMMANDS = {
    "generate": ("forms", "generate", "Make the form of a YEAR as a PDF to fill in."),
    "print": ("forms", "print_forms", "Make one PDF of the forms of a YEAR for the printer."),
    "email": ("email", "email", "Write to every school, with its form of a YEAR attached."),
    "ingest": ("returns", "ingest", "Read the forms that came back into tables."),
    "desk": ("desk", "desk", "Open the desk: a private page in your browser, where you finish what came."),
    "correct": ("decisions", "correct", "Correct answers of a return."),
    "confirm": ("decisions", "confirm", "Confirm what a return was asked about."),
    "enter": (
        "decisions",
        "enter",
        "Enter the answers of a school that came without a form: by telephone, letter or e-mail.",
    ),
    "assign": ("decisions", "assign", "Say whose a return is, or of which year."),
    "close": ("decisions", "close", "Say of returns that they are dealt with."),
    "prefer": ("decisions", "prefer", "Say which of a school's returns counts."),
    "note": ("decisions", "note", "Note something about a school."),
    "undo": ("decisions", "undo", "Take back decisions."),
    "history": ("decisions", "history", "Tell the story of a school or of a return."),
    "status": ("reports", "status", "See which schools have returned the form of a YEAR."),
    "mailing-list": ("reports", "mailing_list", "Print the contacts of a YEAR as a CSV."),
    "report": ("reports", "report", "Write a page about the returns of a YEAR."),
    "find": ("finding", "find", "Find everything that is held about a person."),
    "verify": ("maintenance", "verify", "Check that the records are complete and unchanged."),
    "restore": ("maintenance", "restore", "Bring back a damaged, emptied or lost ledger."),
    "forget": (
        "forgetting",
        "forget",
        "Delete the data of a school, of old years, of one person, or of what nobody can place.",
    ),
    "demo": ("demo", "demo", "Make a form and read sample files, to try the program."),
}
_COLUMNS_BESIDE_SUMMARY = 6  # the margins of click's list of commands


class _Commands(click.Group):
    """The group of all commands, which turns the errors of each into a message and an exit code."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, function = _COMMANDS[name][:2]
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), function)
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, as click does, without the modules of the commands."""
        limit = formatter.width - max(map(len, _COMMANDS)) - _COLUMNS_BESIDE_SUMMARY
        with formatter.section("Commands"):
            formatter.write_dl([(name, _shortened(command[-1], limit)) for name, command in _COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with usage_as_message():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        from thep_forms.cli.notes import notes_of_lists  # the help needs none

        with usage_as_message(), errors_as_messages(), notes_of_lists():
            return super().invoke(ctx)


def _shortened(summary: str, limit: int) -> str:
    """The summary of a command with `limit` characters at most, as click shortens it."""
    return click.Command(None, help=summary).get_short_help_str(limit)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thep-forms")
def main() -> None:
    """Make the membership form of a year, and turn the forms that come back into tables.

    To see what the program does, start with:

    \b
      thep-forms demo

    To learn about a command, type its name and --help:

    \b
      thep-forms ingest --help
    """
