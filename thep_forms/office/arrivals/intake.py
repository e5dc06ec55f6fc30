"""The way of files into the ledger and the archive: each is noted, and those that are new are read."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from thep_forms.checking.characters import without_controls
from thep_forms.defaults import MOST_OVERRUNS, MOST_OVERRUNS_OF_A_RUN
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import ClusterError
from thep_forms.office.arrivals.join_pages import join_pages
from thep_forms.office.arrivals.mailboxes import MailboxRun
from thep_forms.office.arrivals.read_once_more import files_to_read_once_more, is_worth_reading, says_more
from thep_forms.reading import FileKind, Note, Reading
from thep_forms.reading.reasons import NO_PDF
from thep_forms.records import Archive, Arrival, Ledger, ReadReturn, return_id_of
from thep_forms.records.erasing import hash_of_way
from thep_forms.records.received_mail import hash_of_text
from thep_forms.records.results import made_from
from thep_forms.sources import ReceivedFile, SourceFile, open_file
from thep_forms.sources.file_types import HEAD, file_type
from thep_forms.sources.other_files import why_not_a_pdf
from thep_forms.work import Engine, Failure, Limits

if TYPE_CHECKING:
    from thep_forms.office.arrivals.containers import ContainerOpener

COMMIT_AFTER = 0.5  # seconds: what was read is made to last, which takes a while, and little more for many files
MOST_NEW = 1000  # sources of a run that are told apart from earlier ones: as many as anybody looks at

_STOPPED = "Too many files take too long to read, so we stopped here. Run ingest again."


class Intake:
    """The way of files into the ledger and the archive, inside a transaction of the ledger.

    A file that is known is noted at once. Any other that can be read is archived and goes through the engine. A
    picture stays in the archive only if it shows the form.
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        definitions: Definitions,
        year: MembershipYear | None,
        limits: Limits,
        read_again: set[FileKind],
        mail: MailboxRun,
        *,
        has_threads: bool,
    ) -> None:
        """`read_again` are the kinds of files that are read when they come again. A Dask client `has_threads`.

        Afterwards `new` counts the sources that had not come before, of which `new_sources` are the first.
        `passed_over` counts the files that were forgotten.
        """
        self._mail = mail
        self._ledger, self._archive, self._definitions = ledger, Archive(folder), definitions
        self._year_given, self._noted_at = str(year or ""), datetime.now(UTC).replace(microsecond=0)
        self._made_from = made_from(definitions)
        self._read_again = read_again
        self._limits, self._has_threads = limits, has_threads
        self._opener: ContainerOpener | None = None  # for the first container
        self._overruns = Counter[str]()  # files that took too much, by the file on the disk that they are in
        self._has_stopped = False
        self._stopped_at = ledger.sources_unopened_for(_STOPPED)
        self._read_once_more: set[str] = set()  # hashes of archived files
        self._waiting: dict[str, list[ReceivedFile]] = {}  # by hash: all files with the bytes that are being read
        self._forgotten, self.passed_over = ledger.forgotten(), 0
        self.new, self.new_sources = 0, set[str]()
        self._changed = set[str]()  # ids of returns that were read once more: pages beside them may go together now
        self._committed = time.monotonic()

    def read_all(self, start_engine: Callable[[], Engine], places: Iterable[SourceFile]) -> None:
        """Read and note every file."""
        files = self._files_to_read(places)
        try:
            first = next(files, None)
            if first:
                for sha256, answer in start_engine().map(chain([first], files)):
                    self._note_answer(sha256, answer)
        except ClusterError:
            self._commit()
            raise
        finally:
            self._archive.discard_waiting()
        self._join_pages()
        self._archive.sync()
        self._mail.note_done(self._waiting.values())

    def _files_to_read(self, places: Iterable[SourceFile]) -> Iterator[tuple[str, bytes]]:
        """The hash of each file that has to be read, and its path, encoded as the system does it."""
        yield from self._archived()
        try:
            for place in places:
                for received in self._files_in(place):
                    if to_read := self._admit(received):
                        sha256, path = to_read
                        yield sha256, os.fsencode(path)
                if self._has_stopped:
                    break  # what comes after it is not read, so no message of a mailbox may count as read
        finally:
            if self._opener:
                self._opener.close()
        if self._waiting:  # something is being read, so that a workbook will be written, whose library loads slowly
            import thep_forms.records.workbook  # noqa: F401 - loaded now, while nothing else is to be done

    def _files_in(self, place: SourceFile) -> Iterator[ReceivedFile]:
        """The files in a file on the disk, but for the rest of a container, and of the run, in which too many overran.

        Where a person asked to try such files again, the container is read to its end.
        """
        if self._overruns.total() >= MOST_OVERRUNS_OF_A_RUN:
            yield from self._stop(place)
            return
        if self._stopped_at and place.source in self._stopped_at:
            self._ledger.forget_unopened(place.source)
        with closing(open_file(place, self._unpack)) as files:
            for received in files:
                yield received
                if not received.inside:
                    continue
                if self._overruns.total() >= MOST_OVERRUNS_OF_A_RUN:
                    yield from self._stop(place)
                    return
                if self._overruns[place.filename] >= MOST_OVERRUNS and FileKind.OVERRAN not in self._read_again:
                    with suppress(OSError):  # it has gone since
                        yield self._get_opener().give_up(place)
                    return

    def _unpack(self, file: SourceFile, opened: BinaryIO) -> Iterator[ReceivedFile]:
        return self._get_opener().unpack(file, opened)

    def _get_opener(self) -> ContainerOpener:
        if self._opener is None:
            from thep_forms.office.arrivals.containers import (
                ContainerOpener,  # slow to import, and not every run needs it
            )

            not_opened = {sha256: kind in self._read_again for sha256, kind in self._ledger.files_not_opened().items()}
            self._opener = ContainerOpener(self._limits, not_opened, has_threads=self._has_threads)
        return self._opener

    def _stop(self, place: SourceFile) -> Iterator[ReceivedFile]:
        """The note that the run reads no more, at the first file that it leaves out."""
        if not self._has_stopped:
            self._has_stopped = True
            yield ReceivedFile(place, reason=_STOPPED)

    def _archived(self) -> Iterator[tuple[str, bytes]]:
        """Archived files that are read once more."""
        for sha256, path in files_to_read_once_more(self._ledger, self._archive):
            self._read_once_more.add(sha256)
            self._waiting[sha256] = []
            yield sha256, os.fsencode(path)

    def _admit(self, received: ReceivedFile) -> tuple[str, Path] | None:
        """Note a file, unless it has to be read; then put it into the archive, and give its hash and path.

        A file that was forgotten is passed over.
        """
        sha256 = _hash(received)
        if self._forgotten and self._is_forgotten(received, sha256):
            self.passed_over += 1
            return None
        if received.sha256:
            self._admit_not_opened(received)
            return None
        if received.data is None:
            self._admit_unopened(received)
            return None
        if sha256 in self._waiting:
            self._waiting[sha256].append(received)
        elif self._is_known(sha256, received.data):
            self._note_arrival(received, sha256)
        else:
            self._waiting[sha256] = [received]
            if found := file_type(received.data[:HEAD]):
                add = self._archive.add_waiting if found.is_picture else self._archive.add
                return sha256, add(sha256, received.data)
            reason = why_not_a_pdf(received.data)
            self._note_returns(sha256, [_unread(FileKind.NOT_A_FORM, reason)], is_kept=False)
        return None

    def _is_forgotten(self, received: ReceivedFile, sha256: str) -> bool:
        """Whether `forget` deleted this file, or what came by this way."""
        way = received.source, received.received_at, received.carried_by
        hashes = {sha256, hash_of_way(sha256, *way)}
        if received.data is None:  # an earlier version knew it by its source alone
            hashes.add(hash_of_way("", *way))
        return not hashes.isdisjoint(self._forgotten)

    def _admit_unopened(self, received: ReceivedFile) -> None:
        """Note what holds no file. The same message in another export is one return that came twice.

        What an earlier version noted by its source alone stays as it is: a decision may be about it.
        """
        if received.message_hash and not self._ledger.is_unopened(received.source):
            sha256 = _hash(received)
            self._waiting[sha256] = [received]
            if self._ledger.kind(return_id_of(sha256)) is None:
                self._note_returns(sha256, [_message(received)], is_kept=False)
            else:
                self._note_arrivals(sha256)
            return
        way = (received.source, "", received.received_at)
        arrival = Arrival(*way, carried_by=received.carried_by, texts=self._texts(received))
        if self._ledger.add_unopened(arrival, received.reason):
            self._count_new([received.source])

    def _admit_not_opened(self, received: ReceivedFile) -> None:
        """Note a container that took too much to be opened, or take back that note before it is opened again."""
        sha256 = received.sha256
        if received.reason:
            kind = FileKind.FAILED if received.is_temporary else FileKind.OVERRAN
            self._waiting[sha256] = [received]
            self._count_overrun(sha256, kind)
            self._note_returns(sha256, [_unread(kind, received.reason)], is_kept=False)
        elif sha256 in self._get_opener().tried_again:
            self._get_opener().tried_again.discard(sha256)
            self._ledger.forget(self._ledger.return_ids(sha256), [sha256])
        else:
            self._note_arrival(received, sha256)

    def _count_overrun(self, sha256: str, kind: FileKind) -> None:
        if kind is FileKind.OVERRAN:
            self._overruns.update(received.origin.filename for received in self._waiting[sha256][:1])

    def _is_known(self, sha256: str, data: bytes) -> bool:
        """Whether it need not be read. A file that the archive lacks is taken in anew."""
        return_id = return_id_of(sha256)
        kind = self._ledger.kind(return_id)
        if kind is None or kind in self._read_again:
            return False
        reason = self._ledger.reason(return_id) if kind == FileKind.NOT_A_FORM else ""
        if reason == NO_PDF and file_type(data[:HEAD]):
            return False  # an earlier version of this program did not read files of its type
        if is_worth_reading(reason):
            return False
        return sha256 in self._archive or not self._ledger.is_kept(sha256)

    def _note_answer(self, sha256: str, answer: bytes | Failure) -> None:
        """Note what was read in a file. Where reading it once more says nothing better, what was read before stays."""
        returns = _returns(answer)
        self._count_overrun(sha256, returns[0].reading.kind)
        if sha256 in self._read_once_more and not says_more(self._ledger, sha256, returns):
            self._note_arrivals(sha256)
            return
        is_kept = self._archive.keep_or_delete(sha256, keep=returns[0].reading.kind is not FileKind.NOT_A_FORM)
        self._note_returns(sha256, returns, is_kept=is_kept)

    def _note_returns(self, sha256: str, returns: Sequence[ReadReturn], *, is_kept: bool) -> None:
        if returns[0].reading.kind is FileKind.FAILED:
            self._mail.read_again(self._waiting[sha256])
        is_known = self._ledger.kind(return_id_of(sha256)) is not None
        self._ledger.add_file(sha256, returns, self._made_from, is_kept=is_kept)
        if is_known:
            self._changed.update(self._ledger.return_ids(sha256))
        self._note_arrivals(sha256)
        if time.monotonic() - self._committed > COMMIT_AFTER:
            self._commit()

    def _note_arrivals(self, sha256: str) -> None:
        for received in self._waiting.pop(sha256):
            self._note_arrival(received, sha256)

    def _note_arrival(self, received: ReceivedFile, sha256: str) -> None:
        return_id, at = return_id_of(sha256), received.received_at
        arrival = Arrival(
            source=received.source,
            return_id=return_id,
            received_at=at,
            is_decoration=received.is_decoration,
            carried_by=received.carried_by,
            year_given=self._year_given,
            latest_year=None,
            noted_at=self._noted_at,
            texts=self._texts(received),
        )
        self._count_new(self._ledger.add_arrivals(arrival, sha256))

    def _texts(self, received: ReceivedFile) -> tuple[str, ...]:
        """The hashes of what people wrote in the messages around a file. A text that was forgotten is left out."""
        texts = filter(None, (without_controls(text) for text in received.texts_around))
        return tuple(self._ledger.add_text(text) for text in texts if hash_of_text(text) not in self._forgotten)

    def _count_new(self, sources: Sequence[str]) -> None:
        self.new += len(sources)
        if self.new <= MOST_NEW:
            self.new_sources.update(sources)

    def _join_pages(self) -> None:
        """Put pages together beside what was read once more: once that lasts, no later run knows that it changed."""
        if self._changed:
            join_pages(self._ledger, self._changed, self._definitions)
            self._changed.clear()

    def _commit(self) -> None:
        self._join_pages()
        self._archive.sync()  # what the ledger names is there
        self._mail.note_done(self._waiting.values())
        self._ledger.commit()
        self._committed = time.monotonic()


