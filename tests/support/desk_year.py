"""A membership year as a person clicks and types it at the desk: for its test, and for the pictures of the guide.

Everything goes through the browser. The schools fill in the forms that the desk attached to its drafts.
"""

from __future__ import annotations

import email
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.remake_samples import AUTHORITY, SCHOOLS, answers, listed
from tests.support.desk import PATIENCE, context_of, drop, opened_at, said
from tests.support.viewer import type_into
from thep_forms.definition import Definitions, MembershipYear

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

YEAR = MembershipYear(2026)
MEMBERS = ("2101", "2102", "2103", "2106", "4242", "7004")
CEDAR, DOVECOTE, ELM, HARBOUR, IVY, KESTREL = (next(school[1] for school in SCHOOLS if school[0] == n) for n in MEMBERS)
MAIN_EMAIL = "Details of Main Contact for all mailings: Email"

Picture = Callable[[str], object]  # takes the name of a moment of the year that the guide shows


@contextmanager
def year_begun(chromium: Browser, folder: Path, picture: Callable[[Page, str], object]) -> Iterator[YearAtTheDesk]:
    """The desk of a new folder, open in a browser."""
    from thep_forms.desk.server import running_desk  # slow to import

    with running_desk(folder / "records", partial(Definitions, None, YEAR)) as running:
        context = context_of(chromium)
        page = opened_at(context, running)
        yield YearAtTheDesk(page, folder, partial(picture, page))
        context.close()


