"""Compare what is read from changed returns with other readers: python -m tests.trials.mutated 100000 [SEED MINUTES]

Prints how many files agreed, differed with a question, differed without one, and were refused. Files that differ
without a question are kept in the folder `mutated`, some of each kind.
"""

from __future__ import annotations

import ctypes
import io
import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pypdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from tests.trials.forms import made
from tests.trials.mutations import mutated
from tests.trials.parts_of_file import Parts
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.definition.model import Kind
from thep_forms.office.arrivals.examine import Examiner
from thep_forms.reading import FileKind
from thep_forms.work import Failure, Limits, Workers

DEFINITIONS = Definitions(None, MembershipYear(2026))
EXAMINER = Examiner(DEFINITIONS)
EVERY = 10  # files, of which pypdf reads one and the drawing of one is compared
LIMITS = Limits(seconds=20)
RARE = {"stamped by reportlab": 0.02}  # it takes a hundred times as long to read
MARK_OF_UTF_8 = "ï»¿"  # pypdf shows it as letters (PDF 2.0, 7.9.2.2)
KEPT = 4  # files of each kind of difference

AGREES, ASKED, ONLY_WE = "agrees", "differs, asked", "only we read it"
OTHER, LOST = "differs without a question", "only they read it, without a question"
ORDER = (LOST, OTHER, ONLY_WE, ASKED)  # the gravest counts
# What moves boxes, so that another text is drawn where a box lay; and files of which the drawing says nothing.
MOVES = frozenset(
    {"page tree changed", "/Rect changed", "/Annots changed", "/T exchanged", "/T changed", "NeedAppearances"}
)
NOT_DRAWN = ("pikepdf", "no appearances")

Area = tuple[int, float, float, float, float]  # page, left, bottom, right, top


# --- the other readers ------------------------------------------------------------------------------------------------


