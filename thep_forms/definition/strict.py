"""TOML tables to structs, strictly: a mistake names the key, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import EnumType
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from thep_forms.errors import TemplateError

T = TypeVar("T")
Mistake = tuple[str, str]  # the key, and a sentence


def convert(table: Mapping[str, Any], into: type[T], file: str, key: str = "") -> T:
    """`table` as the struct `into`. `key` is the key of the table in its file; empty if the table is the whole file.

    Raises `TemplateError` for the first mistake, naming `file` and the key.
    """
    try:
        return msgspec.convert(table, into)
    except msgspec.ValidationError as error:
        where, sentence = next(_mistakes(table, into, key), (key, str(error)))
        raise TemplateError(f"{file}: {where}: {sentence}") from error


def _mistakes(value: Any, wanted: Any, key: str) -> Iterator[Mistake]:
    """The mistakes in a value of the type `wanted`. msgspec alone does not say what would be right."""
    item = _item_of(wanted)
    if _is_struct(wanted):
        yield from _mistakes_in_table(value, wanted, key)
    elif _is_struct(item) and isinstance(value, list):
        for n, table in enumerate(value, 1):
            yield from _mistakes(table, item, f"{key}[{n}]")
    else:
        yield from _mistakes_in_value(value, wanted, key)


def _mistakes_in_table(table: Any, wanted: Any, key: str) -> Iterator[Mistake]:
    if not isinstance(table, Mapping):
        yield key, "a table is needed here."
        return
    hints = get_type_hints(wanted, include_extras=True)
    for name in table:
        if name not in hints:
            yield _join(key, name), f"there is no such key.{suggestion(name, hints)}"
    for field in msgspec.structs.fields(wanted):
        if field.name in table:
            yield from _mistakes(table[field.name], hints[field.name], _join(key, field.name))
        elif field.required:
            yield _join(key, field.name), "this key is missing. Add it."


def _mistakes_in_value(value: Any, wanted: Any, key: str) -> Iterator[Mistake]:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        enum = _enum_in(wanted)
        choices = f" Use one of {listed(enum)}." if enum else ""
        yield key, f"{str(error).partition(' - at')[0]}; it is {value!r}.{choices}"


def _item_of(wanted: Any) -> Any:
    """The type of the items of a tuple; None for any other type."""
    return get_args(wanted)[0] if get_origin(wanted) is tuple else None


def _enum_in(wanted: Any) -> EnumType | None:
    """The enum that a value has to be of, be it optional or not."""
    for choice in get_args(wanted) if isinstance(wanted, UnionType) else (wanted,):
        if isinstance(choice, EnumType):
            return choice
    return None


def _is_struct(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def listed(words: Iterable[str]) -> str:
    """The words, in order, with commas."""
    return ", ".join(sorted(words))


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """A sentence, with a space before it, that says what to write instead of an unknown word."""
    import difflib  # templates seldom have a mistake

    allowed = list(allowed)
    close = difflib.get_close_matches(word, allowed, 1)
    return f" Did you mean {close[0]}?" if close else f" Use one of {listed(allowed)}."
