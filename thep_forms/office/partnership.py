"""The partnership's details, as far as the office still has to enter them."""

from __future__ import annotations

from thep_forms.definition import FormDefinition

EXAMPLE_DOMAIN = ".example"  # reserved for examples (RFC 2606)


def example_address(definition: FormDefinition) -> str:
    """The address to which forms are returned if it is still the shipped example; otherwise empty."""
    address = definition.partnership.return_address
    return address if address.endswith(EXAMPLE_DOMAIN) else ""
