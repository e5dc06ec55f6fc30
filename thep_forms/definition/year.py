"""The membership year, April to March: a value, never code."""

from __future__ import annotations

import re
from datetime import date

from msgspec import Struct

from thep_forms.errors import YearError

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SPELLING = re.compile(r"(\d{4})(?:[-/–](\d{2}|\d{4}))?", re.ASCII)


def in_words(day: date) -> str:
    """The date as `3 May 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


class MembershipYear(Struct, frozen=True, order=True):
    """The membership year that starts on 1 April of `start`."""

    start: int

    @classmethod
    def parse(cls, text: str) -> MembershipYear:
        """Read `2026-27`, `2026/27`, `2026-2027` or `2026`. Raises `YearError` for anything else."""
        match = _SPELLING.fullmatch(text.strip())
        if not match:
            raise YearError(f"“{text}” is not a membership year. Give it like 2026-27.")
        year = cls(int(match[1]))
        if not 1900 <= year.start <= 2998:
            raise YearError(f"“{text}” is not a membership year that we can use. Give it like 2026-27.")
        if match[2] and int(match[2]) not in (year.end, year.end % 100):
            raise YearError(
                f"“{text}” is not one membership year. The year that starts in April {year.start} is {year}."
            )
        return year

    @classmethod
    def of(cls, day: date) -> MembershipYear:
        """The membership year that `day` is in."""
        return cls(day.year if day.month >= 4 else day.year - 1)

    @property
    def first_day(self) -> date:
        """The first day of the year, 1 April."""
        return date(self.start, 4, 1)

    def day(self, text: str) -> date:
        """The day that a text such as `31 May` names, in the calendar year in which the membership year starts.

        Raises `YearError` for anything else.
        """
        try:
            number, month = text.split()
            return date(self.start, MONTHS.index(month) + 1, int(number))
        except ValueError as error:
            raise YearError(f"“{text}” is not a day of {self.start}. Give it like 31 May.") from error

    @property
    def end(self) -> int:
        """The calendar year of its last month, March."""
        return self.start + 1

    def __str__(self) -> str:
        return f"{self.start}-{self.end % 100:02}"
