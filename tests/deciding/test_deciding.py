"""Which returns count, and what became of each: the rules, on entries that no file was read for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.entries import (
    APRIL,
    CEDAR,
    DOVECOTE,
    ELM,
    JUNE,
    MAY,
    REGISTER,
    YEAR,
    came,
    faulty,
    form,
    judged,
    prefers,
    registers_of,
    scan,
    verdicts,
)
from thep_forms.deciding import Arrival, Entry, Judgement, Registers, Verdict, decide
from thep_forms.definition import ProblemCode
from thep_forms.reading import FileKind
from thep_forms.sources.mail.message_texts import NO_FILE

# --- One return -----------------------------------------------------------------------------------------------------


def test_a_form_without_errors_is_accepted() -> None:
    (judgement,) = judged(form("a")).values()
    assert judgement == Judgement(Verdict.ACCEPTED, (), CEDAR, "", can_count=True)


def test_a_form_with_an_error_needs_attention() -> None:
    (judgement,) = judged(faulty("a")).values()
    assert (judgement.verdict, judgement.codes, judgement.can_count) == (Verdict.NEEDS_ATTENTION, (), False)


def test_a_form_that_does_not_say_its_year_needs_attention() -> None:
    assert verdicts(judged(form("a", year=""))) == {"a": Verdict.NEEDS_ATTENTION}


def test_a_blank_form_is_blank() -> None:
    assert judged(form("a", "", blank=True)) == {"a": Judgement(Verdict.BLANK, (ProblemCode.BLANK,))}


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (FileKind.LOCKED, Verdict.LOCKED),
        (FileKind.NOT_A_FORM, Verdict.NOT_A_FORM),
        (FileKind.UNREADABLE, Verdict.UNREADABLE),
        (FileKind.FAILED, Verdict.UNREADABLE),
    ],
)
def test_a_file_that_is_no_form_has_the_verdict_and_the_problem_of_its_kind(kind: FileKind, verdict: Verdict) -> None:
    assert judged(Entry("a", kind)) == {"a": Judgement(verdict, (ProblemCode(verdict),))}


def test_a_picture_of_a_form_needs_attention() -> None:
    scan = Entry("a", FileKind.SCAN, year="2026-27", dfe_number=CEDAR, codes="scan", errors="scan")
    assert verdicts(judged(scan)) == {"a": Verdict.NEEDS_ATTENTION}


def test_a_file_that_only_came_as_a_decoration_has_no_problem() -> None:
    logo = Entry("a", FileKind.NOT_A_FORM)
    always = judged(
        logo, arrivals=[came(logo, MAY, "1", is_decoration=True), came(logo, None, "2", is_decoration=True)]
    )
    assert always == {"a": Judgement(Verdict.NOT_A_FORM, (), is_decoration=True)}
    once = judged(logo, arrivals=[came(logo, MAY, "1", is_decoration=True), came(logo, None, "2")])
    assert once == {"a": Judgement(Verdict.NOT_A_FORM, (ProblemCode.NOT_A_FORM,))}


def test_a_form_that_came_as_a_decoration_counts() -> None:
    entry = form("a")
    assert verdicts(judged(entry, arrivals=[came(entry, is_decoration=True)])) == {"a": Verdict.ACCEPTED}


def test_a_message_without_a_file_has_no_problem_if_its_text_shows_a_picture_of_the_form() -> None:
    message, picture = Entry("m", FileKind.UNREADABLE, NO_FILE), scan("p")
    shown = came(picture, MAY, "a.eml/1.jpg", is_decoration=True)
    judgement = judged(message, picture, arrivals=[came(message, MAY, "a.eml"), shown])["m"]
    assert (judgement.codes, judgement.is_decoration) == ((), True)


def test_a_message_without_a_file_has_a_problem_if_the_picture_came_in_another_message() -> None:
    message, picture = Entry("m", FileKind.UNREADABLE, NO_FILE), scan("p")
    shown = came(picture, MAY, "b.eml/1.jpg", is_decoration=True)
    judgement = judged(message, picture, arrivals=[came(message, MAY, "a.eml"), shown])["m"]
    assert judgement.codes == (ProblemCode.UNREADABLE,)


# --- Several returns of one school and year -------------------------------------------------------------------------


def test_the_later_return_counts_by_the_date_in_the_file() -> None:
    found = judged(form("a", modified=MAY), form("b", modified=APRIL))
    assert verdicts(found) == {"a": Verdict.ACCEPTED, "b": Verdict.SUPERSEDED}


def test_the_date_of_the_first_message_goes_before_the_date_in_the_file() -> None:
    a, b = form("a", modified=JUNE), form("b", modified=APRIL)
    arrivals = [came(a, JUNE, "forwarded"), came(a, APRIL, "first"), came(a, None, "saved"), came(b, MAY)]
    assert verdicts(judged(a, b, arrivals=arrivals)) == {"a": Verdict.SUPERSEDED, "b": Verdict.ACCEPTED}


def test_two_returns_that_say_the_same_are_no_conflict_and_the_lowest_id_counts() -> None:
    found = judged(form("b", content=b"same"), form("a", content=b"same"))
    assert verdicts(found) == {"a": Verdict.ACCEPTED, "b": Verdict.SUPERSEDED}


@pytest.mark.parametrize("whole", ["a", "b"])
def test_of_two_returns_that_say_the_same_the_whole_one_counts(whole: str) -> None:
    entries = [form(each, codes="" if each == whole else "pages_missing", content=b"same") for each in "ab"]
    found = judged(*entries)
    assert [each for each in "ab" if found[each].verdict is Verdict.ACCEPTED] == [whole]


@pytest.mark.parametrize("noted", ["a", "b"])
def test_of_two_returns_that_say_the_same_that_with_something_beside_it_counts(noted: str) -> None:
    entries = [
        form(each, codes="field_unknown" if each == noted else "", content=b"same", section_contents=b"sections")
        for each in "ab"
    ]
    found = judged(*entries)
    assert [each for each in "ab" if found[each].verdict is Verdict.ACCEPTED] == [noted]


def test_of_two_returns_that_say_the_same_none_counts_for_its_doubts() -> None:
    found = judged(form("a", content=b"same"), form("b", codes="value_damaged", content=b"same"))
    assert verdicts(found) == {"a": Verdict.ACCEPTED, "b": Verdict.SUPERSEDED}


def test_of_two_returns_that_say_the_same_the_later_counts() -> None:
    found = judged(form("b", content=b"same", modified=MAY), form("a", content=b"same"))
    assert verdicts(found) == {"a": Verdict.SUPERSEDED, "b": Verdict.ACCEPTED}


def test_returns_that_no_date_puts_in_order_are_a_conflict() -> None:
    for second in (form("b"), form("b", modified=MAY)):
        found = judged(form("a"), second)
        assert verdicts(found) == dict.fromkeys("ab", Verdict.NEEDS_ATTENTION)
        assert {judgement.codes for judgement in found.values()} == {(ProblemCode.RETURN_CONFLICT,)}


def test_returns_of_other_schools_or_years_are_no_conflict() -> None:
    found = judged(form("a"), form("b", DOVECOTE), form("c", year="2025-26"))
    assert set(verdicts(found).values()) == {Verdict.ACCEPTED}


def test_the_preferred_return_counts_and_another_preference_takes_that_back() -> None:
    entries = (form("a", modified=APRIL), form("b", modified=MAY))
    first, second = prefers(1, "a", "b"), prefers(2, "b", "a")
    assert verdicts(judged(*entries, decisions=[first])) == {"a": Verdict.ACCEPTED, "b": Verdict.SUPERSEDED}
    assert verdicts(judged(*entries, decisions=[second, first])) == {"a": Verdict.SUPERSEDED, "b": Verdict.ACCEPTED}


def test_a_preference_says_nothing_of_a_return_that_came_later() -> None:
    found = judged(form("a"), form("b"), form("c"), decisions=[prefers(1, "a", "b")])
    assert set(verdicts(found).values()) == {Verdict.NEEDS_ATTENTION}


# --- Returns with errors --------------------------------------------------------------------------------------------


def test_a_return_with_errors_gives_way_to_a_later_one_that_is_accepted() -> None:
    found = judged(faulty("a", modified=APRIL), form("b", modified=MAY))
    assert verdicts(found) == {"a": Verdict.SUPERSEDED, "b": Verdict.ACCEPTED}


@pytest.mark.parametrize("modified", [None, MAY, JUNE])
def test_a_return_with_errors_that_may_be_the_later_one_needs_attention(modified: datetime | None) -> None:
    found = judged(faulty("a", modified=modified), form("b", modified=MAY))
    assert verdicts(found) == {"a": Verdict.NEEDS_ATTENTION, "b": Verdict.ACCEPTED}


def test_a_return_with_errors_gives_way_to_one_that_was_preferred() -> None:
    found = judged(faulty("a"), form("b"), decisions=[prefers(1, "b", "a")])
    assert verdicts(found) == {"a": Verdict.SUPERSEDED, "b": Verdict.ACCEPTED}


def test_a_return_with_errors_on_another_schools_copy_belongs_to_nobody_for_sure() -> None:
    found = judged(faulty("a", modified=APRIL, copy_of=DOVECOTE), form("b", modified=MAY))
    assert (found["a"].verdict, found["a"].school) == (Verdict.NEEDS_ATTENTION, "")


def test_a_return_with_errors_and_without_a_number_belongs_to_the_school_of_its_copy() -> None:
    found = judged(faulty("a", "", modified=APRIL, copy_of=CEDAR), form("b", modified=MAY))
    assert (found["a"].verdict, found["a"].school) == (Verdict.SUPERSEDED, CEDAR)


# --- The register ---------------------------------------------------------------------------------------------------


def test_a_number_that_is_no_members_needs_attention() -> None:
    (judgement,) = judged(form("a", "211/9999"), register=REGISTER).values()
    assert (judgement.verdict, judgement.codes) == (Verdict.NEEDS_ATTENTION, (ProblemCode.DFE_UNKNOWN,))


def test_another_members_name_needs_attention_and_is_that_schools_return() -> None:
    entry = form("a", school_name="Dovecote Primary")
    (judgement,) = judged(entry, register=REGISTER).values()
    assert judgement == Judgement(
        Verdict.NEEDS_ATTENTION, (ProblemCode.DFE_OTHER_SCHOOL,), DOVECOTE, DOVECOTE, can_count=False
    )


def test_a_name_that_is_no_members_is_a_query_unless_it_is_on_the_schools_own_copy() -> None:
    typed, own = form("a", school_name="Oak Academy"), form("a", school_name="Oak Academy", copy_of=CEDAR)
    assert judged(typed, register=REGISTER)["a"].codes == (ProblemCode.NAME_UNLIKELY,)
    assert judged(own, register=REGISTER)["a"].codes == ()
    assert judged(form("a", ELM, school_name="Oak"), register=REGISTER)["a"].codes == ()  # Elm's name is not listed


def test_a_return_that_may_be_another_schools_does_not_supersede_by_its_date() -> None:
    by_name = form("b", modified=MAY, school_name="Oak Academy")
    by_copy = form("b", modified=MAY, copy_of=DOVECOTE)
    for doubtful, register in ((by_name, REGISTER), (by_copy, {})):
        cedar = form("a", modified=APRIL, school_name="Cedar Primary")
        found = judged(cedar, doubtful, register=register)
        assert set(verdicts(found).values()) == {Verdict.NEEDS_ATTENTION}
        found = judged(cedar, doubtful, register=register, decisions=[prefers(1, "a", "b")])
        assert verdicts(found) == {"a": Verdict.ACCEPTED, "b": Verdict.SUPERSEDED}


def test_the_latest_years_are_those_of_forms_without_errors_and_of_accepted_ones() -> None:
    entries = [form("a", year="2025-26"), form("b", "211/9999", year="2026-27"), faulty("c", year="2027-28")]
    decided = decide(entries, [], [], registers_of(REGISTER))
    assert (decided.latest_year, decided.years, decided.latest_accepted) == ("2026-27", ("2025-26",), "2025-26")
    nothing = decide([], [], [], Registers({}))
    assert (nothing.latest_year, nothing.years, nothing.latest_accepted) == ("", (), "")


# --- Forms of an earlier year -----------------------------------------------------------------------------------------

LAST_YEAR = "2025-26"
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
WINTER = datetime(2025, 12, 20, tzinfo=UTC)


def is_earlier(*arrivals: Arrival, sent: dict[str, datetime] | None = None) -> bool:
    """Whether a form of last year that came in these ways, beside one of this year that came in May, is an error."""
    entries = [form("old", year=LAST_YEAR), form("new", DOVECOTE)]
    ways = [*arrivals, Arrival("new", "new", MAY, latest_year=YEAR)]
    judgement = decide(entries, ways, [], Registers({}), (), sent).by_return["old"]
    assert (judgement.collected == YEAR) is (ProblemCode.YEAR_EARLIER in judgement.codes)
    return ProblemCode.YEAR_EARLIER in judgement.codes


@pytest.mark.parametrize(
    ("came_at", "given", "latest", "expected"),
    [
        (None, "", LAST_YEAR, False),  # no later year was known when it came
        (None, "", YEAR, True),
        (None, "", "", False),  # an earlier version noted it
        (None, "", None, False),  # the run that brings it has not ended
        (None, LAST_YEAR, YEAR, False),
        (None, YEAR, YEAR, True),
        (JUNE, "", YEAR, True),
        (APRIL, "", YEAR, True),  # this year had begun
        (JANUARY, "", YEAR, False),
        (JANUARY, YEAR, YEAR, True),
        (WINTER, YEAR, YEAR, False),  # this year cannot have been collected before 2026
        (JUNE, "", LAST_YEAR, False),
        (JUNE, LAST_YEAR, YEAR, False),
    ],
)
def test_a_form_of_an_earlier_year_is_an_error_if_a_later_year_was_collected_when_it_came(
    came_at: datetime | None, given: str, latest: str | None, expected: bool
) -> None:
    assert is_earlier(Arrival("old", "old", came_at, year_given=given, latest_year=latest)) is expected


def test_a_year_is_collected_from_the_day_on_which_its_first_form_was_sent() -> None:
    came_in_may = Arrival("old", "old", MAY, latest_year=YEAR)
    assert is_earlier(came_in_may, sent={YEAR: APRIL})
    assert not is_earlier(came_in_may, sent={YEAR: JUNE})


def test_a_form_that_came_in_its_own_year_and_again_later_is_no_error() -> None:
    first, again = Arrival("a", "old", latest_year=LAST_YEAR), Arrival("b", "old", JUNE, latest_year=YEAR)
    assert not is_earlier(first, again)
    assert not is_earlier(again, first)


def test_a_form_of_an_earlier_year_does_not_supersede_one_of_its_own_year() -> None:
    entries = [form("then", year=LAST_YEAR), form("late", year=LAST_YEAR)]
    ways = [Arrival("then", "then", latest_year=LAST_YEAR), Arrival("late", "late", JUNE, year_given=YEAR)]
    found = decide(entries, ways, [], Registers({})).by_return
    assert verdicts(dict(found)) == {"then": Verdict.ACCEPTED, "late": Verdict.NEEDS_ATTENTION}


def test_each_year_has_the_members_of_its_own_list_or_of_the_nearest_one() -> None:
    registers = Registers({"2025-26": {CEDAR: ""}, "2027-28": {ELM: ""}})
    years = ("2024-25", "2025-26", "2026-27", "2027-28", "2030-31", "")
    members = [list(registers.members(year)) for year in years]
    assert members == [[CEDAR], [CEDAR], [CEDAR], [ELM], [ELM], [ELM]]


# --- The order never matters ----------------------------------------------------------------------------------------

ENTRIES = st.builds(
    Entry,
    return_id=st.text("abcdef", min_size=1, max_size=2),
    kind=st.sampled_from([FileKind.FORM, FileKind.FORM, FileKind.FORM, FileKind.NOT_A_FORM, FileKind.SCAN]),
    modified=st.sampled_from([None, APRIL, MAY]),
    year=st.sampled_from(["2026-27", "2026-27", "2025-26", ""]),
    dfe_number=st.sampled_from([CEDAR, CEDAR, DOVECOTE, "211/9999", ""]),
    copy_of=st.sampled_from(["", "", CEDAR, DOVECOTE]),
    school_name=st.sampled_from(["Cedar", "Dovecote", "Oak", ""]),
    blank=st.sampled_from([False, False, False, True]),
    errors=st.sampled_from(["", "", "email_invalid"]),
    content=st.sampled_from([b"1", b"2"]),
)


WAYS = st.tuples(
    st.sampled_from([None, APRIL, MAY, JUNE]),
    st.booleans(),
    st.sampled_from(["", LAST_YEAR, YEAR]),
    st.sampled_from(["", LAST_YEAR, YEAR, None]),
)


@given(st.data())
def test_the_order_in_which_things_are_given_never_matters(data: st.DataObject) -> None:
    entries = data.draw(st.lists(ENTRIES, max_size=8, unique_by=lambda entry: entry.return_id))
    arrivals = [
        Arrival(f"{entry.return_id}{number}", entry.return_id, date, is_decoration, (), given, latest)
        for entry in entries
        for number, (date, is_decoration, given, latest) in enumerate(data.draw(st.lists(WAYS, max_size=2)))
    ]
    ids = [entry.return_id for entry in entries]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=4)) if ids else []
    decisions = [prefers(number, *pair) for number, pair in enumerate(pairs)]
    register = data.draw(st.sampled_from([{}, REGISTER]))
    shuffled = [data.draw(st.permutations(things)) for things in (entries, arrivals, decisions, list(register.items()))]
    expected = decide(entries, arrivals, decisions, registers_of(register))
    assert decide(shuffled[0], shuffled[1], shuffled[2], registers_of(dict(shuffled[3]))) == expected
    assert expected.by_return.keys() == set(ids)


@given(st.lists(ENTRIES, max_size=8, unique_by=lambda entry: entry.return_id))
def test_one_return_at_most_is_accepted_for_each_school_and_year(entries: list[Entry]) -> None:
    found = judged(*entries, register=REGISTER)
    accepted = [entry for entry in entries if found[entry.return_id].verdict is Verdict.ACCEPTED]
    assert len({(entry.year, entry.dfe_number) for entry in accepted}) == len(accepted)
    assert all(entry.acceptable and entry.dfe_number in ("", *REGISTER) for entry in accepted)
