"""Form data without the form: what a viewer sends as FDF or XFDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest, read_return, rows
from tests.remake_samples import answers
from tests.support.changing import texts_in
from thep_forms.definition import FormDefinition
from thep_forms.reading import FileKind, ReadFrom

FORM_ID = "thep-membership 2026-27 r1 211/2101"


def fdf(fields: str, *, end: str = "trailer\n<< /Root 1 0 R >>\n%%EOF\n", more: str = "") -> bytes:
    """An FDF as Acrobat writes it."""
    return f"%FDF-1.2\n%âãÏÓ\n1 0 obj\n<< /FDF << /F (form.pdf) /Fields [{fields}] {more} >> >>\nendobj\n{end}".encode(
        "latin-1"
    )


def text(value: str) -> str:
    """A text string in UTF-16, as hexadecimal digits."""
    return f"<FEFF{value.encode('utf-16-be').hex().upper()}>"


def fdf_of(values: dict[str, str | bool]) -> bytes:
    fields = [f"<< /T (form_id) /V ({FORM_ID}) >>"]
    for name, value in values.items():
        shown = ("/Yes" if value else "/Off") if isinstance(value, bool) else text(value)
        fields.append(f"<< /T ({name}) /V {shown} >>")
    return fdf(" ".join(fields))


def xfdf(fields: str, *, start: str = '<?xml version="1.0" encoding="UTF-8"?>', more: str = "") -> bytes:
    """An XFDF as Acrobat writes it."""
    return (
        f'{start}\n<xfdf xmlns="http://ns.adobe.com/xfdf/" xml:space="preserve"><f href="form.pdf"/>'
        f"<fields>{fields}</fields>{more}</xfdf>"
    ).encode()


def xfdf_of(values: dict[str, str | bool]) -> bytes:
    fields = [f'<field name="form_id"><value>{FORM_ID}</value></field>']
    for name, value in values.items():
        shown = ("Yes" if value else "Off") if isinstance(value, bool) else value.replace("&", "&amp;")
        fields.append(f'<field name="{name}"><value>{shown}</value></field>')
    return xfdf("".join(fields))


# --- whole forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("made", "ending"), [(fdf_of, ".fdf"), (xfdf_of, ".xfdf")])
def test_form_data_is_accepted_as_the_form_is_and_kept(tmp_path: Path, made: object, ending: str) -> None:
    assert callable(made)
    data = made(answers("2101"))
    (tmp_path / "form.txt").write_bytes(data)
    assert ingest(tmp_path / "records", [tmp_path / "form.txt"]).all_accepted
    (row,) = rows(tmp_path / "records" / "returns.csv")
    assert (row["dfe_number"], row["read_from"], row["membership_year"]) == ("211/2101", "fields", "2026-27")
    (path,) = (tmp_path / "records" / "returns").iterdir()
    assert (path.suffix, path.read_bytes()) == (ending, data)


@pytest.mark.parametrize("made", [fdf_of, xfdf_of])
def test_form_data_without_pages_and_kinds_is_not_queried_for_them(tmp_path: Path, made: object) -> None:
    assert callable(made)
    (tmp_path / "form.fdf").write_bytes(made(answers("2101")))
    ingest(tmp_path / "records", [tmp_path / "form.fdf"])
    assert rows(tmp_path / "records" / "problems.csv") == []


@pytest.mark.parametrize("made", [fdf_of, xfdf_of])
def test_answers_in_form_data_are_those_that_were_typed(definition: FormDefinition, made: object) -> None:
    assert callable(made)
    values = {**answers("2101"), "school_name": "Łukasz & “মো” 😀", "registered_address": "1 High St\nLondon"}
    values = {**values, "phase_special": True, "phase_other": False}
    reading = read_return(made(values), definition)
    typed = {name: "yes" if value is True else value for name, value in values.items() if value}
    assert texts_in(reading) == typed
    assert {answer.read_from for answer in reading.answers.values()} == {ReadFrom.FIELDS}
    assert (reading.form_id, reading.damaged) == (FORM_ID, False)


# --- FDF --------------------------------------------------------------------------------------------------------------

FDF_VALUES = {
    "PDFDocEncoding": (r"(Caf\351 \205 \222)", "Café – ™"),
    "UTF-16": (text("Żółć 😀"), "Żółć 😀"),
    "UTF-8 with its mark": ("<EFBBBFC5BC>", "ż"),
    "brackets and a line break": (r"(a \(b\) (c)\nd)", "a (b) (c)\nd"),
    "nothing": ("()", ""),
}


@pytest.mark.parametrize("kind", FDF_VALUES)
def test_fdf_value_in_any_encoding_is_read(definition: FormDefinition, kind: str) -> None:
    value, expected = FDF_VALUES[kind]
    reading = read_return(fdf(f"<< /T (school_name) /V {value} >>"), definition)
    assert reading.answers["school_name"].text == expected


@pytest.mark.parametrize(("value", "expected"), [("/Yes", "yes"), ("(Yes)", "yes"), ("/Off", ""), ("(Off)", "")])
def test_fdf_tick_box_is_a_name_or_a_text(definition: FormDefinition, value: str, expected: str) -> None:
    reading = read_return(fdf(f"<< /T (phase_primary) /V {value} >>"), definition)
    assert reading.answers["phase_primary"].text == expected


def test_fdf_fields_below_others_have_full_names(definition: FormDefinition) -> None:
    below = "<< /T (school_name) /V (Oak) >> << /T (extra) /Kids [<< /T (fax) /V (020) >> << /T (other) >>] >>"
    assert read_return(fdf(below), definition).unknown_fields["extra.fax"].text == "020"


def test_fdf_values_in_objects_of_their_own_are_read(definition: FormDefinition) -> None:
    data = fdf(
        "2 0 R",
        end="2 0 obj\n<< /T (school_name) /V 3 0 R >>\nendobj\n3 0 obj\n(Oak)\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF",
    )
    assert read_return(data, definition).answers["school_name"].text == "Oak"


@pytest.mark.parametrize("change", [lambda data: data.replace(b"\n", b"\r"), lambda data: data.replace(b"\n", b"\r\n")])
def test_fdf_with_any_line_ends_is_read(definition: FormDefinition, change: object) -> None:
    assert callable(change)
    assert read_return(change(fdf("<< /T (school_name) /V (Oak) >>")), definition).answers["school_name"].text == "Oak"


def test_fdf_with_a_table_of_its_objects_is_read(definition: FormDefinition) -> None:
    table = (
        "xref\n0 2\n0000000000 65535 f \n0000000018 00000 n \n"
        "trailer\n<< /Root 1 0 R /Size 2 >>\nstartxref\n99\n%%EOF\n"
    )
    reading = read_return(fdf("<< /T (school_name) /V (Oak) >>", end=table), definition)
    assert (reading.answers["school_name"].text, reading.damaged) == ("Oak", False)


def test_fdf_without_its_trailer_is_read_as_damaged(definition: FormDefinition) -> None:
    reading = read_return(fdf("<< /T (school_name) /V (Oak) >>", end=""), definition)
    assert (reading.answers["school_name"].text, reading.damaged) == ("Oak", True)


def test_notes_in_form_data_are_kept(definition: FormDefinition) -> None:
    field = "<< /T (school_name) /V (Oak) >>"
    note = "/Annots [<< /Type /Annot /Subtype /FreeText /Page 1 /Contents (Please ring) >>]"
    assert [(note.text, note.page) for note in read_return(fdf(field, more=note), definition).notes] == [
        ("Please ring", 1)
    ]
    annots = '<annots><freetext page="1"><contents>Please ring</contents></freetext></annots>'
    reading = read_return(xfdf('<field name="school_name"><value>Oak</value></field>', more=annots), definition)
    assert [note.text for note in reading.notes] == ["Please ring"]


# --- XFDF -------------------------------------------------------------------------------------------------------------

XFDF_FIELDS = {
    "as it is": ('<field name="school_name"><value>A &amp; B\nC</value></field>', "A & B\nC"),
    "as rich text alone": (
        '<field name="school_name"><value-richtext><body><p>Oak <b>and</b> Ash</p><p>School</p></body>'
        "</value-richtext></field>",
        "Oak and Ash\nSchool",
    ),
    "twice, as it is and as rich text": (
        '<field name="school_name"><value-richtext><body><p>Oak</p><p>A</p></body></value-richtext>'
        "<value>Oak A</value></field>",
        "Oak A",
    ),
    "in Unicode": ('<field name="school_name"><value>Łódź &#128512;</value></field>', "Łódź 😀"),
}


@pytest.mark.parametrize("kind", XFDF_FIELDS)
def test_xfdf_value_of_each_kind_is_read(definition: FormDefinition, kind: str) -> None:
    field, expected = XFDF_FIELDS[kind]
    answer = read_return(xfdf(field), definition).answers["school_name"]
    assert (answer.text, answer.others) == (expected, ())


def test_xfdf_fields_below_others_have_full_names(definition: FormDefinition) -> None:
    below = '<field name="a"><field name="b"><value>c</value></field></field>'
    assert (
        read_return(xfdf(f'<field name="school_name"><value>Oak</value></field>{below}'), definition)
        .unknown_fields["a.b"]
        .text
        == "c"
    )


def test_xfdf_in_utf_16_is_read(definition: FormDefinition) -> None:
    whole = xfdf(
        '<field name="school_name"><value>Łódź</value></field>', start="<?xml version='1.0' encoding='UTF-16'?>"
    )
    assert read_return(whole.decode().encode("utf-16"), definition).answers["school_name"].text == "Łódź"


ENTITIES = (
    "<!DOCTYPE xfdf ["
    + '<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
BAD = {
    "an XFDF with entities that grow": xfdf('<field name="school_name"><value>&i;</value></field>', start=ENTITIES),
    "an XFDF that names a file": xfdf(
        '<field name="school_name"><value>&f;</value></field>',
        start='<!DOCTYPE xfdf [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
    ),
    "an XFDF that was cut short": xfdf('<field name="school_name"><value>Oak</value></field>')[:-30],
    "an FDF with nothing in it": b"%FDF-1.2\n",
    "an FDF of noise": b"%FDF-1.2\n1 0 obj\n" + bytes(range(256)) * 4,
}


@pytest.mark.parametrize("kind", BAD)
def test_form_data_that_cannot_be_read_says_so(tmp_path: Path, kind: str) -> None:
    (tmp_path / "form.fdf").write_bytes(BAD[kind])
    ingest(tmp_path / "records", [tmp_path / "form.fdf"])
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["code"] == "unreadable"
    assert problem["message"].startswith("This form data is damaged and cannot be read.")


def test_form_data_of_another_form_is_no_form(definition: FormDefinition) -> None:
    for data in (fdf("<< /T (surname) /V (Lee) >>"), fdf(""), xfdf('<field name="surname"><value>Lee</value></field>')):
        reading = read_return(data, definition)
        assert reading.kind is FileKind.NOT_A_FORM
        assert reading.reason == "This is form data, and none of its fields is of the form."


def test_xfdf_nested_without_end_is_unreadable(definition: FormDefinition) -> None:
    reading = read_return(xfdf('<field name="a">' * 500 + "</field>" * 500), definition)
    assert reading.kind is FileKind.UNREADABLE
