"""A Dask cluster reads returns as this machine does: with the same tables, the same limits, and after failures."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import distributed
import pikepdf
import pytest
import trustme

from tests.benchmarks.returns import values, written
from tests.conftest import edit, ingest, rows
from tests.records.test_killed import tables
from tests.support import jobs
from tests.support.commands import program, run
from tests.support.dask_cluster import ROOT, DaskCluster, certificates
from tests.support.packing import mail
from tests.work.test_work import attempt
from thep_forms import __version__
from thep_forms.definition import shipped
from thep_forms.errors import ClusterError
from thep_forms.sources import SourceFile
from thep_forms.work import Failure, Limits, Workers
from thep_forms.work.cluster import Cluster

SAMPLES = shipped("samples") / "returns"
FEW = [SAMPLES / "Ivy Lane.pdf", SAMPLES / "Gladstone mistyped email.pdf"]
TYPED = 30
HALF_WAY = 25  # files
PASSWORDS = ("sesame",)
BUILD = {"program": "1"}
LIMITS = Limits(30, 512)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with DaskCluster(tmp_path_factory.mktemp("dask")) as started:
        yield started


def bomb() -> bytes:
    """A page of a few kB that is 600 MB when it is unpacked."""
    packed = zlib.compress(zlib.compress(bytes(600 * 2**20), 1), 9)
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        contents = pdf.make_stream(b"")
        contents.write(packed, filter=[pikepdf.Name.FlateDecode] * 2)
        pdf.pages[0].Contents = contents
        out = io.BytesIO()
        pdf.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, some tens of returns, an e-mail, and a file that breaks its reader.

    Without the sample that is no form: each process that reads one draws the form first, to compare it.
    """
    folder = tmp_path_factory.mktemp("inbox")
    shutil.copytree(SAMPLES, folder / "samples", ignore=shutil.ignore_patterns("Summer fair.pdf"))
    written(folder / "typed", TYPED)
    (folder / "bomb.pdf").write_bytes(bomb())
    (folder / "in.eml").write_bytes(bytes(mail({"form.pdf": (SAMPLES / "Ivy Lane.pdf").read_bytes()})))
    return folder


