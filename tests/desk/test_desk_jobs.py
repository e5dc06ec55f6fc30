"""Long acts of the desk: one at a time, in a thread, with lines of progress; they can be stopped."""

from __future__ import annotations

import threading

import pytest

from thep_forms.desk.jobs import Job, Jobs
from thep_forms.errors import DecisionError, SourceError

SECONDS = 10.0


def ended(job: Job) -> Job:
    job.wait_until_ended(SECONDS)
    assert not job.is_running
    return job


def test_a_job_says_how_far_it_is_and_what_became_of_each_step() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def work(job: Job) -> None:
        job.step("Cedar: sent")
        reached.set()
        go_on.wait(SECONDS)
        job.step("Elm: not sent", is_problem=True)
        job.outcome = ("1 of 2 was sent.",)

    job = Jobs().start("Sending", work, total=2)
    assert reached.wait(SECONDS)
    assert (job.is_running, job.done, job.total, [line.words for line in job.lines]) == (True, 1, 2, ["Cedar: sent"])
    go_on.set()
    assert (ended(job).done, job.outcome, [line.words for line in job.problems]) == (
        2,
        ("1 of 2 was sent.",),
        ["Elm: not sent"],
    )


def test_a_second_job_is_refused_while_one_is_at_work_and_begins_after_it() -> None:
    go_on, jobs = threading.Event(), Jobs()
    first = jobs.start("Sending the form", lambda _: go_on.wait(SECONDS) and None)
    with pytest.raises(DecisionError, match="still busy: Sending the form"):
        jobs.start("Making drafts", lambda _: None)
    go_on.set()
    ended(first)
    assert ended(jobs.start("Making drafts", lambda _: None)).number == 2
    assert jobs.by_number(1) is first
    assert jobs.current is None


def test_a_job_that_is_stopped_ends_at_once_where_it_waits_and_keeps_what_it_did() -> None:
    waits = threading.Event()

    def work(job: Job) -> None:
        job.step("Cedar: sent")
        waits.set()
        job.wait(3600)
        job.step("Elm: sent")

    job = Jobs().start("Sending", work)
    assert waits.wait(SECONDS)
    job.stop()
    assert (ended(job).was_stopped, job.error, [line.words for line in job.lines]) == (True, "", ["Cedar: sent"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SourceError("The list is empty. Add a school."), "The list is empty. Add a school."),
        (
            OSError(28, "No space left on device"),
            "A file cannot be read or written: No space left on device. Make room on the disk.",
        ),
        (ValueError("Sam Okafor"), "The program has a fault (ValueError). Please tell whoever looks after it."),
    ],
)
def test_an_error_ends_a_job_and_is_said_in_words(error: Exception, words: str) -> None:
    def work(_: Job) -> None:
        raise error

    assert ended(Jobs().start("Sending", work)).error == words


def test_a_job_of_an_earlier_desk_is_unknown() -> None:
    with pytest.raises(DecisionError, match="before the desk was last opened"):
        Jobs().by_number(1)


def test_the_desk_that_closes_stops_its_job() -> None:
    jobs = Jobs()
    job = jobs.start("Sending", lambda job: job.wait(3600))
    jobs.close()
    assert (job.is_running, job.was_stopped) == (False, True)