def _string(read: Any, *arguments: object) -> str:
    length = read(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(length)
    read(*arguments, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def by_pdfium(data: bytes) -> dict[str, list[str]] | None:
    """What PDFium says that the boxes on the pages hold, by name; a ticked box holds `yes`. None where it fails."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        return None
    found: dict[str, list[str]] = {}
    try:
        document.init_forms()
        for number in range(len(document)):
            try:
                page = document[number]
            except pdfium.PdfiumError:
                continue
            form = document.formenv.raw if document.formenv else None
            for n in range(raw.FPDFPage_GetAnnotCount(page.raw)):
                annotation = raw.FPDFPage_GetAnnot(page.raw, n)
                if form and raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET:
                    name = _string(raw.FPDFAnnot_GetFormFieldName, form, annotation)
                    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
                    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
                        value = "yes" if raw.FPDFAnnot_IsChecked(form, annotation) else ""
                    else:
                        value = _string(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
                    found.setdefault(name, []).append(value)
                raw.FPDFPage_CloseAnnot(annotation)
            page.close()
        return found
    finally:
        document.close()


def by_pypdf(data: bytes) -> dict[str, list[str]] | None:
    """What pypdf says of the fields; None where it fails."""
    logging.disable(logging.CRITICAL)
    try:
        fields = pypdf.PdfReader(io.BytesIO(data)).get_fields() or {}
    except Exception:  # noqa: BLE001 - pypdf raises nearly anything for a damaged file; None says so
        return None
    found = {}
    for name, field in fields.items():
        value = field.get("/V", "")
        if field.get("/FT") == "/Btn":
            found[name] = ["yes" if str(value) not in ("", "/Off", "None") else ""]
        elif isinstance(value, pypdf.generic.StreamObject):
            found[name] = [value.get_data().decode("latin-1")]
        elif isinstance(value, list):
            found[name] = ["\n".join(map(str, value))]
        else:
            found[name] = ["" if value == "/Off" else str(value).removeprefix(MARK_OF_UTF_8)]
    return found


def by_drawing(data: bytes, areas: Mapping[str, Area]) -> dict[str, list[str]] | None:
    """The text that PDFium draws in the area of each box. None where it fails, or viewers draw the boxes anew."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        return None
    found: dict[str, list[str]] = {}
    try:
        for number in range(len(document)):
            try:
                page = document[number]
            except pdfium.PdfiumError:
                return None
            raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY)
            page.close()
            page = document[number]
            text = page.get_textpage()
            for name, (of_page, *area) in areas.items():
                if of_page == number:
                    found[name] = [text.get_text_bounded(*area)]
            text.close()
            page.close()
        return found
    finally:
        document.close()


def areas_of(data: bytes) -> dict[str, Area]:
    """Where the boxes lie."""
    found: dict[str, Area] = {}
    document = pdfium.PdfDocument(data)
    document.init_forms()
    for number in range(len(document)):
        page = document[number]
        for n in range(raw.FPDFPage_GetAnnotCount(page.raw)):
            annotation = raw.FPDFPage_GetAnnot(page.raw, n)
            if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET:
                rect = raw.FS_RECTF()
                raw.FPDFAnnot_GetRect(annotation, rect)
                name = _string(raw.FPDFAnnot_GetFormFieldName, document.formenv.raw, annotation)
                found[name] = (number, rect.left, rect.bottom, rect.right, rect.top)
            raw.FPDFPage_CloseAnnot(annotation)
        page.close()
    document.close()
    return found


# --- one file ---------------------------------------------------------------------------------------------------------


class Readers:
    """What all readers say of a file, as JSON. The first byte says whether the slow ones read it, too."""

    def __init__(self, areas: Mapping[str, Area]) -> None:
        self.areas = areas

    def __call__(self, request: bytes) -> bytes:
        is_sample, data = request[:1] == b"+", request[1:]
        return json.dumps(
            {
                "ours": ours(data),
                "PDFium": by_pdfium(data),
                "pypdf": by_pypdf(data) if is_sample else None,
                "drawn": by_drawing(data, self.areas) if is_sample else None,
            }
        ).encode()


def ours(data: bytes) -> list[dict[str, Any]]:
    """What we read: of each return its kind, its answers, and what is asked about each box."""
    returns = []
    for found in EXAMINER.examine(data):
        reading = found.reading
        asked: dict[str, list[str]] = {}
        for problem in found.checked.problems if found.checked else ():
            asked.setdefault(problem.field, []).append(str(problem.code))
        answers = {name: answer.text for name, answer in reading.answers.items() if answer.text}
        unknown = {name: answer.text for name, answer in reading.unknown_fields.items() if answer.text}
        form_id = {"form_id": reading.form_id} if reading.form_id else {}
        returns.append({"kind": reading.kind, "answers": answers | unknown | form_id, "asked": asked})
    return returns


def normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def squeezed(text: str) -> str:
    return "".join(text.replace("\0", "").split())


class Comparison:
    """What a file's readers say beside what they said of the file that it was made of."""

    def __init__(self, before: dict[str, Any], definition: FormDefinition) -> None:
        (self.before,) = before["ours"]
        self.drawn_before = before["drawn"]
        self.definition = definition
        self.boxes = [*before["PDFium"]]

    def differences(self, now: dict[str, Any], reader: str) -> dict[str, str]:
        """How the boxes differ from what the reader says, by their names."""
        first = now["ours"][0]
        found: dict[str, str] = {}
        for box in self.boxes:
            own = first["answers"].get(box, "")
            if self._agrees(now, reader, box, own):
                continue
            if self._is_asked(first, box):
                found[box] = ASKED
            elif not any(squeezed(text) for text in now[reader].get(box, ())):
                found[box] = ONLY_WE
            else:
                found[box] = OTHER if own else LOST
        return found

    def _agrees(self, now: dict[str, Any], reader: str, box: str, own: str) -> bool:
        theirs = now[reader].get(box, [""])
        if reader != "drawn":
            first_chosen = own.partition("\n")[0]  # PDFium gives that of several
            return any(normal(text) in (own, first_chosen) for text in theirs)
        if self.definition.box(box) is None or self.definition.box(box).kind is Kind.TICKS:
            return True
        shown, before = squeezed(theirs[0]), squeezed(self.drawn_before.get(box, [""])[0])
        if shown == before and own == self.before["answers"].get(box, ""):
            return True
        return shown == squeezed(own)

    def _is_asked(self, found: dict[str, Any], box: str) -> bool:
        """Whether more is asked than before, of the box or of the whole file."""
        own = found["answers"].get(box, "")
        for field in (box, ""):
            if set(found["asked"].get(field, ())) - set(self.before["asked"].get(field, ())):
                return True
        return own != self.before["answers"].get(box, "") and box in found["asked"]


def kind_of(now: dict[str, Any]) -> str:
    kinds = {found["kind"] for found in now["ours"]}
    if kinds != {FileKind.FORM}:
        return " and ".join(sorted(kinds))
    return "form" if len(now["ours"]) == 1 else "several forms"


# --- the trial --------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A changed file: what it was made of, how it was changed, its bytes."""

    name: str
    kinds: tuple[str, ...]
    data: bytes


class Trial:
    """The returns that are changed, and what was found so far."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self.folder = seed, folder
        folder.mkdir(exist_ok=True)
        self.parts = {name: Parts(pdf) for name, pdf in made().items()}
        self.readers = Readers(areas_of(self.parts["PDFium"].base))
        definition = DEFINITIONS(MembershipYear(2026))
        self.comparisons = {}
        for name, part in self.parts.items():
            self.comparisons[name] = Comparison(json.loads(self.readers(b"+" + part.base)), definition)
        self.results: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()

    def cases(self, count: int, seconds: float) -> Iterator[tuple[Case, bytes]]:
        """Changed files, as many as are asked for or as there is time for, and what `Readers` get of each."""
        chance = random.Random(self.seed)
        names, others = [*self.parts], [part.base for part in self.parts.values()]
        weights = [RARE.get(name, 1.0) for name in names]
        ends_at = time.monotonic() + seconds
        for number in range(count):
            if time.monotonic() > ends_at:
                return
            name = chance.choices(names, weights)[0]
            data, kinds = mutated(self.parts[name], others, chance)
            yield Case(name, kinds, data), (b"+" if number % EVERY == 0 else b"-") + data

    def note(self, number: int, case: Case, answer: bytes | Failure) -> None:
        if isinstance(answer, Failure):
            self._note_failure(number, case, answer)
            return
        now = json.loads(answer)
        kind = kind_of(now)
        self.results[f"read as {kind}"] += 1
        if kind != "form" or now["PDFium"] is None:
            self.results["PDFium: not compared"] += 1
        for reader in ("PDFium", "pypdf", "drawn") if kind == "form" else ():
            says_nothing = reader == "drawn" and (case.name in NOT_DRAWN or not MOVES.isdisjoint(case.kinds))
            if now[reader] is not None and not says_nothing:
                self._compare(number, case, now, reader)

    def _note_failure(self, number: int, case: Case, failure: Failure) -> None:
        ((_, own),) = Workers(EXAMINER.on_data, LIMITS, 1).map([(0, case.data)])
        who = f"ours: {own.reason}" if isinstance(own, Failure) else "another reader"
        self.results[f"failed: {who}"] += 1
        self._keep(f"failed, {who}, {' + '.join(case.kinds)}", number, case, (failure.reason, failure.error))

    def _compare(self, number: int, case: Case, now: dict[str, Any], reader: str) -> None:
        found = self.comparisons[case.name].differences(now, reader)
        outcome = next((outcome for outcome in ORDER if outcome in found.values()), AGREES)
        self.results[f"{reader}: {outcome}"] += 1
        if outcome not in (AGREES, ASKED):
            box = next(box for box in found if found[box] == outcome)
            first = now["ours"][0]
            note = (box, first["answers"].get(box, ""), now[reader].get(box), first["asked"])
            self._keep(f"{reader} {outcome}: {' + '.join(case.kinds)}", number, case, note)

    def _keep(self, why: str, number: int, case: Case, note: object) -> None:
        self.kept[why] += 1
        if self.kept[why] <= KEPT:
            (self.folder / f"{self.seed}-{number}.pdf").write_bytes(case.data)
            with (self.folder / f"notes-{self.seed}.txt").open("a") as notes:
                print(number, why, case.name, note, sep="\t", file=notes)


def main() -> None:
    count, seed, minutes = (int(word) for word in (*sys.argv[1:4], *("100000", "1", "600")[len(sys.argv) - 1 :]))
    trial = Trial(seed, Path("mutated"))
    start = time.monotonic()
    answers = Workers(trial.readers, LIMITS, 1).map(trial.cases(count, 60 * minutes))
    for number, (case, answer) in enumerate(answers, 1):
        trial.note(number, case, answer)
        if number % 500 == 0:
            print(number, f"{time.monotonic() - start:.0f} s", json.dumps(trial.results), flush=True)
    print(json.dumps(trial.results, indent=1))
    for why, times in trial.kept.most_common():
        print(times, why)


if __name__ == "__main__":
    main()
