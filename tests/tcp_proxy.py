"""Stands between a program and a server on this machine, and hangs up when it is told to."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Proxy:
    """Passes on what comes. It hangs up after so many bytes from the server, once for each number in `hang_up_after`.

    Where `refuses_after` is set, it takes no more than so many connections.
    """

    def __init__(self, port: int, hang_up_after: list[int], refuses_after: int = 1000) -> None:
        self._target, self.hang_up_after, self.refuses_after = port, hang_up_after, refuses_after
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Proxy:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits
        self._listener.close()
        for opened in self._sockets:
            _hang_up(opened)
        for thread in self._threads:
            thread.join()

    def _run(self, work: object, *arguments: object) -> None:
        assert callable(work)
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                if self.connections > self.refuses_after:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                limit = self.hang_up_after.pop(0) if self.hang_up_after else None
                self._run(self._pass_on, client, server, None)
                self._run(self._pass_on, server, client, limit)

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, limit: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while piece := source.recv(4096):
                passed += len(piece)
                if limit is not None and passed > limit:
                    break
                target.sendall(piece)
        _hang_up(source)
        _hang_up(target)


def _hang_up(opened: socket.socket) -> None:
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
    opened.close()