def _hash(received: ReceivedFile) -> str:
    """The hash by which a file is known, or a message that holds none; empty for what has neither bytes nor hash."""
    if received.data is not None:
        return hashlib.sha256(received.data).hexdigest()
    if received.message_hash:
        # Of other bytes than the message's, so that no message has the hash of a file.
        return hashlib.sha256(f"message {received.message_hash}".encode()).hexdigest()
    return received.sha256


def _returns(answer: bytes | Failure) -> list[ReadReturn]:
    """What a worker read; where it failed, a return that says so."""
    if isinstance(answer, Failure):
        return [_unread(FileKind.FAILED if answer.is_temporary else FileKind.OVERRAN, answer.reason)]
    try:
        returns = msgspec.json.decode(answer, type=list[ReadReturn])
    except msgspec.DecodeError:
        returns = []
    return returns or [_unread(FileKind.OVERRAN, "Reading this file gave an answer that makes no sense.")]


def _message(received: ReceivedFile) -> ReadReturn:
    """A message without a file. What it says is kept, for the office to read."""
    text = without_controls(received.message_text)
    notes = (Note(text),) if text else ()
    return ReadReturn(Reading(FileKind.UNREADABLE, reason=received.reason, notes=notes))


def _unread(kind: FileKind, reason: str) -> ReadReturn:
    """A file that was not read."""
    return ReadReturn(Reading(kind, reason=reason))
