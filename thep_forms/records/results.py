"""Results of checking the readings. They note what they are made from, and are renewed when it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from thep_forms import __version__, checking, definition
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections
from thep_forms.deciding import Decision, in_force
from thep_forms.definition import Definitions, shipped
from thep_forms.records.ledger import Ledger

SHORT = 12  # hex digits of a digest
_TEMPLATES = (".toml",)  # the definition; the texts of forms and letters change no record


def made_from(definitions: Definitions) -> str:
    """A short digest of everything that results depend on besides the reading.

    That is the version of the program, the source of `definition` and `checking`, and the templates, shipped and own.
    """
    parts = [*_program()]
    if definitions.templates:
        parts.append(digest(definitions.templates, _TEMPLATES))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:SHORT]


@cache
def _program() -> tuple[str, ...]:
    """What of this depends on the program, which does not change while it runs."""
    sources = (digest(Path(room.__file__).parent, [".py"]) for room in (definition, checking) if room.__file__)
    return __version__, *sources, digest(shipped("templates"), _TEMPLATES)


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

    What persons said of a return counts. No PDF is read. A return without a reading keeps its result. Raises
    `RecordsError`, `TemplateError`.
    """
    now, corrections = made_from(definitions), _corrections(ledger)
    corrected = _made_from_corrected(now, corrections)
    outdated = ledger.outdated(now, corrected)
    if outdated:
        from thep_forms.records.checks import check_reading  # slow to import

        with ledger.transaction():
            for return_id in outdated:
                reading = ledger.reading(return_id)
                if reading:
                    found = check_reading(reading, definitions, corrections.get(return_id, NO_CORRECTIONS))
                    ledger.renew_result(return_id, reading, found.checked, corrected.get(return_id, now))
    return bool(outdated)


def is_outdated(ledger: Ledger, definitions: Definitions) -> bool:
    """Whether any result that can be renewed was made from something else than it would be now."""
    now = made_from(definitions)
    return bool(ledger.outdated(now, _made_from_corrected(now, _corrections(ledger))))


def corrections_with(ledger: Ledger, return_id: str, decisions: Iterable[Decision]) -> Corrections:
    """What would count of a return if these further decisions were taken."""
    known = ledger.decisions()
    last = max((decision.number for decision in known), default=0)
    further = [replace(decision, number=last + place) for place, decision in enumerate(decisions, 1)]
    return in_force([*known, *further]).corrections.get(return_id, NO_CORRECTIONS)


def _corrections(ledger: Ledger) -> Mapping[str, Corrections]:
    return in_force(ledger.decisions()).corrections


def _made_from_corrected(now: str, corrections: Mapping[str, Corrections]) -> dict[str, str]:
    """What the results of corrected returns are made from, by id: what all are, and the corrections."""
    made: dict[str, str] = {}
    for return_id, found in corrections.items():
        said = msgspec.json.encode(found, order="deterministic")
        made[return_id] = f"{now} {hashlib.sha256(said).hexdigest()[:SHORT]}"
    return made
