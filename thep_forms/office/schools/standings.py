"""Works out where each school stands, by its returns, its messages and what was sent to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking import Problem
from thep_forms.deciding import LONG_AGO, Verdict
from thep_forms.definition import MembershipYear
from thep_forms.definition.model import ProblemCode, Severity
from thep_forms.office.dates import in_words
from thep_forms.office.parted_forms import form_with_the_rest
from thep_forms.office.schools.failing import failing_addresses
from thep_forms.office.schools.lacking import lacking, lacking_in_words
from thep_forms.office.schools.replies import Reply
from thep_forms.office.schools.school_status import SchoolStatus, Standing, last_form, with_message_id
from thep_forms.office.schools.year_returns import YearReturns
from thep_forms.office.words import all_in_short, check_what_was_entered, for_the_school, in_short
from thep_forms.records import Records, RefusedAddress, Returned, Sent, SentState
from thep_forms.register import MemberSchool
from thep_forms.send import split_addresses

_STANDING_BY_STATE = {
    SentState.SENDING: Standing.UNCERTAIN,
    SentState.DRAFTED: Standing.DRAFTED,
    SentState.SENT: Standing.SENT,
    SentState.ON_PAPER: Standing.SENT,
}
_VERB_BY_STATE = {
    SentState.SENDING: "may have been sent",
    SentState.DRAFTED: "drafted",
    SentState.SENT: "sent",
    SentState.ON_PAPER: "given on paper",
}
_BETWEEN_WORDS = re.compile(r"[\s;,]+")  # in the words about a school; an address has none of these


class _History(Struct, frozen=True):
    """What is known of a school's year: its returns, its returns of other years, and the messages sent to it.

    Among its returns are forms of earlier years that came while the year was collected. `came_again` is a return of an
    earlier year that came in its own year, and again while this year was collected. `replies` are the messages that it
    wrote without a form of its own, the first one first.
    """

    member: MemberSchool
    returns: Sequence[Returned]
    returns_of_other_years: Sequence[Returned]
    messages: tuple[Sent, ...]
    came_again: Returned | None = None
    replies: tuple[Reply, ...] = ()


class _Circumstances(Struct, frozen=True):
    """What bears on every school: its standing if it was sent no form, the addresses that bounced, what forms lack.

    The addresses that the mail server refused bear on their school alone.
    """

    without_form: Standing
    bounced: Mapping[str, datetime | None]
    lacks: Mapping[str, tuple[str, ...]]
    refused: Mapping[str, tuple[RefusedAddress, ...]]  # by the school's DfE number


class Standings(Struct, frozen=True):
    """Where each member stands in a year: those that need something first, then by DfE number.

    The rest is for the next change: the `returns`, the schools that `wrote`, by DfE number, and the `circumstances`.
    """

    statuses: tuple[SchoolStatus, ...]
    returns: YearReturns
    wrote: Collection[str]
    circumstances: _Circumstances


def standings(
    year: MembershipYear,
    members: Iterable[MemberSchool],
    records: Records,
    sent: Iterable[Sent],
    is_overdue: Callable[[date], bool],
    before: Standings | None = None,
    reached: Collection[str] = (),
) -> Standings:
    """Where each member stands in a year, with what it takes to renew it after the next change.

    `sent` is what was sent in any year. `is_overdue` says whether a form that was sent on a day is overdue. `before` is
    what held before a change that reached the returns with the ids `reached`. A school that the change cannot concern
    keeps its status. The day is then the same as before.
    """
    members, sent = tuple(members), tuple(sent)
    numbers = {member.dfe_number for member in members}
    renewed = before if before and before.returns.members == numbers else None
    returns = renewed.returns if renewed else YearReturns(records, year, numbers)
    concerned = returns.renew(records, reached) if renewed else set()
    messages = _messages_by_school(sent, year)
    circumstances = _Circumstances(
        _standing_without_form(messages),
        records.undeliverable_addresses(),
        lacking(records),
        _refused_by_school(records, year),
    )
    replies = returns.replies(records, sent)
    known: dict[str, SchoolStatus] = {}
    if renewed and renewed.circumstances == circumstances:
        concerned.update(renewed.wrote, replies)
        known = {status.dfe_number: status for status in renewed.statuses if status.dfe_number not in concerned}
    statuses: list[SchoolStatus] = []
    for member in members:
        status, written = known.get(member.dfe_number), tuple(messages.get(member.dfe_number, ()))
        if status is None or (status.member, status.messages) != (member, written):
            history = _history(member, returns, messages, replies)
            status = _status(history, records, year, circumstances, is_overdue)
        statuses.append(status)
    order = {standing: at for at, standing in enumerate(Standing)}
    statuses.sort(key=lambda status: (order[status.standing], status.dfe_number))
    return Standings(tuple(statuses), returns, tuple(replies), circumstances)


def _history(
    member: MemberSchool,
    returns: YearReturns,
    messages: Mapping[str, Sequence[Sent]],
    replies: Mapping[str, tuple[Reply, ...]],
) -> _History:
    number = member.dfe_number
    return _History(
        member,
        returns.of_year(number),
        returns.of_other_years(number),
        tuple(messages.get(number, ())),
        returns.came_again(number),
        replies.get(number, ()),
    )


def _status(
    history: _History,
    records: Records,
    year: MembershipYear,
    circumstances: _Circumstances,
    is_overdue: Callable[[date], bool],
) -> SchoolStatus:
    """Where a school stands by its history."""
    bounced, lacks = circumstances.bounced, circumstances.lacks
    status = _status_of_return(history, records, year) or _status_of_bounces(history, bounced)
    status = status or _status_of_reply(history)
    status = status or _status_without_return(history, circumstances.without_form, is_overdue)
    if status.standing is Standing.ACCEPTED and status.return_id in lacks:
        status = replace(status, why=lacking_in_words(lacks[status.return_id]))
    refused = circumstances.refused.get(history.member.dfe_number, ())
    return _with_failing(_with_bounces(_with_replies(status, history), bounced), history, bounced, refused)


def _refused_by_school(records: Records, year: MembershipYear) -> dict[str, tuple[RefusedAddress, ...]]:
    refused: dict[str, tuple[RefusedAddress, ...]] = {}
    for each in records.ledger.refused():
        if each.year == str(year):
            refused[each.dfe_number] = (*refused.get(each.dfe_number, ()), each)
    return refused


def _messages_by_school(sent: Iterable[Sent], year: MembershipYear) -> dict[str, list[Sent]]:
    messages: dict[str, list[Sent]] = {}
    for message in sent:
        if message.year == str(year):
            messages.setdefault(message.dfe_number, []).append(message)
    return messages


def _standing_without_form(messages: Mapping[str, Sequence[Sent]]) -> Standing:
    """The standing of a school that was sent no form: it depends on whether any other school was sent one."""
    was_any_sent = any(last_form(of_school) for of_school in messages.values())
    return Standing.NOT_SENT if was_any_sent else Standing.NOT_RETURNED


def _status_of_reply(history: _History) -> SchoolStatus | None:
    """The status of a school that wrote and sent no form that can be used; None if it has not written."""
    written = [reply for reply in history.replies if not reply.is_automatic]
    if not written:
        return None
    last = written[-1]
    sentences = [sentence for reply in written for sentence in reply.sentences]
    return SchoolStatus(
        history.member,
        Standing.WROTE,
        return_id=last.return_id,
        sentences=tuple(dict.fromkeys(sentences)),
        messages=history.messages,
        wrote=last.when,
    )


def _with_replies(status: SchoolStatus, history: _History) -> SchoolStatus:
    """The status, which also says when the school last wrote, and whose `why` says when a program of it last answered.

    What it wrote before its last form no longer counts.
    """
    if status.standing is Standing.ACCEPTED:
        return status
    last_return = _last_return_at(history)
    last: dict[bool, Reply] = {}
    for reply in history.replies:
        if reply.at is None or reply.at > last_return:
            last[reply.is_automatic] = reply
    whys = [status.why, *(last[is_automatic].why for is_automatic in sorted(last))]
    status = replace(status, why="; ".join(filter(None, whys)))
    if status.has_returned and False in last:
        sentences = dict.fromkeys((*status.sentences, *last[False].sentences))
        status = replace(status, wrote=last[False].when, sentences=tuple(sentences))
    return status


def _last_return_at(history: _History) -> datetime:
    return max((returned.dated for returned in history.returns if returned.dated), default=LONG_AGO)


def _status_of_return(history: _History, records: Records, year: MembershipYear) -> SchoolStatus | None:
    """The status of a school that sent a form back; None if it has not.

    Later pages that came in a file of their own are for the office to add to the form: the school has nothing to mend.
    """
    returns = [returned for returned in history.returns if not form_with_the_rest(returned, records)]
    accepted = _last_return(returns, Verdict.ACCEPTED)
    others = [returned for returned in returns if returned is not accepted]
    if accepted:  # a form of an earlier year that comes after it is for the office: the school has nothing to mend
        others = [one for one in others if _is_later(one, accepted) and not one.judgement.collected]
    faulty = _last_return(others, Verdict.NEEDS_ATTENTION) or _last_return(others, Verdict.BLANK)
    if faulty:
        return _status_of_faulty_return(history, faulty, records, was_accepted=accepted is not None)
    if accepted:
        return SchoolStatus(history.member, Standing.ACCEPTED, return_id=accepted.return_id, messages=history.messages)
    return _status_of_form_that_came_again(history, records, year)


def _last_return(returns: Iterable[Returned], verdict: Verdict) -> Returned | None:
    """The last return with that verdict; a form of an earlier year only where there is no other."""
    found = [returned for returned in returns if returned.verdict is verdict]
    return max(found, key=_relevance, default=None)


def _status_of_form_that_came_again(history: _History, records: Records, year: MembershipYear) -> SchoolStatus | None:
    """The status of a school that sent nothing but the form of an earlier year again; None if it did not."""
    if not history.came_again:
        return None
    problem = records.year_earlier(history.came_again, str(year))
    return SchoolStatus(
        history.member,
        Standing.NEEDS_ATTENTION,
        in_short(problem, records.definition.problems),
        history.came_again.return_id,
        (problem.message,),
        history.messages,
    )


def _status_of_faulty_return(
    history: _History, faulty: Returned, records: Records, *, was_accepted: bool
) -> SchoolStatus:
    problems = [*records.problems_to_mend(faulty), *_conflicts(history.returns, records)]
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    texts = records.definition.problems
    why = "; ".join(all_in_short(errors, texts))
    if was_accepted:
        why = f"a form was accepted, but a later form has errors: {why}"
    is_own_copy = faulty.entry.copy_of == history.member.dfe_number
    queries = [problem for problem in problems if problem.severity is Severity.QUERY]
    to_mend = for_the_school((*errors, *queries))
    sentences = tuple(dict.fromkeys(_sentence(problem, is_own_copy) for problem in to_mend))
    return SchoolStatus(
        history.member,
        Standing.NEEDS_ATTENTION,
        why,
        faulty.return_id,
        sentences,
        history.messages,
        waits_for_office=bool(errors) and not for_the_school(errors),
    )


def _conflicts(returns: Iterable[Returned], records: Records) -> list[Problem]:
    """The problem that forms of the school differ and nothing says which is later; empty if there is none.

    These forms may not be the ones that came last: they often have no date.
    """
    for returned in returns:
        if ProblemCode.RETURN_CONFLICT in returned.judgement.codes:
            return [problem for problem in records.problems(returned) if problem.code is ProblemCode.RETURN_CONFLICT]
    return []


def _relevance(returned: Returned) -> tuple[bool, datetime, str]:
    is_of_year = not returned.judgement.collected
    return is_of_year, returned.dated or LONG_AGO, returned.return_id


def _is_later(faulty: Returned, accepted: Returned) -> bool:
    return bool(faulty.dated and accepted.dated and faulty.dated > accepted.dated)


def _sentence(problem: Problem, is_own_copy: bool) -> str:
    """What asks the school to correct a problem.

    The sentence quotes what was typed only if it came in the school's own copy: on any other form, the DfE number may
    belong to another school.
    """
    quotes = problem.field and problem.value
    return check_what_was_entered(problem) if quotes and not is_own_copy else problem.message


def _status_of_bounces(history: _History, bounced: Collection[str]) -> SchoolStatus | None:
    """The status of a school whose mail bounced; None if mail can reach it.

    It is undeliverable until the register list has another address for it; then the form has yet to be sent there.
    """
    if _all_bounced(history.member.email, bounced):
        why = _bounced_words(history.member)
        return SchoolStatus(history.member, Standing.UNDELIVERABLE, why, messages=history.messages)
    form = last_form(history.messages)
    if form and _all_bounced(form.addresses, bounced):
        why = f"mail to {form.addresses} bounced; the address is another one now"
        return SchoolStatus(history.member, Standing.NOT_SENT, why, messages=history.messages)
    return None


def _with_bounces(status: SchoolStatus, bounced: Collection[str]) -> SchoolStatus:
    """The status with the addresses that bounced. Its `why` says so if none is left for a school that needs mail."""
    if not bounced:
        return status
    addresses = split_addresses(status.member.email)
    status = replace(status, bounced=tuple(address for address in addresses if address.lower() in bounced))
    says_so = status.standing in (Standing.ACCEPTED, Standing.UNDELIVERABLE)
    if status.addresses or not status.bounced or says_so:
        return status
    return replace(status, why="; ".join(filter(None, (status.why, _bounced_words(status.member)))))


def _with_failing(
    status: SchoolStatus,
    history: _History,
    bounced: Mapping[str, datetime | None],
    refused: Iterable[RefusedAddress],
) -> SchoolStatus:
    """The status with those of the school's addresses that fail. Its `why` says so of each."""
    last_return = _last_return_at(history)
    replied: dict[str, str] = {}
    for reply in history.replies:
        if reply.at is None or reply.at > last_return:
            replied.update(reply.refused)
    failing = tuple(failing_addresses(status.member.email, bounced, refused, replied, history.messages))
    named = set(_BETWEEN_WORDS.split(status.why))
    words = [each.words for each in failing if each.address not in named]
    return replace(status, failing=failing, why="; ".join(filter(None, (status.why, *words))))


