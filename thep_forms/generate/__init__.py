"""Makes PDFs from a definition: the blank form, copies for schools, packs for printers."""

from __future__ import annotations

from thep_forms.definition.form import FormDefinition
from thep_forms.generate.master import Master
from thep_forms.generate.pack import PaperCopy, pack


def generate(definition: FormDefinition, *, more: int | None = None) -> bytes:
    """The blank form as the bytes of a PDF; the same definition gives the same bytes. `more` and errors as `Master`."""
    return Master(definition, more).copy()


__all__ = ["Master", "PaperCopy", "generate", "pack"]
