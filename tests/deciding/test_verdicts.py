"""What became of each return: which counts, which gives way, and what nobody guesses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, prefer, record_files, rows, verdicts
from tests.remake_samples import answers, dated
from tests.support.commands import run
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition, shipped
from thep_forms.errors import DecisionError, RecordsError, SourceError
from thep_forms.generate import master_of

Filled = Callable[..., bytes]


def test_the_samples_have_every_verdict(sample_records: Path) -> None:
    found = verdicts(sample_records)
    assert found == {
        "Acorn Nursery": "accepted",
        "Bridge Learning Centre": "accepted",
        "Cedar Primary, corrected": "accepted",
        "Cedar Primary, corrected2": "duplicate",
        "Cedar Primary, first": "superseded",
        "Dovecote wrong authority": "needs_attention",
        "Elm Tree": "accepted",
        "Elm Tree cut short": "needs_attention",
        "Gladstone mistyped email": "needs_attention",
        "Harbour": "accepted",
        "Ivy Lane": "accepted",
        "Juniper blank": "blank",
        "Kestrel": "locked",
        "Linden": "accepted",
        "St Fillan's no chair": "needs_attention",
        "Summer fair": "not_a_form",
    }


def test_the_same_returns_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    paths = sorted((shipped("samples") / "returns").iterdir())
    results = []
    for turn, order in enumerate((paths, paths[::-1], paths[1::2] + paths[::2], paths[11:] + paths[:11])):
        records = tmp_path / f"records{turn}"
        for some in (order[:7], order[7:]):
            ingest(records, some)
        results.append(record_files(records))
    assert all(result == results[0] for result in results)


def test_a_later_return_supersedes_whichever_came_first(tmp_path: Path, filled: Filled) -> None:
    old, new = dated(filled(), "20260420"), dated(filled(main_contact_name="Kit Adeyemi"), "20260504")
    records = tmp_path / "records"
    for name, data in {"new": new, "old": old}.items():
        ingest(records, [inbox(tmp_path / name, **{name: data})])
    assert verdicts(records) == {"new": "accepted", "old": "superseded"}
    assert "Kit Adeyemi" in {row["name"] for row in rows(records / "contacts.csv")}


def test_a_later_return_with_an_error_does_not_supersede(tmp_path: Path, filled: Filled) -> None:
    files = {"old": dated(filled(), "20260420"), "new": dated(filled(main_contact_email="?"), "20260504")}
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", **files)])
    assert verdicts(tmp_path / "records") == {"old": "accepted", "new": "needs_attention"}


def test_a_return_that_had_to_be_mended_is_superseded_by_the_one_that_mends_it(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    faulty = dated(filled(main_contact_email="office at school"), "20260420")
    assert not ingest(records, [inbox(tmp_path / "first", faulty=faulty)]).all_accepted
    mended = dated(filled(), "20260504")
    assert ingest(records, [inbox(tmp_path / "then", mended=mended)]).all_accepted
    assert verdicts(records) == {"faulty": "superseded", "mended": "accepted"}
    (found,) = rows(records / "problems.csv")  # what was wrong with it is still known
    assert found["code"] == "email_invalid"


def test_a_mistyped_number_on_a_schools_own_copy_is_superseded_too(tmp_path: Path, definition: FormDefinition) -> None:
    copy = master_of(definition).copy(answers("2101"), "211/2101")
    files = {
        "unknown": dated(type_into(copy, {"dfe_number": "2999"}), "20260420"),
        "missing": dated(type_into(copy, {"dfe_number": ""}), "20260421"),
        "mended": dated(type_into(copy, {"main_contact_name": "Kit Adeyemi"}), "20260504"),
    }
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", **files)], register=shipped("samples") / "schools.csv")
    assert verdicts(tmp_path / "records") == {"unknown": "superseded", "missing": "superseded", "mended": "accepted"}


def test_a_return_to_be_mended_that_may_be_the_later_one_needs_attention(tmp_path: Path, filled: Filled) -> None:
    files = {"good": dated(filled(), "20260504"), "undated": filled(main_contact_email="?")}
    files["elsewhere"] = dated(filled("2102", main_contact_email="?"), "20260420")
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", **files)])
    assert verdicts(tmp_path / "records") == {
        "good": "accepted",
        "undated": "needs_attention",
        "elsewhere": "needs_attention",
    }


def test_a_form_with_another_members_number_does_not_take_the_place_of_its_return(
    tmp_path: Path, filled: Filled
) -> None:
    records, register = tmp_path / "records", tmp_path / "schools.csv"
    register.write_text("dfe_number,school_name\n2101,Cedar Primary School\n2102,Dovecote Primary School\n", "utf-8")
    files = {
        "cedar": dated(filled(), "20260420"),
        "wrong": dated(filled("2102", dfe_number="2101", school_name="Dovecote Primary"), "20260504"),
    }
    ingest(records, [inbox(tmp_path / "inbox", **files)], register=register)
    assert verdicts(records) == {"cedar": "accepted", "wrong": "needs_attention"}
    later = dated(filled(main_contact_name="Kit Adeyemi"), "20260601")  # of the other school, so it mends nothing here
    ingest(records, [inbox(tmp_path / "then", later=later)], register=register)
    assert verdicts(records) == {"cedar": "superseded", "later": "accepted", "wrong": "needs_attention"}
    mended = dated(filled("2102", school_name="Dovecote Primary"), "20260602")
    ingest(records, [inbox(tmp_path / "at last", mended=mended)], register=register)
    assert verdicts(records)["wrong"] == "superseded"
    (asked,) = [row for row in rows(records / "problems.csv") if row["severity"] == "error"]
    assert (asked["code"], asked["value"]) == ("dfe_other_school", "211/2101")
    assert "211/2101 is Cedar Primary School in our list. " in asked["message"]
    assert "belongs to Dovecote Primary School, 211/2102." in asked["message"]


def test_a_faulty_return_on_another_schools_copy_is_a_matter_of_the_school_that_used_it(
    tmp_path: Path, filled: Filled, definition: FormDefinition
) -> None:
    records, copy = tmp_path / "records", master_of(definition).copy(answers("2101"), "211/2101")
    dovecote = {"dfe_number": "2102", "school_name": "Dovecote Primary School"}
    faulty = dated(type_into(copy, {**dovecote, "main_contact_email": "office at school"}), "20260420")
    files = {"faulty": faulty, "cedar": dated(filled(), "20260504")}
    for register in (members(tmp_path), None):  # known by its name, and then by nothing
        name = "listed" if register else "unlisted"
        ingest(records / name, [inbox(tmp_path / name, **files)], register=register)
        assert verdicts(records / name) == {"faulty": "needs_attention", "cedar": "accepted"}
    mended = dated(filled("2102", school_name="Dovecote Primary School"), "20260505")
    ingest(records / "listed", [inbox(tmp_path / "then", mended=mended)])
    assert verdicts(records / "listed")["faulty"] == "superseded"


def members(folder: Path) -> Path:
    path = folder / "members.csv"
    lines = ["dfe_number,school_name", "2101,Cedar Primary School", "2102,Dovecote Primary School"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_name_that_no_member_has_is_asked_about(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    ingest(records, [inbox(tmp_path / "inbox", oak=filled(school_name="Oak Academy"))], register=members(tmp_path))
    assert verdicts(records) == {"oak": "accepted"}
    (asked,) = rows(records / "problems.csv")
    assert (asked["code"], asked["severity"], asked["field"]) == ("name_unlikely", "query", "school_name")
    assert asked["message"].startswith(
        "Full Name of School: “Oak Academy” was entered, and 211/2101 is Cedar Primary School in"
    )


def test_a_form_that_may_be_another_schools_does_not_supersede(
    tmp_path: Path, filled: Filled, definition: FormDefinition
) -> None:
    copy = master_of(definition).copy(answers("2102"), "211/2102")
    by_name = dated(filled(school_name="Oak Academy"), "20260504")
    by_copy = dated(type_into(copy, {"dfe_number": "2101"}), "20260504")
    for name, form, register in (("oak", by_name, members(tmp_path)), ("copy", by_copy, None)):
        records, files = tmp_path / f"records of {name}", {"cedar": dated(filled(), "20260420"), name: form}
        ingest(records, [inbox(tmp_path / name, **files)], register=register)
        assert verdicts(records) == {"cedar": "needs_attention", name: "needs_attention"}
        prefer(records, hashlib.sha256(files["cedar"]).hexdigest()[:16])
        assert verdicts(records) == {"cedar": "accepted", name: "superseded"}


def test_what_was_preferred_settles_returns_that_had_to_be_mended_too(tmp_path: Path, filled: Filled) -> None:
    records, good = tmp_path / "records", filled()
    files = {"good": good, "faulty": filled(main_contact_email="office at school")}
    ingest(records, [inbox(tmp_path / "inbox", **files)])
    assert verdicts(records) == {"good": "accepted", "faulty": "needs_attention"}
    assert prefer(records, hashlib.sha256(good).hexdigest()[:16]).verdict == "accepted"
    assert ingest(records, [tmp_path / "inbox"]).all_accepted
    assert verdicts(records) == {"good": "accepted", "faulty": "superseded"}


def test_where_nothing_says_which_is_later_nobody_guesses_and_prefer_settles_it(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    files = {"one": filled(), "two": filled(main_contact_name="Kit Adeyemi")}
    ingest(records, [inbox(tmp_path / "inbox", **files)])
    assert verdicts(records) == {"one": "needs_attention", "two": "needs_attention"}
    assert {row["code"] for row in rows(records / "problems.csv")} == {"return_conflict"}
    assert rows(records / "schools.csv") == []
    for chosen, other in (("one", "two"), ("two", "one")):
        prefer(records, hashlib.sha256(files[chosen]).hexdigest()[:16])
        assert verdicts(records) == {chosen: "accepted", other: "superseded"}


def test_prefer_names_the_school_and_the_file(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    files = {"one": filled(), "two": filled(main_contact_name="Kit Adeyemi")}
    ingest(records, [inbox(tmp_path / "inbox", **files)])
    result = run("prefer", hashlib.sha256(files["one"]).hexdigest()[:16], "-o", records)
    assert result.exit_code == 0
    assert "211/2101 Cedar Primary School: the form inbox/one.pdf now counts over" in result.stderr


def test_a_third_undated_return_reopens_a_settled_conflict(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    files = {"one": filled(), "two": filled(main_contact_name="Kit Adeyemi")}
    ingest(records, [inbox(tmp_path / "inbox", **files)])
    prefer(records, hashlib.sha256(files["one"]).hexdigest()[:16])
    ingest(records, [inbox(tmp_path / "inbox", three=filled(main_contact_name="Ng Wei"))])
    assert set(verdicts(records).values()) == {"needs_attention"}


def test_two_files_that_say_the_same_are_no_conflict(tmp_path: Path, form: bytes, filled: Filled) -> None:
    answered = answers("2101")
    other_order = type_into(form, dict(reversed(answered.items())))
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", one=filled(), two=other_order + b"\n")])
    assert sorted(verdicts(tmp_path / "records").values()) == ["accepted", "superseded"]


def test_only_a_return_that_could_be_accepted_can_be_preferred(tmp_path: Path, filled: Filled) -> None:
    wrong = filled(dfe_number="42")
    letter = tmp_path / "inbox" / "letter.txt"
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", wrong=wrong)])
    letter.write_text("Dear all,")
    ingest(tmp_path / "records", [letter])
    with pytest.raises(DecisionError, match="this file is no membership form") as refusal:
        prefer(tmp_path / "records", hashlib.sha256(letter.read_bytes()).hexdigest()[:16])
    assert "errors" not in str(refusal.value)
    with pytest.raises(DecisionError, match=r"has errors\. Correct them first"):
        prefer(tmp_path / "records", hashlib.sha256(wrong).hexdigest()[:16])
    with pytest.raises(DecisionError, match="no return 0123"):
        prefer(tmp_path / "records", "0123")
    assert "returns.csv has them all" in run("prefer", "0123", "-o", tmp_path / "records").stderr
    with pytest.raises(RecordsError, match="holds no records"):
        prefer(tmp_path / "elsewhere", "0123")
    assert not (tmp_path / "elsewhere").exists()


def test_a_school_that_is_not_in_the_register_needs_attention(tmp_path: Path, filled: Filled) -> None:
    records, register = tmp_path / "records", tmp_path / "schools.csv"
    register.write_text("school_name,dfe_number\nElm,211/2103\n", encoding="utf-8-sig")
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled())], register=register)
    assert [row["code"] for row in rows(records / "problems.csv")] == ["dfe_unknown"]
    register.write_text("school_name,dfe_number\nElm,211/2103\nCedar,2101\n", encoding="cp1252")
    ingest(records, [tmp_path / "inbox"], register=register)
    assert verdicts(records) == {"cedar": "accepted"}


@pytest.mark.parametrize("text", ["name,number\nElm,2103\n", "dfe_number\n213/2103\n"])
def test_a_register_with_a_mistake_stops_before_anything_is_written(tmp_path: Path, filled: Filled, text: str) -> None:
    register = tmp_path / "schools.csv"
    register.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="dfe_number"):
        ingest(tmp_path / "records", [inbox(tmp_path / "inbox", cedar=filled())], register=register)
    assert not (tmp_path / "records").exists()
