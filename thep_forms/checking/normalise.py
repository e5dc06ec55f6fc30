"""Normal forms of what people type. Pure functions, which raise nothing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from thep_forms.checking.characters import normal_text, plain_address
from thep_forms.definition.model import TICKED, Kind, ProblemCode

REMEMBERED = 64  # answers: a school gives the same number for most of its people
_HOME = "GB"
LONGEST_PLAIN = 60  # characters of an address of which no part can be too long
LONGEST = 1000  # characters of an e-mail or telephone box that are parsed
_FULL_WIDTH = {0xFF10 + n: str(n) for n in range(10)} | {ord("／"): "/", ord("－"): "-"}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−⁃﹘﹣", "-"))
_DFE = re.compile(r"(?:([0-9]{3})(?: ?[/-] ?| )?)?([0-9]{4})")
_OWN_DIGITS = 4  # of a DfE number, after those of its authority
_LINE = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
# The letters that a postcode begins with, as Royal Mail gives them out, with those of Jersey, Guernsey and Man.
_AREAS = """
    AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY
    G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW
    OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB
    W WA WC WD WF WN WR WS WV YO ZE
"""
_OUTWARD = rf"\b((?:{'|'.join(_AREAS.split())})[0-9][A-Z0-9]?)"
_ORDINALS = "(?:1st|2nd|3rd|[04-9]th)"
_ORDINAL = re.compile(f" {_ORDINALS}$", re.IGNORECASE)
_POSTCODE = re.compile(rf"{_OUTWARD} ?([0-9][A-Z]{{2}})\b", re.IGNORECASE | re.ASCII)
# Its two halves on two lines, which `address` joins by a comma; `3rd` is the half of none.
_POSTCODE_ON_TWO_LINES = re.compile(rf"{_OUTWARD}, (?!{_ORDINALS}\b)([0-9][A-Z]{{2}})(?=,|$)", re.IGNORECASE | re.ASCII)
# The letter O for a zero, only at the end of a line: `Unit B2 Old Street` has none.
_POSTCODE_WITH_LETTER_O = re.compile(
    rf"{_OUTWARD}(?: ?([0-9O][A-Z]{{2}})(?=,|$)|, (O[A-Z]{{2}})$)", re.IGNORECASE | re.ASCII
)
_POSTCODES = (_POSTCODE, _POSTCODE_ON_TWO_LINES, _POSTCODE_WITH_LETTER_O)  # the first one that is found counts
_EXTENSION = re.compile(
    r"[\s;,]*(?:\b(?:extension|extn|ext)(?![a-z])(?:\s*(?:number|no)\b)?|(?<![a-z])x)[\s.:]*(?=[0-9])", re.IGNORECASE
)
_LABEL = re.compile(r"\b(?:telephone|tel|phone|mobile|mob|office|direct|t|m)\b[.:]*", re.IGNORECASE)
_EXTENSION_SIGN = "\ue000"  # stands for ` ext. ` while words are looked for
# Words in brackets, such as `(school office)` or `(9am to 3pm)`, but no number and no extension.
_IN_ROUND_BRACKETS = re.compile(rf"\((?=[^()]*[^\W\d_])(?![^()]*(?:[0-9]{{3}}|{_EXTENSION_SIGN}))[^()]*\)")
_WORD = re.compile(r"(?<![^\W_])[^\W\d_]+(?:[/'’.&-]+[^\W\d_]+)*[.:]?(?![^\W_])")
# A word and the small number that belongs to it, such as `option 3`, `Year 6` or `after 3pm`.
_WORD_WITH_NUMBER = re.compile(
    r"(?<![^\W_])(?!(?:and|or)\b)[^\W\d_]+[\s.:#]*[0-9]{1,2}(?:[:.][0-9]{2})?\s*(?:am|pm)?(?![^\W_])(?!\s*[-./]?\s*[0-9])",
    re.IGNORECASE,
)
_LETTERS_LIKE_DIGITS = re.compile(r"(?<=[0-9])\s*\b[OoIl]+[0-9]*\b(?!\s*/)")
_BETWEEN_NUMBERS = re.compile(r"[;,|\\\r\n\v\f\x85\u2028\u2029]|\bor\b|\s[/&]\s|/(?= ?[0+])", re.IGNORECASE)
_TIME = r"(?:[01]?[0-9]|2[0-4])(?:[:.][0-5][0-9])?\s*(?:[ap]\.?m\b\.?)?"
_HOURS = rf"(?<![0-9])(?<![0-9][:.-]){_TIME}\s*(?:-|\bto\b|\buntil\b|\btill?\b)\s*{_TIME}(?![0-9])"
# What stands beside a number and is none: opening hours, a second extension, and the end of a second UK number.
_DIGITS_BESIDE_NUMBER = (
    re.compile(rf"\(\s*{_HOURS}\s*\)|{_HOURS}", re.IGNORECASE),
    re.compile(
        r"(?<=[0-9])(?<!\()\s*(?:[/,&]|\bor\b|\band\b)\s*(?:ext(?:ension|n)?|x)[\s.:]*[0-9]{1,6}(?!\s*[-./]?\s*[0-9])",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<=[0-9])\s*(?:/|\bor\b)\s*[0-9]{3,4}(?!\s*[-./]?\s*[0-9])",
        re.IGNORECASE,
    ),
)
_BETWEEN_ADDRESSES = re.compile(r"[;,|\s]+")
_MAILTO = re.compile("^mailto:", re.IGNORECASE)
# What stands before the @ is valid in every domain, and is its own normal form.
_PLAIN_ADDRESS = re.compile("([a-z0-9]+(?:[._-][a-z0-9]+)*)@([a-z0-9.-]+)")
_AROUND_AT = re.compile(r"\s*@\s*")
_AMONG_WORDS = (  # an address after a name, in brackets; one before it; after a colon; and in the care of somebody
    re.compile(r"[^@<>()\[\]]*[(\[]\s*(\S+@\S+)\s*[)\]]"),
    re.compile(r"([^\s()]+@[^\s()]+)(?:\s*\([^@<>()]*\)|\s+[-–—]\s+[^@<>]*)"),
    re.compile(r"[^@<>()\[\]:]*:\s+(\S+@\S+)"),
    re.compile(r"(?:c/o|care of|via|contact)[\s:]+(\S+@\S+)", re.IGNORECASE),
)
_BESIDE_ADDRESSES = ("", "/", "&", "and", "or", "e:", "email", "email:", "e-mail", "e-mail:")
_NO = ("", "no", "n", "off", "false", "0", "-", "☐")
_IN_BRACKETS = re.compile(r"([^<>]*)<([^<>]*)>")


class Normal(Struct, frozen=True):
    """The normal form of an answer, empty where it has none, and what is wrong with the answer."""

    value: str
    problem: ProblemCode | None = None


def answer(kind: Kind, raw: str, prefix: str) -> Normal:
    """The normal form of an answer of that kind. `prefix` as for `dfe_number`."""
    match kind:
        case Kind.TICKS:
            return Normal(tick(raw))
        case Kind.TEXT:
            return Normal(normal_text(raw))
        case Kind.ADDRESS:
            return Normal(address(raw))
        case Kind.EMAIL:
            return email(raw)
        case Kind.TELEPHONE:
            return telephone(raw)
        case Kind.DFE_NUMBER:
            return dfe_number(raw, prefix)


def tick(raw: str) -> str:
    """`yes`, or nothing where the answer means no. Some programs turn a box to tick into a box for words."""
    return "" if normal_text(raw).casefold() in _NO else TICKED


def address(raw: str) -> str:
    """The lines of an address, joined by a comma and a blank."""
    lines = (normal_text(line).strip(", ") for line in _LINE.split(raw))
    return ", ".join(line for line in lines if line)


def postcode(address: str) -> str:
    """The last postcode in an address, as `E14 7AB`, or nothing. The letter O is taken for a zero: `E2 OAC`."""
    for pattern in _POSTCODES:
        if found := pattern.findall(address):
            return _postcode(found[-1])
    return ""


def has_several_postcodes(address: str) -> bool:
    """Whether there are two different postcodes in an address; `Block E2 1st floor` holds none."""
    found = {_postcode(halves) for pattern in _POSTCODES for halves in pattern.findall(address)}
    return sum(not _ORDINAL.search(each) for each in found) > 1


def _postcode(halves: tuple[str, ...]) -> str:
    outward, *inward = (half.upper() for half in halves)
    last = "".join(inward)
    return f"{_with_zero(outward)} {last[0].replace('O', '0')}{last[1:]}"


def _with_zero(outward: str) -> str:
    """The first half of a postcode; Royal Mail uses no letter O after its digit."""
    return f"{outward[:2]}{outward[2:].replace('O', '0')}"


def stands_in(postcode: str, address: str) -> bool:
    """Whether the address has exactly this postcode, be it on two lines or in small letters."""
    return postcode.replace(" ", "") in re.sub("[ ,]", "", address).upper()


def dfe_number(raw: str, prefix: str) -> Normal:
    """`211/4242`, from spellings that can mean nothing else; never a guess. `prefix` is the authority's, `211/`."""
    typed = normal_text(raw).translate(_FULL_WIDTH).translate(_DASHES)
    match = _DFE.fullmatch(typed)
    if not match or match[2] == "0000":
        return Normal("", ProblemCode.DFE_FORMAT)
    if match[1] and f"{match[1]}/" != prefix:
        return Normal("", ProblemCode.DFE_PREFIX)
    return Normal(f"{prefix}{match[2]}")


