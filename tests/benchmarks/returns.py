"""Returns to measure with: each with its own values, typed through PDFium's form engine as Chrome does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.remake_samples import SCHOOLS, answers
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition, load_definition
from thep_forms.generate import generate

NAMES = ("Sam", "Priya", "Jo", "Zoë", "Łukasz", "Ayşe", "Siobhán", "Kwame", "Mei", "Ann-Marie")
FAMILIES = ("Okafor", "Rahman", "Lindqvist", "O’Brien", "Żółć", "Yıldız", "Mensah", "Li", "Begum", "Smith-Jones")


def definition() -> FormDefinition:
    return load_definition("2026-27")


def values(number: int) -> dict[str, str | bool]:
    """The answers of the school with that establishment number, whole and plausible; the same for the same number."""
    chosen = random.Random(number)
    model = chosen.choice(SCHOOLS)[0]
    told = answers(model) | {
        "school_name": f"School {number} of St {chosen.choice(FAMILIES)}",
        "dfe_number": f"{number:04}",
    }
    for role in ("main_contact", "chair_of_governors", "business_manager", "senior_leader_1"):
        told[f"{role}_name"] = f"{chosen.choice(NAMES)} {chosen.choice(FAMILIES)}"
        told[f"{role}_email"] = f"{role}@school{number}.example"
        told[f"{role}_telephone"] = f"020 7946 0{chosen.randrange(1000):03}"
    return told


def typed(count: int) -> Iterator[bytes]:
    form = generate(definition())
    for number in range(1000, 1000 + count):
        yield type_into(form, values(number))


def written(folder: Path, count: int) -> list[Path]:
    """So many returns in a folder."""
    folder.mkdir()
    paths = []
    for number, pdf in enumerate(typed(count)):
        paths.append(folder / f"{number:05}.pdf")
        paths[-1].write_bytes(pdf)
    return paths
