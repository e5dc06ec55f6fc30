"""The command that opens the desk: a private page in the browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from thep_forms.cli.errors import stopped_as_message
from thep_forms.cli.options import WholeNumber, templates_option
from thep_forms.cli.output import message

DEFAULT_FOLDER = "Membership records"  # in the home folder


@click.command()
@click.option(
    "-o",
    "--records",
    metavar="RECORDS",
    type=click.Path(path_type=Path),
    default=lambda: Path.home() / DEFAULT_FOLDER,
    help="The folder of the records. In a new folder, the desk begins with three questions. "
    f"Without it, the folder “{DEFAULT_FOLDER}” in your home folder.",
)
@click.option("--port", metavar="N", type=WholeNumber(1, 65535), help="The port to use. Without it, any that is free.")
@click.option("--no-browser", is_flag=True, help="Only print the address. Do not open the browser.")
@click.option(
    "--shortcut",
    is_flag=True,
    help="Put an icon that opens this desk where your system keeps them. Do not open it now.",
)
@templates_option
@stopped_as_message("The desk is closed. Everything that you decided is kept.")
def desk(records: Path, port: int | None, no_browser: bool, shortcut: bool, templates: Path | None) -> None:
    """Open the desk: a private page in your browser, where you finish what came.

    You see what needs you, each return beside its page, and each school. You can drop files on it, correct, confirm,
    assign and close returns, enter answers, undo, and give your list of schools. Nobody on another computer can open
    the page. Press Ctrl-C to close it.

    \b
    Example:  thep-forms desk -o records-2026-27
    """
    if shortcut:
        from thep_forms.office.shortcut import NAME, put_shortcut

        click.echo(put_shortcut(records))
        message(f"The icon is called “{NAME}”. It opens this desk.")
        return
    from thep_forms.definition import Definitions
    from thep_forms.desk.server import running_desk, show

    with running_desk(records, partial(Definitions.of_today, templates), port or 0) as running:
        click.echo(running.address)
        message(
            "The desk is open. Press Ctrl-C to close it. Keep the address to yourself: whoever has it can read all."
        )
        if not no_browser and not show(running.address):
            message("No browser was found. Open the address in one.")
        running.wait()
