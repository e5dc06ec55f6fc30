"""Files are written whole or not at all, and survive a loss of power."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thep_forms.files import holds, renew_private, write_private
from thep_forms.records import Archive


def test_a_write_that_fails_leaves_only_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_private(path, b"old")
    with pytest.raises(TypeError):
        write_private(path, "not bytes")
    assert {path_left.name: path_left.read_bytes() for path_left in tmp_path.iterdir()} == {"table.csv": b"old"}


@given(st.binary(max_size=40), st.lists(st.binary(max_size=12), max_size=5))
def test_a_table_written_in_pieces_replaces_any_earlier_table(before: bytes, pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.csv"
        path.write_bytes(before)
        is_same = holds(path, pieces)
        renew_private(path, pieces)
        assert path.read_bytes() == b"".join(pieces)
        assert is_same is (before == b"".join(pieces))
        assert [file.name for file in path.parent.iterdir()] == ["table.csv"]


def test_a_table_that_shrinks_while_it_is_compared_is_an_error_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"abcdef")

    def pieces() -> Iterator[bytes]:
        yield b"abc"
        path.write_bytes(b"a")
        yield b"XYZ"

    with pytest.raises(OSError, match="changed"):
        renew_private(path, pieces())
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"table.csv": b"a"}


def test_an_archived_pdf_is_replaced_only_after_the_new_file_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append(os.fstat(handle).st_size)
        fsync(handle)

    archive = Archive(tmp_path)
    archive.add("0" * 64, b"%PDF-")
    archive.sync()
    monkeypatch.setattr(os, "fsync", watched)
    archive.add("1" * 64, b"%PDF-new")
    assert synced == []
    archive.add("0" * 64, b"%PDF-")
    assert synced == [5]
