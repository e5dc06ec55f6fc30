"""What was read from a picture, as a box of its kind can have it: `21O1` in a box for a number is `2101`.

Nothing but characters that readers of pictures confuse is changed, and no answer that is valid as it was read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from thep_forms.checking import normalise
from thep_forms.checking.confusable import as_digits, as_letters, known_text, outline
from thep_forms.definition.model import Kind

_NUMBER = re.compile(r"[0-9oOQDlIi|!zZsSBgq]+")
_BETWEEN_NUMBER_AND_NUMBER = re.compile(r"(?<=\d)\s*[.,:]\s*(?=\d)")
_AT_SIGNS = re.compile(r"\(at\)|\(a\)|[©®]", re.IGNORECASE)
_READ_FOR_AT = "eaQq©®&0oO6G9"  # what stands there where an @ was written
_LAST_LABEL = re.compile(r"(?<=\.)[a-z0-9]+$", re.IGNORECASE)
_DIGITS_OF_LETTERS = str.maketrans("015", "ols")
_WORD = re.compile(r"\w+")


def in_kind(kind: Kind, text: str, prefix: str) -> str:
    """The text with what its kind of box can have in the place of what was confused.

    `prefix` is that of DfE numbers.
    """
    match kind:
        case Kind.DFE_NUMBER:
            return _valid_or_read(kind, text, as_digits("".join(text.split())), prefix)
        case Kind.TELEPHONE:
            return _valid_or_read(kind, text, _with_digits(text), prefix)
        case Kind.EMAIL:
            return _as_address(text, prefix)
    return text


def as_name(text: str) -> str:
    """A person's name, which has no digits beside letters."""
    return _WORD.sub(lambda found: as_letters(found[0]), text)


def _valid_or_read(kind: Kind, text: str, mended: str, prefix: str) -> str:
    """What was mended, if only that is valid; else the text."""
    if _is_valid(kind, text, prefix) or not _is_valid(kind, mended, prefix):
        return text
    return mended


def _is_valid(kind: Kind, text: str, prefix: str) -> bool:
    return bool(normalise.answer(kind, text, prefix).value)


def _with_digits(text: str) -> str:
    """A telephone number with digits in the place of letters among them; words such as `ext.` stay."""

    def digits(found: re.Match[str]) -> str:
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        is_word = before.isalpha() or after.isalpha() or not any(char.isdigit() for char in text)
        return found[0] if is_word else as_digits(found[0])

    return _BETWEEN_NUMBER_AND_NUMBER.sub(" ", _NUMBER.sub(digits, text))


# --- e-mail addresses -------------------------------------------------------------------------------------------------


def _as_address(text: str, prefix: str) -> str:
    """An e-mail address without blanks, with dots for commas and the @ that a sign was read for."""
    bare = "".join(text.split())
    tried = (text, bare, bare.replace(",", "."), _AT_SIGNS.sub("@", bare), _AT_SIGNS.sub("@", bare.replace(",", ".")))
    valid = (each for each in tried if _is_valid(Kind.EMAIL, each, prefix))
    return _LAST_LABEL.sub(lambda found: found[0].translate(_DIGITS_OF_LETTERS), next(valid, text))


def domain_of(address: str) -> str:
    """What follows the one @ of an address; empty where there is none, or several."""
    local, _, domain = address.strip().partition("@")
    return domain.casefold() if local and "@" not in domain and "." in domain else ""


def used_domains(addresses: Iterable[str]) -> Counter[str]:
    """How many of the addresses have each domain."""
    return Counter(filter(None, map(domain_of, addresses)))


def with_domain(address: str, known: Collection[str], others: Mapping[str, int], prefix: str) -> str:
    """The address with a domain that it was certainly meant to have.

    That is a `known` one, or one that more of the other boxes have than have this one's. `others` counts these.
    """
    mine = domain_of(address)
    if mine in known:
        return address
    counts = Counter({domain: count for domain, count in others.items() if count > others.get(mine, 0)})
    for domains in (Counter(dict.fromkeys(known, 1)), counts):
        found: Counter[str] = Counter()
        for domain, count in domains.items():
            mended = _with_this_domain(address, mine, domain)
            if mended and _is_valid(Kind.EMAIL, mended, prefix):
                found[mended] += count
        best = found.most_common(2)
        if best and (len(best) == 1 or best[0][1] > best[1][1]):
            return best[0][0]
    return address


def _with_this_domain(address: str, mine: str, domain: str) -> str:
    """The address with that domain, if what was read may be it; empty where it may not."""
    bare = "".join(address.split()).replace(",", ".")
    if mine:
        return f"{address.strip().partition('@')[0]}@{domain}" if known_text(mine, domain) == domain != mine else ""
    if "@" in bare:
        local, _, rest = bare.rpartition("@")
        return f"{local}@{domain}" if local and outline(rest) == outline(domain) else ""
    for at in range(len(bare) - 2, 0, -1):
        if bare[at] in _READ_FOR_AT and known_text(bare[at + 1 :], domain) == domain:
            return f"{bare[:at]}@{domain}"
    return ""


def known_address(read: str, known: str) -> str:
    """The known address, if what was read differs from it only in what is confused, its @ too; else what was read."""
    if (same := known_text(read, known)) == known:
        return same
    domain = domain_of(known)
    mended = _with_this_domain(read, domain_of(read), domain) if domain else ""
    return known if mended and known_text(mended, known) == known else read
