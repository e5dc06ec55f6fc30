"""A definition to a fillable PDF: layout, printed pages, fields. Knows neither e-mail nor CSV."""

from __future__ import annotations

from thep_forms.definition.model import FormDefinition
from thep_forms.generate.acroform import add_fields
from thep_forms.generate.draw import draw
from thep_forms.generate.layout import lay_out


def generate(definition: FormDefinition, *, more: int | None = None) -> bytes:
    """The blank form as the bytes of a PDF; the same definition gives the same bytes.

    `more` is how many blocks the continuation page offers instead of what the definition says. Raises `LayoutError`
    where something does not fit its place.
    """
    sheets = lay_out(definition, more)
    return add_fields(draw(definition, sheets), definition, sheets)


__all__ = ["generate"]
