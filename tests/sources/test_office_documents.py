"""A form that was scanned or pasted into a document of an office program is read as if it had come by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.remake_samples import letter
from tests.support import outlook
from tests.support.packing import Filled, found_in, mail, returns, sources, zipped
from tests.support.photographs import jpeg, saved
from tests.support.printers import by_qpdf
from tests.support.viewer import draw
from thep_forms.definition import Definitions
from thep_forms.office.display.came_in import GivenFile, look_up_what_came

TYPES = b"<Types/>"
LOGO = b"\x89PNG\r\n\x1a\n" + bytes(2000)
NO_WORDS = b'<w:document><w:p w:x="1"><w:t></w:t><wp:posOffset>12</wp:posOffset></w:p></w:document>'
WORDS = b'<w:document><w:p><w:t xml:space="preserve">Our chair is Ann Lee.</w:t></w:p></w:document>'


def docx(media: dict[str, bytes], text: bytes = NO_WORDS) -> bytes:
    """A Word document with files in it, by their paths."""
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": text, **media})


def embedded(**streams: bytes) -> bytes:
    """An object of another program as Office keeps it."""
    return outlook.compound({name: data + bytes(max(0, 5000 - len(data))) for name, data in streams.items()})


def packaged(pdf: bytes) -> bytes:
    """A PDF in the wrapper of the packager of Windows."""
    path = b"C:\\form.pdf\0"
    inner = b"\2\0form.pdf\0" + path + b"\0\0\3\0" + len(path).to_bytes(4, "little") + path
    inner += len(pdf).to_bytes(4, "little") + pdf
    return outlook.compound({"\x01Ole10Native": len(inner).to_bytes(4, "little") + inner})


@pytest.fixture(scope="module")
def photo(returned: bytes) -> bytes:
    """A picture of a page of the form."""
    return jpeg(draw(returned, scale=150 / 72))


DOCUMENTS: dict[str, Callable[[bytes], bytes]] = {
    "word/media/image1.jpeg": lambda photo: docx({"word/media/image1.jpeg": photo, "word/media/logo.png": LOGO}),
    "ppt/media/image1.jpeg": lambda photo: zipped(
        {"[Content_Types].xml": TYPES, "ppt/slides/slide1.xml": b"<a:t/>", "ppt/media/image1.jpeg": photo}
    ),
    "xl/media/image1.jpeg": lambda photo: zipped(
        {"[Content_Types].xml": TYPES, "xl/worksheets/sheet1.xml": b"<v/>", "xl/media/image1.jpeg": photo}
    ),
    "Pictures/1.jpg": lambda photo: zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": b"<x>1</x><office:body> <text:p/></office:body>",
            "Pictures/1.jpg": photo,
            "Thumbnails/thumbnail.png": photo,
        }
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_picture_of_the_form_in_a_document_without_words_is_a_return(tmp_path: Path, photo: bytes, name: str) -> None:
    (tmp_path / "scan").write_bytes(DOCUMENTS[name](photo))
    ingest(tmp_path / "records", [tmp_path / "scan"])
    assert returns(tmp_path / "records") == {"scan": "not_a_form", f"scan/{name}": "needs_attention"}
    problems = rows(tmp_path / "records" / "problems.csv")
    assert {problem["source"] for problem in problems} == {f"scan/{name}"}
    (kept,) = (tmp_path / "records" / "returns").iterdir()
    assert kept.read_bytes() == photo


OBJECTS: dict[str, Callable[[bytes], bytes]] = {
    "an object of Acrobat": lambda pdf: docx({"word/embeddings/oleObject1.bin": embedded(CONTENTS=pdf)}, WORDS),
    "a package": lambda pdf: docx({"word/embeddings/oleObject1.bin": packaged(pdf)}, WORDS),
    "a pasted PDF of a Mac": lambda pdf: docx({"word/media/image1.pdf": pdf}, WORDS),
    "a file": lambda pdf: docx({"word/embeddings/form.pdf": pdf}, WORDS),
    "a document of Pages": lambda pdf: zipped({"Index/Document.iwa": b"x", "Data/form-12.pdf": pdf}),
    "an object of LibreOffice": lambda pdf: zipped(
        {"mimetype": b"x", "content.xml": b"<office:body>Dear all</office:body>", "Object 1": packaged(pdf)}
    ),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_pdf_in_a_document_with_words_counts_and_the_document_is_looked_at(
    tmp_path: Path, filled: Filled, kind: str
) -> None:
    (tmp_path / "form.doc").write_bytes(OBJECTS[kind](filled("2101")))
    ingest(tmp_path / "records", [tmp_path / "form.doc"])
    assert sorted(returns(tmp_path / "records").values()) == ["accepted", "not_a_form"]
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert (problem["source"], problem["code"]) == ("form.doc", "not_a_form")


def test_pictures_in_a_letter_need_nobody_but_the_letter_does(tmp_path: Path) -> None:
    picture = saved(draw(letter()), "PNG")
    (tmp_path / "a.eml").write_bytes(mail({"news.docx": docx({"word/media/image1.png": picture}, WORDS)}).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "a.eml"])
    found = rows(tmp_path / "records" / "returns.csv")
    assert {row["source"]: row["problems"] for row in found} == {
        "a.eml/news.docx": "not_a_form",
        "a.eml/news.docx/word/media/image1.png": "",
    }
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["message"].startswith("This is a Word document, not a PDF.")


SMALL_COPY, THUMBNAIL = "Data/photo-small-12.jpeg", "docProps/thumbnail.jpeg"


@pytest.mark.parametrize(
    "inside",
    [
        {"[Content_Types].xml": TYPES, "word/document.xml": WORDS, "word/media/logo.png": LOGO},
        {"[Content_Types].xml": TYPES, "word/document.xml": NO_WORDS, THUMBNAIL: LOGO + bytes(20_000)},
        {"Index/Document.iwa": b"x", SMALL_COPY: LOGO + bytes(20_000), "preview.jpg": LOGO + bytes(20_000)},
        {"[Content_Types].xml": TYPES, "word/embeddings/oleObject1.bin": embedded(Contents=LOGO)[:600]},
        {"[Content_Types].xml": TYPES, "word/embeddings/oleObject1.bin": outlook.compound({"\x01Ole10Native": b"x"})},
        {"[Content_Types].xml": TYPES, "word/document.xml": NO_WORDS, "word/media/image1.emf": bytes(20_000)},
    ],
)
def test_document_without_a_picture_of_a_page_comes_alone(tmp_path: Path, inside: dict[str, bytes]) -> None:
    document = zipped(inside)
    (found,) = found_in(tmp_path, "letter.docx", document)
    assert (found.source, found.data, found.is_decoration) == ("letter.docx", document, False)


def test_document_with_files_in_the_same_bytes_is_not_opened(tmp_path: Path, photo: bytes) -> None:
    twice = docx({"word/media/image1.jpeg": photo, "word/media/image2.jpeg": photo})
    first, second = (twice.index(b"word/media/image%d.jpeg" % number) - 30 for number in (1, 2))
    offsets = twice.rindex(b"PK\x01\x02")
    shared = twice[: offsets + 42] + first.to_bytes(4, "little") + twice[offsets + 46 :]
    assert second > first
    assert sources(found_in(tmp_path, "bomb.docx", shared)) == ["bomb.docx"]


@pytest.mark.parametrize(("text", "told"), [(NO_WORDS, ["unreadable"]), (WORDS, [])])
def test_picture_that_is_damaged_in_a_document_without_words_is_told(
    tmp_path: Path, photo: bytes, text: bytes, told: list[str]
) -> None:
    two = docx({"word/media/image1.jpeg": photo, "word/media/image2.jpeg": photo + b"2"}, text)
    at = two.index(b"word/media/image1.jpeg") + 2000
    (tmp_path / "scan.docx").write_bytes(two[:at] + bytes(50) + two[at + 50 :])
    ingest(tmp_path / "records", [tmp_path / "scan.docx"])
    verdicts = returns(tmp_path / "records")
    assert verdicts["scan.docx/word/media/image2.jpeg"] == "needs_attention"
    assert [verdicts[source] for source in verdicts if "image1" in source] == told


UNKNOWN = {
    "word/media/image2.emf": bytes(20_000),
    "word/embeddings/oleObject1.bin": outlook.compound({"Other": bytes(20_000)}),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_document_with_a_picture_that_is_not_known_beside_others_is_looked_at(
    tmp_path: Path, photo: bytes, name: str
) -> None:
    (tmp_path / "scan.docx").write_bytes(docx({"word/media/image1.jpeg": photo, name: UNKNOWN[name]}))
    ingest(tmp_path / "records", [tmp_path / "scan.docx"])
    problems = rows(tmp_path / "records" / "problems.csv")
    assert {problem["source"] for problem in problems} == {"scan.docx", "scan.docx/word/media/image1.jpeg"}


def test_form_in_a_document_in_a_zip_in_a_message_is_accepted_once(tmp_path: Path, filled: Filled) -> None:
    document = docx({"word/media/image1.pdf": by_qpdf(filled("2103"))})
    message = mail({"all.zip": zipped({"elm.docx": document}), "elm.docx": document})
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    ingest(tmp_path / "records", [tmp_path / "a.eml"])
    assert returns(tmp_path / "records") == {
        "a.eml/all.zip/elm.docx": "not_a_form",
        "a.eml/all.zip/elm.docx/word/media/image1.pdf": "accepted",
        "a.eml/elm.docx": "duplicate",
        "a.eml/elm.docx/word/media/image1.pdf": "duplicate",
    }


@pytest.mark.parametrize(("stream", "kind", "hashes"), [("Data", 0xF01D, 17), ("Pictures", 0xF02A, 33)])
def test_picture_of_the_form_in_an_old_document_is_a_return(
    tmp_path: Path, photo: bytes, stream: str, kind: int, hashes: int
) -> None:
    header = b"\xa0\x46" + kind.to_bytes(2, "little") + (hashes + len(photo)).to_bytes(4, "little") + bytes(hashes)
    logo = b"\0\x6e\x1e\xf0" + (17 + len(LOGO)).to_bytes(4, "little") + bytes(17) + LOGO
    old = outlook.compound({"WordDocument": b"x" * 9000, stream: bytes(68) + logo + header + photo + bytes(9)})
    (tmp_path / "scan.doc").write_bytes(old)
    ingest(tmp_path / "records", [tmp_path / "scan.doc"])
    assert returns(tmp_path / "records") == {"scan.doc": "not_a_form", "scan.doc/picture-1.jpg": "needs_attention"}
    (kept,) = (tmp_path / "records" / "returns").iterdir()
    assert kept.read_bytes() == photo


def test_what_came_of_a_document_tells_of_the_forms_in_it(tmp_path: Path, filled: Filled) -> None:
    document = docx({"word/media/image1.pdf": filled("2101")})
    (tmp_path / "form.docx").write_bytes(document)
    given = GivenFile("form.docx", hashlib.sha256(document).hexdigest())
    for _ in ("first", "again"):
        began = datetime.now(UTC).replace(microsecond=0)
        ingest(tmp_path / "records", [tmp_path / "form.docx"])
        (came,) = look_up_what_came(tmp_path / "records", [given], began, Definitions.of_today())
        assert {each.name: each.words for each in came} == {
            "form.docx": "Not our form",
            "form.docx/word/media/image1.pdf": "Accepted",
        }


@pytest.mark.parametrize(("stream", "verdict"), [("CONTENTS", "accepted"), ("Other", "unreadable")])
def test_pdf_that_is_an_object_in_the_text_of_an_outlook_message_is_a_return(
    tmp_path: Path, filled: Filled, stream: str, verdict: str
) -> None:
    pdf = filled("2101")
    inside = outlook.attached_message({stream: pdf})
    broken = outlook.attached_message({"\x01Ole10Native": bytes(20)})
    (tmp_path / "a.msg").write_bytes(outlook.compound(outlook.message("Form", None, [inside, broken])))
    ingest(tmp_path / "records", [tmp_path / "a.msg"])
    assert returns(tmp_path / "records") == {
        "a.msg/attachment-1.pdf" if stream == "CONTENTS" else "a.msg/attachment-1.bin": verdict,
        "a.msg/attachment-2.bin": "unreadable",
    }
