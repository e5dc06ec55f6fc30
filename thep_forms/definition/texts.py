"""The longer texts of the form and of e-mails: Jinja2 templates of Markdown become headings, paragraphs and lists."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from thep_forms.errors import TemplateError

if TYPE_CHECKING:
    import jinja2
    from markdown_it.tree import SyntaxTreeNode

_MARKUP = re.compile(f"([{re.escape(string.punctuation)}])")  # all that Markdown may act on, and lets us escape


class TextRun(Struct, frozen=True):
    """Words set in one style."""

    text: str
    italic: bool = False
    bold: bool = False


class Heading(Struct, frozen=True):
    """A heading."""

    level: int  # 1 is the form's title
    runs: tuple[TextRun, ...]


class Paragraph(Struct, frozen=True):
    """A paragraph."""

    runs: tuple[TextRun, ...]


class ListItem(Struct, frozen=True):
    """An item of a list, which may hold several paragraphs, and lists."""

    label: str  # as printed: "•", "3."
    blocks: tuple[TextBlock, ...]


class TextList(Struct, frozen=True):
    """A list with bullets or, if it is ordered, with numbers."""

    items: tuple[ListItem, ...]
    ordered: bool


TextBlock = Heading | Paragraph | TextList


def words_in(blocks: Iterable[TextBlock]) -> str:
    """The words of the blocks, without their styles."""
    words: list[str] = []
    for block in blocks:
        if isinstance(block, TextList):
            words += [f"{item.label}{words_in(item.blocks)}" for item in block.items]
        else:
            words += [run.text for run in block.runs]
    return "".join(words)


def escaped(value: object) -> str:
    """A value as Markdown that shows exactly this value."""
    return _MARKUP.sub(r"\\\1", str(value))


def fill_in(
    source: str, name: str, values: Mapping[str, object], escape: Callable[[object], object] | None = None
) -> str:
    """The template text `source` with its values, each of which goes through `escape`.

    Two of the values are `year`, a `MembershipYear`, and `partnership`, a `Partnership`. `name` is the template's, for
    messages. Raises `TemplateError`.
    """
    import jinja2  # it and Markdown take long to import, and ingest seldom needs them

    try:
        return _compiled(source, escape).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{name}: line {error.lineno}: {error.message}.") from error
    except jinja2.UndefinedError as error:
        names = ", ".join(f"`{word}`" for word in (*values, "year.start", "year.end", "partnership.name"))
        raise TemplateError(f"{name}: {error}. This text knows {names}.") from error
    except Exception as error:  # an expression in a template can raise anything
        raise TemplateError(f"{name}: {type(error).__name__}: {error}.") from error


@lru_cache  # to compile a text takes longer than to fill it in, and one message goes to hundreds of schools
def _compiled(source: str, escape: Callable[[object], object] | None) -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML comes out, but Markdown, for which there is `escape`, or a subject line
        finalize=escape,
    )
    return environment.from_string(source)


def parse_text(markdown: str, name: str) -> tuple[TextBlock, ...]:
    """The blocks of a text in Markdown. Raises `TemplateError` for what cannot be set; `name` is the template's."""
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    return _blocks(SyntaxTreeNode(MarkdownIt("commonmark").parse(markdown)), name)


def _blocks(node: SyntaxTreeNode, name: str) -> tuple[TextBlock, ...]:
    return tuple(_block(child, name) for child in node.children)


def _block(node: SyntaxTreeNode, name: str) -> TextBlock:
    match node.type:
        case "heading":
            return Heading(int(node.tag[1]), _runs(node.children[0], name))
        case "paragraph":
            return Paragraph(_runs(node.children[0], name))
        case "bullet_list":
            return TextList(tuple(ListItem("•", _blocks(item, name)) for item in node.children), ordered=False)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            items = (ListItem(f"{n}.", _blocks(item, name)) for n, item in enumerate(node.children, first))
            return TextList(tuple(items), ordered=True)
        case other:
            raise TemplateError(
                f"{name}: a {other} cannot be set here. Use headings, paragraphs, lists, *italics* and **bold**."
            )


def _runs(node: SyntaxTreeNode, name: str, italic: bool = False, bold: bool = False) -> tuple[TextRun, ...]:
    runs: list[TextRun] = []
    for child in node.children:
        match child.type:
            case "text":
                runs.append(TextRun(child.content, italic, bold))
            case "softbreak" | "hardbreak":
                runs.append(TextRun(" ", italic, bold))
            case "em":
                runs += _runs(child, name, italic=True, bold=bold)
            case "strong":
                runs += _runs(child, name, italic=italic, bold=True)
            case other:
                raise TemplateError(f"{name}: a {other} cannot be set here. Use *italics* and **bold**.")
    return tuple(runs)
