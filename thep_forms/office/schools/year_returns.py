"""The returns of a year, by school, as the standings of schools look at them. They are renewed after a change."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from thep_forms.definition import MembershipYear
from thep_forms.office.schools.replies import Replies, Reply, may_be_reply, paths_with_form
from thep_forms.records import Records, Returned, Sent
from thep_forms.records.returned import place_of


class YearReturns:
    """All returns, by the school that they count for, and by what they are in a year."""

    def __init__(self, records: Records, year: MembershipYear, members: Collection[str]) -> None:
        """`members` are the DfE numbers of the schools of the year."""
        self.members = frozenset(members)
        self._year, self._own_addresses = year, records.own_addresses
        self._all: dict[str, Returned] = {}
        self._of_year: dict[str, list[Returned]] = {}
        self._of_other_years: dict[str, list[Returned]] = {}
        self._came_again: dict[str, list[Returned]] = {}
        self._maybe_replies: dict[str, Returned] = {}  # by id
        self._with_form: Counter[str] = Counter()  # by path, how many forms of members a message brought
        for returned in records.returns():
            self._put(returned)

    def renew(self, records: Records, reached: Iterable[str]) -> set[str]:
        """Take in what a change reached: the returns with these ids. Gives the DfE numbers of their schools."""
        schools: set[str] = set()
        for return_id in reached:
            before, now = self._all.get(return_id), records.find(return_id)
            if before:
                self._take_away(before)
                schools.add(school_of(before, self.members))
            if now:
                self._put(now)
                schools.add(school_of(now, self.members))
        return schools

    def of_year(self, school: str) -> Sequence[Returned]:
        """The school's returns that came in the collection of the year, or do not say their year."""
        return self._of_year.get(school, ())

    def of_other_years(self, school: str) -> Sequence[Returned]:
        """Its other returns."""
        return self._of_other_years.get(school, ())

    def came_again(self, school: str) -> Returned | None:
        """Its last return of an earlier year that came again while this year was collected."""
        found = self._came_again.get(school)
        return found[-1] if found else None

    def replies(self, records: Records, sent: Iterable[Sent]) -> dict[str, tuple[Reply, ...]]:
        """What each school wrote without a form of its own, the first one first. `sent` are our messages to schools."""
        replies = Replies(records, self._year, self.members, sent)
        for returned in sorted(self._maybe_replies.values(), key=_place):
            replies.add(returned)
        return replies.by_school(self._with_form)

    def _put(self, returned: Returned) -> None:
        self._all[returned.return_id] = returned
        if may_be_reply(returned, self.members):
            self._maybe_replies[returned.return_id] = returned
        self._with_form.update(paths_with_form(returned, self.members, self._own_addresses))
        for by_school, school in self._places(returned):
            insort(by_school.setdefault(school, []), returned, key=_place)

    def _take_away(self, returned: Returned) -> None:
        del self._all[returned.return_id]
        self._maybe_replies.pop(returned.return_id, None)
        for path in paths_with_form(returned, self.members, self._own_addresses):
            self._with_form[path] -= 1
            if not self._with_form[path]:
                del self._with_form[path]
        for by_school, school in self._places(returned):
            by_school[school].remove(returned)

    def _places(self, returned: Returned) -> Iterator[tuple[dict[str, list[Returned]], str]]:
        """Where the return stands, and under which school."""
        if not returned.arrivals_from_school:
            return
        school, year = school_of(returned, self.members), str(self._year)
        yield (self._of_year if is_in_year(returned, year) else self._of_other_years), school
        if returned.judgement.came_again_in == year:
            yield self._came_again, school


def school_of(returned: Returned, members: Collection[str]) -> str:
    """The DfE number of the school that a return counts for.

    `members` are the DfE numbers of the member schools. If the number on the form is no member's, the return counts
    for the school that the copy was made for.
    """
    return returned.school if returned.school in members else returned.entry.copy_of


def is_in_year(returned: Returned, year: str) -> bool:
    """Whether a return came in the collection of that year, or does not say its year."""
    return returned.year_collected in ("", year)


def _place(returned: Returned) -> tuple[str, str, str]:
    return place_of(returned.entry)
