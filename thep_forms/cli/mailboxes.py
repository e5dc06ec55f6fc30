"""Mailboxes on the command line: their addresses, and who signs in to them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.options import ask_password
from thep_forms.cli.output import message

if TYPE_CHECKING:
    from thep_forms.sign_in import Account
    from thep_forms.sign_in.providers import ProviderName
    from thep_forms.sources.mailbox.address import MailboxAddress
    from thep_forms.sources.mailbox.reader import Mailbox

PASSWORD_VARIABLE = "THEP_FORMS_IMAP_PASSWORD"  # noqa: S105 - the name of the variable


def path_or_mailbox(text: str) -> Path | MailboxAddress:
    """A file, a folder, or the address of a mailbox. Raises `MailboxError` for an address that has a mistake in it."""
    from thep_forms.sources.mailbox.address import MailboxAddress

    return MailboxAddress.parse(text) if MailboxAddress.is_one(text) else Path(text)


def folder_or_mailbox(text: str) -> Path | MailboxAddress:
    """A folder to write to, or the address of a mailbox. Raises `MailboxError`, and `click.BadParameter` for a file."""
    found = path_or_mailbox(text)
    return click.Path(file_okay=False, path_type=Path)(text) if isinstance(found, Path) else found


def provider_named(text: str) -> ProviderName:
    """The provider of that name."""
    from thep_forms.sign_in.providers import ProviderName

    try:
        return ProviderName(text.lower())
    except ValueError:
        raise click.BadParameter(f"{text} is not allowed. Use microsoft, google or own.") from None


sign_in_option = click.option(
    "--sign-in",
    metavar="PROVIDER",
    type=provider_named,
    help="Sign in at microsoft, google, or a provider of your own (own), in place of a password. The guide for "
    "administrators says how to set this up.",
)


def account_of(user: str, sign_in: ProviderName, records: Path, templates: Path | None) -> Account:
    """The account of a user who signs in at a provider. The user is told what to do when it is needed."""
    from thep_forms.office.signing_in import account_at

    return account_at(sign_in, user, records, templates, message)


def opened_by_user(
    sources: Sequence[Path | MailboxAddress],
    move_to: str,
    sign_in: ProviderName | None,
    records: Path,
    templates: Path | None,
) -> list[Mailbox]:
    """The mailboxes among the sources. Their user signs in at a provider, or with a password; once for several."""
    addresses = [source for source in sources if not isinstance(source, Path)]
    if move_to and not addresses:
        raise click.UsageError("Leave --move-to out, or give the address of a mailbox as a SOURCE.")
    if not addresses:
        return []
    from thep_forms.sources.mailbox.reader import Mailbox

    accounts = {(address.user, address.host): address for address in addresses}
    signed_in = {whose: mailbox_account(each, sign_in, records, templates) for whose, each in accounts.items()}
    return [Mailbox(address, signed_in[address.user, address.host], move_to) for address in addresses]


def mailbox_account(
    address: MailboxAddress, sign_in: ProviderName | None, records: Path, templates: Path | None
) -> Account:
    """The account of the user of a mailbox: with a sign-in, or with a password from the environment or the terminal."""
    from thep_forms.sign_in import Account

    if sign_in:
        return account_of(address.user, sign_in, records, templates)
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password:
        if_missing = f"Nothing was done, because there is no password. In a script, set {PASSWORD_VARIABLE}."
        password = ask_password(f"Password of {address.user} on {address.host}", if_missing)
    return Account(address.user, password)
