"""A real Dask cluster on this machine: a scheduler and workers as processes of their own, with what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import trustme

ROOT = Path(__file__).parents[2]


class Process:
    """A command of Dask's, and the lines that it prints."""

    def __init__(self, *command: str, environment: Mapping[str, str], folder: Path) -> None:
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            cwd=folder,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._more:
                self.lines.append(line)
                self._more.notify_all()
        with self._more:
            self.lines.append("")  # the end
            self._more.notify_all()

    def wait_for(self, pattern: str) -> str:
        """The text of the pattern's group, as soon as a line matches it."""

        def found() -> re.Match[str] | None:
            for line in self.lines:
                if match := re.search(pattern, line):
                    return match
            return None

        with self._more:
            assert self._more.wait_for(lambda: found() or "" in self.lines, 60)
        match = found()
        assert match, "".join(self.lines)
        return match[1]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it as Dask does, its children with it."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._listener.join(20)
        with self._process:
            pass


class DaskCluster:
    """A scheduler and `workers` workers with one thread each, which use TLS if there is an authority.

    With `nannies`, as by Dask's default, each worker has a process that starts it again if it ends.
    """

    def __init__(
        self, folder: Path, workers: int = 2, authority: trustme.CA | None = None, *, nannies: bool = True
    ) -> None:
        self.folder, self.count = folder, workers
        self.nannies = () if nannies else ("--no-nanny",)
        self.protocol = "tls" if authority else "tcp"
        self.environment = certificates(folder, authority) if authority else {}
        self.processes: list[Process] = []
        self._stack = ExitStack()

    def __enter__(self) -> DaskCluster:
        self.scheduler = self._start("scheduler", "--port", "0")
        self.address = self.scheduler.wait_for(r"Scheduler at:\s+(\S+)")
        self.workers = [self.worker() for _ in range(self.count)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def worker(self, *options: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> Process:
        """Start one more worker in that folder."""
        usual = ("--nthreads", "1", "--death-timeout", "60", "--local-directory", str(self.folder), *self.nannies)
        started = self._start("worker", self.address, *usual, *options, environment=environment or {}, folder=folder)
        started.wait_for(r"Registered to:\s+(\S+)")
        return started

    def _start(self, *command: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> Process:
        host = () if "--listen-address" in command else ("--host", "127.0.0.1")
        started = Process(
            *command,
            *(*host, "--dashboard-address", "127.0.0.1:0", "--protocol", self.protocol),
            environment={**self.environment, **(environment or {})},
            folder=folder,
        )
        self._stack.callback(started.end)
        self.processes.append(started)
        return started

    @property
    def output(self) -> str:
        """All that the scheduler and the workers have printed."""
        return "".join(line for process in self.processes for line in process.lines)


def certificates(folder: Path, authority: trustme.CA) -> dict[str, str]:
    """Dask's settings with which the processes of a cluster trust each other."""
    mine = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    mine.private_key_and_cert_chain_pem.write_to_path(folder / "mine.pem")
    settings = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(folder / "authority.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        settings[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(folder / "mine.pem")
    return settings
