"""Starts the desk, on this computer alone, and ends it when nobody has used it for long."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import uvicorn
from msgspec.structs import replace

from thep_forms.definition import Definitions
from thep_forms.definition.load import templates_in
from thep_forms.desk.access import HOSTS, Guard, Key
from thep_forms.desk.app import make_app
from thep_forms.desk.batches import Batches, with_steps
from thep_forms.desk.downloads import Downloads
from thep_forms.desk.jobs import Job, Jobs
from thep_forms.desk.mailbox_sign_in import MailboxSignIn
from thep_forms.desk.pages import DeskContext, Pages
from thep_forms.desk.settings import settings_file
from thep_forms.desk.year_in_sight import YearInSight
from thep_forms.errors import OutputError
from thep_forms.office import demo
from thep_forms.office.demo import run_demo
from thep_forms.office.opening import kept_in_memory, open_records
from thep_forms.office.years import can_begin
from thep_forms.work.processes import begin_to_load

HOURS_IDLE = 8  # after which the desk closes
# What reads, draws and opens files, which takes long to load; and the program itself, which each process loads anew.
_FOR_WORKERS = (
    "PIL.Image",
    "thep_forms.cli",
    "thep_forms.office.display.box_places",
    "thep_forms.office.arrivals.examine",
    "thep_forms.sources.containers.transfer",
    "pikepdf",
    "pypdfium2",
)
_OBJECTS = 100_000  # that are made before the youngest are searched for garbage
_MOMENT = 0.05  # seconds
_PATIENCE = 10.0  # seconds until it has started


class RunningDesk:
    """A desk that runs. `address` opens it, with the secret."""

    def __init__(self, server: uvicorn.Server, guard: Guard, jobs: Jobs, address: str) -> None:
        self._server, self._guard, self._jobs, self.address = server, guard, jobs, address

    def wait(self, hours: float = HOURS_IDLE) -> None:
        """Wait until nobody has used it for that long, and no job is at work."""
        while not self._server.should_exit and (self._jobs.current or self._idle_seconds < hours * 3600):
            time.sleep(1)

    @property
    def _idle_seconds(self) -> float:
        return time.monotonic() - self._guard.last_used


@contextmanager
def running_desk(
    folder: Path, definitions: Callable[[], Definitions], port: int = 0, *, is_samples: bool = False
) -> Iterator[RunningDesk]:
    """A desk of the RECORDS in `folder`; without a `port`, on any that is free.

    In a folder with nothing in it, it begins with the first questions. Templates in `folder` count unless `definitions`
    have some. Raises `OutputError` if the port is taken, `RecordsError`, `TemplateError`.
    """
    definitions = partial(_with_own_templates, folder, definitions)
    if not can_begin(folder):
        with open_records(folder, definitions()):
            pass  # what is wrong with the records is said before anything starts
    listening = _listening(port)
    number = listening.getsockname()[1]
    key, jobs, downloads = Key(), Jobs(), Downloads()
    sight, batches = YearInSight(folder, definitions), Batches(folder, definitions, jobs)
    samples = _Samples(folder)
    open_samples = None if is_samples else samples.open
    pages, settings = Pages(key.token), settings_file()
    mailbox = MailboxSignIn(folder, definitions, settings)
    desk = DeskContext(folder, definitions, pages, jobs, downloads, sight, batches, settings, mailbox, open_samples)
    guard = Guard(make_app(desk), key, number)
    # No access log: nothing that is asked for is written down.
    server = uvicorn.Server(uvicorn.Config(guard, access_log=False, log_level="critical", server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _PATIENCE
    while not server.started and time.monotonic() < deadline:
        time.sleep(_MOMENT)
    begin_to_load(*_FOR_WORKERS)
    with kept_in_memory(folder), _garbage_searched_less():
        try:
            yield RunningDesk(server, guard, jobs, f"http://{HOSTS[0]}:{number}{key.address}")
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
            listening.close()
            jobs.close()
            batches.close()  # once nothing can arrive any more
            samples.close()
            downloads.close()


@contextmanager
def _garbage_searched_less() -> Iterator[None]:
    """Python searches for garbage less often: at many thousand returns, a third of the time of a page went into that.

    Almost everything is freed without a search, as it is in no cycle.
    """
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _with_own_templates(folder: Path, definitions: Callable[[], Definitions]) -> Definitions:
    """The definitions, with the templates in the RECORDS folder if they have none."""
    found = definitions()
    return found if found.templates else replace(found, templates=templates_in(folder))


class _Samples:
    """The samples of the program in a folder beside the records, and a desk of their own."""

    def __init__(self, records: Path) -> None:
        self._folder = records.absolute().with_name(f"{records.absolute().name} (samples)")
        self._open = ExitStack()
        self._address = ""

    def open(self, job: Job) -> str:
        """Read the samples, and give the address of a desk with them."""
        if not self._address:
            run_demo(self._folder, partial(with_steps, job))
            definitions = partial(Definitions, None, demo.YEAR)
            desk = running_desk(self._folder / "records", definitions, is_samples=True)
            self._address = self._open.enter_context(desk).address
        return self._address

    def close(self) -> None:
        """End that desk."""
        self._open.close()


def _listening(port: int) -> socket.socket:
    found = socket.socket()
    if os.name == "posix":  # so that a port can be used again at once; on Windows it would let others take it
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOSTS[0], port))  # nobody on another computer can reach it
    except OSError as error:
        found.close()
        raise OutputError(f"Another program uses the port {port}. Choose another one with --port.") from error
    return found


def show(address: str) -> bool:
    """Open the page in the browser. Whether there is one."""
    return webbrowser.open(address)
