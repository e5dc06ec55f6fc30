"""Register lists for tests: written, read, and given to `generate --schools`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.commands import run
from thep_forms.definition import Definitions, load_definition
from thep_forms.errors import SourceError
from thep_forms.register import MemberSchool, read_register

DEFINITION = load_definition("2026-27")


def register(path: Path) -> tuple[MemberSchool, ...]:
    return read_register(path, Definitions(None, DEFINITION.year))


def in_csv(rows: Sequence[Mapping[str, object]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def written(tmp_path: Path, *rows: Mapping[str, object]) -> Path:
    path = tmp_path / "schools.csv"
    path.write_text(in_csv(rows), encoding="utf-8")
    return path


def generated(path: Path) -> Result:
    return run("generate", "2026-27", "-o", path.parent / "forms", "--schools", path)


def refused(path: Path) -> str:
    """What is said of a list from which nothing is made."""
    result = generated(path)
    assert result.exit_code == 2
    assert not (path.parent / "forms").exists()
    assert result.stderr.count("\n") == 1
    return result.stderr


def told(members: Iterable[MemberSchool]) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return tuple((one.dfe_number, one.record.school) for one in members)


def notes(path: Path) -> str:
    """What the command says on stderr, without the line of the command itself."""
    result = generated(path)
    assert result.exit_code == 0, result.stderr
    return "\n".join(line for line in result.stderr.splitlines() if line.startswith(path.name))


def refusal(path: Path) -> str:
    """The error of reading a list that cannot be read."""
    with pytest.raises(SourceError) as raised:
        register(path)
    return str(raised.value)
