"""A new year begins while forms of another one come in: what the desk says of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.desk.test_desk_access import Client
from tests.remake_samples import answers
from tests.support.deciding import decide, standing
from tests.support.messages import written
from tests.support.viewer import type_into
from tests.support.writing import CEDAR, SCHOOLS
from thep_forms.definition import Definitions, MembershipYear, load_definition
from thep_forms.desk.server import running_desk
from thep_forms.generate import generate
from thep_forms.office.display.came_in import GivenFile, look_up_what_came
from thep_forms.office.display.one_return import look_up_return
from thep_forms.office.display.one_school import look_up_school
from thep_forms.office.display.to_do import look_up_to_do
from thep_forms.office.schools.lists import look_at_list
from thep_forms.office.years import look_up_years

Filled = Callable[..., bytes]
COLLECTED = MembershipYear(2026)
SAME = "Nothing has changed since last year."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, earlier: Filled) -> Path:
    """Records in which Cedar sent the same file for 2025-26 and again, with a few words, for 2026-27."""
    folder, form = tmp_path_factory.mktemp("made"), earlier()
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    records = folder / "records"
    for year, day, words in ((2025, "6 May 2025", "Attached."), (2026, "25 April 2026", SAME)):
        came = mailed(folder / f"{year}.eml", form, day, words)
        ingest(records, [came], register=folder / "schools.csv", year=MembershipYear(year))
    return records


def mailed(path: Path, form: bytes, day: str, words: str = "") -> Path:
    """An e-mail of Cedar that brings the form."""
    message = written(words, CEDAR, Date=f"{day} 10:00:00 +0100")
    message.add_attachment(form, maintype="application", subtype="pdf", filename="form.pdf")
    path.write_bytes(message.as_bytes())
    return path


def test_last_years_form_that_came_again_needs_somebody_until_it_is_typed_in(some: Path) -> None:
    assert standing(some, "2101") == "needs_attention"
    with running_desk(some, Definitions.of_today) as running:
        client = Client(running)
        page = client.get("/").body.decode()
        assert "To do (1)" in page
        assert "Its form of 2025-26 came again." in page
        address = page.partition('href="/schools/211-2101/enter?return=')[2].partition('"')[0]
        assert SAME in client.get(f"/schools/211-2101/enter?return={address}").body.decode()
        decide("enter", some, "2101", "2026-27", "--unchanged")
        assert "To do (0)" in client.get("/").body.decode()


@pytest.mark.parametrize(("name", "words"), [("2026.eml", "Accepted for 2025-26"), ("2025.eml", "Accepted")])
def test_what_is_accepted_for_another_year_than_that_in_sight_says_so(made: Path, name: str, words: str) -> None:
    data = (made.parent / name).read_bytes()
    given = GivenFile(name, hashlib.sha256(data).hexdigest())
    ((came,),) = look_up_what_came(made, [given], datetime.now(UTC), Definitions.of_today())
    assert came.words == words


@pytest.mark.parametrize(
    ("school", "says"),
    [
        (
            "4010,Cedar Academy",
            "no longer count in 2025-26 if you use this list: 211/2101 Cedar Primary School. Each is then in To do",
        ),
        ("2101,Cedar Academy", "go on saying another name than this list: 211/2101 Cedar Primary School. Their next"),
        ("2101,Cedar Primary School", ""),
    ],
)
def test_a_list_says_what_it_changes_for_the_forms_that_count(
    made: Path, tmp_path: Path, school: str, says: str
) -> None:
    (tmp_path / "new.csv").write_text(f"dfe_number,school_name\n{school}\n2103,Elm Tree Primary School\n")
    seen = look_at_list(made, tmp_path / "new.csv", MembershipYear(2025), Definitions.of_today())
    about_forms = [line for line in seen.changes if line.startswith("The forms of these schools ")]
    assert (says in about_forms[0]) if says else about_forms == []


@pytest.mark.parametrize(("chair", "is_said"), [("Rosa Old", True), ("Priya Rahman", False)])
def test_a_list_that_names_other_people_than_last_years_forms_says_so(
    made: Path, tmp_path: Path, chair: str, *, is_said: bool
) -> None:
    (tmp_path / "new.csv").write_text(f"dfe_number,school_name,chair\n2101,Cedar Primary School,{chair}\n")
    seen = look_at_list(made, tmp_path / "new.csv", COLLECTED, Definitions.of_today())
    says = "This list names other people than the last forms of these schools: 211/2101 Cedar Primary School."
    assert any(line.startswith(says) for line in seen.changes) == is_said


def test_the_form_of_a_school_that_has_a_new_number_is_proposed_to_that_number(some: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("dfe_number,school_name\n4010,Cedar Primary Academy\n2103,Elm Tree School\n")
    ingest(some, [], register=tmp_path / "new.csv", year=MembershipYear(2025))
    (found,) = {row["return_id"] for row in rows(some / "returns.csv") if row["verdict"] == "needs_attention"}
    with running_desk(some, Definitions.of_today) as running:
        page = Client(running).get(f"/returns/{found}").body.decode()
    assert "If it is Cedar Primary Academy (211/4010) now, say so under" in page
    assert 'name="school" value="211/4010"' in page
    school = look_up_school(some, "211/2101", Definitions.of_today(), wanted=MembershipYear(2025))
    assert not school.can_be_entered  # it would be refused


def test_form_of_an_earlier_year_that_comes_after_the_accepted_one_is_for_the_office_not_for_a_reminder(
    some: Path, tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    found = earlier(headteacher_name="Ann Lee")
    came = [mailed(tmp_path / "now.eml", filled(), "28 April 2026"), mailed(tmp_path / "old.eml", found, "2 May 2026")]
    ingest(some, came, year=COLLECTED)
    assert standing(some, "2101") == "accepted"
    (task,) = look_up_to_do(some, Definitions.of_today(), year=COLLECTED).tasks
    rivals = look_up_return(some, task.return_id, Definitions.of_today()).rivals
    assert list(rivals) == ["2025-26", "2026-27"]  # either gives way if the late one counts for its year


def test_a_form_of_next_year_that_comes_too_early_does_not_begin_that_year(some: Path, tmp_path: Path) -> None:
    early = type_into(generate(load_definition("2027-28")), answers("2101"))
    ingest(some, [mailed(tmp_path / "early.eml", early, "12 February 2027")], year=COLLECTED)
    assert look_up_years(some, Definitions.of_today()).latest == COLLECTED
    ingest(some, [mailed(tmp_path / "later.eml", early, "7 April 2027")], year=MembershipYear(2027))
    assert look_up_years(some, Definitions.of_today()).latest == MembershipYear(2027)


def test_whoever_writes_to_schools_for_a_year_after_which_another_has_begun_is_told_so(made: Path) -> None:
    with running_desk(made, Definitions.of_today) as running:
        client = Client(running)
        pages = {year: client.get(f"/send?in_sight={year}").body.decode() for year in ("2025-26", "2026-27")}
    assert "2026-27 has begun. What you send here is the form of 2025-26." in pages["2025-26"]
    assert "has begun" not in pages["2026-27"]
