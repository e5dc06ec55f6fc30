"""The same work on other machines: a Dask cluster is sent the bytes of files, and answers as `Workers` do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from thep_forms.errors import ClusterError
from thep_forms.work import Failure, Job, Limits
from thep_forms.work.dask_client import as_cluster_error, connect, is_private, lost
from thep_forms.work.program import Build, pack_setup
from thep_forms.work.tasks import Task, build_here, end_programs, run_task

T = TypeVar("T")
TaskAnswer = bytes | Failure | Build

TASKS_PER_THREAD = 2  # for each thread of the cluster: the current file and the next.
MOST_BYTES_IN_FLIGHT = 256 * 2**20  # a single larger file is sent alone.
PATIENCE = 60.0  # seconds to wait for a worker.


class Cluster:
    """The Dask cluster whose scheduler is at `address`, such as `tls://scheduler.example:8786`.

    The cluster runs `job` on the bytes of each file, in processes as confined and limited as the `Workers`. `build`
    must return the same value there. Both must be picklable. Data goes through TLS, or stays on this machine. Raises
    `ClusterError` if the cluster does not exist or is lost.
    """

    def __init__(
        self, address: str, job: Job, build: Callable[[], Build], limits: Limits, patience: float = PATIENCE
    ) -> None:
        """`patience` is how many seconds to wait for a worker."""
        self.address, self.patience = address, patience
        self._build, self._setup = build(), pack_setup(job, build, limits)

    def __enter__(self) -> Cluster:
        with ExitStack() as stack:
            self._client = stack.enter_context(connect(self.address, MOST_BYTES_IN_FLIGHT))
            threads = self._threads_at_first()
            self._most_tasks = TASKS_PER_THREAD * sum(threads.values())
            # A worker that joins later may be on another machine: what is not encrypted goes to these hosts alone.
            is_encrypted = urlsplit(self.address).scheme == "tls"
            self._hosts = None if is_encrypted else sorted({urlsplit(worker).hostname or "" for worker in threads})
            stack.callback(self._end_programs)
            self._require_same_builds()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """The answer to each item, in any order. Each item's bytes are the path of a file, as `os.fsencode` has it."""
        executor = self._client.get_executor(pure=False, workers=self._hosts)  # pure: Dask would keep the answers
        in_flight: dict[Future[TaskAnswer], tuple[T, int]] = {}  # each item and the size of its file
        try:
            for item, path in items:
                data = Path(os.fsdecode(path)).read_bytes()
                while in_flight and not self._has_room(len(data), [size for _, size in in_flight.values()]):
                    yield from self._gather(in_flight)
                with as_cluster_error():
                    future = executor.submit(run_task, Task(self._setup, self._build, data))
                in_flight[future] = (item, len(data))
            while in_flight:
                yield from self._gather(in_flight)
        finally:
            with suppress(ClusterError), as_cluster_error():
                executor.shutdown(wait=False)

    def _has_room(self, size: int, sizes_in_flight: list[int]) -> bool:
        has_free_thread = len(sizes_in_flight) < self._most_tasks
        return has_free_thread and sum(sizes_in_flight) + size <= MOST_BYTES_IN_FLIGHT

    def _gather(self, in_flight: dict[Future[TaskAnswer], tuple[T, int]]) -> Iterator[tuple[T, bytes | Failure]]:
        """The answers that are there, after at least one has come. They are taken out of `in_flight`."""
        done = wait(in_flight, self.patience, FIRST_COMPLETED).done
        if not done and not self._threads():
            raise self._no_workers()
        for future in sorted(done, key=Future.cancelled):  # answers that came before the cluster was lost come first
            item, _ = in_flight.pop(future)
            yield item, self._answer(future)

    def _answer(self, future: Future[TaskAnswer]) -> bytes | Failure:
        from distributed import KilledWorker

        try:
            answer = future.result()
        except CancelledError as error:
            raise lost() from error
        except KilledWorker:
            return Failure("Each machine that was to read this file ended while it did.", is_temporary=True)
        except Exception as error:  # from Dask or a broken installation: `run_task` raises nothing
            raise self._cannot_read(error) from error
        if isinstance(answer, dict):
            raise self._different_build(answer)
        return answer

    # --- the cluster's workers ------------------------------------------------------------------------------------

    def _threads_at_first(self) -> dict[str, int]:
        """How many threads each worker has, by its address. Raises `ClusterError` where no worker may be sent forms."""
        try:
            self._client.wait_for_workers(1, self.patience)
        except TimeoutError as error:
            raise self._no_workers() from error
        threads = self._threads()
        for worker in threads:
            if not is_private(worker):
                raise ClusterError(
                    f"The Dask worker {worker} would be sent the forms unencrypted, for others to read. Nothing is "
                    "sent. Start the scheduler and its workers with TLS."
                )
        return threads

    def _threads(self) -> dict[str, int]:
        with as_cluster_error():
            threads: dict[str, int] = self._client.nthreads()
        return threads

    def _require_same_builds(self) -> None:
        """Raise `ClusterError` unless every worker can read files as this machine would."""
        for worker, build in self._client.run(build_here, self._setup, on_error="return").items():
            if isinstance(build, BaseException):
                raise self._cannot_read(build, worker)
            if build != self._build:
                raise self._different_build(build, worker)

    def _end_programs(self) -> None:
        with suppress(ClusterError), as_cluster_error():
            if self._client.status == "running":
                self._client.run(end_programs, self._setup, on_error="ignore")

    # --- what is wrong --------------------------------------------------------------------------------------------

    def _no_workers(self) -> ClusterError:
        return ClusterError(f"The Dask cluster at {self.address} has no workers. Start some, and run again.")

    def _cannot_read(self, error: BaseException, worker: str = "") -> ClusterError:
        return ClusterError(
            f"{_named(worker)} cannot read forms ({type(error).__name__}). Install thep-forms there as it is here."
        )

    def _different_build(self, build: Build, worker: str = "") -> ClusterError:
        names = [name for name in {**self._build, **build} if build.get(name) != self._build.get(name)]
        differences = ", ".join(f"{name} {build.get(name)} there, {self._build.get(name)} here" for name in names)
        return ClusterError(f"{_named(worker)} may read forms otherwise: {differences}. Make them the same.")


def _named(worker: str) -> str:
    return f"The Dask worker {worker}" if worker else "A Dask worker that joined"
