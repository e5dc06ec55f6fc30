"""A form of which a page did not come back says so, and what stood on that page is unknown, not deleted."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pikepdf
import pytest

from tests.conftest import ingest, read_return, rows
from tests.remake_samples import answers, letter
from tests.support.commands import run, table
from tests.support.deciding import decide, return_id, standing
from tests.support.packing import mail, mailed
from tests.support.printers import by_cairo, by_pdfium, by_qpdf, joined, typed_on
from tests.support.viewer import type_into, typed
from thep_forms.definition import Definitions, FormDefinition, load_definition
from thep_forms.generate import generate, master_of
from thep_forms.office.display.one_return import look_up_return, problems_in_words

LEADERS: dict[str, str | bool] = {
    f"senior_leader_{n}_{part}": value
    for n in (1, 2, 3, 4)
    for part, value in (("name", f"Leader {'ABCD'[n - 1]}"), ("email", f"leader{n}@cedar.example"))
}


def only_pages(pdf: bytes, numbers: Sequence[int]) -> bytes:
    """The file with those of its pages, from 1. Fields of the other pages are gone from the form, too."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for number in reversed(range(1, len(opened.pages) + 1)):
            if number not in numbers:
                del opened.pages[number - 1]
        if "/AcroForm" in opened.Root:
            left = {annotation.objgen for page in opened.pages for annotation in page.obj.get("/Annots", [])}
            fields = [field for field in opened.Root.AcroForm.Fields if field.objgen in left]
            opened.Root.AcroForm.Fields = pikepdf.Array(fields)
        opened.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def copy(definition: FormDefinition) -> bytes:
    """Cedar's own copy with four leaders."""
    return type_into(master_of(definition).copy({}, "211/2101"), answers("2101", **LEADERS))


# --- Which pages are missing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came", "missing"), [((1,), (2, 3, 4)), ((1, 4), (2, 3)), ((1, 2, 3), (4,)), ((4,), (1, 2, 3)), ((1, 2, 3, 4), ())]
)
@pytest.mark.parametrize("has_fields", [True, False])
def test_pages_that_did_not_come_back_are_known_by_their_numbers(
    copy: bytes, definition: FormDefinition, came: tuple[int, ...], missing: tuple[int, ...], has_fields: bool
) -> None:
    pdf = only_pages(copy if has_fields else by_qpdf(copy), came)
    assert read_return(pdf, definition).pages_missing == missing


@pytest.mark.parametrize("printer", [by_cairo, by_pdfium])
def test_pages_of_a_form_that_was_printed_to_a_pdf_are_known_by_their_numbers(
    copy: bytes, definition: FormDefinition, printer: Callable[[bytes], bytes]
) -> None:
    printed = printer(copy)
    assert read_return(printed, definition).pages_missing == ()
    assert read_return(only_pages(printed, (1,)), definition).pages_missing == (2, 3, 4)


@pytest.mark.parametrize("more", [0, 8, 30])
def test_a_whole_form_lacks_no_page_however_many_blocks_it_has(definition: FormDefinition, more: int) -> None:
    pdf = type_into(generate(definition, more=more), answers("2101"))
    assert read_return(pdf, definition).pages_missing == ()
    assert read_return(by_qpdf(pdf), definition).pages_missing == ()


def test_the_last_of_several_continuation_pages_is_missed(definition: FormDefinition) -> None:
    pdf = type_into(generate(definition, more=30), answers("2101"))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        last = len(opened.pages)
    for form in (pdf, by_qpdf(pdf)):
        assert read_return(only_pages(form, range(1, last)), definition).pages_missing == (last,)


# --- What is said of it, and what stays known ------------------------------------------------------------------------


def test_a_form_without_its_last_page_has_a_query_that_names_the_page(tmp_path: Path, copy: bytes) -> None:
    (tmp_path / "form.pdf").write_bytes(only_pages(copy, (1, 2, 3)))
    assert ingest(tmp_path / "records", [tmp_path / "form.pdf"]).all_accepted
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert (problem["code"], problem["severity"]) == ("pages_missing", "query")
    assert problem["message"].startswith("The form: page 4 did not come back")


def test_a_form_without_its_first_page_is_asked_for_what_is_required(tmp_path: Path, copy: bytes) -> None:
    (tmp_path / "form.pdf").write_bytes(only_pages(copy, (4,)))
    ingest(tmp_path / "records", [tmp_path / "form.pdf"])
    (row,) = rows(tmp_path / "records" / "returns.csv")
    assert row["verdict"] == "needs_attention"
    assert {"pages_missing", "school_name_missing", "dfe_missing"} <= set(row["problems"].split(";"))


