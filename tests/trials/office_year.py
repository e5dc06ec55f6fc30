"""A year of an office, with a fault planted in its records at each step: python -m tests.trials.office_year [SEED PICK]

For each step and each fault: what the next command says, and what is left once its advice was followed. Prints those
that are not as they should be, and the number of each outcome. PICK is a part of a fault's name, to try those alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
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
from thep_forms.cli.errors import ExitCode
from thep_forms.definition import load_definition
from thep_forms.generate import generate
from thep_forms.records.names import PACKAGE, TableName

LEDGER, COPY = "ledger.sqlite", "ledger-copy.sqlite"
MOST_ADVICE = 6  # pieces of advice that are followed, one after the other
COMPARED = (*(table.file for table in TableName), PACKAGE)
FROM_ARCHIVE = ("schools.csv", "contacts.csv")  # what the archived files say; the ledger alone knows how they came
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
        found = {name: (self.records / name).read_bytes() for name in COMPARED if (self.records / name).is_file()}
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
