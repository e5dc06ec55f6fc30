"""Photographs and scans of the form that come as pictures: their page code says whose they are."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ingest, record_files, rows
from tests.remake_samples import answers, dated
from tests.support.commands import run
from tests.support.photographs import jpeg, photograph, saved, taken, tiff
from tests.support.viewer import type_into
from thep_forms.definition import Definitions, FormDefinition
from thep_forms.definition.identity import school_in
from thep_forms.generate import master_of
from thep_forms.reading import FileKind, Reading
from thep_forms.reading.read import read_file
from thep_forms.reading.reasons import NO_PDF
from thep_forms.records import Arrival, ReadReturn, open_for_writing

SCHOOL = "211/2101"
# As an iPhone saves it: no library that we may use writes it.
HEIC = Path(__file__).parents[1] / "support" / "photograph.heic"


@pytest.fixture(scope="module")
def copy(definition: FormDefinition) -> bytes:
    """The form that a school was sent."""
    return master_of(definition).copy({"dfe_number": "2101"}, SCHOOL)


@pytest.fixture(scope="module")
def photo(copy: bytes) -> bytes:
    """A photograph of its first page."""
    return photograph(copy, width=1600, degrees=2, perspective=0.1)


def read(definition: FormDefinition, data: bytes) -> tuple[Reading, ...]:
    return read_file(data, lambda _: definition)


def returned(folder: Path, name: str, data: bytes) -> dict[str, dict[str, str]]:
    """The rows of `returns.csv` by their sources, after a file was ingested."""
    (folder / name).write_bytes(data)
    ingest(folder / "records", [folder / name])
    return {row["source"]: row for row in rows(folder / "records" / "returns.csv")}


def archive(folder: Path) -> list[str]:
    """The endings of the files in the archive."""
    return sorted(path.suffix for path in (folder / "records" / "returns").iterdir())


# --- finding the code -------------------------------------------------------------------------------------------------

PHOTOGRAPHS: dict[str, dict[str, float | bool]] = {
    "a scan at 150 dots an inch": {"width": 1240},
    "a scan at 300 dots an inch": {"width": 2480, "degrees": 0.7},
    "a telephone's photograph": {"width": 3024, "degrees": 3, "perspective": 0.15, "blur": 1.5},
    "a photograph in the shade": {"width": 2000, "degrees": -4, "perspective": 0.2, "shade": True},
    "a photograph upside down": {"width": 2000, "degrees": 178, "perspective": 0.1, "shade": True},
    "a photograph on its side": {"width": 2000, "degrees": 93, "perspective": 0.2},
    "a photograph from far off to one side": {"width": 1600, "degrees": 40, "perspective": 0.3, "shade": True},
    "a photograph that a messenger made smaller": {"width": 1100, "degrees": 2, "perspective": 0.1, "quality": 40},
}


@pytest.mark.parametrize("kind", PHOTOGRAPHS)
def test_photograph_of_a_copy_names_its_school_and_year(definition: FormDefinition, copy: bytes, kind: str) -> None:
    (reading,) = read(definition, photograph(copy, **PHOTOGRAPHS[kind]))
    form_id = definition.form_id_of(SCHOOL, {"dfe_number": "2101"})
    assert (reading.kind, reading.form_id) == (FileKind.SCAN, form_id)


def test_small_photograph_is_found_enlarged(definition: FormDefinition, copy: bytes) -> None:
    (reading,) = read(definition, photograph(copy, width=900, degrees=3, perspective=0.1, quality=70))
    assert reading.kind is FileKind.SCAN


@pytest.mark.parametrize("page", [1, 3])
def test_photograph_of_a_later_page_names_its_school(definition: FormDefinition, copy: bytes, page: int) -> None:
    (reading,) = read(definition, photograph(copy, page, width=1600, degrees=1))
    assert school_in(reading.form_id) == SCHOOL


FORMATS: dict[str, Callable[[Image.Image], bytes]] = {
    ".jpg": jpeg,
    ".png": lambda picture: saved(picture, "PNG"),
    ".tif": lambda picture: saved(picture.convert("1"), "TIFF", compression="group4"),
    ".webp": lambda picture: saved(picture, "WEBP", quality=70),
    ".gif": lambda picture: saved(picture.convert("P"), "GIF"),
    ".bmp": lambda picture: saved(picture, "BMP"),
}
MODES = ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16"]


@pytest.mark.parametrize("ending", FORMATS)
def test_picture_is_kept_as_it_came_whatever_its_name_says(tmp_path: Path, copy: bytes, ending: str) -> None:
    data = FORMATS[ending](taken(copy, width=1600))
    (row,) = returned(tmp_path, "scan.pdf", data).values()
    assert (row["verdict"], row["read_from"]) == ("needs_attention", "scan")
    assert "scan_unconfirmed" in row["problems"].split(";")
    assert (row["dfe_number"], row["membership_year"]) == (SCHOOL, "2026-27")
    (path,) = (tmp_path / "records" / "returns").iterdir()
    assert (path.suffix, path.read_bytes()) == (ending, data)


def test_heic_picture_is_recognised_and_kept(tmp_path: Path) -> None:
    (row,) = returned(tmp_path, "IMG_0001.HEIC", HEIC.read_bytes()).values()
    assert (row["verdict"], row["dfe_number"]) == ("needs_attention", SCHOOL)
    assert archive(tmp_path) == [".heic"]


@pytest.mark.parametrize("mode", MODES)
def test_picture_of_any_colours_is_recognised(definition: FormDefinition, copy: bytes, mode: str) -> None:
    grey = taken(copy, width=1240).convert("L")
    picture = grey.point(lambda value: value * 257, "I").convert("I;16") if mode == "I;16" else grey.convert(mode)
    file_format = "TIFF" if mode == "CMYK" else "PNG"
    assert read(definition, saved(picture, file_format))[0].kind is FileKind.SCAN


def test_transparent_paper_counts_as_white(definition: FormDefinition, copy: bytes) -> None:
    ink = taken(copy, width=1240).convert("L")
    picture = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    picture.putalpha(ink.point(lambda value: 255 - value))
    assert read(definition, saved(picture, "PNG"))[0].kind is FileKind.SCAN


def test_tiff_of_two_schools_is_two_returns(definition: FormDefinition, copy: bytes, tmp_path: Path) -> None:
    other = master_of(definition).copy({"dfe_number": "4242"}, "211/4242")
    pages = [taken(pdf, page, width=1240) for pdf, page in ((copy, 0), (other, 1), (other, 0), (copy, 3))]
    found = returned(tmp_path, "pile.tif", tiff(pages))
    assert sorted(row["dfe_number"] for row in found.values()) == [SCHOOL, "211/4242"]
    assert archive(tmp_path) == [".tif"]


@pytest.mark.parametrize("beside", [True, False])
def test_forms_of_two_schools_in_one_picture_are_two_returns(
    definition: FormDefinition, copy: bytes, tmp_path: Path, beside: bool
) -> None:
    other = master_of(definition).copy({"dfe_number": "4242"}, "211/4242")
    first, second = (taken(pdf, width=1240) for pdf in (copy, other))
    across, down = (1, 0) if beside else (0, 1)
    size = (first.width * (1 + across) + 60, first.height * (1 + down) + 60)
    both = Image.new("RGB", size, (90, 80, 70))
    both.paste(first, (20, 20))
    both.paste(second, (20 + across * (first.width + 20), 20 + down * (first.height + 20)))
    found = returned(tmp_path, "pile.jpg", jpeg(both, 75))
    assert {row["dfe_number"]: row["return_id"][16:] for row in found.values()} == {SCHOOL: "", "211/4242": "-2"}
    assert archive(tmp_path) == [".jpg"]


def test_two_forms_that_were_printed_blank_are_two_returns_though_their_codes_are_alike(
    definition: FormDefinition, form: bytes
) -> None:
    sheets = [taken(type_into(form, answers(number)), width=1600) for number in ("2101", "2102")]
    together = Image.new("L", (2 * sheets[0].width, sheets[0].height), 200)
    for number, sheet in enumerate(sheets):
        together.paste(sheet, (number * sheet.width, 0))
    found = read(definition, saved(together, "PNG"))
    assert {reading.text_of("dfe_number") for reading in found} == {"2101", "2102"}


def test_pages_beyond_those_that_are_read_in_one_picture_are_returns_of_their_schools(
    definition: FormDefinition, tmp_path: Path
) -> None:
    numbers = [f"211/21{number:02}" for number in range(1, 9)]
    sheets = [taken(master_of(definition).copy({"dfe_number": number[4:]}, number), width=1000) for number in numbers]
    pile = Image.new("RGB", (4 * sheets[0].width, 2 * sheets[0].height))
    for number, sheet in enumerate(sheets):
        pile.paste(sheet, (number % 4 * sheet.width, number // 4 * sheet.height))
    found = returned(tmp_path, "pile.png", saved(pile, "PNG"))
    assert {row["dfe_number"] for row in found.values()} == {*numbers}


def test_both_pages_of_a_school_in_one_picture_are_one_return(copy: bytes, tmp_path: Path) -> None:
    first, last = taken(copy, width=1240), taken(copy, 3, width=1240)
    both = Image.new("RGB", (first.width * 2, first.height))
    both.paste(first, (0, 0))
    both.paste(last, (first.width, 0))
    (row,) = returned(tmp_path, "both.jpg", jpeg(both, 75)).values()
    assert row["dfe_number"] == SCHOOL


def test_photograph_is_dated_by_the_camera(definition: FormDefinition, copy: bytes) -> None:
    picture, exif = taken(copy, width=1240), Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2026:05:04 10:30:00", 0x9011: "+01:00"})
    (reading,) = read(definition, saved(picture, "JPEG", exif=exif))
    assert reading.modified is not None
    assert reading.modified.isoformat() == "2026-05-04T09:30:00+00:00"


def test_form_that_was_typed_after_a_photograph_supersedes_it(tmp_path: Path, form: bytes, copy: bytes) -> None:
    exif = Image.Exif()
    exif[0x0132] = "2026:05:04 10:30:00"
    (tmp_path / "photo.jpg").write_bytes(saved(taken(copy, width=1240), "JPEG", exif=exif))
    (tmp_path / "typed.pdf").write_bytes(dated(type_into(form, answers("2101")), "20260505"))
    assert ingest(tmp_path / "records", [tmp_path / "photo.jpg", tmp_path / "typed.pdf"]).all_accepted


# --- where pictures come from -----------------------------------------------------------------------------------------


def message(*inline: bytes, attached: bytes | None = None) -> bytes:
    """An e-mail whose text shows pictures, with a photograph attached to it or not."""
    email = EmailMessage()
    email["From"], email["To"], email["Subject"] = "office@cedar.example", "us@partnership.example", "Our form"
    email.set_content("It is below.")
    shown = "".join(f'<img src="cid:{number}">' for number, _ in enumerate(inline))
    email.add_alternative(f"<p>It is below.</p>{shown}", subtype="html")
    for number, picture in enumerate(inline):
        email.get_payload()[1].add_related(picture, "image", "png", cid=f"<{number}>")
    if attached is not None:
        email.add_attachment(attached, "application", "octet-stream", filename="IMG_1.JPG")
    return email.as_bytes()


def logo() -> bytes:
    return saved(Image.new("RGB", (400, 120), "navy"), "PNG")


def test_photograph_in_a_messages_text_is_its_schools_return(tmp_path: Path, photo: bytes) -> None:
    found = returned(tmp_path, "a.eml", message(photo, logo()))
    assert {source: row["verdict"] for source, row in found.items()} == {
        "a.eml": "unreadable",
        "a.eml/attachment-1.jpg": "needs_attention",
        "a.eml/attachment-2.png": "not_a_form",
    }
    assert found["a.eml"]["problems"] == ""  # that it has no file attached needs nobody
    assert "scan_unconfirmed" in found["a.eml/attachment-1.jpg"]["problems"].split(";")
    assert found["a.eml/attachment-2.png"]["problems"] == ""
    assert archive(tmp_path) == [".jpg"]


def test_message_with_a_logo_alone_is_asked_about(tmp_path: Path) -> None:
    found = returned(tmp_path, "a.eml", message(logo()))
    assert {source: row["problems"] for source, row in found.items()} == {
        "a.eml": "unreadable",
        "a.eml/attachment-1.png": "",
    }
    assert not (tmp_path / "records" / "returns").exists() or archive(tmp_path) == []


def test_photograph_attached_to_a_message_in_a_mailbox_is_a_return(tmp_path: Path, photo: bytes) -> None:
    mailbox = b"From office@cedar.example Mon May  4 10:00:00 2026\n" + message(logo(), attached=photo) + b"\n"
    found = returned(tmp_path, "inbox.mbox", mailbox)
    message_itself, picture = sorted(found.values(), key=lambda row: row["problems"])
    assert message_itself["problems"] == ""
    assert (picture["verdict"], picture["dfe_number"]) == ("needs_attention", SCHOOL)


def test_photograph_in_a_zip_is_a_return(tmp_path: Path, photo: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("our form/IMG_1.HEIC", photo)
    (row,) = returned(tmp_path, "a.zip", out.getvalue()).values()
    assert row["verdict"] == "needs_attention"
    assert archive(tmp_path) == [".jpg"]


def test_picture_that_an_earlier_version_did_not_read_is_read_when_it_comes_again(tmp_path: Path, photo: bytes) -> None:
    (tmp_path / "IMG_1.JPG").write_bytes(photo)
    with (
        open_for_writing(tmp_path / "records", Definitions.of_today(), must_exist=False) as ledger,
        ledger.transaction(),
    ):
        sha256 = hashlib.sha256(photo).hexdigest()
        ledger.add_file(sha256, [ReadReturn(Reading(FileKind.NOT_A_FORM, reason=NO_PDF))], "", is_kept=False)
        ledger.add_arrivals(Arrival("IMG_1.JPG", sha256[:16]), sha256)
    ingest(tmp_path / "records", [tmp_path / "IMG_1.JPG"])
    (row,) = rows(tmp_path / "records" / "returns.csv")
    assert (row["verdict"], row["dfe_number"]) == ("needs_attention", SCHOOL)


# --- pictures of something else ---------------------------------------------------------------------------------------

NO_CODE = "This is a picture in which we found no page code of the form."
BROKEN = "This is a picture that cannot be opened."
LARGE = "This is a picture with far more pixels than a page needs."


def bomb() -> bytes:
    """A PNG that says that it has sixteen billion pixels."""
    data = bytearray(logo())
    data[16:24] = (2**17).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


OTHERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "another picture": (lambda: saved(Image.linear_gradient("L").resize((2000, 1500)), "JPEG"), NO_CODE),
    "a picture that was cut short": (lambda: saved(Image.linear_gradient("L"), "JPEG")[:500], BROKEN),
    "a start alone": (lambda: b"\x89PNG\r\n\x1a\n", BROKEN),
    "a HEIC that is none": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), BROKEN),
    "a picture of a billion pixels": (bomb, LARGE),
    "a large picture": (lambda: saved(Image.new("1", (13000, 13000)), "PNG"), LARGE),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_picture_without_our_code_is_no_form_and_is_not_kept(tmp_path: Path, kind: str) -> None:
    data, words = OTHERS[kind]
    (row,) = returned(tmp_path, "IMG_1.JPG", data()).values()
    assert (row["verdict"], row["problems"]) == ("not_a_form", "not_a_form")
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["message"].startswith(words)
    assert archive(tmp_path) == []
    assert run("verify", "-o", tmp_path / "records").exit_code == 0


# --- the records ------------------------------------------------------------------------------------------------------


def test_records_of_pictures_verify_and_stay_when_the_pictures_come_again(tmp_path: Path, photo: bytes) -> None:
    returned(tmp_path, "IMG_1.JPG", photo)
    (tmp_path / "IMG_2.JPG").write_bytes(logo())
    ingest(tmp_path / "records", [tmp_path / "IMG_1.JPG", tmp_path / "IMG_2.JPG"])
    before = record_files(tmp_path / "records")
    assert run("verify", "-o", tmp_path / "records").exit_code == 0
    ingest(tmp_path / "records", [tmp_path / "IMG_1.JPG", tmp_path / "IMG_2.JPG"])
    assert record_files(tmp_path / "records") == before


def test_verify_reports_a_picture_that_is_missing_and_ingest_brings_it_back(tmp_path: Path, photo: bytes) -> None:
    returned(tmp_path, "IMG_1.JPG", photo)
    (path,) = (tmp_path / "records" / "returns").iterdir()
    path.unlink()
    assert "is missing" in run("verify", "-o", tmp_path / "records").stderr
    ingest(tmp_path / "records", [tmp_path / "IMG_1.JPG"])
    assert run("verify", "-o", tmp_path / "records").exit_code == 0
    assert path.read_bytes() == photo


def test_verify_reports_a_picture_with_the_ending_of_another_type(tmp_path: Path, photo: bytes) -> None:
    returned(tmp_path, "IMG_1.JPG", photo)
    (path,) = (tmp_path / "records" / "returns").iterdir()
    path.rename(path.with_suffix(".png"))
    assert "does not match its name" in run("verify", "-o", tmp_path / "records").stderr


def test_forget_deletes_the_pictures_of_a_school(tmp_path: Path, photo: bytes) -> None:
    returned(tmp_path, "IMG_1.JPG", photo)
    assert run("forget", "-o", tmp_path / "records", "--school", SCHOOL, "--yes").exit_code == 0
    assert archive(tmp_path) == []
    assert run("verify", "-o", tmp_path / "records").exit_code == 0


def test_what_a_cut_off_run_left_of_a_picture_goes_with_the_next_run(tmp_path: Path, photo: bytes) -> None:
    returned(tmp_path, "IMG_1.JPG", photo)
    left = tmp_path / "records" / "returns" / f".{'0' * 64}.jpg.abcd1234"
    left.write_bytes(photo)
    assert "was cut off" in run("verify", "-o", tmp_path / "records").stderr
    ingest(tmp_path / "records", [tmp_path / "IMG_1.JPG"])
    assert not left.exists()
