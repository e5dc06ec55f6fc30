"""After a change, only the returns are judged again that it can reach: all verdicts are those of judging all again."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from thep_forms.deciding import (
    Action,
    Arrival,
    Came,
    CannotTellError,
    Decision,
    Entry,
    Judgements,
    Registers,
    decide,
    in_force,
    judged_again,
    years_of,
)
from thep_forms.deciding.model import Assigned
from thep_forms.reading import FileKind
from thep_forms.reading.reasons import NOTHING_ASKED
from thep_forms.records.returned import Returned, returned
from thep_forms.sources.mail.message_texts import NO_FILE
from thep_forms.sources.model import MessageKind, MessageOrigin

WORLDS = 1000
OURS = "office@partnership.example"
NAMES = {
    "211/2101": "Cedar Primary School",
    "211/2102": "Dovecote Primary School",
    "211/2103": "Elm Tree Primary School",
    "211/2104": "Fig Lane School",
    "211/2105": "",
}
NUMBERS = (*NAMES, "211/9999", "")
YEARS = ("2024-25", "2025-26", "2026-27", "")
KINDS = (*[FileKind.FORM] * 6, *[FileKind.SCAN] * 2, *[FileKind.UNREADABLE] * 2, FileKind.NOT_A_FORM, FileKind.LOCKED)


class World:
    """Returns, how they came, and what was decided, all of it by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.entries: dict[str, Entry] = {}
        self.arrivals: dict[str, list[Arrival]] = {}
        self.decisions: list[Decision] = []
        self.registers = Registers({"2025-26": NAMES} if self.chance.random() < 0.7 else {})
        self.sent = {"2026-27": datetime(2026, 4, 3, tzinfo=UTC)} if self.chance.random() < 0.3 else {}
        for _ in range(self.chance.randrange(3, 14)):
            self.add()
        for _ in range(self.chance.randrange(5)):
            self.decide()

    def date(self) -> datetime | None:
        if self.chance.random() < 0.4:
            return None
        return datetime(self.chance.choice((2025, 2026)), self.chance.randrange(1, 13), 5, tzinfo=UTC)

    def new_id(self) -> str:
        known = [return_id for return_id in self.entries if "-" not in return_id]
        if known and self.chance.random() < 0.15:
            return f"{self.chance.choice(known)}-2"
        return f"{self.chance.randrange(16**6):016x}"

    def add(self, return_id: str = "") -> str:
        chance, return_id = self.chance, return_id or self.new_id()
        kind = chance.choice(KINDS)
        is_form = kind in (FileKind.FORM, FileKind.SCAN)
        number = chance.choice(NUMBERS)
        errors = chance.choice(("", "", "", "email_invalid", "copy_unchanged", "year_mismatch"))
        if not number or kind == FileKind.SCAN:
            errors = errors or "dfe_missing"
        about: dict[str, Any] = {}
        if is_form:
            about = {
                "year": chance.choice(YEARS),
                "dfe_number": number,
                "copy_of": chance.choice(("", "", number, chance.choice(NUMBERS))),
                "school_name": chance.choice(list(NAMES.values())),
                "blank": chance.random() < 0.15,
                "codes": errors,
                "errors": errors,
                "read_from": chance.choice(("fields", "fields", "page_text", "scan")),
                "content": chance.choice((b"a", b"b", return_id.encode())),
                "section_contents": chance.choice((b"", b"1" * 8, bytes(8))) + chance.choice((b"2" * 8, bytes(8))),
            }
        if kind == FileKind.SCAN and self.entries and chance.random() < 0.4:
            about["page_of"] = chance.choice(sorted(self.entries))
        reasons = {FileKind.UNREADABLE: (NO_FILE, NO_FILE, ""), FileKind.SCAN: (NOTHING_ASKED, "", "")}
        reason = chance.choice(reasons.get(FileKind(kind), ("",)))
        self.entries[return_id] = Entry(return_id, kind, reason, self.date(), **about)
        self.arrivals[return_id] = [self.way(return_id, number) for number in range(chance.choice((1, 1, 1, 2)))]
        return return_id

    def way(self, return_id: str, number: int) -> Arrival:
        chance = self.chance
        message = f"mail {chance.randrange(4)}.eml"
        carried: tuple[MessageOrigin, ...] = ()
        if chance.random() < 0.6:
            sender = chance.choice(("head@cedar.example", "head@elm.example", OURS))
            kind = chance.choice((MessageKind.ORDINARY,) * 4 + (MessageKind.AUTOMATIC,))
            carried = (MessageOrigin(sender, kind, path_length=len(message)),)
        source = f"{message}/{return_id}.pdf" if carried and chance.random() < 0.8 else message
        year = chance.choice(("", "", "2026-27", "2025-26"))
        latest = chance.choice(("", None, "2026-27"))
        is_decoration = chance.random() < 0.25
        return Arrival(f"{source}{number or ''}", return_id, self.date(), is_decoration, carried, year, latest)

    def decide(self) -> set[str]:
        """Take a decision; the ids of the returns that it is about."""
        chance, number, ids = self.chance, len(self.decisions) + 1, sorted(self.entries)
        return_id, other = chance.choice(ids), chance.choice(ids)
        match chance.choice((0, 1, 1, 1, 2, 3)):
            case 0:
                self.decisions.append(Decision(number, Action.CLOSE, return_id))
            case 1:
                self.decisions.append(Decision(number, Action.PREFER, return_id, before=other))
                return {return_id, other}
            case 2:
                school = Decision(number, Action.ASSIGN, return_id, after=chance.choice(NUMBERS), field=Assigned.SCHOOL)
                self.decisions.append(school)
            case 3:
                year = Decision(number, Action.ASSIGN, return_id, after=chance.choice(YEARS), field=Assigned.YEAR)
                self.decisions.append(year)
        return {return_id}

    def change(self) -> set[str]:
        """Change something; the ids of the returns that changed."""
        ids = sorted(self.entries)
        match self.chance.randrange(4) if ids else 0:
            case 0:
                return {self.add()}
            case 1:
                return {self.add(self.chance.choice(ids))}
            case 2:
                return_id = self.chance.choice(ids)
                del self.entries[return_id], self.arrivals[return_id]
                return {return_id}
        return self.decide()

    def ways(self) -> list[Arrival]:
        return [arrival for arrivals in self.arrivals.values() for arrival in arrivals]


