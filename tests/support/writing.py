"""Three schools to write to, and the command that does."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from click.testing import Result

from tests.support.commands import run
from tests.support.mailserver import MailServer
from thep_forms.definition import load_definition
from thep_forms.records import Ledger, Sent, SentKind
from thep_forms.send import MessageTemplates

DEFINITION = load_definition("2026-27").for_copies
TEMPLATES = MessageTemplates(DEFINITION, None, SentKind.FORM)
CEDAR, ELM, IVY = "office@cedar.example", "head@elm.example", "info@ivy.example"
SCHOOLS = f"""dfe_number,school_name,phases,email
2101,Cedar Primary School,primary,{CEDAR}
2103,Elm Tree Primary School,primary,{ELM}
4242,Ivy Lane School,secondary,{IVY}
"""


def email(schools: Path, records: Path, *more: object, **given: str) -> Result:
    return run("email", "2026-27", "--schools", schools, "-o", records, *more, **given)


def send(schools: Path, records: Path, server: MailServer, *more: object, **given: str) -> Result:
    where = ("--smtp-host", "127.0.0.1", "--smtp-port", server.port)
    return email(schools, records, "--send", "--rate", "60000", *where, *more, **given)


def noted(records: Path) -> list[Sent]:
    with Ledger.existing(records) as ledger:
        return ledger.sent()


def form_in(of: EmailMessage) -> tuple[str, bytes]:
    (part,) = of.iter_attachments()
    assert isinstance(part, EmailMessage)
    assert part.get_content_type() == "application/pdf"
    return part.get_filename() or "", part.get_content()
