"""Pictures that came when the libraries for paper were not installed: they are read once these are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ingest, rows
from tests.reading.test_paper_reading import without_code
from tests.support.deciding import decide, row_of
from tests.support.photographs import jpeg, tiff
from tests.support.viewer import draw
from thep_forms.definition import FormDefinition
from thep_forms.generate import PaperCopy, pack

CEDAR, OAK = "211/2101", "211/4242"
CHAIR = "chair_of_governors_name"


def page(definition: FormDefinition, school: str, name: str) -> Image.Image:
    answers = {"dfe_number": school[-4:], CHAIR: name}
    return draw(pack(definition, [PaperCopy(answers, school)]), 0, scale=150 / 72).convert("L")


def come_in(folder: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> Path:
    """Records into which a picture came without the libraries for paper."""
    (folder / "inbox").mkdir()
    (folder / "inbox" / "scan").write_bytes(data)
    with monkeypatch.context() as context:
        context.setitem(sys.modules, "rapidocr", None)  # as Python finds what is not installed
        ingest(folder / "records", [folder / "inbox"])
    return folder / "records"


def read_again(records: Path, *, with_files: bool = False) -> None:
    """The next run, with the files that came before or with none."""
    (records.parent / "empty").mkdir(exist_ok=True)
    ingest(records, [records.parent / ("inbox" if with_files else "empty")])


def chairs(records: Path) -> list[str]:
    return [row["value"] for row in rows(records / "values.csv") if row["field"] == CHAIR]


def test_picture_is_read_by_the_next_run_that_can(
    definition: FormDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = come_in(tmp_path, monkeypatch, jpeg(page(definition, CEDAR, "Ann Lee"), 80))
    (row,) = rows(records / "returns.csv")
    assert (row["dfe_number"], row["verdict"], row["problems"]) == (CEDAR, "needs_attention", "scan")
    assert "is not installed" in rows(records / "problems.csv")[0]["message"]
    read_again(records)
    (row,) = rows(records / "returns.csv")
    assert (row["dfe_number"], row["verdict"]) == (CEDAR, "needs_attention")
    assert "scan_unconfirmed" in row["problems"].split(";")
    assert chairs(records) == ["Ann Lee"]


def test_picture_without_a_code_is_read_when_it_comes_again(
    definition: FormDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = come_in(tmp_path, monkeypatch, jpeg(without_code(page(definition, CEDAR, "Ann Lee")), 80))
    assert rows(records / "returns.csv")[0]["verdict"] == "not_a_form"
    read_again(records, with_files=True)
    assert chairs(records) == ["Ann Lee"]


def test_what_a_person_decided_of_a_picture_stays(
    definition: FormDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = come_in(tmp_path, monkeypatch, jpeg(page(definition, CEDAR, "Ann Lee"), 80))
    (row,) = rows(records / "returns.csv")
    decide("close", records, row["return_id"])
    read_again(records)
    assert row_of(records, row["return_id"])["verdict"] == "closed"
    assert chairs(records) == ["Ann Lee"]


def test_decision_about_one_return_of_a_pile_never_becomes_one_about_another(
    definition: FormDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pile = tiff([without_code(page(definition, CEDAR, "Ann Lee")), page(definition, OAK, "Bo Ray")])
    records = come_in(tmp_path, monkeypatch, pile)
    (row,) = rows(records / "returns.csv")
    decide("close", records, row["return_id"])
    read_again(records)  # the page without a code would now be the first return
    (row,) = rows(records / "returns.csv")
    assert (row["dfe_number"], row["verdict"]) == (OAK, "closed")