def test_answers_on_a_page_that_did_not_come_back_are_not_said_to_be_empty(tmp_path: Path, copy: bytes) -> None:
    (tmp_path / "form.pdf").write_bytes(only_pages(copy, (4,)))
    summary = ingest(tmp_path / "records", [tmp_path / "form.pdf"])
    messages = {row["code"]: row["message"] for row in rows(tmp_path / "records" / "problems.csv")}
    assert messages["school_name_missing"] == "Full Name of School: the page with this answer did not come back."
    assert messages["phase_missing"] == "Phase: the page with this answer did not come back."
    assert not [message for message in messages.values() if "there is no answer" in message]
    (task,) = summary.tasks
    assert (task.what, task.act) == (("pages did not come back",), "enter")


def test_the_school_is_asked_once_for_pages_that_did_not_come_back(tmp_path: Path, copy: bytes) -> None:
    (tmp_path / "form.pdf").write_bytes(only_pages(copy, (4,)))
    ingest(tmp_path / "records", [tmp_path / "form.pdf"])
    (row,) = rows(tmp_path / "records" / "returns.csv")
    shown = look_up_return(tmp_path / "records", row["return_id"], Definitions.of_today())
    (sentence,) = problems_in_words(shown)
    assert sentence.startswith("The form: pages 1, 2 and 3 did not come back")


def test_confirming_a_page_alone_leaves_it_a_question_that_the_first_page_is_missing(
    tmp_path: Path, copy: bytes
) -> None:
    (tmp_path / "form.pdf").write_bytes(only_pages(by_qpdf(copy), (4,)))
    ingest(tmp_path / "records", [tmp_path / "form.pdf"])
    before = {row["code"] for row in rows(tmp_path / "records" / "problems.csv")}
    decide("confirm", tmp_path / "records", return_id(tmp_path / "records", "form"))
    after = {row["code"] for row in rows(tmp_path / "records" / "problems.csv")}
    assert before - after == {"read_from_page"}
    assert {"pages_missing", "address_missing"} <= after


@pytest.mark.parametrize("has_fields", [True, False])
def test_leaders_on_a_page_that_did_not_come_back_keep_their_last_known_holders(
    tmp_path: Path, has_fields: bool
) -> None:
    records, inbox = tmp_path / "records", tmp_path / "inbox"
    whole, now = type_into(generate(load_definition("2025-26")), answers("2101", **LEADERS)), dict(LEADERS)
    now |= {"senior_leader_1_name": "Leader New", "senior_leader_4_name": "Never Seen"}
    form = type_into(generate(load_definition("2026-27")), answers("2101", **now))
    first = only_pages(form if has_fields else by_qpdf(form), (1,))
    ingest(records, [mailed(inbox / "then.eml", "Mon, 5 May 2025 10:00:00 +0100", whole)])
    ingest(records, [mailed(inbox / "now.eml", "Tue, 5 May 2026 10:00:00 +0100", first)])
    ids = {row["membership_year"]: row["return_id"] for row in rows(records / "returns.csv")}
    leaders = [
        (row["name"], row["position"], row["return_id"])
        for row in rows(records / "contacts.csv")
        if (row["role"], row["membership_year"]) == ("senior_leader", "2026-27")
    ]
    assert leaders == [
        ("Leader New", "1", ids["2026-27"]),
        ("Leader B", "2", ids["2026-27"]),
        ("Leader C", "3", ids["2025-26"]),
        ("Leader D", "4", ids["2025-26"]),
    ]
    changed = {(row["role"], row["before"], row["after"]) for row in rows(records / "changes.csv")}
    assert {("senior_leader", "Leader A", ""), ("senior_leader", "", "Leader New")} <= changed
    assert not any("Leader C" in change or "Leader D" in change for change in changed)
    people = {row["Name"] for row in table(run("mailing-list", "2026-27", "-o", records))}
    assert {"Leader C", "Leader D"} <= people
    run("generate", "2027-28", "-o", tmp_path / "forms", "--records", records)
    (path,) = (tmp_path / "forms").iterdir()
    assert typed(path.read_bytes())["senior_leader_4_name"] == "Leader D"


def test_the_last_known_holders_may_stand_in_an_earlier_return_of_the_same_year(tmp_path: Path, copy: bytes) -> None:
    records, inbox = tmp_path / "records", tmp_path / "inbox"
    first = only_pages(copy, (1,))
    mailed(inbox / "a.eml", "Mon, 4 May 2026 10:00:00 +0100", copy)
    mailed(inbox / "b.eml", "Tue, 5 May 2026 10:00:00 +0100", first)
    ingest(records, [inbox])
    found = {row["source"]: row for row in rows(records / "returns.csv")}
    assert found["inbox/a.eml/form.pdf"]["verdict"] == "superseded"
    names = {row["name"]: row["return_id"] for row in rows(records / "contacts.csv") if row["role"] == "senior_leader"}
    assert list(names) == ["Leader A", "Leader B", "Leader C", "Leader D"]
    assert names["Leader C"] == found["inbox/a.eml/form.pdf"]["return_id"]


