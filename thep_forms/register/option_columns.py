"""The columns that lists have for the options of a field, one for each: `Nursery`, `Primary` and so on, with an X."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thep_forms.checking import normalise
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Field, Kind
from thep_forms.register.folding import folded

FEWEST = 2  # columns called like options: one alone may mean something else
_TICKS = frozenset(("x", "y", "yes", "1", "true", "✓", "✔", "√", "☑", "☒"))

OptionColumns = Mapping[str, Mapping[str, str]]  # by the name of the field and the column, the name of the option


def columns_of_options(columns: Sequence[str], definition: FormDefinition) -> OptionColumns:
    """The options by their columns, by the name of the field. A column with the name of a box counts alone too."""
    found: dict[str, dict[str, str]] = {}
    for field in definition.fields:
        if field.kind is Kind.TICKS:
            by_word = words_of_options(field)
            by_box = {f"{field.option_prefix}{option.name}": option.name for option in field.option}
            words = {column: by_word[column] for column in columns if column in by_word}
            boxes = {column: by_box[column] for column in columns if column in by_box}
            found[field.name] = boxes | words if len(words) >= FEWEST else boxes
    return found


def is_ticked(cell: str) -> bool:
    """Whether the cell of an option says that it is chosen."""
    return cell.strip().casefold() in _TICKS


def says_nothing(cell: str) -> bool:
    """Whether the cell of an option says neither that it is chosen nor that it is not."""
    return not is_ticked(cell) and bool(normalise.tick(cell))


def words_of_options(field: Field) -> dict[str, str]:
    """The options of a field by the words for them, folded."""
    return {folded(word): option.name for option in field.option for word in (option.name, option.label, *option.also)}
