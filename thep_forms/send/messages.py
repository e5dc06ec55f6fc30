"""A message to one school, with its form attached, as an e-mail to be sent or as a draft to be opened."""

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
from thep_forms.send.wording import MessageText, one_line

ADDRESS_SEPARATOR = ";"  # between the e-mail addresses of a member school in the register


# The standard library joins the two base classes in the same way.
class _Subject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc] # their stubs disagree about max_count
    """A subject that is encoded as a whole: the standard policy loses spaces between words (CPython issue 144156)."""

    def fold(self, *, policy: Policy[Any]) -> str:
        charset = "us-ascii" if self.isascii() else "utf-8"
        words = Header(str(self), charset, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


def _header_types() -> HeaderRegistry:
    types = HeaderRegistry()
    types.map_to_type("subject", _Subject)
    return types


# Every server takes seven-bit content. Headers use UTF-8 only for addresses that cannot be written in ASCII.
_ASCII_POLICY = SMTP.clone(cte_type="7bit", header_factory=_header_types())
_UTF8_POLICY = _ASCII_POLICY.clone(utf8=True)


class OutgoingMessage(Struct, frozen=True):
    """A message to one school: addresses as mail servers take them, the words, and the PDF of its form.

    It has no date and no Message-ID before it is sent.
    """

    dfe_number: str
    school: str  # its name
    to: tuple[str, ...]
    text: MessageText
    file_name: str  # of the PDF
    pdf: bytes

    @property
    def needs_utf8(self) -> bool:
        """Whether an address has letters that only servers with SMTPUTF8 (RFC 6531) take."""
        return not all(address.isascii() for address in self.to)


def split_addresses(joined: str) -> tuple[str, ...]:
    """The addresses of a member school, which the register joins by `;`. Empty if one of them cannot be used.

    An address that looks like an encoded word (RFC 2047) cannot be used. Mail programs would decode it in the header,
    including line breaks.
    """
    if not joined or "=?" in joined:
        return ()
    try:
        return tuple(_normalise_address(address) for address in joined.split(ADDRESS_SEPARATOR))
    except EmailNotValidError:
        return ()


def sender_address(partnership: Partnership) -> str:
    """The address that messages come from. Raises `SendError` if it is not an e-mail address."""
    try:
        return _normalise_address(partnership.return_address)
    except EmailNotValidError as error:
        raise SendError("partnership.toml: return_address: this is not an e-mail address. Give one.") from error


def _normalise_address(address: str) -> str:
    """The address with its domain in ASCII, which every server takes, if the part before the @ is ASCII too."""
    valid = validate_email(address, check_deliverability=False)
    return valid.ascii_email or valid.normalized


def make_email(message: OutgoingMessage, partnership: Partnership) -> tuple[EmailMessage, str]:
    """The e-mail to be sent now, with its date, and its Message-ID."""
    email = _without_date(message, partnership)
    message_id = make_msgid(domain=sender_address(partnership).rpartition("@")[2])
    email["Date"] = localtime()
    email["Message-ID"] = message_id
    return email, message_id


def make_draft(message: OutgoingMessage, partnership: Partnership) -> bytes:
    """The e-mail as the content of an `.eml` file; the same message gives the same bytes.

    Outlook and Thunderbird recognise a draft by `X-Unsent`, Apple Mail by the type identifier. A draft has no date and
    no Message-ID: the mail program would send these along.
    """
    email = _without_date(message, partnership)
    email["X-Unsent"] = "1"
    email["X-Uniform-Type-Identifier"] = "com.apple.mail-draft"
    return email.as_bytes()


def make_mailbox_draft(message: OutgoingMessage, partnership: Partnership, message_id: str) -> bytes:
    """The e-mail as a draft in a mailbox. The mail program that sends it may put another date and Message-ID."""
    email = _without_date(message, partnership)
    email["Date"] = localtime()
    email["Message-ID"] = message_id
    return email.as_bytes()


def _without_date(message: OutgoingMessage, partnership: Partnership) -> EmailMessage:
    email = EmailMessage(policy=_UTF8_POLICY if message.needs_utf8 else _ASCII_POLICY)
    email["From"] = _sender_mailbox(partnership)
    email["To"] = [_mailbox(address) for address in message.to]
    email["Subject"] = message.text.subject
    email.set_content(message.text.text, cte="quoted-printable")
    email.add_alternative(message.text.html, subtype="html", cte="quoted-printable")
    name = message.file_name.replace("=?", "= ?")  # else the library decodes an encoded word in it, line breaks too
    email.add_attachment(message.pdf, maintype="application", subtype="pdf", filename=name)
    multiparts = (part for part in email.walk() if part.is_multipart())
    for number, part in enumerate(multiparts):
        part.set_boundary(f"=_{number}")  # neither quoted-printable text nor base64 can contain this
    return email


def _mailbox(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def _sender_mailbox(partnership: Partnership) -> Address:
    return _mailbox(sender_address(partnership), one_line(partnership.name))


def shown_headers(message: OutgoingMessage, partnership: Partnership) -> dict[str, str]:
    """What stands above the text of a message: its headers, and the name and size of its attachment."""
    return {
        "From": str(_sender_mailbox(partnership)),
        "To": ", ".join(message.to),
        "Subject": message.text.subject,
        "Attached": f"{message.file_name} ({len(message.pdf) / 1000:.0f} kB)",
    }


def preview(message: OutgoingMessage, partnership: Partnership) -> str:
    """The message for a person to read: its headers, the name and size of its attachment, its text."""
    lines = "".join(f"{name}: {value}\n" for name, value in shown_headers(message, partnership).items())
    return f"{lines}\n{message.text.text}"
