"""E-mail addresses that were read from a picture: without blanks, with their @, and with the domain that was meant."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from thep_forms.checking import normalise
from thep_forms.checking.confusable import known_text, outline
from thep_forms.checking.non_answers import is_non_answer

_AT_SIGNS = re.compile(r"\(at\)|\(a\)|[©®]", re.IGNORECASE)
_READ_FOR_AT = "eaQq©®&0oO6G9"  # what stands there where an @ was written
_LAST_LABEL = re.compile(r"(?<=\.)[a-z0-9]+$", re.IGNORECASE)
_PLAIN = str.maketrans("łøđıħ", "lodih")  # letters that Unicode does not decompose
_DIGITS_OF_LETTERS = str.maketrans("015", "ols")
# The ends of British and other common domains; the longest first.
_ENDS = (
    "org.uk",
    "sch.uk",
    "gov.uk",
    "nhs.uk",
    "co.uk",
    "ac.uk",
    "academy",
    "example",
    "london",
    "school",
    "com",
    "net",
    "org",
    "uk",
)
_END = re.compile(r"(?<=\.)(sch|org|gov|co|ac)uk$")
MOST_PIECES = 2  # before the @: more are words beside the address
# What addresses of schools often begin with.
_USUAL = ("admin", "chair", "clerk", "finance", "governors", "head", "info", "mail", "office", "school")


def as_address(text: str) -> str:
    """An e-mail address in small letters without blanks, with dots for commas and the @ that a sign was read for."""
    if "@" not in text and not _AT_SIGNS.search(text):
        return text
    words = _AT_SIGNS.sub("@", text.replace(",", ".")).split()
    bare = "".join(words)
    dotted = re.sub(r"\.*(@|\.)\.*", r"\1", ".".join(words))  # where a blank was read, a faint dot may stand
    has_words = is_non_answer(words[0]) or len(text.partition("@")[0].split()) > MOST_PIECES
    local, _, domain = dotted.partition("@")
    likely = (dotted, bare, f"{local}@{_with_dot(domain)}")
    for tried in (text if _is_valid(text) else "", *(() if has_words else likely)):
        if _is_valid(tried):
            return _END.sub(
                r"\1.uk", _LAST_LABEL.sub(lambda found: found[0].translate(_DIGITS_OF_LETTERS), tried.lower())
            )
    return text


def _with_dot(domain: str) -> str:
    """A domain with the dot before its end, which was not read."""
    bare = domain.replace(".", "").lower()
    for end in _ENDS:
        if bare.endswith(end.replace(".", "")) and len(bare) > len(end) + 1:
            return f"{bare.removesuffix(end.replace('.', ''))}.{end}"
    return domain


def _is_valid(address: str) -> bool:
    return bool(normalise.email(address).value)


def with_words(address: str, name: str) -> str:
    """The address with letters for digits, and `i` for `l`, before its @, where the name or a usual word has them."""
    local, at, domain = address.partition("@")
    for word in (*_forms_of(name), *_USUAL):
        letters = [char for char in local if char.isalnum()]
        differing = [char for char, right in zip(letters, word, strict=False) if char != right]
        is_word = len(letters) == len(word) and outline(local) == outline(word)
        if at and is_word and all(char.isdigit() or char in "il" for char in differing):
            left = iter(word)
            return "".join(next(left) if char.isalnum() else char for char in local) + at + domain
    return address


def with_dots(addresses: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """The addresses with the dot within a person's name, if another of them has it: `jo.ali@` and then `ann.lee@`.

    `names` are those of the persons. Both are by the same keys.
    """
    dotted = {(first != first[:1]) for key in names for first, last in _halves(names[key], addresses[key], ".")}
    found = dict(addresses)
    for key, name in names.items():
        for first, last in _halves(name, addresses[key], ""):
            if (first != first[:1]) in dotted:
                found[key] = f"{first}.{last}{addresses[key][len(first + last) :]}"
    return found


def _halves(name: str, address: str, between: str) -> Iterator[tuple[str, str]]:
    """The first name, or its first letter, and the last name, if the address begins so, with that `between` them."""
    names = _plain_names(name)
    if len(names) > 1:
        for first in (names[0], names[0][0]):
            if address.startswith(f"{first}{between}{names[-1]}@"):
                yield first, names[-1]


def _plain_names(name: str) -> list[str]:
    """The names of a person in the letters of addresses."""
    plain = name.casefold().replace("'", "").replace("’", "").translate(_PLAIN)
    decomposed = unicodedata.normalize("NFKD", plain)
    return re.findall(r"[a-z]+", "".join(char for char in decomposed if not unicodedata.combining(char)))


def _forms_of(name: str) -> Iterator[str]:
    """How the part of an address before the @ may name a person, without dots."""
    names = _plain_names(name)
    if not names:
        return
    first, last = names[0], names[-1]
    yield from (first + last, first[0] + last, first + last[0], first, last, last + first, last + first[0])


def domain_of(address: str) -> str:
    """What follows the one @ of an address; empty where there is none, or several."""
    local, _, domain = address.strip().partition("@")
    return domain.casefold() if local and "@" not in domain and "." in domain else ""


def used_domains(addresses: Iterable[str]) -> Counter[str]:
    """How many of the addresses have each domain."""
    return Counter(filter(None, map(domain_of, addresses)))


def with_domain(address: str, known: Collection[str], others: Mapping[str, int]) -> str:
    """The address with a domain that it was certainly meant to have.

    That is a `known` one, or one of the other boxes, which `others` counts. More boxes have it than have this one's, or
    this one's is its beginning.
    """
    mine = domain_of(address)
    if mine in known:
        return address
    fewest = others.get(mine, 0)
    counts = Counter({each: count for each, count in others.items() if count > fewest or _ran_out(mine, each)})
    for domains in (Counter(dict.fromkeys(known, 1)), counts):
        found: Counter[str] = Counter()
        for domain, count in domains.items():
            mended = _with_this_domain(address, mine, domain)
            if mended and _is_valid(mended):
                found[mended] += count
        best = found.most_common(2)
        if best and (len(best) == 1 or best[0][1] > best[1][1]):
            return best[0][0]
    return address


def _with_this_domain(address: str, mine: str, domain: str) -> str:
    """The address with that domain, if what was read may be it; empty where it may not."""
    bare = "".join(address.split()).replace(",", ".")
    if mine:
        is_meant = _ran_out(mine, domain) or known_text(mine, domain) == domain != mine
        return f"{address.strip().partition('@')[0]}@{domain}" if is_meant else ""
    if "@" in bare:
        local, _, rest = bare.rpartition("@")
        return f"{local}@{domain}" if local and (_ran_out(rest, domain) or outline(rest) == outline(domain)) else ""
    for at in range(len(bare) - 2, 0, -1):
        if bare[at] in _READ_FOR_AT and known_text(bare[at + 1 :], domain) == domain:
            return f"{bare[:at]}@{domain}"
    return ""


def _ran_out(read: str, domain: str) -> bool:
    """Whether what was read may be the beginning of the domain, whose end did not fit into the box.

    It is not where it is a whole domain, too: `cedar.org` is another than `cedar.org.uk`.
    """
    bare = read.casefold().rstrip(".")
    beginning = domain[: len(bare)]
    has_name = known_text(bare, beginning) == beginning and len(bare) >= len(domain.partition(".")[0])
    return has_name and beginning != domain and not bare.endswith(tuple(f".{end}" for end in _ENDS))


def known_address(read: str, known: str) -> str:
    """The known address, if what was read differs from it only in what is confused, its @ too; else what was read."""
    if (same := known_text(read, known)) == known:
        return same
    domain = domain_of(known)
    mended = _with_this_domain(read, domain_of(read), domain) if domain else ""
    return known if mended and known_text(mended, known) == known else read
