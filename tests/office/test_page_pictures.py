"""The pages of an archived file, drawn for the desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.conftest import inbox, ingest
from tests.support.deciding import return_id
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.display.box_places import look_up_places
from thep_forms.office.display.page_pictures import draw_page

DEFINITIONS = Definitions(None, MembershipYear(2026))
PNG = b"\x89PNG"


def test_a_form_that_was_cut_short_is_drawn_as_far_as_it_came(records: Path, filled: Callable[..., bytes]) -> None:
    whole = filled()
    ingest(records, [inbox(records.parent / "in", cut=whole[: len(whole) * 9 // 10])])
    cut = return_id(records, "cut")
    count, picture = draw_page(records, cut, 0, DEFINITIONS)
    assert (count > 0, picture[:4]) == (True, PNG)
    assert len(look_up_places(records, cut, DEFINITIONS).boxes) > 0
