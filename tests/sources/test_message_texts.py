"""A message without a form is called what it is: a link, a picture, word that nothing has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.support import outlook
from tests.support.commands import run
from tests.support.messages import (
    ingested,
    written,
)
from tests.support.packing import mail, zipped

SAFE_LINK = "https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fcedar.sharepoint.com%2Fs%2Fa.pdf&data=05"
OUR_LINK = (
    "On Mon, 4 May 2026 at 10:00, THE Partnership\n<membership@thepartnership.example> wrote:\n> https://we.tl/t-1"
)
WITHOUT_FILE = {
    "Please see https://cedar.sharepoint.com/:b:/s/office/EXf?e=1": "A link to SharePoint came instead of a file.",
    f"Our form: {SAFE_LINK}": "A link to SharePoint came instead of a file.",
    "Jo shared <https://cedar-my.sharepoint.com/:b:/g/personal/jo>": "A link to OneDrive came instead of a file.",
    "It is at https://drive.google.com/file/d/1/view": "A link to Google Drive came instead of a file.",
    "https://www.dropbox.com/s/1/form.pdf?dl=0": "A link to Dropbox came instead of a file.",
    "Files: https://we.tl/t-abc": "A link to WeTransfer came instead of a file.",
    "Dear all,\nNothing has changed since\nlast year. Jo": "The message says that nothing has changed",
    "There are no changes this year.": "The message says that nothing has changed",
    "All details are still the same.": "The message says that nothing has changed",
    "Our details have not changed.": "The message says that nothing has changed",
    "The information you hold hasn’t changed": "The message says that nothing has changed",
    "Please note that all details are as before.": "The message says that nothing has changed",
    "No changes to our new form this year": "The message says that nothing has changed",
    "No changes. Our chair is now Edith.": "This message has no file attached.",
    "Our details have not changed. We have a new head, Edith.": "This message has no file attached.",
    "Everything is the same. Ann retires at Easter, and Bo takes over.": "This message has no file attached.",
    "Nothing changed, only our chair's number: 020 7946 0018": "This message has no file attached.",
    "No change of address. Ann has left us": "This message has no file attached.",
    "Nothing has changed, except our chair: Edith": "This message has no file attached.",
    "No, our chair is Edith Newly-Elected": "This message has no file attached.",
    "Our site: https://cedar.example/sharepoint.com": "This message has no file attached.",
    f"We will send it next week.\n\n{OUR_LINK}": "This message has no file attached.",
}


@pytest.mark.parametrize("text", WITHOUT_FILE)
def test_message_without_a_file_is_called_what_it_is(tmp_path: Path, text: str) -> None:
    assert ingested(tmp_path, "message.eml", written(text)) == ["unreadable"]
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["message"].startswith(WITHOUT_FILE[text])


def test_link_that_only_the_html_of_a_message_has_is_called_a_link(tmp_path: Path) -> None:
    html = '<p>Our <a href="https://docs.google.com/document/d/1">form</a></p>'
    quoted = '<p>Soon.</p><blockquote><a href="https://docs.google.com/document/d/1">form</a></blockquote>'
    for number, page in enumerate((html, quoted)):
        (tmp_path / f"{number}.eml").write_bytes(written("Our form", html=page).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "0.eml", tmp_path / "1.eml"])
    messages = {row["source"]: row["message"].partition(".")[0] for row in rows(tmp_path / "records" / "problems.csv")}
    assert messages == {
        "0.eml": "A link to Google Drive came instead of a file",
        "1.eml": "This message has no file attached",
    }


def test_changes_that_only_the_html_of_a_message_has_are_no_word_that_nothing_changed(tmp_path: Path) -> None:
    html = "<p>No changes</p><p>Our chair is now Edith Newly-Elected.</p>"
    ingested(tmp_path, "message.eml", written("No changes", html=html))
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["message"].startswith("This message has no file attached.")


def test_large_picture_in_the_text_of_a_message_is_called_a_picture(tmp_path: Path) -> None:
    for name, size in (("logo", 5_000), ("photo", 150_000)):
        made = written("Our form")
        picture = b"\xff\xd8\xff\xe0" + bytes(size)
        made.add_attachment(picture, maintype="image", subtype="jpeg", disposition="inline", filename=f"{name}.jpg")
        (tmp_path / f"{name}.eml").write_bytes(made.as_bytes())
    ingest(tmp_path / "records", [tmp_path / "logo.eml", tmp_path / "photo.eml"])
    found = {row["source"]: row["value"] for row in rows(tmp_path / "records" / "problems.csv")}
    assert found["logo.eml"].startswith("This message has no file attached.")
    assert found["photo.eml"].startswith("A picture in the message came instead of a file.")


def test_outlook_message_with_a_link_is_called_a_link(tmp_path: Path) -> None:
    sent = outlook.message("Form", None, [])
    sent["__substg1.0_1000001F"] = "See https://1drv.ms/b/s!A".encode("utf-16-le")
    (tmp_path / "link.msg").write_bytes(outlook.compound(sent))
    ingest(tmp_path / "records", [tmp_path / "link.msg"])
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["value"] == "A link to OneDrive came instead of a file. Attach the form as a PDF."


def test_files_that_are_no_pdfs_are_called_what_they_are(tmp_path: Path) -> None:
    document = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    workbook = zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"})
    text = zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<c/>"}, 0)
    photo = b"GIF89a" + bytes(100)
    made = mail(
        {"a.docx": document, "b.xlsx": workbook, "c.odt": text, "d.gif": photo, "e.txt": b"Hello", "f.doc": b""}
    )
    ingested(tmp_path, "message.eml", made)
    found = {row["source"].rpartition("/")[2]: row["value"] for row in rows(tmp_path / "records" / "problems.csv")}
    assert found == {
        "a.docx": "This is a Word document, not a PDF.",
        "b.xlsx": "This is a spreadsheet, not a PDF.",
        "c.odt": "This is a text document, not a PDF.",
        "d.gif": "This is a picture, not a PDF.",
        "e.txt": "This is not a PDF.",
        "f.doc": "This file is empty.",
    }


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Our chair is\nEdith Newly-Elected", ""),
        ("", "<p>Our <b>chair</b> is<br>Edith&nbsp;Newly-Elected</p>"),
        ("See table.", "<p>Our chair is</p><table><tr><td>Edith Newly-Elected</td></tr></table>"),
        ("Our chair is\nEdith Newly-Elected", f"<p>Our chair is Edith</p><blockquote>{'Our form. ' * 50}</blockquote>"),
    ],
)
def test_what_a_message_without_a_file_says_is_kept_found_and_forgotten(tmp_path: Path, text: str, html: str) -> None:
    records = tmp_path / "records"
    (tmp_path / "message.eml").write_bytes(written(text, html=html).as_bytes())
    ingest(records, [tmp_path / "message.eml"])
    assert "In the message: Our chair is / Edith Newly-Elected" in run("find", "Edith Newly", "-o", records).stdout
    assert run("forget", "--person", "Edith Newly", "-o", records, "--yes").exit_code == 0
    assert "Nothing is held" in run("find", "Edith Newly", "-o", records).stdout
    assert len(rows(records / "returns.csv")) == 1