@pytest.fixture(scope="module")
def undisturbed(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of a run on this machine."""
    records = tmp_path_factory.mktemp("here") / "records"
    ingest(records, [inbox], limits=LIMITS, passwords=PASSWORDS)
    (row,) = [row for row in rows(records / "returns.csv") if row["source"].endswith("bomb.pdf")]
    assert row["verdict"] == "unreadable"
    return tables(records)


def ingest_there(inbox: Path, records: Path, address: str, half_way: Callable[[], object] = bool) -> int:
    """How many files were new; `half_way` is called when about half of them have been read."""

    def progress(files: Sequence[SourceFile]) -> Iterable[SourceFile]:
        for number, file in enumerate(files):
            if number == HALF_WAY:
                half_way()
            yield file

    return ingest(records, [inbox], limits=LIMITS, passwords=PASSWORDS, dask=address, progress=progress).new


def processes(address: str) -> list[int]:
    """The process numbers of the workers."""
    with distributed.Client(address, set_as_default=False) as client:
        return sorted(client.run(os.getpid).values())


# --- The same tables ----------------------------------------------------------------------------------------------


def test_a_run_on_a_cluster_gives_the_tables_of_a_local_run_even_if_a_worker_is_killed(
    inbox: Path, tmp_path: Path, cluster: DaskCluster, undisturbed: dict[str, bytes]
) -> None:
    first, second = processes(cluster.address)
    new = ingest_there(inbox, tmp_path / "records", cluster.address, lambda: os.kill(first, signal.SIGKILL))
    assert new > TYPED
    assert tables(tmp_path / "records") == undisturbed
    assert second in processes(cluster.address)  # hostile files have killed none of them
    assert first not in processes(cluster.address)


def test_files_that_an_earlier_run_read_are_not_read_again(inbox: Path, tmp_path: Path, cluster: DaskCluster) -> None:
    ingest(tmp_path / "records", [inbox / "typed"])
    assert ingest_there(inbox / "typed", tmp_path / "records", cluster.address) == 0


# --- As well protected --------------------------------------------------------------------------------------------


def builds() -> dict[str, str]:
    return BUILD


def read_there(
    address: str, job: Callable[[bytes], bytes], folder: Path, *pieces: bytes, limits: Limits = jobs.LIMITS
) -> list[bytes | Failure]:
    """The answer to each piece, in their order."""
    paths = [folder / str(number) for number in range(len(pieces))]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    with Cluster(address, job, builds, limits) as there:
        answers = dict(there.map((path, os.fsencode(path)) for path in paths))
    return [answers[path] for path in paths]


def breaks(piece: bytes) -> bytes:
    for job, *_ in jobs.BREAKING:
        job(piece)
    return piece


def test_a_file_that_breaks_its_reader_spoils_no_other_answer_and_ends_no_worker(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    before = processes(cluster.address)
    pieces = [
        piece for number, (_, breaking, _) in enumerate(jobs.BREAKING) for piece in (breaking, str(number).encode())
    ]
    answers = read_there(cluster.address, breaks, tmp_path, *pieces)
    here = dict(Workers(breaks, jobs.LIMITS).map(enumerate(pieces)))
    assert answers == [here[number] for number in range(len(pieces))]
    assert [isinstance(answer, Failure) for answer in answers] == [True, False] * len(jobs.BREAKING)
    assert set(before) <= set(processes(cluster.address))


def meddles(piece: bytes) -> bytes:
    return attempt(piece.decode(), ROOT)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has seccomp; docs/administrators.md says what other systems lack"
)
def test_a_reader_on_the_cluster_that_tries_a_forbidden_act_fails(cluster: DaskCluster, tmp_path: Path) -> None:
    acts = (b"write a file", b"open a socket", b"start a process", b"kill the parent")
    answers = read_there(cluster.address, meddles, tmp_path, *acts)
    assert answers == [Failure("Our program failed on this file.", error="PermissionError")] * len(acts)


def test_a_large_file_and_its_answer_pass_through_the_cluster(cluster: DaskCluster, tmp_path: Path) -> None:
    """Larger than the size that Dask warns of."""
    piece = os.urandom(12 * 2**20)
    assert read_there(cluster.address, bytes, tmp_path, piece, limits=LIMITS) == [piece]


def test_the_output_of_dask_quotes_nothing_of_a_form(cluster: DaskCluster) -> None:
    """After all of the above."""
    typed: set[str] = set()
    for number in range(1000, 1000 + TYPED):
        answers = values(number)
        del answers["dfe_number"]
        typed |= {answer for answer in answers.values() if isinstance(answer, str)}
    assert typed
    for text in (*typed, "Jo Bloggs", "%PDF", *PASSWORDS):
        assert text not in cluster.output


def programs(pid: int) -> list[int]:
    """The programs that read forms, of the processes that `pid` has started."""
    found: list[int] = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"thep_forms" in Path(f"/proc/{child}/cmdline").read_bytes():
            found.append(int(child))
        found += programs(int(child))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="it looks for the processes in /proc, which only Linux has")
def test_programs_that_read_forms_end_with_the_run(cluster: DaskCluster, tmp_path: Path) -> None:
    """Their memory holds the file that they read last, and passwords."""
    (tmp_path / "file").write_bytes(b"1")
    workers = processes(cluster.address)
    with Cluster(cluster.address, bytes, builds, LIMITS) as there:
        assert list(there.map([(1, os.fsencode(tmp_path / "file"))])) == [(1, b"1")]
        assert any(programs(pid) for pid in workers)
    assert not any(programs(pid) for pid in workers)


# --- Clusters that are lost ---------------------------------------------------------------------------------------


def test_a_run_whose_scheduler_is_killed_keeps_its_readings_and_the_next_run_continues(
    inbox: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    records = tmp_path / "records"
    with DaskCluster(tmp_path, nannies=False) as cluster, pytest.raises(ClusterError, match=r"lost.*Run again"):
        ingest_there(inbox, records, cluster.address, cluster.scheduler.kill)
    rest = ingest(records, [inbox], limits=LIMITS, passwords=PASSWORDS)
    assert 0 < rest.new < TYPED
    assert tables(records) == undisturbed


def test_a_run_whose_workers_are_all_killed_ends_with_an_error(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(10)]
    for path in paths:
        path.write_bytes(b"")
    with DaskCluster(tmp_path, workers=0, nannies=False) as cluster:
        worker = cluster.worker()
        with Cluster(cluster.address, bytes, builds, LIMITS, patience=5) as there:
            answers = there.map((path, os.fsencode(path)) for path in paths)
            assert next(answers)[1] == b""
            worker.kill()
            with pytest.raises(ClusterError, match="no workers"):
                list(answers)


def test_a_cluster_without_workers_is_an_error(tmp_path: Path) -> None:
    with (
        DaskCluster(tmp_path, workers=0) as cluster,
        pytest.raises(ClusterError, match="no workers"),
        Cluster(cluster.address, bytes, builds, LIMITS, patience=0.1),
    ):
        pass


# --- Clusters of another version ---------------------------------------------------------------------------


@pytest.fixture
def other_version(tmp_path: Path) -> Path:
    """A folder with another version of the program."""
    for name in ("thep_forms", "templates"):
        shutil.copytree(ROOT / name, tmp_path / "other" / name)
    edit(tmp_path / "other" / "thep_forms" / "__init__.py", "__version__ = ", "__version__ = '0' + ")
    return tmp_path / "other"


def test_a_worker_of_another_version_is_an_error_and_nothing_is_written(tmp_path: Path, other_version: Path) -> None:
    with DaskCluster(tmp_path, workers=1, nannies=False) as cluster:
        cluster.worker(folder=other_version)
        with pytest.raises(ClusterError, match=f"thep-forms 0{__version__} .* there, {__version__} .* here"):
            ingest_there(shipped("samples"), tmp_path / "records", cluster.address)
    assert not (tmp_path / "records").exists()


def test_a_worker_of_another_version_that_joins_later_reads_nothing(
    inbox: Path, tmp_path: Path, other_version: Path, undisturbed: dict[str, bytes]
) -> None:
    with DaskCluster(tmp_path, workers=1, nannies=False) as cluster:

        def replaced() -> None:
            cluster.worker(folder=other_version)
            cluster.workers[0].kill()

        with pytest.raises(ClusterError, match=f"thep-forms 0{__version__} .* there"):
            ingest_there(inbox, tmp_path / "records", cluster.address, replaced)
    ingest(tmp_path / "records", [inbox], limits=LIMITS, passwords=PASSWORDS)
    assert tables(tmp_path / "records") == undisturbed


# --- What is sent where -------------------------------------------------------------------------------------------


def ingest_here(records: Path, address: str, *options: str) -> tuple[int, list[str]]:
    """The exit code of the command in this process, and the lines that it writes."""
    result = run("ingest", *FEW, "-o", records, "--dask", address, *options)
    return result.exit_code, result.stderr.splitlines()


def ingest_by(records: Path, address: str, *options: str, **environment: str) -> tuple[int, list[str]]:
    """The same in a process of its own, as Dask reads its settings once."""
    command = program("ingest", *FEW, "-o", records, "--dask", address, *options)
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    return done.returncode, done.stderr.splitlines()


def test_a_cluster_with_tls_accepts_only_the_right_certificates(tmp_path: Path, templates: Path) -> None:
    authority = trustme.CA()
    with DaskCluster(tmp_path, authority=authority) as cluster:
        assert cluster.address.startswith("tls://")
        edit(templates / "problems.toml", 'message = "', 'message = "Dear school, ')
        own = ("--templates", os.path.relpath(templates))
        assert ingest_by(tmp_path / "there", cluster.address, *own, **cluster.environment)[0] == 1
        ingest(tmp_path / "here", FEW, templates=templates)
        assert tables(tmp_path / "there") == tables(tmp_path / "here")

        (code, (line,)) = ingest_by(tmp_path / "none", cluster.address)
        assert (code, "needs certificates" in line) == (2, True)
        stranger = tmp_path / "stranger"
        stranger.mkdir()
        (code, (line,)) = ingest_by(tmp_path / "none", cluster.address, **certificates(stranger, trustme.CA()))
        assert (code, "certificates" in line) == (2, True)
        gone = dict.fromkeys(cluster.environment, "/nowhere.pem")
        (code, (line,)) = ingest_by(tmp_path / "none", cluster.address, **gone)
        assert (code, "No such file" in line) == (2, True)
    assert not (tmp_path / "none").exists()


def test_nothing_is_sent_unencrypted_to_another_machine(tmp_path: Path) -> None:
    for address in ("tcp://192.0.2.1:8786", "tcp://[2001:db8::1]:8786"):
        (code, (line,)) = ingest_here(tmp_path / "records", address)
        assert (code, "others could read" in line, "TLS" in line) == (2, True, True)
    assert not (tmp_path / "records").exists()


def test_nothing_is_sent_to_a_worker_on_another_machine_by_a_scheduler_on_this_one(tmp_path: Path) -> None:
    with DaskCluster(tmp_path, workers=1, nannies=False) as cluster:
        elsewhere = ("--listen-address", "tcp://127.0.0.1:0", "--contact-address", "tcp://192.0.2.1:9")
        cluster.worker(*elsewhere)
        (code, (line,)) = ingest_here(tmp_path / "records", cluster.address)
    assert (code, "tcp://192.0.2.1:9" in line, "unencrypted" in line) == (2, True, True)
    assert not (tmp_path / "records").exists()


@pytest.mark.parametrize("address", ["banana", "127.0.0.1:8786", "tcp://127.0.0.1", "tcp://127.0.0.1:x", "ftp://a:1"])
def test_an_address_that_is_not_valid_is_an_error_in_one_line(tmp_path: Path, address: str) -> None:
    result = run("ingest", shipped("samples"), "-o", tmp_path / "records", "--dask", address)
    assert result.exit_code == 2
    assert result.stderr == f"Error: {address} is not the address of a Dask scheduler. Write it as tls://HOST:PORT.\n"


def test_a_scheduler_that_does_not_run_is_an_error_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        code, lines = ingest_by(tmp_path / "records", address, DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="1s")
    assert (code, len(lines)) == (2, 1)
    assert f"{address} cannot be reached" in lines[0]
    assert not (tmp_path / "records").exists()


def test_without_dask_the_error_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError(name='distributed')")
    code, lines = ingest_by(tmp_path / "records", "tcp://127.0.0.1:8786", PYTHONPATH=str(tmp_path))
    assert (code, lines) == (2, ["Error: Dask is not installed here. Install it: pip install 'thep-forms[dask]'."])


def test_the_options_workers_and_dask_exclude_each_other(tmp_path: Path) -> None:
    code, lines = ingest_here(tmp_path / "records", "tcp://127.0.0.1:8786", "--workers", "2")
    assert code == 2
    assert "--workers" in lines[-1]
