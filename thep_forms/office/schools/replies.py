"""The replies of schools that brought no form that can be used: a link, a Word document, a few words, a blank form.

A message belongs to the school whose known address it came from (see `records.addresses`). Limitation: a message says
no membership year. It counts for the year of the form that was sent last before it. It also counts for the year that
begins in the calendar year in which it came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from thep_forms.deciding import LONG_AGO, Arrival, Verdict, deciding_message
from thep_forms.definition import MembershipYear
from thep_forms.office.schools.failing import day_of, refused_in_words
from thep_forms.office.words import check_what_was_entered, code_in_short, for_the_school, reason_in_short
from thep_forms.records import Records, Returned, Sent, SentKind
from thep_forms.sources.mail.message_texts import NO_FILE, says_no_file

_NOT_THERE = "the school passes its mail on to an address that does not exist; tell the school"


class Reply(Struct, frozen=True):
    """A message that a school wrote without a form that can be used, or that a program of the school wrote.

    `path` leads to it. `reasons` say in a few words of ours what it held instead of the form, and `sentences` ask the
    school for the form. Those of a bounce say which addresses mail did not reach, and why. `refused` has those that may
    exist, in lower case, with the words about each. `return_id` is that of a file in it.
    """

    path: str
    at: datetime | None
    return_id: str
    is_automatic: bool = False
    reasons: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    refused: Mapping[str, str] = {}

    @property
    def when(self) -> str:
        """The day on which it came, such as `on 3 May 2026`."""
        return day_of(self.at)

    @property
    def why(self) -> str:
        """What is to be known of it in one line, without anything that was typed."""
        if self.is_automatic and self.reasons:
            return "; ".join(self.reasons)
        if self.is_automatic:
            return f"an automatic reply came {self.when}"
        return f"the school wrote {self.when}: {'; '.join(self.reasons)}"


class MessageYears:
    """For which membership years the message of a school may count."""

    def __init__(self, sent: Iterable[Sent]) -> None:
        """`sent` are the ledger's messages to schools, of any year."""
        self._forms_sent: dict[str, list[Sent]] = {}  # by school
        for message in sent:
            if message.kind is SentKind.FORM:
                self._forms_sent.setdefault(message.dfe_number, []).append(message)

    def years(self, dfe_number: str, at: datetime) -> set[str]:
        """The years for which a message of the school counts that came at that time."""
        found = {str(MembershipYear(at.year))}
        sent_before = [sent for sent in self._forms_sent.get(dfe_number, ()) if sent.at <= at]
        if sent_before:
            found.add(max(sent_before, key=lambda sent: sent.at).year)
        return found


