"""Pages of a form that came as pictures of their own, such as four photographs in an e-mail, are read as one form."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.conftest import ingest, rows
from tests.remake_samples import answers
from tests.support import outlook
from tests.support.commands import run
from tests.support.deciding import decide, refused, row_of
from tests.support.desk import drop, go_to, made_records, require_accessible
from tests.support.kept_ledger import COPY, LEDGER, ingest_nothing
from tests.support.packing import zipped
from tests.support.paged import LEADER, NO_WORDS, id_of, inbox_of, photos, sent, typed, verdicts
from tests.support.photographs import jpeg
from tests.support.printers import scanned
from tests.support.viewer import draw, type_into
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.generate import master_of
from thep_forms.office.display.box_crops import draw_crop
from thep_forms.office.display.box_places import look_up_places
from thep_forms.office.display.one_return import look_up_return
from thep_forms.office.display.page_pictures import draw_page
from thep_forms.office.display.school_words import look_up_words
from thep_forms.office.people.find import find

Filled = Callable[..., bytes]
DEFINITIONS = Definitions(None, MembershipYear(2026))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled, definition: FormDefinition) -> Path:
    """Records of forms that came page by page, in different ways."""
    folder = tmp_path_factory.mktemp("made")
    came = folder / "in"
    came.mkdir()
    sent(came, "whole", photos(filled("2101", **{LEADER: "Ada Hill"}), 1, 2, 3, 4))
    sent(came, "part", photos(filled("2102", **{LEADER: "Bo Khan"}), 1, 4))
    two = photos(filled("2103"), 1) | {"another 1.jpg": photos(filled("2103", dfe_number="2104"), 1)["1.jpg"]}
    sent(came, "two", two | photos(filled("2103", **{LEADER: "Cy Dale"}), 4))
    twice = {"again 4.jpg": photos(filled("2103", dfe_number="2105", **{LEADER: "Di Ford"}), 4)["4.jpg"]}
    sent(came, "twice", photos(filled("2103", dfe_number="2105", **{LEADER: "Ed Moss"}), 1, 4) | twice)
    pasted = {
        f"word/media/{name}": photo
        for name, photo in photos(filled("2103", dfe_number="2106", **{LEADER: "Flo Reid"}), 1, 4).items()
    }
    (came / "pasted.docx").write_bytes(
        zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": NO_WORDS, **pasted})
    )
    own = type_into(
        master_of(definition).copy({}, "211/2107"), answers("2103", dfe_number="2107", **{LEADER: "Gus Hart"})
    )
    inbox_of(came / "own", photos(own, 1, 4))
    saved = photos(filled("2110", **{LEADER: "Lou Field"}), 1, 4)
    attached = [outlook.attachment(name, photo, "image/jpeg") for name, photo in saved.items()]
    (came / "saved.msg").write_bytes(outlook.compound(outlook.message("Form", None, attached)))
    scans = {"1.pdf": scanned(filled("3204", **{LEADER: "Ian Bell"})), "4.pdf": scanned(filled("3204"), [3])}
    sent(came, "scans", scans)
    shots = filled("3205", **{LEADER: "Jan Cole"})
    again = {"again 1.jpg": jpeg(draw(shots, 0, scale=2)), "again 4.jpg": jpeg(draw(shots, 3, scale=2))}
    sent(came, "shots", photos(shots, 1, 4) | again)
    inbox_of(came / "blank", photos(filled("2103", dfe_number="2108", **{LEADER: "Hal Penn"}), 1, 4))
    return made_records(folder, came)


def problem_codes(records: Path, return_id: str) -> set[str]:
    return {row["code"] for row in rows(records / "problems.csv") if row["return_id"] == return_id}


# --- which pages go together ------------------------------------------------------------------------------------------


def test_photographs_of_all_pages_in_one_message_are_one_form(made: Path) -> None:
    first = id_of(made, "whole.eml", "1.jpg")
    assert verdicts(made, "whole.eml") == {
        "1.jpg": "needs_attention",
        "2.jpg": "superseded",
        "3.jpg": "superseded",
        "4.jpg": "superseded",
    }
    assert typed(made, first)[LEADER] == "Ada Hill"
    assert problem_codes(made, first) == {"scan_unconfirmed"}


def test_nothing_is_asked_about_a_page_that_is_read_with_another(made: Path) -> None:
    last = id_of(made, "whole.eml", "4.jpg")
    assert (row_of(made, last)["problems"], problem_codes(made, last)) == ("", set())


def test_only_the_pages_that_did_not_come_are_missing(made: Path) -> None:
    first = id_of(made, "part.eml", "1.jpg")
    (problem,) = (
        row for row in rows(made / "problems.csv") if (row["return_id"], row["code"]) == (first, "pages_missing")
    )
    assert "pages 2 and 3 did not come back" in problem["message"]
    assert typed(made, first)[LEADER] == "Bo Khan"


@pytest.mark.parametrize("place", ["pasted.docx", "own"])
def test_pages_in_a_document_and_those_of_one_schools_copy_in_a_folder_are_one_form(made: Path, place: str) -> None:
    assert verdicts(made, place) == {"1.jpg": "needs_attention", "4.jpg": "superseded"}
    assert typed(made, id_of(made, place, "1.jpg"))[LEADER] in ("Flo Reid", "Gus Hart")


def test_photographs_in_a_message_that_outlook_saved_are_one_form(made: Path) -> None:
    assert verdicts(made, "saved.msg") == {"1.jpg": "needs_attention", "4.jpg": "superseded"}
    assert typed(made, id_of(made, "saved.msg", "1.jpg"))[LEADER] == "Lou Field"


def test_a_scan_of_each_page_as_a_pdf_of_its_own_is_one_form(made: Path) -> None:
    assert verdicts(made, "scans.eml") == {"1.pdf": "needs_attention", "4.pdf": "superseded"}


def test_later_page_is_looked_at_where_two_first_pages_came_with_it(made: Path) -> None:
    assert set(verdicts(made, "two.eml").values()) == {"needs_attention"}


def test_pages_that_came_twice_with_different_answers_are_looked_at(made: Path) -> None:
    assert set(verdicts(made, "twice.eml").values()) == {"needs_attention"}


def test_second_pictures_of_pages_that_say_the_same_need_nobody(made: Path) -> None:
    found = verdicts(made, "shots.eml")
    assert sorted(found.values()) == ["needs_attention", "superseded", "superseded", "superseded"]
    (first,) = (name for name, verdict in found.items() if verdict == "needs_attention")
    assert first.endswith("1.jpg")
    shown = look_up_places(made, id_of(made, "shots.eml", first), DEFINITIONS)
    assert (shown.count, shown.boxes[LEADER].page) == (4, 1)


def test_pages_of_a_blank_form_in_a_folder_are_looked_at(made: Path) -> None:
    assert set(verdicts(made, "blank").values()) == {"needs_attention"}


def test_a_page_that_comes_later_joins_the_first_unless_a_person_has_decided_about_that(
    tmp_path: Path, definition: FormDefinition
) -> None:
    own = type_into(master_of(definition).copy({}, "211/2101"), answers("2101", **{LEADER: "Ada Hill"}))
    folder = tmp_path / "in"
    pages = photos(own, 1, 2, 4)
    inbox_of(folder, {"1.jpg": pages["1.jpg"]})
    ingest(tmp_path / "records", [folder])
    (folder / "2.jpg").write_bytes(pages["2.jpg"])
    ingest(tmp_path / "records", [folder])
    assert verdicts(tmp_path / "records", "in") == {"1.jpg": "needs_attention", "2.jpg": "superseded"}
    decide("confirm", tmp_path / "records", id_of(tmp_path / "records", "in", "1.jpg"))
    (folder / "4.jpg").write_bytes(pages["4.jpg"])
    ingest(tmp_path / "records", [folder])
    assert verdicts(tmp_path / "records", "in")["4.jpg"] == "needs_attention"


def with_last_page_beside_each_first(tmp_path: Path, filled: Filled) -> tuple[Path, dict[str, bytes]]:
    """A folder with two messages, which have the last page and one of two pictures of the first; and all pictures."""
    form, folder = filled("2101", **{LEADER: "Ada Hill"}), tmp_path / "in"
    pages = photos(form, 1, 4)
    second = {"second 1.jpg": jpeg(draw(form, 0, scale=2))}
    folder.mkdir()
    for name, first in ("c", second), ("d", {"1.jpg": pages["1.jpg"]}):
        sent(folder, name, {"4.jpg": pages["4.jpg"]} | first)
    return folder, pages | second


def test_pages_that_came_again_with_the_second_picture_of_the_first_page_stay_with_the_first(
    tmp_path: Path, filled: Filled
) -> None:
    folder, all_three = with_last_page_beside_each_first(tmp_path, filled)
    sent(folder, "b", all_three)
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert sorted(verdicts(tmp_path / "records", "b.eml").values()) == ["needs_attention", "superseded", "superseded"]


def test_two_pictures_of_a_first_page_that_each_came_with_the_later_page_keep_it(
    tmp_path: Path, filled: Filled
) -> None:
    folder, all_three = with_last_page_beside_each_first(tmp_path, filled)
    sent(folder, "f", all_three)
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert verdicts(tmp_path / "records", "c.eml")["4.jpg"] == "superseded"


@pytest.mark.parametrize("lost", ["1.jpg", "4.jpg"])
def test_pages_stay_together_when_a_file_that_the_archive_had_lost_comes_again(
    made: Path, some: Path, lost: str
) -> None:
    first = id_of(some, "part.eml", "1.jpg")
    decide("correct", some, first, "headteacher_name=Zoe Quill")
    (kept,) = (some / "returns").glob(f"{id_of(some, 'part.eml', lost)}*")
    kept.unlink()
    ingest(some, [made.parent / "in"])
    assert kept.is_file()
    assert typed(some, first)[LEADER] == "Bo Khan"
    assert verdicts(some, "part.eml") == {"1.jpg": "needs_attention", "4.jpg": "superseded"}


# --- what a person does with it ---------------------------------------------------------------------------------------


def test_a_decision_about_a_later_page_names_the_form_to_decide_about(made: Path) -> None:
    first, last = id_of(made, "whole.eml", "1.jpg"), id_of(made, "whole.eml", "4.jpg")
    line = refused("confirm", made, last)
    assert line == f"Error: {last} is a page of the form {first}. Decide about that one."


def test_a_box_on_a_later_page_is_cut_out_of_its_own_picture(made: Path) -> None:
    first = id_of(made, "whole.eml", "1.jpg")
    with_words, empty = (draw_crop(made, first, name, DEFINITIONS) for name in (LEADER, "senior_leader_4_name"))
    inked, blank = (sum(Image.open(io.BytesIO(png)).histogram()[:100]) for png in (with_words, empty))
    assert inked > blank + 50


def test_pages_of_a_form_are_drawn_in_their_order(made: Path) -> None:
    first, last = id_of(made, "whole.eml", "1.jpg"), id_of(made, "whole.eml", "4.jpg")
    shown = look_up_places(made, first, DEFINITIONS)
    assert (shown.count, shown.boxes[LEADER].page) == (4, 3)
    assert draw_page(made, first, 3, DEFINITIONS) == draw_page(made, last, 0, DEFINITIONS)
    assert draw_page(made, first, 4, DEFINITIONS)[1] == b""


def test_the_desk_shows_the_form_with_all_its_pages(page: Page, made: Path) -> None:
    last = id_of(made, "whole.eml", "4.jpg")
    go_to(page, f"/returns/{last}")
    expect(page.locator("main")).to_contain_text("This page is read with the first page of its form.")
    expect(page.locator("main")).not_to_contain_text("Type in its answers")
    require_accessible(page)
    page.get_by_role("link", name="Look at the form").click()
    expect(page.locator(f"#{LEADER}")).to_have_value("Ada Hill")
    expect(page.get_by_role("link", name="4.jpg as it came")).to_have_attribute("href", f"/returns/{last}/file")
    names = page.locator("a[download]").all_inner_texts()
    assert [name.rpartition("/")[2] for name in names[1:]] == [f"{number}.jpg as it came" for number in (2, 3, 4)]
    expect(page.locator("#page-number")).to_have_text("Page 1 of 4")
    require_accessible(page)


def test_photographs_that_are_dropped_on_the_desk_are_one_form(
    page: Page, some: Path, definition: FormDefinition
) -> None:
    own = type_into(master_of(definition).copy({}, "211/2110"), answers("2110", **{LEADER: "Kim Shaw"}))
    drop(page, *((f"kim {name}", photo) for name, photo in photos(own, 1, 2, 4).items()))
    tray = page.locator("#tray")
    expect(tray).to_contain_text("A page of a form, read with its first page")
    expect(tray).to_contain_text("answers were read from a picture: compare and confirm")
    (first,) = {row["return_id"] for row in rows(some / "returns.csv") if row["source"].endswith("kim 1.jpg")}
    go_to(page, f"/returns/{first}")
    expect(page.locator(f"#{LEADER}")).to_have_value("Kim Shaw")


def test_a_second_picture_of_a_first_page_that_is_given_to_another_school_leaves_the_later_page_where_it_is(
    some: Path,
) -> None:
    found = verdicts(some, "shots.eml")
    (first,) = (name for name, verdict in found.items() if verdict == "needs_attention")
    (second,) = (name for name in found if name.endswith("1.jpg") and name != first)
    decide("assign", some, id_of(some, "shots.eml", second), "--school", "211/2103")
    assert verdicts(some, "shots.eml")[second] == "needs_attention"
    assert typed(some, id_of(some, "shots.eml", first))[LEADER] == "Jan Cole"
    assert LEADER not in typed(some, id_of(some, "shots.eml", second))


def test_what_came_with_the_pages_is_read_with_the_form_alone(made: Path) -> None:
    words = look_up_words(made, DEFINITIONS)
    last = look_up_return(made, id_of(made, "whole.eml", "4.jpg"), DEFINITIONS)
    assert (words.count, last.unread) == (0, ())
    assert look_up_return(made, id_of(made, "whole.eml", "1.jpg"), DEFINITIONS).unread != ()


def test_the_story_of_a_page_names_its_form(made: Path) -> None:
    first, last = id_of(made, "whole.eml", "1.jpg"), id_of(made, "whole.eml", "4.jpg")
    assert f"A page of {first}." in run("history", last, "-o", made).stdout
    (came,) = look_up_return(made, last, DEFINITIONS).events
    assert "A page of a form, read with its first page." in came.plain


# --- data of people ---------------------------------------------------------------------------------------------------


def test_a_person_is_found_in_the_form_and_in_the_picture_of_the_page(made: Path) -> None:
    found = find(made, "Ada Hill", DEFINITIONS)
    names = {file.name for file in found.files}
    assert names == {f"return {id_of(made, 'whole.eml', name)}.jpg" for name in ("1.jpg", "2.jpg", "3.jpg", "4.jpg")}


def test_with_a_person_on_a_later_page_all_pictures_of_the_form_go(some: Path) -> None:
    first = id_of(some, "whole.eml", "1.jpg")
    decide("correct", some, first, f"{LEADER}=Zoe Quill")  # the page says something else, so nobody finds her in it
    kept = set((some / "returns").iterdir())
    assert run("forget", "-o", some, "--person", "Zoe Quill", "--yes").exit_code == 0
    gone = {path.name[:16] for path in kept - set((some / "returns").iterdir())}
    assert gone == {id_of(some, "whole.eml", name) for name in ("1.jpg", "2.jpg", "3.jpg", "4.jpg")}
    assert run("verify", "-o", some).exit_code == 0


def test_with_a_school_its_later_pages_go_that_do_not_name_it(some: Path) -> None:
    last = id_of(some, "whole.eml", "4.jpg")
    assert run("forget", "-o", some, "--school", "211/2101", "--yes").exit_code == 0
    assert last not in {row["return_id"] for row in rows(some / "returns.csv")}
    assert not list((some / "returns").glob(f"{last}*"))


def test_a_restored_ledger_knows_which_pages_are_read_with_which_form(some: Path) -> None:
    before = rows(some / "returns.csv")
    with closing(sqlite3.connect(some / LEDGER)) as ledger, ledger:
        ledger.execute("DELETE FROM entry WHERE return_id IN (SELECT return_id FROM later_page)")
    (some / COPY).unlink()
    assert run("restore", "-o", some).exit_code == 0
    (some.parent / "empty").mkdir()
    assert ingest_nothing(some)[0] in (0, 1)
    assert rows(some / "returns.csv") == before


def test_a_restored_ledger_that_has_lost_which_pages_go_together_works_it_out_again(some: Path) -> None:
    before = rows(some / "returns.csv")
    with closing(sqlite3.connect(some / LEDGER)) as ledger, ledger:
        ledger.execute("DELETE FROM later_page")
    (some / COPY).unlink()
    assert run("restore", "-o", some).exit_code == 0
    assert rows(some / "returns.csv") == before


def test_restore_names_forms_about_which_a_person_has_decided_that_may_have_lost_pages(some: Path) -> None:
    whole, part = id_of(some, "whole.eml", "1.jpg"), id_of(some, "part.eml", "1.jpg")
    decide("confirm", some, whole)
    decide("confirm", some, part)
    with closing(sqlite3.connect(some / LEDGER)) as ledger, ledger:
        ledger.execute("DELETE FROM later_page WHERE first=?", (whole,))
    (some / COPY).unlink()
    restored = run("restore", "-o", some)
    assert restored.exit_code == 1
    (line,) = (line for line in restored.stderr.splitlines() if whole in line)
    assert "may lack pages" in line
    assert part not in restored.stderr
    decide("undo", some, *(row["decision_id"] for row in rows(some / "decisions.csv") if row["return_id"] == whole))
    assert typed(some, whole)[LEADER] == "Ada Hill"
