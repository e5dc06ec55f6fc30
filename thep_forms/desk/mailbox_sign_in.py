"""The mailbox that a person typed at the desk, and how they sign in to it. Passwords are kept in memory alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from thep_forms.definition import Definitions
from thep_forms.desk.jobs import Job
from thep_forms.desk.requests import SentForm
from thep_forms.desk.settings import SettingsFile
from thep_forms.errors import DecisionError, MailboxError
from thep_forms.office.signing_in import account_at
from thep_forms.sign_in import Account
from thep_forms.sign_in.providers import ProviderName
from thep_forms.sources.mailbox.address import INBOX, MailboxAddress

PASSWORD = "password"  # noqa: S105 - the name of a way to sign in
WAYS = {PASSWORD: "Here on this page", ProviderName.MICROSOFT: "At Microsoft", ProviderName.GOOGLE: "At Google"}
_STARTTLS = ":143"  # the end of a server whose TLS begins later


class TypedMailbox(Struct, frozen=True):
    """What stands in the boxes for the mailbox, as text, but for the password. The server may have a port."""

    host: str = ""
    user: str = ""
    folder: str = INBOX
    way: str = PASSWORD

    @property
    def address(self) -> MailboxAddress:
        """The address of the mailbox. Raises `DecisionError` where a box has to be put right."""
        scheme = "imap" if self.host.endswith(_STARTTLS) else "imaps"
        if not self.user:
            raise DecisionError("Enter your user name, which is most often your e-mail address.")
        try:
            return MailboxAddress.parse(f"{scheme}://{quote(self.user, '')}@{self.host}/{quote(self.folder)}")
        except MailboxError as error:
            raise DecisionError("Enter the name of the mail server, such as imap.example.org.") from error


class MailboxSignIn:
    """Knows the mailbox from one page to the next, and who signed in to it since the desk was opened."""

    def __init__(self, records: Path, definitions: Callable[[], Definitions], settings: SettingsFile) -> None:
        self._records, self._definitions, self._settings = records, definitions, settings
        self._accounts: dict[tuple[str, str, str], Account] = {}
        self._job: Job | None = None  # that is at work

    def known(self) -> TypedMailbox:
        """What was typed before, in an earlier run too."""
        kept = self._settings.read()
        way = kept.mailbox_way if kept.mailbox_way in WAYS else PASSWORD
        return TypedMailbox(kept.mailbox_host, kept.mailbox_user, kept.mailbox_folder or INBOX, way)

    def typed(self, form: SentForm) -> TypedMailbox:
        """What was typed now, which is kept."""
        way = form["way"] if form["way"] in WAYS else PASSWORD
        typed = TypedMailbox(form["host"], form["user"], form["folder"] or self.known().folder, way)
        with suppress(OSError):  # it is typed again the next time
            self._settings.change(
                mailbox_host=typed.host, mailbox_user=typed.user, mailbox_folder=typed.folder, mailbox_way=typed.way
            )
        return typed

    def has_password(self, typed: TypedMailbox) -> bool:
        """Whether the password was typed before."""
        return _key(typed) in self._accounts and typed.way == PASSWORD

    def account(self, typed: TypedMailbox, form: SentForm) -> Account:
        """The account to sign in with. An empty password means the one of before.

        Raises `DecisionError` where a box has to be put right, `SignInError` where the provider is not set up.
        """
        _ = typed.address  # a mistake in it is said before anybody signs in
        if typed.way != PASSWORD:
            return self.signed_in(typed.way, typed.user)
        key, password = _key(typed), next(iter(form.all("password")), "")
        if password:
            self._accounts[key] = Account(typed.user, password)
        if key not in self._accounts:
            raise DecisionError("Enter the password of the mailbox.")
        return self._accounts[key]

    def signed_in(self, way: str, user: str) -> Account:
        """The account of a user who signs in at a provider. Raises `SignInError` where that is not set up."""
        key = (way, "", user)
        if key not in self._accounts:
            name, templates = ProviderName(way), self._definitions().templates
            self._accounts[key] = account_at(name, user, self._records, templates, self._tell, self._wait)
        return self._accounts[key]

    def forget(self, typed: TypedMailbox) -> None:
        """Ask again the next time: the password or the sign-in was refused."""
        self._accounts.pop(_key(typed), None)

    def begin(self, job: Job) -> None:
        """Tell the person what to do to sign in on the page of that job."""
        self._job = job

    def _tell(self, words: str) -> None:
        if self._job:
            self._job.say(words)

    def _wait(self, seconds: float) -> None:
        if self._job:
            self._job.wait(seconds)


def _key(typed: TypedMailbox) -> tuple[str, str, str]:
    return typed.way, typed.host if typed.way == PASSWORD else "", typed.user
