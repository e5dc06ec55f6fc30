"""Tells files that nobody meant as returns: what mail programs add to messages, and what systems leave in folders.

They have a row in `returns.csv` but need nobody's attention. A PDF or form data never decorates a message. A picture
may, and is looked at for the form all the same.
"""

from __future__ import annotations

import re
from collections.abc import Set
from urllib.parse import unquote

from thep_forms.sources.file_types import HEAD, file_type
from thep_forms.sources.mail.email_headers import Headers

# Cards, signatures and invitations, and what a Mac sends beside a file.
_CONTENT_TYPES = {
    *("text/vcard", "text/x-vcard", "text/directory", "text/calendar", "application/ics", "application/applefile"),
    *("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"),
    *("application/pgp-keys", "application/pgp-encrypted"),  # the latter is only the version of what is encrypted
}
_ENDINGS = (".vcf", ".ics", ".p7s")
_REST_OF_TEXT = re.compile(r"att\d{5,6}\.(?:txt|html?)")  # Exchange calls so what follows an attachment in the text
_IMAGE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")  # PNG, JPEG, GIF: those that mail programs show in a text

_CLUTTER = re.compile(
    r"(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini|\.localized|Icon\r|\._[^/]*|~\$[^/]*"
    # beside the mail folders that Thunderbird, Apple Mail and Google Takeout write
    r"|[^/]+\.msf|table_of_contents|msgFilterRules\.dat|filterlog\.html|popstate\.dat|archive_browser\.html"
    # beside the messages in the Maildirs of Dovecot and Courier
    r"|dovecot[.-][^/]*|subscriptions|maildirfolder|maildirsize|courierimap[^/]*"
    r"|User Settings/[^/]+\.(?:json|csv)|Info\.plist)",
    re.IGNORECASE | re.DOTALL,
)
_IMAGE_SHOWN = re.compile(r"""cid:([^\s"'<>)]+)""", re.IGNORECASE)  # RFC 2392


def is_clutter(source: str, data: bytes | None) -> bool:
    """Whether the last step is a name of files that systems, Office and exports of mail leave beside others.

    An empty file whose name has no ending is a mail folder of Thunderbird that holds no message.
    """
    if data == b"" and "." not in source.rpartition("/")[2]:
        return True
    return bool(_CLUTTER.fullmatch(source)) and not (data and is_document(data))


def is_addition(content_type: str, file_name: str) -> bool:
    """Whether a file is a card, a signature, an invitation or the rest of a text, added by a mail program."""
    name = file_name.lower()
    return content_type in _CONTENT_TYPES or name.endswith(_ENDINGS) or bool(_REST_OF_TEXT.fullmatch(name))


def is_picture_of_text(headers: Headers, shown: Set[str]) -> bool:
    """Whether a part of an e-mail is a picture in the message's text, such as a logo.

    `shown` are the Content-IDs of the images that the text shows.
    """
    if not headers.content_type.startswith("image/"):
        return False
    if headers.disposition == "inline":
        return True
    if not headers.content_id:
        return False
    # Some mail programs give every attachment an id: a photograph that was attached is meant to be read.
    return headers.disposition != "attachment" or headers.content_id in shown


def is_document(data: bytes) -> bool:
    """Whether the file is a PDF or form data, whatever its message calls it."""
    found = file_type(data[:HEAD])
    return found is not None and not found.is_picture


def is_image(data: bytes) -> bool:
    """Whether the file is a picture of a type that mail programs show in a message's text."""
    return data.startswith(_IMAGE_STARTS)


def images_shown(html: str) -> set[str]:
    """The Content-IDs of the images that a message's HTML shows."""
    return {unquote(content_id) for content_id in _IMAGE_SHOWN.findall(html)}
