"""Pages that came as pictures of their own stay apart where they may be of different forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import sleep, time

from tests.conftest import ingest
from tests.remake_samples import answers
from tests.support.packing import mail, zipped
from tests.support.paged import LEADER, NO_WORDS, id_of, inbox_of, photos, sent, typed, verdicts
from tests.support.photographs import jpeg
from tests.support.viewer import draw, type_into

Filled = Callable[..., bytes]
NEXT_DAY = "Tue, 5 May 2026 10:00:00 +0100"


def document(files: dict[str, bytes]) -> bytes:
    media = {f"word/media/{name}": data for name, data in files.items()}
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": NO_WORDS, **media})


def last_page(filled: Filled, number: str, leader: str) -> dict[str, bytes]:
    return photos(filled("2103", dfe_number=number, **{LEADER: leader}), 4)


def test_pages_of_two_messages_that_were_saved_under_one_name_stay_apart(tmp_path: Path, filled: Filled) -> None:
    folder, records = tmp_path / "in", tmp_path / "records"
    folder.mkdir()
    (folder / "message.eml").write_bytes(mail(photos(filled("2101"), 1)).as_bytes())
    ingest(records, [folder])
    (folder / "message.eml").write_bytes(mail(last_page(filled, "2102", "Bo Khan"), sent=NEXT_DAY).as_bytes())
    ingest(records, [folder])
    assert set(verdicts(records, "message.eml").values()) == {"needs_attention"}


def test_pages_in_messages_of_two_schools_that_were_passed_on_in_one_stay_apart(tmp_path: Path, filled: Filled) -> None:
    passed_on = mail(subject="Two of our schools")
    for number, pages in ("2101", photos(filled("2101"), 1)), ("2102", last_page(filled, "2102", "Bo Khan")):
        message = mail(pages)
        message.replace_header("From", f"office@school{number}.example")
        passed_on.add_attachment(message)
    inbox_of(tmp_path / "in", {"trust.eml": passed_on.as_bytes()})
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert set(verdicts(tmp_path / "records", "trust.eml").values()) == {"needs_attention"}


def test_pages_of_two_documents_with_one_name_stay_apart(tmp_path: Path, filled: Filled) -> None:
    folder, records = tmp_path / "in", tmp_path / "records"
    inbox_of(folder, {"form.docx": document(photos(filled("2101"), 1))})
    ingest(records, [folder])
    (folder / "form.docx").write_bytes(document(last_page(filled, "2102", "Bo Khan")))
    ingest(records, [folder])
    assert set(verdicts(records, "word/media").values()) == {"needs_attention"}


def test_pages_of_a_document_are_one_form_also_where_another_had_its_name_before(
    tmp_path: Path, filled: Filled
) -> None:
    folder, records = tmp_path / "in", tmp_path / "records"
    inbox_of(folder, {"form.docx": document({"note.txt": b"We moved."})})
    ingest(records, [folder])
    (folder / "form.docx").write_bytes(document(photos(filled("2101", **{LEADER: "Ada Hill"}), 1, 4)))
    sleep(1 - time() % 1)  # a run is known by the second in which it began
    ingest(records, [folder])
    assert verdicts(records, "word/media") == {"1.jpg": "needs_attention", "4.jpg": "superseded"}


def test_first_pages_of_two_years_that_say_the_same_are_two_forms(
    tmp_path: Path, form: bytes, earlier_form: bytes
) -> None:
    own = {key: text for key, text in answers("2101").items() if key in ("school_name", "dfe_number")}
    this, last = photos(type_into(form, own), 1), photos(type_into(earlier_form, own), 1)
    (tmp_path / "in").mkdir()
    sent(tmp_path / "in", "years", {"this 1.jpg": this["1.jpg"], "last 1.jpg": last["1.jpg"]})
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert "superseded" not in verdicts(tmp_path / "records", "years.eml").values()


def test_a_page_that_came_with_the_first_pages_of_two_schools_is_looked_at(tmp_path: Path, filled: Filled) -> None:
    (tmp_path / "in").mkdir()
    page = last_page(filled, "2101", "Ada Hill")
    sent(tmp_path / "in", "one", photos(filled("2101"), 1) | page)
    sent(tmp_path / "in", "other", photos(filled("2102"), 1) | page)
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert verdicts(tmp_path / "records", "one.eml") == {"1.jpg": "needs_attention", "4.jpg": "needs_attention"}


def test_a_page_that_came_with_the_form_of_another_school_is_looked_at(tmp_path: Path, filled: Filled) -> None:
    (tmp_path / "in").mkdir()
    page = last_page(filled, "2102", "Bo Khan")
    sent(tmp_path / "in", "trust", photos(filled("2101"), 1) | page | {"another.pdf": filled("2102")})
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert verdicts(tmp_path / "records", "trust.eml")["4.jpg"] == "needs_attention"


def test_a_page_is_looked_at_that_came_with_a_picture_of_another_page_that_nobody_can_read(
    tmp_path: Path, filled: Filled
) -> None:
    picture = draw(filled("2102"), 0, scale=150 / 72)
    half = {"half.jpg": jpeg(picture.crop((0, picture.height // 2, picture.width, picture.height)))}
    (tmp_path / "in").mkdir()
    sent(tmp_path / "in", "half", photos(filled("2101"), 1) | half | last_page(filled, "2102", "Bo Khan"))
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert set(verdicts(tmp_path / "records", "half.eml").values()) == {"needs_attention"}


def test_pages_that_came_in_two_messages_are_one_form_once_they_come_in_one(tmp_path: Path, filled: Filled) -> None:
    folder, records = tmp_path / "in", tmp_path / "records"
    folder.mkdir()
    pages = photos(filled("2101", **{LEADER: "Ada Hill"}), 1, 4)
    for name, photo in pages.items():
        sent(folder, name, {name: photo})
    ingest(records, [folder])
    assert verdicts(records, "4.jpg.eml") == {"4.jpg": "needs_attention"}
    sent(folder, "both", pages)
    ingest(records, [folder])
    assert verdicts(records, "4.jpg.eml") == {"4.jpg": "superseded"}
    assert typed(records, id_of(records, "both.eml", "1.jpg"))[LEADER] == "Ada Hill"