def test_prints_of_single_pages_that_came_with_the_whole_form_give_way_to_it(tmp_path: Path, copy: bytes) -> None:
    pages = {f"page {number}.pdf": by_qpdf(only_pages(copy, (number,))) for number in (1, 4)}
    (tmp_path / "mail.eml").write_bytes(mail({"form.pdf": copy, **pages}).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "mail.eml"])
    found = {row["source"].rpartition("/")[2]: row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert found == {"form.pdf": "accepted", "page 1.pdf": "superseded", "page 4.pdf": "superseded"}


def test_a_print_of_one_page_that_says_something_else_is_a_conflict(tmp_path: Path, copy: bytes) -> None:
    records, other = tmp_path / "records", type_into(copy, {"chair_of_governors_name": "Eve Moss"})
    first = by_qpdf(only_pages(other, (1,)))
    (tmp_path / "mail.eml").write_bytes(mail({"form.pdf": copy, "page 1.pdf": first}).as_bytes())
    ingest(records, [tmp_path / "mail.eml"])
    assert {row["verdict"] for row in rows(records / "returns.csv")} == {"needs_attention"}


@pytest.mark.parametrize(
    "more",
    [
        lambda page: typed_on(page, 300, 800, "Bob Ray is our new chair"),
        lambda page: joined(page, letter()),
    ],
    ids=["words in its margin", "a letter behind it"],
)
def test_a_print_of_one_page_that_has_more_on_it_is_a_conflict(
    tmp_path: Path, copy: bytes, more: Callable[[bytes], bytes]
) -> None:
    first = more(by_qpdf(only_pages(copy, (1,))))
    (tmp_path / "mail.eml").write_bytes(mail({"form.pdf": copy, "page 1.pdf": first}).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "mail.eml"])
    assert {row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")} == {"needs_attention"}


def test_a_leader_who_moved_to_the_page_that_came_back_is_listed_once(tmp_path: Path) -> None:
    records, inbox = tmp_path / "records", tmp_path / "inbox"
    then = type_into(generate(load_definition("2025-26")), answers("2101", **LEADERS))
    moved = LEADERS | {"senior_leader_1_name": "Leader D", "senior_leader_1_email": "new@cedar.example"}
    now = only_pages(type_into(generate(load_definition("2026-27")), answers("2101", **moved)), (1,))
    ingest(records, [mailed(inbox / "then.eml", "Mon, 5 May 2025 10:00:00 +0100", then)])
    ingest(records, [mailed(inbox / "now.eml", "Tue, 5 May 2026 10:00:00 +0100", now)])
    names = [
        row["name"]
        for row in rows(records / "contacts.csv")
        if (row["role"], row["membership_year"]) == ("senior_leader", "2026-27")
    ]
    assert names == ["Leader D", "Leader B", "Leader C"]
    changed = {(row["field"], row["before"], row["after"]) for row in rows(records / "changes.csv")}
    assert ("email", "leader4@cedar.example", "new@cedar.example") in changed


def test_a_page_alone_is_accepted_once_what_the_first_page_asks_is_typed_in(copy: bytes, tmp_path: Path) -> None:
    (tmp_path / "page 4.pdf").write_bytes(only_pages(copy, (4,)))
    records = tmp_path / "records"
    ingest(records, [tmp_path / "page 4.pdf"])
    (row,) = rows(records / "returns.csv")
    first = {name: text for name, text in answers("2101").items() if isinstance(text, str)}
    typed_in = [f"{name}={text}" for name, text in first.items()]
    assert "dfe_number" in first
    result = run("correct", row["return_id"], *typed_in, "phases=primary", "-o", records, "--why", "by telephone")
    assert result.exit_code == 0, result.stderr
    (row,) = rows(records / "returns.csv")
    assert (row["verdict"], row["dfe_number"]) == ("accepted", "211/2101")


def test_a_school_whose_later_page_came_apart_has_nothing_to_mend(copy: bytes, tmp_path: Path) -> None:
    records, inbox, printed = tmp_path / "records", tmp_path / "inbox", by_qpdf(copy)
    mailed(inbox / "a.eml", "Mon, 4 May 2026 10:00:00 +0100", only_pages(printed, (1,)))
    mailed(inbox / "b.eml", "Tue, 5 May 2026 10:00:00 +0100", only_pages(printed, (4,)))
    ingest(records, [inbox])
    assert sorted(row["verdict"] for row in rows(records / "returns.csv")) == ["accepted", "needs_attention"]
    assert standing(records, "2101") == "accepted"
    page = tmp_path / "report.html"
    run("report", "2026-27", "-o", page, "--records", records)
    assert "Full Name of School: there is no answer yet" not in page.read_text(encoding="utf-8")
