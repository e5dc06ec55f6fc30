"""What went wrong, in words for a page of the desk."""

from __future__ import annotations

from pathlib import Path

from thep_forms.errors import Remedy, ThepFormsError, UnsoundError
from thep_forms.files import DISK_FULL

_UNSOUND = (
    "The records are damaged, or something was cut off while it wrote them. Nothing was changed. Ask the person who "
    "looks after the program to check them."
)


def in_words(error: Exception) -> str:
    """What is wrong, without what only helps at a terminal. The text of a fault may quote a school, so it stays out."""
    match error:
        case UnsoundError():
            return _UNSOUND
        case ThepFormsError(remedy=Remedy.GIVE_LIST):
            return f"{error} Give your list of schools on the page Lists."
        case ThepFormsError():
            return str(error)
        case OSError():
            return _of_file(error)
    return f"The program has a fault ({type(error).__name__}). Please tell whoever looks after it."


def _of_file(error: OSError) -> str:
    path = error.filename2 or error.filename  # the target, where one file replaces another
    name = Path(path).name if isinstance(path, str) else "A file"
    what = f"{name} cannot be read or written: {error.strerror or error}."
    if error.errno in DISK_FULL:
        return f"{what} Make room on the disk."
    if isinstance(error, PermissionError):  # as Windows says of a file that a program has open
        return f"{what} If it is open in another program, such as Excel, close it there."
    return what
