"""A real mail server on this machine that keeps mailboxes: Dovecot, from a folder of its own, never the system's."""

from __future__ import annotations

import getpass
import imaplib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from email.message import EmailMessage
from functools import cache
from imaplib import IMAP4, IMAP4_SSL
from pathlib import Path

import pytest
import trustme

PASSWORD = "sesame-street"  # noqa: S105 - of this server, which only tests start
needs_dovecot = pytest.mark.skipif(sys.platform == "win32", reason="there is no Dovecot for Windows")

_SECONDS = 20.0  # for the server to start or to end
_BEFORE_2_4 = """
disable_plaintext_auth = no
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
  mechanisms = plain login
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
"""
_SINCE_2_4 = """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
auth_allow_cleartext = {cleartext}
ssl_server_cert_file = {folder}/certificate.pem
ssl_server_key_file = {folder}/key.pem
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
passdb static {{
  password = {password}
  mechanisms_filter = plain login
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {folder}/home/%{{user}}
  }}
}}
"""
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
instance_name = {instance}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = {tls}
auth_mechanisms = {mechanisms}
auth_failure_delay = 0 secs
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 0
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox Gesendet {{
    auto = create
    {special_use}\\Sent
  }}
  mailbox Ablage {{
    auto = create
    {special_use}\\Drafts
  }}
  mailbox Müll {{
    auto = create
    {special_use}\\Trash
  }}
}}
service imap-login {{
  {chroot}
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
service anvil {{
  {chroot}
}}
service stats {{
  {chroot}
}}
"""
_TOKENS = """
introspection_mode = post
introspection_url = {introspection}
username_attribute = username
active_attribute = active
active_value = true
"""
_TOKENS_BEFORE_2_4 = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth.conf
}}
"""
_TOKENS_SINCE_2_4 = f"""
oauth2 {{{{
{_TOKENS}
}}}}
passdb oauth2 {{{{
  mechanisms_filter = xoauth2 oauthbearer
}}}}
"""


class ImapServer:
    """A server that lets everybody in who knows the `PASSWORD`, and has a mailbox for each.

    Where `introspection` is set, it takes tokens that are active by that address (RFC 7662). With a `mechanism`
    it takes no other.
    """

    def __init__(
        self,
        authority: trustme.CA,
        *,
        introspection: str = "",
        separator: str = "/",
        tls: bool = True,
        mechanism: str = "",
        special_use: bool = True,
    ) -> None:
        self.host, self.port, self.starttls_port = "127.0.0.1", _free_port(), _free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="imap-", dir="/tmp"))  # the path of a socket has to be short
        self.folder.chmod(0o755)  # the server's users go through it
        mechanisms = ["plain", "login"] + ["xoauth2", "oauthbearer"] * bool(introspection)
        mechanisms = [mechanism] if mechanism else mechanisms
        self._write(
            authority,
            introspection,
            mechanisms,
            {
                "separator": separator,
                "tls": "required" if tls else "no",
                "cleartext": "no" if tls else "yes",
                "special_use": "special_use = " if special_use else "# ",
            },
        )

    def _write(
        self, authority: trustme.CA, introspection: str, mechanisms: list[str], more: Mapping[str, object]
    ) -> None:
        certificate = authority.issue_cert(self.host)
        certificate.private_key_pem.write_to_path(str(self.folder / "key.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(self.folder / "certificate.pem"))
        is_root, us = os.geteuid() == 0, getpass.getuser()
        settings = {
            "folder": self.folder,
            "instance": self.folder.name,
            "mechanisms": " ".join(mechanisms),
            "login_user": "dovenull" if is_root else us,  # Dovecot's own users: it runs nothing as root
            "internal_user": "dovecot" if is_root else us,
            "group": "dovecot" if is_root else os.getgid(),
            "uid": "nobody" if is_root else os.getuid(),
            "gid": "nogroup" if is_root else os.getgid(),
            "chroot": "" if is_root else "chroot =",
            "password": PASSWORD,
            "introspection": introspection,
            "port": self.port,
            "starttls_port": self.starttls_port,
            **more,
        }
        first, tokens = (_SINCE_2_4, _TOKENS_SINCE_2_4) if _version() >= (2, 4) else (_BEFORE_2_4, _TOKENS_BEFORE_2_4)
        configuration = first + _CONFIGURATION + (tokens if introspection else "")
        (self.folder / "dovecot.conf").write_text(configuration.format(**settings), encoding="utf-8")
        (self.folder / "oauth.conf").write_text(_TOKENS.format(**settings), encoding="utf-8")
        for name in ("mail", "home"):
            (self.folder / name).mkdir()
            self._give(self.folder / name)

    def _give(self, path: Path) -> None:
        """Let the process that keeps mailboxes write there."""
        if os.geteuid() == 0:
            shutil.chown(path, "nobody", "nogroup")

    def __enter__(self) -> ImapServer:
        self._process = subprocess.Popen(
            [_program(), "-F", "-c", self.folder / "dovecot.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for_ever = time.monotonic() + _SECONDS
        while time.monotonic() < for_ever and self._process.poll() is None:
            with suppress(OSError), socket.create_connection((self.host, self.starttls_port), 1):
                return self
            time.sleep(0.05)
        log = self.folder / "log"
        words = log.read_text() if log.exists() else "Dovecot did not start"
        self.__exit__()
        raise AssertionError(words)

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, user: str, folder: str = "INBOX", port: int = 0) -> str:
        """What a person types to read that folder."""
        return f"imaps://{user}@{self.host}:{port or self.port}/{folder}"

    # --- what is in a mailbox ---------------------------------------------------------------------------------------

    def signed_in(self, user: str) -> IMAP4:
        """A connection of a mail program."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        imap = IMAP4_SSL(self.host, self.port, ssl_context=context)
        imap.login(user, PASSWORD)
        return imap

    def deliver(self, user: str, *messages: EmailMessage | bytes, folder: str = "INBOX", flags: str = "") -> None:
        """Put messages into a folder, as if they had come now."""
        imap = self.signed_in(user)
        for message in messages:
            data = message if isinstance(message, bytes) else message.as_bytes()
            now = imaplib.Time2Internaldate(time.time())
            assert imap.append(f'"{folder}"', flags, now, data)[0] == "OK"
        imap.logout()

    def write_directly(self, user: str, messages: Iterable[bytes]) -> None:
        """Put many messages into INBOX as files, as a server does that delivers mail."""
        mailbox = self.folder / "mail" / user
        for path in (mailbox, *(mailbox / name for name in ("new", "cur", "tmp"))):
            path.mkdir(exist_ok=True)
            self._give(path)
        for number, message in enumerate(messages):
            path = mailbox / "new" / f"1777885200.M{number:06}P1.host"
            path.write_bytes(message)
            self._give(path)

    def flags(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The flags of each message."""
        imap = self.signed_in(user)
        imap.select(f'"{folder}"', readonly=True)
        _, found = imap.uid("FETCH", "1:*", "(FLAGS)")
        imap.logout()
        return [line for line in found if isinstance(line, bytes)]

    def subjects(self, user: str, folder: str = "INBOX") -> list[str]:
        """The subject of each message."""
        imap = self.signed_in(user)
        assert imap.select(f'"{folder}"', readonly=True)[0] == "OK"
        _, found = imap.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        imap.logout()
        return [line[1].decode().removeprefix("Subject: ").strip() for line in found if isinstance(line, tuple)]

    def create(self, user: str, folder: str) -> None:
        """Make a folder."""
        imap = self.signed_in(user)
        assert imap.create(f'"{folder}"')[0] == "OK"
        imap.logout()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@cache
def _version() -> tuple[int, ...]:
    """The first two numbers of Dovecot's: 2.4 calls most settings otherwise."""
    told = subprocess.run([_program(), "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(map(int, re.findall(r"\d+", told)[:2]))  # Debian 13 has 2.4.1-4


def _program() -> str:
    found = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert found, "Dovecot is missing: apt install dovecot-imapd"
    return found