def all_judged(world: World) -> tuple[dict[str, Returned], Judgements]:
    found = decide(world.entries.values(), world.ways(), world.decisions, world.registers, {OURS}, world.sent)
    returns = {
        return_id: returned(entry, world.arrivals[return_id], found.by_return[return_id], {OURS})
        for return_id, entry in world.entries.items()
    }
    return returns, found


@pytest.mark.parametrize("start", range(0, WORLDS, 100))
def test_what_a_change_reaches_is_judged_as_if_all_were_judged_again(start: int) -> None:
    followed = 0
    for seed in range(start, start + 100):
        world = World(seed)
        for _ in range(4):
            before, known = all_judged(world)
            changed = world.change()
            now = {each: Came(world.entries[each], world.arrivals[each]) for each in changed if each in world.entries}
            decided = in_force(world.decisions)
            expected, judged = all_judged(world)
            try:
                again = judged_again(before, changed, now, known.began, decided, world.registers, {OURS}, world.sent)
            except CannotTellError:
                continue
            followed += 1
            judgements = {return_id: again.get(return_id) or before[return_id].judgement for return_id in expected}
            assert judgements == {return_id: each.judgement for return_id, each in expected.items()}, seed
            assert judged.began == known.began
            found = years_of((each.entry, each.judgement) for each in expected.values())
            assert found == (judged.latest_year, judged.years)
    assert followed > 200
