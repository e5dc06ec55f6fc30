"""Archived files that a run reads once more: what an earlier run could not read in them, it can."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from thep_forms.definition.identity import school_in
from thep_forms.reading import NOT_READ
from thep_forms.reading.paper import is_installed
from thep_forms.reading.reasons import NO_CODE_NOT_INSTALLED, NOT_INSTALLED
from thep_forms.records import Archive, Ledger, ReadReturn


def files_to_read_once_more(ledger: Ledger, archive: Archive) -> Iterator[tuple[str, Path]]:
    """The hash and the path of each. Version 7 kept no readings of PDFs. Pictures wait for the libraries for them.

    A damaged file is left alone.
    """
    pictures = ledger.files_kept_for(NOT_INSTALLED) if is_installed() else []
    for sha256 in [*ledger.files_without_reading(), *pictures]:
        path = archive.find(sha256)
        if path and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            yield sha256, path


def is_worth_reading(reason: str) -> bool:
    """Whether a picture that was no form for that reason may be one now."""
    return reason == NO_CODE_NOT_INSTALLED and is_installed()


def says_more(ledger: Ledger, sha256: str, returns: Sequence[ReadReturn]) -> bool:
    """Whether what was read of a file once more may take the place of what was read before.

    Returns in a file are known by their order. What a person decided of one must not become a decision about another.
    """
    if returns[0].reading.kind in NOT_READ:
        return False
    known = ledger.return_ids(sha256)
    if not any(decision.return_id in known for decision in ledger.decisions()):
        return True
    schools: list[str] = []
    for return_id in known:
        reading = ledger.own_reading(return_id)
        schools.append(school_in(reading.form_id) if reading else "")
    return schools == [school_in(found.reading.form_id) for found in returns[: len(known)]]
