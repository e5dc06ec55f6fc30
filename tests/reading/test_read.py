"""Reading: typed answers come back exactly, whatever rewrote the file. Each file that cannot be read says why."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import PageCopyWarning
from pypdf.errors import PdfReadError

from tests.conftest import read_return
from tests.remake_samples import by_pypdf, by_qpdf, dated, letter, locked
from tests.support.changing import texts_of
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition
from thep_forms.reading import FileKind
from thep_forms.reading.read import read_file
from thep_forms.reading.strings import text_string

TYPED = {
    "school_name": "St Fillan’s & Ångström — the “Old” School",
    "registered_address": "Cedar House\n3 Cedar Road\nBethnal Green\nLondon\nE2 0AC",
    "dfe_number": "211/4242",
    "main_contact_name": "Siobhán O’Brien-Yıldız",
    "main_contact_designation": "Łódź ş ğ é Ẹ̀kọ́",
    "main_contact_email": "=cmd|' /C calc'!A0",
    "main_contact_telephone": "+44 (0)20 7364 5000 ext 12",
    "business_manager_telephone": "0207 364 5000",
    "chair_of_governors_name": "Nguyễn Thị Ánh শ",
    "senior_leader_10_name": "Ng Wei",
}


@pytest.mark.parametrize("rewritten", [bytes, by_pypdf, by_qpdf])
def test_typed_answers_after_any_rewriting_come_back_exactly(
    form: bytes, definition: FormDefinition, rewritten: Callable[[bytes], bytes]
) -> None:
    returned = rewritten(type_into(form, TYPED | {"phase_primary": True, "phase_ap": True}))
    assert texts_of(returned, definition) == TYPED | {"phase_primary": "yes", "phase_ap": "yes"}


def test_tick_box_unticked_again_is_empty(form: bytes, definition: FormDefinition) -> None:
    ticked = type_into(form, {"phase_ap": True})
    assert texts_of(type_into(ticked, {"phase_ap": False}), definition) == {}


def test_modification_date_is_read_in_utc(form: bytes, definition: FormDefinition) -> None:
    modified = read_return(dated(form, "20260504"), definition).modified
    assert modified
    assert modified.isoformat() == "2026-05-04T12:00:00+00:00"


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (lambda _: b"", FileKind.NOT_A_FORM),
        (lambda _: b"Dear all,", FileKind.NOT_A_FORM),
        (lambda _: letter(), FileKind.NOT_A_FORM),
        (locked, FileKind.LOCKED),
        (lambda form: form[:3000], FileKind.UNREADABLE),
        (lambda _: b"%PDF-1.7\n" + bytes(4000), FileKind.UNREADABLE),
    ],
)
def test_file_without_a_readable_form_says_what_it_is(
    form: bytes, definition: FormDefinition, made: Callable[[bytes], bytes], outcome: FileKind
) -> None:
    reading = read_return(made(form), definition)
    assert (reading.kind, reading.answers) == (outcome, {})
    assert reading.reason


@pytest.mark.parametrize("rest", [b"", b"1 0 obj", bytes(4000), b"xref trailer << /Root 1 0 R >> startxref 0 %%EOF"])
def test_reason_of_a_broken_file_is_in_plain_words(definition: FormDefinition, rest: bytes) -> None:
    reading = read_return(b"%PDF-1.7\n" + rest, definition)
    assert (reading.kind, reading.reason) == (FileKind.UNREADABLE, "This PDF is damaged and cannot be read.")


def test_modification_date_is_the_latest_of_file_and_fields(form: bytes, definition: FormDefinition) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(dated(form, "20260504"))) as pdf:
        pdf.Root.AcroForm.Fields[3].M = pikepdf.String("D:20260506093000")  # as Firefox and Poppler write
        pdf.Root.AcroForm.Fields[4].M = pikepdf.String("D:20260505093000Z")
        pdf.Root.AcroForm.Fields[5].M = pikepdf.String("last week")
        pdf.save(out)
    assert str(read_return(out.getvalue(), definition).modified) == "2026-05-06 09:30:00+00:00"


@pytest.mark.parametrize(
    ("packet", "modified"),
    [
        ('xmp:ModifyDate="2026-05-04T13:00:00+01:00"', "2026-05-04 12:00:00+00:00"),
        ("<xmp:ModifyDate>2026-05-04T12:00:00Z</xmp:ModifyDate>", "2026-05-04 12:00:00+00:00"),
        ('xmp:ModifyDate="2026-05-04"', "2026-05-04 00:00:00+00:00"),
        ('xmp:ModifyDate="2026-99-99"', "None"),
        ('xmp:ModifyDate="0001-01-01T00:00:00+14:00"', "None"),
    ],
)
def test_modification_date_missing_is_taken_from_xmp(
    form: bytes, definition: FormDefinition, packet: str, modified: str
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(form)) as pdf:
        pdf.Root.Metadata = pdf.make_stream(f"<x:xmpmeta {packet} />".encode())
        pdf.save(out, fix_metadata_version=False)
    assert str(read_return(out.getvalue(), definition).modified) == modified


@pytest.mark.parametrize(("count", "outcome"), [(25_000, FileKind.FORM), (50_001, FileKind.UNREADABLE)])
def test_file_with_too_many_fields_is_unreadable(
    filled: Callable[..., bytes], definition: FormDefinition, count: int, outcome: FileKind
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(filled())) as pdf:
        fields = pdf.Root.AcroForm.Fields
        others = pikepdf.Array([pikepdf.Dictionary(T=pikepdf.String("x"), FT=pikepdf.Name.Tx)] * count)
        pdf.Root.AcroForm.Fields = pikepdf.Array([*others, *fields])
        pdf.save(out)
    reading = read_return(out.getvalue(), definition)
    assert reading.kind is outcome
    assert reading.reason == ("" if reading.answers else "This PDF has more than 50,000 boxes, too many to be read.")
    assert not reading.answers or reading.answers["senior_leader_1_name"].text == "Alex Mbeki"


@pytest.mark.parametrize(
    ("count", "outcomes"),
    [(5000, [FileKind.FORM]), (10_000, [FileKind.UNREADABLE])],
    ids=["all are", "the last is not"],
)
def test_file_with_too_many_attachments_is_damaged(
    filled: Callable[..., bytes], definition: FormDefinition, count: int, outcomes: list[FileKind]
) -> None:
    """The form comes after as many letters as that."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter())) as pdf:
        files = [pikepdf.AttachedFileSpec(pdf, file, filename="a.pdf").obj for file in (letter(), filled())]
        names = [part for number in range(count) for part in (pikepdf.String(f"{number:05}"), files[0])]
        tree = pikepdf.Dictionary(Names=pikepdf.Array([*names, pikepdf.String("form"), files[1]]))
        pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=tree)
        pdf.save(out)
    assert [reading.kind for reading in read_file(out.getvalue(), lambda _: definition)] == outcomes


