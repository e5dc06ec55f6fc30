"""Records of a few schools, for tests that damage or exchange the ledger."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ingest, rows
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.viewer import type_into

LEDGER, COPY = "ledger.sqlite", "ledger-copy.sqlite"
CONTACTS = {"2101": "Ada Ashworth", "3204": "Ben Birchall", "4242": "Cem Firat"}
REGISTER = """dfe_number,school_name,email
2101,Cedar Primary School,office@cedar.example
3204,St Fillan’s Church of England Primary School,office@fillan.example
4242,Ivy Lane School,office@ivy.example
2103,Elm Tree Primary School,office@elm.example
"""


def records_with_everything(folder: Path, form: bytes) -> Path:
    """Records with returns, a decision, a message, a list of schools and a file that cannot be opened."""
    inbox, records = folder / "inbox", folder / "records"
    inbox.mkdir()
    for number in CONTACTS:
        own = {"main_contact_name": CONTACTS[number]}
        (inbox / f"{number}.pdf").write_bytes(type_into(form, answers(number, **own)))
    other = type_into(form, answers("4242", headteacher_name="Another Head"))
    (inbox / "4242 again.pdf").write_bytes(other)
    (inbox / "letter.txt").write_text("Dear all,")
    (inbox / "broken.zip").write_bytes(b"PK\3\4 and no more")
    register = folder / "schools.csv"
    register.write_text(REGISTER)
    ingest(records, [inbox])
    preferred = next(row["return_id"] for row in rows(records / "returns.csv") if row["source"].endswith("again.pdf"))
    assert run("prefer", preferred, "-o", records).exit_code == 0
    drafts = ["--drafts", folder / "drafts"]
    assert run("email", "2026-27", "-o", records, "--schools", register, *drafts).exit_code == 0
    return records


def ingest_nothing(records: Path) -> tuple[int, str]:
    result = run("ingest", records.parent / "empty", "-o", records)
    return result.exit_code, result.stderr
