"""What is held about a person: found as a reader would, and written to a folder to hand over."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest
from tests.office.test_report import look
from tests.remake_samples import answers
from tests.support.browser import blank
from tests.support.commands import run
from tests.support.deciding import decide, return_id
from tests.support.packing import mail, mbox
from tests.support.printers import joined
from tests.support.viewer import type_into
from tests.support.writing import CEDAR
from thep_forms.office.people.person import Wanted
from thep_forms.records import Ledger, Sent, SentKind, SentState

Filled = Callable[..., bytes]
ANN: dict[str, str | bool] = {
    "chair_of_governors_name": "Ms Ánn LEE-O’Hara",
    "chair_of_governors_email": "Ann.Lee@cedar.example",
    "chair_of_governors_telephone": "+44 (0)7700 900123",
}
OTHERS = {"main_contact_name": "Bob Ray", "headteacher_name": "Cy Brook", "business_manager_name": "Di Ash"}


def found(records: Path, *words: str) -> str:
    result = run("find", *words, "-o", records)
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture
def cedar(records: Path, tmp_path: Path, filled: Filled) -> Path:
    """Records of Cedar's form, whose chair is Ann, and of Fillan's, which has nobody of her name."""
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", **ANN, **OTHERS), fillan=filled("3204"))])
    return records


# --- as a reader would ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Ann Lee O'Hara",
        "lee",
        "ann ohara",
        "  ÁNN   Lee ",
        "o’hara",
        "ann.lee@cedar.example",
        "Ann.LEE@",
        "07700 900123",
        "+447700900123",
        "0044 7700-900123",
        "900 123",
        "Ann Lee 07700 900123",
        "chair lee",
    ],
)
def test_a_person_is_found_however_the_name_or_number_is_typed(cedar: Path, words: str) -> None:
    text = found(cedar, words)
    assert "Cedar Primary School (211/2101)" in text
    assert "Name: Ms Ánn LEE-O’Hara" in text
    assert "St Fillan" not in text


@pytest.mark.parametrize("words", ["An Lee", "Lee Ray", "nlee@cedar.example", "07700 900124", "Zoe"])
def test_words_that_stand_nowhere_together_find_nothing(cedar: Path, words: str) -> None:
    assert found(cedar, words) == f"Nothing is held about “{words}”.\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("van der Berg", "A. Vanderberg"),
        ("vanderberg", "A van der Berg"),
        ("lukasz zolc", "Łukasz Żółć"),
        ("Strasse", "Straße"),
        ("মোহাম্মদ রহমান", "মোহাম্মদ  রহমান"),
        ("@cedar.example", "office@cedar.example"),
        ("7946 0018", "020 7946 0018 ext. 12"),
        ("ann lee", "ann_lee.pdf"),
    ],
)
def test_spacing_accents_and_parts_do_not_matter(words: str, text: str) -> None:
    assert Wanted.typed(words).stands_in([text])


@pytest.mark.parametrize(
    ("words", "text"), [("Ann", "Joanna"), ("lee@x.example", "brownlee@x.example"), ("মোহাম্মদ", "মহমদ")]
)
def test_part_of_a_word_or_of_a_name_before_the_at_is_another_person(words: str, text: str) -> None:
    assert not Wanted.typed(words).stands_in([text])


def test_words_that_ask_for_nothing_are_refused_in_one_line(cedar: Path) -> None:
    result = run("find", " - ", "-o", cedar)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


# --- every place ---------------------------------------------------------------------------------------------------


def test_each_place_is_shown_by_school_and_with_its_date(
    records: Path, schools: Path, tmp_path: Path, filled: Filled
) -> None:
    schools.write_text(
        "dfe_number,school_name,email,main_contact_name,main_contact_email\n"
        f"2101,Cedar Primary School,{CEDAR},Ann Lee,ann.lee@cedar.example\n2103,Elm Tree Primary School,,,\n"
    )
    message = mail({"form of Ann Lee.pdf": filled("2103")}, sent="Sun, 3 May 2026 10:00:00 +0100")
    message.replace_header("From", "ann.lee@cedar.example")
    ingest(records, [mbox(tmp_path / "mail.mbox", [message])], register=schools)
    decide("correct", records, return_id(records, "form of Ann Lee"), "headteacher_name=Ann Lee", why="Ann Lee rang")
    decide("note", records, "211/2103", "ann.lee@cedar.example is for Elm, too", by="Ann Lee")
    with Ledger(records) as ledger, ledger.transaction():
        at = ledger.arrivals_of(return_id(records, "form of Ann Lee"))[0].received_at
        assert at
        addresses = f"{CEDAR};ann.lee@cedar.example"
        ledger.note_sent(Sent("2026-27", "211/2101", at, SentKind.FORM, SentState.SENT, addresses))
    cedar, elm = found(records, "Ann", "Lee").split("\nElm Tree Primary School (211/2103)\n")
    assert "List of schools of 2026-27\n      Details of Main Contact for all mailings: Name: Ann Lee\n" in cedar
    assert "E-mail to the school about 2026-27, sent (3 May 2026)\n      Address: ann.lee@cedar.example\n" in cedar
    assert CEDAR not in cedar
    for words in ("Name: Ann Lee", "form of Ann Lee.pdf", "Sender of the message: ann.lee@cedar.example", "3 May 2026"):
        assert words in elm
    for words in ("Answer: Ann Lee", "Reason or note: Ann Lee rang", "note: ann.lee@cedar", "Who decided"):
        assert words in elm


def test_an_answer_that_was_corrected_is_found_as_it_came_and_as_it_is(cedar: Path) -> None:
    decide("correct", cedar, return_id(cedar, "cedar"), "chair_of_governors_name=Zoe Hill")
    assert "Name, as it came: Ms Ánn LEE-O’Hara" in found(cedar, "Ann Lee")
    assert "Zoe Hill" not in found(cedar, "Ann Lee")
    as_it_is = found(cedar, "Zoe Hill")
    assert "Name: Zoe Hill" in as_it_is
    assert "LEE" not in as_it_is.replace("Ann.Lee", "")


def test_an_address_of_the_person_is_looked_for_where_the_name_does_not_stand(
    records: Path, tmp_path: Path, filled: Filled
) -> None:
    named = {"chair_of_governors_name": "Ann Lee", "chair_of_governors_email": "al27@x.example"}
    shared = {"business_manager_name": "Ann Lee", "business_manager_email": "office@x.example"}
    form = filled("2101", **named, **shared, main_contact_email="office@x.example")
    message = mail({"form.pdf": form}, sent="Sun, 3 May 2026 10:00:00 +0100")
    message.replace_header("From", "al27@x.example")
    ingest(records, [mbox(tmp_path / "mail.mbox", [message])])
    text = found(records, "Ann Lee")
    assert "Also looked for what stands beside the name: al27@x.example." in text
    assert "Sender of the message: al27@x.example" in text


def test_files_that_cannot_be_searched_are_named_to_the_office(cedar: Path, tmp_path: Path) -> None:
    ingest(cedar, [inbox(tmp_path / "more", broken=b"%PDF-1.7 broken")])
    result = run("find", "Ann Lee", "-o", cedar)
    assert "Not searched: 1 file whose words the program cannot read." in result.stderr
    assert "broken.pdf" in result.stderr


def test_find_changes_nothing(cedar: Path) -> None:
    before = {path: path.read_bytes() for path in cedar.rglob("*") if path.is_file()}
    found(cedar, "Ann Lee")
    assert {path: path.read_bytes() for path in cedar.rglob("*") if path.is_file()} == before


# --- a folder to hand over -----------------------------------------------------------------------------------------


def page_in(folder: Path) -> str:
    return (folder / "what is held.html").read_text(encoding="utf-8")


def test_the_folder_holds_the_page_and_the_files_in_which_the_person_stands(cedar: Path, tmp_path: Path) -> None:
    folder = tmp_path / "handed over"
    result = run("find", "Ann Lee", "-o", cedar, "--export", folder)
    assert "This page and 1 file are in" in result.stderr
    assert "black these people out" in result.stderr
    name = f"return {return_id(cedar, 'cedar')}.pdf"
    assert {path.name for path in folder.iterdir()} == {"what is held.html", name}
    assert (folder / name).read_bytes() in {path.read_bytes() for path in (cedar / "returns").iterdir()}
    assert f'{name} <span class="details">(it holds other people, too)</span>' in page_in(folder)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})


def test_the_page_shows_no_value_of_anybody_else(cedar: Path, tmp_path: Path) -> None:
    run("find", "Ann Lee", "-o", cedar, "--export", tmp_path / "out")
    page = page_in(tmp_path / "out")
    assert "Ms Ánn LEE-O’Hara" in page
    assert "07700 900123" in page
    assert not any(name in page for name in OTHERS.values())
    assert "cedar.pdf" not in page


def test_the_page_escapes_what_was_typed_and_has_no_script(records: Path, tmp_path: Path, filled: Filled) -> None:
    name = 'Ann <script>alert(1)</script> Lee & "Co"'
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101", chair_of_governors_name=name))])
    run("find", "<b>Ann Lee", "-o", records, "--export", tmp_path / "out")
    page = page_in(tmp_path / "out")
    tags: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.add(tag)
    parser.feed(page)
    assert "script" not in tags
    assert "b" not in tags
    assert not re.search(r"\son\w+=|https?://", page)


def test_a_file_of_two_schools_says_that_it_holds_others(records: Path, tmp_path: Path, form: bytes) -> None:
    both = joined(type_into(form, answers("2101", **ANN)), type_into(form, answers("3204")))
    ingest(records, [inbox(tmp_path / "inbox", both=both)])
    run("find", "Ann Lee", "-o", records, "--export", tmp_path / "out")
    assert page_in(tmp_path / "out").count("it holds other people") == 1


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_folder_with_other_things_is_left_alone(cedar: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "mine"
    if kind == "folder":
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    else:
        folder.write_text("mine")
    result = run("find", "Ann Lee", "-o", cedar, "--export", folder)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "Choose a new folder" in result.stderr
    assert not (folder / "what is held.html").exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_the_page_to_hand_over(cedar: Path, tmp_path: Path, scheme: str) -> None:
    run("find", "Ann Lee", "-o", cedar, "--export", tmp_path / "out")
    with blank(tmp_path / "browser") as browser:
        look(browser, tmp_path / "out" / "what is held.html", scheme=scheme)
        browser.run((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8") + "; true")
        violations, passes = browser.run("axe.run().then(found => [found.violations, found.passes.length])")
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations] == []
    assert passes > 10
