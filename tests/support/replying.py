"""Messages that schools write, and what the office sees of them."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from tests.conftest import ingest, rows
from tests.support.commands import run, table
from tests.support.packing import mail, mbox
from tests.support.writing import email

MAY_3, MAY_10 = "Sun, 3 May 2026 10:00:00 +0100", "Sun, 10 May 2026 10:00:00 +0100"
PEOPLE = """dfe_number,school_name,main_contact_name,main_contact_email
2101,Cedar Primary School,Jo Ali,jo@cedar.example
2103,Elm Tree Primary School,Kit Lee,kit@elm.example
"""
PICTURE = b"GIF89a" + bytes(100)


def message(sender: str, text: str = "Dear all", date: str = MAY_3, **headers: str) -> EmailMessage:
    """A message without a file; headers have `_` for `-`."""
    made = EmailMessage()
    made["From"], made["To"], made["Date"] = sender, "membership@thepartnership.example", date
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def with_files(sender: str, files: dict[str, bytes], date: str = MAY_3) -> EmailMessage:
    made = mail(files, sent=date)
    made.replace_header("From", sender)
    return made


def take_in(records: Path, schools: Path | None, *messages: EmailMessage) -> None:
    path = records.parent / f"inbox {len(list(records.parent.glob('*.mbox')))}.mbox"
    ingest(records, [mbox(path, messages)], register=schools)


def returned(records: Path) -> dict[str, tuple[str, str, str]]:
    """The DfE number, the school's name and the verdict of each row, by its source without the mailbox."""
    found = rows(records / "returns.csv")
    return {row["source"].partition("/")[2]: (row["dfe_number"], row["school_name"], row["verdict"]) for row in found}


def status(records: Path, schools: Path) -> dict[str, tuple[str, str]]:
    """The standing of each school, and why, by the last digits of its number."""
    result = run("status", "2026-27", "-o", records, "--schools", schools, "--csv")
    return {row["dfe_number"][4:]: (row["status"], row["why"]) for row in table(result)}


def reminder(records: Path, schools: Path, number: str) -> str:
    """The words of the reminder to a school, in one line."""
    result = email(schools, records, "--chase", "--dry-run", "--only", number)
    return " ".join(result.stdout.split())
