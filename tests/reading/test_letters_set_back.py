"""Letters that a program set back, so that a page shows them in another order than they were typed, are asked about."""

from __future__ import annotations

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.changing import place
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition

HEAD = "headteacher_name"
SIZE = 11


@pytest.mark.parametrize(
    ("back", "read", "asked"), [(1.5, "Jo 'lAnson", {"value_damaged"}), (0, "Jo l'Anson", set[str]())]
)
def test_letter_that_is_set_back_over_the_one_before_it_is_asked_about(
    form: bytes, definition: FormDefinition, back: float, read: str, asked: set[str]
) -> None:
    rect = place(definition, HEAD)
    page = printers.by_qpdf(type_into(form, answers("2101", headteacher_name="")))
    x, y = rect.x + 2, rect.y + 6
    ends = [x + stringWidth(text, "Helvetica", SIZE) for text in ("Jo ", "Jo l", "Jo l'")]
    for start, words in ((x, "Jo l"), (ends[0] - back if back else ends[1], "'"), (ends[2], "Anson")):
        page = printers.typed_on(page, start, y, words, SIZE)
    reading = read_return(page, definition)
    found = {str(each.code) for each in check(reading, definition).problems if each.field == HEAD}
    assert (reading.answers[HEAD].text, found) == (read, asked)
