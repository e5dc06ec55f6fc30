"""The form filled in with only the keyboard, in a real Chromium."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf

from tests.support.browser import opened
from tests.support.viewer import typed
from thep_forms.definition import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.layout import lay_out


def test_tab_goes_through_every_box_once_in_reading_order_and_space_ticks(
    tmp_path: Path, definition: FormDefinition, form: bytes
) -> None:
    boxes = [placed.box for sheet in lay_out(definition) for placed in sheet.boxes]
    with pikepdf.open(io.BytesIO(form)) as pdf:
        pages_without = sum("/Annots" not in page.obj for page in pdf.pages)  # Chromium stops once at each of them
    with opened(form, tmp_path) as browser:
        browser.enter()
        for stop in range(len(boxes) + pages_without):
            browser.tab()
            browser.tick()
            browser.type(f"{stop}.")
        values = typed(browser.saved())
    assert all(values[box.name] == "Yes" for box in boxes if box.kind is Kind.TICKS)
    visits = [[int(stop) for stop in values[box.name].split(".")[:-1]] for box in boxes if box.kind is not Kind.TICKS]
    assert all(len(stops) == 1 for stops in visits)
    assert visits == sorted(visits)
