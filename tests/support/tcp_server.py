"""Listens on a port of this machine, for the servers of tests that speak over plain sockets."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Self

SECONDS_TO_END = 5.0  # that a thread has to end once its connection is closed


class TcpServer(ABC):
    """Takes connections in a thread, from its start with `with` to its end. A subclass says what it does with each.

    At the end it closes every connection that is in `_sockets`, and waits for the threads that `_run` started.
    """

    def __init__(self) -> None:
        self.connections = 0  # that were taken
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for opened in (self._listener, *self._sockets):  # which also wakes the threads that wait for them
            hang_up(opened)
        for thread in self._threads:
            thread.join(SECONDS_TO_END)

    @abstractmethod
    def _take(self, client: socket.socket) -> None:
        """Start what is done with a new connection. The next is taken when this returns."""

    def _run(self, work: Callable[..., object], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                self._sockets.append(client)
                self._take(client)


def hang_up(opened: socket.socket) -> None:
    """Close a connection, so that both its ends notice at once."""
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
    opened.close()
