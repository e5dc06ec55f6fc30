"""What is written to a school: a subject, a text, and the same text as HTML, from the templates of the year."""

from __future__ import annotations

import html
import re
import string
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from thep_forms.checking import normalise
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.load import Templates
from thep_forms.definition.texts import Heading, Paragraph, TextBlock, TextList, TextRun, fill_in, parse_text
from thep_forms.errors import TemplateError
from thep_forms.records import SentKind

WIDTH = 76  # characters of a line of text
_TEMPLATES = {SentKind.FORM: "email", SentKind.REMINDER: "reminder"}
_MARKUP = re.compile(f"([{re.escape(string.punctuation)}])")  # all that Markdown may act on, and lets us escape


class MessageText(Struct, frozen=True):
    """A message's words. `subject` is one line; `text` has lines of plain text, `html` is a page that says the same."""

    subject: str
    text: str
    html: str


class Stationery:
    """The two templates of a kind of message, `email-subject.j2` and `email.j2`, or `reminder-…`, of a year."""

    def __init__(self, definition: FormDefinition, templates: Path | None, kind: SentKind) -> None:
        """`templates` is a folder of one's own; what it lacks is taken from the shipped one. Raises `TemplateError`."""
        self.definition = definition
        found = Templates(templates)
        names = (f"{_TEMPLATES[kind]}-subject.j2", f"{_TEMPLATES[kind]}.j2")
        self.subject, self.body = (
            (found.read(name, definition.year), str(found.find(name, definition.year))) for name in names
        )

    def letter(self, dfe_number: str, school: str, due: str, sentences: Iterable[str] = ()) -> MessageText:
        """The words for one school. Whatever its name holds, nothing in it acts. Raises `TemplateError`."""
        values: dict[str, object] = {
            "school": normalise.text(school) or dfe_number,
            "dfe_number": dfe_number,
            "year": self.definition.year,
            "form": self.definition.form.title,
            "partnership": self.definition.partnership,
            "return_address": self.definition.partnership.return_address,
            "due": due,
            "sentences": tuple(sentences),
        }
        subject = self._subject(values)
        source, name = self.body
        blocks = parse_text(fill_in(source, name, values, _escaped), name)
        return MessageText(subject, _text(blocks), _html(subject, blocks))

    def _subject(self, values: Mapping[str, object]) -> str:
        source, name = self.subject
        subject = one_line(fill_in(source, name, values))
        if not subject:
            raise TemplateError(f"{name}: the subject is empty. Write one.")
        return subject


def one_line(text: str) -> str:
    """The text as a header may say it: what looks like an encoded word (RFC 2047) would be decoded, line breaks too."""
    return normalise.text(text).replace("=?", "= ?")


def _escaped(value: object) -> str:
    """A value as Markdown that says just this, in one line."""
    return _MARKUP.sub(r"\\\1", normalise.text(str(value)))


def _said(runs: Iterable[TextRun]) -> str:
    return "".join(run.text for run in runs)


def _text(blocks: Iterable[TextBlock], indent: str = "") -> str:
    return "\n".join(_lines(block, indent) for block in blocks)


def _lines(block: TextBlock, indent: str) -> str:
    """A block with its line ends, indented."""
    if isinstance(block, TextList):
        deeper = indent + "   "
        items = (
            f"{indent}{item.label:3}".ljust(len(deeper)) + _text(item.blocks, deeper).removeprefix(deeper)
            for item in block.items
        )
        return "".join(items)
    return _wrapped(_said(block.runs), indent) + "\n"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _html(subject: str, blocks: Iterable[TextBlock]) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head><meta charset="utf-8">'
        f"<title>{html.escape(subject)}</title></head>\n"
        f'<body style="font-family: sans-serif">\n{_marked_up(blocks)}</body>\n</html>\n'
    )


def _marked_up(blocks: Iterable[TextBlock]) -> str:
    return "".join(map(_element, blocks))


def _element(block: TextBlock) -> str:
    match block:
        case Heading(level, runs):
            return f"<h{level}>{_inline(runs)}</h{level}>\n"
        case Paragraph(runs):
            return f"<p>{_inline(runs)}</p>\n"
        case TextList(items, ordered):
            name = "ol" if ordered else "ul"
            listed = "".join(f"<li>{_marked_up(item.blocks)}</li>\n" for item in items)
            return f"<{name}>\n{listed}</{name}>\n"


def _inline(runs: Iterable[TextRun]) -> str:
    words = []
    for run in runs:
        word = html.escape(run.text)
        word = f"<em>{word}</em>" if run.italic else word
        words.append(f"<strong>{word}</strong>" if run.bold else word)
    return "".join(words)
