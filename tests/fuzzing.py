"""Damage real returns at random and read them, as `ingest` would: python -m tests.fuzzing 100000 [SEED [FOLDER]]

Prints how many files of each kind were read. A file that a worker failed on is kept in FOLDER: each is a fault of ours.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support import printers
from thep_forms.definition import Definitions, MembershipYear, shipped
from thep_forms.office.arrivals.examine import Examiner
from thep_forms.work import Failure, Limits, Workers

SEVERITIES = (1, 1, 2, 3, 5, 10, 30)  # changes to a file
LENGTHS = (1, 2, 10, 100, 1000, 20_000)  # bytes that go or come at once
PRINTED = 0.04  # of the files: they take twenty times as long to read
TOKENS = (
    *(b"0 R", b"obj", b"endobj", b"stream", b"endstream", b"<<", b">>", b"[", b"]", b"(", b")", b"xref", b"trailer"),
    *(b"/Kids", b"/Parent", b"/V", b"/AP", b"/PieceInfo", b"/Filter", b"/FlateDecode", b"/Type /ObjStm", b"/Prev 0"),
    *(b"/Length 99999999", b"/Count 1000000000", b"-1", b"4294967296", b"null", b"\0", b"\xff" * 8),
)


def damaged(pdf: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The file with bytes changed, lost, repeated, cut off, or taken from another one."""
    data = bytearray(pdf)
    for _ in range(chance.choice(SEVERITIES)):
        at = chance.randrange(len(data) or 1)
        token = chance.choice(TOKENS)
        match chance.choices(range(7), (35, 15, 3, 15, 10, 8, 7))[0]:
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.choice(LENGTHS)]
            case 2:
                del data[at:]
            case 3:
                data[at : at + len(token)] = token
            case 4:
                data[at:at] = token
            case 5:
                again = chance.randrange(len(data) or 1)
                data[at:at] = data[again : again + chance.choice(LENGTHS)]
            case _:
                other = chance.choice(others)
                data[at:] = other[chance.randrange(len(other)) :]
    return bytes(data)


def seeds() -> tuple[list[bytes], list[bytes]]:
    """Real returns with boxes, and printed ones."""
    live = [path.read_bytes() for path in sorted((shipped("samples") / "returns").rglob("*.pdf"))]
    return live, [flatten(pdf) for flatten in printers.FLATTENED.values() for pdf in live[:2]]


def main() -> None:
    count, seed = (int(word) for word in [*sys.argv[1:3], "1"][:2])
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else "fuzzed")
    chance, (live, printed) = random.Random(seed), seeds()

    def files() -> Iterator[tuple[bytes, bytes]]:
        for _ in range(count):
            pdf = damaged(chance.choice(printed if chance.random() < PRINTED else live), [*live, *printed], chance)
            yield pdf, pdf

    became: Counter[str] = Counter()
    workers = Workers(Examiner(Definitions(None, MembershipYear(2026))).on_data, Limits())
    for number, (pdf, answer) in enumerate(workers.map(files()), 1):
        if isinstance(answer, Failure):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{seed}-{number}.pdf").write_bytes(pdf)
            became[answer.reason] += 1
        else:
            became.update(found.reading.kind for found in Examiner.returns(answer))
        if number % 1000 == 0 or number == count:
            print(number, dict(became), flush=True)


if __name__ == "__main__":
    main()
