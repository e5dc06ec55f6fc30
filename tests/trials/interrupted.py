"""Kill commands, fill their disk, run two at once: python -m tests.trials.interrupted [SEED KILLS PICK]

After each, the command runs again, the advice of `verify` is followed, and the tables are compared with those of a run
that nothing disturbed. Prints a row for each command whose name PICK is in. The disks are small ones in memory, which
only root can mount.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations_with_replacement
from pathlib import Path

from tests.support.commands import program
from tests.trials.office import COPY, LEDGER, Office
from tests.trials.office_year import mended
from thep_forms.cli.errors import ExitCode

WRITTEN = Path(__file__).parents[1] / "records"
KILOBYTES = (0, 4, 12, 24, 40, 64, 100, 150, 200, 300, 450, 700)  # that are left on a disk
DISK = "64m"
TWO_AT_ONCE = "two at once"
FIRST_BATCH = 6  # schools whose forms come in with the step `ingest`
Harm = Callable[[Path], None]
PAIRS = ("ingest", "restore", "verify", "status", "email")


# --- what is disturbed ------------------------------------------------------------------------------------------------


def _nothing(records: Path) -> None:
    """The records stay as they are."""


def _cut_off(records: Path) -> None:
    (records / LEDGER).write_bytes((records / LEDGER).read_bytes()[:30_000])


def _lost(records: Path) -> None:
    (records / LEDGER).unlink()
    (records / COPY).unlink()


def _of_version(number: int) -> Callable[[Path], None]:
    def put(records: Path) -> None:
        shutil.rmtree(records)
        shutil.copytree(WRITTEN / f"version-{number}", records)

    return put


# By the name of a trial: the step of the office, and what is done to the records before.
COMMANDS: dict[str, tuple[str, Harm]] = {
    "ingest into new records": ("ingest", shutil.rmtree),
    "ingest more": ("ingest more", _nothing),
    "email --drafts": ("email", _nothing),
    "restore, ledger cut off": ("restore", _cut_off),
    "restore, ledger and copy lost": ("restore", _lost),
    "migration from version 7": ("ingest", _of_version(7)),
    "migration from version 8": ("ingest", _of_version(8)),
    "migration from version 8 by status": ("status", _of_version(8)),
    "forget": ("forget", _nothing),
}


HARMS: dict[str, Harm] = {  # of records on which two commands run at once
    "ledger of version 8": _of_version(8),
    "ledger cut off": _cut_off,
    "ledger whole": _nothing,
}


class Case:
    """A command, the office in which it runs, and the tables of a run that nothing disturbed."""

    def __init__(self, office: Office, title: str, folder: Path) -> None:
        self.step, self.harm = COMMANDS[title]
        self.office, self.folder = office, folder
        whole = self.prepared(folder / "whole")
        start = time.monotonic()
        subprocess.run(self.command(whole), capture_output=True, check=False)
        self.seconds = time.monotonic() - start
        self.expected = whole.tables()
        shutil.rmtree(whole.folder)

    def prepared(self, target: Path) -> Office:
        shutil.copytree(self.office.folder, target, dirs_exist_ok=True)
        prepared = Office(target)
        self.harm(prepared.records)
        return prepared

    def command(self, office: Office) -> list[str]:
        return program(*office.words(self.step))

    def outcome(self, office: Office) -> str:
        """What is left of a run that was disturbed, once the command ran again and advice was followed."""
        said = subprocess.run(self.command(office), capture_output=True, text=True, check=False)
        is_sound, done, last = mended(office, said.stderr)
        if not is_sound:
            return f"NOT MENDED: {last.strip()}"
        if said.returncode == ExitCode.WRONG_USAGE:
            subprocess.run(self.command(office), capture_output=True, check=False)
            is_sound, more, last = mended(office, "")
            done += more
        if not is_sound:
            return f"NOT MENDED after it ran again: {last.strip()}"
        if list(office.records.rglob(".*")):
            return "LEFT A HALF-WRITTEN FILE"
        if office.tables() != self.expected:
            names = [name for name in self.expected if office.tables().get(name) != self.expected[name]]
            return f"THE TABLES DIFFER: {', '.join(names)}"
        return f"as it should be, after {', '.join(done)}" if done else "as it should be"


# --- how --------------------------------------------------------------------------------------------------------------


def killed(case: Case, moments: random.Random, times: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    while sum(outcomes.values()) < times:
        office = case.prepared(case.folder / "killed")
        process = subprocess.Popen(case.command(office), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(moments.uniform(0.2, 1) * case.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            outcomes[case.outcome(office)] += 1
        shutil.rmtree(office.folder)
    return outcomes


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


def on_full_disks(case: Case) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for kilobytes in KILOBYTES:
        with small_disk(case.folder / "disk") as disk:
            office = case.prepared(disk)
            free = shutil.disk_usage(disk).free
            (disk / "filler").write_bytes(bytes(max(0, free - kilobytes * 1024)))
            result = subprocess.run(case.command(office), capture_output=True, text=True, check=False)
            (disk / "filler").unlink()
            said = _words_on_a_full_disk(result)
            outcomes[f"{said}; then {case.outcome(office)}"] += 1
    return outcomes


def _words_on_a_full_disk(result: subprocess.CompletedProcess[str]) -> str:
    if result.returncode in (0, 1):
        return "there was room"
    lines = result.stderr.strip().splitlines()
    if result.returncode == 2 and len(lines) == 1 and "Make room" in lines[0]:
        return "refused in a line"
    return f"SAID {result.returncode} {lines[-3:]}"


def two_at_once(office: Office, folder: Path, pair: tuple[str, str], harm: Harm, moments: random.Random) -> str:
    """What becomes of records on which two commands run at once."""
    shutil.copytree(office.folder, folder / "two")
    both = Office(folder / "two")
    harm(both.records)
    processes = []
    for step in pair:
        command = program(*both.words(step))
        processes.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL))
        time.sleep(moments.uniform(0, 0.3))
    said = [process.communicate()[1] for process in processes]
    subprocess.run(program(*both.words("ingest")), capture_output=True, check=False)
    is_sound, _, last = mended(both, "")
    schools = both.tables()["schools.csv"].splitlines()
    shutil.rmtree(both.folder)
    if not is_sound:
        return f"NOT MENDED, {pair}: {last}"
    if any(
        process.returncode not in (0, 1, 2) or "has a fault" in words
        for process, words in zip(processes, said, strict=True)
    ):
        return f"FAILED, {pair}: {said}"
    if len(schools) <= FIRST_BATCH:
        return f"LOST SOMETHING, {pair}"
    return "as it should be"


def main() -> None:
    words = [*sys.argv[1:], *("1", "40", "")[len(sys.argv) - 1 :]]
    seed, kills, picked = int(words[0]), int(words[1]), words[2]
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "office").mkdir()
        office = Office.opened(folder / "office")
        for step in ("ingest last year", "email", "ingest"):
            office.do(step)
        shutil.rmtree(office.folder / "drafts")
        for title in (title for title in COMMANDS if picked in title):
            case = Case(office, title, folder)
            print(f"{title} ({case.seconds:.1f} s)", flush=True)
            for how, outcomes in (("killed", killed(case, moments, kills)), ("full disk", on_full_disks(case))):
                for outcome, count in outcomes.most_common():
                    print(f"  {how}: {count:4} {outcome}", flush=True)
        for name, harm in HARMS.items() if picked in TWO_AT_ONCE else ():
            pairs = combinations_with_replacement(PAIRS, 2)
            counted = Counter(two_at_once(office, folder, pair, harm, moments) for pair in pairs)
            for outcome, count in counted.most_common():
                print(f"{TWO_AT_ONCE}, {name}: {count:4} {outcome}", flush=True)


if __name__ == "__main__":
    main()
