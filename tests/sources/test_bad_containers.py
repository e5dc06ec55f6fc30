"""Containers that are damaged, locked or made to do harm: each has a row with the reason, and the rest is read."""

from __future__ import annotations

import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import rows
from tests.project.test_cli import run
from tests.support import outlook
from tests.support.packing import (
    PDF,
    emlx,
    found,
    found_in,
    mail,
    mbox,
    raw,
    received,
    returns,
    smime,
    tarred,
    tnef,
    tnef_file,
    tnef_properties,
    written,
    zipped,
)
from thep_forms.sources import find_files, open_file


def test_a_locked_file_in_a_zip_has_a_reason_and_the_rest_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"locked.pdf": PDF, "form.pdf": PDF}, zipfile.ZIP_STORED))
    data[6] |= 1  # the flag of the first file, in its header and in the list of files
    data[data.index(b"PK\x01\x02") + 8] |= 1
    locked, form = found_in(tmp_path, "a.zip", bytes(data))
    assert (locked.source, locked.data) == ("a.zip/locked.pdf", None)
    assert "password" in locked.reason
    assert form == received(tmp_path / "a.zip", "form.pdf", data=PDF)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a limit of memory, and tells what is taken")
@pytest.mark.parametrize(
    ("name", "work", "expected"),
    [
        ("large.pdf", "print([received.reason for received in open_file(file)])", "takes too much memory"),
        (
            "large.msg",
            "print([received.reason for received in open_file(file)])",
            "took too much memory",
        ),  # to read it from the disk
        (
            "large.msg",
            "try: print(*OUTLOOK_MESSAGE.open(data, Budget()))\nexcept MemoryError: print('nothing')",
            "nothing",
        ),
    ],
)
def test_a_file_that_takes_too_much_memory_has_that_reason_and_is_not_called_damaged(
    tmp_path: Path, name: str, work: str, expected: str
) -> None:
    pdf = PDF + bytes(6 * 2**20)
    message = outlook.compound(outlook.message("Form", None, [outlook.attachment("form.pdf", pdf)]))
    path = written(tmp_path, name, pdf if name.endswith(".pdf") else message)
    script = (
        "import io, olefile, resource, sys\n"
        "from pathlib import Path\n"
        "from thep_forms.sources import find_files, containers, open_file\n"
        "from thep_forms.sources.limits import Budget\n"
        "from thep_forms.sources.containers.outlook import OUTLOOK_MESSAGE\n"
        "path = Path(sys.argv[1])\n"
        "(file,), data = find_files([path]), io.BytesIO(path.read_bytes())\n"
        "taken = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (taken + 2**21,) * 2)\n"
    )
    command = [sys.executable, "-c", script + work, path]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert expected in output
    assert "damaged" not in output


def test_a_damaged_file_in_a_zip_has_a_reason_and_the_rest_is_read(tmp_path: Path) -> None:
    data = zipped({"damaged.pdf": PDF, "form.pdf": PDF}, zipfile.ZIP_STORED).replace(b"%PDF", b"%PDX", 1)
    damaged, form = found_in(tmp_path, "a.zip", data)
    assert (damaged.source, damaged.data, damaged.reason) == (
        "a.zip/damaged.pdf",
        None,
        "This file is damaged inside its zip.",
    )
    assert form == received(tmp_path / "a.zip", "form.pdf", data=PDF)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_in_a_zip_packed_in_an_unusual_way_has_a_reason(tmp_path: Path, method: int) -> None:
    (file,) = found_in(tmp_path, "a.zip", zipped({"form.pdf": PDF}, method))
    assert file.data is None
    assert "ordinary zip" in file.reason


def test_a_zip_cut_short_is_called_damaged(tmp_path: Path) -> None:
    whole = zipped({"form.pdf": PDF, "more.pdf": PDF})
    for end in range(4, len(whole) - 1, 7):
        (file,) = found_in(tmp_path, "a.zip", whole[:end])
        assert (file.source, file.data, file.reason[:19]) == ("a.zip", None, "This zip is damaged")


@given(
    at=st.integers(0, 10**6),
    value=st.binary(min_size=1, max_size=8),
    kind=st.sampled_from(["zip", "eml", "msg", "mbox", "emlx", "dat", "tar", "tgz", "p7m"]),
)
def test_a_container_damaged_anywhere_raises_nothing_and_has_at_least_a_reason(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: bytes, kind: str
) -> None:
    message = mail({"form.pdf": PDF, "a.zip": zipped({"b.pdf": PDF})}).as_bytes()
    whole = {
        "zip": zipped({"form.pdf": PDF, "a.eml": message}),
        "eml": message,
        "msg": outlook.compound(
            outlook.message(
                "x",
                None,
                [outlook.attachment("form.pdf", PDF * 9), outlook.attachment("a.zip", zipped({"b.pdf": PDF}))],
            )
        ),
        "mbox": b"From - x\n" + message + b"\nFrom - x\n" + message,
        "emlx": emlx(message),
        "dat": tnef(*tnef_file("form.pdf", PDF, tnef_properties((0x3707, 0x1E, b"long.pdf\0"), (0x3714, 3, bytes(4))))),
        "tar": tarred({"form.pdf": PDF, "a.eml": message}),
        "tgz": tarred({"form.pdf": PDF, "a.eml": message}, "w:gz"),
        "p7m": smime(message, indefinite=True),
    }[kind]
    at %= len(whole)
    files = found_in(tmp_path_factory.mktemp("damaged"), f"a.{kind}", whole[:at] + value + whole[at + len(value) :])
    assert files
    assert all(file.data is not None or file.reason for file in files)


