"""Find everything that is held about a person, and write it to a folder that can be handed over."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

from msgspec.structs import replace

from thep_forms.deciding import LONG_AGO
from thep_forms.definition import Definitions
from thep_forms.errors import OutputError, RecordsError
from thep_forms.files import private_folder, write_private
from thep_forms.office.opening import open_records
from thep_forms.office.people.find_page import PAGE, find_page
from thep_forms.office.people.forget import ledgers_beside
from thep_forms.office.people.found import Found, Held, HeldAtSchool, HeldFile
from thep_forms.office.people.holdings import Holdings, Line, Piece, Where
from thep_forms.office.people.person import Wanted, words_in
from thep_forms.reading import FileKind
from thep_forms.records import Archive, Records


def find(folder: Path, words: str, definitions: Definitions, export: Path | None = None) -> Found:
    """What the records hold about a person, by words that all have to stand in one answer or one person's block.

    With `export`, also writes it to that folder, which must not exist or be empty. Raises `RecordsError`,
    `OutputError`, `TemplateError`, `OSError`.
    """
    wanted = require_words(words)
    if export and export.exists() and (not export.is_dir() or any(export.iterdir())):
        raise OutputError(f"{export} holds something already. Choose a new folder for what is found.")
    with open_records(folder, definitions) as (_, records):
        found = _found(folder, words, wanted, records, definitions)
    if export:
        _export(found, export, definitions)
    return found


def require_words(words: str) -> Wanted:
    """What the words ask for. Raises `RecordsError` if that is nothing."""
    wanted = Wanted.typed(words)
    if wanted.is_empty:
        raise RecordsError("Give a name, an e-mail address or a number, such as “Ann Lee”.")
    return wanted


def _found(folder: Path, words: str, wanted: Wanted, records: Records, definitions: Definitions) -> Found:
    holdings = Holdings(records, definitions)
    person = holdings.person(wanted)
    pieces: list[Piece] = []
    with_others: set[str] = set()  # returns that hold other people
    for piece in holdings.pieces():
        lines = piece.lines_of(person)
        if lines:
            pieces.append(replace(piece, lines=lines))
        if len(lines) < len(piece.lines) and piece.block:
            with_others.add(piece.return_id)
    unsearched = unsearched_files(records)
    return Found(
        words,
        person,
        _by_school(pieces),
        _files(folder, records, pieces, with_others, {return_id for return_id, _ in unsearched}),
        unsearched,
        tuple(name for names in ledgers_beside(folder) for name in names),
    )


def _by_school(pieces: Iterable[Piece]) -> tuple[HeldAtSchool, ...]:
    by_school: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_school.setdefault(piece.dfe_number, []).append(piece)
    found: list[HeldAtSchool] = []
    for number in sorted(by_school, key=lambda number: (not number, number)):
        places = sorted(_places(by_school[number]), key=lambda held: (held.at or LONG_AGO, held.year, held.subject))
        name = next((piece.school_name for piece in by_school[number] if piece.school_name), "")
        found.append(HeldAtSchool(number, name if number else "", tuple(places)))
    return tuple(found)


def _places(pieces: Iterable[Piece]) -> list[Held]:
    """The pieces, those of one return, list, decision or message together."""
    by_place: dict[tuple[str, str, datetime | None], list[Piece]] = {}
    for piece in pieces:
        by_place.setdefault((piece.subject, piece.year, piece.at), []).append(piece)
    return [Held(*place, tuple(_lines(found)), found[0].return_id) for place, found in by_place.items()]


def _lines(pieces: Iterable[Piece]) -> list[Line]:
    """What the pieces say, each once. An answer as it was typed is only told apart if its words are others."""
    lines: dict[Line, None] = {}
    kept = {line.label: words_in(line.text) for piece in pieces if piece.where is Where.KEPT for line in piece.lines}
    for piece in sorted(pieces, key=lambda piece: piece.where is Where.TYPED):
        for line in piece.lines:
            if piece.where is not Where.TYPED:
                lines[line] = None
            elif words_in(line.text) != kept.get(line.label):
                lines[Line(f"{line.label}, as it came", line.text)] = None
    return list(lines)


def _files(
    folder: Path, records: Records, pieces: Iterable[Piece], with_others: set[str], unsearched: set[str]
) -> tuple[HeldFile, ...]:
    """The archived files in which the person stands.

    What the office corrected stands in no file, unless it had read the file itself because the program cannot.
    """
    kept, archive = records.ledger.files(), Archive(folder)
    return_ids: set[str] = set()
    for piece in pieces:
        is_in_file = piece.where in (Where.TYPED, Where.BESIDE)
        if piece.where is Where.KEPT:
            is_in_file = piece.return_id in unsearched or any(not line.is_by_office for line in piece.lines)
        if is_in_file:
            return_ids.add(piece.return_id)
    pages = records.later_pages()
    return_ids |= {page.return_id for return_id in return_ids for page in pages.get(return_id, ())}
    shared = {kept[return_id] for return_id in with_others if return_id in kept}
    found: dict[str, HeldFile] = {}
    for return_id in sorted(return_ids & kept.keys()):
        path = archive.find(kept[return_id])
        if path and kept[return_id] not in found:
            found[kept[return_id]] = HeldFile(path, f"return {return_id}{path.suffix}", kept[return_id] in shared)
    return tuple(found.values())


def unsearched_files(records: Records) -> tuple[tuple[str, str], ...]:
    """The archived files whose words are not read: pictures, locked and damaged files, and PDFs that are no form."""
    kept: Mapping[str, str] = records.ledger.files()
    returns = (entry for entry in records.returns() if entry.entry.kind != FileKind.FORM)
    return tuple((entry.return_id, entry.source) for entry in returns if entry.return_id in kept)


def _export(found: Found, folder: Path, definitions: Definitions) -> None:
    """Write the page and the files that it names. The page comes last: with it, the folder is complete."""
    page = find_page(found, definitions)
    private_folder(folder)
    for file in found.files:
        write_private(folder / file.name, file.path.read_bytes())
    write_private(folder / PAGE, page.encode())


def write_zip(found: Found, out: IO[bytes], definitions: Definitions) -> None:
    """Write what `find` exports as a zip, to hand over. Raises `OSError`, `TemplateError`."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(PAGE, find_page(found, definitions))
        for file in found.files:
            packed.write(file.path, file.name)
