"""Makes PDFs from a definition: the blank form, copies for schools, packs for printers."""

from __future__ import annotations

from functools import lru_cache

from thep_forms.definition.form import FormDefinition
from thep_forms.generate.master import Master
from thep_forms.generate.pack import PaperCopy, pack

_KEPT = 4  # masters in memory


@lru_cache(maxsize=_KEPT)
def master_of(definition: FormDefinition, more: int | None = None) -> Master:
    """The definition's master, drawn once: the desk shows messages with their copies one by one. Errors as `Master`."""
    return Master(definition, more)


def generate(definition: FormDefinition, *, more: int | None = None) -> bytes:
    """The blank form as the bytes of a PDF; the same definition gives the same bytes. `more` and errors as `Master`."""
    return master_of(definition, more).copy()


__all__ = ["Master", "PaperCopy", "generate", "master_of", "pack"]