class Replies:
    """Collects the replies of schools about a membership year, from returns that are added one by one."""

    def __init__(self, records: Records, year: MembershipYear, members: Collection[str], sent: Iterable[Sent]) -> None:
        """`members` are the DfE numbers of the schools, `sent` the ledger's messages to schools, of any year."""
        self._records, self._year, self._members = records, year, members
        self._years = MessageYears(sent)
        self._by_school: dict[str, dict[str, Reply]] = {}  # by school and path of the message

    def by_school(self, with_form: Collection[str]) -> dict[str, tuple[Reply, ...]]:
        """The replies of each school that sent some, the first one first.

        `with_form` are the paths of the messages that brought a member's form: they are no replies.
        """
        found: dict[str, tuple[Reply, ...]] = {}
        for school, by_path in self._by_school.items():
            replies = [reply for path, reply in by_path.items() if path not in with_form]
            if replies:
                found[school] = tuple(sorted(replies, key=lambda reply: (reply.at or LONG_AGO, reply.path)))
        return found

    def add(self, returned: Returned) -> set[str]:
        """Note the messages that brought the return. Gives the DfE numbers of the schools whose replies they are."""
        schools: set[str] = set()
        if not may_be_reply(returned, self._members):
            return schools
        is_assigned = _is_assigned_file(returned)
        for arrival in returned.arrivals:
            path = message_path(arrival, self._records.own_addresses) or (arrival.source if is_assigned else "")
            if not path:
                continue
            if arrival.source in returned.apart:
                self._add_automatic(returned, arrival, path)
            elif is_assigned or not _is_of_member(returned, self._members):
                schools |= self._add_file(returned, arrival, path)
        return schools

    def _add_automatic(self, returned: Returned, arrival: Arrival, path: str) -> None:
        """Note an automatic reply or a receipt, or that a mail server refused our message.

        That a school's address does not exist is none of these: it counts against the address. Another one that does
        not exist is one that a school's mail is passed on to.
        """
        gone = [address for message in arrival.carried_by for address in message.failed]
        says_gone = self._records.correspondents.has_any(gone)
        number = self._school(arrival)
        refusals = [refusal for message in arrival.carried_by for refusal in message.refusals]
        tells_more = bool(refusals) or not says_gone
        if number and tells_more and returned.verdict_of(arrival) is Verdict.AUTOMATIC:
            replies = self._by_school.setdefault(number, {})
            at, return_id = arrival.received_at, returned.return_id
            refused = {refusal.address: refused_in_words(refusal, at) for refusal in refusals}
            day = day_of(at)
            passed_on = () if says_gone else gone
            came_back = [f"mail to {address} came back {day}: {_NOT_THERE}" for address in passed_on]
            reasons = (*refused.values(), *came_back)
            replies[path] = Reply(path, at, return_id, is_automatic=True, reasons=reasons, refused=refused)

    def _add_file(self, returned: Returned, arrival: Arrival, path: str) -> set[str]:
        number = self._assigned_school(returned) or self._school(arrival)
        if not number or returned.is_decoration or arrival.is_decoration:
            return set()
        replies = self._by_school.setdefault(number, {})
        reply = replies.get(path) or Reply(path, arrival.received_at, returned.return_id)
        reasons = dict.fromkeys((*reply.reasons, *_reasons(self._records, returned)))
        sentences = dict.fromkeys((*reply.sentences, *_sentences(self._records, returned, arrival)))
        replies[path] = Reply(path, reply.at, reply.return_id, reasons=tuple(reasons), sentences=tuple(sentences))
        return {number}

    def _assigned_school(self, returned: Returned) -> str:
        """The school that a person said the file is of, unless it is of another year."""
        is_of_year = returned.year in ("", str(self._year))
        return returned.judgement.assigned_school if is_of_year else ""

    def _school(self, arrival: Arrival) -> str:
        """The school that wrote about this year; empty where nobody can tell, or it wrote about another year."""
        number = self._records.correspondents.school_of(arrival)
        at = arrival.received_at
        is_of_year = at is None or str(self._year) in self._years.years(number, at)
        return number if number and is_of_year else ""


def may_be_reply(returned: Returned, members: Collection[str]) -> bool:
    """Whether a message with the return may be a reply; else it is a member's form, or was dealt with.

    `members` are the DfE numbers of the schools.
    """
    if _is_dealt_with(returned):
        return False
    return bool(returned.apart) or _is_assigned_file(returned) or not _is_of_member(returned, members)


def paths_with_form(returned: Returned, members: Collection[str], own_addresses: Collection[str]) -> Iterator[str]:
    """The paths of the messages that brought a return, if that is a member's form with answers."""
    is_form = returned.entry.is_filled_in and _is_of_member(returned, members)
    if not is_form or _is_assigned_file(returned) or _is_dealt_with(returned):
        return
    for arrival in returned.arrivals_from_school:
        if path := message_path(arrival, own_addresses):
            yield path


def message_path(arrival: Arrival, own_addresses: Collection[str]) -> str:
    """The path of the message that brought the file from outside; empty where none did."""
    message = deciding_message(arrival, own_addresses) if arrival.carried_by else None
    return arrival.source[: message.path_length] or arrival.source if message else ""


def _is_dealt_with(returned: Returned) -> bool:
    """Whether a person closed the return, or entered what it says, or it is read with the first page of its form."""
    if returned.first_page:
        return True
    verdict = returned.verdict
    return verdict is Verdict.CLOSED or (verdict is Verdict.SUPERSEDED and not returned.entry.is_form)


def _is_assigned_file(returned: Returned) -> bool:
    """Whether a person said whose it is, and it is no form."""
    return bool(returned.judgement.assigned_school) and not returned.entry.is_form


def _is_of_member(returned: Returned, members: Collection[str]) -> bool:
    return returned.school in members or returned.entry.copy_of in members


def _reasons(records: Records, returned: Returned) -> Iterator[str]:
    """What the file is instead of a form, each in a few words without what was typed into it."""
    if returned.entry.reason:
        yield reason_in_short(returned.entry.reason)
        return
    for code in records.errors(returned) or (returned.verdict,):
        yield code_in_short(code, records.definition.problems)


def _sentences(records: Records, returned: Returned, arrival: Arrival) -> Iterator[str]:
    """What asks the school for the form, with the name of the file. A message without a file needs none."""
    if returned.entry.reason == NO_FILE:
        return
    start = "" if says_no_file(returned.entry.reason) else f"{arrival.source.rpartition('/')[2]}: "
    for problem in for_the_school(records.problems(returned)):
        quotes = problem.field and problem.value
        yield check_what_was_entered(problem) if quotes else f"{start}{problem.message}"
