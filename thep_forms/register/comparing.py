"""What a new list of member schools changes: who joins, leaves, has another name, or may follow another school."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from thep_forms.definition import FormDefinition
from thep_forms.records import ListedSchool

_MOST_NAMED = 10  # schools in a line; the rest is counted
_COMMON = 0.2  # the share of all names from which a word says nothing
_KINDS = {"academy", "school"}  # words that change when a school becomes an academy
_ALIKE = 0.8  # how alike (0 to 1) two names are at least, to say that one school may follow the other

_PEOPLE_STAY = (
    " If they are, use this list. Then note it on the page of the new one: “Did it have another DfE number before?”. "
    "Its copy then names the people known under the old number."
)


def differences(
    before: Iterable[ListedSchool],
    after: Iterable[ListedSchool],
    year: str,
    definition: FormDefinition,
    *,
    of_earlier_year: bool = False,
) -> Iterator[str]:
    """The differences between an earlier list and that of `year`, a sentence each; none if there was no earlier list.

    A school that joins may follow one that leaves: schools merge, become academies and get new numbers. This is said
    where they have the same postcode, the same e-mail address or nearly the same name. `of_earlier_year`: the earlier
    list is that of another year, whose forms stay with the old numbers.
    """
    old = {school.dfe_number: school for school in before}
    new = {school.dfe_number: school for school in after}
    if not old:
        return
    joiners = [new[number] for number in sorted(new.keys() - old.keys())]
    leavers = [old[number] for number in sorted(old.keys() - new.keys())]
    if joiners:
        yield f"New in the list of {year}: {named(joiners)}."
    if leavers:
        yield f"No longer in the list of {year}: {named(leavers)}."
    common = _common_words([*old.values(), *new.values()])
    for joiner in joiners:
        for leaver in leavers:
            if reason := _why_successor(leaver, joiner, common, definition):
                ask = f"Check whether they are one school.{_PEOPLE_STAY if of_earlier_year else ''}"
                yield f"{_name(joiner)} may follow {_name(leaver)}: {reason}. {ask}"
    yield from _renamed(old, new)
    yield from _lost(old, new)


def _lost(old: Mapping[str, ListedSchool], new: Mapping[str, ListedSchool]) -> Iterator[str]:
    """What the earlier list said of schools that stay, and the new one does not."""
    staying = sorted(old.keys() & new.keys())
    addresses = [new[number] for number in staying if old[number].email and not new[number].email]
    people = [new[number] for number in staying if old[number].record.contacts and not new[number].record.contacts]
    if addresses:
        yield f"The list before had an e-mail address of these schools, and this one has none: {named(addresses)}."
    if people:
        yield f"The list before named people of these schools, and this one names none: {named(people)}."


def _renamed(old: Mapping[str, ListedSchool], new: Mapping[str, ListedSchool]) -> Iterator[str]:
    renamed: list[str] = []
    for number in sorted(old.keys() & new.keys()):
        was, now = old[number].name, new[number].name
        if was and now and was.casefold() != now.casefold():
            renamed.append(f"{_name(old[number])} is now {now}")
    if renamed:
        yield f"Other names in the list: {_listed(renamed)}."


def _common_words(schools: Sequence[ListedSchool]) -> set[str]:
    """The words that many names have, such as `primary` and `school`: they say nothing of a school."""
    counts = Counter(word for school in schools for word in set(school.name.casefold().split()))
    return _KINDS | {word for word, count in counts.items() if count > max(2, len(schools) * _COMMON)}


def _why_successor(
    leaver: ListedSchool, joiner: ListedSchool, common: Collection[str], definition: FormDefinition
) -> str:
    """Why one school may follow another; empty if nothing says so. `common` are words that many names have."""
    postcodes = [field.postcode_column for field in definition.fields if field.postcode_column]
    for column in postcodes:
        was, now = leaver.record.school.get(column, ""), joiner.record.school.get(column, "")
        if was and was == now:
            return "they have the same postcode"
    if leaver.email and leaver.email.casefold() == joiner.email.casefold():
        return "they have the same e-mail address"
    first, second = (
        " ".join(word for word in school.name.casefold().split() if word not in common) for school in (leaver, joiner)
    )
    alike = difflib.SequenceMatcher(None, first, second).ratio()
    return "their names are alike" if first and second and alike >= _ALIKE else ""


def named(schools: Sequence[ListedSchool]) -> str:
    """The numbers and names of schools in one line; of many, the first few, and how many more there are."""
    return _listed([_name(school) for school in schools])


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_NAMED
    return ", ".join(words[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _name(school: ListedSchool) -> str:
    return f"{school.dfe_number} {school.name}".rstrip()
