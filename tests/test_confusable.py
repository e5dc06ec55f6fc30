"""Characters that readers of pictures confuse: what is mended, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from thep_forms.checking.confusable import as_letters, is_one_digit_apart, known_text, outline
from thep_forms.checking.read_words import as_name, in_kind, known_address, with_domain
from thep_forms.definition.model import Kind

PREFIX = "211/"
CEDAR = "cedar.example.org"
SIMPLE = st.text(alphabet="abcdehjknopqrtuvwxy3467 -'", min_size=3, max_size=30)  # hardly any is confused with another
ANYTHING = st.text(max_size=60)


@pytest.mark.parametrize(
    ("kind", "read", "meant"),
    [
        (Kind.DFE_NUMBER, "2l0l", "2101"),
        (Kind.DFE_NUMBER, "21O1", "2101"),
        (Kind.DFE_NUMBER, "2 1 0 1", "2101"),
        (Kind.DFE_NUMBER, "21x1", "21x1"),
        (Kind.EMAIL, "head@cedar,example.org", "head@cedar.example.org"),
        (Kind.EMAIL, "head @ cedar. example.org", "head@cedar.example.org"),
        (Kind.EMAIL, "head©cedar.example.org", "head@cedar.example.org"),
        (Kind.EMAIL, "head(a)cedar.example.org", "head@cedar.example.org"),
        (Kind.EMAIL, "head@cedar.example.0rg", "head@cedar.example.org"),
        (Kind.EMAIL, "head@cedar.example.org", "head@cedar.example.org"),
        (Kind.EMAIL, "no idea", "no idea"),
        (Kind.TELEPHONE, "O2O 7946 OO18", "020 7946 0018"),
        (Kind.TELEPHONE, "020 7946 0l0l ext. 12", "020 7946 0101 ext. 12"),
        (Kind.TELEPHONE, "020.7946.0018", "020.7946.0018"),
        (Kind.TELEPHONE, "Office", "Office"),
        (Kind.TEXT, "l0l", "l0l"),
    ],
)
def test_box_of_a_kind_has_what_that_kind_can_have(kind: Kind, read: str, meant: str) -> None:
    assert in_kind(kind, read, PREFIX) == meant


@pytest.mark.parametrize(
    ("read", "known"),
    [
        ("AnnLee", "Ann Lee"),
        ("ANN LEE", "Ann Lee"),
        ("Sam 0kafor", "Sam Okafor"),
        ("Sian Bums", "Siân Burns"),
        ("3 Cedar Road L0ndon E2 OAC", "3 Cedar Road\nLondon E2 0AC"),
        ("Wi1liam O Brien", "William O'Brien"),
    ],
)
def test_known_answer_is_taken_where_only_confused_characters_differ(read: str, known: str) -> None:
    assert known_text(read, known) == known


@pytest.mark.parametrize(
    ("read", "known"),
    [
        ("8 Cedar Road", "3 Cedar Road"),
        ("1, 1 Cedar Road", "11 Cedar Road"),
        ("Anna Lee", "Ann Lee"),
        ("Jon Ali", "Jan Ali"),
        ("Siân Lee", "Sian Lee"),
        ("Ann Lee-Okafor", "Ann Lee"),
        ("020 7946 0019", "020 7946 0018"),
        ("", "Ann Lee"),
    ],
)
def test_clear_difference_is_never_overridden(read: str, known: str) -> None:
    assert known_text(read, known) == read


@pytest.mark.parametrize(
    "read",
    [
        "headecedar.example.org",
        "headQcedar.example.org",
        "head@cedar example org",
        "head@cedarexample.org",
        "Head@Cedar.Example.Org",
        "head@ceclar.examp1e.org",
    ],
)
def test_known_address_is_known_without_its_at_sign_and_dots(read: str) -> None:
    assert known_address(read, f"head@{CEDAR}") == f"head@{CEDAR}"


def test_address_of_another_person_stays() -> None:
    assert known_address(f"office@{CEDAR}", f"head@{CEDAR}") == f"office@{CEDAR}"


@pytest.mark.parametrize("read", ["jo@cedar.examp1e.org", "joecedar.example.org", "jo@cedarexample.org"])
def test_domain_of_the_forms_other_addresses_is_taken(read: str) -> None:
    assert with_domain(read, (), {CEDAR: 2, "cedar.examp1e.org": 1}, PREFIX) == f"jo@{CEDAR}"


def test_domain_that_one_other_box_has_does_not_outweigh_that_of_this_one() -> None:
    counted = {CEDAR: 1, "cedar.examp1e.org": 1}
    assert with_domain("jo@cedar.examp1e.org", (), counted, PREFIX) == "jo@cedar.examp1e.org"
    assert with_domain("jo@cedar.examp1e.org", {CEDAR}, counted, PREFIX) == f"jo@{CEDAR}"


def test_another_domain_stays() -> None:
    assert with_domain("jo@oak.example.org", {CEDAR}, {CEDAR: 5}, PREFIX) == "jo@oak.example.org"


@pytest.mark.parametrize(
    ("read", "number", "is_so"),
    [
        ("2707", "2101", False),
        ("2107", "2101", True),
        ("21?1", "2101", True),
        ("2103", "2101", False),
        ("211", "2101", False),
        ("2101", "2101", False),
    ],
)
def test_one_digit_that_looks_like_another_may_be_that(read: str, number: str, is_so: bool) -> None:
    assert is_one_digit_apart(read, number) == is_so


@pytest.mark.parametrize(
    ("read", "name"), [("J0 A1i", "Jo Ali"), ("0kafor", "Okafor"), ("12", "12"), ("SAM 5ILL", "SAM SILL")]
)
def test_name_of_a_person_has_letters(read: str, name: str) -> None:
    assert as_name(read) == name


@given(SIMPLE, SIMPLE)
@settings(deadline=None)
def test_text_without_a_confusable_difference_is_never_changed(read: str, known: str) -> None:
    assume("".join(read.split()).strip("-'") != "".join(known.split()).strip("-'"))
    if outline(read) != outline(known):
        assert known_text(read, known) == read


@given(ANYTHING, ANYTHING)
@settings(deadline=None)
def test_mending_by_what_is_known_gives_one_of_the_two_and_is_idempotent(read: str, known: str) -> None:
    for mend in (known_text, known_address):
        mended = mend(read, known)
        assert mended in (read, known)
        assert mend(mended, known) == mended


@given(st.sampled_from(Kind), ANYTHING | st.text(alphabet="0123456789oOlIi|sSzZB.,@ ©e", max_size=20))
@settings(deadline=None)
def test_mending_by_kind_is_idempotent(kind: Kind, read: str) -> None:
    mended = in_kind(kind, read, PREFIX)
    assert in_kind(kind, mended, PREFIX) == mended


@given(st.text(alphabet="0123456789", min_size=4, max_size=4), st.text(alphabet="0123456789", min_size=4, max_size=4))
@settings(deadline=None)
def test_digits_are_never_taken_for_other_digits(read: str, known: str) -> None:
    for text, other in (
        (read, known),
        (f"{read} Oak Road", f"{known} Oak Road"),
        (f"020 7946 {read}", f"020 7946 {known}"),
    ):
        assert known_text(text, other) == text or text == other
    assert in_kind(Kind.DFE_NUMBER, read, PREFIX) == read


@given(ANYTHING)
@settings(deadline=None)
def test_names_are_mended_once(read: str) -> None:
    assert as_name(as_name(read)) == as_name(read)
    assert as_letters(as_letters(read)) == as_letters(read)
