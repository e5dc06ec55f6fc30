"""Normal forms of what people type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thep_forms.check import normalise
from thep_forms.definition import ProblemCode

PREFIX = "211/"


@given(st.integers(1, 9999), st.sampled_from(["{}", "211/{}", "211 {}", "211-{}", "211{}", " 211 / {} ", "211–{}"]))
def test_every_spelling_of_a_dfe_number_is_the_same(number: int, spelling: str) -> None:
    digits = f"{number:04}"
    wide = digits.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    for typed in (digits, wide):
        assert normalise.dfe_number(spelling.format(typed), PREFIX) == normalise.Normal(f"211/{digits}")


@pytest.mark.parametrize("typed", ["213/4242", "2134242", "213 4242", "213-4242", "２１３／４２４２"])
def test_another_authoritys_number_is_told_from_a_mistyped_one(typed: str) -> None:
    assert normalise.dfe_number(typed, PREFIX) == normalise.Normal("", ProblemCode.DFE_PREFIX)


@pytest.mark.parametrize(
    "typed", ["42", "424", "42424", "100945", "211/424", "211//4242", "/4242", "211/424²", "0000", "x4242"]
)
def test_what_could_be_a_guess_is_none(typed: str) -> None:
    assert normalise.dfe_number(typed, PREFIX) == normalise.Normal("", ProblemCode.DFE_FORMAT)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("0207 364 5000", "020 7364 5000"),
        ("+44 (0)20 7364 5000 ext 12", "020 7364 5000 ext. 12"),
        ("020 7946 0018 x12", "020 7946 0018 ext. 12"),
        ("Tel: 020-7946-0018", "020 7946 0018"),
        ("+33109758351", "+33 1 09 75 83 51"),
        ("07911 123456", "07911 123456"),
        ("０２０ ７９４６ ００１８", "020 7946 0018"),
        ("", ""),
    ],
)
def test_telephone_numbers_have_one_form(typed: str, normal: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal(normal)


@pytest.mark.parametrize(
    "typed", ["020 7364 5OOO", "ask at the office", "7364 5000", "12", "020 7946 0018 and 3", "9" * 2000]
)
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal("", ProblemCode.TELEPHONE_INVALID)


def test_a_number_that_nobody_has_is_kept_and_queried() -> None:
    assert normalise.telephone("01632 960001") == normalise.Normal("01632 960001", ProblemCode.TELEPHONE_UNLIKELY)


@pytest.mark.parametrize("between", [" / ", "; ", ", ", "\n", " or "])
def test_two_numbers_in_one_box_are_both_noted(between: str) -> None:
    typed = f"020 7946 0018{between}020 7946 0019"
    assert normalise.telephone(typed) == normalise.Normal("020 7946 0018;020 7946 0019", ProblemCode.SEVERAL_VALUES)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Jo.Ali@EXAMPLE.com ", "Jo.Ali@example.com"),
        ("Jo Ali <jo@school.example>", "jo@school.example"),
        ("Ali, Jo <jo@school.example>", "jo@school.example"),
        ("mailto:jo@school.example", "jo@school.example"),
        ("jo@school.example; jo@school.example", "jo@school.example"),
        ("", ""),
    ],
)
def test_email_addresses_have_one_form(typed: str, normal: str) -> None:
    assert normalise.email(typed) == normalise.Normal(normal)


@pytest.mark.parametrize(
    "typed", ["head@school,example", "head", "head@", "@school.example", "a@b@c.example", "a" * 2000]
)
def test_what_is_no_email_address_is_refused(typed: str) -> None:
    assert normalise.email(typed) == normalise.Normal("", ProblemCode.EMAIL_INVALID)


@pytest.mark.parametrize("between", ["; ", ", ", " ", "\n", " / "])
def test_two_addresses_in_one_box_are_both_noted(between: str) -> None:
    typed = f"a@school.example{between}b@school.example"
    assert normalise.email(typed) == normalise.Normal("a@school.example;b@school.example", ProblemCode.SEVERAL_VALUES)


@pytest.mark.parametrize(
    ("typed", "normal", "postcode"),
    [
        ("3 Cedar Road,\r\nLondon\rE2 0AC", "3 Cedar Road, London, E2 0AC", "E2 0AC"),
        ("3  Cedar Road \n\n London e14 0ac", "3 Cedar Road, London e14 0ac", "E14 0AC"),
        ("Cedar House", "Cedar House", ""),
    ],
)
def test_an_address_is_one_line_with_its_postcode_found(typed: str, normal: str, postcode: str) -> None:
    assert (normalise.address(typed), normalise.postcode(normalise.address(typed))) == (normal, postcode)


ANYTHING = st.text() | st.text("0123456789+()-./ x;,@<>'\n", max_size=40)


@given(ANYTHING)
def test_a_normal_form_is_its_own_normal_form(typed: str) -> None:
    for one in (normalise.text, normalise.address):
        assert one(one(typed)) == one(typed)
    for parse in (normalise.email, normalise.telephone, lambda raw: normalise.dfe_number(raw, PREFIX)):
        normal = parse(typed)
        if normal.value:
            assert parse(normal.value).value == normal.value


@given(ANYTHING)
def test_no_normal_form_holds_a_control_character(typed: str) -> None:
    forms = [
        normalise.text(typed),
        normalise.address(typed),
        normalise.email(typed).value,
        normalise.telephone(typed).value,
    ]
    assert all(form.isprintable() or any(char.isspace() or ord(char) > 127 for char in form) for form in forms)
    assert not any(ord(char) < 32 for form in forms for char in form)