@pytest.mark.parametrize(
    "written",
    [
        b"/V Jo Lindqvist)",
        b"/V (Jo)(Lindq)  ",
        b"/V <4A6F20GGZZ> ",
        b"V (Jo Lindqvis) ",
        b"/V {Jo Lindqvis}",
        b"/V >> Lindqvist)",
        b"/V (Jo L)/V ()  ",
    ],
)
def test_value_with_broken_syntax_makes_the_file_damaged(
    filled: Callable[..., bytes], definition: FormDefinition, written: bytes
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(filled())) as pdf:
        pdf.save(out, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    whole = out.getvalue()
    at = whole.index(b"/T (business_manager_name)")
    value = whole.index(b"/V ", at)
    end = whole.index(b"\n", value)
    broken = whole[:value] + written.ljust(end - value)[: end - value] + whole[end:]
    assert not read_return(whole, definition).damaged
    assert read_return(broken, definition).damaged


def test_filled_form_cut_short_is_damaged_or_no_form(filled: Callable[..., bytes], definition: FormDefinition) -> None:
    whole = filled()
    for length in range(0, len(whole) - 2000, 9000):
        reading = read_return(whole[:length], definition)
        assert reading.kind is not FileKind.FORM or reading.damaged


def test_file_that_only_pypdf_opens_is_read_and_damaged(
    filled: Callable[..., bytes], definition: FormDefinition
) -> None:
    broken = by_pypdf(filled()).replace(b"/Root", b"/Boot")
    with pytest.raises(pikepdf.PdfError):
        pikepdf.open(io.BytesIO(broken))
    reading = read_return(broken, definition)
    assert reading.answers["school_name"].text == "Cedar Primary School"
    assert reading.damaged


def test_file_name_with_a_word_of_a_warning_is_not_damage(
    tmp_path: Path, filled: Callable[..., bytes], definition: FormDefinition
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(filled())) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    path = tmp_path / "Geoff" / "form.pdf"  # qpdf says EOF of some files that are cut short
    path.parent.mkdir()
    path.write_bytes(re.sub(rb"/Length \d\d\d\b", b"/Length 001", out.getvalue()))  # it finds out, and says so
    (reading,) = read_file(path, lambda _: definition)
    assert reading.answers["school_name"].text == "Cedar Primary School"
    assert not reading.damaged


def test_file_that_only_pdfium_opens_is_read_and_damaged(
    filled: Callable[..., bytes], definition: FormDefinition
) -> None:
    broken = filled()
    for word in (b"%%EOF", b"/Root"):
        head, _, tail = broken.rpartition(word)
        broken = head + b"x" * len(word) + tail
    with pytest.raises(pikepdf.PdfError):
        pikepdf.open(io.BytesIO(broken))
    with pytest.raises(PdfReadError):
        by_pypdf(broken)
    reading = read_return(broken, definition)
    assert reading.answers["school_name"].text == "Cedar Primary School"
    assert reading.damaged


def test_encrypted_file_without_user_password_is_read(filled: Callable[..., bytes], definition: FormDefinition) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(filled())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="secret", user=""))
    assert texts_of(out.getvalue(), definition)["school_name"] == "Cedar Primary School"


