"""What went wrong, in words for a page of the desk."""

from __future__ import annotations

from pathlib import Path

from thep_forms.errors import Remedy, ThepFormsError, UnsoundError

_UNSOUND = (
    "The records are damaged, or something was cut off while it wrote them. Nothing was changed. Ask the person who "
    "looks after the program to check them."
)


def refusal_in_words(error: ThepFormsError) -> str:
    """Why something cannot be done, without what only helps at a terminal."""
    if isinstance(error, UnsoundError):
        return _UNSOUND
    return f"{error} Give your list of schools on the page Lists." if error.remedy is Remedy.GIVE_LIST else str(error)


def file_trouble_in_words(error: OSError) -> str:
    """Which file cannot be used, and why."""
    path = error.filename2 or error.filename  # the target, where one file replaces another
    name = Path(path).name if isinstance(path, str) else "A file"
    return f"{name} cannot be read or written: {error.strerror or error}."


def fault_in_words(error: Exception) -> str:
    """A fault of the program. Its own text may quote what a school typed."""
    return f"The program has a fault ({type(error).__name__}). Please tell whoever looks after it."
