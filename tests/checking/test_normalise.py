"""Normal forms of what people type."""

from __future__ import annotations

import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from thep_forms.checking import normalise
from thep_forms.checking.characters import normal_text
from thep_forms.definition import ProblemCode

PREFIX = "211/"


@pytest.mark.parametrize(
    "spelling", ["{}", "211/{}", "211 {}", "211-{}", "211{}", " 211 / {} ", "211–{}", "211―{}", "２１１／{}"]
)
def test_dfe_number_in_every_spelling_has_one_form(spelling: str) -> None:
    wide = {ord("0") + n: 0xFF10 + n for n in range(10)}
    for digits in (f"{number:04}" for number in range(1, 10000)):
        for typed in (digits, digits.translate(wide)):
            assert normalise.dfe_number(spelling.format(typed), PREFIX) == normalise.Normal(f"211/{digits}")


@pytest.mark.parametrize("typed", ["213/4242", "2134242", "213 4242", "213-4242", "２１３／４２４２"])
def test_number_of_another_authority_and_mistyped_number_have_different_codes(typed: str) -> None:
    assert normalise.dfe_number(typed, PREFIX) == normalise.Normal("", ProblemCode.DFE_PREFIX)


@pytest.mark.parametrize(
    "typed", ["42", "424", "42424", "100945", "211/424", "211//4242", "/4242", "211/424²", "0000", "x4242"]
)
def test_ambiguous_dfe_number_has_no_normal_form(typed: str) -> None:
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
        ("020 7946 0018, ext 12", "020 7946 0018 ext. 12"),
        ("020 7946 0018\nx12", "020 7946 0018 ext. 12"),
        ("020 7946 0018; Ext:12", "020 7946 0018 ext. 12"),
        ("020 7946 0018 extn12", "020 7946 0018 ext. 12"),
        ("020 7946 0018 extension no. 12", "020 7946 0018 ext. 12"),
        ("020 7946 0018 ext TBC", "020 7946 0018"),
        ("020 7946 0018; 0207 946 0018", "020 7946 0018"),
        ("", ""),
    ],
)
def test_telephone_numbers_have_one_form(typed: str, normal: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal(normal)


@pytest.mark.parametrize(
    "typed",
    ["020 7364 5OOO", "020 7946 OO18", "ask at the office", "7364 5000", "12", "020 7946 0018 and 3", "9" * 2000],
)
def test_answer_that_is_no_telephone_number_is_refused(typed: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal("", ProblemCode.TELEPHONE_INVALID)


@pytest.mark.parametrize("typed", ["01511234", "0151 1234", "1511234"])
def test_uk_number_too_short_to_keep_its_zero_is_refused(typed: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal("", ProblemCode.TELEPHONE_INVALID)


def test_short_uk_number_that_is_in_use_keeps_its_zero() -> None:
    assert normalise.telephone("08001111") == normalise.Normal("0800 1111")


def test_number_that_is_not_in_use_is_kept_and_queried() -> None:
    for typed in ("01632 960001", "01632 960001; 01632960001"):
        assert normalise.telephone(typed) == normalise.Normal("01632 960001", ProblemCode.TELEPHONE_UNLIKELY)


@pytest.mark.parametrize("typed", ["+49 30 123456 / 7890", "020 7946 0018; 12", "020 7946 0018 / 19"])
def test_two_numbers_are_neither_joined_nor_dropped(typed: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal("", ProblemCode.TELEPHONE_INVALID)


@pytest.mark.parametrize(
    "words",
    [
        "{} (option 2)",
        "{}, option 3",
        "{} opt. 3 then 1",
        "{} / the office",
        "{} c/o the office",
        "c/o the office: {}",
        "{} or ask at the office",
        "ask for Jo, {}",
        "{} (9am-3pm)",
        "Jo’s mobile: {}",
        "{} (option 2) or as above",
        "({} mornings only)",
    ],
)
def test_words_beside_a_telephone_number_leave_the_number(words: str) -> None:
    for number, normal in (("020 7946 0018", "020 7946 0018"), ("+44 20 7946 0018 x12", "020 7946 0018 ext. 12")):
        typed = words.format(number)
        assert normalise.telephone(typed) == normalise.Normal(normal)
        assert normalise.words_beside_number(typed)


@pytest.mark.parametrize(
    "hours",
    ["{} (9-3)", "{} 9-5", "{}, 9-3", "9–3 {}", "{} (9.00-15.30)", "8:30-16:00 {}", "{} 9 to 3", "{} / 9-3"],
)
def test_opening_hours_beside_a_telephone_number_leave_the_number(hours: str) -> None:
    typed = hours.format("020 7946 0018")
    assert normalise.telephone(typed) == normalise.Normal("020 7946 0018")
    assert normalise.digits_beside_number(typed)


@pytest.mark.parametrize(
    "hours",
    ["Mon-Fri 9-3 {}", "Mon-Fri 9am-3pm: {}", "{} Mon - Thu 8.30-4, Fri 9-12", "{}, 9:00 to 15:00 term time"],
)
def test_days_and_hours_beside_a_telephone_number_leave_the_number(hours: str) -> None:
    typed = hours.format("020 7946 0018")
    assert normalise.telephone(typed) == normalise.Normal("020 7946 0018")
    assert normalise.words_beside_number(typed)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("02079460101 / 0102", "020 7946 0101"),
        ("020 7946 0101/0102", "020 7946 0101"),
        ("020 7946 0101 or 102", "020 7946 0101"),
        ("02079460101 / 0102 (9-3)", "020 7946 0101"),
        ("020 7946 0101 ext 12 / ext 13", "020 7946 0101 ext. 12"),
        ("020 7946 0101 x12 or x13", "020 7946 0101 ext. 12"),
    ],
)
def test_end_of_a_second_number_leaves_the_first(typed: str, normal: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal(normal)
    assert normalise.digits_beside_number(typed)


@pytest.mark.parametrize("typed", ["9-3", "Mon-Fri 9-3", "020 7946 00189-3", "0102 / 0103"])
def test_opening_hours_without_a_whole_number_are_refused(typed: str) -> None:
    assert normalise.telephone(typed) == normalise.Normal("", ProblemCode.TELEPHONE_INVALID)


@pytest.mark.parametrize("typed", ["020 7946 0018", "Tel: 020 7946 0018 ext 12", "020 7946 0018 or 07700 900123", ""])
def test_label_and_extension_are_no_words_beside_a_number(typed: str) -> None:
    assert not normalise.words_beside_number(typed)


@pytest.mark.parametrize(
    "typed",
    ["T: {} M: {}", "Tel {} Mob {}", "Office: {} Mobile: {}", "Direct {}, Office {}", "Phone {}\nMobile {}"],
)
def test_two_numbers_with_a_label_each_are_both_kept(typed: str) -> None:
    numbers = "020 7946 0018", "020 7946 0019"
    assert normalise.telephone(typed.format(*numbers)) == normalise.Normal(
        ";".join(numbers), ProblemCode.SEVERAL_VALUES
    )


@pytest.mark.parametrize(
    "between", [" / ", "; ", ", ", "\n", "\r", "\u2028", " or ", " and ", " & ", " | ", "|", " \\ "]
)
def test_two_numbers_in_one_box_are_both_kept(between: str) -> None:
    typed = f"020 7946 0018{between}020 7946 0019"
    assert normalise.telephone(typed) == normalise.Normal("020 7946 0018;020 7946 0019", ProblemCode.SEVERAL_VALUES)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Jo.Ali@EXAMPLE.com ", "Jo.Ali@example.com"),
        ("Jo Ali <jo@school.example>", "jo@school.example"),
        ("Ali, Jo <jo@school.example>", "jo@school.example"),
        ("mailto:jo@school.example", "jo@school.example"),
        ("jo @ school.example", "jo@school.example"),
        ("Jo Ali (jo@school.example)", "jo@school.example"),
        ("c/o clerk@school.example", "clerk@school.example"),
        ("jo@school.example; jo@school.example", "jo@school.example"),
        ("jo@school.example<mailto:jo@school.example>", "jo@school.example"),
        ("Jo @ Acorn <jo@school.example>", "jo@school.example"),
        ("o’brien@school.example", "o'brien@school.example"),
        ("he\u00adad\u200b@school.example", "head@school.example"),
        ("\ufeffhead@st\u2011mary.example", "head@st-mary.example"),
        ("“head@school.example”", "head@school.example"),
        ("'head@school.example'", "head@school.example"),
        ("Email: head@school.example", "head@school.example"),
        ("E-mail head@school.example", "head@school.example"),
        ("E: head@school.example", "head@school.example"),
        ("email @ school.example", "email@school.example"),
        ("head@school.example.", "head@school.example"),
        ("", ""),
    ],
)
def test_email_addresses_have_one_form(typed: str, normal: str) -> None:
    assert normalise.email(typed) == normalise.Normal(normal)


@pytest.mark.parametrize(
    "typed",
    [
        "head@school,example",
        "head",
        "head@",
        "@school.example",
        "a@b@c.example",
        "Jo <jo@school.example> head",
        "Jo head@school.example",
        "head@school.example (cc: jo@school.example)",
        "head@school.example - jo@school.example",
        "head@sch - ool.example",
        ";",
        "a" * 2000,
    ],
)
def test_answer_that_is_no_email_address_is_refused(typed: str) -> None:
    assert normalise.email(typed) == normalise.Normal("", ProblemCode.EMAIL_INVALID)


@pytest.mark.parametrize(
    "words", ["{} (Jo)", "{}(Jo)", "{} - Jo", "{} – not in August", "Jo: {}", "Head’s address: {}", "Jo ({})"]
)
def test_words_beside_an_email_address_leave_the_address(words: str) -> None:
    typed = words.format("head@school.example")
    assert normalise.email(typed) == normalise.Normal("head@school.example")
    assert normalise.words_beside_address(typed)


# Domains that are valid, that have another normal form, and that nobody can have.
DOMAINS = ("school.example", "b-c.co.uk", "xn--bcher-kva.example", "school", "-a.uk", "a-.uk", "a..uk", ".uk", "a.test")
PEOPLE = st.text("abz09._-+", min_size=1, max_size=20)


@given(PEOPLE, st.sampled_from(DOMAINS))
def test_address_has_the_form_that_the_library_gives_it_however_many_of_its_domain_came_before(
    person: str, domain: str
) -> None:
    try:
        form = validate_email(f"{person}@{domain}", check_deliverability=False).normalized
    except EmailNotValidError:
        form = ""
    assert normalise.email(f"{person}@{domain}").value == form


@pytest.mark.parametrize("between", ["; ", ", ", " ", "\n", " / ", "  / ", " or ", " and ", " & ", "|", " | "])
def test_two_addresses_in_one_box_are_both_kept(between: str) -> None:
    typed = f"a@school.example{between}b@school.example"
    assert normalise.email(typed) == normalise.Normal("a@school.example;b@school.example", ProblemCode.SEVERAL_VALUES)


@pytest.mark.parametrize(
    "typed",
    [
        "Ali, Jo <a@school.example>; Bea Coe <b@school.example>",
        "a@school.example, Bea <b@school.example>",
        "Jo <a@school.example>, b@school.example",
    ],
)
def test_address_in_a_name_before_another_address_is_kept(typed: str) -> None:
    assert normalise.email(typed) == normalise.Normal("a@school.example;b@school.example", ProblemCode.SEVERAL_VALUES)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Jo \t\r\n\u00a0 Ali ", "Jo Ali"),
        ("Zoe\u0308", "Zoë"),
        ("Zoe\x00\u0308", "Zoë"),
        ("ﬁona Griﬃths", "fiona Griffiths"),
        ("ﻣﺤﻤﺪ ﻋﻠﻲ Ahmed", "محمد علي Ahmed"),
        ("ﻻﻣﯿﺎ", "لامیا"),
        ("\ufeffJo\u00adAli\u200b", "JoAli"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_text_is_one_line_without_invisible_characters(typed: str, normal: str) -> None:
    assert normal_text(typed) == normal


@pytest.mark.parametrize(
    ("typed", "normal", "postcode"),
    [
        ("3 Cedar Road,\r\nLondon\rE2 0AC", "3 Cedar Road, London, E2 0AC", "E2 0AC"),
        ("3  Cedar Road \n\n London e14 0ac", "3 Cedar Road, London e14 0ac", "E14 0AC"),
        ("London\nE2\n0AC", "London, E2, 0AC", "E2 0AC"),
        ("London\ne2\n 0ac\nUK", "London, e2, 0ac, UK", "E2 0AC"),
        ("London\nE2 OAC", "London, E2 OAC", "E2 0AC"),
        ("London e2oac, UK", "London e2oac, UK", "E2 0AC"),
        ("London\nE2\nOAC", "London, E2, OAC", "E2 0AC"),
        ("E1O 0AA", "E1O 0AA", "E10 0AA"),
        ("London, EI4 7AB", "London, EI4 7AB", ""),
        ("Flat QA1 2BC, London E2 0AC", "Flat QA1 2BC, London E2 0AC", "E2 0AC"),
        ("London E2 0AC, door QA1 2BC", "London E2 0AC, door QA1 2BC", "E2 0AC"),
        ("Cedar House", "Cedar House", ""),
        ("Unit B2 Old Street", "Unit B2 Old Street", ""),
        ("Unit B12,\n3rd floor", "Unit B12, 3rd floor", ""),
        ("Block B1,\n2nd\nfloor", "Block B1, 2nd, floor", ""),
    ],
)
def test_address_is_one_line_and_its_postcode_is_found(typed: str, normal: str, postcode: str) -> None:
    assert (normalise.address(typed), normalise.postcode(normalise.address(typed))) == (normal, postcode)


PIECES = (
    *("020 7946 0018", "01632 960001", "+33109758351", "x12", " / ", " or ", "jo@example.com", "Jo", "<b@example.org>"),
    *";,/<>\n",
)
ANYTHING = (
    st.text()
    | st.text("0123456789+()-./ x;,@<>'\n", max_size=40)
    | st.text("e\u0301=\u0338\x00\u200b\u00ad ,\r\n", max_size=12)
    | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
)
QUERIES = (None, ProblemCode.TELEPHONE_UNLIKELY, ProblemCode.SEVERAL_VALUES)


@given(ANYTHING)
def test_normal_form_is_its_own_normal_form(typed: str) -> None:
    for one in (normal_text, normalise.address):
        assert one(one(typed)) == one(typed)
    for parse in (normalise.email, normalise.telephone, lambda raw: normalise.dfe_number(raw, PREFIX)):
        normal = parse(typed)
        if normal.value:
            assert normal.problem in QUERIES
            assert parse(normal.value) == normal


@given(ANYTHING)
def test_no_normal_form_holds_a_control_character(typed: str) -> None:
    forms = [
        normal_text(typed),
        normalise.address(typed),
        normalise.email(typed).value,
        normalise.telephone(typed).value,
    ]
    assert not any(unicodedata.category(char) == "Cc" for form in forms for char in form)


@pytest.mark.parametrize("typed", ["<" + " " * 999, "<" * 1000, "@" * 1000, "ﷺ" * 1000, "x " * 500, "0 / " * 250])
def test_answer_of_any_content_and_length_raises_nothing(typed: str) -> None:
    assert normalise.email(typed) == normalise.Normal("", ProblemCode.EMAIL_INVALID)
    assert normalise.telephone(typed) == normalise.Normal("", ProblemCode.TELEPHONE_INVALID)
