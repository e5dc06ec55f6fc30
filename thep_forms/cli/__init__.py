"""The command line: options, progress, messages and exit codes. Rules of any kind live elsewhere.

A command is loaded when it is asked for, and the rooms when it runs, so that it is there at once.
"""

from __future__ import annotations

from importlib import import_module

import click

from thep_forms import __version__

# The commands in the order of the help: the module that each is in, and what it is called there.
_COMMANDS = {
    "generate": ("forms", "generate"),
    "print": ("forms", "print_forms"),
    "email": ("mail", "email"),
    "ingest": ("returns", "ingest"),
    "prefer": ("returns", "prefer"),
    "status": ("questions", "status"),
    "mailing-list": ("questions", "mailing_list"),
    "report": ("questions", "report"),
    "verify": ("care", "verify"),
    "forget": ("care", "forget"),
    "demo": ("returns", "demo"),
}


class _Commands(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, function = _COMMANDS[name]
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), function)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thep-forms")
def main() -> None:
    """Membership forms: make the year's PDF, and turn the forms that come back into tables.

    \b
    Start with:  thep-forms demo
    """
