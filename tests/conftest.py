"""What most tests start from: a year's definition, its blank form, a folder for the records."""

from __future__ import annotations

import asyncio
import csv
import gc
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import trustme

from tests.remake_samples import answers
from tests.support.browser import FLAGS
from tests.support.desk import PATIENCE, context_of, opened_at
from tests.support.imapserver import PASSWORD as IMAP_PASSWORD
from tests.support.imapserver import ImapServer
from tests.support.mailserver import MailServer
from tests.support.odd_imap import BODIES, Kept, OddImapServer
from tests.support.printers import by_qpdf
from tests.support.viewer import type_into
from tests.support.writing import SCHOOLS
from thep_forms.definition import Definitions, FormDefinition, MembershipYear, load_definition, shipped
from thep_forms.generate import generate
from thep_forms.office.arrivals.ingest import Summary
from thep_forms.office.arrivals.ingest import ingest as ingest_by
from thep_forms.office.decisions.deciding import Decided
from thep_forms.office.decisions.prefer import prefer as prefer_by
from thep_forms.reading import Reading
from thep_forms.reading.read import read_file
from thep_forms.records import checksums

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from thep_forms.desk.server import RunningDesk

Rows = list[dict[str, str]]

# No test of properties fails because the machine is busy. Each makes its own files anew for every example, so that
# they may share a folder.
hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("tests")

MANY_TESTS = 500
LONGEST = {"test_dask", "test_killed", "test_limits", "test_sign_in", "test_wheel", "test_year_to_its_end"}


def _measure_no_forked_process() -> None:
    """Processes that are forked from this one end without writing what coverage has measured in them."""
    sys.settrace(None)
    threading.settrace(None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_measure_no_forked_process)

# Two places in membership-form.toml: the row of the note on mailing lists, and the section of the protocol.
NOTE = '\n[[section.row]]\nheight = 10.5\ncells = [{ text = "mailing-lists.j2" }]'
PROTOCOL = '\n[[section]]\ntext = "protocol.j2"'


# Answers that are long, accented, or in other scripts than the form's own font has.
AWKWARD: dict[str, str | bool] = {
    "school_name": "St Anne’s and Guardian Angels Catholic Primary School with Nursery and Resource Base, Whitechapel",
    "phase_primary": True,
    "phase_nursery": True,
    "dfe_number": "4242",
    "registered_address": "Underwood Road\nWhitechapel\nLondon\nE1 0AA\nUnited Kingdom",
    "main_contact_designation": "Executive Headteacher, Designated Safeguarding Lead and Special Needs Coordinator",
    "main_contact_name": "Nguyễn Thị Ánh",
    "main_contact_email": "an.address.of.a.length@st-annes-and-guardian-angels.example",
    "chair_of_governors_name": "Adébáyọ̀ Ẹ̀kọ́ọ́lú",
    "headteacher_name": "মোহাম্মদ রহমান",
    "business_manager_name": "Łukasz Żółć-Şahin ğı",
    "senior_leader_1_name": "محمد علي Ahmed",
    "senior_leader_2_name": "李小龙 😀 Lee",
    "senior_leader_3_name": "Αθηνά Пётр Иванов",
    "senior_leader_4_name": "Ṭāhā Ḥusayn ʿAlī",
}


def pytest_xdist_auto_num_workers() -> int:
    """Half as many processes again as there are processors: a test waits a quarter of its time for what it started."""
    processors = os.cpu_count() or 1
    return processors + processors // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The modules that take longest come first, so that no process is at work on one when the others have ended."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or changes what the desk remembers of the person who runs the tests.

    Programs that tests start keep what they have compiled, for the next.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "APPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp("settings")))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _readers_loaded(request: pytest.FixtureRequest) -> None:
    """Where many tests run, load and draw once what each process that reads a file would load and draw for itself.

    These processes are forked from this one.
    """
    if len(request.session.items) >= MANY_TESTS:
        from thep_forms.office.arrivals.examine import Examiner
        from thep_forms.reading.paper.engine import engine

        examiner = Examiner(Definitions.of_today())
        for sample in ("Ivy Lane.pdf", "Summer fair.pdf"):  # a form, and a file that is compared with a form
            examiner.examine(shipped("samples") / "returns" / sample)
        engine()
        gc.freeze()  # all this, and thousands of tests, stay to the end: no search for garbage looks at them again


@pytest.fixture(scope="session")
def sample_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of the samples, with their list of schools. No test changes them."""
    records = tmp_path_factory.mktemp("samples") / "records"
    ingest(records, [shipped("samples") / "returns"], register=shipped("samples") / "schools.csv")
    return records


@pytest.fixture(scope="session")
def definition() -> FormDefinition:
    """That of 2026-27, which every command has that runs in this process."""
    return Definitions.of_today()(MembershipYear.parse("2026-27"))


@pytest.fixture(scope="session")
def form(definition: FormDefinition) -> bytes:
    return generate(definition)


@pytest.fixture(scope="session")
def filled(form: bytes) -> Callable[..., bytes]:
    """A form as the school of that establishment number would return it, with some answers changed."""
    return lambda number="2101", **changes: type_into(form, answers(number, **changes))


@pytest.fixture(scope="session")
def returned(form: bytes) -> bytes:
    """Cedar Primary's form as it returns it."""
    return type_into(form, answers("2101"))


@pytest.fixture(scope="session")
def flat(filled: Callable[..., bytes]) -> bytes:
    """Cedar's form without its boxes, with no phase ticked."""
    return by_qpdf(filled(phase_primary=False))


@pytest.fixture(scope="session")
def ticked(filled: Callable[..., bytes]) -> bytes:
    """Cedar's form without its boxes, with its phase ticked."""
    return by_qpdf(filled())


