"""Puts what was read of a form's first page together with what was read of later pages, which came in other files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from thep_forms.reading.model import Answer, LaterPages, Note, Reading

Found = TypeVar("Found", Answer, Note)
FIRST = 1  # the number of the page that has the school's name and number


def is_later(reading: Reading) -> bool:
    """Whether it is a picture of later pages of a form alone, whose numbers are known."""
    return bool(reading.pages) and FIRST not in reading.pages


def one_of_each(first: Reading, later: Iterable[tuple[str, Reading]]) -> list[tuple[str, Reading]]:
    """Those of the later pages that can be read with the first page, by id, in the order of their numbers.

    Of a page that came twice with answers, or that the first file has, nobody knows which one counts.
    """
    pages = sorted(later, key=lambda each: each[1].pages)
    with_answers = [number for _, page in pages if page.says_something for number in page.pages]
    found: list[tuple[str, Reading]] = []
    for return_id, page in pages:
        most = 1 if page.says_something else 0
        if all(number not in first.pages and with_answers.count(number) <= most for number in page.pages):
            found.append((return_id, page))
    return found


def with_later_pages(first: Reading, later: Sequence[tuple[str, Reading]]) -> Reading:
    """The reading of a form, whose later pages are in other files. `later` are their readings with the ids of these.

    They follow in the order of their numbers, whatever the order in which they are given. A page may come again that
    says the same. Then its first picture counts, with the notes of both, and the other one follows at the end.
    """
    answers, notes, places = dict(first.answers), [*first.notes], [*first.places]
    later_pages: list[LaterPages] = []
    page_count, came = first.page_count, {*first.pages}
    for return_id, page in _in_order(first, later):
        later_pages.append(LaterPages(return_id, page_count))
        places += [replace(place, page=place.page + page_count) for place in page.places]
        is_again, known = came.issuperset(page.pages), {note.text for note in notes if note.text}
        notes += [_moved(note, page_count) for note in page.notes if not (is_again and note.text in known)]
        if not is_again:
            answers.update({name: _moved(answer, page_count) for name, answer in page.answers.items()})
        page_count += page.page_count
        came.update(page.pages)
    readings = [first, *(page for _, page in later)]
    missing = tuple(number for number in first.pages_missing if number not in came)
    return replace(
        first,
        answers=answers,
        notes=tuple(notes),
        places=tuple(places),
        pages=tuple(sorted(came)),
        pages_missing=missing,
        boxes=_boxes(readings) if missing else (),
        page_count=page_count,
        later_pages=tuple(later_pages),
        shows_more=any(reading.shows_more for reading in readings),
    )


def _in_order(first: Reading, later: Iterable[tuple[str, Reading]]) -> list[tuple[str, Reading]]:
    """The later pages by their numbers, then those that came again."""
    came = {*first.pages}
    new: list[tuple[str, Reading]] = []
    again: list[tuple[str, Reading]] = []
    for return_id, page in sorted(later, key=lambda each: (each[1].pages, each[0])):
        (again if came.issuperset(page.pages) else new).append((return_id, page))
        came.update(page.pages)
    return [*new, *again]


def what_is_said(reading: Reading) -> frozenset[tuple[str, str]]:
    """All answers that say something, by their boxes; nothing if one of them cannot be read."""
    answers = {name: answer for name, answer in reading.answers.items() if answer.says_something}
    if any(answer.is_illegible for answer in answers.values()):
        return frozenset()
    return frozenset((name, answer.text) for name, answer in answers.items())


def loses_nothing(form: Reading, page: Reading) -> bool:
    """Whether all that a page says is read if it follows a form: it says nothing that the form says otherwise."""
    if not page.says_something or set(form.pages).isdisjoint(page.pages):
        return True
    said = what_is_said(page)
    return bool(said) and said <= what_is_said(form)


def _boxes(readings: Iterable[Reading]) -> tuple[str, ...]:
    return tuple(sorted({name for reading in readings for name in reading.boxes}))


def _moved(found: Found, pages: int) -> Found:
    """An answer or a note in a file before which so many pages are."""
    return found if found.page is None else replace(found, page=found.page + pages)
