"""A mailbox is divided into its messages, and each file has the date of its message."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.remake_samples import dated
from tests.support.packing import (
    PDF,
    Filled,
    found_in,
    mail,
    mbox,
    raw,
    returns,
    zipped,
)


@pytest.mark.parametrize("between", [b"\n\nFrom - \n", b"\nFrom a@cedar2101.example Mon May  4 10:00:00 2026\n"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_an_mbox_is_divided_between_emails_and_not_at_text_that_starts_with_from(
    tmp_path: Path, between: bytes, line_end: bytes
) -> None:
    message = mail({"form.pdf": PDF}).as_bytes()
    assert b"\n\nFrom all of us" in message
    box = b"From - Mon May  4 10:00:00 2026\n" + message.rstrip(b"\n") + between + message
    assert [(file.source, file.data) for file in found_in(tmp_path, "in.mbox", box.replace(b"\n", line_end))] == [
        ("in.mbox/Re: form.eml/form.pdf", PDF),
        ("in.mbox/Re: form (2).eml/form.pdf", PDF),
    ]


FROM = b"From a@cedar2101.example Mon May  4 10:00:00 2026\n"


def with_length(error: int, line_end: bytes) -> bytes:
    """A message with lines that look like the start of another, and its length, which is wrong by `error`."""
    made = mail({"form.pdf": PDF}).as_bytes()
    made = made.replace(b"From all of us", FROM + b"Date: last week\n\n" + FROM + b"To: you\n\nFrom all of us")
    head, _, content = made.replace(b"\n", line_end).partition(2 * line_end)
    return head + line_end + b"Content-Length: %d" % (len(content) + error) + 2 * line_end + content


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("after", [b"", b"\n"])
def test_an_mbox_with_the_lengths_of_its_messages_is_divided_by_them(
    tmp_path: Path, line_end: bytes, after: bytes
) -> None:
    after, begin = after.replace(b"\n", line_end), FROM.replace(b"\n", line_end)
    made = with_length(0, line_end)
    box = begin + made + after + begin + made + after
    assert [(file.source, file.data) for file in found_in(tmp_path, "in.mbox", box)] == [
        ("in.mbox/Re: form.eml/form.pdf", PDF),
        ("in.mbox/Re: form (2).eml/form.pdf", PDF),
    ]


@pytest.mark.parametrize("error", [-40, -1000000, 5, 300, 10**9])
def test_an_mbox_with_a_wrong_length_loses_no_later_message(tmp_path: Path, error: int) -> None:
    box = FROM + with_length(error, b"\n") + b"\n" + FROM + mail({"late.pdf": PDF}).as_bytes()
    assert "late.pdf" in [file.source.rpartition("/")[2] for file in found_in(tmp_path, "in.mbox", box)]


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("Mon, 4 May 2026 10:00:00 +0100", "2026-05-04T09:00:00+00:00"),
        ("4 May 2026 10:00:00 GMT", "2026-05-04T10:00:00+00:00"),
        ("Mon, 4 May 2026 10:00:00 -0000", "2026-05-04T10:00:00+00:00"),
        ("Mon, 99 Foo 2026 10:00:00 +0100", None),
        ("Mon, 4 May 1970 10:00:00 +0100", None),
        ("Mon, 4 May 9999 23:59:59 -2359", None),
        ("Mon, 4 May 2026 10:00:00 +9999999999", None),
        ("Mon, 4 May 99999999999999999999999 10:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_received_at_is_the_date_of_the_email_in_utc_or_none_if_it_is_not_plausible(
    tmp_path: Path, written: str, date: str | None
) -> None:
    message = raw(f"From: office@cedar2101.example\nDate: {written}\nContent-Type: application/pdf", PDF)
    (file,) = found_in(tmp_path, "a.eml", message)
    assert file.data == PDF
    assert (file.received_at.isoformat() if file.received_at else None) == date


def test_received_at_is_the_date_of_the_innermost_email_that_has_one(tmp_path: Path) -> None:
    outer = mail({"outer.pdf": PDF}, sent="Wed, 6 May 2026 10:00:00 +0000")
    outer.add_attachment(mail({"dated.zip": zipped({"dated.pdf": PDF})}, "Dated", "Mon, 4 May 2026 10:00:00 +0000"))
    outer.add_attachment(mail({"undated.pdf": PDF}, "Undated", None))
    dates = {file.source.rpartition("/")[2]: file.received_at for file in found_in(tmp_path, "a.eml", outer.as_bytes())}
    assert dates == {
        "outer.pdf": datetime(2026, 5, 6, 10, tzinfo=UTC),
        "dated.pdf": datetime(2026, 5, 4, 10, tzinfo=UTC),
        "undated.pdf": datetime(2026, 5, 6, 10, tzinfo=UTC),
    }
    (plain,) = found_in(tmp_path, "a.zip", zipped({"form.pdf": PDF}))
    assert plain.received_at is None


def test_of_two_forms_of_a_school_that_in_the_later_email_is_accepted(tmp_path: Path, filled: Filled) -> None:
    """Whatever the files' own dates are, and whichever e-mail is read first."""
    early = mail({"form.pdf": dated(filled(), "20260601")}, "Early", "Mon, 4 May 2026 10:00:00 +0100")
    late = mail(
        {"form.pdf": dated(filled(main_contact_name="Kit Adeyemi"), "20260401")},
        "Late",
        "Tue, 5 May 2026 10:00:00 +0100",
    )
    for turn, order in enumerate(([early, late], [late, early])):
        records = tmp_path / f"records{turn}"
        ingest(records, [mbox(tmp_path / f"{turn}.mbox", order)])
        assert returns(records) == {
            f"{turn}.mbox/Early.eml/form.pdf": "superseded",
            f"{turn}.mbox/Late.eml/form.pdf": "accepted",
        }
        assert "Kit Adeyemi" in {row["name"] for row in rows(records / "contacts.csv")}
        times = {row["received_at"] for row in rows(records / "returns.csv")}
        assert times == {"2026-05-04T09:00:00+00:00", "2026-05-05T09:00:00+00:00"}
