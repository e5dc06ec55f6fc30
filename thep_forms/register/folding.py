"""The headings and words of lists in one spelling."""

from __future__ import annotations

import re


def folded(heading: str) -> str:
    """`dfe_number` for `DfE Number` and the like: capitals, blanks and signs do not count."""
    return re.sub(r"[\W_]+", "_", heading.casefold()).strip("_")
