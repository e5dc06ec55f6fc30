"""The command line: options, progress, messages and exit codes. The rules are in `office`.

To start quickly, a command's module is imported when the command is needed, and the rest of the program when it runs.
"""

from __future__ import annotations

from importlib import import_module

import click

from thep_forms import __version__
from thep_forms.cli.errors import errors_as_messages, usage_as_message
from thep_forms.cli.notes import notes_of_lists

# The commands in the order of the help: the module that each is in, and the name of its function.
_COMMANDS = {
    "generate": ("forms", "generate"),
    "print": ("forms", "print_forms"),
    "email": ("email", "email"),
    "ingest": ("returns", "ingest"),
    "desk": ("desk", "desk"),
    "correct": ("decisions", "correct"),
    "confirm": ("decisions", "confirm"),
    "enter": ("decisions", "enter"),
    "assign": ("decisions", "assign"),
    "close": ("decisions", "close"),
    "prefer": ("decisions", "prefer"),
    "note": ("decisions", "note"),
    "undo": ("decisions", "undo"),
    "history": ("decisions", "history"),
    "status": ("reports", "status"),
    "mailing-list": ("reports", "mailing_list"),
    "report": ("reports", "report"),
    "find": ("finding", "find"),
    "verify": ("maintenance", "verify"),
    "restore": ("maintenance", "restore"),
    "forget": ("forgetting", "forget"),
    "demo": ("demo", "demo"),
}


class _Commands(click.Group):
    """The group of all commands, which turns the errors of each into a message and an exit code."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, function = _COMMANDS[name]
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), function)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with usage_as_message():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with usage_as_message(), errors_as_messages(), notes_of_lists():
            return super().invoke(ctx)


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
