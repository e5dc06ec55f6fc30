"""Signing in without a password: at a provider, with tokens that a mail server checks, and that are renewed."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import keyring
import pytest
import trustme
from click.testing import Result
from keyring.backends.fail import Keyring as NoStore

from tests.conftest import rows
from tests.support.commands import run
from tests.support.imapserver import ImapServer, needs_dovecot
from tests.support.mailserver import MailServer
from tests.support.messages import written
from tests.support.oauthserver import STORE, OAuthServer, browser
from tests.support.odd_imap import OddImapServer
from tests.support.writing import send
from thep_forms.errors import SignInError
from thep_forms.sign_in.account import oauthbearer, xoauth2
from thep_forms.sign_in.oauth import renew, sign_in_in_browser, sign_in_on_device
from thep_forms.sign_in.providers import Provider, ProviderName, load_provider

pytestmark = [
    needs_dovecot,
    # The browser of a person outlives what opened it.
    pytest.mark.filterwarnings("ignore:.*Popen.__del__:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def provider(module_authority: trustme.CA) -> Iterator[OAuthServer]:
    with OAuthServer(module_authority) as running:
        yield running


@pytest.fixture(scope="module")
def running(module_authority: trustme.CA, provider: OAuthServer) -> Iterator[ImapServer]:
    with ImapServer(module_authority, introspection=provider.introspection) as server:
        yield server


@pytest.fixture
def oauth(
    provider: OAuthServer, trusts_module_authority: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> OAuthServer:
    """The provider, trusted, with nobody signed in, and a browser that follows where it leads."""
    assert trusts_module_authority is None
    monkeypatch.setenv("BROWSER", browser(tmp_path))
    provider.sign_out()
    provider.lifetime, provider.refuses, provider.signed_in, provider.also_says = 3600.0, "", 0, {}
    provider.asked.clear()
    return provider


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store of the system."""
    (tmp_path / "teststore.py").write_text(STORE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("teststore", None)
    before = keyring.get_keyring()
    keyring.set_keyring(import_module("teststore").Store())
    yield tmp_path / "teststore.json"
    keyring.set_keyring(before)


@pytest.fixture
def no_store() -> Iterator[None]:
    """A system without a store, as many servers are."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoStore())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def mailbox(running: ImapServer, request: pytest.FixtureRequest, provider: OAuthServer) -> str:
    """The address of the mailbox of the user that signs in, with a message."""
    provider.user = f"u{abs(hash(request.node.name))}"
    running.deliver(provider.user, written("We shall send it next week."))
    return running.address(provider.user)


def set_up(records: Path, oauth: OAuthServer, *, has_device_flow: bool = False) -> None:
    (records / "templates").mkdir(parents=True)
    (records / "templates" / "sign-in.toml").write_text(oauth.settings(has_device_flow=has_device_flow), "utf-8")


def fetch(records: Path, address: str) -> Result:
    return run("ingest", address, "-o", records, "--sign-in", "own")


def failed(result: Result) -> str:
    """The line that says what is wrong, in which no token stands."""
    assert result.exit_code == 2
    assert len(result.stderr) < 1000
    return result.stderr.splitlines()[-1]


# --- at the provider -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("trusts_module_authority")
def test_provider_that_does_not_speak_http_is_one_line(module_authority: trustme.CA) -> None:
    with OddImapServer(module_authority) as no_web_server:
        address = f"https://127.0.0.1:{no_web_server.port}/token"
        with pytest.raises(SignInError, match="cannot be reached: it does not answer"):
            renew(Provider("client", address, "mail"), "kept")


@pytest.mark.usefixtures("no_store")
def test_user_signs_in_in_the_browser_of_this_computer(oauth: OAuthServer, mailbox: str, records: Path) -> None:
    set_up(records, oauth)
    result = fetch(records, mailbox)
    assert len(rows(records / "returns.csv")) == 1, result.stderr
    assert result.stderr.startswith(f"Your browser opens. Sign in there at your provider as {oauth.user}")
    assert oauth.asked == ["authorization_code"]


@pytest.mark.usefixtures("no_store")
def test_user_signs_in_on_another_device_with_a_code(oauth: OAuthServer, mailbox: str, records: Path) -> None:
    set_up(records, oauth, has_device_flow=True)
    result = fetch(records, mailbox)
    assert len(rows(records / "returns.csv")) == 1, result.stderr
    assert f"Open {oauth.url}/activate on any device, type the code WDJB-MJHT" in result.stderr
    assert oauth.asked == ["device_code", "device_code"]


@pytest.mark.usefixtures("no_store")
@pytest.mark.parametrize("seconds", [None, "soon", "0.1", float("inf"), -1])
def test_user_signs_in_at_a_provider_that_states_odd_times(
    oauth: OAuthServer, mailbox: str, records: Path, seconds: object
) -> None:
    set_up(records, oauth)
    oauth.also_says = {"expires_in": seconds, "refresh_token": None}
    result = fetch(records, mailbox)
    assert len(rows(records / "returns.csv")) == 1, result.stderr


@pytest.mark.usefixtures("no_store")
@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "The sign-in was declined."),
        ("expired_token", "Nobody signed in in time."),
        ("invalid_client", "Ask your IT support to check the client id"),
        ("server_error", "The provider refuses the sign-in."),
    ],
)
@pytest.mark.parametrize("has_device_flow", [True, False])
def test_sign_in_that_the_provider_refuses_is_one_line(
    oauth: OAuthServer, mailbox: str, records: Path, error: str, words: str, *, has_device_flow: bool
) -> None:
    set_up(records, oauth, has_device_flow=has_device_flow)
    oauth.refuses = error
    assert words in failed(fetch(records, mailbox))
    assert len(oauth.asked) <= 1


def test_sign_in_that_nobody_has_set_up_names_who_can(records: Path) -> None:
    records.mkdir()
    with pytest.raises(SignInError, match=r"Your IT support has to enter a client id in sign-in\.toml"):
        load_provider(ProviderName.MICROSOFT, records)


def test_client_id_of_an_administrator_is_all_that_microsoft_and_google_need(records: Path) -> None:
    (records / "templates").mkdir(parents=True)
    own = '[microsoft]\nclient_id = "11"\n[google]\nclient_id = "22"\nclient_secret = "33"\n'
    (records / "templates" / "sign-in.toml").write_text(own, encoding="utf-8")
    microsoft, google = (load_provider(name, records) for name in (ProviderName.MICROSOFT, ProviderName.GOOGLE))
    assert (microsoft.client_id, google.client_id, google.client_secret) == ("11", "22", "33")
    assert microsoft.scope.split() == [
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
        "offline_access",
    ]
    assert google.scope == "https://mail.google.com/"


def test_browser_that_comes_back_without_our_word_is_not_believed(oauth: OAuthServer) -> None:
    provider = Provider("us", f"{oauth.url}/token", "mail", f"{oauth.url}/authorize")
    answers: list[int] = []

    def forge(url: str) -> None:
        back = urlsplit(parse_qs(urlsplit(url).query)["redirect_uri"][0])

        def come() -> None:
            connection = HTTPConnection(back.netloc)
            connection.request("GET", f"{back.path}?code=stolen&state=guessed")
            answers.append(connection.getresponse().status)
            connection.close()

        threading.Thread(target=come).start()

    with pytest.raises(SignInError, match="Nobody signed in in time"):
        sign_in_in_browser(provider, forge, patience=1.5)
    assert answers == [400]
    assert oauth.asked == []


def test_provider_that_cannot_be_reached_or_trusted_is_one_line(
    oauth: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SignInError, match=r"The provider 127\.0\.0\.1 cannot be reached: Connection refused"):
        sign_in_on_device(Provider("us", "", "mail", device_url="https://127.0.0.1:1/device"), print)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SignInError, match=r"cannot be reached: .*certificate"):
        sign_in_on_device(Provider("us", "", "mail", device_url=f"{oauth.url}/device"), print)


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_sign_in_is_kept_in_the_store_of_the_system_and_nowhere_else(
    oauth: OAuthServer, mailbox: str, records: Path, store: Path
) -> None:
    set_up(records, oauth)
    fetch(records, mailbox)
    fetch(records, mailbox)
    assert oauth.signed_in == 1
    assert oauth.asked == ["authorization_code", "refresh_token"]
    kept = "".join(value for _, value in sorted(json.loads(store.read_text()).items()))
    assert kept == list(oauth.refresh)[-1]
    for path in records.rglob("*"):
        assert not path.is_file() or not [token for token in oauth.refresh if token.encode() in path.read_bytes()]


@pytest.mark.usefixtures("no_store")
def test_sign_in_lasts_for_one_run_where_the_system_has_no_store(
    oauth: OAuthServer, mailbox: str, records: Path
) -> None:
    set_up(records, oauth)
    fetch(records, mailbox)
    fetch(records, mailbox)
    assert oauth.signed_in == 2


@pytest.mark.usefixtures("store")
def test_user_is_asked_again_when_what_was_kept_no_longer_counts(
    oauth: OAuthServer, mailbox: str, records: Path
) -> None:
    set_up(records, oauth)
    fetch(records, mailbox)
    oauth.sign_out()
    assert fetch(records, mailbox).exit_code == 1
    assert oauth.asked == ["authorization_code", "refresh_token", "authorization_code"]


@pytest.mark.usefixtures("no_store")
def test_token_that_the_mail_server_refuses_is_renewed_once(
    oauth: OAuthServer, running: ImapServer, mailbox: str, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thep_forms.sign_in import session

    asked = session.SignedIn._asked

    def ended(self: session.SignedIn) -> object:
        tokens = asked(self)
        oauth.end_all()
        return tokens

    monkeypatch.setattr(session.SignedIn, "_asked", ended)
    set_up(records, oauth)
    assert fetch(records, mailbox).exit_code == 1
    assert oauth.asked == ["authorization_code", "refresh_token"]
    oauth.asked.clear()
    assert "does not let you in" in failed(fetch(records, running.address("somebody-else")))
    assert oauth.asked == ["authorization_code", "refresh_token"]


@pytest.mark.usefixtures("no_store")
def test_token_that_ends_soon_is_renewed_before_it_is_used(
    oauth: OAuthServer, schools: Path, records: Path, module_authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thep_forms.send.outbox.RETRY_PAUSES", (0.1,))
    oauth.lifetime, oauth.user = 30.0, "office"
    set_up(records, oauth)
    with MailServer(module_authority, tokens=oauth.access) as server:
        server.at_rcpt["office@cedar.example"] = [MailServer.HANG_UP]
        run("email", "2026-27", "--schools", schools, "-o", records, "--dry-run")
        result = send(schools, records, server, "--sign-in", "own", "--smtp-user", "office")
    assert len(server.received) >= 1, result.stderr
    assert "refresh_token" in oauth.asked


# --- at a mail server ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_store")
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_messages_are_sent_with_a_token(
    oauth: OAuthServer, schools: Path, records: Path, module_authority: trustme.CA, mechanism: str
) -> None:
    set_up(records, oauth)
    oauth.user = "office"
    with MailServer(module_authority, tokens=oauth.access, mechanism=mechanism) as server:
        result = send(schools, records, server, "--sign-in", "own", "--smtp-user", "office")
        assert result.exit_code == 0, result.stderr
        assert [received.user for received in server.received] == ["office"] * 3
        again = send(schools, records, server, "--sign-in", "own", "--smtp-user", "jo", "--again", "--only", "2101")
    assert "does not let you in with this sign-in (535)" in failed(again)
    assert oauth.asked == ["authorization_code", "authorization_code", "refresh_token"]


def test_sign_in_without_a_user_name_is_refused(schools: Path, records: Path, server: MailServer) -> None:
    assert "--smtp-user" in failed(send(schools, records, server, "--sign-in", "own"))


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_mailbox_is_read_with_either_mechanism(
    mechanism: str, module_authority: trustme.CA, oauth: OAuthServer, records: Path, no_store: None
) -> None:
    assert no_store is None
    oauth.user = "office"
    set_up(records, oauth)
    with ImapServer(module_authority, introspection=oauth.introspection, mechanism=mechanism) as server:
        result = fetch(records, server.address("office"))
    assert result.exit_code == 0, result.stderr
    password = run("ingest", server.address("office"), "-o", records, input="guess\n")
    assert password.exit_code == 2


def test_answers_of_the_mechanisms_are_those_of_their_descriptions() -> None:
    bearer = oauthbearer("user=a,b", "t0ken")
    assert bearer(b"") == b"n,a=user=3Da=2Cb,\x01auth=Bearer t0ken\x01\x01"
    assert bearer(b'{"status":"invalid_token"}') == b"\x01"
    google = xoauth2("jo@x.example", "t0ken")
    assert (google(b""), google(b"{}")) == (b"user=jo@x.example\x01auth=Bearer t0ken\x01\x01", b"")
