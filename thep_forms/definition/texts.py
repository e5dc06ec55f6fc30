"""The longer texts, of the form and of e-mails: Jinja2 templates of Markdown, as headings, paragraphs and lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from thep_forms.errors import TemplateError

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

    from thep_forms.definition.year import MembershipYear


class TextRun(Struct, frozen=True):
    """Words set in one style."""

    text: str
    italic: bool = False
    bold: bool = False


class Heading(Struct, frozen=True):
    level: int  # 1 is the form's title
    runs: tuple[TextRun, ...]


class Paragraph(Struct, frozen=True):
    runs: tuple[TextRun, ...]


class ListItem(Struct, frozen=True):
    label: str  # as printed: "•", "3."
    blocks: tuple[TextBlock, ...]


class TextList(Struct, frozen=True):
    items: tuple[ListItem, ...]
    ordered: bool


TextBlock = Heading | Paragraph | TextList


def words_in(blocks: Iterable[TextBlock]) -> str:
    """What the blocks say, without its styles."""
    said: list[str] = []
    for block in blocks:
        if isinstance(block, TextList):
            said += [f"{item.label}{words_in(item.blocks)}" for item in block.items]
        else:
            said += [run.text for run in block.runs]
    return "".join(said)


def render_text(source: str, name: str, year: MembershipYear, *, prefilled: bool = False) -> tuple[TextBlock, ...]:
    """The blocks of the template text `source`, filled in for `year`. Raises `TemplateError` naming `name`."""
    return parse_text(fill_in(source, name, {"year": year, "prefilled": prefilled}), name)


def fill_in(
    source: str, name: str, values: Mapping[str, object], escape: Callable[[object], object] | None = None
) -> str:
    """The template text `source` with its values, each of them through `escape`; one is `year`, a `MembershipYear`.

    Raises `TemplateError` naming `name`.
    """
    import jinja2  # it and Markdown take a while to be there, and ingest seldom needs them

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown comes out, not HTML: what would act in that is `escape`'s to mend
        finalize=escape,
    )
    try:
        return environment.from_string(source).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{name}: line {error.lineno}: {error.message}.") from error
    except jinja2.UndefinedError as error:
        known = ", ".join(f"`{word}`" for word in (*values, "year.start", "year.end"))
        raise TemplateError(f"{name}: {error}. This text knows {known}.") from error
    except Exception as error:
        raise TemplateError(f"{name}: {type(error).__name__}: {error}.") from error


def parse_text(markdown: str, name: str) -> tuple[TextBlock, ...]:
    """The blocks of a text in Markdown. Raises `TemplateError` naming `name` for what cannot be set."""
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
