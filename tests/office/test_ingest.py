"""Files on their way through workers into the records."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.remake_samples import SCHOOLS, answers, locked
from tests.support.commands import run
from tests.support.printers import by_qpdf, joined
from tests.support.viewer import type_into
from thep_forms.work import Limits


def verdicts(records: Path) -> dict[str, str]:
    return {row["source"]: row["verdict"] for row in rows(records / "returns.csv")}


def test_several_forms_in_a_file_are_returns_of_their_own(tmp_path: Path, form: bytes) -> None:
    (tmp_path / "three.pdf").write_bytes(joined(*(type_into(form, answers(n)) for n in ("2101", "3204", "4242"))))
    (tmp_path / "copy.pdf").write_bytes((tmp_path / "three.pdf").read_bytes())
    records = tmp_path / "records"
    ingest(records, [tmp_path / "three.pdf", tmp_path / "copy.pdf"])
    assert verdicts(records) == {f"copy.pdf#{n}": "accepted" for n in (1, 2, 3)} | {
        f"three.pdf#{n}": "duplicate" for n in (1, 2, 3)
    }
    ids = [row["return_id"] for row in rows(records / "returns.csv") if row["source"].startswith("copy")]
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]
    assert {row["dfe_number"] for row in rows(records / "schools.csv")} == {"211/2101", "211/3204", "211/4242"}


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_tables_do_not_depend_on_how_many_workers_there_are(
    tmp_path: Path, filled: Callable[..., bytes], workers: int
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in ("2101", "3204", "4242", "2102"):
        (inbox / f"{number}.pdf").write_bytes(filled(number))
        (inbox / f"{number} printed.pdf").write_bytes(by_qpdf(filled(number)))
    for count in (1, workers):
        ingest(tmp_path / f"records {count}", [inbox], workers=count)
    for path in (tmp_path / "records 1").glob("*.csv"):
        assert path.read_bytes() == (tmp_path / f"records {workers}" / path.name).read_bytes()


def test_a_file_that_took_too_long_is_tried_again_only_when_a_person_asks(
    tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    # All schools' forms in one file, so that no machine reads it within the limit.
    (tmp_path / "form.pdf").write_bytes(joined(*(filled(school[0]) for school in SCHOOLS)))
    records = tmp_path / "records"
    ingest(records, [tmp_path / "form.pdf"], limits=Limits(seconds=0.001, times_by_the_clock=10**5))
    (row,) = rows(records / "problems.csv")
    assert (row["code"], "0.001 seconds" in row["message"]) == ("unreadable", True)
    assert ingest(records, [tmp_path / "form.pdf"]).overran == 1
    assert verdicts(records) == {"form.pdf": "unreadable"}
    assert ingest(records, [tmp_path / "form.pdf"], again=True).overran == 0
    assert verdicts(records) == {f"form.pdf#{n}": "accepted" for n in range(1, len(SCHOOLS) + 1)}


# --- Locked files -------------------------------------------------------------------------------------------------


def test_a_locked_file_is_opened_with_a_password_from_a_file(tmp_path: Path, filled: Callable[..., bytes]) -> None:
    (tmp_path / "form.pdf").write_bytes(locked(filled()))
    (tmp_path / "passwords.txt").write_text("wrong\nsesame\n", encoding="utf-8")
    command = ["ingest", tmp_path / "form.pdf", "-o", tmp_path / "records"]
    assert run(*command).exit_code == 1
    assert verdicts(tmp_path / "records") == {"form.pdf": "locked"}
    assert run(*command, "--password-file", tmp_path / "passwords.txt").exit_code == 0
    assert verdicts(tmp_path / "records") == {"form.pdf": "accepted"}
    told = [path.read_bytes() for path in (tmp_path / "records").iterdir() if path.is_file()]
    assert not any(b"sesame" in content for content in told)


def test_a_locked_file_of_several_forms_has_a_row_for_each_once_it_is_opened(tmp_path: Path, form: bytes) -> None:
    (tmp_path / "form.pdf").write_bytes(locked(joined(*(type_into(form, answers(n)) for n in ("2101", "3204")))))
    records = tmp_path / "records"
    ingest(records, [tmp_path / "form.pdf"])
    assert verdicts(records) == {"form.pdf": "locked"}
    ingest(records, [tmp_path / "form.pdf"], passwords=["sesame"])
    assert verdicts(records) == {"form.pdf#1": "accepted", "form.pdf#2": "accepted"}


def test_a_password_is_asked_for_and_not_shown(tmp_path: Path, filled: Callable[..., bytes]) -> None:
    (tmp_path / "form.pdf").write_bytes(locked(filled()))
    result = run("ingest", tmp_path / "form.pdf", "-o", tmp_path / "records", "--password", input="sesame\n")
    assert result.exit_code == 0
    assert "sesame" not in result.output


def test_a_run_that_brings_nothing_new_does_not_load_what_writes_workbooks(
    tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    (tmp_path / "form.pdf").write_bytes(filled())
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.conftest import ingest\n"
        "ingest(Path(sys.argv[2]), [Path(sys.argv[1])])\n"
        "print('xlsxwriter' in sys.modules)\n"
    )
    command = [sys.executable, "-c", script, tmp_path / "form.pdf", tmp_path / "records"]
    told = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)]
    assert told == ["True", "False"]
