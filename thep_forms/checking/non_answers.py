"""What people type where they have no answer: `N/A`, `TBC`, `as above`; and what is no name: `Chair of Governors`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_REMEMBERED = 64  # answers: several checks ask the same of each
_AS_APOSTROPHES = "´΄᾽᾿"  # signs that people type in place of one
_LONGEST = 120  # characters; what is longer is an answer, or something else to look at
# Phrases that say that nobody holds a post.
_NOBODY_THERE = r"""
    n\s*[/.\\-]\s*a | na | nil | none | nobody | no[ -]one | no\s+(?:current\s+)?(?:chair(?:man|person|woman)?|person)
    | not\s+(?:applicable|yet|appointed|in\s+post|(?:currently\s+)?(?:elected|filled)) | no\s+longer\s+in\s+post
    | t\.?\s?b\.?\s?[acd]
    | (?:to|will)\s+be\s+(?:
      agreed|announced|app(?:oin)?t(?:ed)?|arranged|conf(?:irmed)?|decided|determined|elected|filled|recruited)
    | recruiting | (?:awaiting|pending|under)\s+(?:appointment|confirmation|election|new\s+chair|recruitment)
    | (?:appointment|confirmation|election|recruitment)\s+pending
    | vacant | vacancy | unfilled | resigned | (?:has|have)\s+(?:left|retired) | (?:stepped|stood)\s+down
    | left\s+(?:our|the|this)\s+(?:post|role|school) | (?:leaves|leaving|left|retires|retiring|retired)\s+(?:at|in|on)
    | (?:post|role)\s+(?:deleted|removed) | outsourced
    | (?:re-?)?advertis(?:ed|ing) | out\s+(?:for|to)\s+(?:ad|advert|advertisement|recruitment)
    | interview(?:s|ing)\s+(?:are|due|in|on|to) | starts | starting | to\s+start | appointment\s+to\s+be\s+made
    | (?:awaiting|pending)\s+(?:a|an|the)?\s*(?:elections?|governor|new|results?)
    | elections?\s+(?:due|in|on|to\s+be\s+held)
    | not\s+(?:being\s+)?(?:employed|needed|recruited|replaced|required)
