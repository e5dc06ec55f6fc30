"""Stands between a program and a server on this machine, and hangs up when it is told to."""

from __future__ import annotations

import socket
from contextlib import suppress

from tests.support.tcp_server import TcpServer, hang_up


class Proxy(TcpServer):
    """Passes on what comes. It hangs up after so many bytes from the server, once for each number in `hang_up_after`.

    Where `refuses_after` is set, it takes no more than so many connections.
    """

    def __init__(self, port: int, hang_up_after: list[int], refuses_after: int = 1000) -> None:
        super().__init__()
        self._target, self.hang_up_after, self.refuses_after = port, hang_up_after, refuses_after

    def _take(self, client: socket.socket) -> None:
        if self.connections > self.refuses_after:
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self._target))
        self._sockets.append(server)
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
        hang_up(source)
        hang_up(target)