def is_whole_dfe_number(raw: str, prefix: str) -> bool:
    """Whether nothing can be missing at the end of a DfE number. `2114` may be the start of `2114242`."""
    digits = [char for char in raw if char.isdecimal()]
    is_start = len(digits) == _OWN_DIGITS and "".join(digits).startswith(prefix.rstrip("/"))
    return bool(dfe_number(raw, prefix).value) and not is_start


@lru_cache(REMEMBERED)
def email(raw: str) -> Normal:
    """As email-validator normalises it, without a look-up; several addresses are joined by a semicolon."""
    typed = _worth_parsing(raw)
    if not typed:
        return Normal("", None if typed == "" else ProblemCode.EMAIL_INVALID)
    values = [_email_address(part) for part in _addresses(typed)]
    if "" in values:
        values = [_whole_address(typed)]
    return _joined(values) or Normal("", ProblemCode.EMAIL_INVALID)


def _whole_address(typed: str) -> str:
    """The one address in the text: with a line break in it, with blanks around its @, or beside words."""
    whole = _email_address("".join(_LINE.split(typed)))
    return whole or _email_address(_AROUND_AT.sub("@", typed)) or _address_beside_words(typed)


def _address_beside_words(typed: str) -> str:
    """The one address after a name, in brackets, or after `c/o`. Blanks within an address look like other words."""
    matches = [match for pattern in _AMONG_WORDS if (match := pattern.fullmatch(typed))]
    return _email_address(matches[0][1]) if matches else ""