def test_an_email_cut_short_yields_the_start_of_its_file(tmp_path: Path) -> None:
    whole = mail({"form.pdf": PDF}).as_bytes()
    (file,) = found_in(tmp_path, "a.eml", whole[: whole.index(b"filename") + 400])
    assert file.source == "a.eml/form.pdf"
    assert file.data
    assert PDF.startswith(file.data)
    assert len(file.data) > 100


def test_an_outlook_message_cut_short_or_with_a_broken_header_is_called_damaged(tmp_path: Path) -> None:
    whole = outlook.compound(outlook.message("x", None, [outlook.attachment("form.pdf", PDF * 9)]))
    for data in (whole[:-1024], whole[:64] + b"\xff" * 12 + whole[76:], whole[:30] + b"\xff\xff" + whole[32:]):
        (file,) = found_in(tmp_path, "a.msg", data)
        assert (file.source, file.data) == ("a.msg", None)
        assert "This Outlook message is damaged" in file.reason


def test_a_zip_bomb_is_refused_by_what_is_unpacked_not_by_the_size_it_states(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = block * 250 + packer.flush()
    honest = one_in_a_zip(packed, 250 * 2**20)
    liar = one_in_a_zip(packed, 10)
    (file,) = found_in(tmp_path, "a.zip", honest)
    assert (file.data, file.reason) == (None, "This file has over 200 MB, far more than a form. Send the form alone.")
    (file,) = found_in(tmp_path, "b.zip", liar)
    assert (file.data, file.reason) == (None, "This file is damaged inside its zip.")


def one_in_a_zip(packed: bytes, size: int, copies: int = 1) -> bytes:
    """A zip whose only file states that size, and is listed `copies` times."""
    name = b"form.pdf"
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0)
    local = b"PK\x03\x04" + common + name + packed
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, copies & 0xFFFF, copies & 0xFFFF, len(entry) * copies, len(local), 0
    )
    return local + entry * copies + end


def test_a_zip_whose_files_share_their_bytes_is_refused(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(PDF) + packer.flush()
    (file,) = found_in(tmp_path, "a.zip", one_in_a_zip(packed, len(PDF), copies=50))
    assert file.data is None
    assert "share the same bytes" in file.reason


def test_a_zip_that_lists_a_million_files_is_refused(tmp_path: Path) -> None:
    (file,) = found_in(tmp_path, "a.zip", one_in_a_zip(b"", 0, copies=10**6))
    assert (file.source, file.data) == ("a.zip", None)
    assert "10,000" in file.reason


def test_a_zip_of_more_than_ten_thousand_files_is_read_up_to_the_limit(tmp_path: Path) -> None:
    *files, last = found_in(tmp_path, "a.zip", zipped({f"{n}.pdf": b"" for n in range(10_001)}, zipfile.ZIP_STORED))
    assert len(files) == 10_000
    assert (last.source, last.data) == ("a.zip", None)
    assert "10,000" in last.reason


def test_zips_in_a_zip_are_read_until_they_exceed_a_gigabyte(tmp_path: Path) -> None:
    inner = zipped({f"{n}.pdf": bytes(150 * 2**20) for n in range(2)})
    data = zipped({f"{n}.zip": inner for n in range(9)})
    *files, last = (
        (received.source, received.reason)
        for file in find_files([written(tmp_path, "a.zip", data)])
        for received in open_file(file)
    )
    assert len(files) == 6
    assert last[0] == "a.zip"
    assert "over 1 GB" in last[1]


def test_a_zip_in_eight_other_zips_is_not_opened(tmp_path: Path) -> None:
    data = PDF
    for _ in range(8):
        data = zipped({"a.zip": data})
    (file,) = found_in(tmp_path, "a.zip", data)
    assert (file.source.count("/"), file.data) == (8, PDF)
    (file,) = found_in(tmp_path, "b.zip", zipped({"a.zip": data}))
    assert (file.source.count("/"), file.data) == (8, None)
    assert "into 8 other files" in file.reason


@pytest.mark.parametrize("end", [b"", b"\r\n--b--"])
def test_an_email_of_ten_thousand_nested_parts_is_refused(tmp_path: Path, end: bytes) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(10_000))
    (tmp_path / "a.eml").write_bytes(b"From: a@cedar2101.example\r\nSubject: x\r\n" + nested + end)
    result = run("ingest", tmp_path / "a.eml", "-o", tmp_path / "records")
    assert result.exit_code == 1
    assert returns(tmp_path / "records") == {"a.eml": "unreadable"}
    assert (
        "nested too deep. Send the form in a new e-mail. Please"
        in rows(tmp_path / "records" / "problems.csv")[0]["message"]
    )


