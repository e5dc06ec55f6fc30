"""Functions that a reader can see whole: few branches, those in expressions counted too, and few lines.

`ruff`'s C901 counts statements alone, so a condition moved into a comprehension would be free.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import thep_forms

MOST_BRANCHES = 19  # in a function
MOST_IN_COMPREHENSION = 4  # its `for` and `if`, and what they hold
MOST_LINES = 55  # of a function, its docstring included

Function = ast.FunctionDef | ast.AsyncFunctionDef
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)


def branches(tree: ast.AST) -> int:
    """Count the branches in a piece of code: statements, conditions, `and`, `or`, and what comprehensions hold."""
    count = 0
    for node in ast.walk(tree):
        if isinstance(node, BRANCHES):
            count += 1
        elif isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            count += 1 + len(node.ifs)
    return count


def branches_in_comprehensions(function: Function) -> int:
    """Count the branches of the function's largest comprehension."""
    return max((branches(node) for node in ast.walk(function) if isinstance(node, COMPREHENSIONS)), default=0)


def lines(function: Function) -> int:
    """Count the lines of a function, without its decorators."""
    assert function.end_lineno
    return function.end_lineno - function.lineno + 1


def functions() -> Iterator[tuple[str, Function]]:
    """Find every function of the package, with the place where it is."""
    package = Path(thep_forms.__file__).parent
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function):
                yield f"{path.relative_to(package)}:{node.lineno} {node.name}", node


@pytest.mark.parametrize(
    ("measure", "most"),
    [(branches, MOST_BRANCHES), (branches_in_comprehensions, MOST_IN_COMPREHENSION), (lines, MOST_LINES)],
)
def test_every_function_of_the_package_can_be_seen_whole(measure: Callable[[Function], int], most: int) -> None:
    measured = {place: measure(function) for place, function in functions()}
    assert measured
    assert {place: count for place, count in measured.items() if count > most} == {}


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("if a: b\nelif c: d\nelse: e", 2),
        ("for a in b: c\nwhile d: e", 2),
        ("try: a\nexcept B: c\nexcept D: e\nfinally: f", 2),
        ("match a:\n case 1: b\n case _: c", 2),
        ("a and b and c or d", 3),
        ("a if b else c", 1),
        ("[a for a in b if c if d]", 3),
        ("{a: b for a in c for b in a if d and e}", 4),
        ("any(a for a in b if all(c for c in a))", 3),
        ("lambda a: a or b", 1),
        ("with a: b = c", 0),
    ],
)
def test_each_kind_of_branch_is_counted(code: str, count: int) -> None:
    assert branches(ast.parse(code)) == count
