"""Accepted forms that lack an answer which is required: it went with a person who asked to be forgotten.

Of a school that has answered for a later year, nobody has to know any more who it was.
"""

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
    return _not_answered_later(found, records)


def _not_answered_later(lacks: dict[str, tuple[str, ...]], records: Records) -> dict[str, tuple[str, ...]]:
    """Those of `lacks` whose school has no accepted form of a later year."""
    if not lacks:
        return lacks
    latest = {entry.school: entry.year for entry in records.accepted()}  # the years in their order
    found = {return_id: records.find(return_id) for return_id in lacks}
    is_last = {key: not entry or latest.get(entry.school, "") <= entry.year for key, entry in found.items()}
    return {return_id: labels for return_id, labels in lacks.items() if is_last[return_id]}
