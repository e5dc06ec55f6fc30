"""Takes zips, e-mails and mailboxes apart in a confined process, and notes what took too much to be opened."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from thep_forms.defaults import MOST_OVERRUNS_OF_A_RUN
from thep_forms.sources import ReceivedFile, SourceFile
from thep_forms.sources.containers.opener import kind_of_file, unpack
from thep_forms.sources.containers.transfer import Event, ImplausibleError, OpenRequest, Transfer, send_files
from thep_forms.sources.limits import TooMuchError
from thep_forms.work import CRASHED, Failure, Limits
from thep_forms.work.limits import out_of_time, out_of_time_by_the_clock
from thep_forms.work.stream import StreamWorker, too_long

_HASHED_AT_ONCE = 2**20  # bytes
_TOO_MANY_OVERRUNS = "Files in this take too long to read, so we read no more of it. Send the form alone."


class ContainerOpener:
    """Opens containers, one after the other, in a process that is confined and has `limits` for each message.

    `not_opened` are the hashes of the containers and messages that took too much in an earlier run, and whether they
    are tried again now.
    """

    def __init__(self, limits: Limits, not_opened: Mapping[str, bool], *, has_threads: bool) -> None:
        """`has_threads`: this process has threads besides the one that asks."""
        self.left_out = {sha256 for sha256, is_tried_again in not_opened.items() if not is_tried_again}
        self.tried_again = {sha256 for sha256, is_tried_again in not_opened.items() if is_tried_again}
        self._limits = limits
        self._worker = StreamWorker(send_files, limits, has_threads=has_threads)

    def unpack(self, file: SourceFile, opened: BinaryIO) -> Iterator[ReceivedFile]:
        """Every file in the container `file`, in order; any other file itself. `opened` gives its bytes.

        What takes too much to be opened comes with its `sha256`.
        """
        kind = kind_of_file(file, opened)
        if kind is None:
            yield from unpack(file, opened)
            return
        if self.left_out or self.tried_again:
            sha256 = _hash(opened)
            if sha256 in self.left_out or sha256 in self.tried_again:
                yield ReceivedFile(file, sha256=sha256)
            if sha256 in self.left_out:
                return
        failure = yield from self._open(Transfer(file, kind))
        if failure:
            yield self._note(ReceivedFile(file, sha256=_hash(opened)), failure)

    def give_up(self, file: SourceFile) -> ReceivedFile:
        """The container itself, in which too much cannot be read. Raises `OSError`."""
        with file.path.open("rb") as opened:
            return self._note(ReceivedFile(file, sha256=_hash(opened)), Failure(_TOO_MANY_OVERRUNS))

    def close(self) -> None:
        """End the process."""
        self._worker.end()

    def _open(self, transfer: Transfer) -> Generator[ReceivedFile, None, Failure | None]:
        """The files in the container. Returns why it could not be opened to its end.

        A message in it that takes too much is left out. A process that crashed or had no memory left is replaced, and
        the new one tries once more: what it opened before may be to blame.
        """
        left_out, overruns, is_second_try = None, 0, False
        first = 0
        while failure := (yield from self._pieces(transfer, first, left_out)):
            is_over = failure in (limit(self._limits) for limit in (out_of_time, out_of_time_by_the_clock, too_long))
            if not is_over and not is_second_try:
                is_second_try = True
                continue
            overruns += 1
            if transfer.number == first or overruns > MOST_OVERRUNS_OF_A_RUN or failure == too_long(self._limits):
                return failure
            first, left_out, is_second_try = transfer.number, failure, False
        return None

    def _pieces(
        self, transfer: Transfer, first: int, why: Failure | None
    ) -> Generator[ReceivedFile, None, Failure | None]:
        """The files that one request gives. The step `first` is left out, and `why`. Returns why the process ended."""
        file = transfer.file
        hashes = frozenset(self.left_out), frozenset(self.tried_again)
        request = OpenRequest(os.fsencode(file.filename), file.start, first, *hashes, file.note)
        transfer.start(first)
        with closing(self._worker.pieces(msgspec.json.encode(request))) as pieces:
            for piece in pieces:
                if isinstance(piece, Failure):
                    return piece
                try:
                    header, received = transfer.take(piece.header, piece.data)
                except (ImplausibleError, TooMuchError):
                    return CRASHED
                if header.event is Event.LEFT_OUT and header.number == first and why:
                    yield self._note(received, why)
                elif header.event is not Event.STEP:
                    yield received
        return None

    def _note(self, received: ReceivedFile, failure: Failure) -> ReceivedFile:
        """What took too much, with the reason. A copy of it is not opened in this run."""
        self.left_out.add(received.sha256)
        return replace(received, reason=failure.reason, is_temporary=failure.is_temporary)


def _hash(opened: BinaryIO) -> str:
    sha256 = hashlib.sha256()
    opened.seek(0)
    while piece := opened.read(_HASHED_AT_ONCE):
        sha256.update(piece)
    opened.seek(0)
    return sha256.hexdigest()
