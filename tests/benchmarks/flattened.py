"""Ingesting flattened returns, beside pdfplumber's words of the pages that have boxes, and nothing more."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

import pdfplumber

from tests.benchmarks.returns import typed
from tests.benchmarks.side_by_side import medians, table
from tests.conftest import ingest
from tests.support.printers import by_pdfium

COUNTS = (24, 100)  # the start of the worker counts for each file of a few
PAGES = [1, 4]  # the first and the continuation


def words(path: Path) -> object:
    with pdfplumber.open(path, pages=PAGES) as pdf:
        return [page.extract_words() for page in pdf.pages]


def main() -> None:
    for number in COUNTS:
        compare(number)


def compare(files: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        for number, pdf in enumerate(typed(files)):
            (folder / f"{number:03}.pdf").write_bytes(by_pdfium(pdf))

        turn = count()

        def into_records() -> None:
            ingest(Path(name) / f"records-{next(turn)}", [folder], workers=1)

        found = medians(
            {
                "pdfplumber, extract_words": lambda: [words(path) for path in folder.iterdir()],
                "thep_forms, ingested whole": into_records,
            },
            turns=3,
        )
    table("Flattened returns", {name: one.cpu for name, one in found.items()}, files)


if __name__ == "__main__":
    main()
