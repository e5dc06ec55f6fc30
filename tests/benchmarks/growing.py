"""Time and memory as the returns grow in number: python -m tests.benchmarks.growing 100 1000 10000"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.benchmarks.returns import definition, values
from thep_forms.generate import Master

INGEST = [sys.executable, "-m", "thep_forms", "ingest"]


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [100, 1000, 10_000]
    master = Master(definition())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'returns':>8}{'ms each':>10}{'one more':>10}{'peak MB':>10}   kB on the disk: ledger, tables")
        made = 0
        for size in sizes:
            for number in range(made, size):
                group = folder / "in" / f"{number // 1000:03}"
                group.mkdir(parents=True, exist_ok=True)
                told = values(1000 + number % 9000) | {"main_contact_name": f"Person {number}"}
                (group / f"{number:06}.pdf").write_bytes(master.copy(told))
            made = size
            records = folder / "records"
            shutil.rmtree(records, ignore_errors=True)
            seconds, peak = measured([*INGEST, str(folder / "in"), "-o", str(records)])
            (folder / "one.pdf").write_bytes(master.copy(values(1001) | {"main_contact_name": "One More"}))
            more, _ = measured([*INGEST, str(folder / "one.pdf"), "-o", str(records)])
            ledger = (records / "ledger.sqlite").stat().st_size // 1024
            tables = sum(path.stat().st_size for path in records.glob("*.*") if path.name != "ledger.sqlite") // 1024
            print(f"{size:8}{seconds / size * 1000:10.2f}{more:9.2f}s{peak:10.0f}   {ledger}, {tables}", flush=True)


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and the most memory that the whole tree of processes had at once, in MB."""
    started, peak = time.perf_counter(), [0.0]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def watch() -> None:
        while process.poll() is None:
            peak[0] = max(peak[0], _tree(process.pid))
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    seconds = time.perf_counter() - started
    watcher.join()
    return seconds, peak[0]


def _tree(pid: int) -> float:
    """The proportional set size of a process and those below it: what they share counts once. Linux alone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, ValueError):
        return 0.0
    own = next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) / 1024
    return own + sum(_tree(int(child)) for child in below)


if __name__ == "__main__":
    main()
