"""Remake the pictures of the guide, `docs/pictures/`: what a person sees at the desk in the course of a year.

    python -m tests.remake_pictures

It walks through the year as `tests/desk/test_desk_year.py` does. The days in the pictures are those on which it runs.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.desk import WIDTH
from tests.support.desk_year import year_begun

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
HIGHEST = 900  # pixels of a picture
COLOURS = 64


def main() -> None:
    """Walk through the year, and take each picture on the way."""
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder  # not the settings of whoever runs this
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        with year_begun(browser, Path(folder), _take) as year:
            year.answer_first_questions()
            year.give_list()
            year.click("Send it to the schools", "link")
            year.drop_returns(year.send_form())
            year.look_at_to_do()
            year.correct()
            year.report()
        browser.close()


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state()
    page.wait_for_timeout(500)  # milliseconds, in which the picture of a page is drawn
    height = min(page.evaluate("document.documentElement.scrollHeight"), HIGHEST)
    taken = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
    few_colours = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS)  # a third of the bytes
    few_colours.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
