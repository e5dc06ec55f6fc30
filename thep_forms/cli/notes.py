"""Prints what is to be known of a list of schools.

What it changes is printed at once, before anything is made by it. Which columns were used and what was left out is
printed when the command has ended.
"""

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


class _Printer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        message(printable(record.getMessage()))


@contextmanager
def notes_of_lists() -> Iterator[None]:
    """Prints notes of lists while a command runs, and once it has ended.

    An error stands alone: its user reads the list again anyway.
    """
    logger, collector = logging.getLogger("thep_forms.register"), _Collector()
    differences, printer = logging.getLogger("thep_forms.office.opening"), _Printer()
    logger.addHandler(collector)
    differences.addHandler(printer)
    try:
        yield
        _print(collector)
    except (SystemExit, click.exceptions.Exit):
        _print(collector)
        raise
    finally:
        logger.removeHandler(collector)
        differences.removeHandler(printer)


def _print(collector: _Collector) -> None:
    for line in collector.lines:
        message(printable(line))
