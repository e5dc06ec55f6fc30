"""Results of checking the readings. They note what they are made from, and are renewed when it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from thep_forms import __version__, checking, deciding, definition
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections
from thep_forms.checking.known_answers import NO_KNOWLEDGE, Knowledge
from thep_forms.deciding import Decision, in_force
from thep_forms.definition import Definitions, shipped
from thep_forms.definition.identity import years_in
from thep_forms.reading import FileKind, Reading
from thep_forms.records.knowledge import LedgerKnowledge
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


def rules_of(definitions: Definitions) -> bytes:
    """A hash of everything that verdicts and tables depend on besides the ledger."""
    parts = (made_from(definitions), str(definitions.default_year), *_rooms())
    return hashlib.sha256("\0".join(parts).encode()).digest()


@cache
def _rooms() -> tuple[str, ...]:
    """What of this depends on the program, besides `_program`."""
    return tuple(digest(folder, [".py"]) for folder in (Path(deciding.__file__).parent, Path(__file__).parent))


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
    sources = _Sources(ledger, definitions)
    changed = False
    for stage in sources.stages():
        outdated = stage.outdated(ledger)
        if outdated:
            with ledger.transaction():
                for return_id in outdated:
                    sources.renew(return_id, stage)
        changed |= bool(outdated)
    return changed


def is_outdated(ledger: Ledger, definitions: Definitions) -> bool:
    """Whether any result that can be renewed was made from something else than it would be now."""
    return any(stage.outdated(ledger) for stage in _Sources(ledger, definitions).stages())


class _Stage(Struct, frozen=True):
    """Returns that can be checked together, with what the result of each is to be made from, by its id.

    `made_from` is that of all further returns, None if the stage has only these. `without` are not of this stage.
    """

    expected: Mapping[str, str]
    made_from: str | None = None
    without: Collection[str] = ()
    year: str = ""

    def outdated(self, ledger: Ledger) -> list[str]:
        """Those of the returns whose results were made from something else."""
        if self.made_from is None:
            return [return_id for return_id, was in ledger.made_from(self.expected) if was != self.expected[return_id]]
        found = ledger.outdated(self.made_from, self.expected)
        return [return_id for return_id in found if return_id not in self.without]


class _Sources:
    """What results are made from, and the order in which they can be made.

    First come those of forms. Those of pictures follow by year: they depend on the results of earlier years.
    """

    def __init__(self, ledger: Ledger, definitions: Definitions) -> None:
        self._ledger, self._definitions = ledger, definitions
        self._now, self._decided = made_from(definitions), in_force(ledger.decisions())
        self._corrected = _made_from_corrected(self._now, self._decided.corrections)
        self._knowledge: LedgerKnowledge | None = None

    def stages(self) -> Iterator[_Stage]:
        """The returns that can be checked together. Check those of one before you ask for the next."""
        years: dict[str, list[str]] = {}
        for return_id, reading in self._ledger.pictures():
            years.setdefault(year_of_picture(reading, self._corrections(return_id)), []).append(return_id)
        pictures = {return_id for ids in years.values() for return_id in ids}
        others = {return_id: was for return_id, was in self._corrected.items() if return_id not in pictures}
        yield _Stage(others, self._now, pictures)
        self._knowledge = LedgerKnowledge(self._ledger, self._decided.closed) if pictures else None
        for year, ids in sorted(years.items()):
            known = self._knowledge.digest(year) if self._knowledge else ""
            yield _Stage({each: f"{self._corrected.get(each, self._now)} {known}" for each in ids}, year=year)

    def renew(self, return_id: str, stage: _Stage) -> None:
        """Check a return of a stage again."""
        from thep_forms.records.checks import check_reading  # slow to import

        reading = self._ledger.reading(return_id)
        if reading:
            knowledge = self._knowledge.of_year(stage.year) if self._knowledge else NO_KNOWLEDGE
            found = check_reading(reading, self._definitions, self._corrections(return_id), knowledge)
            self._ledger.renew_result(
                return_id, reading, found.checked, stage.expected.get(return_id, stage.made_from or "")
            )

    def _corrections(self, return_id: str) -> Corrections:
        return self._decided.corrections.get(return_id, NO_CORRECTIONS)


def year_of_picture(reading: Reading, corrections: Corrections) -> str:
    """The membership year that a person said the picture is of, else the one that it says; empty without either."""
    return corrections.year or next((str(year) for year in years_in(reading.form_id, reading.title)), "")


def knowledge_of(ledger: Ledger, reading: Reading, corrections: Corrections) -> Knowledge:
    """What counts besides a reading and its corrections when it is checked: something for pictures alone."""
    if reading.kind is not FileKind.SCAN:
        return NO_KNOWLEDGE
    known = LedgerKnowledge(ledger, in_force(ledger.decisions()).closed)
    return known.of_year(year_of_picture(reading, corrections))


def corrections_with(ledger: Ledger, return_id: str, decisions: Iterable[Decision]) -> Corrections:
    """What would count of a return if these further decisions were taken."""
    known = ledger.decisions()
    last = max((decision.number for decision in known), default=0)
    further = [replace(decision, number=last + place) for place, decision in enumerate(decisions, 1)]
    return in_force([*known, *further]).corrections.get(return_id, NO_CORRECTIONS)


def _made_from_corrected(now: str, corrections: Mapping[str, Corrections]) -> dict[str, str]:
    """What the results of corrected returns are made from, by id: what all are, and the corrections."""
    made: dict[str, str] = {}
    for return_id, found in corrections.items():
        encoded = msgspec.json.encode(found, order="deterministic")
        made[return_id] = f"{now} {hashlib.sha256(encoded).hexdigest()[:SHORT]}"
    return made
