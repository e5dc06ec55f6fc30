"""Normal forms of what people type. Pure functions; nothing is raised, whatever is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from thep_forms.definition.model import ProblemCode

LONGEST = 1000  # characters of an e-mail or telephone box that are worth parsing
_FULL_WIDTH = {0xFF10 + n: str(n) for n in range(10)} | {ord("／"): "/", ord("－"): "-"}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_DFE = re.compile(r"(?:([0-9]{3})(?: ?[/-] ?| )?)?([0-9]{4})")
_LINE = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})\b", re.IGNORECASE | re.ASCII)
_EXTENSION = re.compile(r"\b(?:extension|extn|ext)\b\.?|(?<![a-z])x(?=\s*[0-9])", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:telephone|tel|phone|mobile|mob|office|direct|t|m)\b[.:]*", re.IGNORECASE)
_BETWEEN_NUMBERS = re.compile(r"[;,\n]|\bor\b| / |/(?= ?[0+])", re.IGNORECASE)
_BETWEEN_ADDRESSES = re.compile(r"\s/\s|[;,\s]+")


@dataclass(frozen=True)
class Normal:
    """The normal form, empty where there is none, and what is wrong with the answer."""

    value: str
    problem: ProblemCode | None = None


def text(raw: str) -> str:
    """NFC, in one line: white space folded, control characters dropped. Case and spelling stay."""
    folded = " ".join(unicodedata.normalize("NFC", raw).split())
    return " ".join("".join(char for char in folded if unicodedata.category(char) not in ("Cc", "Cs")).split())


def address(raw: str) -> str:
    """The lines of an address, joined by a comma and a blank."""
    lines = (text(line).strip(", ") for line in _LINE.split(raw))
    return ", ".join(line for line in lines if line)


def postcode(address: str) -> str:
    """The last postcode in an address, as `E14 7AB`, or nothing."""
    found = _POSTCODE.findall(address)
    return " ".join(found[-1]).upper() if found else ""


def dfe_number(raw: str, prefix: str) -> Normal:
    """`211/4242` of the spellings that can mean nothing else; never a guess. `prefix` is the authority's, `211/`."""
    typed = text(raw).translate(_FULL_WIDTH).translate(_DASHES)
    match = _DFE.fullmatch(typed)
    if not match or match[2] == "0000":
        return Normal("", ProblemCode.DFE_FORMAT)
    if match[1] and f"{match[1]}/" != prefix:
        return Normal("", ProblemCode.DFE_PREFIX)
    return Normal(f"{prefix}{match[2]}")


def email(raw: str) -> Normal:
    """As email-validator normalises it, without a look-up; several addresses are joined by a semicolon."""
    typed = unicodedata.normalize("NFKC", raw).strip()
    if not typed:
        return Normal("")
    if len(typed) > LONGEST:
        return Normal("", ProblemCode.EMAIL_INVALID)
    whole = _one_email(typed)
    return Normal(whole) if whole else _several(_BETWEEN_ADDRESSES.split(typed), _one_email, ProblemCode.EMAIL_INVALID)


def _one_email(typed: str) -> str:
    bare = re.sub(r"^\s*mailto:", "", typed.strip(), flags=re.IGNORECASE)
    named = re.fullmatch(r"[^<>]*<\s*(?:mailto:)?([^<>]+?)\s*>", bare, re.IGNORECASE)
    try:
        return validate_email(named[1] if named else bare, check_deliverability=False).normalized
    except EmailNotValidError:
        return ""


def _several(parts: list[str], one: Callable[[str], str], otherwise: ProblemCode) -> Normal:
    """Several answers in one box, if each of them is one; the same one twice is one."""
    typed = [part for part in parts if part.strip()]
    values = list(dict.fromkeys(one(part) for part in typed))
    if not values or "" in values:
        return Normal("", otherwise)
    return Normal(values[0]) if len(values) == 1 else Normal(";".join(values), ProblemCode.SEVERAL_VALUES)


def telephone(raw: str) -> Normal:
    """UK numbers as dialled at home, others with +, an extension as ` ext. 12`; several joined by a semicolon."""
    typed = unicodedata.normalize("NFKC", raw).translate(_DASHES).strip()
    if not typed:
        return Normal("")
    if len(typed) > LONGEST:
        return Normal("", ProblemCode.TELEPHONE_INVALID)
    whole = _one_telephone(typed)
    if not whole:
        return _several(_BETWEEN_NUMBERS.split(typed), _one_telephone, ProblemCode.TELEPHONE_INVALID)
    return Normal(whole, None if _is_in_use(whole) else ProblemCode.TELEPHONE_UNLIKELY)


def _one_telephone(typed: str) -> str:
    """The normal form of one number. phonenumbers takes letters for the digits on a dial: they are refused first."""
    plain = _EXTENSION.sub(" ext. ", _LABEL.sub(" ", typed))
    if any(char.isalpha() for char in plain.replace(" ext. ", "")) or not any(char in "0123456789" for char in plain):
        return ""
    try:
        number = phonenumbers.parse(plain, "GB")
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    extension = f" ext. {number.extension}" if number.extension else ""
    number.extension = None
    home = number.country_code == 44
    kind = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, kind) + extension


def _is_in_use(normal: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(normal, "GB"))
