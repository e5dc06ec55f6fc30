"""Prints what reading a list of schools noted: which columns were used, and what was left out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from thep_forms.cli.output import message, printable


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, None] = {}  # in their order, each once: a command may read the list twice

    def emit(self, record: logging.LogRecord) -> None:
        self.lines[record.getMessage()] = None


@contextmanager
def notes_after_command() -> Iterator[None]:
    """Prints the notes once the command has ended. An error stands alone: its user reads the list again anyway."""
    logger, collector = logging.getLogger("thep_forms.register"), _Collector()
    logger.addHandler(collector)
    try:
        yield
        _print(collector)
    except (SystemExit, click.exceptions.Exit):
        _print(collector)
        raise
    finally:
        logger.removeHandler(collector)


def _print(collector: _Collector) -> None:
    for line in collector.lines:
        message(printable(line))
