"""What a checked return is: its normalised record, its values beside what was typed, its problems."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from thep_forms.definition.model import ProblemCode, Severity
from thep_forms.definition.year import MembershipYear

_UNCERTAIN_ANSWER = frozenset(
    {
        ProblemCode.VALUE_CONFLICT,
        ProblemCode.VALUE_COVERED,
        ProblemCode.VALUE_STRUCK_OUT,
        ProblemCode.VALUE_UNREADABLE,
    }
)


class Problem(Struct, frozen=True):
    """One thing to fix or explain. `message` can be pasted into a reply to the school; it holds what was typed.

    `is_on_missing_page`: an answer is missing because its page did not come back.
    """

    code: ProblemCode
    severity: Severity
    field: str
    label: str
    value: str
    message: str
    is_on_missing_page: bool = False

    @property
    def is_vacancy(self) -> bool:
        """Whether nobody is named because the school says that the post is vacant: the value is what it says."""
        return self.code is ProblemCode.CONTACT_MISSING and bool(self.value)

    @property
    def is_settled_by_its_answer(self) -> bool:
        """Whether it is uncertain which answer the box has, so that a person may give the one that stands there."""
        return self.code in _UNCERTAIN_ANSWER

    @property
    def is_wrong(self) -> bool:
        """Whether no answer may be noted with it. That a post is vacant may be noted, and is then to be confirmed."""
        return self.severity is Severity.ERROR and not self.is_vacancy


class CheckedValue(Struct, frozen=True, omit_defaults=True):
    """An answer as it was typed beside its normal form. `corrected` is what a person put in its place.

    For an answer from a picture, `raw` is what the reader saw, and `confidence`, from 0 to 1, how sure it was. `likely`
    is what the answer probably is, where that is something else.
    """

    field: str
    label: str
    raw: str
    value: str
    read_from: str
    corrected: str = ""
    likely: str = ""
    confidence: float | None = None

    @property
    def now(self) -> str:
        """The answer that counts, as it would have been typed."""
        return self.corrected or self.likely or self.raw


class Contact(Struct, frozen=True):
    """A person in a role; `parts` are the normalised answers by the part's name."""

    role: str
    position: int
    parts: Mapping[str, str]


class SchoolRecord(Struct, frozen=True, omit_defaults=True):
    """What is known of a school, in normal forms: `school` by column of `schools.csv`, and its people.

    `complete`: it is all of a return, so what is missing was left empty. Where pages did not come back, `unknown` are
    the roles of which blocks stood there, with the positions that came, and `unknown_columns` those of the school.
    """

    school: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    complete: bool = False
    unknown: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()

    def is_unknown(self, role: str, position: int) -> bool:
        """Whether the block of a role's holder stood on a page that did not come back."""
        return role in self.unknown and position not in self.unknown[role]


class Checked(Struct, frozen=True):
    """A return that was checked. `school_name` is what `record` has as the school's name.

    `copy_of` is the DfE number of the school that the form was made for, whatever was typed into it. It is empty
    where it was made for none, or does not say. `section_contents` are hashes of the answers that came in, as
    the module of that name makes them; empty where they do not tell all that a picture says.
    """

    year: MembershipYear | None
    dfe_number: str = ""
    blank: bool = False
    record: SchoolRecord = SchoolRecord()
    values: tuple[CheckedValue, ...] = ()
    problems: tuple[Problem, ...] = ()
    copy_of: str = ""
    school_name: str = ""
    section_contents: bytes = b""

    @property
    def acceptable(self) -> bool:
        """Nothing in it must be fixed."""
        return not self.blank and all(problem.severity is not Severity.ERROR for problem in self.problems)
