"""A letter and a school's form as an e-mail: to be sent, or to be opened as a draft."""

from __future__ import annotations

from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import localtime, make_msgid
from typing import Any

from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from thep_forms.definition.model import Partnership
from thep_forms.errors import SendError
from thep_forms.send.letters import MessageText, one_line

_BETWEEN = ";"  # addresses, in a register


# As the registry of the standard library joins the two.
class _Subject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc] # their stubs disagree about max_count
    """A subject in encoded words as a whole: the standard policy loses blanks between words (CPython issue 144156)."""

    def fold(self, *, policy: Policy[Any]) -> str:
        charset = "us-ascii" if self.isascii() else "utf-8"
        words = Header(str(self), charset, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


def _headers() -> HeaderRegistry:
    known = HeaderRegistry()
    known.map_to_type("subject", _Subject)
    return known


# Seven bits are what any server takes. Headers are UTF-8 for addresses alone that cannot be written otherwise.
_PLAIN = SMTP.clone(cte_type="7bit", header_factory=_headers())
_UTF8 = _PLAIN.clone(utf8=True)


class Parcel(Struct, frozen=True):
    """What goes to one school, before anybody knows when: `to` are addresses as mail servers take them."""

    dfe_number: str
    school: str
    to: tuple[str, ...]
    letter: MessageText
    file_name: str  # of the PDF
    pdf: bytes

    @property
    def needs_utf8(self) -> bool:
        """Whether an address has letters that only servers with SMTPUTF8 (RFC 6531) take."""
        return not all(address.isascii() for address in self.to)


def addresses(known: str) -> tuple[str, ...]:
    """The addresses of a member, of which several are joined by `;`; none if one of them cannot be written to.

    What looks like an encoded word (RFC 2047) cannot: it would be decoded in the header, line breaks and all.
    """
    if not known or "=?" in known:
        return ()
    try:
        return tuple(_on_the_wire(address) for address in known.split(_BETWEEN))
    except EmailNotValidError:
        return ()


def sender(partnership: Partnership) -> str:
    """The address that messages come from. Raises `SendError` if it is none."""
    try:
        return _on_the_wire(partnership.return_address)
    except EmailNotValidError as error:
        raise SendError("partnership.toml: return_address: this is not an e-mail address. Give one.") from error


def _on_the_wire(address: str) -> str:
    """With its domain in ASCII if it can be: that does for every server as long as the part before the @ is, too."""
    valid = validate_email(address, check_deliverability=False)
    return valid.ascii_email or valid.normalized


def message(parcel: Parcel, partnership: Partnership) -> tuple[EmailMessage, str]:
    """The message to be sent now, and its Message-ID."""
    made = _message(parcel, partnership)
    message_id = make_msgid(domain=sender(partnership).rpartition("@")[2])
    made["Date"] = localtime()
    made["Message-ID"] = message_id
    return made, message_id


def draft(parcel: Parcel, partnership: Partnership) -> bytes:
    """The message as an `.eml` file; the same parcel gives the same bytes.

    `X-Unsent` is what Outlook and Thunderbird know drafts by, and the type identifier what Apple Mail does. It has
    neither a date nor a Message-ID: a program that found them would send it with them.
    """
    made = _message(parcel, partnership)
    made["X-Unsent"] = "1"
    made["X-Uniform-Type-Identifier"] = "com.apple.mail-draft"
    return made.as_bytes()


def _message(parcel: Parcel, partnership: Partnership) -> EmailMessage:
    made = EmailMessage(policy=_UTF8 if parcel.needs_utf8 else _PLAIN)
    made["From"] = _mailbox(sender(partnership), one_line(partnership.name))
    made["To"] = [_mailbox(address) for address in parcel.to]
    made["Subject"] = parcel.letter.subject
    made.set_content(parcel.letter.text, cte="quoted-printable")
    made.add_alternative(parcel.letter.html, subtype="html", cte="quoted-printable")
    made.add_attachment(parcel.pdf, maintype="application", subtype="pdf", filename=parcel.file_name)
    for number, part in enumerate(part for part in made.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}")  # which neither quoted-printable text nor base64 can hold
    return made


def _mailbox(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def shown(parcel: Parcel, partnership: Partnership) -> str:
    """The message for a person to read: its headers, the names of its files, its text."""
    headers = {
        "From": str(_mailbox(sender(partnership), one_line(partnership.name))),
        "To": ", ".join(parcel.to),
        "Subject": parcel.letter.subject,
        "Attached": f"{parcel.file_name} ({len(parcel.pdf) / 1000:.0f} kB)",
    }
    return "".join(f"{name}: {value}\n" for name, value in headers.items()) + "\n" + parcel.letter.text
