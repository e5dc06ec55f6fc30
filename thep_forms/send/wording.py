"""The words of a message to a school: a subject, plain text, and the same text as HTML.

They come from the templates of the year: `email-subject.j2` and `email.j2`, `reminder-subject.j2` and `reminder.j2`.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from thep_forms.checking.characters import normal_text
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.load import Templates
from thep_forms.definition.texts import Heading, Paragraph, TextBlock, TextList, TextRun, escaped, fill_in, parse_text
from thep_forms.errors import TemplateError
from thep_forms.records import SentKind

LINE_WIDTH = 76  # characters of a line of plain text
LIST_INDENT = 3  # characters, for the label of a list item and the space after it
_TEMPLATE_NAMES = {SentKind.FORM: "email", SentKind.REMINDER: "reminder"}


class MessageText(Struct, frozen=True):
    """The words of a message. `subject` is one line, `text` is plain text, `html` is a page with the same words."""

    subject: str
    text: str
    html: str


class MessageTemplates:
    """The templates of one kind of message for one year, ready to be filled in for each school."""

    def __init__(self, definition: FormDefinition, templates: Path | None, kind: SentKind) -> None:
        """Load the templates from the folder `templates`; use the shipped template where the folder lacks one.

        Raises `TemplateError` when a template is missing or cannot be read.
        """
        self._definition = definition
        folders = Templates(templates)
        name = _TEMPLATE_NAMES[kind]
        self._subject = _Template.load(folders, f"{name}-subject.j2", definition)
        self._body = _Template.load(folders, f"{name}.j2", definition)

    def fill_in(
        self,
        dfe_number: str,
        school: str,
        due: str,
        sentences: Iterable[str] = (),
        wrote: str = "",
        *,
        has_returned: bool = False,
        waits_for_office: bool = False,
    ) -> MessageText:
        """Fill the templates in for one school.

        `due` is the date by which the form is to be back, in words. `sentences` say what the school must correct.
        `wrote` is when the school wrote without a form, such as `on 3 May 2026`; it is empty if it did not.
        `has_returned`: the school returned a form, which it has to correct. `waits_for_office`: it has nothing to
        correct, as the office has yet to compare the form with its picture; `sentences` are questions.
        Markup in any of these is shown as it stands and never acts. Raises `TemplateError`.
        """
        partnership = self._definition.partnership
        values: dict[str, object] = {
            "school": normal_text(school) or dfe_number,
            "dfe_number": dfe_number,
            "year": self._definition.year,
            "form": self._definition.form.title,
            "partnership": partnership,
            "return_address": partnership.return_address,
            "due": due,
            "sentences": tuple(sentences),
            "wrote": wrote,
            "has_returned": has_returned,
            "waits_for_office": waits_for_office,
        }
        subject = self._filled_subject(values)
        markdown = fill_in(self._body.source, self._body.path, values, _escape_markdown)
        blocks = parse_text(markdown, self._body.path)
        return MessageText(subject, _plain_text(blocks), _html_page(subject, blocks))

    def _filled_subject(self, values: Mapping[str, object]) -> str:
        subject = one_line(fill_in(self._subject.source, self._subject.path, values))
        if not subject:
            raise TemplateError(f"{self._subject.path}: the subject is empty. Write one.")
        return subject


class _Template(Struct, frozen=True):
    """A template's text, and the path of its file for messages about mistakes."""

    source: str
    path: str

    @classmethod
    def load(cls, folders: Templates, name: str, definition: FormDefinition) -> _Template:
        return cls(folders.read(name, definition.year), str(folders.find(name, definition.year)))


def one_line(text: str) -> str:
    """The text as one line that is safe in a header.

    Mail programs would decode what looks like an encoded word (RFC 2047), with the line breaks in it, so `=?` is
    broken up.
    """
    return normal_text(text).replace("=?", "= ?")


def _escape_markdown(value: object) -> str:
    """The value as one line of Markdown that shows exactly these characters."""
    return escaped(normal_text(str(value)))


# --- plain text -----------------------------------------------------------------------------------------------------


def _plain_text(blocks: Iterable[TextBlock], indent: str = "") -> str:
    """The blocks with an empty line between them; each block ends with a line break."""
    return "\n".join(_plain_block(block, indent) for block in blocks)


def _plain_block(block: TextBlock, indent: str) -> str:
    if isinstance(block, TextList):
        return _plain_list(block, indent)
    words = "".join(run.text for run in block.runs)
    lines = textwrap.fill(
        words,
        LINE_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{lines}\n"


def _plain_list(block: TextList, indent: str) -> str:
    """The list with each label in the indent of the first line of its item."""
    item_indent = indent + " " * LIST_INDENT
    items: list[str] = []
    for item in block.items:
        label = f"{indent}{item.label:{LIST_INDENT}}"
        items.append(label + _plain_text(item.blocks, item_indent).removeprefix(item_indent))
    return "".join(items)


# --- HTML -----------------------------------------------------------------------------------------------------------


def _html_page(subject: str, blocks: Iterable[TextBlock]) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head><meta charset="utf-8">'
        f"<title>{html.escape(subject)}</title></head>\n"
        f'<body style="font-family: sans-serif">\n{_html_blocks(blocks)}</body>\n</html>\n'
    )


def _html_blocks(blocks: Iterable[TextBlock]) -> str:
    return "".join(_html_block(block) for block in blocks)


def _html_block(block: TextBlock) -> str:
    match block:
        case Heading(level, runs):
            return f"<h{level}>{_html_runs(runs)}</h{level}>\n"
        case Paragraph(runs):
            return f"<p>{_html_runs(runs)}</p>\n"
        case TextList(items, ordered):
            tag = "ol" if ordered else "ul"
            content = "".join(f"<li>{_html_blocks(item.blocks)}</li>\n" for item in items)
            return f"<{tag}>\n{content}</{tag}>\n"


def _html_runs(runs: Iterable[TextRun]) -> str:
    elements: list[str] = []
    for run in runs:
        element = html.escape(run.text)
        if run.italic:
            element = f"<em>{element}</em>"
        if run.bold:
            element = f"<strong>{element}</strong>"
        elements.append(element)
    return "".join(elements)