def words_beside_address(raw: str) -> bool:
    """Whether the normal form of an e-mail address leaves out words that are no name before `<…>`."""
    typed = _worth_parsing(raw)
    if not typed or "<" in typed or all(map(_email_address, _addresses(typed))):
        return False
    return not _email_address("".join(_LINE.split(typed))) and bool(_address_beside_words(typed))


def _worth_parsing(raw: str) -> str | None:
    """NFKC without invisible characters, stripped; None if it is too long."""
    if len(raw) > LONGEST:
        return None
    typed = unicodedata.normalize("NFKC", plain_address(raw)).strip()
    return typed if len(typed) <= LONGEST else None


def _addresses(typed: str) -> list[str]:
    """The words that have to be addresses. A name before `<…>` may have commas; an address in the name counts too."""
    found: list[str] = []
    end = 0
    for match in _IN_BRACKETS.finditer(typed) if "<" in typed else ():
        words = (word.strip("\"'()[]") for word in _BETWEEN_ADDRESSES.split(match[1]))
        found += [word for word in words if re.search(r"[^@]@[^@]", word)]
        found.append(match[2])
        end = match.end()
    return found + [word for word in _BETWEEN_ADDRESSES.split(typed[end:]) if word.casefold() not in _BESIDE_ADDRESSES]


@lru_cache(REMEMBERED)
def _email_address(typed: str) -> str:
    bare = _MAILTO.sub("", typed.strip()).strip(" “”„«»").rstrip(".")
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        bare = bare[1:-1]
    plain = _PLAIN_ADDRESS.fullmatch(bare)
    if not plain or len(bare) > LONGEST_PLAIN:
        return _valid(bare)
    domain = _valid_domain(plain[2])
    return f"{plain[1]}@{domain}" if domain else ""


@lru_cache(REMEMBERED)
def _valid_domain(domain: str) -> str:
    """The normal form of a domain, or nothing. Most people of a school have addresses in the same one."""
    return _valid(f"a@{domain}").partition("@")[2]


def _valid(address: str) -> str:
    """The address as email-validator normalises it, or nothing where it is not valid."""
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return ""


def _joined(values: list[str]) -> Normal | None:
    """Several answers in one box, each once; None where one of them is not valid, or there is none."""
    different = list(dict.fromkeys(values))
    if not different or "" in different:
        return None
    return Normal(";".join(different), ProblemCode.SEVERAL_VALUES if len(different) > 1 else None)


