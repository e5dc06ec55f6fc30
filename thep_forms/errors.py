"""The package's own exceptions: each says what is wrong and what to do. `cli` makes messages and exit codes of them."""

from __future__ import annotations


class ThepFormsError(Exception):
    """Something that the user can mend. The text is one clear sentence or two; it never holds personal data."""


class YearError(ThepFormsError):
    """A membership year that cannot be read as one."""


class TemplateError(ThepFormsError):
    """A mistake in a template: the text names the file, the key, what is wrong and what would be right."""


class LayoutError(ThepFormsError):
    """A form that cannot be drawn as its definition says: something leaves its box or its page, or has no glyph."""


class SourceError(ThepFormsError):
    """A source of returns that does not exist or cannot be read."""


class RecordsError(ThepFormsError):
    """A RECORDS folder that cannot be used as one."""


class ClusterError(ThepFormsError):
    """Machines that cannot be read on: not there, not safe to send to, not alike, or lost."""


class SendError(ThepFormsError):
    """No message can be sent: the mail server cannot be used, or it refuses whoever sends."""


class UnsoundError(RecordsError):
    """A ledger that is damaged, cut off in the middle of a run, or none at all."""
