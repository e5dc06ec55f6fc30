"""Items that are done in parts by several workers: what their parts may take, and what a part that fails costs."""

from __future__ import annotations

import multiprocessing
import os
import time

import pytest

from tests.support.jobs import endless
from tests.work.test_work import AMPLE, work
from thep_forms.work import Failure, Limits, Parts, Workers, answers_in

REST = b"rest of "


def read(item: bytes) -> bytes | Parts:
    """Answer to `1,2,3` with what became of its parts, each of which is doubled. Some break their worker."""
    if item.startswith(REST):
        parts = answers_in(item.removeprefix(REST))
        return b",".join(part.answer or b"lost" for part in parts)
    if b"," in item:
        return Parts(tuple(item.split(b",")), REST, item.count(b",") + 1)
    if item == b"crash":
        os._exit(1)
    return endless(item) * 2


def answers(*items: bytes, limits: Limits = AMPLE, count: int = 2) -> list[bytes | Failure]:
    found = dict(Workers(read, limits, count).map(enumerate(items)))
    return [found[number] for number in range(len(items))]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_parts_are_put_together_in_their_order_beside_other_items(count: int) -> None:
    assert answers(b"1,2,3,4", b"x", b"5,6", count=count) == [b"11,22,33,44", b"xx", b"55,66"]


@pytest.mark.parametrize("count", [1, 2])
def test_part_that_breaks_its_worker_is_lost_alone(count: int) -> None:
    assert answers(b"1,crash,2", count=count) == [b"11,lost,22"]


def test_part_that_takes_too_long_is_lost_alone() -> None:
    assert answers(b"1,endless,2", limits=Limits(0.3)) == [b"11,lost,22"]


def test_item_of_which_every_part_fails_has_the_failure_of_the_first() -> None:
    broken, whole = answers(b"endless,crash", b"x", limits=Limits(0.3), count=1)
    assert broken == Failure("Reading this file took over 0.3 seconds.")
    assert whole == b"xx"


def test_item_with_a_part_whose_worker_another_program_killed_is_tried_again_another_time() -> None:
    def job(item: bytes) -> bytes | Parts:
        if item == b"2":
            time.sleep(60)
        return Parts((b"1", b"2"), REST) if item == b"whole" else item

    def kill(*_: int) -> None:
        for worker in multiprocessing.active_children():
            worker.kill()  # as a system does that has no memory left

    ((_, failure),) = Workers(job, AMPLE, 2, kill).map([(1, b"whole")])
    assert isinstance(failure, Failure)
    assert failure.is_temporary


def test_after_many_failing_parts_no_further_ones_are_tried() -> None:
    def job(item: bytes) -> bytes | Parts:
        if item == b"whole":
            return Parts(tuple(str(number).encode() for number in range(40)), REST)
        if item.startswith(REST):
            return b" ".join(part.answer or b"lost" for part in answers_in(item.removeprefix(REST)))
        return item if item in (b"0", b"39") else endless(b"endless")

    ((_, answer),) = Workers(job, Limits(0.1), 1).map([(1, b"whole")])
    assert answer == b" ".join([b"0", *[b"lost"] * 39])


def test_two_parts_are_done_at_once() -> None:
    def job(item: bytes) -> bytes | Parts:
        if item == b"whole":
            return Parts((b"a", b"b"), REST)
        if item.startswith(REST):
            first, second = (float(part.answer or b"0") for part in answers_in(item.removeprefix(REST)))
            return b"together" if abs(first - second) < 1 else b"one after the other"
        started = time.time()
        time.sleep(2)
        return str(started).encode()

    assert list(Workers(job, AMPLE, 2).map([(1, b"whole")])) == [(1, b"together")]


def test_job_may_ask_for_further_parts_when_it_has_seen_the_first() -> None:
    def job(item: bytes) -> bytes | Parts:
        if not item.startswith(REST):
            return item if item != b"whole" else Parts((b"1",), REST)
        seen = [part.answer or b"" for part in answers_in(item.removeprefix(REST))]
        return b"".join(seen) if len(seen) == 3 else Parts((str(len(seen) + 1).encode(),), REST)

    assert list(Workers(job, AMPLE, 2).map([(1, b"whole")])) == [(1, b"123")]


def test_job_that_asks_for_the_same_part_for_ever_fails() -> None:
    def job(item: bytes) -> bytes | Parts:
        return item if item == b"1" else Parts((b"1",), REST)

    ((_, failure),) = Workers(job, AMPLE, 2).map([(1, b"whole")])
    assert isinstance(failure, Failure)


def test_parts_together_have_a_limit_of_time() -> None:
    def job(item: bytes) -> bytes | Parts:
        if item == b"whole":
            return Parts(tuple(str(number).encode() for number in range(240)), REST)
        if item.startswith(REST):
            return str(sum(part.answer is None for part in answers_in(item.removeprefix(REST)))).encode()
        work(0.02)  # a third of what each part may take: on a busy machine, none takes too long by itself
        return item

    ((_, not_tried),) = Workers(job, Limits(0.06), 2).map([(1, b"whole")])
    assert isinstance(not_tried, bytes)
    assert 15 < int(not_tried) < 105


def test_progress_says_how_many_parts_are_done() -> None:
    told: list[tuple[int, int]] = []
    workers = Workers(read, AMPLE, 1, lambda done, total: told.append((done, total)))
    assert dict(workers.map([(1, b"1,2,3")])) == {1: b"11,22,33"}
    assert told[:3] == [(1, 3), (2, 3), (3, 3)]
