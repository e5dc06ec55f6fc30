"""The definition: strict loading, years and custom templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import edit
from thep_forms.definition import MembershipYear, load_definition
from thep_forms.errors import TemplateError, YearError


@pytest.mark.parametrize("spelling", ["2026-27", "2026/27", "2026", "2026-2027", " 2026-27 "])
def test_year_in_every_spelling_is_understood(spelling: str) -> None:
    assert str(MembershipYear.parse(spelling)) == "2026-27"


@pytest.mark.parametrize("spelling", ["2026-28", "banana", "", "26-27", "2026-", "20266", "2026-27-28", "２０２６"])
def test_text_that_is_not_a_year_is_refused_with_an_example(spelling: str) -> None:
    with pytest.raises(YearError, match=r"20\d\d"):
        MembershipYear.parse(spelling)


def test_last_year_of_a_century_is_written_with_two_digits() -> None:
    assert str(MembershipYear.parse("2099-00")) == "2099-00"


MISTAKES = [
    ('kind = "email"', 'kind = "emial"', r"part\[3\]\.kind.*emial.*address, dfe_number, email"),
    ('label = "Designation"', 'lable = "Designation"', r"part\[1\]\.lable: there is no such key.*label"),
    ("revision = 1", 'revision = "one"', r"form\.revision.*int.*one"),
    ('title = "School Membership Form"\n', "", r"form\.title: this key is missing"),
    ('{ field = "registered_address", label = 24 }', '{ field = "adress" }', "adress.*registered_address"),
    ('cells = [{ field = "phases" }]', 'cells = [{ field = "school_name" }]', "school_name.* 2 times"),
    ('required = ["name"]', 'required = ["nmae"]', r"role\[2\]\.required.*nmae.*name"),
    ('name = "telephone"\n', 'name = "name"\n', "names 2 boxes"),
    ('cells = [{ field = "phases" }]', "cells = [{}]", "phases.* stands nowhere"),
    ('missing = "phase_missing"', 'missing = "email_invalid"', r"field\[2\]\.missing.*email_invalid.*_missing"),
    ("margin = 12 ", "margin = 4 ", r"page\.margin: Expected `float` >= 5.*it is 4"),
    ("width = 0.28", "width = 1.4", r"row\[4\]: .* width"),
    ('kind = "email"', 'kind = "ticks"', r"part\[3\]\.kind"),
    ('name = "school_name"', 'name = "return_id"', r"field\[1\]\.name.*return_id"),
    ('held_by = "main_contact"', 'held_by = "senior_leader"', r"role\[3\]\.held_by.*before"),
    ('\nheading = "Phase / Senior Leader {position}"', '\nheading = "Leader {nr}"', r"section\[3\]\.heading.*\{nr\}"),
    ("[form]", "[form", "this is not TOML"),
    ('heading = "heading.j2"', 'heading = "headline.j2"', "headline.j2: there is no such template"),
    ('options = ["nursery"]', 'options = ["nursry"]', r"likely\[1\].*nursry.*nursery"),
    ('use = "person_email"\n', "", r'part: no part has use = "person_email", which the program needs\. Add this line'),
    ('use = "job_title"', 'use = "person_name"', r'no part has use = "job_title"|part\[1\] and part\[2\] have use'),
    ('name = "headteacher"', 'name = "headteacher"\nuse = "first_contact"', r"role\[1\] and role\[3\] have use .*Keep"),
    ('use = "phases"', 'use = "phase"', r"field\[2\]\.use: .*phase.*Use one of phases, school_name"),
    ('use = "first_contact"\n', "", r'role: no role has use = "first_contact"'),
    ('kind = "email"', 'kind = "text"', r'part\[3\]\.kind: use = "person_email" needs the kind email; it is text'),
    ('also = ["phase", ', 'also = ["address", ', r"field: “address” is a name of 2 columns of a register list"),
    ("{prefix} is printed", "{prefx} is printed", r"field\[3\]\.help: \{prefx\} is not known\. Use one of .*prefix"),
    ("full name.", "full name {", r"part\[2\]\.help: .*Write placeholders as \{authority\}"),
    ("pupil referral unit.", "{unit}.", r"field\[2\]\.option\[5\]\.help: \{unit\} is not known"),
]


@pytest.mark.parametrize(("right", "wrong", "complaint"), MISTAKES)
def test_mistake_in_a_template_is_reported_with_file_key_and_remedy(
    templates: Path, right: str, wrong: str, complaint: str
) -> None:
    edit(templates / "membership-form.toml", right, wrong)
    with pytest.raises(TemplateError, match=f"(?s){templates}.*{complaint}"):
        load_definition("2026-27", templates)


def test_problem_without_words_or_with_an_unknown_placeholder_is_refused(templates: Path) -> None:
    path = templates / "problems.toml"
    edit(path, "[dfe_missing]", "[dfe_mising]")
    with pytest.raises(TemplateError, match=r"dfe_mising.*dfe_missing"):
        load_definition("2026-27", templates)
    edit(path, "[dfe_mising]", "[dfe_missing]")
    edit(path, "{label}:", "{lable}:")
    with pytest.raises(TemplateError, match=r"dfe_missing\.message: \{lable\} is not known"):
        load_definition("2026-27", templates)


def test_message_with_a_placeholder_of_another_problem_is_refused(templates: Path) -> None:
    edit(templates / "problems.toml", "is not in our list", "({prefix}) is not in our list")
    with pytest.raises(TemplateError, match=r"dfe_unknown\.message: \{prefix\} is not known.*label, value"):
        load_definition("2026-27", templates)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ yaer }}", "yaer"),
        ("{{ year + 1 }}", "TypeError"),
        ("{{ year.start / 0 }}", "ZeroDivisionError"),
        ("{% if %}", "line 1"),
        ("<b>bold</b>", "html"),
        ("| a | b |\n\n---\n", "hr"),
    ],
)
def test_text_that_cannot_be_typeset_is_refused(templates: Path, text: str, complaint: str) -> None:
    (templates / "statement.j2").write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match=rf"statement\.j2.*{complaint}"):
        load_definition("2026-27", templates)


def test_own_folder_with_one_template_takes_the_others_from_the_shipped_folder(tmp_path: Path) -> None:
    (tmp_path / "heading.j2").write_text("# Join us\n", encoding="utf-8")
    assert "Join us" in str(load_definition("2026-27", tmp_path).texts["heading.j2"])


def test_folder_named_after_a_year_overrides_that_year_only(tmp_path: Path) -> None:
    (tmp_path / "2017-18").mkdir()
    (tmp_path / "2017-18" / "heading.j2").write_text("# As it was\n", encoding="utf-8")
    assert "As it was" in str(load_definition("2017-18", tmp_path).texts["heading.j2"])
    assert "As it was" not in str(load_definition("2018-19", tmp_path).texts["heading.j2"])
