"""Files that the desk cannot write, or that somebody else deleted: a page says so, and the rest goes on."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from tests.conftest import inbox, ingest, rows
from tests.desk.test_desk_access import Answer, Client
from tests.desk.test_desk_uploads import Sender
from tests.support.deciding import return_id
from thep_forms.definition import Definitions
from thep_forms.desk.downloads import Downloads
from thep_forms.desk.jobs import Job
from thep_forms.desk.server import running_desk
from thep_forms.desk.trouble import in_words
from thep_forms.errors import DecisionError

Filled = Callable[..., bytes]


@pytest.fixture
def made(records: Path, filled: Filled) -> Path:
    ingest(records, [inbox(records.parent / "in", cedar=filled(main_contact_email="jo@cedar"))])
    return records


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the desk's private folders are."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def client(made: Path) -> Iterator[Client]:
    with running_desk(made, Definitions.of_today) as running:
        yield Client(running)


def posted(client: Client, path: str, **fields: str) -> Answer:
    """What a form that is sent to the desk is answered with."""
    token = client.get("/add").body.decode().partition('name="token" value="')[2].partition('"')[0]
    return client.ask("POST", path, urlencode({"token": token, **fields}), **client.jar, Origin=client.origin)


def test_a_table_that_cannot_be_written_is_named_on_a_page_and_follows_later(client: Client, made: Path) -> None:
    (made / "decisions.csv").unlink()
    (made / "decisions.csv").mkdir()  # nothing can take its place, as where Excel on Windows has it open
    state = client.token(f"/returns/{return_id(made, 'cedar')}")[1]
    answer = posted(client, f"/returns/{return_id(made, 'cedar')}/close", state=state, why="rang")
    assert answer.status == 409
    assert "<h1>There is a problem</h1>" in answer.body.decode()
    assert "decisions.csv cannot be read or written" in answer.body.decode()
    (made / "decisions.csv").rmdir()
    assert posted(client, "/schools/211-2101/note", text="Ring after 3 pm").status == 303
    assert [row["action"] for row in rows(made / "decisions.csv")] == ["close", "note"]


@pytest.mark.parametrize("is_left_empty", [True, False])
def test_the_desk_does_not_begin_anew_where_its_records_have_gone(
    client: Client, made: Path, *, is_left_empty: bool
) -> None:
    assert client.get("/").status == 200
    away = made.rename(made.with_name("on another computer"))
    if is_left_empty:  # as where a drive was mounted
        made.mkdir()
    for path in ("/", "/start", "/lists", "/add"):
        answer = client.get(path)
        assert (answer.status, f"The records are no longer in {made}." in answer.body.decode()) == (409, True)
    if is_left_empty:
        made.rmdir()
    assert not made.exists()
    away.rename(made)
    assert "To do (1)" in client.get("/").body.decode()


def test_the_first_questions_say_where_the_records_begin(tmp_path: Path) -> None:
    with running_desk(tmp_path / "new", Definitions.of_today) as running:
        assert f"The records begin in {tmp_path / 'new'}." in Client(running).get("/start").body.decode()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/home/office/records/schools.csv"),
            "as Excel, close it",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "/home/office/records/schools.csv"),
            "Make room on the disk.",
        ),
        (OSError(errno.EIO, "Input/output error"), "A file cannot be read or written: Input/output error."),
    ],
)
def test_what_to_do_about_a_file_is_said_without_its_folder(error: OSError, words: str) -> None:
    assert words in in_words(error)
    assert "/home" not in in_words(error)


def test_files_are_taken_after_somebody_deleted_the_private_folder(made: Path, temporary: Path) -> None:
    with running_desk(made, Definitions.of_today) as running:
        sender = Sender(running)
        for folder in temporary.iterdir():
            shutil.rmtree(folder)
        assert sender.add(("elm.pdf", b"no form")).status == 303
        assert {folder.stat().st_mode & 0o077 for folder in temporary.iterdir()} == {0}
        assert "elm.pdf" in sender.wait()


def test_a_file_is_made_for_download_after_somebody_deleted_the_private_folder(temporary: Path) -> None:
    downloads = Downloads()
    (folder,) = temporary.iterdir()
    folder.rmdir()
    downloads.path(Job(1, "Writing drafts"), "drafts.zip").write_bytes(b"drafts")
    assert {path.stat().st_mode & 0o077 for path in temporary.rglob("*") if path.is_dir()} == {0}
    downloads.close()
    assert list(temporary.iterdir()) == []


def test_a_file_for_download_that_somebody_deleted_is_said_to_be_gone(temporary: Path) -> None:
    downloads, job = Downloads(), Job(1, "Writing drafts")
    path = downloads.path(job, "drafts.zip")
    path.write_bytes(b"drafts")
    downloads.offer(job, path, "Download the drafts")
    path.unlink()
    with pytest.raises(DecisionError, match="Make it again"):
        downloads.download(Request({"type": "http", "path_params": {"number": 1}}))
    assert list(temporary.iterdir())
    downloads.close()
