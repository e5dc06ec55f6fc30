"""A year of an office, with a fault planted in its records at each step: python -m tests.trials.office_year [SEED [PICK]]

For each step and each fault: what the next command says, and what is left once its advice was followed. Prints a row for
each, and the number of each outcome. PICK is a part of a fault's name, to try those alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.commands import run
from tests.remake_samples import SCHOOLS, answers
from tests.viewer import type_into
from thep_forms.definition import load_definition
from thep_forms.generate import generate

LEDGER, COPY = "ledger.sqlite", "ledger-copy.sqlite"
MOST_ADVICE = 6  # pieces of advice that are followed, one after the other
COMPARED = (".csv", ".json")
NUMBERS = [number for number, *_ in SCHOOLS]


# --- the year ---------------------------------------------------------------------------------------------------------


class Office:
    """A folder with RECORDS, forms that come in, and a list of schools."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.records = folder, folder / "records"
        self.register = folder / "schools.csv"

    @classmethod
    def opened(cls, folder: Path) -> Office:
        office = cls(folder)
        names = {number: name for number, name, *_ in SCHOOLS}
        lines = [f"{number},{name},office@s{number}.example" for number, name in names.items()]
        office.register.write_text("\n".join(["dfe_number,school_name,email", *lines]) + "\n")
        form = generate(load_definition("2026-27"))
        earlier = generate(load_definition("2025-26"))
        batches = {"last year": (earlier, NUMBERS[:4]), "first": (form, NUMBERS[:6]), "second": (form, NUMBERS[6:10])}
        for batch, (blank, numbers) in batches.items():
            (folder / batch).mkdir()
            for number in numbers:
                (folder / batch / f"{number}.pdf").write_bytes(type_into(blank, answers(number)))
        again = type_into(form, answers(NUMBERS[8], headteacher_name="Another Head"))
        (folder / "second" / "again.pdf").write_bytes(again)
        (folder / "second" / "letter.txt").write_text("Dear all,")
        return office

    def words(self, step: str) -> list[str]:
        """The words of the command of a step."""
        records, folder = ["-o", str(self.records)], self.folder
        listed = ["--schools", str(self.register)]
        commands: dict[str, list[str]] = {
            "ingest last year": ["ingest", str(folder / "last year"), *records, "--year", "2025-26"],
            "generate": ["generate", "2026-27", "-o", str(folder / "forms"), *listed, "--records", str(self.records)],
            "email": ["email", "2026-27", *records, *listed, "--drafts", str(folder / "drafts")],
            "ingest": ["ingest", str(folder / "first"), *records],
            "ingest more": ["ingest", str(folder / "second"), *records],
            "prefer": ["prefer", self.conflicting(), *records],
            "forget": ["forget", *records, "--school", NUMBERS[0], "--yes"],
            "status": ["status", "2026-27", *records],
            "report": ["report", "2026-27", "-o", str(folder / "page.html"), "--records", str(self.records)],
            "mailing-list": ["mailing-list", "2026-27", *records],
            "verify": ["verify", *records],
            "restore": ["restore", *records],
        }
        return commands[step]

    def do(self, step: str) -> tuple[int, str]:
        """Do a step of the year: its exit code, and what it prints for the user."""
        result = run(*self.words(step))
        return result.exit_code, result.stderr or result.stdout

    def conflicting(self) -> str:
        """The id of the return that is preferred."""
        return hashlib.sha256((self.folder / "second" / "again.pdf").read_bytes()).hexdigest()[:16]

    def tables(self) -> dict[str, bytes]:
        """The tables, but for the moments of decisions."""
        found = {path.name: path.read_bytes() for path in self.records.glob("*.*") if path.suffix in COMPARED}
        rows = [*csv.DictReader(io.StringIO(found.get("decisions.csv", b"").decode()))]
        found["decisions.csv"] = repr([row | {"at": ""} for row in rows]).encode()
        return found

    def everything(self) -> dict[str, bytes]:
        """All that a command may change, but for the ledgers, whose journals come and go."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                found[path.relative_to(self.folder).as_posix()] = path.read_bytes()
        return found


STEPS = (
    *("ingest last year", "generate", "email", "ingest", "ingest more", "prefer", "status", "report", "mailing-list"),
    *("forget", "verify"),
)

# --- faults -----------------------------------------------------------------------------------------------------------

Fault = Callable[[Office, Path | None, random.Random], None]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    def add(plant: Fault) -> Fault:
        FAULTS[name] = plant
        return plant

    return add


def _sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute(statement)


def _damage(path: Path, chance: random.Random, *, page: bool = True) -> None:
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data)) // 4096 * 4096
    if page:
        data[at : at + 4096] = chance.randbytes(4096)
    else:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def _archived(office: Office, chance: random.Random) -> Path:
    return chance.choice(sorted((office.records / "returns").iterdir()))


@fault("ledger emptied")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    (office.records / LEDGER).write_bytes(b"")


@fault("ledger lost")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    (office.records / LEDGER).unlink()


@fault("ledger cut off")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    data = (office.records / LEDGER).read_bytes()
    (office.records / LEDGER).write_bytes(data[: chance.randrange(1, len(data))])


@fault("ledger: page damaged")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    _damage(office.records / LEDGER, chance)


@fault("ledger: bit flipped")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    _damage(office.records / LEDGER, chance, page=False)


@fault("ledger: answer changed by hand")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    _sql(office.records / LEDGER, "UPDATE reading SET reading=replace(CAST(reading AS TEXT), 'School', 'Skool')")


@fault("ledger: message deleted")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    _sql(office.records / LEDGER, "DELETE FROM message")
    _sql(office.records / LEDGER, "DELETE FROM arrival WHERE source = (SELECT min(source) FROM arrival)")


@fault("ledger and copy: page damaged in each")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    _damage(office.records / LEDGER, chance)
    _damage(office.records / COPY, chance)


@fault("ledger and copy lost")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    (office.records / LEDGER).unlink()
    (office.records / COPY).unlink()


@fault("copy: page damaged")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    _damage(office.records / COPY, chance)


@fault("copy lost")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    (office.records / COPY).unlink()


@fault("ledger older than its copy")
def _(office: Office, before: Path | None, _: random.Random) -> None:
    if before:
        shutil.copyfile(before / LEDGER, office.records / LEDGER)


@fault("ledger and copy older than the rest")
def _(office: Office, before: Path | None, _: random.Random) -> None:
    if before:
        shutil.copyfile(before / LEDGER, office.records / LEDGER)
        shutil.copyfile(before / COPY, office.records / COPY)


@fault("all records older")
def _(office: Office, before: Path | None, _: random.Random) -> None:
    if before:
        shutil.rmtree(office.records)
        shutil.copytree(before, office.records)


@fault("tables older than the ledger")
def _(office: Office, before: Path | None, _: random.Random) -> None:
    for path in before.glob("*.csv") if before else ():
        shutil.copyfile(path, office.records / path.name)


@fault("-wal left over: garbage")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    (office.records / f"{LEDGER}-wal").write_bytes(chance.randbytes(5000))


@fault("-wal left over: of another ledger")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    other = office.folder / "other.sqlite"
    shutil.copyfile(office.records / LEDGER, other)
    ledger = sqlite3.connect(other)
    ledger.execute("PRAGMA journal_mode=WAL")
    with ledger:
        ledger.execute("DELETE FROM result")
    shutil.copyfile(office.folder / "other.sqlite-wal", office.records / f"{LEDGER}-wal")
    ledger.close()
    other.unlink()


@fault("-journal left over: garbage")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    (office.records / f"{LEDGER}-journal").write_bytes(chance.randbytes(5000))


@fault("-journal left over: of an earlier run")
def _(office: Office, before: Path | None, __: random.Random) -> None:
    """A sync program brings back the journal of a transaction that was finished long ago."""
    other = office.folder / "other.sqlite"
    shutil.copyfile((before or office.records) / LEDGER, other)
    ledger = sqlite3.connect(other, isolation_level=None)
    ledger.execute("PRAGMA journal_mode=PERSIST")
    ledger.execute("PRAGMA cache_size=1")
    ledger.execute("BEGIN IMMEDIATE")
    ledger.execute("UPDATE reading SET reading=zeroblob(9000)")
    ledger.execute("UPDATE arrival SET year_given='x'")
    shutil.copyfile(office.folder / "other.sqlite-journal", office.records / f"{LEDGER}-journal")
    ledger.execute("ROLLBACK")
    ledger.close()
    for path in office.folder.glob("other.sqlite*"):
        path.unlink()


@fault("conflicted copies of a sync program")
def _(office: Office, before: Path | None, _: random.Random) -> None:
    for name in (LEDGER, "schools.csv"):
        stem, dot, suffix = name.partition(".")
        shutil.copyfile((before or office.records) / name, office.records / f"{stem} (conflicted copy){dot}{suffix}")


@fault("archived file changed")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    path = _archived(office, chance)
    path.write_bytes(path.read_bytes() + b"\n")


@fault("archived file emptied")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    _archived(office, chance).write_bytes(b"")


@fault("archived file lost")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    _archived(office, chance).unlink()


@fault("archive lost")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    shutil.rmtree(office.records / "returns")


@fault("strange file in the archive")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    (office.records / "returns" / "desktop.ini").write_text("[.ShellClassInfo]")


@fault("archive lost and ledger damaged")
def _(office: Office, _: Path | None, chance: random.Random) -> None:
    shutil.rmtree(office.records / "returns")
    _damage(office.records / LEDGER, chance)


@fault("table changed by hand")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    path = office.records / "schools.csv"
    path.write_text(path.read_text().replace("School", "Skool"))


@fault("table emptied")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    (office.records / "returns.csv").write_bytes(b"")


@fault("tables lost")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    for path in office.records.glob("*.csv"):
        path.unlink()


@fault("half-written file left over")
def _(office: Office, _: Path | None, __: random.Random) -> None:
    (office.records / ".schools.csv.abcd1234").write_text("half")
    (office.records / f".{LEDGER}.abcd1234").write_text("half")


# --- the trial --------------------------------------------------------------------------------------------------------

ADVICE = (  # what verify advises, and what the office then does
    (re.compile("thep-forms restore"), "restore"),
    (re.compile("Ingest it, or delete it"), "archived"),
    (re.compile("ingest the form again"), "missing"),
    (re.compile("Run ingest again|run ingest"), "ingest nothing"),
)


def follow(office: Office, words: str) -> str:
    """Do what a message advises. The name of what was done; empty where it advises nothing."""
    changed = re.findall(r"returns/(\S+) was changed: it does not match its name. Delete it", words)
    for name in changed:
        (office.records / "returns" / name).unlink()
    for pattern, what in ADVICE:
        if not pattern.search(words):
            continue
        if what == "restore":
            office.do("restore")
        elif what == "archived":
            for name in re.findall(r"returns/(\S+) is not known", words):
                path = office.records / "returns" / name
                if path.suffix != ".pdf":
                    path.unlink()
                    continue
                moved = office.folder / "found" / name
                moved.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, moved)
            if (office.folder / "found").is_dir():
                run("ingest", office.folder / "found", "-o", office.records)
        elif what == "missing":
            put_back(office)
        else:
            (office.folder / "empty").mkdir(exist_ok=True)
            run("ingest", office.folder / "empty", "-o", office.records)
        return what
    return ""


def put_back(office: Office) -> None:
    """Put copies of the archived files that are missing in their places."""
    (office.records / "returns").mkdir(exist_ok=True)
    with closing(sqlite3.connect(office.records / LEDGER)) as ledger:
        known = {sha256 for (sha256,) in ledger.execute("SELECT sha256 FROM file WHERE is_kept")}
    for batch in ("last year", "first", "second"):
        for path in (office.folder / batch).glob("*.pdf"):
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            target = office.records / "returns" / f"{sha256}.pdf"
            if sha256 in known and not target.exists():
                shutil.copyfile(path, target)


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


def is_refused(code: int) -> bool:
    return code == 2


def copied(office: Office, target: Path) -> Office:
    shutil.copytree(office.folder, target, ignore=shutil.ignore_patterns("snapshot*"))
    return Office(target)


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    picked = sys.argv[2] if len(sys.argv) > 2 else ""
    os.nice(19)
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
                    if picked in title:
                        outcome = tried(office, step, title, plant, before, base, random.Random(seed * 1000 + number))
                        outcomes[outcome] += 1
                shutil.copytree(office.records, snapshot)
                before = snapshot
            code, words = office.do(step)
            assert code in (0, 1), words
    for outcome, count in outcomes.most_common():
        print(f"{count:5} {outcome}")


def tried(
    office: Office, step: str, title: str, plant: Fault, before: Path | None, base: Path, chance: random.Random
) -> str:
    """Plant a fault before a step, and follow what is said. The outcome, which is printed."""
    whole = copied(office, base / "whole")
    whole.do(step)
    expected = whole.tables()
    faulty = copied(office, base / "faulty")
    plant(faulty, before, chance)
    planted = faulty.everything()
    crash, first, code = "", "", 0
    try:
        code, first = faulty.do(step)
        after_step = faulty.everything()
        changed = {name for name in planted.keys() | after_step.keys() if planted.get(name) != after_step.get(name)}
        changed = {name for name in changed if not re.search(r"ledger\.sqlite-(journal|wal|shm)$", name)}
        is_sound, done, last = mended(faulty, first)
        if is_refused(code):
            faulty.do(step)
            is_sound, more, last = mended(faulty, "")
            done += more
        same = faulty.tables() == expected
    except Exception as error:  # noqa: BLE001 - a crash is an outcome
        crash = f"{type(error).__name__}: {error}"
        is_sound = same = False
        done, last, changed = [], "", set()
    if crash:
        outcome = "CRASHED"
    elif not is_sound:
        outcome = "NOT MENDED by the advice"
    elif is_refused(code) and changed:
        outcome = "REFUSED, BUT CHANGED SOMETHING"
    elif not same:
        outcome = "mended, but the tables differ"
    elif is_refused(code):
        outcome = "refused, mended, nothing lost"
    elif done:
        outcome = "went on, mended, nothing lost"
    else:
        outcome = "went on, nothing lost"
    if outcome not in ("refused, mended, nothing lost", "went on, nothing lost", "went on, mended, nothing lost"):
        differing = sorted(name for name in expected if faulty.tables().get(name) != expected[name])
        print(
            f"{step} | {title} | {code} | {outcome} | {' '.join(first.split())[:300]} | {done} | {last[:300]!r} | {crash}"
        )
        print(f"     changed: {sorted(changed)[:6]}; differing: {differing}", flush=True)
    shutil.rmtree(whole.folder)
    shutil.rmtree(faulty.folder)
    return outcome


if __name__ == "__main__":
    main()
