"""The rooms of the program, as the tables of the architecture list them: imports point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import thep_forms
from tests.support.pages import ROOT, first_column, section

PACKAGE = Path(thep_forms.__file__).parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
ROOMS = first_column(section(ARCHITECTURE, "## The rooms"), "Room")
INNER_ROOMS = first_column(section(ARCHITECTURE, "## The rooms"), "Room inside")


def packages(pattern: str) -> set[str]:
    return {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob(pattern)}


def imports() -> Iterator[tuple[str, str]]:
    """Each module's path in the package, such as `office/to_do`, with that of each module that it imports."""
    for path in PACKAGE.rglob("*.py"):
        own = path.relative_to(PACKAGE).with_suffix("").as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                top, _, imported = node.module.partition(".")
                names = [imported] if imported else [name.name for name in node.names]
                yield from ((own, name.replace(".", "/")) for name in names if top == thep_forms.__name__)


def inner_room(path: str) -> str:
    return "/".join(path.split("/")[:2])


def test_every_room_is_in_the_architecture() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert set(ROOMS) == packages("*/__init__.py") | modules


def test_every_room_in_a_room_is_in_the_architecture() -> None:
    assert set(INNER_ROOMS) == packages("*/*/__init__.py")


def test_a_room_imports_only_from_rooms_above_it() -> None:
    found = {(own.split("/")[0], imported.split("/")[0]) for own, imported in imports()}
    between = {(own, imported) for own, imported in found if own in ROOMS and imported in ROOMS}
    assert len(between) > len(ROOMS)
    assert [pair for pair in between if ROOMS.index(pair[1]) > ROOMS.index(pair[0])] == []


def test_a_room_in_a_room_imports_only_from_its_neighbours_above_it() -> None:
    found = {(inner_room(own), inner_room(imported)) for own, imported in imports()}
    between = {(own, imported) for own, imported in found if own in INNER_ROOMS and imported in INNER_ROOMS}
    neighbours = {(own, imported) for own, imported in between if own.split("/")[0] == imported.split("/")[0]}
    assert {"sources", "reading", "office"} <= {own.split("/")[0] for own, _ in neighbours}
    assert [pair for pair in neighbours if INNER_ROOMS.index(pair[1]) > INNER_ROOMS.index(pair[0])] == []
