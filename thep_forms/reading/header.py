"""What a PDF begins with."""

from __future__ import annotations

HEADER = 1024  # bytes


def is_pdf(data: bytes) -> bool:
    """Whether the bytes claim to be a PDF: viewers look for the header in the first 1,024 bytes."""
    return b"%PDF-" in data[:HEADER]
