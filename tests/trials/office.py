"""An office: its records, the forms that come in, and the commands of its year, step by step."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

from tests.remake_samples import SCHOOLS, answers
from tests.support.commands import run
from tests.support.viewer import type_into
from thep_forms.definition import load_definition
from thep_forms.generate import generate
from thep_forms.records.names import PACKAGE, TableName

LEDGER, COPY = "ledger.sqlite", "ledger-copy.sqlite"
COMPARED = (*(table.file for table in TableName), PACKAGE)
NUMBERS = [number for number, *_ in SCHOOLS]


class Office:
    """A folder with RECORDS, forms that come in, and a list of schools."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.records = folder, folder / "records"
        self.register = folder / "schools.csv"

    @classmethod
    def opened(cls, folder: Path) -> Office:
        office = cls(folder)
        names = {number: name for number, name, *_ in SCHOOLS}
        lines = [f"{number},{name},office@s{number}.example" for number, name in names.items()]
        office.register.write_text("\n".join(["dfe_number,school_name,email", *lines]) + "\n")
        form = generate(load_definition("2026-27"))
        earlier = generate(load_definition("2025-26"))
        batches = {"last year": (earlier, NUMBERS[:4]), "first": (form, NUMBERS[:6]), "second": (form, NUMBERS[6:10])}
        for batch, (blank, numbers) in batches.items():
            (folder / batch).mkdir()
            for number in numbers:
                (folder / batch / f"{number}.pdf").write_bytes(type_into(blank, answers(number)))
        again = type_into(form, answers(NUMBERS[8], headteacher_name="Another Head"))
        (folder / "second" / "again.pdf").write_bytes(again)
        (folder / "second" / "letter.txt").write_text("Dear all,")
        return office

    def words(self, step: str) -> list[str]:
        """The words of the command of a step."""
        records, folder = ["-o", str(self.records)], self.folder
        listed = ["--schools", str(self.register)]
        commands: dict[str, list[str]] = {
            "ingest last year": ["ingest", str(folder / "last year"), *records, "--year", "2025-26"],
            "generate": ["generate", "2026-27", "-o", str(folder / "forms"), *listed, "--records", str(self.records)],
            "email": ["email", "2026-27", *records, *listed, "--drafts", str(folder / "drafts")],
            "ingest": ["ingest", str(folder / "first"), *records],
            "ingest more": ["ingest", str(folder / "second"), *records],
            "prefer": ["prefer", self.conflicting(), *records],
            "forget": ["forget", *records, "--school", NUMBERS[0], "--yes"],
            "status": ["status", "2026-27", *records],
            "report": ["report", "2026-27", "-o", str(folder / "page.html"), "--records", str(self.records)],
            "mailing-list": ["mailing-list", "2026-27", *records],
            "verify": ["verify", *records],
            "restore": ["restore", *records],
        }
        return commands[step]

    def do(self, step: str) -> tuple[int, str]:
        """Do a step of the year: its exit code, and what it prints for the user."""
        result = run(*self.words(step))
        return result.exit_code, result.stderr or result.stdout

    def conflicting(self) -> str:
        """The id of the return that is preferred."""
        return hashlib.sha256((self.folder / "second" / "again.pdf").read_bytes()).hexdigest()[:16]

    def tables(self) -> dict[str, bytes]:
        """The tables, but for the moments of decisions."""
        found = {name: (self.records / name).read_bytes() for name in COMPARED if (self.records / name).is_file()}
        rows = [*csv.DictReader(io.StringIO(found.get("decisions.csv", b"").decode()))]
        found["decisions.csv"] = repr([row | {"at": ""} for row in rows]).encode()
        return found

    def everything(self) -> dict[str, bytes]:
        """All that a command may change, but for the ledgers, whose journals come and go."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                found[path.relative_to(self.folder).as_posix()] = path.read_bytes()
        return found


STEPS = (
    *("ingest last year", "generate", "email", "ingest", "ingest more", "prefer", "status", "report", "mailing-list"),
    *("forget", "verify"),
)
