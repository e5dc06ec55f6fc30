"""Remake `docs/commands.md` from the `--help` of every command.

    python -m tests.remake_command_reference

`tests/project/test_docs.py` fails while the file differs from what this writes.
"""

from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner

from thep_forms.cli import main

PATH = Path(__file__).parents[1] / "docs" / "commands.md"
WIDTH = 80  # characters of a line of help, whatever the terminal
INTRODUCTION = """# Commands

This page shows what `thep-forms COMMAND --help` prints, for every command.
Do not edit it: `python -m tests.remake_command_reference` writes it.

The [guide for the office](office.md) explains when to use each command.

A folder or a file in these texts is a path on your computer.
`YEAR` is a membership year, such as `2026-27`. `2026/27` and `2026` mean the same.
"""


def command_reference() -> str:
    """The page, as Markdown."""
    names = main.list_commands(click.Context(main))
    sections = [_section(name, _help(name)) for name in names]
    return "\n".join([INTRODUCTION, _section("thep-forms", _help()), *sections])


def _help(*command: str) -> str:
    result = CliRunner().invoke(
        main, [*command, "--help"], prog_name="thep-forms", terminal_width=WIDTH, max_content_width=WIDTH
    )
    assert result.exit_code == 0, result.output
    return result.stdout.rstrip()


def _section(name: str, text: str) -> str:
    return f"## {name}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    PATH.write_text(command_reference(), encoding="utf-8")
