"""Answers that are none, letters that went through a wrong encoding, and misspelt e-mail addresses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.checking import checked, codes
from tests.support.typed_names import NAMES, NO_ANSWERS, NO_NAMES, REAL_NAMES
from thep_forms.checking.characters import (
    plain_address,
    replaced_in_address,
    with_invisible_named,
    with_latin_twins,
    without_controls,
)
from thep_forms.checking.likely import likely_addresses, meant, ungarbled
from thep_forms.checking.non_answers import is_no_name, is_non_answer
from thep_forms.definition import FormDefinition, Kind


@pytest.mark.parametrize("name", NAMES)
def test_name_in_any_language_is_an_answer_and_well_spelt(name: str) -> None:
    assert not is_non_answer(name)
    assert meant(Kind.TEXT, name, name) == ""


@pytest.mark.parametrize("name", [*NAMES, *REAL_NAMES])
def test_name_with_any_words_is_a_name(name: str) -> None:
    assert not is_no_name(name)
    assert not is_non_answer(name)


@pytest.mark.parametrize("typed", NO_NAMES)
def test_title_job_title_number_and_address_are_no_names(typed: str) -> None:
    assert is_no_name(typed)
    assert is_no_name(f" {typed.upper()} ")


@pytest.mark.parametrize("typed", NO_ANSWERS)
def test_words_for_no_answer_are_none_in_any_case(typed: str) -> None:
    assert is_non_answer(typed)
    assert is_non_answer(typed.upper())
    assert is_non_answer(f" {typed.lower()} ")


@pytest.mark.parametrize("typed", ["", "-", "020 7946 0018", "n/a 020 7946 0018", "TBC jo@school.example", "TBC " * 40])
def test_text_with_an_answer_or_nothing_at_all_is_no_such_words(typed: str) -> None:
    assert not is_non_answer(typed)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman", "cp850"])
@pytest.mark.parametrize(
    "name", ["Siân", "Zoë Müller", "Łukasz Żółć", "Nguyễn Thị Ánh", "Пётр", "Ωμέγα", "محمد", "পারভীন"]
)
def test_letters_from_a_wrong_encoding_are_mended(name: str, encoding: str) -> None:
    assert ungarbled(misread(name, encoding)) == name


@pytest.mark.parametrize(
    "name", ["Siân", "Zoë Müller", "Łukasz Żółć", "Nguyễn Thị Ánh", "O’Brien – Lee", "Kovács Erdő"]
)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_letters_from_a_wrong_encoding_are_mended_however_often_it_happened(name: str, times: int) -> None:
    garbled = name
    for _ in range(times):
        garbled = misread(garbled, "cp1252")
    assert ungarbled(garbled) == name


def misread(text: str, encoding: str) -> str:
    """What a program shows that takes UTF-8 for that encoding; bytes that it lacks stay control characters."""
    letters = (bytes([code]).decode(encoding, "replace").replace("\ufffd", chr(code)) for code in text.encode())
    return "".join(letters)


@pytest.mark.parametrize(
    ("typed", "likely"),
    [
        ("jo@school.con", "jo@school.com"),
        ("jo@gmial.com", "jo@gmail.com"),
        ("jo@gamil.com", "jo@gmail.com"),
        ("jo@gmail.co", "jo@gmail.com"),
        ("jo@gmail.co.uk", "jo@gmail.com"),
        ("jo@gmail", "jo@gmail.com"),
        ("jo@hotmial", "jo@hotmail.com"),
        ("jo@hotmial.co.uk", "jo@hotmail.co.uk"),
        ("jo@outlok.com", "jo@outlook.com"),
        ("jo@yahooo.co.uk", "jo@yahoo.co.uk"),
        ("jo@school.co.ku", "jo@school.co.uk"),
        ("jo@acorn.towerhamlets.sch.ku", "jo@acorn.towerhamlets.sch.uk"),
        ("jo@acorn.shc.uk", "jo@acorn.sch.uk"),
        ("jo@a.con;bo@b.com", "jo@a.com;bo@b.com"),
    ],
)
def test_misspelt_domain_has_the_likely_one(typed: str, likely: str) -> None:
    assert likely_addresses(typed) == likely


@pytest.mark.parametrize(
    "typed",
    [
        "jo@gmail.com",
        "jo@googlemail.com",
        "jo@hotmail.co.uk",
        "jo@hotmail.fr",
        "jo@mail.com",
        "jo@ymail.com",
        "jo@email.com",
        "jo@gmx.de",
        "jo@live.co.uk",
        "jo@outlook.com",
        "jo@icloud.com",
        "jo@me.com",
        "jo@school.co",
        "jo@school.cm",
        "head@acorn.towerhamlets.sch.uk",
        "head@acorn2101.example",
        "head@gmai.sch.uk",
        "head@con.example",
        "jo",
        "",
        "@",
    ],
)
def test_domain_that_exists_is_left_alone(typed: str) -> None:
    assert likely_addresses(typed) == typed


@pytest.mark.parametrize(
    ("typed", "latin", "names"),
    [
        ("head@\u0430corn.example", "head@acorn.example", ("cyrillic small letter a (U+0430)",)),
        ("he\u0430d@harb\u043eur.example", "head@harbour.example", ("cyrillic small letter a (U+0430)",)),
        ("head@ac\u03bfrn.example", "head@acorn.example", ("greek small letter omicron (U+03BF)",)),
    ],
)
def test_address_with_letters_of_two_alphabets_in_a_word_has_its_latin_twin(
    typed: str, latin: str, names: tuple[str, ...]
) -> None:
    assert meant(Kind.EMAIL, typed, typed) == latin
    assert with_latin_twins(typed)[0] == latin
    assert set(names) <= set(with_latin_twins(typed)[1])


@pytest.mark.parametrize(
    "typed",
    ["почта@школа.example", "info@школа.example", "zoë@école.example", "tom@school1.学校.example", "αθηνα@b.example"],
)
def test_address_with_words_of_one_alphabet_each_is_left_alone(typed: str) -> None:
    assert meant(Kind.EMAIL, typed, typed) == ""
    assert with_latin_twins(typed) == (typed, ())


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("ÂÃÄÅâ€™‚à¦ÐÑ@.con’\u00ad\u200b\x9d aA", max_size=60), st.sampled_from(Kind))
def test_any_text_is_looked_at_without_an_error(typed: str, kind: Kind) -> None:
    is_non_answer(typed)
    is_no_name(typed)
    assert ungarbled(ungarbled(typed)) == ungarbled(typed) or len(ungarbled(typed)) < len(typed)
    assert without_controls(without_controls(typed)) == without_controls(typed)
    assert plain_address(plain_address(typed)) == plain_address(typed)
    assert not replaced_in_address(plain_address(typed))
    assert with_latin_twins(with_latin_twins(typed)[0])[0] == with_latin_twins(typed)[0]
    assert with_invisible_named(with_invisible_named(typed)) == with_invisible_named(typed)
    assert meant(kind, typed, "") != typed or not typed


@pytest.mark.parametrize(
    ("typed", "noted"),
    [
        ("3 Cedar Road E2 0AC, and annexe, 5 Elm Road E3 0AE", "E3 0AE"),
        ("3 Cedar Road\nLondon E2 0AC (main site)\nE30AE (nursery)", "E3 0AE"),
        ("3 Cedar Road\nLondon E2 0AC\nwas E3 OAE", "E2 0AC"),
        ("Elm Road\nE3\n0AE\nPost to: 3 Cedar Road\nE2\n0AC", "E2 0AC"),
    ],
)
def test_second_postcode_in_an_address_is_queried(definition: FormDefinition, typed: str, noted: str) -> None:
    one = checked(definition, registered_address=typed)
    (asked,) = one.problems
    assert (asked.code, asked.severity, asked.field) == ("value_corrected", "query", "registered_address")
    assert f"we noted “{noted}”" in asked.message and "holds more than one postcode" in asked.message
    assert one.record.school["postcode"] == noted


@pytest.mark.parametrize(
    "typed",
    ["Block E2 1st floor\nLondon E2 0AC", "Unit E1,\n2nd floor\nE2 0AC", "E2 0AC\nLondon e20ac", "E2\n0AC\nE2 OAC"],
)
def test_one_postcode_in_an_address_is_not_queried(definition: FormDefinition, typed: str) -> None:
    assert codes(checked(definition, registered_address=typed)) == set()
