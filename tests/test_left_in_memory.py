"""What is left in memory of a return that was read: nothing that only a search for garbage would find.

Objects of a file that hold each other would keep its answers in memory until that search, and make searches long.
"""

from __future__ import annotations

import gc
from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.office.examine import Examiner


def garbage_after(examiner: Examiner, pdf: Path) -> int:
    """How many objects a search finds that were left behind by a file that was read and checked."""
    gc.collect()
    gc.disable()
    try:
        examiner.examine(pdf)
        return gc.collect()
    finally:
        gc.enable()


def test_a_return_that_was_read_leaves_nothing_for_a_search_for_garbage(tmp_path: Path, returned: bytes) -> None:
    pdf = tmp_path / "return.pdf"
    pdf.write_bytes(returned)
    examiner = Examiner(Definitions.of_today())
    examiner.examine(pdf)  # what is loaded and kept for the next file is no garbage
    assert garbage_after(examiner, pdf) == 0
