"""What was probably meant: letters in a wrong encoding, of another alphabet or as entities, and misspelt ends.

For queries only: an answer is never changed by what this module finds.
"""

from __future__ import annotations

import re
from html import unescape

from thep_forms.checking.characters import plain_address, with_latin_twins, without_controls
from thep_forms.definition.model import Kind

_ROUNDS = 4  # how often a text may have gone through a wrong encoding
_LONGEST = 2000  # characters of an answer that are looked at
_ENTITY = re.compile("&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE | re.ASCII)


def _windows_byte(code: int) -> str:
    """The letter that Windows-1252 shows for a byte; the five bytes that it lacks stay control characters."""
    return bytes([code]).decode("cp1252", errors="replace").replace("\ufffd", chr(code))


def _any_of(letters: str) -> str:
    return f"[{re.escape(letters)}]"


_WINDOWS = {_windows_byte(code): code for code in range(0x80, 0x100)} | {chr(code): code for code in range(0x80, 0x100)}
_MAC = {bytes([code]).decode("mac_roman"): code for code in range(0x80, 0x100)}
_DOS = {bytes([code]).decode("cp850"): code for code in range(0x80, 0x100)}


def _garbled(bytes_of: dict[str, int], latin: str) -> re.Pattern[str]:
    """What UTF-8 looks like in a one-byte encoding; `latin` matches the letters with accents.

    Other alphabets count only where two of their letters follow each other: one alone may be a capital with an accent
    before a quotation mark.
    """
    letter = {code: char for char, code in bytes_of.items()}
    later = _any_of("".join(char for char, code in bytes_of.items() if code < 0xC0))
    pairs = _any_of("".join(letter[code] for code in (0xCE, 0xCF, 0xD0, 0xD1, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB)))
    vietnamese = letter[0xE1] + _any_of(letter[0xBA] + letter[0xBB])
    signs = letter[0xE2] + _any_of("".join(char for char, code in bytes_of.items() if code in (0x80, 0x82, 0x84)))
    indic = letter[0xE0] + _any_of("".join(char for char, code in bytes_of.items() if 0xA4 <= code <= 0xB7))
    return re.compile(
        f"{latin.format(later=later)}|(?:{pairs}{later}){{2,}}|{vietnamese}{later}|{signs}{later}"
        f"|(?:{indic}{later}){{2,}}"
    )


# Å and Ä stand before quotation marks and capitals in Nordic words too, as in `ÅŠTRÖM`. Small letters beside them tell.
_NORDIC = "[‘’“”–—…‹›ŠŽŒŸ]"
_WINDOWS_LATIN = f"[ÂÃ]{{later}}|[ÄÅ](?!{_NORDIC}){{later}}|(?<=[a-z])[ÄÅ]{_NORDIC}|[ÄÅ]{_NORDIC}(?=[a-z])"
_ENCODINGS = tuple(
    (bytes_of, _garbled(bytes_of, latin))
    for bytes_of, latin in (
        (_WINDOWS, _WINDOWS_LATIN),
        (_MAC, "[¬√ƒ≈]{later}"),
        (_DOS, "[┬├─┼]{later}"),
    )
)


def meant(kind: Kind, raw: str, value: str) -> str:
    """What was probably meant by an answer of that kind; empty where nothing speaks against it as it is.

    `raw` is the answer as it was typed, `value` its normal form or empty.
    """
    if kind in (Kind.TEXT, Kind.ADDRESS):
        repaired, _ = with_latin_twins(without_entities(ungarbled(raw)))
        return "" if repaired == raw else repaired
    if kind is not Kind.EMAIL:
        return ""
    repaired = ungarbled(raw)
    typed = value or plain_address(raw)
    latin, _ = with_latin_twins(typed if repaired == raw else plain_address(repaired))
    likely = likely_addresses(latin)
    return "" if likely == typed else likely


def ungarbled(text: str) -> str:
    """The text as it was before a program took its UTF-8 for another encoding, once or several times.

    `SiÃ¢n` gives `Siân`. A text without such letters comes back as it is.
    """
    if text.isascii() or len(text) > _LONGEST:
        return text
    likely = [encoding for encoding in _ENCODINGS if encoding[1].search(text)]
    wholly_first = sorted(likely, key=lambda encoding: not _decoded(text, encoding[0]))
    for bytes_of, pattern in wholly_first:
        repaired = text
        for _ in range(_ROUNDS):
            repaired = _once_less(repaired, bytes_of, pattern)
        if repaired not in (text, without_controls(text)) and repaired == without_controls(repaired):
            return repaired
    return text


def without_entities(text: str) -> str:
    """The text with the characters that a web page writes as entities, once or several times.

    `St Mary&#39;s` gives `St Mary's`. A text without entities comes back as it is.
    """
    if "&" not in text or len(text) > _LONGEST:
        return text
    for _ in range(_ROUNDS):
        text = _ENTITY.sub(lambda found: unescape(found[0]), text)
    return text


def _once_less(text: str, bytes_of: dict[str, int], pattern: re.Pattern[str]) -> str:
    """The text with one wrong encoding undone: all of it at once, or else where the pattern finds such letters."""
    if not pattern.search(text):
        return text
    return _decoded(text, bytes_of) or pattern.sub(lambda found: _decoded(found[0], bytes_of) or found[0], text)


def _decoded(garbled: str, bytes_of: dict[str, int]) -> str:
    """The text whose UTF-8 was shown in that encoding; empty where it cannot be."""
    try:
        return bytes(ord(char) if char.isascii() else bytes_of[char] for char in garbled).decode()
    except (KeyError, UnicodeDecodeError):
        return ""


# --- e-mail addresses -------------------------------------------------------------------------------------------------

# Mail providers, by the name in their domains; the ends that exist and the one that is meant where another was typed.
_PROVIDERS = {
    "gmail": "com",
    "googlemail": "com",
    "hotmail": "com",
    "outlook": "com",
    "yahoo": "com",
    "icloud": "com",
    "btinternet": "com",
    "talktalk": "net",
    "ntlworld": "com",
    "virginmedia": "com",
}
_OTHER_PROVIDERS = frozenset(("mail", "email", "ymail", "fmail", "jmail", "vmail", "gmails"))
_MORE_PROVIDERS = frozenset(("live", "msn", "aol", "me", "mac", "sky", "proton", "protonmail", "gmx", "btopenworld"))
_PROVIDER_ENDS = frozenset(("", "com", "co.uk", "net", "co", "cm", "om", "c", "uk", "con"))
_NO_SUCH_END = {"gmail": ("co", "cm", "om", "c", "co.uk", "uk", "net"), "googlemail": ("co", "cm", "om", "co.uk", "uk")}
_NEVER_ENDS = ("c", "co", "cm", "om")  # of a large provider; `.co` and `.cm` exist elsewhere
# Ends that no country and nobody else has, and what they are typed for.
_ENDS = {
    "cmo": "com",
    "co.k": "co.uk",
    "co.u": "co.uk",
    "comm": "com",
    "con": "com",
    "coom": "com",
    "couk": "co.uk",
    "cpm": "com",
    "ku": "uk",
    "nett": "net",
    "nte": "net",
    "ocm": "com",
    "ogr": "org",
    "orgg": "org",
    "sch.k": "sch.uk",
    "sch.u": "sch.uk",
    "schuk": "sch.uk",
    "ukk": "uk",
    "vom": "com",
    "xom": "com",
    "yk": "uk",
    "oc.uk": "co.uk",
    "ogr.uk": "org.uk",
    "scg.uk": "sch.uk",
    "shc.uk": "sch.uk",
    "sch.co.uk": "sch.uk",
}


def likely_addresses(text: str) -> str:
    """The e-mail addresses of a text with the domains that were probably meant; the text itself if they are right."""
    if len(text) > _LONGEST:
        return text
    return re.sub(r"(?<=[^\s@])@([^\s@;,<>()\[\]\"']+)", lambda found: f"@{_likely_domain(found[1])}", text)


def is_of_provider(domain: str) -> bool:
    """Whether everybody may have an address with that domain, in small letters, as with `gmail.com`."""
    name = domain.partition(".")[0]
    return name in _PROVIDERS or name in _OTHER_PROVIDERS or name in _MORE_PROVIDERS


def _likely_domain(typed: str) -> str:
    folded = typed.casefold()
    domain = folded
    for end, right_end in _ENDS.items():
        if domain.endswith(f".{end}"):
            domain = domain.removesuffix(end) + right_end
    name, _, end = domain.partition(".")
    provider = _likely_provider(name) if end in _PROVIDER_ENDS else ""
    if provider:
        wrong = end in _NEVER_ENDS or end in _NO_SUCH_END.get(provider, ())
        domain = f"{provider}.{_PROVIDERS[provider] if wrong or not end else end}"
    return typed if domain == folded else domain


def _likely_provider(name: str) -> str:
    """The provider whose name differs in one slip of a finger or in none; empty where there is none."""
    if name in _OTHER_PROVIDERS:
        return ""
    for provider in _PROVIDERS:
        if name == provider or _is_one_slip(name, provider):
            return provider
    return ""


def _is_one_slip(typed: str, provider: str) -> bool:
    """Whether one letter is missing, too many or another, or two stand the wrong way round."""
    if abs(len(typed) - len(provider)) > 1:
        return False
    while typed and provider and typed[0] == provider[0]:
        typed, provider = typed[1:], provider[1:]
    while typed and provider and typed[-1] == provider[-1]:
        typed, provider = typed[:-1], provider[:-1]
    return max(len(typed), len(provider)) <= 1 or (len(typed) == 2 and typed == provider[::-1])