def _bounced_words(member: MemberSchool) -> str:
    return f"mail to {member.email} bounced; find another address"


def _all_bounced(joined: str, bounced: Collection[str]) -> bool:
    addresses = split_addresses(joined) if bounced else ()
    return bool(addresses) and all(address.lower() in bounced for address in addresses)


def _status_without_return(
    history: _History, without_form: Standing, is_overdue: Callable[[date], bool]
) -> SchoolStatus:
    """The status of a school that has not sent back the form of this year."""
    form = last_form(history.messages)
    if not form:
        return SchoolStatus(history.member, without_form, messages=history.messages)
    why = f"{_VERB_BY_STATE[form.state]} on {in_words(form.at.date())}"
    wrong_year = _year_returned_since(form, history.returns_of_other_years)
    standing = Standing.OVERDUE if is_overdue(form.at.date()) else _STANDING_BY_STATE[form.state]
    if standing is Standing.UNCERTAIN:
        why += with_message_id(form)
    if wrong_year:
        why += f"; after that the school returned the form of {wrong_year}"
    needs_no_words = standing in (Standing.DRAFTED, Standing.SENT) and not wrong_year
    return SchoolStatus(history.member, standing, "" if needs_no_words else why, messages=history.messages)


def _year_returned_since(form: Sent, returns_of_other_years: Iterable[Returned]) -> str:
    """The year of a form that the school returned after this year's form was sent; empty if there is none."""
    for returned in returns_of_other_years:
        if returned.dated and returned.dated > form.at:
            return returned.year
    return ""
