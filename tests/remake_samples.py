"""Remake `samples/`: an invented register of schools, the forms that they send back, and the picture in the README.

    python -m tests.remake_samples

Text is typed through PDFium's form engine, as Chrome does, into blank forms and into the schools' own copies. Some
files are then rewritten by pypdf or qpdf, as mail gateways and other viewers do. The picture is of a school's own copy
before anybody types into it. People and schools are invented; numbers are from Ofcom's ranges for fiction.
"""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pikepdf
import pypdf
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.support.viewer import draw, type_into
from thep_forms.definition import load_definition
from thep_forms.generate import Master, generate

SAMPLES = Path(__file__).parents[1] / "samples"
YEAR = "2026-27"
AUTHORITY = "211"
SCHOOLS = (
    ("1042", "Acorn Nursery School", "nursery", "1 Acorn Lane", "E1 0AA"),
    ("1107", "Bridge Learning Centre", "ap", "2 Bridge Street", "E1 0AB"),
    ("2101", "Cedar Primary School", "primary", "3 Cedar Road", "E2 0AC"),
    ("2102", "Dovecote Primary School", "primary", "4 Dovecote Walk", "E2 0AD"),
    ("2103", "Elm Tree Primary School", "primary", "5 Elm Tree Close", "E3 0AE"),
    ("3204", "St Fillan’s Church of England Primary School", "primary", "6 Fillan Square", "E3 0AF"),
    ("3205", "Gladstone Catholic Primary School", "primary", "7 Gladstone Place", "E14 0AG"),
    ("2106", "Harbour Primary School", "primary", "8 Harbour Way", "E14 0AH"),
    ("4242", "Ivy Lane School", "secondary", "9 Ivy Lane", "E1W 0AJ"),
    ("4243", "Juniper Academy", "all_through", "10 Juniper Street", "E1W 0AL"),
    ("7004", "Kestrel School", "special", "11 Kestrel Mews", "E2 0AN"),
    ("2110", "Linden Primary School", "primary", "12 Linden Grove", "E3 0AP"),
)


# Harbour's people, whose names have letters beyond Latin-1, and the addresses as they typed them.
HARBOUR: dict[str, str | bool] = {
    "main_contact_designation": "Deputy Head",
    "main_contact_name": "Łukasz Żółć",
    "headteacher_designation": "Headteacher",
    "headteacher_name": "Ayşe Yıldız-Çağlar",
    "headteacher_email": "Ayse Yildiz <a.yildiz@harbour2106.example>",
    "senior_leader_3_name": "Nguyễn Thị Ánh",
    "senior_leader_3_email": "mailto:t.nguyen@harbour2106.example",
}


def school(number: str) -> tuple[str, str, str, str, str]:
    """The establishment number of the school, its name, its phase, its street and its postcode."""
    return next(one for one in SCHOOLS if one[0] == number)


def listed(number: str) -> dict[str, str | bool]:
    """What `schools.csv` knows of the school, by the boxes of its copy."""
    digits, name, phase, street, postcode = school(number)
    return {
        "school_name": name,
        f"phase_{phase}": True,
        "dfe_number": digits,
        "registered_address": f"{street}\nLondon\n{postcode}",
    }


def answers(number: str, **changes: str | bool) -> dict[str, str | bool]:
    """A whole form's answers for the school with that establishment number; `changes` take the place of some."""
    digits, name, phase, street, postcode = school(number)
    domain = "".join(letter for letter in name.split()[0].lower() if letter.isalpha()) + f"{digits}.example"
    filled: dict[str, str | bool] = {
        "school_name": name,
        f"phase_{phase}": True,
        "dfe_number": digits,
        "registered_address": f"{name}\n{street}\nTower Hamlets\nLondon\n{postcode}",
        "main_contact_designation": "Headteacher",
        "main_contact_name": "Sam Okafor",
        "main_contact_email": f"head@{domain}",
        "main_contact_telephone": "020 7946 0" + digits[-3:],
        "chair_of_governors_designation": "Chair of Governors",
        "chair_of_governors_name": "Priya Rahman",
        "chair_of_governors_email": f"chair@{domain}",
        "business_manager_designation": "School Business Manager",
        "business_manager_name": "Jo Lindqvist",
        "business_manager_email": f"office@{domain}",
        "business_manager_telephone": "020 7946 0018 ext 12",
        "senior_leader_1_designation": "Phase Leader",
        "senior_leader_1_name": "Alex Mbeki",
        "senior_leader_1_email": f"a.mbeki@{domain}",
    }
    return filled | changes


