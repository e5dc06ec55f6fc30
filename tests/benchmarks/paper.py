"""How well answers are read from paper: typed and handwritten forms, scanned, faxed and photographed.

    python -m tests.benchmarks.paper [FONT...]

Handwriting is what fonts make of it, with letters that dance: real hands are harder. Without fonts of your own, those
of the `fontpkg-*` packages of the extra `bench` are taken. Prints, for each kind of picture, the share of schools that
are known, of ticks that are right and of values that are exact, the share of letters that are wrong, and the seconds
of processor time for a page; at last the memory that all of it took.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from difflib import SequenceMatcher
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tests.support.paper import ITALICS, Paper, faxed
from tests.support.photographs import jpeg, saved, taken_of
from tests.support.viewer import draw
from thep_forms.definition import FormDefinition, load_definition
from thep_forms.definition.identity import school_in
from thep_forms.generate import PaperCopy, pack
from thep_forms.reading.read import read_file

Values = dict[str, str | bool]
Picture = Callable[[Image.Image], bytes]

FIRST = [
    "Amina",
    "Ben",
    "Cerys",
    "Dwayne",
    "Esther",
    "Femi",
    "Gwen",
    "Hamid",
    "Isla",
    "Joe",
    "Karen",
    "Liam",
    "Mehwish",
    "Nadia",
    "Owen",
    "Priya",
    "Quentin",
    "Ruth",
]
LAST = [
    "Ahmed",
    "Begum",
    "Chowdhury",
    "Davies",
    "Evans",
    "Fernandes",
    "Goldberg",
    "Hussain",
    "Iqbal",
    "Jones",
    "Khan",
    "Lewis",
    "Miah",
    "O’Brien",
    "Patel",
]
JOBS = ["Headteacher", "Deputy Head", "Chair of Governors", "School Business Manager", "Phase Leader", "SENCo"]
KINDS = ["Primary School", "Church of England School", "Academy", "College", "Nursery School"]
TREES = ["Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Pine", "Rowan", "Willow"]
PHASES = ["nursery", "primary", "secondary", "special", "ap", "all_through", "other"]
ROLES = ["main_contact", "chair_of_governors", "headteacher", "business_manager", "senior_leader_1", "senior_leader_2"]
PACKAGES = ["caveat", "indie_flower", "kalam", "shadows_into_light", "dancing_script", "satisfy"]
PER_HAND = 2  # forms


def values(seed: int) -> Values:
    """What an invented school answers."""
    chosen = random.Random(seed)
    tree, kind = chosen.choice(TREES), chosen.choice(KINDS)
    number = str(chosen.randint(2000, 4999))
    street = f"{chosen.randint(1, 180)} {chosen.choice(TREES)} Road"
    domain = f"{tree.lower()}{kind.split()[0].lower()}.example"
    answers: Values = {
        "school_name": f"{tree} {kind}",
        "dfe_number": number,
        "registered_address": f"{street}\nTower Hamlets\nLondon\nE{chosen.randint(1, 14)} {chosen.randint(0, 9)}AB",
    }
    answers.update({f"phase_{phase}": True for phase in chosen.sample(PHASES, chosen.randint(1, 3))})
    for role in chosen.sample(ROLES, 4):
        first, last = chosen.choice(FIRST), chosen.choice(LAST)
        name = f"{first[0]}.{last}" if chosen.random() < 0.5 else f"{first}.{last}"
        answers[f"{role}_designation"] = chosen.choice(JOBS)
        answers[f"{role}_name"] = f"{first} {last}"
        answers[f"{role}_email"] = f"{name.lower().replace('’', '')}@{domain}"
        answers[f"{role}_telephone"] = f"020 7946 0{chosen.randint(100, 999)}"
    return answers


def typed(definition: FormDefinition, answers: Values, school: str) -> Image.Image:
    """The first page of a copy on which the answers are printed, as one that was typed and printed is."""
    return draw(pack(definition, [PaperCopy(answers, school)]), 0, scale=200 / 72)


def noisy(picture: Image.Image) -> Image.Image:
    """The picture with the grain of a cheap camera."""
    greys = np.asarray(picture.convert("L")).astype(np.float32)
    grain = np.random.default_rng(1).normal(0, 7, greys.shape)
    return Image.fromarray(np.clip(greys + grain, 0, 255).astype(np.uint8))


def _at_150(page: Image.Image) -> Image.Image:
    return page.convert("L").resize((1240, 1754), Image.Resampling.LANCZOS)


def _photographed(page: Image.Image) -> Image.Image:
    large = page.resize((2400, 3394), Image.Resampling.BICUBIC)
    return noisy(taken_of(large, degrees=2.5, perspective=0.12, shade=True, blur=1.6))


def _far_photographed(page: Image.Image) -> Image.Image:
    return taken_of(page, degrees=-8, perspective=0.2, shade=True).filter(ImageFilter.GaussianBlur(0.8))


PICTURES: Mapping[str, Picture] = {
    "scan, 200 dots": lambda page: jpeg(page.convert("L").rotate(0.6, fillcolor=255), 70),
    "scan, 150 dots": lambda page: jpeg(_at_150(page).rotate(-0.8, fillcolor=255), 60),
    "fax": lambda page: saved(faxed(page.rotate(0.5, fillcolor=255)), "TIFF", compression="group4"),
    "photograph": lambda page: jpeg(_photographed(page), 75),
    "far photograph": lambda page: jpeg(_far_photographed(page), 70),
}


class Score:
    """What was right in pictures of one kind."""

    def __init__(self) -> None:
        self.schools = self.pages = self.ticks = self.all_ticks = 0
        self.exact = self.values = 0
        self.wrong = self.letters = self.seconds = 0.0

    def add(self, definition: FormDefinition, answers: Values, school: str, picture: bytes, show: str) -> None:
        """Read a picture, and count."""
        started = time.process_time()
        reading = read_file(picture, lambda _: definition)[0]
        self.seconds += time.process_time() - started
        self.pages += 1
        number = school or f"{definition.partnership.dfe_prefix}{reading.text_of('dfe_number')}"
        self.schools += (school_in(reading.form_id) or number) == f"211/{answers['dfe_number']}"
        for name in reading.answers:
            right, read = answers.get(name, ""), reading.text_of(name)
            if name.startswith("phase_"):
                self.all_ticks += 1
                self.ticks += (read == "yes") == bool(right)
            elif right:
                self._add_value(str(right), read, f"{show} {name}")

    def take_in(self, other: Score) -> None:
        """Count what another has counted, too."""
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)

    def _add_value(self, right: str, read: str, show: str) -> None:
        right, read = " ".join(right.replace("’", "'").split()), " ".join(read.replace("’", "'").split())
        self.values += 1
        self.exact += right == read
        self.letters += len(right)
        same = sum(block.size for block in SequenceMatcher(None, right, read, autojunk=False).get_matching_blocks())
        self.wrong += max(len(right), len(read)) - same
        if right != read and "-v" in sys.argv:
            print("   ", show, repr(right), repr(read))

    def line(self, name: str) -> str:
        """The shares, in per cent."""
        shares = (
            100 * self.schools / max(self.pages, 1),
            100 * self.ticks / max(self.all_ticks, 1),
            100 * self.exact / max(self.values, 1),
            100 * self.wrong / max(self.letters, 1),
            self.seconds / max(self.pages, 1),
        )
        return f"{name:40}" + "".join(f"{share:9.1f}" for share in shares)


def hands() -> Iterator[Path | str]:
    """The fonts to write with."""
    own = [Path(name) for name in sys.argv[1:] if name != "-v"]
    yield from own
    if not own:
        found = [find_spec(f"fontpkg_{name}") for name in PACKAGES]
        folders = [Path(spec.origin).parent for spec in found if spec and spec.origin]
        yield from (next(iter(sorted(folder.rglob("*.ttf")))) for folder in folders)
        if not folders:
            yield ITALICS


def main() -> None:
    """Print the table."""
    definition = load_definition("2026-27")
    print(f"{'':40}" + "".join(f"{head:>9}" for head in ("schools", "ticks", "exact", "letters", "seconds")))
    for kind, picture in PICTURES.items():
        score = Score()
        for seed in range(4):
            answers = values(seed)
            school = f"211/{answers['dfe_number']}" if seed % 2 else ""
            score.add(definition, answers, school, picture(typed(definition, answers, school)), kind)
        print(score.line(f"typed, {kind}"), flush=True)
    marks = ["tick", "cross", "filled", "straying"]
    for kind in ("scan, 200 dots", "photograph"):
        overall = Score()
        for seed, font in enumerate(hands(), 10):
            score = Score()
            for number in range(PER_HAND):
                answers = values(seed * PER_HAND + number)
                paper = Paper(definition, seed=seed).fill(answers, font, marks[(seed + number) % 4])
                show = f"{Path(font).stem}, {kind}"
                score.add(definition, answers, "", PICTURES[kind](paper.scanned()), show)
            overall.take_in(score)
            print(score.line(f"{Path(font).stem}, {kind}"), flush=True)
        print(overall.line(f"all hands, {kind}"), flush=True)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
