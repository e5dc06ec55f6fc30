"""Results of checking the readings. They note what they are made from, and are renewed when it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from thep_forms import __version__, checking, definition
from thep_forms.definition import Definitions, shipped
from thep_forms.records.ledger import Ledger

SHORT = 12  # hex digits of a digest
_TEMPLATES = (".toml",)  # the definition; the texts of forms and letters change no record


def made_from(definitions: Definitions) -> str:
    """A short digest of everything that results depend on besides the reading.

    That is the version of the program, the source of `definition` and `checking`, and the templates, shipped and own.
    """
    parts = [__version__]
    parts += [digest(Path(room.__file__).parent, [".py"]) for room in (definition, checking) if room.__file__]
    parts.append(digest(shipped("templates"), _TEMPLATES))
    if definitions.templates:
        parts.append(digest(definitions.templates, _TEMPLATES))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:SHORT]


def digest(folder: Path, suffixes: Iterable[str]) -> str:
    """A short digest of the names and contents of the folder's files with these suffixes."""
    endings = set(suffixes)
    hashed = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in endings):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()[:SHORT]


def renew_results(ledger: Ledger, definitions: Definitions) -> bool:
    """Check again all readings whose results are out of date. Returns whether there were any.

    No PDF is read. A return without a reading keeps its result. Raises `RecordsError`, `TemplateError`.
    """
    now = made_from(definitions)
    outdated = ledger.outdated(now)
    if outdated:
        from thep_forms.records.checks import check_reading  # slow to import

        with ledger.transaction():
            for return_id in outdated:
                reading = ledger.reading(return_id)
                if reading:
                    checks = check_reading(reading, definitions)
                    ledger.renew_result(return_id, reading, checks.checked, now)
    return bool(outdated)
