"""The form: what it asks, what each answer is for, its rules, its year. Knows no PDF."""

from thep_forms.definition.form import Block, Box, FormDefinition
from thep_forms.definition.load import Definitions, load_definition, shipped
from thep_forms.definition.model import Field, Kind, Part, ProblemCode, Role, Severity
from thep_forms.definition.year import MembershipYear

__all__ = [
    "Block",
    "Box",
    "Definitions",
    "Field",
    "FormDefinition",
    "Kind",
    "MembershipYear",
    "Part",
    "ProblemCode",
    "Role",
    "Severity",
    "load_definition",
    "shipped",
]
