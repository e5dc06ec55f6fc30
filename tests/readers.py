"""Loads and draws once what each process that reads a file would load and draw for itself.

The process that forks these imports this module. `conftest.py` starts it where many tests run.
"""

from __future__ import annotations

import gc

from thep_forms.definition import Definitions, shipped
from thep_forms.office.examine import Examiner
from thep_forms.reading.paper.engine import engine

_examiner = Examiner(Definitions.of_today())
for _sample in ("Ivy Lane.pdf", "Summer fair.pdf"):  # a form, and a file that is compared with a form
    _examiner.examine(shipped("samples") / "returns" / _sample)
engine()
gc.freeze()  # no process that is forked searches this for garbage
