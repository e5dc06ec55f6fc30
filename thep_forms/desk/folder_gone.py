"""Notices that the folder of the records has gone while the desk is open, such as that of a drive that was taken off.

Without this the desk would begin anew there, and new records would stand in the place of those on the drive.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from thep_forms.office.years import can_begin, has_records


class NoticesFolderGone:
    """An ASGI application that answers every request with `problem`, in words, while the records have gone."""

    def __init__(self, app: ASGIApp, folder: Path, problem: Callable[[str], Response]) -> None:
        self._app, self._folder, self._problem = app, folder, problem
        self._had_records = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, if the records are there or have not begun."""
        is_page = scope["type"] == "http" and not scope["path"].startswith("/static/")
        if is_page and await run_in_threadpool(self._is_gone):
            response = await run_in_threadpool(
                self._problem,
                f"The records are no longer in {self._folder.absolute()}. If that is on a network drive or a stick, "
                "connect it again. If somebody has moved the folder, put it back. Then reload this page. Nothing was "
                "changed.",
            )
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_gone(self) -> bool:
        if has_records(self._folder):
            self._had_records = True
            return False
        return self._had_records and can_begin(self._folder)
