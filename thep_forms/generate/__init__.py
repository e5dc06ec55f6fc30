"""A definition to a fillable PDF: layout, printed pages, fields, copies for schools. Knows neither e-mail nor CSV."""

from __future__ import annotations

from thep_forms.definition.model import FormDefinition
from thep_forms.generate.master import Master


def generate(definition: FormDefinition, *, more: int | None = None) -> bytes:
    """The blank form as the bytes of a PDF; the same definition gives the same bytes. `more` and errors as `Master`."""
    return Master(definition, more).copy()


__all__ = ["Master", "generate"]