class YearAtTheDesk:
    """The acts of a year, in their order. Each begins on the page on which the one before ended."""

    def __init__(self, page: Page, folder: Path, picture: Picture) -> None:
        self.page, self._folder, self._picture = page, folder, picture

    # --- the hands ----------------------------------------------------------------------------------------------

    def click(self, name: str, role: str = "button", inside: str = "main") -> None:
        """Click on the first button or link of that name."""
        self.page.locator(inside).get_by_role(role, name=name).first.click()

    def open(self, name: str) -> None:
        """Go to a page by its name in the head."""
        self.click(name, "link", "header")

    def type_in(self, box: Locator, text: str) -> None:
        """Type into a box, in the place of what stands in it."""
        box.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def box(self, label: str) -> Locator:
        """The box with that label."""
        return self.page.get_by_label(label, exact=True)

    def read(self) -> str:
        """What the page says."""
        return said(self.page)

    def heading(self) -> str:
        """Its heading."""
        return said(self.page, "h1")

    def said(self) -> str:
        """What was just done, as the page says it."""
        return said(self.page, ".done >> nth=0")

    def downloaded(self, name: str) -> bytes:
        """The file to which a link or a button leads."""
        with self.page.expect_download() as started:
            self.page.locator("main").get_by_text(name, exact=True).first.click()
        started.value.save_as(self._folder / "download")
        return (self._folder / "download").read_bytes()

    def chosen_file(self, label: str, path: Path) -> None:
        """Choose a file in the system's dialogue."""
        with self.page.expect_file_chooser() as opened:
            self.page.get_by_label(label).click()
        opened.value.set_files(path)

    # --- the year -----------------------------------------------------------------------------------------------

    def answer_first_questions(self) -> None:
        """What the partnership is called, where forms come back to, and by when."""
        self.type_in(self.page.get_by_label("What is the partnership called?"), "Borough Schools Together")
        self.type_in(self.page.get_by_label("Where do forms come back to?"), "forms@boroughschools.example")
        self.type_in(self.page.get_by_label("By when?"), "31 December")
        self.click("Continue")
        if self.heading() == "About your partnership":  # that day has passed, and the page has said so
            self.click("Continue")

    def give_list(self) -> None:
        """Look at the list of schools, and use it."""
        lines = ["DfE number,School,Phase,Address,E-mail"]
        for number in MEMBERS:
            known = listed(number)
            phase = next(name.removeprefix("phase_") for name in known if name.startswith("phase_"))
            address = str(known["registered_address"]).replace("\n", ", ")
            mail = answers(number)["main_contact_email"]
            lines.append(f'{number},{known["school_name"]},{phase},"{address}",{mail}')
        path = self._folder / "Schools of the borough.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.chosen_file("List of schools", path)
        self.click("Look at it")
        self._picture("desk-list")
        self.click("Use this list")

    def draft(self) -> dict[str, bytes]:
        """Look at the messages, write drafts, and give the form in each by the name of its school."""
        self.click("Go on", "link")
        self.page.get_by_role("button", name="Write").click()
        self.page.locator(".done").wait_for(timeout=PATIENCE)
        forms: dict[str, bytes] = {}
        with zipfile.ZipFile(io.BytesIO(self.downloaded("Download the drafts"))) as drafts:
            for name in drafts.namelist():
                message = email.message_from_bytes(drafts.read(name), policy=policy.default)
                assert isinstance(message, EmailMessage)
                for part in message.iter_attachments():
                    number = name.partition(f"{AUTHORITY}-")[2][:4]
                    forms[next(school[1] for school in SCHOOLS if school[0] == number)] = part.get_content()
        self.open("Send")
        self.click("Yes,")
        return forms

    def send_form(self) -> dict[str, bytes]:
        """Write to the schools that were not sent the form."""
        self._picture("desk-send")
        self.click("Write to them")
        return self.draft()

    def drop_returns(self, forms: Mapping[str, bytes]) -> None:
        """What came back: a good form, one with a mistake, one with a question, a message without a form, a stray."""
        self.open("Schools")
        drop(
            self.page,
            ("Cedar.eml", self._reply("2101", forms[CEDAR])),
            ("Dovecote.eml", self._reply("2102", forms[DOVECOTE], main_contact_email="head@dovecote2102,example")),
            ("Harbour.eml", self._reply("2106", forms[HARBOUR], business_manager_telephone="N/A")),
            ("Elm.eml", self._reply("2103", None)),
            ("Newsletter.txt", b"The summer fair is on Saturday."),
        )
        self.page.locator("#tray .remove").wait_for(timeout=2 * PATIENCE)

    def _reply(self, number: str, form: bytes | None, **changes: str | bool) -> bytes:
        message = EmailMessage()
        message["From"], message["To"] = str(answers(number)["main_contact_email"]), "forms@boroughschools.example"
        day = 4 + 3 * MEMBERS.index(number)
        message["Date"], message["Subject"] = f"{day} May 2026 10:00:00 +0100", "Re: Membership form"
        message["Message-ID"] = f"<{number}@school.example>"
        message.set_content("Our answers are below. Our chair of governors is still Priya Rahman.")
        if form:
            filled = type_into(form, answers(number, **changes))
            message.add_attachment(filled, maintype="application", subtype="pdf", filename="form.pdf")
        return message.as_bytes()

    def correct(self) -> None:
        """Put a mistyped address right."""
        self._open_task(DOVECOTE)
        self.page.locator("#mark").wait_for()
        self._picture("desk-one-return")
        self.type_in(self.box(MAIN_EMAIL), "head@dovecote2102.example")
        self.page.keyboard.press("Enter")
        self.page.locator(".done").wait_for()

    def enter(self) -> None:
        """Type in what a school wrote without a form."""
        self.open("To do")
        self._open_task(ELM)
        self.click("Type in its answers", "link")
        for box, answer in answers("2103").items():
            if box.startswith(("main_contact", "chair")):
                self.type_in(self.page.locator(f"#{box}"), str(answer))
        self.click("Save")
        self.page.locator(".done").wait_for()

    def close(self) -> None:
        """Close what is no form, with the keyboard alone."""
        self.open("To do")
        self.page.locator(".tasks").wait_for()
        self.page.wait_for_load_state("load")  # the keys are there once the scripts are
        self.page.keyboard.press("j")
        self.page.keyboard.press("c")
        self.page.locator("#close-why:focus").wait_for()
        self.page.keyboard.type("their newsletter")
        self.page.keyboard.press("Enter")
        self.page.locator(".done").wait_for()

    def confirm(self) -> None:
        """Confirm what a form that counts was asked about."""
        self.open("To do")
        self.click(HARBOUR, "link")
        self.page.get_by_role("button", name="Confirm").click()
        self.page.locator(".done").wait_for()

    def look_at_to_do(self) -> None:
        """What needs somebody."""
        self.open("To do")
        self._picture("desk-to-do")

    def _open_task(self, school: str) -> None:
        self.page.locator(".tasks").get_by_role("link", name=school).click()

    def remind(self) -> dict[str, bytes]:
        """Remind the schools that have something to correct, or wrote without a form."""
        self.open("Send")
        self.click("Remind them")
        return self.draft()

    def report(self) -> tuple[bytes, bytes]:
        """The report to share, and the mailing list of the chairs."""
        self.open("Report")
        self._picture("desk-report")
        page = self.downloaded("Download a page to share")
        self.page.get_by_label("Chair of governors").check()
        return page, self.downloaded("Download the mailing list")

    def begin_next_year(self) -> dict[str, bytes]:
        """Choose the next year, and write to all its schools."""
        self.page.locator("header").get_by_label("Year", exact=True).select_option("2027-28")
        self.click("Change", inside="header")
        self.open("Send")
        self.click("Write to them")
        return self.draft()