def test_an_email_in_eight_other_emails_is_not_opened(tmp_path: Path) -> None:
    message = mail({"form.pdf": PDF}, "x").as_bytes()
    for _ in range(20):
        message = raw("From: a@cedar2101.example\nSubject: x\nContent-Type: message/rfc822", message)
    (file,) = found_in(tmp_path, "a.eml", message)
    assert (file.source.count("/"), file.data) == (8, None)


def test_an_email_with_a_hundred_thousand_headers_is_read(tmp_path: Path) -> None:
    message = (
        b"From: a@cedar2101.example\r\nSubject: x\r\n"
        + b"X-A: b\r\n" * 100_000
        + raw("Content-Type: application/pdf", PDF)
    )
    (file,) = found_in(tmp_path, "a.eml", message)
    assert file.data == PDF


def test_an_email_of_a_hundred_thousand_parts_is_refused(tmp_path: Path) -> None:
    start = "From: a@cedar2101.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b"
    (file,) = found_in(tmp_path, "a.eml", raw(start, b"--b\r\n\r\nx\r\n" * 100_000))
    assert file.data is None
    assert "10,000" in file.reason


def test_an_email_in_an_mbox_that_is_too_large_has_a_reason_and_the_others_are_read(tmp_path: Path) -> None:
    path = mbox(tmp_path / "in.mbox", [mail({"form.pdf": PDF})])
    with path.open("ab") as file:
        file.write(b"From - x\nFrom: a@elm2103.example\nSubject: Photographs\n\n")
        for _ in range(201):
            file.write(b"x" * (2**20 - 1) + b"\n")
        file.write(b"\nFrom - x\n" + mail({"more.pdf": PDF}, "Last").as_bytes())
    files = found(path)
    assert [(file.source, file.data) for file in files] == [
        ("in.mbox/Re: form.eml/form.pdf", PDF),
        ("in.mbox/Photographs.eml", None),
        ("in.mbox/Last.eml/more.pdf", PDF),
    ]


def test_a_reason_quotes_nothing_of_what_was_sent(tmp_path: Path) -> None:
    typed = "Priya Rahman"
    damaged = zipped({f"{typed}.pdf": PDF}).replace(b"PK\x01\x02", b"PK\x01\x03")
    message = raw(f"From: {typed} <chair@elm2103.example>\nSubject: {typed}\nDate: {typed}", typed.encode())
    for name, data in {"a.zip": damaged, "a.eml": message}.items():
        (file,) = found_in(tmp_path, name, data)
        assert file.data is None
        assert typed not in file.reason


def test_a_tar_cut_short_yields_what_is_whole_and_is_called_damaged(tmp_path: Path) -> None:
    first, *_, archive = found_in(tmp_path, "a.tar", tarred({"a.pdf": PDF, "b.pdf": PDF * 9})[:4000])
    assert (first.source, first.data) == ("a.tar/a.pdf", PDF)
    assert (archive.source, archive.reason[:27]) == ("a.tar", "This tar archive is damaged")


def test_a_winmail_dat_or_signed_message_cut_short_is_called_damaged(tmp_path: Path) -> None:
    for name, whole in {"a.dat": tnef(*tnef_file("a.pdf", PDF)), "a.p7m": smime(PDF)}.items():
        files = found_in(tmp_path, name, whole[: len(whole) // 2])
        assert "damaged or was cut short" in files[-1 if name == "a.p7m" else 0].reason


def gzip_bomb(start: bytes = b"") -> bytes:
    """A gzip of a start and of 1.25 GB of zeros, one block of which is packed, then repeated.

    Its checksum is that of one block: nobody gets so far as to read it.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(2**24)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * 80 + packer.flush()


def test_a_gzip_bomb_is_refused_by_what_is_unpacked(tmp_path: Path) -> None:
    (file,) = found_in(tmp_path, "a.gz", gzip_bomb())
    assert (file.data, "MB" in file.reason) == (None, True)


def test_a_record_of_a_tar_that_states_gigabytes_does_not_fill_the_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 8 * 2**30
    (file,) = found_in(tmp_path, "a.tgz", gzip_bomb(header.tobuf(tarfile.GNU_FORMAT)))
    assert "GB" in file.reason
