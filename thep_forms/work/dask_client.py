"""Connects to a Dask scheduler if the connection is encrypted or local."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from thep_forms.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Security

_TLS_HELP = "distributed.comm.tls in Dask's configuration: https://distributed.dask.org/en/stable/tls.html"


@contextmanager
def connect(address: str, most_bytes: int) -> Iterator[Client]:
    """A client of the Dask scheduler at `address`. `most_bytes` is the largest amount that is in flight at once.

    Raises `ClusterError` where the address is not private, Dask is not installed, or there is no scheduler.
    """
    if not is_private(address):
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
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # `ClusterError` says what is wrong, in one line
    security = _security(address)
    # Dask warns of large tasks, as data for several tasks is better kept in the cluster. A file is for one task.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": str(most_bytes * 2)}):
        try:
            client = distributed.Client(address, security=security, set_as_default=False)
        except (OSError, ImportError) as error:
            raise ClusterError(
                f"The Dask scheduler at {address} cannot be reached ({type(error).__name__}). Check that it runs, and "
                "that its certificates and ours are of the same authority."
            ) from error
        with client:
            yield client


@contextmanager
def as_cluster_error() -> Iterator[None]:
    """Raises `ClusterError` where Dask loses the cluster while we talk to it."""
    from distributed.client import ClosedClientError

    try:
        yield
    except (OSError, ClosedClientError) as error:
        raise lost() from error


def lost() -> ClusterError:
    """The error for a cluster that no longer answers."""
    return ClusterError("The Dask cluster was lost. What was read so far is kept. Run again to read the rest.")


def is_private(address: str) -> bool:
    """Whether data sent to the address goes through TLS or stays on this machine.

    Raises `ClusterError` if it is not the address of a scheduler or worker.
    """
    parts = urlsplit(address)
    with suppress(ValueError):  # the port is not a number
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port:
            return parts.scheme == "tls" or _is_loopback(parts.hostname)
    raise ClusterError(f"{address} is not the address of a Dask scheduler. Write it as tls://HOST:PORT.")


def _is_loopback(host: str) -> bool:
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise ClusterError(f"{host} is not known on this network. Correct the Dask scheduler's address.") from error
    return all(ip_address(address).is_loopback for address in addresses)


def _security(address: str) -> Security:
    """The certificates that Dask's own configuration names."""
    from distributed import Security

    try:
        security = Security()
        context = security.get_connection_args("client")["ssl_context"]
    except OSError as error:
        raise ClusterError(
            f"The certificates cannot be used ({error.strerror or error}). Check {_TLS_HELP}."
        ) from error
    if address.startswith("tls://") and not context:
        raise ClusterError(
            f"{address} needs certificates: the authority's, ours and its key. Give them in {_TLS_HELP}."
        )
    return security
