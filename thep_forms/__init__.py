"""Membership forms of a school partnership: fillable PDFs out, CSV records in.

The README's chapter "From Python" shows the names to use; importing this package alone imports nothing else.
"""

__version__ = "0.1.0"
