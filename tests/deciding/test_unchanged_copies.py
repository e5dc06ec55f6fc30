"""A school's copy that comes back exactly as it was sent is no answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

from tests.conftest import inbox, ingest, rows, verdicts
from tests.remake_samples import answers, by_pypdf, by_qpdf, dated, listed
from tests.support.changing import changed
from tests.support.packing import mail
from tests.support.printers import FLATTENED, by_cairo, drawn_sideways, fit_to_page, pages_of
from tests.support.printers import by_qpdf as printed_by_qpdf
from tests.support.viewer import type_into
from thep_forms.checking.unchanged import is_unchanged
from thep_forms.definition import Definitions, FormDefinition, load_definition
from thep_forms.definition.identity import digest_in, digest_of, form_id, school_in, years_in
from thep_forms.generate import Master
from thep_forms.generate.pack import PaperCopy, pack
from thep_forms.generate.writer import is_as_written
from thep_forms.office.arrivals.examine import Examiner
from thep_forms.office.display.to_do import look_up_to_do

CEDAR = "211/2101"
NEW_CHAIR = {"chair_of_governors_name": "Edith Newly-Elected"}


@pytest.fixture(scope="module")
def copy() -> bytes:
    """Cedar's copy, filled in with every answer."""
    return Master(load_definition("2026-27").for_copies).copy(answers("2101"), CEDAR)


def saved(pdf: bytes, digest: str | None = None) -> bytes:
    """The copy as another program saves it; with `digest`, that stands in its hidden field."""

    def save(opened: pikepdf.Pdf) -> None:
        opened.docinfo["/Producer"] = "Some viewer"
        for field in opened.Root.AcroForm.Fields:
            if field.T == "form_id" and digest is not None:
                field.V = pikepdf.String(f"thep-membership 2026-27 r1 {CEDAR} {digest}".rstrip())
            elif field.T == "registered_address":
                field.V = pikepdf.String(str(field.V).replace("\n", "\r\n") + " ")

    return changed(pdf, save)


def codes(records: Path) -> list[str]:
    return [row["code"] for row in rows(records / "problems.csv") if row["severity"] == "error"]


# --- the digest in the hidden field ---------------------------------------------------------------------------------


def test_digest_of_equal_answers_in_other_blanks_and_line_breaks_is_the_same() -> None:
    digest = digest_of({"registered_address": "1 Road\nLondon", "phase_primary": True, "main_contact_name": ""})
    assert digest == digest_of({"phase_primary": "yes", "registered_address": " 1 Road\r\nLondon  "})
    assert digest != digest_of({"phase_primary": "yes", "registered_address": "1 Road"})


def test_hidden_field_without_a_digest_still_tells_form_year_and_school(definition: FormDefinition) -> None:
    for digest in ("", "0123456789ab"):
        hidden = form_id("thep-membership", definition.year, 1, CEDAR, digest)
        assert (school_in(hidden), digest_in(hidden)) == (CEDAR, digest)
        assert years_in(hidden, "") == (definition.year,)


# --- what is unchanged ----------------------------------------------------------------------------------------------


SAVINGS: dict[str, Callable[[bytes], bytes]] = {
    "byte for byte": bytes,
    "a viewer": saved,
    "pypdf": by_pypdf,
    "qpdf": by_qpdf,
    "PDFium": lambda pdf: type_into(pdf, {}),
}


@pytest.mark.parametrize("saving", SAVINGS)
def test_copy_that_came_back_untouched_has_the_error_copy_unchanged(tmp_path: Path, copy: bytes, saving: str) -> None:
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", copy=SAVINGS[saving](copy))])
    assert verdicts(tmp_path / "records") == {"copy": "needs_attention"}
    assert codes(tmp_path / "records") == ["copy_unchanged"]


@pytest.mark.parametrize("change", [NEW_CHAIR, {"phase_nursery": True}, {"headteacher_email": "x@cedar.example"}])
def test_copy_with_one_answer_changed_is_accepted(tmp_path: Path, copy: bytes, change: dict[str, str | bool]) -> None:
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", copy=type_into(copy, change))])
    assert verdicts(tmp_path / "records") == {"copy": "accepted"}


