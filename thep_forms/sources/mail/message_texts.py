"""Says what a message without a file holds instead: a link to a file kept elsewhere, or word that nothing has changed.

Limitations: it knows the services in `_SERVICES` by their addresses, and the common English words for "no changes".
It looks at what the sender wrote, not at the messages that are quoted below.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

NO_FILE = "This message has no file attached. Attach the form as a PDF."
PICTURE_IN_TEXT = "A picture in the message came instead of a file. Attach the form as a PDF."
_LINK_START = "A link to "
_LINK = f"{_LINK_START}{{service}} came instead of a file. Attach the form as a PDF."
NO_CHANGES = "The message says that nothing has changed, and no form is attached."

LONGEST_READ = 2**18  # characters of a text; a school's message has a few thousand
LONGEST_KEPT = 20_000  # characters of what a message says
SHORT = 200  # letters of a plain text; a longer one says what the HTML says

# Services that keep files for others, and the hosts in their links. The first that a text names counts.
_SERVICES = {
    "OneDrive": r"[\w-]+-my\.sharepoint\.com|1drv\.ms|onedrive\.live\.com|onedrive\.com",
    "SharePoint": r"[\w-]+\.sharepoint\.com",
    "Google Drive": r"drive\.google\.com|docs\.google\.com",
    "Dropbox": r"(?:www\.)?dropbox\.com|db\.tt",
    "WeTransfer": r"(?:[\w-]+\.)?wetransfer\.com|we\.tl",
    "iCloud": r"(?:www\.)?icloud\.com",
    "Box": r"(?:[\w-]+\.)?app\.box\.com",
    "Egress": r"[\w.-]*egress\.com",
    "Adobe": r"acrobat\.adobe\.com|documentcloud\.adobe\.com",
}
_LINKS = {name: re.compile(rf"https?://(?:{hosts})(?![\w.-])", re.IGNORECASE) for name, hosts in _SERVICES.items()}

# Where the message that is answered begins, in a plain text and in the HTML of Gmail, Outlook, Apple Mail, Thunderbird.
_QUOTED_BELOW = re.compile(
    r"^[ \t]*(?:-{2,} ?Original Message|-{5,} ?Forwarded message|On [^\n]{5,200}\n?[^\n]{0,200}wrote:[ \t]*\r?$"
    r"|From:[^\n]*\n[ \t]*(?:Sent|Date|To|Subject):|_{20,})",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_QUOTED_IN_HTML = re.compile(
    r"<blockquote|class=\"?[\w ]*(?:gmail_quote|moz-cite-prefix)|id=\"?(?:divRplyFwdMsg|appendonsend|mail-editor-ref)",
    re.IGNORECASE,
)
_LINE_END = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*>", re.IGNORECASE)
# What a mail program writes below a message, without a person.
_ADDED_LINE = re.compile(
    r"(?:sent from my (?:\w+ ){0,2}(?:android|galaxy|ipad|iphone|phone|pixel|smartphone|tablet)"
    r"|(?:sent from|get) (?:mail|outlook) for \w+)\W*(?:<?https?://\S*)?\s*",
    re.IGNORECASE,
)
_SEVERAL_BLANK_LINES = re.compile(r"\n\s*\n\s*\n")
_TAG = re.compile(r"<[^<>]*>")
# Where what a browser does not show begins and ends: a comment, a style, a script.
_HIDDEN = re.compile(r"(?P<start><!--|<style\b|<script\b)|(?P<end>-->|</style\s*>|</script\s*>)", re.IGNORECASE)
_END_OF = {"<!--": "-->", "<style": "</style", "<script": "</script"}

_NOTHING_CHANGED = re.compile(
    r"\b(?:nothing|none of (?:it|this|the details)|no details?)\b[^.?!\n]{0,20}\bchang(?:e|ed|ing)\b"
    r"|\bno (?:\w+ ){0,2}(?:changes?|amendments?|updates?|alterations?)\b"
    r"|\b(?:unchanged|all (?:is |are )?(?:still )?(?:the same|correct|up to date)|same as last year)\b"
    r"|\b(?:details|information|everything)\b[^.?!\n]{0,20}\b(?:the same|correct|up to date)\b"
    r"|\b(?:details|information|everything)\b[^.?!\n]{0,20}\bas (?:before|last year)\b"
    r"|\b(?:details|information|data|answers)\b[^.?!\n]{0,20}\b(?:not|haven['’]?t|hasn['’]?t) (?:been )?changed\b",
    re.IGNORECASE,
)
# Words that say what has changed after all.
_BUT = re.compile(
    r"\b(?:but|only|except|apart from|other than|however|not (?:the same|correct|up to date)"
    r"|(?:is|are) (?:now|no longer)|(?:has|have) (?:left|retired|resigned|become)|steps? down|stepped down|replaced"
    r"|retir(?:es|ing)|takes over|taking over|leaves|leaving|joins|joining"
    r"|(?:our|an?) (?:new|interim|acting) (?!year|academic|form|membership))\b",
    re.IGNORECASE,
)


def says_no_file(reason: str) -> bool:
    """Whether a reason is one that `files_of_message` gives for a message without a file."""
    return reason in (NO_FILE, PICTURE_IN_TEXT, NO_CHANGES) or reason.startswith(_LINK_START)


def why_no_file(text: str, html_text: str = "") -> str:
    """What a message without a file holds instead, and what to do. `text` and `html_text` are its two forms."""
    own_text = _without_quotes(text[:LONGEST_READ])
    own_html = _QUOTED_IN_HTML.split(html_text[:LONGEST_READ], maxsplit=1)[0]
    service = _linked_service(f"{own_text}\n{own_html}")
    if service:
        return _LINK.format(service=service)
    words = _own_words_in_html(html_text) if _is_short_beside(text, html_text) else own_text
    return NO_CHANGES if _says_nothing_changed(words) else NO_FILE


def words_of_message(text: str, html_text: str = "") -> str:
    """What a message says, as plain text that a person can read, with the messages that it quotes.

    Nothing, where it has a line of the mail program alone, such as `Sent from my iPad`.
    """
    words = text[:LONGEST_READ]
    if _is_short_beside(text, html_text):
        source = " ".join(html_text[:LONGEST_READ].split())  # in HTML, only tags end a line
        words = html.unescape(_TAG.sub("", _LINE_END.sub("\n", _without_hidden(source))))
    lines = (" ".join(line.split()) for line in words.splitlines())
    kept = _SEVERAL_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()[:LONGEST_KEPT]
    return "" if _ADDED_LINE.fullmatch(kept) else kept


def _is_short_beside(text: str, html_text: str) -> bool:
    """Whether the HTML of a message says what its plain text leaves out, such as a table, or says it alone."""
    letters = _count_letters(text[:LONGEST_READ])
    if letters >= SHORT or not html_text:
        return False
    return not text.strip() or _count_letters(_own_words_in_html(html_text)) > 2 * letters


def _own_words_in_html(html_text: str) -> str:
    return _without_quotes(_without_tags(_QUOTED_IN_HTML.split(html_text[:LONGEST_READ], maxsplit=1)[0]))


def _count_letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def divided(words: str) -> tuple[str, str]:
    """What the sender wrote, and the message that is quoted below it. Words between quoted lines count as written."""
    quoted = _QUOTED_BELOW.search(words)
    if not quoted or not _QUOTED_LINE.sub("", words[: quoted.start()]).strip():
        return words, ""
    below = words[quoted.start() :]
    if _QUOTED_LINE.search(below) and _QUOTED_LINE.sub("", below[len(quoted[0]) :]).strip():
        return words, ""  # answers stand between the quoted lines
    return words[: quoted.start()].strip(), below.strip()


def _linked_service(text: str) -> str:
    """The service that a link in the text leads to; empty where there is none. Links may be wrapped by a filter."""
    plain = unquote(html.unescape(text))
    for service, link in _LINKS.items():
        if link.search(plain):
            return service
    return ""


def _without_quotes(text: str) -> str:
    """What the sender wrote, without the messages that are quoted."""
    return _QUOTED_LINE.sub("", _QUOTED_BELOW.split(text, maxsplit=1)[0])


def _without_tags(html_text: str) -> str:
    return html.unescape(_TAG.sub("\n", _without_hidden(html_text)))


def _without_hidden(html_text: str) -> str:
    """The text without comments, styles and scripts. What never ends stays. It is gone through once, however long."""
    shown: list[str] = []
    start, end, shown_from = 0, "", 0
    for edge in _HIDDEN.finditer(html_text):
        found = edge[0].lower()
        if not end and edge["start"]:
            start, end = edge.start(), _END_OF[found]
        elif end and found.startswith(end):
            shown.append(html_text[shown_from:start])
            end, shown_from = "", edge.end()
    return "".join((*shown, html_text[shown_from:]))


def _says_nothing_changed(words: str) -> bool:
    line = " ".join(words.split())
    return bool(_NOTHING_CHANGED.search(line)) and not _BUT.search(line)
