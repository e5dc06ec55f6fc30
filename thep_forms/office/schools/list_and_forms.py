"""What a list that is to become the register of a year means for the forms that schools have returned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thep_forms.definition import FormDefinition
from thep_forms.office.decisions.deciding import is_another_person
from thep_forms.records import ListedSchool, Records
from thep_forms.register.comparing import named


def forms_concerned(
    records: Records, before: Sequence[ListedSchool], listed: Sequence[ListedSchool], definition: FormDefinition
) -> Iterator[str]:
    """What the list changes for forms that count, a sentence each. `before` is the list that counts until then.

    The form of a school which is no member any more does not count. That of a school with another name keeps the
    earlier one: it counts before a list of the same year. The list counts before a form of an earlier year.
    """
    year = str(definition.year)
    names = {entry.school: entry.school_name.casefold() for entry in records.accepted() if entry.year == year}
    now = {school.dfe_number: school.name.casefold() for school in listed}
    answered = [school for school in before if school.dfe_number in names]
    gone = [school for school in answered if school.dfe_number not in now]
    if gone:
        yield (
            f"The forms of these schools no longer count in {year} if you use this list: {named(gone)}. "
            "Each is then in To do. If a school goes on under a new number, assign its form to that number there. "
            "If not, close the form."
        )
    staying = [school for school in answered if now.get(school.dfe_number, "") not in ("", school.name.casefold())]
    renamed = [school for school in staying if names[school.dfe_number] != now[school.dfe_number]]
    if renamed:
        yield (
            f"The forms of these schools go on saying another name than this list: {named(renamed)}. Their next copies "
            "and the tables say what the form says. Change the name on the school's page: “Change something”."
        )
    others = list(_with_other_people(records, before, listed, definition))
    if others:
        yield (
            f"This list names other people than the last forms of these schools: {named(others)}. Copies of {year} say "
            "what the list says. If the list is older than the forms, take the people out of it."
        )


def _with_other_people(
    records: Records, before: Sequence[ListedSchool], listed: Sequence[ListedSchool], definition: FormDefinition
) -> Iterator[ListedSchool]:
    """The schools of which the list newly names somebody else than their last form, which is of an earlier year."""
    year, name = str(definition.year), definition.person_name.name
    last = {entry.school: entry for entry in records.accepted() if entry.year <= year}  # the years in their order
    listed_before = {school.dfe_number: school.record.contacts for school in before}
    for school in listed:
        entry = last.get(school.dfe_number)
        if not entry or entry.year == year or not school.record.contacts:
            continue
        people = {(one.role, one.position): one.parts.get(name, "") for one in records.whole_record(entry).contacts}
        news = [one for one in school.record.contacts if one not in listed_before.get(school.dfe_number, ())]
        if any(is_another_person(people.get((one.role, one.position), ""), one.parts.get(name, "")) for one in news):
            yield school
