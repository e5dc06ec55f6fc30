"""The command line: options, progress, messages and exit codes. Rules of any kind live elsewhere.

Imports of the rooms stand inside the commands, so that `--help` is there at once.
"""

from __future__ import annotations

import click

from thep_forms import __version__
from thep_forms.cli.care import forget, verify
from thep_forms.cli.forms import generate, print_forms
from thep_forms.cli.mail import email
from thep_forms.cli.office import mailing_list, report, status
from thep_forms.cli.returns import demo, ingest, prefer


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thep-forms")
def main() -> None:
    """Membership forms: make the year's PDF, and turn the forms that come back into tables.

    \b
    Start with:  thep-forms demo
    """


for command in (
    generate,
    print_forms,
    email,
    ingest,
    prefer,
    status,
    mailing_list,
    report,
    verify,
    forget,
    demo,
):
    main.add_command(command)
