"""Details of the partnership that the office still has to enter."""

from __future__ import annotations

from thep_forms.definition import FormDefinition

EXAMPLE_DOMAIN = ".example"  # reserved for examples (RFC 2606)


def example_address(definition: FormDefinition) -> str:
    """The return address if it is still the shipped example, otherwise empty."""
    address = definition.partnership.return_address
    return address if address.endswith(EXAMPLE_DOMAIN) else ""
