"""Makes messages of schools, of ours and of mail servers, and reads them in."""

from __future__ import annotations

from email.message import EmailMessage, MIMEPart
from functools import cache
from pathlib import Path

from tests.conftest import ingest, rows
from tests.remake_samples import answers
from tests.support.packing import mail
from tests.support.viewer import type_into
from thep_forms.definition import load_definition
from thep_forms.generate import Master

US, SCHOOL = "membership@thepartnership.example", "office@cedar2101.example"
OURS, AUTOMATIC = "sent_by_us", "automatic"


@cache
def cedars_copy() -> bytes:
    """The copy of Cedar Primary School, filled in with every answer."""
    return Master(load_definition("2026-27").for_copies).copy(answers("2101"), "211/2101")


@cache
def completed_copy() -> bytes:
    """The same, with another chair of governors."""
    return type_into(cedars_copy(), {"chair_of_governors_name": "Edith Newly-Elected"})


def message(pdf: bytes, sender: str = SCHOOL, **headers: str) -> EmailMessage:
    """A message that carries a PDF; `headers` replace its own, with `_` for `-`."""
    made = mail({"form.pdf": pdf})
    for name, value in {"From": sender, **headers}.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    return made


def forwarded(inner: EmailMessage, sender: str = SCHOOL, **headers: str) -> EmailMessage:
    """A message that has another one attached."""
    made = message(b"", sender, **headers)
    made.clear_content()
    made.set_content("See the message attached.")
    made.add_attachment(inner)
    return made


def report(
    inner: EmailMessage | None,
    kind: str = "delivery-status",
    recipient: str = SCHOOL,
    status: str = "5.1.1",
    **headers: str,
) -> EmailMessage:
    """A bounce or a receipt (RFC 3462), which carries the message that it is about."""
    made = message(b"", "Mail System <mail@cedar2101.example>", **headers)
    made.clear_content()
    made["Content-Type"] = f'multipart/report; report-type={kind}; boundary="between"'
    outcome = MIMEPart()
    outcome["Content-Type"] = f"message/{kind}"
    about = MIMEPart()
    about["Final-Recipient"], about["Action"], about["Status"] = f"rfc822; {recipient}", "failed", status
    outcome.set_payload([about])
    parts = [outcome]
    if inner:
        whole = MIMEPart()
        whole.set_content(inner)
        parts.append(whole)
    made.set_payload(parts)
    return made


def verdicts(records: Path) -> list[str]:
    return [row["verdict"] for row in rows(records / "returns.csv")]


def ingested(folder: Path, name: str, made: EmailMessage) -> list[str]:
    path = folder / "inbox" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(made.as_bytes())
    ingest(folder / "records", [folder / "inbox"])
    return verdicts(folder / "records")


def written(text: str, sender: str = SCHOOL, html: str = "", **headers: str) -> EmailMessage:
    """A message without a file."""
    made = message(b"", sender, **headers)
    made.clear_content()
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made
