"""Time and memory as the returns grow in number: python -m tests.benchmarks.growing 100 1000 10000 25000"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.benchmarks.returns import definition, values
from thep_forms.generate import Master

SIZES = (100, 1000, 10_000, 25_000)
INGEST = [sys.executable, "-m", "thep_forms", "ingest"]


class Measured:
    """What a command took: seconds by the clock, and the most memory in MB that its processes had.

    `peak` is of all of them at once, what they share counted once; `worker` of the largest but the first, all that it
    sees. Linux alone has these.
    """

    def __init__(self, command: list[str]) -> None:
        self.peak = self.worker = 0.0
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        process.wait()
        self.seconds = time.perf_counter() - started
        watcher.join()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            workers = _below(process.pid)
            self.peak = max(self.peak, sum(_megabytes(pid, "Pss") for pid in (process.pid, *workers)))
            self.worker = max(self.worker, *(_megabytes(pid, "Rss") for pid in workers), 0.0)
            time.sleep(0.05)


def _below(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _megabytes(pid: int, what: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:")), 0.0)


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    master = Master(definition())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = folder / "one.pdf"
        one.write_bytes(master.copy(values(1001) | {"main_contact_name": "One More"}))
        start = Measured([*INGEST, str(one), "-o", str(folder / "records-1")]).seconds
        print(f"one return: {start:.2f} s; what follows is beyond that\n")
        columns = ("ms each", "again, ms", "one more, s", "all, MB", "a worker, MB", "ledger, kB", "tables, kB")
        print(f"{'returns':>8}", *(f"{column:>12}" for column in columns))
        made = 0
        for size in sizes:
            for number in range(made, size):
                group = folder / "in" / f"{number // 1000:03}"
                group.mkdir(parents=True, exist_ok=True)
                told = values(1000 + number % 9000) | {"main_contact_name": f"Person {number}"}
                (group / f"{number:06}.pdf").write_bytes(master.copy(told))
            made = size
            records = folder / f"records-{size}"  # deleting the last would slow some file systems down
            first, again = (Measured([*INGEST, str(folder / "in"), "-o", str(records)]) for _ in range(2))
            more = Measured([*INGEST, str(one), "-o", str(records)])
            ledger = (records / "ledger.sqlite").stat().st_size / 1024
            tables = sum(path.stat().st_size for path in records.glob("*.*") if path.suffix == ".csv") / 1024
            each = [(taken.seconds - start) / size * 1000 for taken in (first, again)]
            figures = (*each, more.seconds, first.peak, first.worker, ledger / size, tables / size)
            print(f"{size:8}", *(f"{figure:12.2f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
