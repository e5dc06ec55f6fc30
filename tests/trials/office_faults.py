"""Faults that are planted in the records of an office: damage, files that are lost or old, and what is left over."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.trials.office import COPY, LEDGER, Office

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
