"""What it costs to open large records, and how much of it is the check: python -m tests.benchmarks.opening 1000 10000

Seconds are of processor time, so that other programs on the machine change little. The ledger is written directly,
without PDFs, so that 25,000 returns take minutes. The archive holds a stub for each.
"""

from __future__ import annotations

import hashlib
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from tests.benchmarks.growing import Measured
from tests.benchmarks.returns import definition, values
from tests.support.commands import program
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.files import private_folder
from thep_forms.generate import Master
from thep_forms.reading import FileKind, Reading
from thep_forms.reading.model import Answer
from thep_forms.records import Arrival, Ledger, open_for_writing, return_id_of
from thep_forms.records.checks import check_reading
from thep_forms.records.database import Checks
from thep_forms.records.ledger import ReadReturn
from thep_forms.records.names import ARCHIVE
from thep_forms.records.results import made_from
from thep_forms.sources.mail.message_texts import NO_FILE
from thep_forms.sources.model import MessageOrigin

SIZES = (1000, 10_000, 25_000)
MOST_IN_A_TRANSACTION = 1000
FIRST_NUMBER, NUMBERS = 1000, 9000  # of the schools of one local authority
LAST_YEAR = 2026
MESSAGES_A_REPLY = 100


class Came(Struct, frozen=True):
    """How a file came: in a message of the school with that number."""

    number: int
    source: str
    year: str
    at: datetime

    def arrival(self, return_id: str) -> Arrival:
        """It, as the ledger notes it."""
        message = self.source.partition("/form.pdf")[0]
        sender = MessageOrigin(f"main_contact@school{self.number}.example", path_length=len(message))
        return Arrival(self.source, return_id, self.at, carried_by=(sender,), year_given=self.year)


def filled(records: Path, first: int, last: int, definitions: Definitions) -> None:
    """Note returns with these numbers in the ledger, as a run notes what it read.

    Each is of another school, or else of an earlier year, so that nearly all are accepted. Each came in a message.
    After one in `MESSAGES_A_REPLY` of them, the school wrote once more, without a form.
    """
    private_folder(records / ARCHIVE)
    build = made_from(definitions)
    with open_for_writing(records, definitions, must_exist=False) as ledger, ledger.transaction():
        for number in range(first, last):
            school = FIRST_NUMBER + number % NUMBERS
            answers = values(school) | {"main_contact_name": f"Person {number}"}
            texts = {name: "yes" if value is True else str(value) for name, value in answers.items() if value}
            year = MembershipYear(LAST_YEAR - number // NUMBERS)
            form_id = f"thep-membership {year} r1"
            reading = Reading(FileKind.FORM, {name: Answer(text) for name, text in texts.items()}, form_id=form_id)
            at = datetime(year.start, 5, 1, tzinfo=UTC) + timedelta(minutes=number)
            came = Came(school, f"in/{number:06}.eml/form.pdf", str(year), at)
            _note(ledger, records, came, check_reading(reading, definitions), build)
            if number % MESSAGES_A_REPLY == 0:
                reply = Came(school, f"in/{number:06} reply.eml", str(year), at + timedelta(days=9))
                without_form = check_reading(Reading(FileKind.UNREADABLE, reason=NO_FILE), definitions)
                _note(ledger, records, reply, without_form, build)
            if number % MOST_IN_A_TRANSACTION == 0:
                ledger.commit()
        ledger.end_run()


def _note(ledger: Ledger, records: Path, came: Came, read: ReadReturn, build: str) -> None:
    """Note a file, of which the archive holds a stub."""
    stub = f"%PDF-1.7 {came.source}".encode()
    sha256 = hashlib.sha256(stub).hexdigest()
    (records / ARCHIVE / f"{sha256}.pdf").write_bytes(stub)
    ledger.add_file(sha256, [read], build, is_kept=True)
    ledger.add_arrivals(came.arrival(return_id_of(sha256)), sha256)


def seconds_to_open(records: Path, *, is_checked: bool) -> float:
    start = time.process_time()
    with Ledger.existing(records, unchanged=True, checks=Checks.USUAL if is_checked else Checks.NONE):
        pass
    return time.process_time() - start


def measured(*words: object) -> tuple[float, float]:
    """The processor time that a command and its workers took, in seconds, and their memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = Measured(program(*words)).peak
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    definitions = Definitions(None, MembershipYear(2026))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records, one, empty = folder / "records", folder / "one.pdf", folder / "empty"
        empty.mkdir()
        columns = ("check, s", "status, s", "MB", "one more, s", "MB", "nothing new, s", "verify, s", "ledger, MB")
        print(f"{'returns':>8}", *(f"{column:>14}" for column in columns))
        made = 0
        for size in sizes:
            filled(records, made, size, definitions)
            made = size
            measured("ingest", empty, "-o", records)  # writes the tables
            check = seconds_to_open(records, is_checked=True) - seconds_to_open(records, is_checked=False)
            one.write_bytes(Master(definition()).copy(values(1001) | {"main_contact_name": f"One More {size}"}))
            status = measured("status", "2026-27", "-o", records)
            more = measured("ingest", one, "-o", records)
            (nothing, _), (verify, _) = measured("ingest", empty, "-o", records), measured("verify", "-o", records)
            ledger = (records / "ledger.sqlite").stat().st_size / 2**20
            figures = (check, *status, *more, nothing, verify, ledger)
            print(f"{size:8}", *(f"{figure:14.2f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
