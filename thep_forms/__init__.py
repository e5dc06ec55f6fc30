"""Membership forms of a school partnership: fillable PDFs out, CSV records in."""

__version__ = "0.1.0"