"""
# Those that do not say so: somebody may be there, such as `as above`.
_SOMEBODY_PERHAPS = r"""
    n\s*[/\\]\s*k | null | no\s+answer | nothing
    | no\s+(?:current\s+)?(?:address|bursar|business\s+manager|contact|e-?mail|mobile|name|number|telephone|phone)
    | not\s+(?:known|available|given|relevant|(?:currently\s+)?(?:agreed|confirmed|decided)) | unknown
    | do(?:es)?\s?n[o'’]t\s+(?:apply|have|know) | do(?:es)?\s+not\s+(?:apply|have|know)
    | (?:to|will)\s+(?:be\s+(?:advised|notified|supplied)|follow) | confidential | private
    | (?:as|by|in|on|per|refer|same|see|via)\s+
      (?:(?:accompanying|as|attached|cover|covering|enclosed|for|in|my|on|our|per|school|separate|the|this|to)\s+)*
      (?:e-?mail|gias|letter|list|note|page\s+[0-9]|reverse|sheet|spreadsheet|web\s?site)
    | (?:as|see|same|per|ditto|refer(?:\s+to)?)\s+(?:as\s+|for\s+|per\s+|stated\s+|mentioned\s+)?(?:the\s+|our\s+)?
      (?:above|attached|before|below|enclosed|over|overleaf|previous|last\s+year|main|head|headteacher|chair|website)
    | (?:as|sent)\s+(?:e-?mailed|listed|sent|separately)
    | prefer\s+not\s+to\s+say | (?:do\s+not|please\s+don['’]t)\s+share | withheld
    | (?:adoption|mat\.?|maternity|paternity|sick)\s+leave | long[ -]term\s+sick(?:ness)?(?:\s+leave)?
    | job[ -]?share | (?:not\s+|un)sure | to\s+confirm | awaiting | pending | under\s+review | in\s+pro(?:cess|gress)
    | same | ditto | no\s+change | unchanged | x{2,} | x
"""
_NO_ANSWER = re.compile(rf"(?<!\w)(?:{_NOBODY_THERE}|{_SOMEBODY_PERHAPS})(?!\w)", re.VERBOSE)
_VACANT = re.compile(rf"(?<!\w)(?:{_NOBODY_THERE})(?!\w)", re.VERBOSE)
# Words that stand beside such a phrase and are nobody's name there.
_BESIDE = re.compile(
    r"""
    a | acting | advise | agm | agreed | an | and | are | as | asap | at | be | being | by | current | currently | data
    | details | due | e | first | for | from | has | have | if | in | is | it | its | last | later | meeting | moment
    | new | next | no | not | now | of | on | our | please | post | position | present | role | seat | see | shortly
    | soon | still | term | the | there | this | time | to | until | we | when | with | year | yet
    | appointed | appointment | awaiting | confirmed | confirmation | elected | election | elections | filled | interim
    | pending | recruitment
    | covered | further | notice | role | sbm
    | address | board | body | bursar | business | chair | clerk | contact | email | governing | governor | governors
    | head | headteacher | leader | mail | main | manager | name | number | office | one | person | phase | phone
    | academy | school | senior | teacher | telephone | trust
    | january | february | march | april | may | june | july | august | september | october | november | december
    | jan | feb | mar | apr | jun | jul | aug | sep | sept | oct | nov | dec
    | autumn | spring | summer | christmas | easter | st | nd | rd | th
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]+")
# What stands beside a name and says that a post is vacant, or that somebody else has it now.
_ABOUT_THE_POST = re.compile(
    r"\b(?:vacancy|vacant)\b | \A\W*(?:formerly|not|previously|was)\b | \bnow\s+\w+\s+\w | ->",
    re.IGNORECASE | re.VERBOSE,
)
_MONTH_AS_NAME = re.compile(r"(?:april|august|jan|june|may)\s+(?:na|nil|none|null|private|same)")

_TITLES = frozenset(("mr", "mrs", "ms", "mx", "dr", "prof", "rev", "revd"))
_BEFORE_NAMES = _TITLES | {"dame", "miss", "sir"}  # those that are surnames too
# What stands after a title in place of a name, and is no surname.
_NO_SURNAME = re.compile(r"t\W?b\W?[acd]|n\W+a|to\s+be\s+\w+")
# Words of job titles that are surnames too: alone they are taken for one.
_SURNAMES = frozenset(("chair", "clerk", "governor", "head", "lead", "main", "parent", "senior"))
# Words of job titles, and of places to fill in, that are hardly ever a name.
_DESIGNATIONS = """
    acting admin administrator assistant board body bursar business chairman chairperson chairs chairwoman committee
    contact deceased deputy executive finance governing governors headmaster headmistress heads headteacher headteachers
    ieb interim leader leaders leadership local manager office officer phase principal reception retired school
    secretary senco
    teacher team sbm slt treasurer trust trustees vice
    enter forename fullname insert name names surname tel telephone phone mobile ext email
"""
_SMALL_WORDS = """
    and any as at by co current designate first for former from full here in is last new no of on or our person please
    previous the this to type year your
"""
_ROLE_WORDS = frozenset(_DESIGNATIONS.split())
_BESIDE_ROLES = frozenset(_SMALL_WORDS.split())
_LINKS = frozenset(("of", "our", "the", "year", "your"))  # words that no name has beside a surname
_CARE_OF = re.compile(r"\bc/o\b|['’]s\b")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
# How a text starts that says where the answer is: `same as Mrs Lee`, `see above - Ann Lee`.
_ELSEWHERE = re.compile(
    r"\W*(?:please\s+(?:ask|contact|refer|see|use)|as\s+(?:for|in|per)|refer\s+to|same\s+as|see\s+above)\b"
)
# Signs that stand in no name, but for `Mª`. Quotation marks begin a word, and dots end it.
_ODD = re.compile(r"[¡¿§¶†‡‰‹›«»ƒⁿ]|(?<![A-Z])[ªº]|(?<=[^\W\d_])[‚„¹²³¼½¾]|…(?=[^\W\d_])")
_OTHER_ALPHABETS = {"GREEK", "CYRILLIC"}
# What stands before a capital within a name: `hÉigeartaigh`, `MacÉinrí`.
_BEFORE_CAPITAL = re.compile(r"^(?:mac|mc|nic|fitz|de|di|du|la|le|van|von|[^\W\d_])(?=[^\W\d_])", re.IGNORECASE)
_NOBODY = re.compile(r"\W*a\W*n\W+other\W*")


@lru_cache(_REMEMBERED)
def is_non_answer(text: str) -> bool:
    """Whether the text says only that there is no answer. `Jo Ali (TBC)` and `Nil Nonesuch` are answers."""
    if len(text) > _LONGEST:
        return False
    folded = text.casefold().strip()
    rest, phrases = _NO_ANSWER.subn(" ", folded)
    if not phrases or "@" in rest or _MONTH_AS_NAME.fullmatch(folded):
        return False
    return all(_BESIDE.fullmatch(word) for word in _WORD.findall(rest)) and not re.search(
        r"\d{5}", re.sub(r"\s", "", rest)
    )


def says_vacant(text: str) -> bool:
    """Whether the text says only that nobody holds the post, for now or at all."""
    return is_non_answer(text) and bool(_VACANT.search(text.casefold()))


@lru_cache(_REMEMBERED)
def is_no_name(text: str) -> bool:
    """Whether the text is certainly not a person's name, but a title, a job title, a number, an address or advice.

    A word that may be a surname is taken for one: `Head` and `A. Clerk` are names, `Deputy Head` is none.
    """
    if len(text) > _LONGEST:
        return False
    folded = text.casefold()
    rest, addresses = _ADDRESS.subn(" ", _CARE_OF.sub(" ", folded))
    words = set(_WORD.findall(rest))
    if not words:
        return bool(addresses) or any(char.isdigit() for char in rest)
    if _NOBODY.fullmatch(folded) or _ELSEWHERE.match(folded) or words <= _TITLES:
        return True
    if words & _BEFORE_NAMES:
        untitled = _WORD.sub(lambda word: "" if word[0] in _BEFORE_NAMES else word[0], rest).strip("./ ")
        return bool(_NO_SURNAME.fullmatch(untitled) or _NOBODY.fullmatch(untitled)) or is_no_name(untitled)
    if not words <= _SURNAMES | _ROLE_WORDS | _BESIDE_ROLES or words <= _BESIDE_ROLES:
        return False
    if addresses:
        return True
    return bool(words & (_ROLE_WORDS | _LINKS)) or len(words & _SURNAMES) > 1


def has_more_than_a_name(text: str) -> bool:
    """Whether the text has what no name has: a digit, an @, or words about the post.

    Such are `Ann Lee until 31.3.27`, `Ann Lee, ann@cedar.example` and `Vacant (ask Jo Ali)`.
    """
    return any(char.isdecimal() or char == "@" for char in text) or bool(_ABOUT_THE_POST.search(text))


def has_sign(text: str) -> bool:
    """Whether the text has letters, and a sign or a letter that is in no name, such as `O©Hara` or `RenŽe`.

    Some programs write one letter and say that it is another, or take the bytes of one alphabet for those of another.
    """
    if text.isascii() or not any(map(str.isalpha, text)):
        return False
    signs = {char for char in text if not char.isascii() and unicodedata.category(char).startswith("S")}
    return not signs <= set(_AS_APOSTROPHES) or bool(_ODD.search(text)) or any(map(_is_odd, _WORD.findall(text)))


def _is_odd(word: str) -> bool:
    """Whether a word has a capital with an accent after small letters, or letters of the Latin and another alphabet."""
    if word.isascii():
        return False
    alphabets = {unicodedata.name(char, "").partition(" ")[0] for char in word}
    if "LATIN" in alphabets and alphabets & _OTHER_ALPHABETS:
        return True
    rest = _BEFORE_CAPITAL.sub("", word)
    return any(char.isupper() and not char.isascii() and before.islower() for before, char in pairwise(rest))
