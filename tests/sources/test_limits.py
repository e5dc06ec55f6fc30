"""A run ends in time, whatever comes in: files, containers and messages that take too much are left out and listed."""

from __future__ import annotations

import base64
import bz2
import io
import multiprocessing
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from tests.conftest import ingest, rows
from tests.support.commands import run
from tests.support.packing import mail, mbox, zipped
from tests.support.printers import by_qpdf
from thep_forms.defaults import MOST_OVERRUNS, MOST_OVERRUNS_OF_A_RUN
from thep_forms.work import Limits

Filled = Callable[..., bytes]

ANY_TIME_BY_THE_CLOCK = 10**5  # times as long as the processor time: a busy machine may take it
LIMITS = Limits(seconds=0.8, times_by_the_clock=ANY_TIME_BY_THE_CLOCK)  # a form takes a tenth of it


@cache
def endless_pdf(number: int) -> bytes:
    """A PDF of some kilobytes that takes far longer to read than `LIMITS` allow; each `number` is another file."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.pages[0].Contents = pdf.make_stream(b"0 0 m 100 100 l S\n" * 500_000)
    pdf.docinfo["/Title"] = str(number)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@cache
def packed() -> bytes:
    """A packed file of a few bytes that takes half a second or more to unpack, and is no larger than a file may be."""
    return bz2.compress(bytes(199 * 2**20))


def endless_message(files: dict[str, bytes] | None = None) -> EmailMessage:
    """A message that takes far longer to open than `LIMITS` allow, after the files."""
    return mail((files or {}) | {f"{number}.bz2": packed() for number in range(5)}, "Endless")


def verdicts(records: Path) -> dict[str, str]:
    return {row["source"]: row["verdict"] for row in rows(records / "returns.csv")}


def reasons(records: Path) -> dict[str, str]:
    return {row["source"]: row["message"] for row in rows(records / "problems.csv") if row["code"] == "unreadable"}


def test_a_zip_of_endless_pdfs_costs_a_bounded_time_once_and_is_tried_again_only_when_asked(
    tmp_path: Path, filled: Filled
) -> None:
    files = {f"{number:02}.pdf": endless_pdf(number) for number in range(MOST_OVERRUNS + 3)}
    (tmp_path / "in.zip").write_bytes(zipped({"form.pdf": filled()} | files))
    records = tmp_path / "records"
    limits = Limits(0.5, times_by_the_clock=ANY_TIME_BY_THE_CLOCK)
    summary = ingest(records, [tmp_path / "in.zip"], limits=limits, workers=1)
    read = [f"in.zip/{number:02}.pdf" for number in range(MOST_OVERRUNS)]
    assert verdicts(records) == {"in.zip/form.pdf": "accepted", "in.zip": "unreadable"} | dict.fromkeys(
        read, "unreadable"
    )
    assert "we read no more of it" in reasons(records)["in.zip"]
    assert "0.5 seconds" in reasons(records)[read[0]]
    assert summary.overran == MOST_OVERRUNS + 1

    result = run("verify", "-o", records, "--deep")  # it tries none of them again
    assert result.exit_code == 0, result.output

    before = time.process_time()
    assert ingest(records, [tmp_path / "in.zip"], limits=limits, workers=1).new == 0
    assert len(verdicts(records)) == MOST_OVERRUNS + 2
    assert time.process_time() - before < 5


def test_a_run_with_too_many_endless_files_stops_and_the_next_run_goes_on(tmp_path: Path) -> None:
    inbox, records = tmp_path / "inbox", tmp_path / "records"
    inbox.mkdir()
    for number in range(MOST_OVERRUNS_OF_A_RUN + 3):
        (inbox / f"{number:03}.pdf").write_bytes(endless_pdf(1) + b"%%%d\n" % number)
    ingest(records, [inbox], limits=Limits(0.01), workers=1)
    assert len(verdicts(records)) == MOST_OVERRUNS_OF_A_RUN + 1
    assert "Run ingest again" in reasons(records)[f"inbox/{MOST_OVERRUNS_OF_A_RUN}.pdf"]
    ingest(records, [inbox], limits=Limits(0.01), workers=1)
    assert len(verdicts(records)) == MOST_OVERRUNS_OF_A_RUN + 3
    assert not any("Run ingest again" in reason for reason in reasons(records).values())
    assert run("verify", "-o", records).exit_code == 0


def test_a_message_that_takes_too_long_to_open_is_left_out_and_the_others_are_read(
    tmp_path: Path, filled: Filled
) -> None:
    box = mbox(
        tmp_path / "in.mbox",
        [
            mail({"form.pdf": filled()}, "First"),
            endless_message({"form.pdf": filled("2103")}),
            mail({"form.pdf": filled("3204")}, "Last"),
        ],
    )
    records = tmp_path / "records"
    ingest(records, [box], limits=LIMITS)
    first_run = verdicts(records)
    assert (
        first_run.items()
        >= {
            "in.mbox/First.eml/form.pdf": "accepted",
            "in.mbox/Endless.eml/form.pdf": "accepted",
            "in.mbox/Endless.eml": "unreadable",
            "in.mbox/Last.eml/form.pdf": "accepted",
        }.items()
    )
    assert "over 0.8 seconds" in reasons(records)["in.mbox/Endless.eml"]

    ingest(records, [box], limits=Limits(60))  # it is not opened again, however long it might take
    assert verdicts(records) == first_run

    ingest(records, [box], limits=Limits(120), again=True)
    assert "in.mbox/Endless.eml" not in verdicts(records)
    assert any(source.startswith("in.mbox/Endless.eml/4.bz2") for source in verdicts(records))


def test_a_message_that_took_too_long_is_opened_only_when_asked_unless_it_changes(tmp_path: Path) -> None:
    path, records = tmp_path / "in.eml", tmp_path / "records"
    path.write_bytes(bytes(endless_message()))
    for again, limits in [(False, LIMITS), (False, Limits(120)), (True, LIMITS)]:
        ingest(records, [path], limits=limits, again=again)
        assert verdicts(records)["in.eml"] == "unreadable"
        assert "over 0.8 seconds" in reasons(records)["in.eml"]
    path.write_bytes(bytes(mail({"other.txt": b"Dear all"})))
    ingest(records, [path], limits=LIMITS)
    assert "in.eml/other.txt" in verdicts(records)


def write_large_message(path: Path, size: int) -> None:
    """A message with an attachment of so many bytes, written line by line.

    Memory that this process had used for it, and then freed, would not count against the limit of a forked process.
    """
    line = base64.encodebytes(bytes(57))
    with path.open("wb") as file:
        file.write(b"From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n")
        file.write(b"Content-Disposition: attachment; filename=large.bin\nContent-Transfer-Encoding: base64\n\n")
        for _ in range(size // 57):
            file.write(line)
        file.write(b"--x--\n")


def test_a_container_that_takes_too_much_memory_is_listed_and_the_next_is_opened(
    tmp_path: Path, filled: Filled
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write_large_message(inbox / "a.eml", 100 * 2**20)
    (inbox / "b.eml").write_bytes(bytes(mail({"form.pdf": filled()})))
    records = tmp_path / "records"
    ingest(records, [inbox], limits=Limits(60, 256))
    assert verdicts(records) == {"inbox/a.eml": "unreadable", "inbox/b.eml/form.pdf": "accepted"}
    assert "256 MB" in reasons(records)["inbox/a.eml"]


def test_text_that_looks_like_the_starts_of_emails_gives_a_bounded_number_of_rows(tmp_path: Path) -> None:
    (tmp_path / "in.mbox").write_bytes(b"From a Mon May  4 10:00:00 2026\nA: b\n\n" * 60_000)
    records = tmp_path / "records"
    ingest(records, [tmp_path / "in.mbox"])
    assert len(verdicts(records)) < 11_000
    assert "too many tiny e-mails" in reasons(records)["in.mbox"]


def test_a_message_with_hundreds_of_encoded_file_names_is_opened_quickly(tmp_path: Path) -> None:
    name = "=?utf-8?q?a?= ;" * 540
    part = f'--x\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\nText\r\n'
    message = "From: a@b.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + part * 500
    (tmp_path / "in.eml").write_bytes(message.encode() + b"--x--\r\n")
    before = time.process_time()
    ingest(tmp_path / "records", [tmp_path / "in.eml"])
    assert len(verdicts(tmp_path / "records")) == 500
    assert time.process_time() - before < 60


@pytest.fixture
def load() -> Iterator[None]:
    """As many endless processes as keep every processor of this machine busy twice over."""
    busy = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(2 * multiprocessing.cpu_count())]
    for process in busy:
        process.start()
    yield
    for process in busy:
        process.kill()
        process.join()


def _spin() -> None:
    while True:
        pass


def test_the_tables_are_the_same_on_a_busy_machine(
    tmp_path: Path, filled: Filled, request: pytest.FixtureRequest
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "form.pdf").write_bytes(filled())
    (inbox / "printed.pdf").write_bytes(by_qpdf(filled("2103")))
    (inbox / "in.zip").write_bytes(zipped({"form.pdf": filled("3204"), "endless.pdf": endless_pdf(1)}))
    mbox(inbox / "in.mbox", [mail({"form.pdf": filled("4242")}), mail({"letter.txt": b"Dear all"}, "Letter")])
    quiet, busy = tmp_path / "quiet", tmp_path / "busy"
    limits = Limits(seconds=0.8)  # a printed form takes a tenth of it
    ingest(quiet, [inbox], limits=limits, workers=1)
    request.getfixturevalue("load")
    ingest(busy, [inbox], limits=limits, workers=2)
    assert list(verdicts(quiet).values()).count("unreadable") == 1
    for path in quiet.glob("*.csv"):
        assert path.read_bytes() == (busy / path.name).read_bytes()
