"""Membership forms of a school partnership: PDFs to fill in go out, CSV records come back.

The names in `__all__` are the public interface:

- `load_definition` loads what the form of a year asks and says.
- `generate_form` makes the blank form of a definition.
- `read_file` reads the forms in a returned file.
- `check` checks a reading: it gives the record and its problems.
- `ingest` reads returned files into a folder of records. It does the other steps itself.
- `MembershipYear` is a year, `ThepFormsError` the base class of all errors that a user can put right.

Everything else in the package may change in any version. Importing the package alone imports nothing else: each name is
imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thep_forms.checking.checker import check
    from thep_forms.definition import MembershipYear, load_definition
    from thep_forms.errors import ThepFormsError
    from thep_forms.generate import generate as generate_form
    from thep_forms.office.arrivals.ingest import ingest
    from thep_forms.reading.read import read_file

__version__ = "0.1.0"

__all__ = [
    "MembershipYear",
    "ThepFormsError",
    "__version__",
    "check",
    "generate_form",
    "ingest",
    "load_definition",
    "read_file",
]

# Where each public name comes from: the module, and what it is called there. (PEP 562)
_ORIGINS = {
    "MembershipYear": ("thep_forms.definition", "MembershipYear"),
    "ThepFormsError": ("thep_forms.errors", "ThepFormsError"),
    "check": ("thep_forms.checking.checker", "check"),
    "generate_form": ("thep_forms.generate", "generate"),  # `thep_forms.generate` is the module
    "ingest": ("thep_forms.office.arrivals.ingest", "ingest"),
    "load_definition": ("thep_forms.definition", "load_definition"),
    "read_file": ("thep_forms.reading.read", "read_file"),
}


def __getattr__(name: str) -> object:
    if name not in _ORIGINS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, original = _ORIGINS[name]
    value: object = getattr(import_module(module), original)
    globals()[name] = value  # the next use finds it without this function
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
