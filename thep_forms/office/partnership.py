"""The partnership's own facts, which the forms and e-mails name. The office enters them once.

They stand in `templates/partnership.toml` of the RECORDS folder, which counts before the shipped one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.normalise import email
from thep_forms.definition import Definitions, FormDefinition, MembershipYear, load_definition
from thep_forms.definition.load import PARTNERSHIP_FILE, TEMPLATES, Templates, forget_loaded, templates_in
from thep_forms.definition.year import MONTHS
from thep_forms.errors import DecisionError, TemplateError, YearError
from thep_forms.files import private_folder, write_private
from thep_forms.office.dates import in_words, today
from thep_forms.office.years import has_records

_BETWEEN = re.compile(r"[\s.,/-]+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")
_INITIALS = re.compile(r"[A-Za-z][A-Za-z0-9]{0,11}")
_SHORTEST = 3  # letters of a month that is cut short
EXAMPLE_DOMAIN = ".example"  # reserved for examples (RFC 2606)


class PartnershipFacts(Struct, frozen=True):
    """What the forms say of the partnership. `return_by` is a day and a month, such as `31 May`.

    `short_name` are its initials. Without any, they stay; so they do once there are records, for what went out is known
    by them.
    """

    name: str
    full_name: str
    local_authority: str
    local_authority_code: str
    return_address: str
    return_by: str
    short_name: str = ""


class FactError(DecisionError):
    """Facts are wrong. `boxes` says of each what is."""

    def __init__(self, boxes: Mapping[str, str]) -> None:
        super().__init__(" ".join(boxes.values()))
        self.boxes = boxes


def example_address(definition: FormDefinition) -> str:
    """The return address if it is still the shipped example, otherwise empty."""
    address = definition.partnership.return_address
    return address if address.endswith(EXAMPLE_DOMAIN) else ""


def look_up_partnership(records: Path, definitions: Definitions) -> PartnershipFacts:
    """The facts as they are. An address that is still the shipped example is left empty."""
    definition = definitions()
    known = definition.partnership
    is_example = example_address(definition) and not templates_in(records)
    return PartnershipFacts(
        known.name,
        known.full_name,
        known.local_authority,
        known.local_authority_code,
        "" if is_example else known.return_address,
        known.return_by or "",
        known.short_name,
    )


def full_name_follows(records: Path, definitions: Definitions) -> bool:
    """Whether a new name is the full name too, unless that is changed: it was the same, or another partnership's."""
    known = definitions().partnership
    return known.full_name == known.name or not templates_in(records)


def passed_in_words(return_by: str, year: MembershipYear) -> str:
    """That the day by which forms are to be back has passed, in one line; empty if it has not, or is no day."""
    try:
        day = year.day(_day_and_month(return_by, year))
    except YearError:
        return ""
    return f"{in_words(day)} has passed. Enter a later day, or keep this one." if day < today() else ""


def save_partnership(records: Path, facts: PartnershipFacts, definitions: Definitions, *, seen: str = "") -> None:
    """Keep the facts in the RECORDS folder. A date that has passed was `seen` to have passed.

    Raises `FactError` for a wrong one, `DecisionError`, `OSError`.
    """
    return_by = facts.return_by
    facts = _checked(facts, definitions.default_year)
    if (passed := passed_in_words(return_by, definitions.default_year)) and seen != return_by:
        raise FactError({"return_by": passed})
    own = templates_in(records)
    if definitions.templates not in (None, own):
        raise DecisionError(f"The desk was opened with templates of your own. Change {PARTNERSHIP_FILE} there.")
    before = definitions().partnership
    if facts.full_name == before.full_name and facts.name != before.name and full_name_follows(records, definitions):
        facts = replace(facts, full_name=facts.name)
    if not facts.short_name or has_records(records):
        facts = replace(facts, short_name=before.short_name)
    text = Templates(own).read(PARTNERSHIP_FILE, definitions.default_year)
    for key in facts.__struct_fields__:
        text = _with_value(text, key, getattr(facts, key))
    with TemporaryDirectory() as folder:
        (Path(folder) / PARTNERSHIP_FILE).write_text(text, encoding="utf-8")
        try:
            load_definition(definitions.default_year, Path(folder))
        except TemplateError as error:
            raise DecisionError("The forms cannot be made with these answers. Check them.") from error
    private_folder(records)
    write_private(private_folder(records / TEMPLATES) / PARTNERSHIP_FILE, text.encode())
    forget_loaded()


def _day_and_month(text: str, year: MembershipYear) -> str:
    """`31 May` for `31st May`, `31/5` or `May 31`, with its year or without; anything else as it is."""
    words = [_ORDINAL.sub("", word) for word in _BETWEEN.split(text.casefold()) if word]
    if len(words) == 3 and words[2] == str(year.start):
        words.pop()
    if len(words) != 2:
        return text
    number, month = words if words[0].isdecimal() else reversed(words)
    named = [name for name in MONTHS if len(month) >= _SHORTEST and name.casefold().startswith(month)]
    if month.isdecimal():
        named = [name for at, name in enumerate(MONTHS, 1) if at == int(month)]
    return f"{number.lstrip('0')} {named[0]}" if len(named) == 1 else text


def _with_value(text: str, key: str, value: str) -> str:
    """The TOML with another value for a key. A TOML string is written like one of JSON."""
    line = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    return re.sub(rf'^{key} = "(?:[^"\\]|\\.)*"', lambda _: line, text, count=1, flags=re.MULTILINE)


def _mistakes(facts: PartnershipFacts, year: MembershipYear) -> Iterator[tuple[str, str]]:
    """What is wrong in which box."""
    if not facts.name.strip():
        yield "name", "Enter what the partnership is called."
    address = email(facts.return_address)
    if not address.value or address.problem or ";" in address.value:
        yield "return_address", "Enter an e-mail address in the correct format, like name@example.com."
    try:
        year.day(_day_and_month(facts.return_by, year))
    except YearError:
        yield "return_by", "Enter a day and a month, like 31 May."
    if facts.short_name.strip() and not _INITIALS.fullmatch(facts.short_name.strip()):
        yield "short_name", "Enter up to 12 letters and digits, the first a letter, like THEP."
    if not re.fullmatch(r"\d{3}", facts.local_authority_code.strip(), re.ASCII):
        yield "local_authority_code", "Enter the three digits of the local authority, like 211."


def _checked(facts: PartnershipFacts, year: MembershipYear) -> PartnershipFacts:
    """The facts in their normal forms. Raises `FactError`."""
    if wrong := dict(_mistakes(facts, year)):
        raise FactError(wrong)
    name = " ".join(facts.name.split())
    return PartnershipFacts(
        name,
        " ".join(facts.full_name.split()) or name,
        " ".join(facts.local_authority.split()) or name,
        facts.local_authority_code.strip(),
        email(facts.return_address).value,
        _day_and_month(facts.return_by, year),
        facts.short_name.strip(),
    )
