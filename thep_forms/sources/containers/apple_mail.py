"""The kind of container that is a file of Apple Mail, `.emlx`: the size of an e-mail, the e-mail, a property list."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.emails import EMAIL
from thep_forms.sources.limits import Budget
from thep_forms.sources.mail.email_headers import is_header

_SIZE = re.compile(rb"(\d{1,12})[ \t]*\r?\n")


def _is_emlx(head: bytes, _: str) -> bool:
    size = _SIZE.match(head)
    return bool(size and is_header(head[size.end() :]))


def _open_emlx(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The files attached to the e-mail."""
    data = file.read()
    size = _SIZE.match(data)
    start, length = (size.end(), int(size[1])) if size else (0, len(data))
    yield from EMAIL.open(io.BytesIO(data[start : start + length]), budget)


EMLX = ContainerKind("e-mail", _is_emlx, _open_emlx)
