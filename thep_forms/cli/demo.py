"""The command `demo`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from thep_forms.cli.output import message
from thep_forms.cli.returns import print_summary, reading_progress


@click.command()
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="The folder for the form, the sample files and the records.",
)
def demo(output: Path) -> None:
    """Make a form and read sample files, to try the program.

    It writes to no other folder. All people and schools in the samples are invented.

    \b
    Example:  thep-forms demo -o demo
    """
    from thep_forms.office.demo import run_demo

    demo_files = run_demo(output, reading_progress)
    print_summary(demo_files.summary)
    message("\nNow look at these files. All people and schools in them are invented.")
    for file in demo_files.files:
        message(f"  {file.path}\n      {file.description}")
    message(f"\nTo see them at the desk, in your browser:\n  thep-forms desk -o {shlex.quote(str(demo_files.records))}")
