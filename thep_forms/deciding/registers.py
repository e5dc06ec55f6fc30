"""The registers: which schools were members in which year."""

from __future__ import annotations

from collections.abc import Mapping

Members = Mapping[str, str]  # names of schools by DfE number, empty where the list has none


class Registers:
    """The member schools of each year, by the register lists that were given.

    A year without a list of its own has the members of the nearest earlier list. If there is none, it has those of the
    nearest later list.
    """

    def __init__(self, by_year: Mapping[str, Members]) -> None:
        self.by_year = by_year
        self._years = sorted(by_year)
        self._year_of_list: dict[str, str] = {}  # what was asked before: there are many returns and few years

    def year_of_list(self, year: str) -> str:
        """The year whose list counts for `year`; empty if there is no list. Without a year it is the latest list."""
        if year not in self._year_of_list:
            earlier = [listed for listed in self._years if not year or listed <= year]
            self._year_of_list[year] = earlier[-1] if earlier else next(iter(self._years), "")
        return self._year_of_list[year]

    def members(self, year: str) -> Members:
        """The members of a year."""
        return self.by_year.get(self.year_of_list(year), {})
