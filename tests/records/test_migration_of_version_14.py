"""Records of version 14, which compared whole forms alone: a photograph of one page gives way once they are opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.support.commands import run
from tests.support.old_records import TABLES, VERSION_14
from tests.support.paged import verdicts

OLD = VERSION_14.folder


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return VERSION_14.copied_into(tmp_path)


def test_a_photograph_that_says_what_the_accepted_form_says_needs_nobody_any_more(
    records: Path, tmp_path: Path
) -> None:
    assert verdicts(records, "both.eml") == {"form.pdf": "accepted", "1.jpg": "needs_attention"}
    (tmp_path / "empty").mkdir()
    ingest(records, [tmp_path / "empty"])
    assert verdicts(records, "both.eml") == {"form.pdf": "accepted", "1.jpg": "superseded"}


def test_all_else_stays_as_version_14_wrote_it(records: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ingest(records, [tmp_path / "empty"])
    for table in set(TABLES) - {"returns"}:
        assert rows(records / f"{table}.csv") == rows(OLD / f"{table}.csv")
    assert (records / VERSION_14.copy_name).is_file()
    assert run("verify", "-o", records, "--deep").exit_code == 0
