"""The public interface: the names in `thep_forms.__all__`, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import thep_forms
import thep_forms.cli
import thep_forms.office.sending.email
import thep_forms.office.sending.forms  # imports every room, which must not hide a public name
from thep_forms.definition import shipped

PUBLIC = {
    "MembershipYear",
    "ThepFormsError",
    "__version__",
    "check",
    "generate_form",
    "ingest",
    "load_definition",
    "read_file",
}


def python(code: str) -> str:
    """What the code prints in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_public_names_are_exactly_those_promised() -> None:
    assert set(thep_forms.__all__) == PUBLIC
    assert set(thep_forms.__all__) <= set(dir(thep_forms))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_is_no_module_after_all_rooms_were_imported(name: str) -> None:
    assert not isinstance(getattr(thep_forms, name), ModuleType)


def test_star_import_brings_the_public_names_alone() -> None:
    names = python("from thep_forms import *; print(' '.join(n for n in dir() if n == '__version__' or n[0] != '_'))")
    assert set(names.split()) == PUBLIC


def test_a_name_outside_the_interface_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Ingester'"):
        _ = thep_forms.Ingester


def test_import_of_the_package_alone_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import thep_forms; print(*sorted(set(sys.modules) - before))"
    imported = python(code).split()
    assert [name for name in imported if name.startswith("thep_forms.")] == []
    assert {"msgspec", "pikepdf", "reportlab", "click"}.isdisjoint(imported)


def test_the_public_functions_make_read_and_check_a_form_and_ingest_returns(tmp_path: Path) -> None:
    definition = thep_forms.load_definition("2026-27")
    form = thep_forms.generate_form(definition)
    (reading,) = thep_forms.read_file(form, lambda _: definition)
    assert thep_forms.check(reading, definition).blank
    returned = shipped("samples") / "returns" / "Ivy Lane.pdf"
    summary = thep_forms.ingest(tmp_path / "records", [returned])
    assert (summary.new, summary.all_accepted) == (1, True)
