"""The report: one page about a year's returns, in a real Chromium."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.conftest import edit, ingest
from tests.remake_samples import answers
from tests.support.browser import Target, blank
from tests.support.commands import run
from tests.support.viewer import type_into
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.office.reports.report import make_report
from thep_forms.office.reports.report_contents import Report
from thep_forms.office.reports.report_page import readable_colour, report_page
from thep_forms.office.schools.school_status import Standing
from thep_forms.office.schools.standings import standings
from thep_forms.records import Ledger, Records
from thep_forms.register import MemberSchool

HOSTILE = "\"><script>document.title='acted'</script><img src=//127.0.0.1/x onerror=\"document.title='acted'\">"
TYPED = "<img src=x onerror=\"document.title='acted'\">@@cedar"
SCHOOLS = {  # the names are CSV already
    "2101": "Cedar Primary School,primary",
    "2103": "Elm Tree Primary School,primary",
    "4242": "Ivy Lane School,secondary;primary",
    "3204": "St Fillan’s School,primary",
    "3205": '"' + HOSTILE.replace('"', '""') + '",primary',
    "7004": "Kestrel School,",
}
PEOPLE = ("Sam Okafor", "Priya Rahman", "Jo Lindqvist", "020 7946", "@", "Close", "onerror", "Lost one")


def message(date: str, pdf: bytes) -> bytes:
    email = EmailMessage()
    email["From"], email["Date"], email["Subject"] = "office@cedar.example", date, "Our form"
    email.set_content("Our form")
    email.add_attachment(pdf, maintype="application", subtype="pdf", filename="form.pdf")
    return email.as_bytes()


def came(form: bytes, number: str, **changes: str | bool) -> bytes:
    return type_into(form, answers(number, **changes))


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, form: bytes) -> Path:
    """Cedar, Elm and Ivy are accepted, Elm with a query and Ivy without a date. Fillan and the hostile school have
    errors; Kestrel has sent nothing. One form is of another authority, one of no member, one of last year."""
    inbox, records = tmp_path_factory.mktemp("inbox"), tmp_path_factory.mktemp("made") / "records"
    dated = {
        "2101": ("Mon, 4 May 2026 10:00:00 +0100", came(form, "2101")),
        "2103": ("Tue, 5 May 2026 10:00:00 +0100", came(form, "2103", main_contact_designation="Clerk")),
        "3204": ("Tue, 5 May 2026 23:30:00 +0100", came(form, "3204", chair_of_governors_name="")),
        "3205": ("Sat, 9 May 2026 10:00:00 +0100", came(form, "3205", main_contact_email=TYPED)),
        "Lost one": ("Sat, 9 May 2026 10:00:00 +0100", came(form, "2102", dfe_number="213/2102")),
    }
    for name, (date, pdf) in dated.items():
        (inbox / f"{name}.eml").write_bytes(message(date, pdf))
    (inbox / "4242.pdf").write_bytes(came(form, "4242"))
    (inbox / "stranger.pdf").write_bytes(came(form, "2106"))
    ingest(records, [inbox])
    rows = "".join(f"{number},{name},office@{number}.example\n" for number, name in SCHOOLS.items())
    (records.parent / "schools.csv").write_text("dfe_number,school_name,phases,email\n" + rows)
    return records


def write_report(records: Path, *options: object, year: str = "2026-27") -> Result:
    return run("report", year, "--records", records, "--schools", records.parent / "schools.csv", *options)


@pytest.fixture(scope="module")
def pages(records: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The whole page and the redacted page."""
    folder = tmp_path_factory.mktemp("pages")
    paths = {"whole": folder / "new" / "page.html", "redacted": folder / "redacted.html"}
    assert write_report(records, "-o", paths["whole"]).exit_code == 0
    assert write_report(records, "-o", paths["redacted"], "--redacted").exit_code == 0
    return paths


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with blank(tmp_path_factory.mktemp("browser")) as target:
        yield target


def look(browser: Target, path: Path, width: int = 1000, scheme: str = "light", medium: str = "screen") -> Target:
    """The page, loaded in a window of that width."""
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.call("Emulation.setEmulatedMedia", media=medium, features=features)
    browser.events.clear()
    browser.load(path.as_uri())
    return browser


