"""The pages of the desk: templates, filled in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket
from msgspec import Struct
from starlette.routing import Route

from thep_forms.checking.characters import without_controls
from thep_forms.definition import Definitions, shipped
from thep_forms.desk.batches import Batches
from thep_forms.desk.downloads import Downloads
from thep_forms.desk.jobs import Job, Jobs
from thep_forms.desk.mailbox_sign_in import MailboxSignIn
from thep_forms.desk.settings import SettingsFile
from thep_forms.desk.year_in_sight import YearInSight
from thep_forms.office.dates import in_words, today

FOLDER = "desk"  # of the templates


class _Compiled(jinja2.BytecodeCache):
    """The templates that a desk of this process has compiled, for its other desks."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept, which Jinja refuses if the template has changed."""
        if kept := self._kept.get(bucket.key):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


class Pages:
    """Fills in the templates of the desk. Whatever a school typed is shown as text, never as HTML."""

    def __init__(self, token: str) -> None:
        """`token` goes into each form."""
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(shipped("templates") / FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=_compiled,
        )
        self._environment.globals["token"] = token
        self._environment.filters["day"] = _day
        self._environment.filters["address_of"] = address_of

    def show_everywhere(self, **shown: object) -> None:
        """What every page shows, such as the year."""
        self._environment.globals.update(shown)

    def page(self, name: str, **shown: object) -> str:
        """The page of that name, such as `todo`."""
        return without_controls(self._environment.get_template(f"{name}.html.j2").render(**shown))


class DeskContext(Struct, frozen=True):
    """What every page needs: the RECORDS folder, the year's definitions, the templates, the long acts and their files.

    `sight` knows the year that the page in hand is about, `batches` the files that were added, `settings` what the
    person chose. `open_samples` reads the samples, opens a desk of their own for them, and gives its address; a desk of
    samples has none.

    `definitions` are asked for at each request: a year may begin while the desk is open.
    """

    folder: Path
    definitions: Callable[[], Definitions]
    pages: Pages
    jobs: Jobs
    downloads: Downloads
    sight: YearInSight
    batches: Batches
    settings: SettingsFile
    mailbox: MailboxSignIn
    open_samples: Callable[[Job], str] | None = None


class PageGroup(ABC):
    """The pages about one subject."""

    def __init__(self, desk: DeskContext) -> None:
        self.desk = desk

    @property
    @abstractmethod
    def routes(self) -> list[Route]:
        """Their addresses."""


def address_of(dfe_number: str) -> str:
    """A DfE number as it stands in the address of a page: `211-2101`."""
    return dfe_number.replace("/", "-")


def number_in(address: str) -> str:
    """The DfE number that stands in the address of a page."""
    return address.replace("-", "/", 1)


def _day(at: object) -> str:
    """A date in words, such as `4 May`, with the year where it is not this one; empty where there is no date."""
    day = at.astimezone().date() if isinstance(at, datetime) else at
    if not isinstance(day, date):
        return ""
    return in_words(day).removesuffix(f" {today().year}")
