"""The desk in a real browser: going to its pages, and checking that everybody can use them."""

from __future__ import annotations

import base64
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.support.writing import SCHOOLS
from thep_forms.definition import Definitions
from thep_forms.office.arrivals.ingest import ingest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from thep_forms.desk.server import RunningDesk

PATIENCE = 30_000  # milliseconds: other tests may run beside it
Scheme = Literal["light", "dark"]
WIDTH, HEIGHT = 1300, 900  # of the browser's window
MISTYPED = "jo@cedar,example"  # an address that no form is accepted with
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# Of what is no violation, axe tells nothing in detail: that takes a third of its time.
_AXE = """axe.run({ resultTypes: ["violations"] }).then(found => found.violations.map(each =>
    [each.id, each.nodes.map(node => [node.html, node.failureSummary])]))"""

DROP = """([selector, named]) => {
  const transfer = new DataTransfer();
  for (const [name, data] of named) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  document.querySelector(selector).dispatchEvent(
    new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def made_records(folder: Path, came: Path) -> Path:
    """Records with a list of schools and what came."""
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ingest(folder / "records", [came], definitions=Definitions.of_today(), register=folder / "schools.csv")
    return folder / "records"


def context_of(browser: Browser, *, scheme: Scheme = "light", width: int = WIDTH) -> BrowserContext:
    """A browser of its own, of which nothing is left."""
    found = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    found.set_default_timeout(PATIENCE)
    return found


def opened_at(context: BrowserContext, desk: RunningDesk, path: str = "/") -> Page:
    """A page of the desk in a new tab."""
    page = context.new_page()
    page.goto(desk.address)
    if path != "/":
        go_to(page, path)
    return page


def go_to(page: Page, path: str) -> None:
    """Go from a page of the desk to another one."""
    page.goto(re.sub(r"^(http://[^/]+).*", rf"\1{path}", page.url))


def said(page: Page, part: str = "main") -> str:
    """What a part of the page says once all of it has come: a click waits for its beginning alone."""
    page.wait_for_load_state()
    return page.locator(part).inner_text()


def result(page: Page) -> str:
    """What the page of the job says in the end."""
    page.wait_for_selector(".done, .errors")
    return said(page)


def require_accessible(page: Page) -> None:
    """Check that axe finds no violation, and that nothing needs scrolling to the side."""
    page.wait_for_load_state()  # with its style sheet
    if not page.evaluate("'axe' in window"):
        page.evaluate((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    assert page.evaluate(_AXE) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def require_accessible_light_and_dark(page: Page) -> None:
    """The same in the colours of both schemes. The page is dark afterwards."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        require_accessible(page)


def drop(page: Page, *named: tuple[str, bytes], on: str = "main") -> None:
    """Drop files on a page."""
    page.evaluate(DROP, [on, [[name, base64.b64encode(data).decode()] for name, data in named]])
