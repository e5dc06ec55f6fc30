"""What people type where they have no answer: `N/A`, `TBC`, `as above`, `to be appointed in May`."""

from __future__ import annotations

import re

_LONGEST = 120  # characters; what is longer is an answer, or something else to look at
_NO_ANSWER = re.compile(
    r"""(?<!\w)(?:
    n\s*[/.\\-]\s*a | na | nil | none | null | nobody | no[ -]one | no\s+answer | nothing
    | no\s+(?:address|bursar|business\s+manager|chair|contact|e-?mail|mobile|name|number|person|telephone|phone)
    | not\s+(?:applicable|known|yet|appointed|available|given|relevant|in\s+post) | no\s+longer\s+in\s+post | unknown
    | do(?:es)?\s?n[o'’]t\s+(?:apply|have|know) | do(?:es)?\s+not\s+(?:apply|have|know)
    | t\.?\s?b\.?\s?[acd]
    | (?:to|will)\s+be\s+(?:confirmed|advised|announced|appointed|arranged|decided|determined|elected|filled|recruited)
    | (?:to|will)\s+follow | recruiting
    | (?:awaiting|pending|under)\s+(?:appointment|confirmation|election|recruitment)
    | vacant | vacancy | unfilled | confidential | private
    | (?:as|see|same|per|ditto)\s+(?:as\s+|for\s+|per\s+)?(?:the\s+)?
      (?:above|attached|before|below|over|overleaf|previous|last\s+year|main|head|headteacher|chair)
    | same | ditto | no\s+change | unchanged | x{2,} | x
    )(?!\w)""",
    re.VERBOSE,
)
# Words that stand beside such a phrase and are nobody's name there.
_BESIDE = re.compile(
    r"""
    a | an | and | as | asap | at | be | by | currently | data | details | due | e | for | from | have | if | in | is
    | it | its | later | moment | new | next | no | not | now | of | on | our | please | post | position | present
    | role | see | shortly | soon | still | term | the | there | this | to | until | we | when | with | year | yet
    | appointed | appointment | awaiting | confirmed | confirmation | elected | election | filled | interim | pending
    | recruitment
    | address | board | body | bursar | business | chair | clerk | contact | email | governing | governor | governors
    | head | headteacher | leader | mail | main | manager | name | number | office | one | person | phase | phone
    | school | senior | teacher | telephone
    | january | february | march | april | may | june | july | august | september | october | november | december
    | jan | feb | mar | apr | jun | jul | aug | sep | sept | oct | nov | dec | autumn | spring | summer
    | st | nd | rd | th
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]+")


def is_non_answer(text: str) -> bool:
    """Whether the text says only that there is no answer. `Jo Ali (TBC)` and `Nil Nonesuch` are answers."""
    if len(text) > _LONGEST:
        return False
    folded = text.casefold().strip()
    rest, phrases = _NO_ANSWER.subn(" ", folded)
    if not phrases or "@" in rest:
        return False
    return all(_BESIDE.fullmatch(word) for word in _WORD.findall(rest)) and not re.search(
        r"\d{5}", re.sub(r"\s", "", rest)
    )
