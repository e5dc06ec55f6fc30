"""Folders as a source of returns: every file in them has a row, and errors stop no other file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows, verdicts
from tests.remake_samples import SCHOOLS
from thep_forms.errors import SourceError
from thep_forms.sources import SourceFile, find_files, open_file

Filled = Callable[..., bytes]


def test_system_files_in_a_folder_need_no_attention(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._cedar.pdf", "~$letter.docx"):
        (folder / name).write_bytes(name.encode())
    assert ingest(tmp_path / "records", [folder]).all_accepted
    verdict_by_source = {row["source"]: row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert len(verdict_by_source) == 6
    assert verdict_by_source["inbox/Thumbs.db"] == "not_a_form"


def test_unusual_files_have_a_row_each_and_the_others_are_read(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    (folder / "notes.txt").write_text("=1+1", encoding="utf-8")
    (folder / "empty.pdf").touch()
    (folder / "deeper").mkdir()
    (folder / "deeper" / "elm.pdf").write_bytes(filled("2103"))
    (folder / "nowhere.pdf").symlink_to(folder / "gone.pdf")
    (folder / "loop").symlink_to(folder)
    (folder / "endless.pdf").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.pdf")
    ingest(folder / "records", [folder])
    assert verdicts(folder / "records") == {
        "cedar": "accepted",
        "elm": "accepted",
        "notes": "not_a_form",
        "empty": "not_a_form",
        "nowhere": "unreadable",
        "loop": "unreadable",
        "endless": "unreadable",
        "pipe": "unreadable",
    }


def test_a_file_that_becomes_readable_is_no_longer_listed_as_unreadable(tmp_path: Path, filled: Filled) -> None:
    folder, records = inbox(tmp_path / "inbox"), tmp_path / "records"
    (folder / "cedar.pdf").symlink_to(tmp_path / "later.pdf")
    ingest(records, [folder])
    assert verdicts(records) == {"cedar": "unreadable"}
    (tmp_path / "later.pdf").write_bytes(filled())
    assert ingest(records, [folder]).all_accepted
    assert [row["verdict"] for row in rows(records / "returns.csv")] == ["accepted"]


def test_a_folder_that_cannot_be_searched_is_reported() -> None:
    with tempfile.TemporaryDirectory() as name:
        shut = Path(name) / "inbox" / "shut"
        shut.mkdir(parents=True)
        Path(name).chmod(0o755)
        shut.chmod(0)
        found = as_somebody_else(
            lambda: [repr(found) for place in find_files([shut.parent]) for found in open_file(place)]
        )
        shut.chmod(0o700)
    assert len(found) == 1
    assert "inbox/shut" in found[0]
    assert "cannot be opened" in found[0]


def as_somebody_else(work: Callable[[], list[str]]) -> list[str]:
    """Do `work` without the superuser's right to open everything."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            os.write(theirs, json.dumps(work()).encode())
        finally:
            os._exit(0)  # where work() raises, too: nothing else of these tests may go on in the child
    os.close(theirs)
    os.waitpid(child, 0)
    with os.fdopen(ours, "rb") as pipe:
        return list(json.loads(pipe.read()))


def test_two_hundred_returns_are_ingested_in_one_run(tmp_path: Path, filled: Filled) -> None:
    folder = tmp_path / "inbox"
    originals = {school[0]: filled(school[0]) for school in SCHOOLS}
    inbox(folder, **{f"{number}-{n}": data + b"%" * n for number, data in originals.items() for n in range(17)})
    summary = ingest(tmp_path / "records", [folder])
    assert summary.new == 204
    assert summary.verdicts == {"accepted": 12, "superseded": 192}


def test_a_folder_that_is_both_source_and_records_is_refused(tmp_path: Path, filled: Filled) -> None:
    folder = inbox(tmp_path / "inbox", cedar=filled())
    with pytest.raises(SourceError, match="Choose another folder"):
        ingest(folder, [folder])
    assert [path.name for path in folder.iterdir()] == ["cedar.pdf"]


def test_progress_is_called_for_every_file(tmp_path: Path, filled: Filled) -> None:
    seen: list[str] = []

    def watch(places: Sequence[SourceFile]) -> Iterable[SourceFile]:
        for place in places:
            seen.append(place.source)
            yield place

    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", cedar=filled())], progress=watch)
    assert seen == ["inbox/cedar.pdf"]
