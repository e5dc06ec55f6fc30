"""The process that opens containers: its pieces, its limits, and what is believed of what it sends."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest

from thep_forms.sources import SourceFile
from thep_forms.sources.containers.mbox import MBOX
from thep_forms.sources.containers.transfer import Event, Header, ImplausibleError, Transfer
from thep_forms.sources.limits import MOST_CONTAINERS
from thep_forms.work import Failure, Limits
from thep_forms.work.stream import Channel, Piece, StreamWorker

AMPLE = Limits(60)


def count_to(request: bytes, channel: Channel) -> None:
    """Send the numbers up to the one asked for, and break at the word that follows it."""
    number, _, word = request.decode().partition(" ")
    for count in range(int(number)):
        channel.next_step()
        channel.send(str(count).encode(), bytes(count))
    if word == "endless":
        while True:
            pass
    if word == "mortal":
        os._exit(1)
    if word == "greedy":
        bytes(2**30)
    if word == "faulty":
        raise ValueError("Jo Bloggs")
    if word == "writing":
        Path("new").write_text("x")


@pytest.mark.parametrize("has_threads", [False, True])
def test_pieces_come_in_order_and_one_process_answers_all_requests(has_threads: bool) -> None:
    worker = StreamWorker(count_to, AMPLE, has_threads=has_threads)
    for number in (3, 0, 2):
        assert list(worker.pieces(str(number).encode())) == [
            Piece(str(count).encode(), bytes(count)) for count in range(number)
        ]
    worker.end()


@pytest.mark.parametrize(
    ("word", "reason", "error"),
    [
        ("endless", "over 0.5 seconds", ""),
        ("mortal", "crash", ""),
        ("greedy", "over 256 MB of memory", ""),
        ("faulty", "Our program failed on this file.", "ValueError"),
        ("writing", "Our program failed on this file.", "PermissionError"),
    ],
)
def test_a_request_that_breaks_the_process_ends_with_a_reason_and_the_next_is_answered(
    word: str, reason: str, error: str
) -> None:
    worker = StreamWorker(count_to, Limits(0.5, 256))
    *pieces, failure = worker.pieces(f"2 {word}".encode())
    assert pieces == [Piece(b"0", b""), Piece(b"1", b"\0")]
    assert isinstance(failure, Failure)
    assert (reason in failure.reason, failure.error) == (True, error)
    assert list(worker.pieces(b"1")) == [Piece(b"0", b"")]
    worker.end()


def test_the_process_waits_until_its_pieces_are_taken_and_that_time_does_not_count() -> None:
    def large(_: bytes, channel: Channel) -> None:
        for number in range(20):
            channel.send(b"%d" % number, bytes(2**20))

    worker = StreamWorker(large, Limits(1, times_by_the_clock=2))
    pieces = worker.pieces(b"")
    assert next(pieces) == Piece(b"0", bytes(2**20))
    time.sleep(3)
    assert len(list(pieces)) == 19
    worker.end()


def test_a_request_whose_steps_together_take_too_long_ends() -> None:
    def slow(_: bytes, channel: Channel) -> None:
        while True:
            channel.next_step()
            channel.send(b"")
            end = time.process_time() + 0.01
            while time.process_time() < end:
                pass

    worker = StreamWorker(slow, Limits(0.05))
    *_, failure = worker.pieces(b"")
    assert failure == Failure("Reading this file took over 1 second.")


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b"[]",
        msgspec.json.encode(Header(Event.FILE, inside=("a\n.pdf",))),
        msgspec.json.encode(Header(Event.FILE, inside=("a" * 10_000,))),
        msgspec.json.encode(Header(Event.FILE, inside=("a.zip",) * (MOST_CONTAINERS + 2))),
        msgspec.json.encode(Header(Event.FILE, sha256="0" * 64)),
        msgspec.json.encode(Header(Event.LEFT_OUT, 1)),
        msgspec.json.encode(Header(Event.STEP, -1)),
    ],
)
def test_a_piece_that_no_container_gives_is_not_believed(header: bytes) -> None:
    with pytest.raises(ImplausibleError):
        Transfer(SourceFile("in.mbox", 0), MBOX).take(header, None)
