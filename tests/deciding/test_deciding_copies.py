"""What becomes of blank forms beside filled ones, and of copies that came back unchanged: the rules."""

from __future__ import annotations

import pytest

from tests.support.entries import (
    APRIL,
    CEDAR,
    DOVECOTE,
    ELM,
    JUNE,
    MAY,
    came,
    faulty,
    form,
    judged,
    verdicts,
)
from thep_forms.deciding import Arrival, Entry, Judgement, Verdict
from thep_forms.definition import ProblemCode
from thep_forms.sources.model import MessageOrigin

# --- A blank form beside a filled one -------------------------------------------------------------------------------


def attached(entry: Entry, message: str = "mail.eml", sender: str = "office@cedar.example") -> Arrival:
    """The arrival of a form that was attached to a message."""
    origin = MessageOrigin(sender, path_length=len(message))
    return Arrival(f"{message}/{entry.return_id}.pdf", entry.return_id, MAY, carried_by=(origin,))


@pytest.mark.parametrize("filled_in", [form("filled"), faulty("filled"), form("filled", "", year="")])
def test_a_blank_form_beside_a_filled_one_in_a_message_is_superseded_and_needs_nobody(filled_in: Entry) -> None:
    blank = form("blank", "", blank=True)
    found = judged(blank, filled_in, arrivals=[attached(blank), attached(filled_in)])
    assert found["blank"] == Judgement(Verdict.SUPERSEDED)


def test_a_blank_form_deeper_in_the_message_than_the_filled_one_is_superseded() -> None:
    blank, filled_in = form("blank", "", blank=True), form("filled")
    way = Arrival("mail.eml/all.zip/blank.pdf", "blank", MAY, carried_by=attached(filled_in).carried_by)
    assert verdicts(judged(blank, filled_in, arrivals=[way, attached(filled_in)]))["blank"] is Verdict.SUPERSEDED


def test_a_blank_form_that_came_alone_too_stays_blank() -> None:
    blank, filled_in = form("blank", "", blank=True), form("filled")
    alone = attached(blank, "other.eml", "office@elm.example")
    found = verdicts(judged(blank, filled_in, arrivals=[attached(blank), attached(filled_in), alone]))
    assert found == {"blank": Verdict.BLANK, "filled": Verdict.ACCEPTED}


@pytest.mark.parametrize("folder", ["", "inbox/"])
def test_a_blank_form_beside_a_filled_one_in_a_folder_stays_blank(folder: str) -> None:
    blank, filled_in = form("blank", "", blank=True), form("filled")
    ways = [came(blank, source=f"{folder}blank.pdf"), came(filled_in, source=f"{folder}filled.pdf")]
    assert verdicts(judged(blank, filled_in, arrivals=ways))["blank"] is Verdict.BLANK


def test_a_blank_form_beside_a_filled_one_in_a_file_is_superseded() -> None:
    blank, filled_in = form("abc-2", "", blank=True), form("abc")
    ways = [came(blank, source="all.pdf"), came(filled_in, source="all.pdf")]
    assert judged(blank, filled_in, arrivals=ways)["abc-2"] == Judgement(Verdict.SUPERSEDED)


@pytest.mark.parametrize(("copy_of", "verdict"), [(CEDAR, Verdict.SUPERSEDED), (ELM, Verdict.BLANK)])
def test_an_emptied_copy_gives_way_to_a_form_of_its_own_school_alone(copy_of: str, verdict: Verdict) -> None:
    blank, filled_in = form("blank", "", blank=True, copy_of=copy_of), form("filled", CEDAR)
    assert verdicts(judged(blank, filled_in, arrivals=[attached(blank), attached(filled_in)]))["blank"] is verdict


# --- A copy that lost its fields --------------------------------------------------------------------------------------

ACCEPTED_BEFORE = form("last year", year="2025-26", content=b"as before")
PRINTED = form("printed", content=b"as before", read_from="page_text")


def test_a_printed_form_that_says_what_the_school_said_last_year_is_an_unchanged_copy() -> None:
    judgements = judged(ACCEPTED_BEFORE, PRINTED)
    assert judgements["last year"].verdict is Verdict.ACCEPTED
    assert (judgements["printed"].verdict, judgements["printed"].codes) == (
        Verdict.NEEDS_ATTENTION,
        (ProblemCode.COPY_UNCHANGED,),
    )


def test_a_printed_unchanged_copy_never_outranks_a_form_with_changes_even_if_it_came_later() -> None:
    completed = form("completed", content=b"a new chair")
    arrivals = [came(ACCEPTED_BEFORE, APRIL), came(completed, MAY), came(PRINTED, JUNE)]
    found = verdicts(judged(ACCEPTED_BEFORE, completed, PRINTED, arrivals=arrivals))
    assert found == {"last year": Verdict.ACCEPTED, "completed": Verdict.ACCEPTED, "printed": Verdict.SUPERSEDED}


@pytest.mark.parametrize(
    "entry",
    [
        form("a", content=b"as before", read_from="fields"),
        form("a", content=b"a new chair", read_from="page_text"),
        form("a", DOVECOTE, content=b"as before", read_from="page_text"),
    ],
    ids=["with its fields", "with changes", "another school's"],
)
def test_any_other_form_of_this_year_counts_beside_last_years(entry: Entry) -> None:
    assert judged(ACCEPTED_BEFORE, entry)["a"].verdict is Verdict.ACCEPTED
