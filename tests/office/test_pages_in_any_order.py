"""Which pictures are read as one form does not depend on their order, and a person can take a page off again."""

from __future__ import annotations

import bz2
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from time import sleep

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ingest, rows
from tests.remake_samples import locked
from tests.support.deciding import decide, refused
from tests.support.desk import go_to, made_records, require_accessible
from tests.support.paged import LEADER, id_of, photos, sent, typed, verdicts
from tests.support.photographs import jpeg
from tests.support.printers import scanned
from tests.support.viewer import draw
from thep_forms.office.arrivals.intake import COMMIT_AFTER
from thep_forms.sources import SourceFile
from thep_forms.work import Limits

Filled = Callable[..., bytes]
TABLES = ("returns", "schools", "contacts", "problems", "values")


def tables_of(folder: Path, runs: Sequence[Sequence[str]], messages: dict[str, dict[str, bytes]]) -> list[bytes]:
    """The tables after some messages came in these runs."""
    came, records = folder / "in", folder / "records"
    came.mkdir(parents=True)
    for names in runs:
        for name in names:
            sent(came, name, messages[name])
        ingest(records, [came])
    return [(records / f"{table}.csv").read_bytes() for table in TABLES]


@pytest.fixture(scope="module")
def pages(filled: Filled) -> dict[str, bytes]:
    """The first and the last page of a form; another picture of the first; and the first with another number.

    The last page is also there as a scan in a locked file, and a form of another school in one.
    """
    form = filled("2101", **{LEADER: "Ada Hill"})
    second = {"second 1.jpg": jpeg(draw(form, 0, scale=2))}
    other = {"other 1.jpg": photos(filled("2101", dfe_number="2102"), 1)["1.jpg"], "other.pdf": locked(filled("2102"))}
    return photos(form, 1, 4) | second | other | {"4.pdf": locked(scanned(form, [3]))}


def with_last_page(pages: dict[str, bytes], **firsts: str) -> dict[str, dict[str, bytes]]:
    """Messages by their names, with the last page and one of the others."""
    return {message: {name: pages[name] for name in (first, "4.jpg")} for message, first in firsts.items()}


def test_the_tables_are_the_same_in_whatever_order_pictures_of_pages_came(
    tmp_path: Path, pages: dict[str, bytes]
) -> None:
    messages = with_last_page(pages, both="1.jpg", second="second 1.jpg", other="other 1.jpg")
    expected = tables_of(tmp_path / "at once", [[*messages]], messages)
    for first in range(len(messages)):
        order = [*messages][first:] + [*messages][:first]
        assert tables_of(tmp_path / str(first), [[name] for name in order], messages) == expected


def test_a_page_that_came_with_two_pictures_of_one_first_page_is_read_with_one_of_them(
    tmp_path: Path, pages: dict[str, bytes]
) -> None:
    messages = with_last_page(pages, both="1.jpg", second="second 1.jpg")
    tables_of(tmp_path, [["both"], ["second"]], messages)
    found = verdicts(tmp_path / "records", "both.eml") | verdicts(tmp_path / "records", "second.eml")
    assert sorted(found) == ["1.jpg", "4.jpg", "second 1.jpg"]
    assert sorted(found.values()) == ["duplicate", "needs_attention", "superseded"]


def test_a_page_is_looked_at_once_the_first_page_of_another_form_came_with_it_too(
    tmp_path: Path, pages: dict[str, bytes]
) -> None:
    messages = with_last_page(pages, both="1.jpg", other="other 1.jpg")
    tables_of(tmp_path, [["both"]], messages)
    assert verdicts(tmp_path / "records", "both.eml")["4.jpg"] == "superseded"
    for name in messages:
        sent(tmp_path / "in", name, messages[name])
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert verdicts(tmp_path / "records", "both.eml") == {"1.jpg": "needs_attention", "4.jpg": "needs_attention"}
    assert LEADER not in typed(tmp_path / "records", id_of(tmp_path / "records", "both.eml", "1.jpg"))


def test_a_page_is_looked_at_once_a_form_of_another_school_that_came_with_it_is_opened(
    tmp_path: Path, pages: dict[str, bytes]
) -> None:
    files = {name: pages[name] for name in ("1.jpg", "4.jpg", "other.pdf")}
    tables_of(tmp_path, [["both"]], {"both": files})
    assert verdicts(tmp_path / "records", "both.eml")["4.jpg"] == "superseded"
    ingest(tmp_path / "records", [tmp_path / "in"], passwords=["sesame"])
    assert verdicts(tmp_path / "records", "both.eml")["4.jpg"] == "needs_attention"


def test_a_page_is_looked_at_once_its_message_comes_again_with_a_form_of_another_school(
    tmp_path: Path, pages: dict[str, bytes], filled: Filled
) -> None:
    files = {"1.jpg": pages["1.jpg"], "4.jpg": pages["4.jpg"]}
    tables_of(tmp_path, [["both"]], {"both": files})
    sent(tmp_path / "in", "both", files | {"other.pdf": filled("2102")})  # the mail program had not fetched all of it
    ingest(tmp_path / "records", [tmp_path / "in"])
    assert verdicts(tmp_path / "records", "both.eml")["4.jpg"] == "needs_attention"


