"""Forms of which each page came as a file of its own, and what became of the files."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import rows
from tests.support.packing import mail, returns
from tests.support.photographs import jpeg
from tests.support.viewer import draw

LEADER = "senior_leader_3_name"  # which is asked on the last page
NO_WORDS = b"<w:document><w:p></w:p></w:document>"


def photos(form: bytes, *pages: int) -> dict[str, bytes]:
    """Photographs of some pages of a form, counted from 1, by the names of their files."""
    return {f"{page}.jpg": jpeg(draw(form, page - 1, scale=150 / 72)) for page in pages}


def sent(folder: Path, name: str, photographed: dict[str, bytes]) -> None:
    (folder / f"{name}.eml").write_bytes(mail(photographed).as_bytes())


def inbox_of(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def verdicts(records: Path, place: str) -> dict[str, str]:
    """The verdicts on the files of a place, by their names."""
    found = returns(records).items()
    return {source.rpartition("/")[2]: verdict for source, verdict in found if f"{place}/" in source}


def id_of(records: Path, place: str, name: str) -> str:
    (found,) = {
        row["return_id"]
        for row in rows(records / "returns.csv")
        if f"{place}/" in row["source"] and row["source"].endswith(f"/{name}")
    }
    return found


def typed(records: Path, return_id: str) -> dict[str, str]:
    return {row["field"]: row["raw"] for row in rows(records / "values.csv") if row["return_id"] == return_id}
