"""An item that is done in parts, such as a pile of scanned pages: each part by whichever worker is free."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from thep_forms.defaults import MOST_OVERRUNS, TIMES_FOR_A_PILE
from thep_forms.work.limits import FAILED, Failure, Limits, out_of_time

T = TypeVar("T")

MOST_PIECES = 10_000  # of one item, before we no longer believe the job


class Parts(Struct, frozen=True):
    """What a job answers to an item that it does in parts.

    Each of the `pieces` is given to the job as an item of its own. At last `rest` is given to it, followed by what
    `answers_in` takes. The job may then answer with further pieces. `total` is how many there will be at most.
    """

    pieces: tuple[bytes, ...]
    rest: bytes
    total: int = 0


class PieceAnswer(Struct, frozen=True, array_like=True):
    """What the job answered to a piece; None where it failed."""

    piece: bytes
    answer: bytes | None


def answers_in(data: bytes) -> list[PieceAnswer]:
    """The answers to all pieces of an item so far, in the order of the pieces. Raises `msgspec.DecodeError`."""
    return msgspec.msgpack.decode(data, type=list[PieceAnswer])


class Division(Generic[T]):
    """The parts of an item that are still to be done, and the answers to those that are done.

    All parts together may take `TIMES_FOR_A_PILE` times the processor time of a file. What is left after that, or after
    `MOST_OVERRUNS` failures, is not tried.
    """

    def __init__(self, item: T, limits: Limits) -> None:
        self.item = item
        self.done = self.total = 0
        self._seconds_left = limits.seconds * TIMES_FOR_A_PILE
        self._limits = limits
        self._answers: dict[bytes, bytes | None] = {}
        self._failures: list[Failure] = []
        self._left = 0
        self._rest = b""

    def begin(self, parts: Parts) -> list[bytes]:
        """The pieces to be done next; none where the job may not go on like this. See `failure`."""
        pieces = [piece for piece in dict.fromkeys(parts.pieces) if piece not in self._answers]
        if not pieces or len(self._answers) + len(pieces) > MOST_PIECES:
            self._failures.append(out_of_time(self._limits) if pieces else Failure(FAILED))
            self._answers.clear()
            return []
        self._answers.update(dict.fromkeys(pieces))
        self._left, self._rest, self.total = len(pieces), parts.rest, parts.total
        return pieces

    @property
    def may_try(self) -> bool:
        """Whether another piece may be tried."""
        return self._seconds_left > 0 and len(self._failures) < MOST_OVERRUNS

    def note(self, piece: bytes, answer: bytes | Failure | None, seconds: float = 0.0) -> None:
        """Take in the answer to a piece, which took so many seconds of processor time; None if it was not tried."""
        self._left -= 1
        self.done += 1
        self._seconds_left -= seconds
        if isinstance(answer, Failure):
            self._failures.append(answer)
        else:
            self._answers[piece] = answer

    @property
    def is_complete(self) -> bool:
        """Whether all pieces that the job wanted are done."""
        return self._left == 0

    @property
    def failure(self) -> Failure | None:
        """The failure of the whole item: one of the computer, or the first where every piece failed."""
        temporary = [failure for failure in self._failures if failure.is_temporary]
        if temporary:
            return temporary[0]
        has_any = any(answer is not None for answer in self._answers.values())
        return self._failures[0] if self._failures and not has_any else None

    def request(self) -> bytes:
        """What the job is given when all pieces are done."""
        answers = [PieceAnswer(piece, answer) for piece, answer in self._answers.items()]
        return self._rest + msgspec.msgpack.encode(answers)
