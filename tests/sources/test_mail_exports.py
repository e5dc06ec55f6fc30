"""The folder of an export tells the kind of its messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest
from tests.support.messages import (
    AUTOMATIC,
    OURS,
    completed_copy,
    message,
    verdicts,
)
from tests.support.packing import mail, mbox, zipped


@pytest.fixture(scope="module")
def completed() -> bytes:
    return completed_copy()


FOLDERS = {
    "Sent": OURS,
    "Takeout/Mail/Sent.mbox": OURS,
    "Mail/Drafts": OURS,
    "[Gmail].sbd/Sent Mail": OURS,
    "Gesendete Elemente": OURS,
    "Gesendete Nachrichten.mbox/mbox": OURS,
    "Éléments envoyés": OURS,
    "E\u0301le\u0301ments envoye\u0301s": OURS,
    ".&AMk-l&AOk-ments envoy&AOk-s/cur": OURS,
    "Entw&APw-rfe": OURS,
    "Borradores": OURS,
    "Posta inviata.mbox/mbox": OURS,
    "Wysłane": OURS,
    "Wyslane": OURS,
    "Corbeille": AUTOMATIC,
    "Papierkorb.mbox/mbox": AUTOMATIC,
    "Correo no deseado": AUTOMATIC,
    "Gel&APY-schte Objekte": AUTOMATIC,
    "Forms & more-": "accepted",
    "a/b/concept": "accepted",
    "Trash": AUTOMATIC,
    "Junk": AUTOMATIC,
    "Mail/Deleted Items.mbox": AUTOMATIC,
    "INBOX": "accepted",
    "All mail Including Spam and Trash.mbox": "accepted",
    "Sent to us": "accepted",
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_of_an_export_tells_the_kind_of_its_messages(tmp_path: Path, completed: bytes, folder: str) -> None:
    path = tmp_path / "export" / folder
    path.parent.mkdir(parents=True)
    mbox(path, [message(completed, "somebody@else.example")])
    ingest(tmp_path / "records", [tmp_path / "export"])
    assert verdicts(tmp_path / "records") == [FOLDERS[folder]]


@pytest.mark.parametrize(("folder", "verdict"), [("Sent", OURS), (".INBOX.Trash/cur", AUTOMATIC), ("Form", "accepted")])
def test_folder_of_single_messages_tells_their_kind_in_a_zip_too(
    tmp_path: Path, completed: bytes, folder: str, verdict: str
) -> None:
    made = message(completed, "somebody@else.example").as_bytes()
    (tmp_path / "mail.zip").write_bytes(zipped({f"{folder}/1.eml": made}))
    ingest(tmp_path / "records", [tmp_path / "mail.zip"])
    assert verdicts(tmp_path / "records") == [verdict]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        *(("cur/1.M1.host:2,ST", AUTOMATIC), ("cur/1.M1.host;2,RT", AUTOMATIC), ("cur/1.M1.host:2,DS", OURS)),
        *((".Drafts/cur/1.M1.host:2,DT", AUTOMATIC), ("cur/1.M1.host:2,RS", "accepted"), ("new/1.M1.TD", "accepted")),
    ],
)
def test_flags_of_a_maildir_tell_the_kind_of_a_message(
    tmp_path: Path, completed: bytes, name: str, verdict: str
) -> None:
    path = tmp_path / "Maildir" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(message(completed).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "Maildir"])
    assert verdicts(tmp_path / "records") == [verdict]


def test_name_of_a_message_or_of_a_schools_zip_tells_nothing(tmp_path: Path, completed: bytes) -> None:
    made = mail({"Sent.zip": zipped({"Drafts/form.pdf": completed})}, subject="Sent")
    (tmp_path / "Sent.eml").write_bytes(made.as_bytes())
    ingest(tmp_path / "records", [tmp_path / "Sent.eml"])
    assert verdicts(tmp_path / "records") == ["accepted"]
