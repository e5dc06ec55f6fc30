"""The piece of a picture in which each box of the form is, straightened, to compare it with what was read there.

A confined process cuts out all boxes of a return at once. The last few returns are kept in memory: a page of the desk
asks for the pieces one by one.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition import Definitions
from thep_forms.office.display.page_pictures import opened_pdf
from thep_forms.office.display.pictured_boxes import PicturedBox, pictured_boxes
from thep_forms.office.opening import open_records
from thep_forms.reading import Reading
from thep_forms.records import Archive
from thep_forms.work import Failure, Limits, Workers

if TYPE_CHECKING:
    from PIL import Image

_DRAWN = 200 / 72  # pixels for each point of a page of a PDF
_LONGEST_EDGE = 4000  # pixels of such a page
_KEPT = 4  # returns
_drawing = Lock()  # several pieces of one return are asked for at once


class _Wanted(Struct, frozen=True):
    """Which boxes to cut out of which file."""

    path: str
    boxes: Mapping[str, PicturedBox]


class CropDrawer(Struct, frozen=True):
    """Cuts boxes out of a file. It is given the JSON of what is wanted, and answers with that of the PNGs by name."""

    def __call__(self, wanted: bytes) -> bytes:
        """The PNG of each box, by its name."""
        asked = msgspec.json.decode(wanted, type=_Wanted)
        by_page: dict[int, dict[str, PicturedBox]] = {}
        for name, box in asked.boxes.items():
            by_page.setdefault(box.page, {})[name] = box
        found: dict[str, bytes] = {}
        for number, boxes in sorted(by_page.items()):
            if picture := _page(Path(asked.path), number):
                for name, box in boxes.items():
                    found[name] = _piece(picture, box)
        return msgspec.json.encode(found)


def draw_crop(folder: Path, return_id: str, name: str, definitions: Definitions) -> bytes:
    """The PNG of one box of a return; empty if it cannot be drawn. Raises `RecordsError`, `TemplateError`."""
    with open_records(folder, definitions) as (ledger, records):
        reading, returned = ledger.reading(return_id), records.find(return_id)
        all_boxes = pictured_boxes(reading, returned.year, definitions) if reading and returned else {}
        if not reading or name not in all_boxes:
            return b""
        later, _ = reading.where_is(all_boxes[name].page)
        sha256 = ledger.file_of(later or return_id)
    path = Archive(folder).find(sha256) if sha256 else None
    if not path:
        return b""
    boxes = _in_file(all_boxes, reading, later)
    with _drawing:
        pieces = _drawn(msgspec.json.encode(_Wanted(os.fspath(path.absolute()), boxes)))
        if not pieces:
            _drawn.cache_clear()  # they may be drawn at another time
        return pieces.get(name, b"")


def _in_file(boxes: Mapping[str, PicturedBox], reading: Reading, later: str) -> dict[str, PicturedBox]:
    """Those of the boxes that are in the file of a return with later pages; in the first one if `later` is empty."""
    found: dict[str, PicturedBox] = {}
    for name, box in boxes.items():
        return_id, page = reading.where_is(box.page)
        if return_id == later:
            found[name] = replace(box, page=page)
    return found


@lru_cache(_KEPT)
def _drawn(wanted: bytes) -> Mapping[str, bytes]:
    for _, answer in Workers(CropDrawer(), Limits(), 1).map([(None, wanted)]):
        if not isinstance(answer, Failure):
            return msgspec.json.decode(answer, type=dict[str, bytes])
    return {}


# --- in a confined process --------------------------------------------------------------------------------------------


def _page(path: Path, number: int) -> Image.Image | None:
    """A page of the file as a grey picture; None where it has no such page."""
    if path.suffix == ".pdf":
        document = opened_pdf(path)
        if number >= len(document):
            return None
        page = document[number]
        scale = min(_DRAWN, _LONGEST_EDGE / max(1.0, *page.get_size()))
        drawn: Image.Image = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
        return drawn
    from thep_forms.reading.pictures.files import count_pictures, pictures_in

    return next(pictures_in(path, [number])) if number < count_pictures(path) else None


def _piece(picture: Image.Image, box: PicturedBox) -> bytes:
    from PIL import Image

    corners: list[float] = []
    for across, down in box.corners:
        corners += [across * picture.width, down * picture.height]
    piece = picture.transform(box.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=255)
    out = io.BytesIO()
    piece.save(out, "PNG")
    return out.getvalue()
