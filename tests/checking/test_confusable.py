"""Characters that readers of pictures confuse: what is mended, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from thep_forms.checking.confusable import as_letters, is_one_digit_apart, known_text, outline
from thep_forms.checking.read_emails import known_address, with_domain, with_dots, with_words
from thep_forms.checking.read_words import as_name, in_kind
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
        (Kind.TEXT, "Alex Mbekı", "Alex Mbeki"),
        (Kind.TEXT, "cedar Primary SchOol", "Cedar Primary School"),
        (Kind.TEXT, "School of the Sacred Heart", "School of the Sacred Heart"),
        (Kind.TEXT, "cedar school", "cedar school"),
        (Kind.TEXT, "Chair and SENCo", "Chair and SENCo"),
        (Kind.ADDRESS, "3 Cedar Road\nLondon E2 OAC", "3 Cedar Road\nLondon E2 0AC"),
        (Kind.ADDRESS, "3 Cedar Road\nLondon EZ 0AC", "3 Cedar Road\nLondon E2 0AC"),
        (Kind.ADDRESS, "3 Cedar Road\nLondon E1O 7AB", "3 Cedar Road\nLondon E10 7AB"),
        (Kind.ADDRESS, "3 Cedar Road\nLondon EI4 7A8", "3 Cedar Road\nLondon E14 7AB"),
        (Kind.ADDRESS, "3 Cedar Road, Old Town", "3 Cedar Road, Old Town"),
        (Kind.EMAIL, "Head@cedar.example", "head@cedar.example"),
        (Kind.EMAIL, "J.Smith@cedar.example", "j.smith@cedar.example"),
        (Kind.EMAIL, "JAS@CEDAR.EXAMPLE", "jas@cedar.example"),
        (Kind.EMAIL, "jo ali@cedar.example", "jo.ali@cedar.example"),
        (Kind.EMAIL, "jo.ali@cedar example", "jo.ali@cedar.example"),
        (Kind.EMAIL, "jo.ali@cedarschuk", "jo.ali@cedar.sch.uk"),
        (Kind.EMAIL, "jo.ali@cedarexample", "jo.ali@cedar.example"),
        (Kind.EMAIL, "jo.ali@cedar", "jo.ali@cedar"),
        (Kind.TEXT, "CEDAR PRIMARY SCHOOL", "Cedar Primary School"),
        (Kind.TEXT, "CHURCH OF THE SACRED HEART", "Church of the Sacred Heart"),
        (Kind.TEXT, "DEPUTY HEAD, SEN", "Deputy Head, SEN"),
        (Kind.TEXT, "SENCO", "SENCO"),
        (Kind.TEXT, "lvy Lane SchooI", "Ivy Lane School"),
        (Kind.TEXT, "ALL SAINTS SCHOOL", "All Saints School"),
        (Kind.TEXT, "None at present", "None at present"),
        (Kind.EMAIL, "Jo Ali jo@cedar.example", "Jo Ali jo@cedar.example"),
        (Kind.EMAIL, "jo@gmial.com", "jo@gmial.com"),
        (Kind.TEXT, "PhaseLeader", "Phase Leader"),
        (Kind.TEXT, "Cedar Primary Sch0ol", "Cedar Primary School"),
        (Kind.TEXT, "KS1 and KS2 Lead, Y5", "KS1 and KS2 Lead, Y5"),
        (Kind.ADDRESS, "Flat A1, L0ndon", "Flat A1, London"),
        (Kind.TEXT, "IT Lead", "IT Lead"),
        (Kind.TEXT, "Işık Yaşar", "Işık Yaşar"),
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
        ("Alex Mbekı", "Alex Mbeki"),
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
    assert with_domain(read, (), {CEDAR: 2, "cedar.examp1e.org": 1}) == f"jo@{CEDAR}"


def test_domain_that_one_other_box_has_does_not_outweigh_that_of_this_one() -> None:
    counted = {CEDAR: 1, "cedar.examp1e.org": 1}
    assert with_domain("jo@cedar.examp1e.org", (), counted) == "jo@cedar.examp1e.org"
    assert with_domain("jo@cedar.examp1e.org", {CEDAR}, counted) == f"jo@{CEDAR}"


def test_another_domain_stays() -> None:
    assert with_domain("jo@oak.example.org", {CEDAR}, {CEDAR: 5}) == "jo@oak.example.org"


@pytest.mark.parametrize(
    ("read", "number", "is_so"),
    [
        ("2707", "2101", False),
        ("2107", "2101", True),
        ("2401", "2601", True),
        ("2104", "2107", True),
        ("21?1", "2101", True),
        ("2103", "2101", False),
        ("211", "2101", False),
        ("2101", "2101", False),
    ],
)
def test_one_digit_that_looks_like_another_may_be_that(read: str, number: str, is_so: bool) -> None:
    assert is_one_digit_apart(read, number) == is_so


@pytest.mark.parametrize(
    ("read", "name"),
    [
        ("J0 A1i", "Jo Ali"),
        ("0kafor", "Okafor"),
        ("12", "12"),
        ("SAM 5ILL", "Sam Sill"),
        ("ANN O'BRIEN-LEE", "Ann O'Brien-Lee"),
        ("sam Okafor", "Sam Okafor"),
        ("cerys O'Brien", "Cerys O'Brien"),
        ("Ruth LewIs", "Ruth Lewis"),
        ("HeIen MichaeI", "Helen Michael"),
        ("Ben lqbal", "Ben Iqbal"),
        ("Ann Lloyd", "Ann Lloyd"),
        ("Ngũgĩ wa Thiong’o", "Ngũgĩ wa Thiong’o"),
        ("Adébáyọ̀ Ẹ̀kọ́ọ́lú", "Adébáyọ̀ Ẹ̀kọ́ọ́lú"),
        ("Ayşe Yıldız-Çağlar", "Ayşe Yıldız-Çağlar"),
        ("KRÍŽ JÁN", "Kríž Ján"),
        ("Sam de Souza", "Sam de Souza"),
        ("Ian McKay", "Ian McKay"),
        ("Flora MacDonald", "Flora MacDonald"),
        ("LiamAhmed", "Liam Ahmed"),
        ("ann lee", "ann lee"),
    ],
)
def test_name_of_a_person_has_letters(read: str, name: str) -> None:
    assert as_name(read) == name


@pytest.mark.parametrize(
    ("read", "name", "meant"),
    [
        ("0ffice@cedar.example", "", "office@cedar.example"),
        ("sam.0kaf0r@cedar.example", "Sam Okafor", "sam.okafor@cedar.example"),
        ("s.0kafor@cedar.example", "Sam Okafor", "s.okafor@cedar.example"),
        ("b.lqbal@cedar.example", "Ben Iqbal", "b.iqbal@cedar.example"),
        ("1.borg@cedar.example", "Łukasz Børg", "l.borg@cedar.example"),
        ("head2101@cedar.example", "Sam Okafor", "head2101@cedar.example"),
        ("sam1@cedar.example", "Sam Okafor", "sam1@cedar.example"),
    ],
)
def test_digits_of_an_address_are_the_letters_of_the_name_or_of_a_usual_word(read: str, name: str, meant: str) -> None:
    assert with_words(read, name) == meant


def test_dot_within_a_name_is_taken_where_another_address_has_it() -> None:
    names = {"chair": "Ann Lee", "head": "Jo O'Brien", "clerk": "Sam Low"}
    read = {"chair": "ann.lee@cedar.example", "head": "joobrien@cedar.example", "clerk": "slow@cedar.example"}
    assert with_dots(read, names) == {**read, "head": "jo.obrien@cedar.example"}
    undotted = {**read, "chair": "annlee@cedar.example"}
    assert with_dots(undotted, names) == undotted


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
