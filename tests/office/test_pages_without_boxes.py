"""Pictures of pages without answers give way to the page with the answers that came in the same message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.support.packing import mail, returns
from tests.support.photographs import jpeg
from tests.support.viewer import draw


@pytest.fixture(scope="module")
def photos(returned: bytes) -> list[bytes]:
    """Pictures of the first two pages of a form; on the second nothing is asked."""
    return [jpeg(draw(returned, number, scale=150 / 72)) for number in (0, 1)]


def test_page_without_boxes_beside_the_page_with_the_answers_needs_nobody(tmp_path: Path, photos: list[bytes]) -> None:
    (tmp_path / "a.eml").write_bytes(mail({"1.jpg": photos[0], "2.jpg": photos[1]}).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "a.eml"])
    assert returns(tmp_path / "records") == {"a.eml/1.jpg": "needs_attention", "a.eml/2.jpg": "superseded"}


def test_later_page_on_which_nothing_is_written_needs_nobody_beside_the_first(tmp_path: Path, returned: bytes) -> None:
    first, last = (jpeg(draw(returned, number, scale=150 / 72)) for number in (0, 3))
    (tmp_path / "a.eml").write_bytes(mail({"1.jpg": first, "4.jpg": last}).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "a.eml"])
    assert returns(tmp_path / "records") == {"a.eml/1.jpg": "needs_attention", "a.eml/4.jpg": "superseded"}


def test_later_page_on_which_nothing_is_written_is_looked_at_where_it_comes_alone(
    tmp_path: Path, returned: bytes
) -> None:
    (tmp_path / "4.jpg").write_bytes(jpeg(draw(returned, 3, scale=150 / 72)))
    ingest(tmp_path / "records", [tmp_path / "4.jpg"])
    (row,) = rows(tmp_path / "records" / "returns.csv")
    assert row["verdict"] == "needs_attention"
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert "on which nothing is written" in problem["message"]


def test_page_without_boxes_that_comes_alone_or_earlier_is_looked_at(tmp_path: Path, photos: list[bytes]) -> None:
    for name, photo in zip("ba", photos, strict=True):
        (tmp_path / f"{name}.eml").write_bytes(mail({f"{name}.jpg": photo}).as_bytes())
        ingest(tmp_path / "records", [tmp_path / f"{name}.eml"])
    assert set(returns(tmp_path / "records").values()) == {"needs_attention"}


def test_page_that_is_read_with_its_form_stays_with_it_when_it_comes_again_alone(
    tmp_path: Path, photos: list[bytes]
) -> None:
    whole = mail({"1.jpg": photos[0], "2.jpg": photos[1]})
    alone = mail({"2.jpg": photos[1]}, sent="Mon, 4 May 2026 09:00:00 +0100")
    (tmp_path / "alone.eml").write_bytes(alone.as_bytes())
    (tmp_path / "whole.eml").write_bytes(whole.as_bytes())
    ingest(tmp_path / "records", [tmp_path / "whole.eml"])
    assert returns(tmp_path / "records")["whole.eml/2.jpg"] == "superseded"
    ingest(tmp_path / "records", [tmp_path / "alone.eml"])
    found = returns(tmp_path / "records")
    assert {found["whole.eml/2.jpg"], found["alone.eml/2.jpg"]} == {"superseded", "duplicate"}
