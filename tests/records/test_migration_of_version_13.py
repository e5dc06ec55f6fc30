"""Records of version 13, which kept what it read of all pages as the reading of the first: nothing in them is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.support.commands import run
from tests.support.deciding import decide, refused
from tests.support.old_records import TABLES, VERSION_13
from tests.support.paged import LEADER, id_of, typed, verdicts

OLD = VERSION_13.folder


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return VERSION_13.copied_into(tmp_path)


def test_pages_that_version_13_read_as_one_form_stay_so(records: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ingest(records, [tmp_path / "empty"])
    for table in TABLES:
        assert rows(records / f"{table}.csv") == rows(OLD / f"{table}.csv")
    assert run("verify", "-o", records).exit_code == 0


def test_a_form_of_version_13_is_confirmed_with_all_its_pages(records: Path) -> None:
    first, last = id_of(records, "pages.eml", "1.jpg"), id_of(records, "pages.eml", "4.jpg")
    decide("confirm", records, first)
    assert verdicts(records, "pages.eml") == {"1.jpg": "accepted", "4.jpg": "superseded"}
    assert typed(records, first)[LEADER] == "Ada Hill"
    line = refused("assign", records, last, "--school", "211/2101")
    assert line == f"Error: {last} is a page of the form {first}. Decide about that one."