def test_copy_without_a_digest_is_unchanged_only_byte_for_byte(copy: bytes, definition: FormDefinition) -> None:
    (reading,) = [found.reading for found in Examiner(Definitions.of_today()).examine(saved(copy, digest=""))]
    assert not is_unchanged(reading, definition)
    assert is_as_written(copy)
    assert is_as_written(copy + b"\r\n")
    assert not is_as_written(saved(copy))
    assert not is_as_written(copy.replace(b"xref", b"xrep", 1))


PRINTS: dict[str, Callable[[bytes], bytes]] = {
    **FLATTENED,
    "cairo, fit to page": lambda pdf: fit_to_page(by_cairo(pdf)),
    "cairo, sideways": lambda pdf: drawn_sideways(by_cairo(pdf)),
    "qpdf, the first page alone": lambda pdf: pages_of(printed_by_qpdf(pdf), 0),
}


@pytest.mark.parametrize("way", PRINTS)
@pytest.mark.parametrize("known", [answers("2101"), listed("2101")])
def test_untouched_copy_that_was_printed_has_the_error_copy_unchanged(
    tmp_path: Path, known: dict[str, str | bool], way: str
) -> None:
    copy = Master(load_definition("2026-27").for_copies).copy(known, CEDAR)
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", copy=PRINTS[way](copy))])
    assert verdicts(tmp_path / "records") == {"copy": "needs_attention"}
    assert "copy_unchanged" in codes(tmp_path / "records")


def test_copy_of_the_print_pack_has_the_error_copy_unchanged(tmp_path: Path) -> None:
    pdf = pack(load_definition("2026-27").for_copies, [PaperCopy(answers("2101"), CEDAR, "Cedar")])
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", copy=pdf)])
    assert codes(tmp_path / "records") == ["copy_unchanged"]


@pytest.mark.parametrize("way", PRINTS)
def test_copy_with_one_answer_changed_that_was_printed_is_accepted(tmp_path: Path, copy: bytes, way: str) -> None:
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", copy=PRINTS[way](type_into(copy, NEW_CHAIR)))])
    assert verdicts(tmp_path / "records") == {"copy": "accepted"}


# --- which return counts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("20260420", "20260504"), ("20260504", "20260420"), ("20260504", "20260504")])
def test_unchanged_copy_gives_way_to_a_changed_one_whatever_the_dates(
    tmp_path: Path, copy: bytes, order: tuple[str, str]
) -> None:
    files = {"untouched": dated(copy, order[0]), "completed": dated(type_into(copy, NEW_CHAIR), order[1])}
    assert ingest(tmp_path / "records", [inbox(tmp_path / "inbox", **files)]).all_accepted
    assert verdicts(tmp_path / "records") == {"untouched": "superseded", "completed": "accepted"}


def test_unchanged_copy_beside_the_completed_one_in_a_message_needs_nobody(tmp_path: Path, copy: bytes) -> None:
    message = tmp_path / "mail.eml"
    message.write_bytes(mail({"form.pdf": copy, "form (1).pdf": type_into(copy, NEW_CHAIR)}).as_bytes())
    assert ingest(tmp_path / "records", [message]).all_accepted
    (chair,) = [row for row in rows(tmp_path / "records" / "contacts.csv") if row["role"] == "chair_of_governors"]
    assert chair["name"] == "Edith Newly-Elected"


def test_unchanged_copy_beside_a_changed_one_with_an_error_leaves_one_to_look_at(tmp_path: Path, copy: bytes) -> None:
    files = {"untouched": copy, "faulty": type_into(copy, {"main_contact_email": "at school"})}
    ingest(tmp_path / "records", [inbox(tmp_path / "inbox", **files)])
    assert verdicts(tmp_path / "records") == {"untouched": "superseded", "faulty": "needs_attention"}


def test_to_do_says_first_that_a_copy_came_back_untouched_and_then_what_it_lacks(tmp_path: Path) -> None:
    """What it lacks, we did not know when we sent it: to ask for each answer is beside the point."""
    bare = Master(load_definition("2026-27").for_copies).copy({"school_name": "Cedar Primary School"}, CEDAR)
    ingest(tmp_path / "records", [inbox(tmp_path / "in", cedar=bare)])
    (task,) = look_up_to_do(tmp_path / "records", Definitions.of_today()).tasks
    assert task.what[0] == "the copy came back exactly as we sent it"
    assert "Phase: no box is ticked" in task.what