@pytest.fixture(scope="session")
def earlier_form() -> bytes:
    return generate(load_definition("2025-26"))


@pytest.fixture(scope="session")
def earlier(earlier_form: bytes) -> Callable[..., bytes]:
    """A form of 2025-26, as the school of that establishment number would return it."""
    return lambda number="2101", **changes: type_into(earlier_form, answers(number, **changes))


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A copy of the shipped templates, to be changed."""
    return Path(shutil.copytree(shipped("templates"), tmp_path / "templates"))


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """One whose certificates the system trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[MailServer]:
    with MailServer(authority) as running:
        yield running


@pytest.fixture(scope="module")
def module_authority() -> trustme.CA:
    """One whose certificates the servers of a module have. `trusts_module_authority` has the system trust it."""
    return trustme.CA()


@pytest.fixture
def trusts_module_authority(module_authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module_authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.fixture(scope="module")
def running_imap(module_authority: trustme.CA) -> Iterator[ImapServer]:
    with ImapServer(module_authority) as server:
        yield server


@pytest.fixture
def imap(running_imap: ImapServer, trusts_module_authority: None, monkeypatch: pytest.MonkeyPatch) -> ImapServer:
    """A mail server that keeps mailboxes, trusted, with the password in the environment."""
    assert trusts_module_authority is None
    monkeypatch.setenv("THEP_FORMS_IMAP_PASSWORD", IMAP_PASSWORD)
    return running_imap


@pytest.fixture
def odd(
    module_authority: trustme.CA, trusts_module_authority: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OddImapServer]:
    """An odd server with three messages. No reader of it pauses before it tries again."""
    assert trusts_module_authority is None
    monkeypatch.setattr("thep_forms.sources.mailbox.imap_retries.PAUSES", (0.0, 0.01, 0.01))
    with OddImapServer(module_authority) as server:
        server.messages = {uid: Kept(body) for uid, body in BODIES.items()}
        yield server


@pytest.fixture(scope="session")
def started_chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """A browser for all modules of this process, and the loop of its messages."""
    from playwright.sync_api import expect, sync_playwright  # slow to import

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # The same engine without a browser's own windows starts and draws in little more than half the time.
        path = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        loop = asyncio.get_running_loop()
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture(scope="module")
def chromium(started_chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """Playwright keeps its loop running in this thread. The tests of other modules, which start loops, see none.

    `asyncio._set_running_loop` is for those who look after a loop themselves, in spite of its name.
    """
    browser, loop = started_chromium
    asyncio._set_running_loop(loop)
    yield browser
    asyncio._set_running_loop(None)


@pytest.fixture(scope="module")
def shared_records(tmp_path_factory: pytest.TempPathFactory, form: bytes) -> Path:
    """Records with everything that a ledger may hold, for a module that damages copies of them."""
    from tests.support.kept_ledger import records_with_everything  # which imports this module

    return records_with_everything(tmp_path_factory.mktemp("made"), form)


@pytest.fixture
def some(made: Path, tmp_path: Path) -> Path:
    """A copy of the records that a module has `made`, to decide in."""
    return Path(shutil.copytree(made, tmp_path / "records"))


@pytest.fixture
def desk(some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningDesk]:
    """A desk of `some` records, whose person has no settings yet."""
    from thep_forms.desk.server import running_desk  # slow to import

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    with running_desk(some, Definitions.of_today) as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    found = context_of(chromium)
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext, desk: RunningDesk) -> Iterator[Page]:
    """The first page of the desk. No page may have an error."""
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    yield opened_at(context, desk)
    assert wrong == []


def read_return(pdf: bytes, definition: FormDefinition) -> Reading:
    """The one reading of a file that holds one form at most."""
    (reading,) = read_file(pdf, lambda _: definition)
    return reading


def record_files(records: Path) -> dict[str, bytes]:
    """The files that the program writes from the ledger, with their content by name."""
    return {path.name: path.read_bytes() for path in records.iterdir() if path.suffix in (".csv", ".json", ".xlsx")}


def rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edit(path: Path, right: str, wrong: str) -> None:
    """Put `wrong` in the place of the first `right` in a template, which has to be there."""
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")


def inbox(folder: Path, **files: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.pdf").write_bytes(data)
    return folder


def verdicts(records: Path) -> dict[str, str]:
    return {Path(row["source"]).stem: row["verdict"] for row in rows(records / "returns.csv")}


def ingest(records: Path, sources: Sequence[Path], templates: Path | None = None, **options: Any) -> Summary:
    """Ingest with the definitions of today."""
    return ingest_by(records, sources, definitions=Definitions.of_today(templates), **options)


def prefer(records: Path, return_id: str) -> Decided:
    """Prefer with the definitions of today."""
    return prefer_by(records, return_id, Definitions.of_today())


def change_ledger(records: Path, *statements: str) -> None:
    """Change the ledger as the program does, with the checksums of the rows."""
    ledger = sqlite3.connect(records / "ledger.sqlite")
    checksums.add_function(ledger)
    checksums.keep_up_to_date(ledger)
    with ledger:
        for statement in statements:
            ledger.execute(statement)
    ledger.close()


@pytest.fixture
def schools(tmp_path: Path) -> Path:
    """A list of the schools that are written to."""
    path = tmp_path / "schools.csv"
    path.write_text(SCHOOLS, encoding="utf-8")
    return path


@pytest.fixture
def three_schools(records: Path, schools: Path, tmp_path: Path) -> Path:
    """Records of three schools; none was written to, and none has answered."""
    ingest(records, [inbox(tmp_path / "in")], register=schools)
    return records


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A folder for records, which does not exist yet."""
    return tmp_path / "records"