def test_a_page_that_came_locked_goes_with_its_form_once_it_is_opened(tmp_path: Path, pages: dict[str, bytes]) -> None:
    tables_of(tmp_path, [["both"]], {"both": {name: pages[name] for name in ("1.jpg", "4.pdf")}})
    assert verdicts(tmp_path / "records", "both.eml") == {"1.jpg": "needs_attention", "4.pdf": "locked"}
    ingest(tmp_path / "records", [tmp_path / "in"], passwords=["sesame"])
    assert verdicts(tmp_path / "records", "both.eml") == {"1.jpg": "needs_attention", "4.pdf": "superseded"}


def test_pages_of_a_message_that_took_too_long_are_one_form_once_it_is_opened(
    tmp_path: Path, pages: dict[str, bytes]
) -> None:
    (tmp_path / "in").mkdir()
    slow = {"slow.bz2": bz2.compress(bytes(40 * 2**20))}  # which takes a tenth of a second to unpack
    sent(tmp_path / "in", "both", {"1.jpg": pages["1.jpg"], "4.jpg": pages["4.jpg"]} | slow)
    ingest(tmp_path / "records", [tmp_path / "in"], limits=Limits(seconds=0.02))
    assert verdicts(tmp_path / "records", "in")["both.eml"] == "unreadable"
    ingest(tmp_path / "records", [tmp_path / "in"], again=True)
    found = verdicts(tmp_path / "records", "both.eml")
    assert (found["1.jpg"], found["4.jpg"]) == ("needs_attention", "superseded")


def test_a_run_that_is_cut_off_once_it_has_opened_a_form_has_put_the_pages_beside_it_apart(
    tmp_path: Path, pages: dict[str, bytes], filled: Filled
) -> None:
    files = {name: pages[name] for name in ("1.jpg", "4.jpg", "other.pdf")}
    tables_of(tmp_path, [["both"]], {"both": files})
    (tmp_path / "another.pdf").write_bytes(filled("3204"))

    def cut_off(places: Iterable[SourceFile]) -> Iterator[SourceFile]:
        message, another = places
        yield message
        sleep(COMMIT_AFTER)  # so that what was read is made to last
        yield another
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(
            tmp_path / "records",
            [tmp_path / "in", tmp_path / "another.pdf"],
            passwords=["sesame"],
            workers=1,
            progress=cut_off,
        )
    assert ingest(tmp_path / "records", [tmp_path / "in"]).new == 0
    assert verdicts(tmp_path / "records", "both.eml")["other.pdf"] == "accepted"
    assert verdicts(tmp_path / "records", "both.eml")["4.jpg"] == "needs_attention"


# --- a page that is taken off -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """Records of a form whose last page came as a photograph of its own."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "in").mkdir()
    sent(folder / "in", "trust", photos(filled("2101", **{LEADER: "Ada Hill"}), 1, 4))
    return made_records(folder, folder / "in")


def test_a_page_of_which_a_person_says_whose_it_is_is_a_return_of_its_own_until_that_is_undone(some: Path) -> None:
    first, last = id_of(some, "trust.eml", "1.jpg"), id_of(some, "trust.eml", "4.jpg")
    decide("confirm", some, first)
    decide("assign", some, last, "--school", "211/2103")
    assert verdicts(some, "trust.eml")["4.jpg"] == "needs_attention"
    (row,) = (row for row in rows(some / "returns.csv") if row["return_id"] == last)
    assert row["dfe_number"] == "211/2103"
    assert (typed(some, first).get(LEADER), typed(some, last)[LEADER]) == (None, "Ada Hill")
    number = next(row["decision_id"] for row in rows(some / "decisions.csv") if row["return_id"] == last)
    decide("undo", some, number)
    assert verdicts(some, "trust.eml")["4.jpg"] == "superseded"
    assert typed(some, first)[LEADER] == "Ada Hill"


def test_a_page_that_was_taken_off_stays_so_when_its_message_comes_again(made: Path, some: Path) -> None:
    decide("assign", some, id_of(some, "trust.eml", "4.jpg"), "--school", "211/2103")
    ingest(some, [made.parent / "in"])
    assert verdicts(some, "trust.eml")["4.jpg"] == "needs_attention"


def test_only_whose_it_is_can_be_said_of_a_page_that_is_read_with_another(some: Path) -> None:
    last = id_of(some, "trust.eml", "4.jpg")
    first = id_of(some, "trust.eml", "1.jpg")
    assert refused("close", some, last) == f"Error: {last} is a page of the form {first}. Decide about that one."


def test_a_page_is_taken_off_at_the_desk(page: Page, some: Path) -> None:
    first = id_of(some, "trust.eml", "1.jpg")
    go_to(page, f"/returns/{first}")
    page.get_by_role("link", name="Not a page of this form?").click()
    page.get_by_text("Not a page of that form? Say whose it is").click()
    require_accessible(page)
    page.get_by_label("DfE number of the school").fill("2103")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("h1")).to_have_text("Elm Tree Primary School")
    expect(page.locator(f"#{LEADER}")).to_have_value("Ada Hill")
    go_to(page, f"/returns/{first}")
    expect(page.locator("main")).to_contain_text("pages 2, 3 and 4 did not come back")
    expect(page.get_by_role("link", name="Not a page of this form?")).to_have_count(0)
