"""A year of an office, with a fault planted in its records at each step: python -m tests.trials.office_year [SEED PICK]

For each step and each fault: what the next command says, and what is left once its advice was followed. Prints those
that are not as they should be, and the number of each outcome. PICK is a part of a fault's name, to try those alone.
"""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.support.commands import run
from tests.trials.office import LEDGER, STEPS, Office
from tests.trials.office_faults import FAULTS, Fault
from thep_forms.cli.errors import ExitCode

MOST_ADVICE = 6  # pieces of advice that are followed, one after the other
FROM_ARCHIVE = ("schools.csv", "contacts.csv")  # what the archived files say; the ledger alone knows how they came


def _restore(office: Office, _: str) -> None:
    office.do("restore")


def _move_strange_files(office: Office, words: str) -> None:
    for name in re.findall(r"returns/(\S+) is not known to the ledger. Move it", words):
        (office.records / "returns" / name).unlink()


def _ingest_nothing(office: Office, _: str) -> None:
    (office.folder / "empty").mkdir(exist_ok=True)
    run("ingest", office.folder / "empty", "-o", office.records)


def _put_back(office: Office, words: str) -> None:
    """Put copies of the archived files that are missing or changed in their places."""
    for name in re.findall(r"returns/(\S+) was changed: it does not match its name. Delete it", words):
        (office.records / "returns" / name).unlink()
    (office.records / "returns").mkdir(exist_ok=True)
    with closing(sqlite3.connect(office.records / LEDGER)) as ledger:
        known = {sha256 for (sha256,) in ledger.execute("SELECT sha256 FROM file WHERE is_kept")}
    for batch in ("last year", "first", "second"):
        for path in (office.folder / batch).glob("*.pdf"):
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            target = office.records / "returns" / f"{sha256}.pdf"
            if sha256 in known and not target.exists():
                shutil.copyfile(path, target)


ADVICE = (  # what is advised, and what the office then does
    (re.compile("thep-forms restore"), "restore", _restore),
    (re.compile("Move it out"), "move", _move_strange_files),
    (re.compile("ingest the form again"), "put back", _put_back),
    (re.compile("[Rr]un ingest"), "ingest", _ingest_nothing),
)


def follow(office: Office, words: str) -> str:
    """Do what a message advises. The name of what was done; empty where it advises nothing."""
    for pattern, name, do in ADVICE:
        if pattern.search(words):
            do(office, words)
            return name
    return ""


def mended(office: Office, words: str) -> tuple[bool, list[str], str]:
    """Whether `verify` ends without faults once advice is followed; what was done, and the last words."""
    done = []
    for _ in range(MOST_ADVICE):
        code, words = office.do("verify")
        if code == 0:
            return True, done, ""
        if not (what := follow(office, words)):
            break
        done.append(what)
    return False, done, words


def copied(office: Office, target: Path) -> Office:
    shutil.copytree(office.folder, target, ignore=shutil.ignore_patterns("snapshot*"))
    return Office(target)


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    picked = sys.argv[2] if len(sys.argv) > 2 else ""
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "office").mkdir()
        office = Office.opened(base / "office")
        before: Path | None = None
        for number, step in enumerate(STEPS):
            snapshot = base / f"snapshot-{number}"
            if number:
                for title, plant in FAULTS.items():
                    chance = random.Random(seed * 1000 + number)
                    if picked in title:
                        outcomes[tried(office, step, title, plant, before, base, chance)] += 1
                shutil.copytree(office.records, snapshot)
                before = snapshot
            code, words = office.do(step)
            assert code in (0, 1), words
    for outcome, count in outcomes.most_common():
        print(f"{count:5} {outcome}")


class Outcome:
    """What became of records with a fault: of the step that came next, and of the advice that followed."""

    def __init__(self, office: Office, step: str, before: dict[str, bytes], expected: dict[str, bytes]) -> None:
        self.code, self.words = office.do(step)
        after = office.everything()
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        self.changed = {name for name in changed if not name.startswith("records/ledger")}  # as SQLite ends journals
        self.is_sound, self.done, self.last = mended(office, self.words)
        self.is_refused = self.code == ExitCode.WRONG_USAGE
        if self.is_refused:
            office.do(step)
            self.is_sound, more, self.last = mended(office, "")
            self.done += more
        tables = office.tables()
        self.differing = [name for name in expected if tables.get(name) != expected[name]]

    def __str__(self) -> str:
        if not self.is_sound:
            return "NOT MENDED by the advice"
        if self.is_refused and self.changed:
            return "REFUSED, BUT CHANGED SOMETHING"
        if set(self.differing) & set(FROM_ARCHIVE):
            return "MENDED, BUT ANSWERS DIFFER"
        start = "refused" if self.is_refused else "went on"
        lost = f"but {', '.join(self.differing)} differ" if self.differing else "nothing lost"
        return f"{start}{', mended' if self.done else ''}, {lost}"

    @property
    def details(self) -> str:
        words = " ".join(self.words.split())[:300]
        return (
            f"{self.code} {words} | followed: {self.done} | {self.last[:300]!r} | changed: {sorted(self.changed)[:6]}"
        )


def tried(
    office: Office, step: str, title: str, plant: Fault, before: Path | None, base: Path, chance: random.Random
) -> str:
    """Plant a fault before a step, and follow what is said. The outcome, which is printed."""
    whole, faulty = copied(office, base / "whole"), copied(office, base / "faulty")
    whole.do(step)
    plant(faulty, before, chance)
    details = ""
    try:
        found = Outcome(faulty, step, faulty.everything(), whole.tables())
        outcome, details = str(found), found.details
    except Exception as error:  # noqa: BLE001 - a crash is one of the outcomes that are counted
        outcome = f"CRASHED: {type(error).__name__} {error}"
    if "nothing lost" not in outcome:
        print(f"{step} | {title} | {outcome} | {details}", flush=True)
    shutil.rmtree(whole.folder)
    shutil.rmtree(faulty.folder)
    return outcome


if __name__ == "__main__":
    main()