def shown(browser: Target, selector: str) -> list[str]:
    """The texts of those elements, in their order."""
    script = f"[...document.querySelectorAll({selector!r})].map(e => e.textContent.replace(/\\s+/g, ' ').trim())"
    texts: list[str] = browser.run(script)
    return texts


# --- the content -------------------------------------------------------------------------------------------------


def test_the_report_counts_the_schools_by_standing(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    assert shown(browser, ".big") == ["5 of 6 schools have returned the form."]
    assert shown(browser, ".legend li") == ["Accepted: 3", "Needs attention: 2", "Not returned: 1"]


def test_the_report_counts_by_phase_in_the_order_of_the_form(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    assert shown(browser, "#phase-caption ~ thead th") == [
        "Phase",
        "Accepted",
        "Needs attention",
        "Not returned",
        "All",
    ]
    assert shown(browser, "#phase-caption ~ tbody tr") == [
        "Primary3205",
        "Secondary1001",
        "Phase not known0011",
        "All3216",
    ]
    labels = browser.run("[...document.querySelectorAll('svg.bar')].map(e => e.getAttribute('aria-label'))")
    assert labels[1] == "Primary: accepted 3, needs attention 2"


def test_returns_are_counted_by_the_day_of_their_message(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    assert shown(browser, "details tbody tr") == ["4 May 202611", "5 May 202623", "9 May 202614"]
    assert "The latest day is 9 May 2026. For 1 more school the day is not known." in shown(browser, "#days + p")[0]
    box = browser.run("(b => [b.x, b.y, b.width, b.height])(document.querySelector('.time path').getBBox())")
    assert [round(coordinate, 1) for coordinate in box] == [0, 33.3, 100, 66.7]


def test_a_return_that_needs_attention_has_the_sentence_to_send(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    (fillan,) = [
        article for article in shown(browser, "#attention ~ article") if article.startswith("St Fillan’s School")
    ]
    assert "211/3204 · office@3204.example" in fillan
    assert "error Details of the Chair of the Governing Body: Name: there is no answer yet. Please give us" in fillan
    assert shown(browser, "#queries + p + article h3") == ["Elm Tree Primary School"]


def test_returns_of_schools_that_are_not_members_are_listed(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    articles = shown(browser, "#unmatched ~ article")
    assert len(articles) == 2
    assert any("Lost one.eml" in article and "another local authority" in article for article in articles)
    assert any("211/2106 · needs attention" in article for article in articles)


def test_missing_schools_are_named(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    assert shown(browser, "#missing-caption ~ tbody tr") == [
        "Kestrel School 211/7004 · office@7004.examplePhase not knownNot returned"
    ]


def test_returns_of_another_year_do_not_count_in_the_report(browser: Target, records: Path, tmp_path: Path) -> None:
    assert write_report(records, "-o", tmp_path / "page.html", year="2027-28").exit_code == 0
    look(browser, tmp_path / "page.html")
    assert shown(browser, ".big") == ["0 of 6 schools have returned the form."]
    assert "it is not known when" in shown(browser, "#days + p")[0]


def returned(records: Path, definition: FormDefinition, members: tuple[MemberSchool, ...], **options: Any) -> Report:
    with Ledger.existing(records) as ledger:
        records_of_year = Records(ledger, Definitions(None, definition.year))
        found = standings(definition.year, members, records_of_year, (), lambda _: False)
        return make_report(definition, found.statuses, records_of_year, **options)


@pytest.fixture
def known_before(tmp_path: Path, form: bytes) -> Path:
    """A folder of records and a list with different heads of the same school."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "form.pdf").write_bytes(came(form, "2101"))
    (tmp_path / "schools.csv").write_text("dfe_number,school_name,headteacher_name\n2101,Cedar,Former Head\n")
    ingest(tmp_path / "records", [tmp_path / "inbox"], register=tmp_path / "schools.csv")
    return tmp_path


def test_changed_answers_are_listed(browser: Target, known_before: Path) -> None:
    assert write_report(known_before / "records", "-o", known_before / "page.html").exit_code == 0
    look(browser, known_before / "page.html")
    assert shown(browser, "#changes-caption ~ tbody td") == [
        *("Full Name of School", "Cedar", "Cedar Primary School"),
        *("Details of the Headteacher (if different from main contact): Name", "Former Head", "Sam Okafor"),
    ]


def test_a_redacted_page_hides_changed_answers(known_before: Path) -> None:
    assert write_report(known_before / "records", "-o", known_before / "page.html", "--redacted").exit_code == 0
    page = (known_before / "page.html").read_text(encoding="utf-8")
    assert "Headteacher (if different from main contact): Name" in page
    assert not re.search("Former Head|Sam Okafor", page)


def test_a_report_without_schools_is_a_valid_page(records: Path, definition: FormDefinition) -> None:
    assert "<strong>0</strong> of 0 schools" in report_page(returned(records, definition, ()))


# --- a page for everyone -----------------------------------------------------------------------------------------


def test_a_redacted_page_has_schools_and_counts_and_no_personal_data(pages: dict[str, Path]) -> None:
    whole, redacted = (pages[name].read_text(encoding="utf-8") for name in ("whole", "redacted"))
    for words in ("Elm Tree", "Kestrel", "St Fillan’s", "Name: no answer", "Email: not an email address", "211/7004"):
        assert words in redacted
    body = redacted.partition("<body>")[2].replace(HTML_OF_HOSTILE, "")
    assert [words for words in PEOPLE if words in body] == []
    assert {"@", "Lost one", "onerror"} <= {words for words in PEOPLE if words in whole.replace(HTML_OF_HOSTILE, "")}


HTML_OF_HOSTILE = (
    HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")
)


def test_only_the_owner_can_read_the_page_which_names_the_partnership(
    records: Path, pages: dict[str, Path], tmp_path: Path
) -> None:
    assert pages["whole"].stat().st_mode & 0o077 == 0
    result = write_report(records, "-o", tmp_path / "page.html")
    assert result.stdout == f"{tmp_path / 'page.html'}\n"
    assert "The page holds personal data" in result.stderr
    assert (
        "The page holds personal data" not in write_report(records, "-o", tmp_path / "page.html", "--redacted").stderr
    )


def test_the_same_records_give_the_same_bytes(records: Path, pages: dict[str, Path], tmp_path: Path) -> None:
    write_report(records, "-o", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_bytes() == pages["whole"].read_bytes()


# --- no scripts, no requests -----------------------------------------------------------------------------


def test_markup_that_a_school_typed_is_shown_as_text(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    assert browser.run("document.title") == "School Membership Form 2026-27: report"
    assert browser.run("document.querySelectorAll('script, img, iframe, object, form, [onerror]').length") == 0
    assert HOSTILE in shown(browser, "#attention ~ article h3")
    assert any(TYPED in item for item in shown(browser, "#attention ~ article li"))


@pytest.mark.parametrize("name", ["whole", "redacted"])
def test_the_page_fetches_nothing(browser: Target, pages: dict[str, Path], name: str) -> None:
    look(browser, pages[name])
    asked = [event["params"] for event in browser.events if event["method"] == "Network.requestWillBeSent"]
    assert [event["request"]["url"] for event in asked] == [pages[name].as_uri()]
    assert [event for event in browser.events if event["method"] in ("Log.entryAdded", "Audits.issueAdded")] == []


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A real server, and the requests that it received."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever).start()
        yield f"http://127.0.0.1:{made.server_port}", asked
        made.shutdown()


def test_the_content_security_policy_blocks_scripts_and_requests(
    browser: Target, records: Path, templates: Path, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    address, asked = server
    bad = f"""<script>document.title = 'acted'</script><img src="{address}/x" onerror="document.title = 'acted'">
    <link rel="stylesheet" href="{address}/s"><iframe src="{address}/f"></iframe></main>"""
    edit(templates / "report.html.j2", "</main>", bad)
    assert write_report(records, "-o", tmp_path / "page.html", "--templates", templates).exit_code == 0
    look(browser, tmp_path / "page.html")
    assert browser.run("document.querySelectorAll('main script, main img, main link, main iframe').length") == 4
    assert browser.run("document.title") == "School Membership Form 2026-27: report"
    assert asked == []


# --- for everyone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["whole", "redacted"])
def test_axe_finds_no_violation_in_the_page(browser: Target, pages: dict[str, Path], name: str, scheme: str) -> None:
    look(browser, pages[name], scheme=scheme)
    browser.run("document.querySelector('details').open = true")
    browser.run((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8") + "; true")
    found = browser.run("axe.run().then(found => [found.violations, found.incomplete, found.passes.length])")
    violations, incomplete, passes = found
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations] == []
    assert [violation["id"] for violation in incomplete] == []
    assert passes > 20


def test_a_screen_reader_finds_headings_tables_and_charts(browser: Target, pages: dict[str, Path]) -> None:
    look(browser, pages["whole"])
    levels = browser.run("[...document.querySelectorAll('h1, h2, h3')].map(e => +e.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert browser.run("[...document.querySelectorAll('table')].every(e => e.caption?.textContent.trim())")
    assert browser.run("[...document.querySelectorAll('th')].every(e => ['col', 'row'].includes(e.scope))")
    assert browser.run("[...document.querySelectorAll('svg')].every(e => e.ariaHidden || e.getAttribute('aria-label'))")
    assert browser.run("document.documentElement.lang") == "en-GB"
    assert browser.run("[...document.querySelectorAll('nav a')].every(e => document.querySelector(e.hash))")


@pytest.mark.parametrize("width", [320, 360, 1000])
def test_the_page_does_not_scroll_sideways(browser: Target, pages: dict[str, Path], width: int) -> None:
    look(browser, pages["whole"], width=width)
    browser.run("document.querySelector('details').open = true")
    assert browser.run("[innerWidth, document.documentElement.scrollWidth <= innerWidth]") == [width, True]


def test_the_page_prints_dark_on_white_from_a_dark_screen(browser: Target, pages: dict[str, Path]) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    assert look(browser, pages["whole"], scheme="dark").run(colour) == "rgb(22, 25, 27)"
    assert look(browser, pages["whole"], scheme="dark", medium="print").run(colour) == "rgb(255, 255, 255)"


@pytest.mark.parametrize("colour", ["#1f4e5f", "#ffff00", "#ffffff", "#000000", "#ff8800", "#777777"])
@pytest.mark.parametrize("background", ["#ffffff", "#16191b", "#808080"])
def test_the_colour_of_a_partnership_is_changed_until_it_is_readable(colour: str, background: str) -> None:
    """WCAG 2.2, 1.4.3."""

    def luminance(colour: str) -> float:
        shares = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted(map(luminance, (readable_colour(colour, background), background)))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_every_standing_has_a_label_and_a_colour(
    browser: Target, records: Path, definition: FormDefinition, tmp_path: Path
) -> None:
    report = returned(records, definition, (MemberSchool("211/2101", phases=("primary",)), MemberSchool("211/7004")))
    assert set(report.standings) < set(Standing)
    (tmp_path / "page.html").write_text(report_page(report))
    look(browser, tmp_path / "page.html")
    fills = browser.run("[...document.querySelectorAll('.legend rect')].map(e => getComputedStyle(e).fill)")
    assert len(set(fills)) == len(report.standings) == 2


# --- templates and wrong usage ------------------------------------------------------------------------------------


def test_a_mistake_in_a_custom_template_is_reported_with_its_line(
    records: Path, templates: Path, tmp_path: Path
) -> None:
    edit(templates / "report.html.j2", "<main>", "<main>{% endfor %}")
    result = write_report(records, "-o", tmp_path / "page.html", "--templates", templates)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert re.search(r"report\.html\.j2: line \d+: .*endfor", result.stderr)
    edit(templates / "report.html.j2", "<main>{% endfor %}", "<main>{{ report.heads }}")
    result = write_report(records, "-o", tmp_path / "page.html", "--templates", templates)
    assert (result.exit_code, "has no attribute 'heads'" in result.stderr) == (2, True)
    assert not (tmp_path / "page.html").exists()


def test_a_page_that_is_a_folder_is_refused(records: Path, tmp_path: Path) -> None:
    result = write_report(records, "-o", tmp_path)
    assert (result.exit_code, "is a directory" in result.stderr) == (2, True)


def test_report_refuses_text_that_is_not_a_year(records: Path, tmp_path: Path) -> None:
    assert write_report(records, "-o", tmp_path / "a.html", year="2026/27").exit_code == 0
    assert str(MembershipYear(2026)) in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert write_report(records, "-o", tmp_path / "b.html", year="banana").exit_code == 2
