"""The same work on other machines: a Dask cluster is sent the bytes of files, and answers as `Workers` do."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from thep_forms.errors import ClusterError
from thep_forms.work import Failure, Job, Limits
from thep_forms.work.relay import Build, order
from thep_forms.work.remote import Errand, let_go, look, read

if TYPE_CHECKING:
    from distributed import Client, Security

T = TypeVar("T")
WorkerReply = bytes | Failure | Build

IN_FLIGHT = 2  # files for each thread of the cluster: the one that it reads, and the next
MOST = 256 * 2**20  # bytes in flight, unless it is one file
PATIENCE = 60.0  # seconds without a worker


class Cluster:
    """The Dask cluster whose scheduler is at `address`, such as `tls://scheduler.example:8786`.

    `job` is done there on the bytes of each file, in processes as confined and limited as those of `Workers`; what
    `build` says has to be the same there. Both must be picklable. Nothing is sent but through TLS, or to this very
    machine. Raises `ClusterError` where there is no such cluster, and when it is lost.
    """

    def __init__(
        self, address: str, job: Job, build: Callable[[], Build], limits: Limits, patience: float = PATIENCE
    ) -> None:
        self.address, self.patience = address, patience
        self._build, self._order = build(), order(job, build, limits)

    def __enter__(self) -> Cluster:
        with ExitStack() as stack:
            self._client = stack.enter_context(_connected(self.address))
            threads = self._threads_at_first()
            self._most = IN_FLIGHT * sum(threads.values())
            # Whoever joins later may be elsewhere: what is not encrypted is for these hosts alone.
            is_encrypted = urlsplit(self.address).scheme == "tls"
            self._hosts = None if is_encrypted else sorted({urlsplit(worker).hostname or "" for worker in threads})
            stack.callback(self._let_go)
            self._look()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """What `Workers.map` gives, of the files at those paths, encoded as the system does it."""
        executor = self._client.get_executor(pure=False, workers=self._hosts)  # pure: kept for whoever asks again
        flying: dict[Future[WorkerReply], tuple[T, int]] = {}
        try:
            for item, path in items:
                data = Path(os.fsdecode(path)).read_bytes()
                while flying and not self._has_room(len(data), [size for _, size in flying.values()]):
                    yield from self._gather(flying)
                with _losing():
                    flying[executor.submit(read, Errand(self._order, self._build, data))] = (item, len(data))
            while flying:
                yield from self._gather(flying)
        finally:
            with suppress(ClusterError), _losing():
                executor.shutdown(wait=False)

    def _has_room(self, size: int, sizes: list[int]) -> bool:
        return len(sizes) < self._most and sum(sizes) + size <= MOST

    def _gather(self, flying: dict[Future[WorkerReply], tuple[T, int]]) -> Iterator[tuple[T, bytes | Failure]]:
        """The answers that are there, after at least one has come."""
        done = wait(flying, self.patience, FIRST_COMPLETED).done
        if not done and not self._threads():
            raise self._no_workers()
        for future in sorted(done, key=Future.cancelled):  # what came before the cluster was lost counts
            item, _ = flying.pop(future)
            yield item, self._answer(future)

    def _answer(self, future: Future[WorkerReply]) -> bytes | Failure:
        from distributed import KilledWorker

        try:
            answer = future.result()
        except CancelledError as error:
            raise _lost() from error
        except KilledWorker:
            return Failure("The machines that were to read it ended while they did, one after the other.")
        except Exception as error:  # of Dask itself, or an installation: `read` raises nothing
            raise self._cannot_read(error) from error
        if isinstance(answer, dict):
            raise self._unlike(answer)
        return answer

    # --- who is there ---------------------------------------------------------------------------------------------

    def _threads_at_first(self) -> dict[str, int]:
        try:
            self._client.wait_for_workers(1, self.patience)
        except TimeoutError as error:
            raise self._no_workers() from error
        threads = self._threads()
        for worker in threads:
            if not _is_private(worker):
                raise ClusterError(
                    f"The Dask worker {worker} would be sent the forms unencrypted, for others to read. Nothing is "
                    "sent. Start the scheduler and its workers with TLS."
                )
        return threads

    def _threads(self) -> dict[str, int]:
        """How many threads each worker has, by its address."""
        with _losing():
            found: dict[str, int] = self._client.nthreads()
        return found

    def _look(self) -> None:
        """Raise `ClusterError` unless every worker can read, as we would."""
        for worker, build in self._client.run(look, self._order, on_error="return").items():
            if isinstance(build, BaseException):
                raise self._cannot_read(build, worker)
            if build != self._build:
                raise self._unlike(build, worker)

    def _let_go(self) -> None:
        with suppress(ClusterError), _losing():
            if self._client.status == "running":
                self._client.run(let_go, self._order, on_error="ignore")

    # --- what is wrong --------------------------------------------------------------------------------------------

    def _no_workers(self) -> ClusterError:
        return ClusterError(f"The Dask cluster at {self.address} has no workers. Start some, and run again.")

    def _cannot_read(self, error: BaseException, worker: str = "") -> ClusterError:
        return ClusterError(
            f"{_named(worker)} cannot read forms ({type(error).__name__}). Install thep-forms there as it is here."
        )

    def _unlike(self, build: Build, worker: str = "") -> ClusterError:
        names = [name for name in {**self._build, **build} if build.get(name) != self._build.get(name)]
        told = ", ".join(f"{name} {build.get(name)} there, {self._build.get(name)} here" for name in names)
        return ClusterError(f"{_named(worker)} may read forms otherwise: {told}. Make them the same.")


def _named(worker: str) -> str:
    return f"The Dask worker {worker}" if worker else "A Dask worker that joined"


def _lost() -> ClusterError:
    return ClusterError("The Dask cluster was lost. What was read so far is kept: run again, and it goes on.")


@contextmanager
def _losing() -> Iterator[None]:
    """What Dask raises when it is lost while we talk to it, as `ClusterError`."""
    from distributed.client import ClosedClientError

    try:
        yield
    except (OSError, ClosedClientError) as error:
        raise _lost() from error


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """A client of the scheduler there."""
    if not _is_private(address):
        raise ClusterError(
            f"{address}: others could read what is sent there. Nothing is. Start the Dask cluster with TLS, and give "
            "its address as tls://HOST:PORT."
        )
    try:
        import dask
        import distributed
    except ImportError as error:
        raise ClusterError("Dask is not installed here. Install it: pip install 'thep-forms[dask]'.") from error
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # we tell what is wrong ourselves, in one line
    security = _security(address)
    # Dask warns of large files, which are better off in the cluster's memory; ours are wanted once.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": str(MOST * 2)}):
        try:
            client = distributed.Client(address, security=security, set_as_default=False)
        except (OSError, ImportError) as error:
            raise ClusterError(
                f"The Dask scheduler at {address} cannot be reached ({type(error).__name__}). Look whether it runs, "
                "and whether its certificates and ours are of the same authority."
            ) from error
        with client:
            yield client


def _security(address: str) -> Security:
    """The certificates of Dask's own configuration."""
    from distributed import Security

    where = "distributed.comm.tls in Dask's configuration: https://distributed.dask.org/en/stable/tls.html"
    try:
        security = Security()
        context = security.get_connection_args("client")["ssl_context"]
    except OSError as error:
        raise ClusterError(f"The certificates cannot be used ({error.strerror or error}). Look at {where}.") from error
    if address.startswith("tls://") and not context:
        raise ClusterError(f"{address} needs certificates: the authority's, ours and its key. Give them as {where}.")
    return security


def _is_private(address: str) -> bool:
    """Whether nobody else can read what is sent there: it goes through TLS, or to this very machine.

    Raises `ClusterError` if it is no such address.
    """
    parts = urlsplit(address)
    with suppress(ValueError):  # a port that is no number
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port:
            return parts.scheme == "tls" or _is_loopback(parts.hostname)
    raise ClusterError(f"{address} is no address of a Dask scheduler. Write it as tls://HOST:PORT.")


def _is_loopback(host: str) -> bool:
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise ClusterError(f"{host} is not known on this network. Mend the address of the Dask scheduler.") from error
    return all(ip_address(one).is_loopback for one in found)
