"""Attacks on the uploads of the desk: nobody else gets a file in, none leaves its folder, and none stays."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.util import get_temp_dir
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.desk.test_desk_access import Answer, Client
from thep_forms.definition import Definitions
from thep_forms.desk.server import running_desk
from thep_forms.desk.uploading import LARGEST_UPLOAD, MOST_FILES
from thep_forms.records import open_for_writing
from thep_forms.records.database import PATIENCE

BOUNDARY = "divider"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
Part = tuple[str, str | None, bytes]


def body_of(parts: Sequence[Part]) -> bytes:
    """A form as a browser sends it: the name of each part, that of its file, and its bytes."""
    body = b""
    for name, filename, data in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


class Sender(Client):
    """A client that adds files."""

    def send(self, parts: Sequence[Part], path: str = "/add", **headers: str) -> Answer:
        sent = {**self.jar, "Origin": self.origin, "Content-Type": MULTIPART, **headers}
        return self.ask("POST", path, body_of(parts).decode("latin-1"), **sent)

    def add(self, *files: tuple[str, bytes]) -> Answer:
        token = self.form_token()
        return self.send([("token", None, token.encode()), *(("files", name, data) for name, data in files)])

    def form_token(self) -> str:
        return self.get("/add").body.decode().partition('name="token" value="')[2].partition('"')[0]

    def wait(self) -> str:
        """The tray, once everything is read."""
        for _ in range(300):
            text = self.get("/add/tray").body.decode()
            if 'data-reading="yes"' not in text:
                return text
            time.sleep(0.1)
        raise AssertionError(text)


@pytest.fixture
def made(records: Path, filled: Callable[..., bytes]) -> Path:
    ingest(records, [inbox(records.parent / "in", cedar=filled("2101"))])
    return records


@pytest.fixture
def sender(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    """The desk, whose private folder is in `tmp_path / "temporary"`."""
    (tmp_path / "temporary").mkdir()
    get_temp_dir()  # of this process, for its sockets: their paths may not be long
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with running_desk(made, Definitions.of_today) as running:
        yield Sender(running)
    assert list((tmp_path / "temporary").iterdir()) == []


def files_left(tmp_path: Path) -> list[Path]:
    """The files that lie there now; the desk may delete folders meanwhile."""
    return [Path(folder, name) for folder, _, names in os.walk(tmp_path / "temporary") for name in names]


def sources(records: Path) -> set[str]:
    return {row["source"] for row in rows(records / "returns.csv")}


def test_a_file_is_read_under_its_own_name_and_its_copy_is_deleted(
    sender: Sender, made: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    form = filled("2103").decode("latin-1").encode("latin-1")
    assert sender.add(("Elm Tree, signed.pdf", form)).status == 303
    text = sender.wait()
    assert "Elm Tree, signed.pdf" in text
    assert ">Accepted</strong>" in text
    assert "Elm Tree, signed.pdf" in sources(made)
    assert files_left(tmp_path) == []


def test_what_came_before_is_said_to_have_come_before(sender: Sender, made: Path) -> None:
    time.sleep(1.1)  # times are noted in whole seconds
    sender.add(("again.pdf", (made.parent / "in" / "cedar.pdf").read_bytes()))
    assert "(it came before)" in sender.wait()


def test_the_page_says_that_its_counts_are_of_then_and_leads_to_what_is_still_open(
    sender: Sender, filled: Callable[..., bytes]
) -> None:
    still_open = 'when they were read. <a href="/">See what still needs you</a>'
    sender.add(("Elm.pdf", filled("2103")))
    assert still_open not in sender.wait()
    sender.add(("minutes.txt", b"Minutes"))
    text = sender.wait()
    assert "1 return needs you." in text
    assert text.count(still_open) == 1


def test_files_wait_while_another_run_is_at_work(
    sender: Sender, made: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    token = sender.form_token().encode()
    with open_for_writing(made, Definitions.of_today()):
        assert sender.send([("token", None, token), ("files", "Elm.pdf", filled("2103"))]).status == 303
        time.sleep(PATIENCE + 1)
        assert [path.name for path in files_left(tmp_path)] == ["Elm.pdf"]
    assert ">Accepted</strong>" in sender.wait()


@pytest.mark.parametrize("token", [b"", b"x", None])
def test_files_without_our_token_are_not_taken(sender: Sender, made: Path, tmp_path: Path, token: bytes | None) -> None:
    before = [] if token is None else [("token", None, token)]
    assert sender.send([*before, ("files", "a.txt", b"Minutes")]).status == 403
    assert (files_left(tmp_path), "a.txt" in sources(made)) == ([], False)


def test_a_token_after_the_files_is_none(sender: Sender, tmp_path: Path) -> None:
    token = sender.form_token().encode()
    assert sender.send([("files", "a.txt", b"Minutes"), ("token", None, token)]).status == 403
    assert files_left(tmp_path) == []


@pytest.mark.parametrize("origin", ["null", "http://evil.example"])
def test_files_from_another_site_are_not_taken(sender: Sender, tmp_path: Path, origin: str) -> None:
    parts = [("token", None, sender.form_token().encode()), ("files", "a.txt", b"Minutes")]
    assert sender.send(parts, Origin=origin).status == 403
    assert files_left(tmp_path) == []


def test_without_the_cookie_no_file_is_taken(sender: Sender, tmp_path: Path) -> None:
    parts = [("token", None, sender.form_token().encode()), ("files", "a.txt", b"Minutes")]
    assert sender.send(parts, Cookie="thep_forms_desk=1").status == 403
    assert files_left(tmp_path) == []


def test_what_states_to_be_too_large_is_refused_before_it_is_read(sender: Sender, tmp_path: Path) -> None:
    with sending(sender, f"Content-Length: {LARGEST_UPLOAD + 1}", b"") as connection:
        answer = connection.recv(200)
    assert b" 413 " in answer
    assert files_left(tmp_path) == []


def test_more_files_than_are_taken_at_once_are_refused_and_none_stays(sender: Sender, tmp_path: Path) -> None:
    answer = sender.add(*((f"{number}.txt", b"x") for number in range(MOST_FILES + 1)))
    assert (answer.status, f"more than {MOST_FILES:,} files" in answer.body.decode()) == (413, True)
    assert files_left(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("../../out.txt", "out.txt"),
        ("/etc/out.txt", "etc/out.txt"),
        ("in/../../out.txt", "in/out.txt"),
        ("..", "file"),
        ("a/./b.txt", "a/b.txt"),
        ("%22quoted%22.txt", '"quoted".txt'),
    ],
)
def test_a_name_that_climbs_stays_in_its_folder(
    sender: Sender, made: Path, tmp_path: Path, name: str, source: str
) -> None:
    sender.add((name, b"Minutes"))
    sender.wait()
    assert source in sources(made)
    assert not (tmp_path / "out.txt").exists()
    assert not (tmp_path / "temporary" / "out.txt").exists()


def test_equal_names_are_numbered_and_nothing_is_overwritten(sender: Sender, made: Path) -> None:
    sender.add(("a.txt", b"One"), ("a.txt", b"Two"))
    sender.wait()
    assert {"a.txt", "a (2).txt"} <= sources(made)


def test_a_name_that_no_disk_takes_is_said_in_words(sender: Sender, made: Path) -> None:
    sender.add((f"{'x' * 300}.txt", b"One"), ("b.txt", b"Two"))
    assert "could not be saved on this computer" in sender.wait()
    assert "b.txt" in sources(made)


def test_an_upload_that_is_cut_off_leaves_nothing(sender: Sender, made: Path, tmp_path: Path) -> None:
    body = body_of([("token", None, sender.form_token().encode()), ("files", "a.txt", b"x" * 200_000)])
    with sending(sender, f"Content-Length: {len(body)}", body[:150_000]):
        assert [path.name for path in files_once(tmp_path, count=1)] == ["a.txt"]
    assert (files_once(tmp_path, count=0), "a.txt" in sources(made)) == ([], False)


@pytest.mark.parametrize("content_type", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 1000}"])
def test_a_form_without_its_divider_is_refused(sender: Sender, content_type: str) -> None:
    answer = sender.send([("token", None, b"x")], Content_Type=content_type)
    assert answer.status in (400, 403)
    assert b"Traceback" not in answer.body


def test_the_private_folders_are_closed_to_others(sender: Sender, tmp_path: Path) -> None:
    assert sender.form_token()  # it runs
    modes = [folder.stat().st_mode & 0o077 for folder in (tmp_path / "temporary").iterdir()]
    assert modes == [0] * len(modes)
    assert modes


def test_no_file_chosen_is_said_on_the_page(sender: Sender) -> None:
    answer = sender.add(("", b""))
    assert (answer.status, "Choose a file first" in answer.body.decode()) == (422, True)


def files_once(tmp_path: Path, count: int) -> list[Path]:
    """The files of the desk, once there are so many, or after some seconds."""
    for _ in range(100):
        if len(files_left(tmp_path)) == count:
            break
        time.sleep(0.1)
    return files_left(tmp_path)


@contextmanager
def sending(sender: Sender, header: str, body: bytes) -> Iterator[socket.socket]:
    """A connection on which a form was begun, and no more than `body` of it comes."""
    with socket.create_connection(("127.0.0.1", sender.port), timeout=20) as connection:
        head = (
            f"POST /add HTTP/1.1\r\nHost: 127.0.0.1:{sender.port}\r\nOrigin: {sender.origin}\r\n"
            f"Cookie: {sender.jar['Cookie']}\r\nContent-Type: {MULTIPART}\r\n{header}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        yield connection