def by_pypdf(pdf: bytes) -> bytes:
    out = io.BytesIO()
    pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(pdf))).write(out)
    return out.getvalue()


def by_qpdf(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, linearize=True)
    return out.getvalue()


def locked(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, encryption=pikepdf.Encryption(user="sesame", owner="sesame"))
    return out.getvalue()


def dated(pdf: bytes, date: str) -> bytes:
    """The form as saved on a day, as viewers note it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.docinfo["/ModDate"] = pikepdf.String(f"D:{date}120000Z")
        opened.save(out)
    return out.getvalue()


def letter() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.drawString(72, 750, "Dear colleagues, our summer fair is on Saturday. All are welcome.")
    canvas.save()
    return out.getvalue()


def own_copy(number: str, known: dict[str, str | bool]) -> bytes:
    """The school's own copy of the form, filled in with what is known of it."""
    return Master(load_definition(YEAR).for_copies).copy(known, f"{AUTHORITY}/{number}")


def picture() -> Image.Image:
    """Page 1 of the copy that Harbour gets: what it returned last year is filled in."""
    known = answers("2106", **HARBOUR, headteacher_telephone="020 7946 0106")
    known["headteacher_email"] = "a.yildiz@harbour2106.example"
    return draw(own_copy("2106", known), scale=1.4)


def returns() -> dict[str, bytes]:
    """The files that come back, by their names."""
    form = generate(load_definition(YEAR))

    def typed(number: str, **changes: str | bool) -> bytes:
        return type_into(form, answers(number, **changes))

    def typed_into_copy(number: str, **changes: str | bool) -> bytes:
        known = listed(number)
        entered = {name: value for name, value in answers(number, **changes).items() if known.get(name) != value}
        return type_into(own_copy(number, known), entered)

    whole = typed_into_copy("2103")
    corrected = dated(typed("2101", main_contact_name="Zoë O’Brien"), "20260504")
    return {
        "Acorn Nursery.pdf": typed_into_copy("1042"),
        "Bridge Learning Centre.pdf": by_pypdf(typed_into_copy("1107")),
        "Cedar Primary, first.pdf": dated(typed("2101"), "20260420"),
        "Cedar Primary, corrected.pdf": corrected,
        "Cedar Primary, corrected2.pdf": corrected,
        "Dovecote wrong authority.pdf": typed("2102", dfe_number="213/2102"),
        "Elm Tree cut short.pdf": whole[: len(whole) // 3],
        "Elm Tree.pdf": by_qpdf(whole),
        "St Fillan's no chair.pdf": typed(
            "3204", chair_of_governors_name="", chair_of_governors_designation="", chair_of_governors_email=""
        ),
        "Gladstone mistyped email.pdf": typed_into_copy("3205", main_contact_email="head@gladstone3205,example"),
        "Harbour.pdf": typed_into_copy("2106", **HARBOUR),
        "Ivy Lane.pdf": by_pypdf(
            typed("4242", dfe_number="211/4242", main_contact_telephone="+44 (0)20 7946 0242 ext 7")
        ),
        "Juniper blank.pdf": form,
        "Kestrel.pdf": locked(typed("7004")),
        "Linden.pdf": typed("2110", main_contact_designation="Office Manager", school_name="=Linden Primary School"),
        "Summer fair.pdf": letter(),
    }


def main() -> None:
    folder = SAMPLES / "returns"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in returns().items():
        (folder / name).write_bytes(data)
    picture().save(SAMPLES / "page-1.png", optimize=True)
    with (SAMPLES / "schools.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["dfe_number", "school_name", "phases", "registered_address", "email"])
        for digits, name, phase, street, postcode in SCHOOLS:
            address = f"{street}, London, {postcode}"
            writer.writerow([f"{AUTHORITY}/{digits}", name, phase, address, f"office@school{digits}.example"])


if __name__ == "__main__":
    main()
