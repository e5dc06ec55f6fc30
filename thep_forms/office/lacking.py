"""Accepted forms that lack an answer which is required: it went with a person who asked to be forgotten."""

from __future__ import annotations

from thep_forms.deciding import in_force
from thep_forms.records import Records


def lacking(records: Records) -> dict[str, tuple[str, ...]]:
    """The labels of the required answers that each return lacks, by its id. A form that lacks none is not there.

    An erasure confirms that what it takes away is missing, so that the form counts as it did. Nothing else can confirm
    that.
    """
    return records.once(lacking, lambda: _lacking(records))


def lacking_in_words(labels: tuple[str, ...]) -> str:
    """What is missing since a person was deleted, and what to do, in one line; empty for none."""
    if not labels:
        return ""
    return f"a person was deleted, so the form lacks {' and '.join(labels)}. Ask the school, and type it in"


def _lacking(records: Records) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    missing = {field.missing for field in records.definition.fields}
    missing |= {role.missing for role in records.definition.roles}
    for return_id, corrections in in_force(records.ledger.decisions()).corrections.items():
        boxes = [records.definition.box(key.field) for key in corrections.confirmed if key.code in missing]
        required = [box for box in boxes if box and box.required]
        if not required:
            continue
        answered = {value.field for value in records.ledger.answers(return_id) if value.value}
        if labels := tuple(dict.fromkeys(box.label for box in required if box.name not in answered)):
            found[return_id] = labels
    return found
