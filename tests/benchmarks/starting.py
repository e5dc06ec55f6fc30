"""How long the command takes to start, beside an interpreter that imports click alone, and one that reads a file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.returns import written
from tests.benchmarks.side_by_side import medians, table

BARE = """
import sys, pikepdf
with pikepdf.open(sys.argv[1]) as pdf:
    print(len({str(field.T): str(field.get("/V", "")) for field in pdf.Root.AcroForm.Fields}))
"""
TURNS = 11


def run(*command: object) -> None:
    subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (path,) = written(folder / "in", 1)
        turn = iter(range(10**6))
        found = medians(
            {
                "import click": lambda: run("-c", "import click"),
                "thep-forms --help": lambda: run("-m", "thep_forms", "--help"),
                "a bare script that reads one file": lambda: run("-c", BARE, path),
                "thep-forms ingest of one file": lambda: run(
                    "-m", "thep_forms", "ingest", path, "-o", folder / f"records-{next(turn)}"
                ),
            },
            TURNS,
        )
    walls = {name: one.wall for name, one in found.items()}
    names = list(walls)
    table("Starting", {name: walls[name] for name in names[:2]}, 1, "ms by the clock")
    table("One file", {name: walls[name] for name in names[2:]}, 1, "ms by the clock")


if __name__ == "__main__":
    main()