def test_two_widgets_that_disagree_give_both_answers(filled: Callable[..., bytes], definition: FormDefinition) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(filled())) as pdf:
        field = next(field for field in pdf.Root.AcroForm.Fields if field.T == "school_name")
        second = pdf.make_indirect(pikepdf.Dictionary(field))
        second.V = pikepdf.String("Another School")
        pdf.pages[0].obj.Annots.append(second)
        with pytest.warns(PageCopyWarning):
            pdf.save(out)
    answer = read_return(out.getvalue(), definition).answers["school_name"]
    assert {answer.text, *answer.others} == {"Cedar Primary School", "Another School"}


def test_field_list_empty_or_missing_loses_no_answer(filled: Callable[..., bytes], definition: FormDefinition) -> None:
    for lost in ("/Fields", "/AcroForm"):
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(filled())) as pdf:
            del (pdf.Root.AcroForm if lost == "/Fields" else pdf.Root)[lost]
            with pytest.warns(PageCopyWarning):
                pdf.save(out)
        assert texts_of(out.getvalue(), definition)["school_name"] == "Cedar Primary School"


@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Co"], include_characters="\n\t", exclude_characters="\ufffd")
    )
)
def test_text_in_any_marked_encoding_is_decoded_exactly(text: str) -> None:
    encoded = {"utf-16-be": b"\xfe\xff", "utf-16-le": b"\xff\xfe", "utf-8": b"\xef\xbb\xbf"}
    for codec, mark in encoded.items():
        assert text_string(mark + text.encode(codec)) == (text, False)


@given(st.binary(max_size=200))
def test_text_of_any_bytes_is_decoded_or_marked(raw: bytes) -> None:
    text, damaged = text_string(raw)
    assert text.encode("utf-8") is not None
    assert damaged or "\ufffd" not in text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Zoë Łukasz Țărnăuță Hường ’ 李".encode(), "Zoë Łukasz Țărnăuță Hường ’ 李"),
        (b"Zo\xeb", "Zoë"),
        (b"ANDR\xc9\x90S", "ANDRÉ’S"),  # which would be UTF-8 too
    ],
)
def test_text_in_unmarked_utf8_is_told_from_pdfdocencoding(raw: bytes, text: str) -> None:
    assert text_string(raw) == (text, False)


@pytest.mark.parametrize("codec", ["utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("text", ["Siobhán O’Brien-Yıldız\nE2 0AC", "A", "李 Lee"])
def test_text_in_unmarked_utf16_is_decoded(text: str, codec: str) -> None:
    assert text_string(text.encode(codec)) == (text, False)


def test_text_padded_with_zeros_is_not_taken_for_utf16() -> None:
    assert text_string(b"Zo\xeb\0\0\0") == ("Zoë", False)


@pytest.mark.parametrize("text", ["St Anne’s", "The “Old” School", "“Old School”"])
def test_text_in_windows_1252_is_marked_and_not_guessed(text: str) -> None:
    read, damaged = text_string(text.encode("cp1252"))
    assert (damaged, read) == (True, text.encode("cp1252").decode("pdfdoc"))


@pytest.mark.parametrize("text", ["Google Classroom™ 2", "Stanﬁeld", "‚Old‘ School", "ﬂat ﬁve", "Anne’s “Old” School"])
def test_text_with_the_same_signs_in_their_places_is_not_marked(text: str) -> None:
    assert text_string(text.encode("pdfdoc")) == (text, False)


@pytest.mark.parametrize(
    ("text", "damaged"), [("Sam\x07", True), ("Sam\0Lee", True), ("O\x92Leary", True), ("A\tB\nC", False)]
)
def test_text_with_control_characters_is_marked(text: str, damaged: bool) -> None:
    assert text_string(text.encode("utf-8-sig")) == (text, damaged)


def test_text_with_a_private_character_is_kept_and_marked() -> None:
    assert text_string("A\ue000B".encode("utf-8-sig")) == ("A\ue000B", True)


def test_text_too_long_to_be_typed_is_cut_and_marked() -> None:
    text, damaged = text_string(b"x" * 10**8)
    assert (set(text), len(text) < 10**7, damaged) == ({"x"}, True, True)


def test_text_with_half_an_emoji_is_kept_and_marked() -> None:
    assert text_string(b"\xfe\xff\x00A\xd8\x3d\x00B") == ("A\ufffdB", True)


@pytest.mark.parametrize(("key", "state"), [("/V", "/Yes"), ("/AS", "/Yes"), ("/AS", "/On"), ("/V", "/1")])
def test_tick_in_value_or_state_ticks_the_box(form: bytes, definition: FormDefinition, key: str, state: str) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(form)) as pdf:
        field = next(field for field in pdf.Root.AcroForm.Fields if field.T == "phase_ap")
        field[key] = pikepdf.Name(state)
        pdf.save(out)
    assert texts_of(out.getvalue(), definition) == {"phase_ap": "yes"}
