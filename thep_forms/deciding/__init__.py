"""Which returns count, and what became of each: one pure function over what came in and what persons decided."""

from thep_forms.deciding.decide import Judgements, decide
from thep_forms.deciding.decisions import InForce, as_they_stand, in_force, numbers_before, standing_decisions
from thep_forms.deciding.model import (
    LONG_AGO,
    Action,
    Arrival,
    Assigned,
    Decision,
    Entry,
    Judgement,
    Noted,
    Verdict,
    school_of,
)
from thep_forms.deciding.registers import Members, Registers
from thep_forms.deciding.related import Came, CannotTellError, judged_again, years_of
from thep_forms.deciding.senders import (
    AddressBook,
    deciding_message,
    undeliverable_addresses,
    verdict_of_arrival,
)

__all__ = [
    "LONG_AGO",
    "Action",
    "AddressBook",
    "Arrival",
    "Assigned",
    "Came",
    "CannotTellError",
    "Decision",
    "Entry",
    "InForce",
    "Judgement",
    "Judgements",
    "Members",
    "Noted",
    "Registers",
    "Verdict",
    "as_they_stand",
    "decide",
    "deciding_message",
    "in_force",
    "judged_again",
    "numbers_before",
    "school_of",
    "standing_decisions",
    "undeliverable_addresses",
    "verdict_of_arrival",
    "years_of",
]
