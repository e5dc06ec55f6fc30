"""Records of version 10, which kept no words of messages with a form: they open, and nothing in them is lost."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import ingest, rows, verdicts
from tests.support.commands import run
from tests.support.deciding import decide
from tests.support.old_records import VERSION_10
from thep_forms.definition import Definitions
from thep_forms.office.display.one_return import look_up_return
from thep_forms.records import open_for_reading
from thep_forms.sources.mailbox.address import MailboxAddress

OLD = VERSION_10.folder
MAILBOX = MailboxAddress.parse("imaps://office@mail.example.org/INBOX")


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return VERSION_10.copied_into(tmp_path)


def test_how_far_a_mailbox_was_read_with_version_10_still_counts(records: Path) -> None:
    assert run("status", "2026-27", "-o", records).exit_code == 0
    with open_for_reading(records, Definitions.of_today()) as ledger:
        uid_validity, read = ledger.read_of(MAILBOX)
    assert (uid_validity, str(read)) == (7, "1:40,43")


def test_what_a_person_corrected_with_version_10_still_counts_and_can_be_undone(records: Path) -> None:
    assert verdicts(records)["form"] == "accepted"
    decide("undo", records, "2")
    assert "needs_attention" in {row["verdict"] for row in rows(records / "returns.csv")}


def test_words_of_a_message_that_version_10_took_in_are_kept_when_it_comes_again(records: Path, tmp_path: Path) -> None:
    made = EmailMessage()
    made["From"], made["Date"], made["Message-ID"] = (
        "Office <office@oak.example>",
        "Mon, 11 May 2026 09:00:00 +0100",
        "<1@oak.example>",
    )
    made["To"], made["Subject"] = "forms@thepartnership.example", "Our form"
    made.set_content("Please note that our head retires in July.\n")
    (linden,) = (row for row in rows(OLD / "returns.csv") if row["source"] == "in/oak.eml/form.pdf")
    (pdf,) = (OLD / "returns").glob(f"{linden['return_id']}*.pdf")
    made.add_attachment(pdf.read_bytes(), maintype="application", subtype="pdf", filename="form.pdf")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "oak.eml").write_bytes(made.as_bytes())
    ingest(records, [tmp_path / "in"])
    shown = look_up_return(records, linden["return_id"], Definitions.of_today())
    assert [words.own for words in shown.words] == ["Please note that our head retires in July."]
