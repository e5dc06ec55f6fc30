"""How a spreadsheet shows a whole number by its format: 42 as `0042`, 2079460018 as `020 7946 0018`.

Only formats of digits and literal text are known (ECMA-376, 18.8.31). With any other, such as a percentage or a
scientific one, the number stands as it is stored.
"""

from __future__ import annotations

import re

# The parts of a format: literal text in quotation marks, a literal character, a space or a fill, a digit, a sign.
_PART = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*](?P<space>.)|(?P<digit>[0#?])|(?P<literal>[-+/():. ])')
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")  # a colour, a currency or a language
_CONDITION = re.compile(r"\[[<>=]")


def shown(number: int, number_format: str) -> str:
    """The number as the format shows it; its digits alone where the format is not one of digits."""
    plain = str(number)
    parts = _parts(number_format) if number >= 0 else []
    places = sum(is_digit for is_digit, _ in parts)
    if not places:
        return plain
    digits = plain.rjust(places)
    text: list[str] = []
    is_first = True
    for is_digit, part in parts:
        if not is_digit:
            text.append(part)
            continue
        taken = digits[: len(digits) - places + 1] if is_first else digits[0]
        digits, places, is_first = digits[len(taken) :], places - 1, False
        text.append(taken if taken.strip() else "0" if part == "0" else "")
    return "".join(text).strip()


def _parts(number_format: str) -> list[tuple[bool, str]]:
    """The parts of a format for positive numbers, each with whether it is a digit. None where it has other parts."""
    if _CONDITION.search(number_format):
        return []
    first = _IN_BRACKETS.sub("", number_format.split(";", 1)[0])
    parts: list[tuple[bool, str]] = []
    at = 0
    while at < len(first):
        found = _PART.match(first, at)
        if found is None or found[0] == ".":
            return []
        at = found.end()
        if found["digit"]:
            parts.append((True, found["digit"]))
        else:
            parts.append((False, found["quoted"] or found["escaped"] or found["literal"] or ""))
    return parts
