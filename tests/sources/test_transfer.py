"""What a process sends of a container, and what the other side takes of it."""

from __future__ import annotations

import hashlib
import os
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest

from tests.support.packing import zipped
from thep_forms.sources import SourceFile
from thep_forms.sources.containers.opener import kind_of_file
from thep_forms.sources.containers.transfer import (
    Event,
    Header,
    ImplausibleError,
    OpenRequest,
    Transfer,
    send_files,
)
from thep_forms.sources.limits import MOST_PIECES, TooMuchError

PDF = b"%PDF-1.7 of a school"


def email(name: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "office@cedar.example", "us@partnership.example", name
    message.set_content("Our form is attached.")
    message.add_attachment(PDF + name.encode(), "application", "pdf", filename=f"{name}.pdf")
    return message.as_bytes()


ONE, TWO = email("one"), email("two")


@pytest.fixture
def container(tmp_path: Path) -> SourceFile:
    """A zip with two e-mails, each with a form."""
    path = tmp_path / "all.zip"
    path.write_bytes(zipped({"one.eml": ONE, "two.eml": TWO}))
    return SourceFile(str(path), len(str(tmp_path)) + 1)


class Pieces:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bytes | None]] = []
        self.steps = 0

    def send(self, header: bytes, data: bytes | None = None) -> None:
        self.sent.append((header, data))

    def next_step(self) -> None:
        self.steps += 1


def sent(file: SourceFile, first: int = 0, left_out: bytes = b"", tried_again: bytes = b"") -> Pieces:
    """What is sent of a container, in which the containers with these bytes are left out or tried again."""
    pieces = Pieces()
    hashes = [frozenset([hashlib.sha256(data).hexdigest()] if data else []) for data in (left_out, tried_again)]
    request = OpenRequest(os.fsencode(file.filename), file.start, first, *hashes)
    send_files(msgspec.json.encode(request), pieces)
    return pieces


def transfer_of(file: SourceFile) -> Transfer:
    with file.path.open("rb") as opened:
        kind = kind_of_file(file, opened)
    assert kind
    return Transfer(file, kind)


def taken(file: SourceFile, pieces: Pieces) -> list[tuple[Event, str]]:
    """The events of the pieces, with the path to each file from the container on."""
    transfer = transfer_of(file)
    received = [transfer.take(header, data) for header, data in pieces.sent]
    return [(header.event, "/".join(found.inside)) for header, found in received]


def test_every_container_in_a_container_is_announced_before_its_files(container: SourceFile) -> None:
    pieces = sent(container)
    assert taken(container, pieces) == [
        (Event.STEP, "one.eml"),
        (Event.FILE, "one.eml/one.pdf"),
        (Event.STEP, "two.eml"),
        (Event.FILE, "two.eml/two.pdf"),
    ]
    assert [data for _, data in pieces.sent if data] == [PDF + b"one", PDF + b"two"]
    assert pieces.steps == 2


def test_a_request_that_goes_on_leaves_out_its_first_step_and_what_came_before(container: SourceFile) -> None:
    assert taken(container, sent(container, first=1)) == [
        (Event.LEFT_OUT, "one.eml"),
        (Event.STEP, "two.eml"),
        (Event.FILE, "two.eml/two.pdf"),
    ]
    assert taken(container, sent(container, first=2)) == [(Event.LEFT_OUT, "two.eml")]


def test_what_took_too_much_in_an_earlier_run_is_left_out_or_announced(container: SourceFile) -> None:
    events = taken(container, sent(container, left_out=ONE, tried_again=TWO))
    assert events == [
        (Event.LEFT_OUT, "one.eml"),
        (Event.STEP_AGAIN, "two.eml"),
        (Event.FILE, "two.eml/two.pdf"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        b"no header",
        msgspec.json.encode(Header(Event.STEP, number=10**9)),
        msgspec.json.encode(Header(Event.FILE, inside=("a",) * 100)),
        msgspec.json.encode(Header(Event.FILE, inside=("",))),
        msgspec.json.encode(Header(Event.FILE, inside=("line\nbreak",))),
        msgspec.json.encode(Header(Event.FILE, sha256="0" * 64)),
        msgspec.json.encode(Header(Event.LEFT_OUT, number=1)),
    ],
)
def test_a_piece_that_no_container_gives_is_refused(container: SourceFile, header: bytes) -> None:
    with pytest.raises(ImplausibleError):
        transfer_of(container).take(header, None)


def test_more_pieces_than_a_container_may_hold_are_refused(container: SourceFile) -> None:
    transfer, header = transfer_of(container), msgspec.json.encode(Header(Event.FILE, inside=("form.pdf",)))
    for _ in range(MOST_PIECES):
        transfer.take(header, b"")
    with pytest.raises(TooMuchError):
        transfer.take(header, b"")
