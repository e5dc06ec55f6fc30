"""What an office types of its partnership, as it types it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pypdfium2
import pytest
from msgspec.structs import asdict, replace

from tests.desk.test_desk_access import Client
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.server import running_desk
from thep_forms.office.partnership import FactError, PartnershipFacts, look_up_partnership, save_partnership
from thep_forms.office.schools.lists import begin_without_list
from thep_forms.office.sending.forms import make_blank_form, make_school_copy

LATE = "31 December"  # has not passed when the membership year starts
YEAR = MembershipYear(2090)
OF_YEAR = partial(Definitions, None, YEAR)


def facts(return_by: str = LATE, address: str = "forms@borough.example") -> PartnershipFacts:
    return PartnershipFacts("Borough Schools", "", "Borough", "211", address, return_by)


def of(folder: Path) -> Definitions:
    return Definitions(folder / "templates" if (folder / "templates").exists() else None, YEAR)


def known(folder: Path) -> PartnershipFacts:
    return replace(look_up_partnership(folder, of(folder)), return_by=LATE)


@pytest.mark.parametrize(
    "typed",
    ["31 December", "31st December", "31 dec", "31 Dec.", "31/12", "31.12.", "December 31", "31 December 2090"],
)
def test_a_day_is_understood_as_people_write_it(tmp_path: Path, typed: str) -> None:
    save_partnership(tmp_path, facts(typed), OF_YEAR())
    kept = look_up_partnership(tmp_path, Definitions(tmp_path / "templates", YEAR))
    assert kept.return_by == LATE


@pytest.mark.parametrize("typed", ["end of the year", "31 December 2091", "31/13", "31 June", "31 Foo", "31 Ma", "31"])
def test_what_is_no_day_of_the_year_is_refused(tmp_path: Path, typed: str) -> None:
    with pytest.raises(FactError, match="Enter a day and a month, like 31 May"):
        save_partnership(tmp_path, facts(typed), OF_YEAR())


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FactError) as refused:
        save_partnership(tmp_path, facts("soon", "forms at borough"), OF_YEAR())
    assert list(refused.value.boxes) == ["return_address", "return_by"]


def test_a_new_name_is_the_full_name_too_where_that_was_the_same_or_another_partnerships(tmp_path: Path) -> None:
    for name in ("Borough Schools", "Schools of the Borough"):
        save_partnership(
            tmp_path, replace(known(tmp_path), name=name, return_address="a@borough.example"), of(tmp_path)
        )
        assert known(tmp_path).full_name == name


def test_a_new_name_leaves_a_full_name_that_the_office_gave(tmp_path: Path) -> None:
    save_partnership(tmp_path, replace(facts(), full_name="Borough Schools Together Ltd"), of(tmp_path))
    save_partnership(tmp_path, replace(known(tmp_path), name="The Borough Schools"), of(tmp_path))
    assert known(tmp_path).full_name == "Borough Schools Together Ltd"


def test_the_desk_shows_the_names_beside_each_other_and_says_after_a_change_where_each_stands(records: Path) -> None:
    save_partnership(records, replace(facts(), full_name="Borough Schools Together Ltd"), of(records))
    begin_without_list(records, Definitions.of_today(records=records))
    with running_desk(records, partial(Definitions.of_today, records=records)) as running:
        client = Client(running)
        page = client.get("/start").body.decode()
        assert page.index('id="name"') < page.index('id="full_name"') < page.index('id="return_address"')
        assert "“Borough Schools Together Ltd (THEP)”" in page
        token = page.partition('name="token" value="')[2].partition('"')[0]
        sent = {"token": token, **asdict(known(records)), "name": "Our Borough", "then": ""}
        saved = client.ask("POST", "/start", urlencode(sent), Origin=client.origin, **client.jar)
        assert saved.headers["Location"] == "/start?saved=yes"
        page = client.get("/start?saved=yes").body.decode()
    assert "say “Our Borough”. The protocol introduces it as “Borough Schools Together Ltd (THEP)”." in page


def test_the_first_run_asks_for_the_initials(tmp_path: Path) -> None:
    with running_desk(tmp_path, OF_YEAR) as running:
        page = Client(running).get("/start").body.decode()
    assert re.search(r'<input id="short_name"[^>]* value="THEP"', page)
    save_partnership(tmp_path, replace(facts(), short_name=" BST "), OF_YEAR())
    assert known(tmp_path).short_name == "BST"


def test_without_an_answer_the_initials_stay(tmp_path: Path) -> None:
    save_partnership(tmp_path, facts(), OF_YEAR())
    assert known(tmp_path).short_name == "THEP"


@pytest.mark.parametrize("typed", ["B&S", "B S", "3B", "B" * 13, "É"])
def test_initials_are_a_few_letters_and_digits(tmp_path: Path, typed: str) -> None:
    with pytest.raises(FactError) as refused:
        save_partnership(tmp_path, replace(facts(), short_name=typed), OF_YEAR())
    assert refused.value.boxes == {"short_name": "Enter up to 12 letters and digits, the first a letter, like THEP."}


def test_once_there_are_records_the_initials_stay_and_the_desk_says_why(records: Path) -> None:
    begin_without_list(records, Definitions.of_today(records=records))
    definitions = Definitions.of_today(records=records)
    save_partnership(records, replace(facts(), full_name="Borough Schools Together", short_name="BST"), definitions)
    assert known(records).short_name == "THEP"
    with running_desk(records, partial(Definitions.of_today, records=records)) as running:
        page = Client(running).get("/start?saved=yes").body.decode()
    assert 'id="short_name"' not in page
    assert page.count("The initials stay THEP: forms that went out are known by them.") == 2


def test_blank_forms_and_copies_have_what_was_saved_last(three_schools: Path) -> None:
    """Forms that are drawn are kept in memory: those of before must not come back."""
    for address in ("forms@borough.example", "office@borough.example"):
        save_partnership(three_schools, facts(address=address), Definitions.of_today(records=three_schools))
        definitions = Definitions.of_today(records=three_schools)
        made = (
            make_blank_form(definitions.default_year, definitions),
            make_school_copy(definitions.default_year, "2101", three_schools, definitions),
        )
        for form in made:
            with pypdfium2.PdfDocument(form.data) as pdf:
                assert f"Please return this form to {address}" in pdf[0].get_textpage().get_text_range()
