"""Mailboxes on the command line: their addresses, and who signs in to them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.options import ask_password

if TYPE_CHECKING:
    from thep_forms.sources.mailbox import Mailbox
    from thep_forms.sources.mailbox_address import MailboxAddress

PASSWORD_VARIABLE = "THEP_FORMS_IMAP_PASSWORD"  # noqa: S105 - the name of the variable


def path_or_mailbox(text: str) -> Path | MailboxAddress:
    """A file, a folder, or the address of a mailbox. Raises `MailboxError` for an address that has a mistake in it."""
    from thep_forms.sources.mailbox_address import MailboxAddress

    return MailboxAddress.parse(text) if MailboxAddress.is_one(text) else Path(text)


def opened_by_user(addresses: Sequence[MailboxAddress], move_to: str) -> list[Mailbox]:
    """The mailboxes, with the password of each from the environment, or as the user types it."""
    if move_to and not addresses:
        raise click.UsageError("Leave --move-to out, or give the address of a mailbox as a SOURCE.")
    from thep_forms.sign_in import Account
    from thep_forms.sources.mailbox import Mailbox

    passwords: dict[tuple[str, str], str] = {}
    for address in addresses:
        whose = (address.user, address.host)
        if whose not in passwords:
            passwords[whose] = _password(address)
    return [
        Mailbox(address, Account(address.user, passwords[address.user, address.host]), move_to) for address in addresses
    ]


def _password(address: MailboxAddress) -> str:
    if password := os.environ.get(PASSWORD_VARIABLE, ""):
        return password
    if_missing = f"Nothing was read, because there is no password. In a script, set {PASSWORD_VARIABLE}."
    return ask_password(f"Password of {address.user} on {address.host}", if_missing)
