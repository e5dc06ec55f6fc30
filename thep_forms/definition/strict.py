"""TOML tables to structs, strictly: a mistake names the key, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import EnumType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from thep_forms.errors import TemplateError

T = TypeVar("T")


def convert(table: Mapping[str, Any], shape: type[T], file: str, key: str = "") -> T:
    """`table` as `shape`, a struct. Raises `TemplateError` for the first mistake, naming `file` and the key."""
    try:
        return msgspec.convert(table, shape)
    except msgspec.ValidationError as error:
        where, what = next(_mistakes(table, shape, key), (key, str(error)))
        raise TemplateError(f"{file}: {where}: {what}") from error


def _mistakes(value: Any, shape: Any, key: str) -> Iterator[tuple[str, str]]:
    """Each key that is not as `shape` says, and why. msgspec alone does not say what would be right."""
    if _is_struct(shape):
        yield from (
            _table_mistakes(value, shape, key) if isinstance(value, Mapping) else [(key, "a table is needed here.")]
        )
        return
    inner = get_args(shape)[0] if get_origin(shape) is tuple else None
    if _is_struct(inner) and isinstance(value, list):
        for n, item in enumerate(value, 1):
            yield from _mistakes(item, inner, f"{key}[{n}]")
        return
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        choices = f" Use one of {listed(shape)}." if isinstance(shape, EnumType) else ""
        yield key, f"{str(error).partition(' - at')[0]}; it is {value!r}.{choices}"


def _table_mistakes(table: Mapping[str, Any], shape: Any, key: str) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(shape, include_extras=True)
    for name in table:
        if name not in hints:
            yield _join(key, name), f"there is no such key.{meant(name, hints)}"
    for field in msgspec.structs.fields(shape):
        if field.name in table:
            yield from _mistakes(table[field.name], hints[field.name], _join(key, field.name))
        elif field.required:
            yield _join(key, field.name), "this key is missing. Add it."


def _is_struct(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def listed(words: Iterable[str]) -> str:
    """The words, in order, with commas."""
    return ", ".join(sorted(words))


def meant(word: str, known: Iterable[str]) -> str:
    """What may have been meant by an unknown word, as a sentence."""
    import difflib  # there is seldom a mistake

    known = list(known)
    close = difflib.get_close_matches(word, known, 1)
    return f" Did you mean {close[0]}?" if close else f" Use one of {listed(known)}."
