"""Only the definition's templates name a field, a box, a part, a role or an option: no source does.

A string constant is taken for a name of the form in three ways:

- A name that means nothing else (`registered_address`, `headteacher_name`, `senior_leader`) may stand nowhere, neither
  alone nor within a longer string, nor as the beginning or end of a name that is put together (`f"{role}_telephone"`).
- A word that means something else too may stand anywhere but where a mapping is asked for it, something is compared
  with it, or a variable is made of it: `parts["email"]`, `parts.get("email")`, `"email" in parts`,
  `part.name == "email"`, `EMAIL = "email"`. Such words are the part names that are plain English, and the columns that
  the tables and the register list have by contract.
- Docstrings are not looked at. `definition/model.py` lists the kinds and the uses, which are no names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import thep_forms
from thep_forms.definition import load_definition

SOURCES = Path(thep_forms.__file__).parent
KINDS_AND_USES = SOURCES / "definition" / "model.py"
ALLOWED = {
    "reading/form_data.py": ["name"],  # the attribute of XFDF that names a field (ISO 19444-1)
    "register/columns.py": ["email"],  # the column of the addresses to write to, by contract
    "records/migrations.py": ["school_name"],  # what the form of version 7 called the field, whatever it is called now
}
DEFINITION = load_definition("2026-27")
PLAIN_WORDS = {"name", "email", "telephone", "other"}
CONTRACT_COLUMNS = {"dfe_number", "school_name", "phases"}
LOOKUPS = {"get", "pop", "setdefault", "startswith", "endswith", "removeprefix", "removesuffix"}


def names() -> set[str]:
    """Every name that the definition gives to a field, a box, a part, a role, an option or a column."""
    found: set[str] = set()
    for field in DEFINITION.fields:
        found |= {field.name, field.postcode_column or field.name, *(option.name for option in field.option)}
        found |= {box.name for box in DEFINITION.boxes_of_field(field)}
    for role in DEFINITION.roles:
        found |= {role.name, *(f"{role.name}_{part.name}" for part in DEFINITION.parts)}
    return found | {part.name for part in DEFINITION.parts}


NAMES = names()
STRICT = NAMES - PLAIN_WORDS - CONTRACT_COLUMNS
WITHIN = re.compile(rf"\b(?:{'|'.join(sorted(name for name in STRICT if '_' in name))})\b")
PIECES = {f"_{part.name}" for part in DEFINITION.parts} | {f"{role.name}_" for role in DEFINITION.roles}


def docstrings(tree: ast.AST) -> set[int]:
    """The ids of the constants that are statements of their own, as docstrings are."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def constants(node: ast.expr) -> Iterator[ast.Constant]:
    """The constants of an expression, within tuples, lists and sets too."""
    if isinstance(node, ast.Constant):
        yield node
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from constants(element)


def keys(tree: ast.AST) -> set[int]:
    """The ids of the constants that a mapping is asked for, something is compared with, or a variable is made of."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=key):
                found.append(key)
            case ast.Compare(left=left, comparators=others):
                found += [left, *others]
            case ast.Call(func=ast.Attribute(attr=method), args=[first, *_]) if method in LOOKUPS:
                found.append(first)
            case ast.Assign(value=ast.Constant() as value) | ast.AnnAssign(value=ast.Constant() as value):
                found.append(value)
    return {id(constant) for expression in found for constant in constants(expression)}


def literal_names(source: str) -> list[tuple[int, str]]:
    """The line and the text of each string constant that is a name of the form."""
    tree = ast.parse(source)
    ignored, asked = docstrings(tree), keys(tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in ignored:
            continue
        text = node.value
        is_key = text in NAMES and id(node) in asked
        if is_key or text in STRICT or text in PIECES or WITHIN.search(text):
            found.append((node.lineno, text))
    return found


@pytest.mark.parametrize(
    "path", sorted({*SOURCES.rglob("*.py")} - {KINDS_AND_USES}), ids=lambda path: path.relative_to(SOURCES).as_posix()
)
def test_source_names_no_field_part_role_or_option(path: Path) -> None:
    found = [name for _, name in literal_names(path.read_text(encoding="utf-8"))]
    assert found == ALLOWED.get(path.relative_to(SOURCES).as_posix(), [])


@pytest.mark.parametrize(
    "source",
    [
        'x = "registered_address"',
        'x = {"headteacher_name": 1}',
        'x = contact.parts["email"]',
        'x = contact.parts.get("name", "")',
        'x = "telephone" in parts',
        'x = part.name == "email"',
        'x = part.name in ("name", "other words")',
        'SCHOOL_NAME = "school_name"',
        'x = school["dfe_number"]',
        'x = school.get("phases")',
        'x = f"{role}_telephone"',
        'x = "Give senior_leader_1 or main_contact_name."',
    ],
)
def test_literal_name_is_found(source: str) -> None:
    assert len(literal_names(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'x = message["From"]',
        'x = {"name": column, "email": address}',
        'x = ("filename", "name")',
        'columns = {"dfe_number": "DfE number", "school_name": "School"}',
        'def f():\n    """The answer in `headteacher_name`."""',
        'x = parts.get(definition.person_name.name, "")',
    ],
)
def test_word_that_is_no_name_of_the_form_is_ignored(source: str) -> None:
    assert literal_names(source) == []
