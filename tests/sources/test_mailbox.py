"""Returns fetched from a mailbox on a real mail server: each message once, none marked as read, none lost."""

from __future__ import annotations

import subprocess
import time
import tracemalloc
from collections.abc import Callable
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest
import trustme
from click.testing import Result

from tests.conftest import rows
from tests.support.commands import program, run
from tests.support.imapserver import PASSWORD, ImapServer, needs_dovecot
from tests.support.messages import US, cedars_copy, completed_copy, forwarded, message, report, written
from tests.support.packing import mail
from tests.support.tcp_proxy import Proxy
from thep_forms.sign_in import Account
from thep_forms.sources import limits
from thep_forms.sources.mailbox.address import MailboxAddress
from thep_forms.sources.mailbox.reader import Mailbox

pytestmark = needs_dovecot

_USERS = count(1)
VARIABLE = "THEP_FORMS_IMAP_PASSWORD"


@pytest.fixture
def user() -> str:
    """Somebody with an empty mailbox."""
    return f"office{next(_USERS)}"


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has each message asked for by itself, as large ones are."""
    monkeypatch.setattr("thep_forms.sources.mailbox.fetching.SMALL_MESSAGE", 1)


def fetch(records: Path, address: str, *more: object) -> Result:
    return run("ingest", address, "-o", records, *more)


def came(records: Path) -> dict[str, str]:
    """The verdict on each file, by its source without the mailbox."""
    return {row["source"].partition("/")[2]: row["verdict"] for row in rows(records / "returns.csv")}


def numbered(subject: str) -> EmailMessage:
    made = written("Dear all, we shall send it next week.", f"office@{subject}.example")
    del made["Subject"], made["Message-ID"]
    made["Subject"], made["Message-ID"] = subject, f"<{subject}@cedar2101.example>"
    return made


# --- what is read ----------------------------------------------------------------------------------------------------


def test_new_messages_are_read_once_and_stay_unread(
    imap: ImapServer, user: str, records: Path, filled: Callable[..., bytes]
) -> None:
    imap.deliver(user, mail({"form.pdf": filled("2101")}), numbered("later"))
    first = fetch(records, imap.address(user))
    assert first.exit_code == 1, first.stderr
    assert "2 files in" in first.stderr
    assert came(records) == {"INBOX/Re: form (1).eml/form.pdf": "accepted", "INBOX/later (2).eml": "unreadable"}
    imap.deliver(user, mail({"form.pdf": filled("2103")}))
    assert "3 files in" in fetch(records, imap.address(user)).stderr
    assert came(records)["INBOX/Re: form (3).eml/form.pdf"] == "accepted"
    assert "0 of them new" in fetch(records, imap.address(user)).stderr
    assert not [flags for flags in imap.flags(user) if b"\\Seen" in flags]


def test_message_came_when_our_server_received_it_whatever_its_headers_say(
    imap: ImapServer, user: str, records: Path, filled: Callable[..., bytes]
) -> None:
    connection = imap.signed_in(user)
    lies = mail({"form.pdf": filled("2101")}, sent="Mon, 4 May 2037 10:00:00 +0100")
    connection.append("INBOX", "", '"06-May-2026 11:00:00 +0200"', lies.as_bytes())
    connection.logout()
    fetch(records, imap.address(user))
    (row,) = rows(records / "returns.csv")
    assert row["received_at"] == "2026-05-06T09:00:00+00:00"


def test_message_fetched_and_exported_counts_once(
    imap: ImapServer, user: str, records: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    made = [mail({"form.pdf": filled("2101")}), numbered("later")]
    (tmp_path / "inbox").mkdir()
    for number, each in enumerate(made):
        (tmp_path / "inbox" / f"{number}.eml").write_bytes(each.as_bytes())
    run("ingest", tmp_path / "inbox", "-o", records)
    imap.deliver(user, *made)
    fetch(records, imap.address(user))
    found = rows(records / "returns.csv")
    assert len({row["return_id"] for row in found}) == 2
    assert sorted(row["verdict"] for row in found) == ["accepted", "duplicate", "duplicate", "unreadable"]


@pytest.mark.parametrize(
    ("folder", "flags", "verdict"),
    [
        ("Gesendet", "", "sent_by_us"),
        ("Ablage", "", "sent_by_us"),  # no name for drafts, but the server says that it is
        ("M&APw-ll", "", "automatic"),
        ("INBOX", "\\Draft", "sent_by_us"),
        ("INBOX", "\\Deleted", "automatic"),
        ("INBOX", "\\Answered \\Seen", "accepted"),
    ],
)
def test_kind_of_a_message_is_known_by_its_folder_and_its_flags(
    imap: ImapServer, user: str, records: Path, folder: str, flags: str, verdict: str
) -> None:
    imap.deliver(user, message(completed_copy()), folder=folder, flags=flags)
    fetch(records, imap.address(user, folder.replace("&APw-", "ü")))
    assert list(came(records).values()) == [verdict]


def test_kinds_of_messages_and_their_files_are_those_of_any_other_source(
    imap: ImapServer, user: str, records: Path
) -> None:
    imap.deliver(
        user,
        message(completed_copy(), Subject="answer"),
        message(cedars_copy(), US, Subject="ours"),
        report(message(cedars_copy(), US), Subject="bounce"),
        forwarded(message(completed_copy(), Subject="inner"), "jo@other.example", Subject="forward"),
    )
    fetch(records, imap.address(user))
    assert came(records) == {
        "INBOX/answer (1).eml/form.pdf": "duplicate",  # the message in the other was dated earlier
        "INBOX/ours (2).eml/form.pdf": "sent_by_us",
        "INBOX/bounce (3).eml/Re: form.eml/form.pdf": "automatic",
        "INBOX/forward (4).eml/inner.eml/form.pdf": "accepted",
    }


@pytest.mark.usefixtures("imap")
def test_folder_in_a_folder_is_found_whatever_divides_their_names(
    module_authority: trustme.CA, user: str, records: Path
) -> None:
    with ImapServer(module_authority, separator=".") as server:
        server.deliver(user, numbered("hello"), folder="INBOX")
        server.create(user, "Forms.2026")
        server.deliver(user, numbered("deep"), folder="Forms.2026")
        result = fetch(records, server.address(user, "Forms/2026"))
    assert list(came(records)) == ["Forms/2026/deep (1).eml"], result.stderr


def test_folder_with_a_star_in_its_name_is_not_taken_for_another(imap: ImapServer, user: str, records: Path) -> None:
    imap.create(user, "Forms 2025")
    line = error_of(fetch(records, imap.address(user, "Forms *")))
    assert line == "Error: There is no folder Forms * in the mailbox. Check its name in your mail program."


def test_folder_is_found_in_other_capitals_where_the_server_lists_it(
    imap: ImapServer, user: str, records: Path
) -> None:
    imap.deliver(user, numbered("hello"))
    fetch(records, imap.address(user, "inbox"))
    assert list(came(records)) == ["INBOX/hello (1).eml"]


def test_message_that_is_far_too_large_is_named_and_not_fetched(
    imap: ImapServer, user: str, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thep_forms.sources.mailbox.reader.LARGEST_FILE", 10_000)
    imap.deliver(user, mail({"large.bin": bytes(20_000)}), numbered("small"))
    fetch(records, imap.address(user))
    assert came(records) == {"INBOX/message (1).eml": "unreadable", "INBOX/small (2).eml": "unreadable"}
    reasons = {row["source"].partition("/")[2]: row["message"] for row in rows(records / "problems.csv")}
    assert limits.TOO_LARGE.partition(",")[0] in reasons["INBOX/message (1).eml"]
    assert "0 of them new" in fetch(records, imap.address(user)).stderr


def test_message_longer_than_one_piece_comes_whole(
    imap: ImapServer, user: str, records: Path, monkeypatch: pytest.MonkeyPatch, filled: Callable[..., bytes]
) -> None:
    monkeypatch.setattr("thep_forms.sources.mailbox.fetching.FETCHED_AT_ONCE", 4096)
    monkeypatch.setattr("thep_forms.sources.mailbox.reader.SMALL_MESSAGE", 4096)
    imap.deliver(user, mail({"form.pdf": filled("2101")}))
    fetch(records, imap.address(user))
    assert list(came(records).values()) == ["accepted"]


# --- again -----------------------------------------------------------------------------------------------------------


def test_folder_that_was_made_anew_is_read_from_its_start(imap: ImapServer, user: str, records: Path) -> None:
    imap.create(user, "Forms")
    imap.deliver(user, numbered("one"), folder="Forms")
    fetch(records, imap.address(user, "Forms"))
    connection = imap.signed_in(user)
    connection.delete("Forms")
    time.sleep(1.1)  # the number that says so is a time in seconds
    connection.create("Forms")
    connection.logout()
    imap.deliver(user, numbered("two"), folder="Forms")
    fetch(records, imap.address(user, "Forms"))
    assert set(came(records)) == {"Forms/one (1).eml", "Forms/two (1).eml"}


def test_mailbox_is_read_from_its_start_after_the_ledger_was_restored(
    imap: ImapServer, user: str, records: Path
) -> None:
    imap.deliver(user, numbered("one"), numbered("two"))
    fetch(records, imap.address(user))
    for name in ("ledger.sqlite", "ledger-copy.sqlite"):
        (records / name).write_bytes(b"")
    assert run("restore", "-o", records).exit_code == 1
    assert "2 of them new" in fetch(records, imap.address(user)).stderr


# --- what is moved ---------------------------------------------------------------------------------------------------


def test_messages_are_moved_only_where_that_is_asked_for(imap: ImapServer, user: str, records: Path) -> None:
    imap.create(user, "Forms")
    imap.deliver(user, numbered("one"))
    fetch(records, imap.address(user))
    assert imap.subjects(user) == ["one"]
    imap.deliver(user, numbered("two"))
    assert fetch(records, imap.address(user), "--move-to", "Forms").exit_code == 1
    assert imap.subjects(user) == []
    assert imap.subjects(user, "Forms") == ["one", "two"]
    assert not [flags for flags in imap.flags(user, "Forms") if b"\\Seen" in flags]
    assert len(came(records)) == 2


def test_messages_are_copied_and_then_deleted_where_a_server_cannot_move(
    imap: ImapServer, user: str, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thep_forms.sources.mailbox.imap import ImapConnection

    can = ImapConnection.can
    monkeypatch.setattr(ImapConnection, "can", lambda self, name: name != "MOVE" and can(self, name))
    imap.create(user, "Forms")
    imap.deliver(user, numbered("mine"), flags="\\Deleted")  # somebody marked it, and did not delete it
    imap.deliver(user, numbered("one"))
    connection = imap.signed_in(user)
    connection.select("INBOX")
    fetch(records, imap.address(user), "--move-to", "Forms")
    assert imap.subjects(user, "Forms") == ["mine", "one"]
    assert imap.subjects(user) == []
    connection.logout()


def test_folder_to_move_to_is_looked_for_before_anything_is_read(imap: ImapServer, user: str, records: Path) -> None:
    imap.deliver(user, numbered("one"))
    result = fetch(records, imap.address(user), "--move-to", "Elsewhere")
    assert (result.exit_code, result.stderr) == (
        2,
        "Error: There is no folder Elsewhere in the mailbox. Check its name in your mail program.\n",
    )
    assert not records.exists()
    assert fetch(records, imap.address(user), "--move-to", "INBOX").exit_code == 2
    assert imap.subjects(user) == ["one"]


# --- what goes wrong -------------------------------------------------------------------------------------------------


def error_of(result: Result, *secrets: str) -> str:
    """The one line that says what is wrong, in which none of the secrets stands."""
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert not [secret for secret in secrets if secret in line]
    return line


def test_wrong_password_is_one_line(
    imap: ImapServer, user: str, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "guess")
    line = error_of(fetch(records, imap.address(user)), "guess", user)
    assert line == "Error: The mail server 127.0.0.1 refuses the user name or the password. Correct them."
    assert not records.exists()


def test_password_is_asked_for_and_nothing_is_read_without_one(
    imap: ImapServer, user: str, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    imap.deliver(user, numbered("one"))
    assert VARIABLE in error_of(fetch(records, imap.address(user)))
    result = run("ingest", imap.address(user), "-o", records, input=f"{PASSWORD}\n")
    assert list(came(records)) == ["INBOX/one (1).eml"]
    assert PASSWORD not in result.output


def test_certificate_that_nobody_vouches_for_is_refused_before_the_password_is_sent(
    imap: ImapServer, user: str, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    line = error_of(fetch(records, imap.address(user)), PASSWORD)
    assert "cannot be trusted: " in line
    assert "Nothing was sent to it." in line


def test_certificate_for_another_name_is_refused(imap: ImapServer, user: str, records: Path) -> None:
    address = imap.address(user).replace("127.0.0.1", "localhost")
    assert "cannot be trusted: Hostname mismatch" in error_of(fetch(records, address), PASSWORD)


def test_folder_that_there_is_not_is_one_line(imap: ImapServer, user: str, records: Path) -> None:
    line = error_of(fetch(records, imap.address(user, "Nowhere")))
    assert line == "Error: There is no folder Nowhere in the mailbox. Check its name in your mail program."


def test_server_that_cannot_be_reached_is_one_line(imap: ImapServer, user: str, records: Path) -> None:
    with Proxy(imap.port, []) as proxy:
        port = proxy.port
    line = error_of(fetch(records, imap.address(user, port=port)))
    assert line == (
        f"Error: The mail server 127.0.0.1, port {port}, cannot be reached: Connection refused. "
        "Check its name and its port."
    )


def test_port_without_tls_is_told_from_one_with_tls(imap: ImapServer, user: str, records: Path) -> None:
    assert "does not speak TLS there" in error_of(fetch(records, imap.address(user, port=imap.starttls_port)))


def test_imap_without_s_uses_starttls(imap: ImapServer, user: str, records: Path) -> None:
    imap.deliver(user, numbered("one"))
    fetch(records, imap.address(user, port=imap.starttls_port).replace("imaps:", "imap:"))
    assert list(came(records)) == ["INBOX/one (1).eml"]


@pytest.mark.usefixtures("imap")
def test_server_without_tls_is_refused(module_authority: trustme.CA, user: str, records: Path) -> None:
    with ImapServer(module_authority, tls=False) as server:
        line = error_of(fetch(records, f"imap://{user}@127.0.0.1:{server.starttls_port}"), PASSWORD)
    assert "offers no TLS, so others could read along. Nothing was sent to it." in line


@pytest.mark.usefixtures("one_by_one")
def test_connection_that_breaks_is_made_again_and_nothing_is_lost(imap: ImapServer, user: str, records: Path) -> None:
    imap.deliver(user, *(numbered(f"m{number}") for number in range(40)))
    with Proxy(imap.port, [8_000, 9_000, 10_000]) as proxy:
        result = fetch(records, imap.address(user, port=proxy.port))
        assert proxy.connections == 4
    assert result.exit_code == 1, result.stderr
    assert len(came(records)) == 40


@pytest.mark.usefixtures("one_by_one")
def test_connection_that_breaks_for_good_leaves_what_was_read_and_the_next_run_goes_on(
    imap: ImapServer, user: str, records: Path
) -> None:
    imap.deliver(user, *(numbered(f"m{number}") for number in range(40)))
    with Proxy(imap.port, [16_000], refuses_after=1) as proxy:
        result = fetch(records, imap.address(user, port=proxy.port))
    assert result.exit_code == 2
    assert "What was read until then counts. Do the same again to read the rest." in result.stderr
    before = len(came(records))
    assert 0 < before < 40
    assert f"{40 - before} of them new" in fetch(records, imap.address(user)).stderr
    assert len(came(records)) == 40


def test_run_that_is_killed_is_gone_on_with(imap: ImapServer, user: str, records: Path) -> None:
    imap.deliver(user, *(numbered(f"m{number}") for number in range(60)))
    process = subprocess.Popen(program("ingest", imap.address(user), "-o", records), stderr=subprocess.DEVNULL)
    while not (records / "ledger.sqlite").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.1)
    process.kill()
    process.wait()
    result = fetch(records, imap.address(user))
    assert result.exit_code == 1, result.stderr
    assert len(came(records)) == 60
    assert run("verify", "-o", records).exit_code == 0


def test_ten_thousand_messages_are_fetched_in_little_memory(imap: ImapServer, user: str, tmp_path: Path) -> None:
    small = numbered("NUMBER").as_bytes()
    imap.write_directly(user, (small.replace(b"NUMBER", b"n%d" % number) for number in range(10_000)))
    mailbox = Mailbox(MailboxAddress.parse(imap.address(user)), Account(user, PASSWORD))
    tracemalloc.start()
    mailbox.open()
    assert len(mailbox) == 10_000
    size = 0
    for file in mailbox.messages(tmp_path):
        size += file.path.stat().st_size
        mailbox.note_done([file.filename])
    mailbox.note_done([])
    mailbox.close()
    assert tracemalloc.get_traced_memory()[1] < 10 * limits.FETCHED_AT_ONCE
    tracemalloc.stop()
    assert (str(mailbox.seen), mailbox.failure) == ("1:10000", "")
    assert size > 10_000 * len(small)
