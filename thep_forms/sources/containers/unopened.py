"""Files that hold others but are not opened, and parts that are not read: each reason says what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.file_types import xml_root
from thep_forms.sources.limits import MOST_ATTACHMENTS, Budget

_SAVE_FILES = "The office can unpack it and give the files in it."

UNUSUAL = "This file is packed in an unusual way. Send it in an ordinary zip, or unpacked."
ATTACHMENT_LOST = "This attachment was lost from its Outlook message."
EMBEDDED = "This is an object in the message's text. Attach it as a file."
TOO_MANY_ATTACHMENTS = f"We read only the first {MOST_ATTACHMENTS:,} attachments of this message. Send the rest again."
OUTLOOK_FOR_MAC = "This is an Outlook for Mac export. Drag its messages out and give those."


def _explained(name: str, starts: tuple[bytes, ...], reason: str) -> ContainerKind:
    return ContainerKind(name, partial(_starts, starts), partial(_open, reason), is_streamed=True)


def _starts(starts: tuple[bytes, ...], head: bytes, _: str) -> bool:
    return head.startswith(starts)


def _open(reason: str, _: BinaryIO, __: Budget) -> Iterator[ContainedFile]:
    yield ContainedFile("", None, reason)


def _is_xfa(head: bytes, _: str) -> bool:
    """Whether it is an XDP, the form data of a form made with LiveCycle (XFA 3.3)."""
    return xml_root(head) == b"xdp"


_XFA = "This is XFA form data without the form. Send the whole PDF."

UNOPENED = (
    _explained("7z archive", (b"7z\xbc\xaf\x27\x1c",), f"This is a 7z archive. {_SAVE_FILES}"),
    _explained("RAR archive", (b"Rar!\x1a\x07",), f"This is a RAR archive. {_SAVE_FILES}"),
    _explained("xz archive", (b"\xfd7zXZ\0",), f"This is an xz archive. {_SAVE_FILES}"),
    _explained("cabinet", (b"MSCF\0\0\0\0",), f"This is a cabinet archive. {_SAVE_FILES}"),
    _explained(
        "Outlook data file",
        (b"!BDN",),
        "This is an Outlook data file. The office can save its messages as files.",
    ),
    ContainerKind("XFA form data", _is_xfa, partial(_open, _XFA), is_streamed=True),
)