@lru_cache(REMEMBERED)
def telephone(raw: str) -> Normal:
    """UK numbers as dialled at home, others with +, an extension as ` ext. 12`; several joined by a semicolon.

    Words beside a number do not count (`words_beside_number` says whether there are some), nor do opening hours and the
    end of a second UK number (`digits_beside_number`). Other digits that belong to no number make the answer invalid.
    """
    typed = _worth_parsing(raw)
    if not typed:
        return Normal("", None if typed == "" else ProblemCode.TELEPHONE_INVALID)
    normal = _telephone_numbers(typed)
    if normal.value:
        return normal
    # Only where the answer is invalid as it stands: the digits may belong to the number.
    shorter = typed.translate(_DASHES)
    for pattern in _DIGITS_BESIDE_NUMBER:
        shorter = pattern.sub(" ", shorter)
    kept = _telephone_numbers(shorter)
    is_uk = all(number.startswith("0") for number in kept.value.split(";"))
    return kept if is_uk else normal


def digits_beside_number(raw: str) -> bool:
    """Whether the normal form of a telephone box leaves out digits: opening hours, or the end of a second number."""
    typed = _worth_parsing(raw)
    return bool(typed and telephone(raw).value and not _telephone_numbers(typed).value)


@lru_cache(REMEMBERED)
def _telephone_numbers(typed: str) -> Normal:
    """The normal form of the numbers in a text, none of whose digits may be left out."""
    numbers: list[tuple[str, bool]] = []
    # Split before anything is parsed: phonenumbers would run two short numbers together.
    for part in _telephone_parts(typed):
        numbers += [_telephone_number(piece) for piece in _without_words(part)]
    normal = _joined([value for value, _ in numbers]) or Normal("", ProblemCode.TELEPHONE_INVALID)
    if normal.problem or all(in_use for _, in_use in numbers):
        return normal
    return Normal(normal.value, ProblemCode.TELEPHONE_UNLIKELY)


@lru_cache(REMEMBERED)
def words_beside_number(raw: str) -> bool:
    """Whether there are words in a telephone box that are neither an extension nor a label such as `Tel:`."""
    typed = _worth_parsing(raw) or ""
    return any(char.isalpha() for part in _telephone_parts(typed) for char in _LABEL.sub(" ", part))


def _telephone_parts(typed: str) -> list[str]:
    """What stands between the semicolons, line breaks and the like; an extension has its sign in front."""
    plain = typed.translate(_DASHES).replace(_EXTENSION_SIGN, " ")
    return [part for part in _BETWEEN_NUMBERS.split(_EXTENSION.sub(_EXTENSION_SIGN, plain)) if part.strip()]


def _without_words(part: str) -> list[str]:
    """The pieces with digits between the words of a part. The letter O right after digits is no word: see `5 OOO`."""
    plain = _LABEL.sub("\n", part)  # as after `T: 020 7946 0018`, where `M:` begins another number
    if _LETTERS_LIKE_DIGITS.search(plain):
        return [plain]
    for words in (_IN_ROUND_BRACKETS, _WORD_WITH_NUMBER, _WORD):
        plain = words.sub("\n", plain)
    pieces: list[str] = []
    for piece in plain.split("\n"):
        if any(char.isdigit() for char in piece):
            even = piece.count("(") == piece.count(")")
            pieces.append((piece if even else re.sub("[()]", " ", piece)).strip(" -:.,&/"))
    if not pieces and not any(char.isalpha() for char in part):
        return [plain]
    return pieces


def _telephone_number(typed: str) -> tuple[str, bool]:
    """The normal form of one number, and whether it can be in use."""
    # phonenumbers takes letters for the digits on a dial: they are refused first.
    if any(char.isalpha() for char in typed):
        return "", False
    try:
        number = phonenumbers.parse(typed.replace(_EXTENSION_SIGN, " ext. "), _HOME)
    except phonenumbers.NumberParseException:
        return "", False
    # Of a number in use in the United Kingdom alone the second question would find the same, in twice the time.
    in_use = phonenumbers.is_valid_number_for_region(number, _HOME) or phonenumbers.is_valid_number(number)
    possible = phonenumbers.ValidationResult.IS_POSSIBLE
    if not in_use and phonenumbers.is_possible_number_with_reason(number) != possible:
        return "", False
    extension = f" ext. {number.extension}" if number.extension else ""
    number.extension = None
    home = number.country_code == 44
    kind = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    formatted = phonenumbers.format_number(number, kind)
    if home and not formatted.startswith("0"):
        # So short that phonenumbers knows no format for it and drops the zero that was typed.
        return "", False
    return formatted + extension, in_use
