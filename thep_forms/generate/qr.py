"""The QR code in the corner of each page, for programs that get it as a picture."""

from __future__ import annotations

from itertools import groupby

import zxingcpp

from thep_forms.definition.identity import Code
from thep_forms.generate.layout import MM, Rect

SIDE = 12 * MM
GAP = 4 * MM  # between the body of the page and the code


def qr_code(code: Code, body: Rect) -> str:
    """The operators that draw it, below the body of the page and at its right edge.

    It is one filled path, so that no viewer draws seams between its modules.
    """
    barcode = zxingcpp.create_barcode(str(code), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = zxingcpp.write_barcode_to_image(barcode, add_quiet_zones=False)
    rows, _ = picture.shape
    modules = bytes(memoryview(picture))  # type: ignore[arg-type] # its stub does not tell that it is a buffer
    path: list[str] = []
    for n in range(rows):
        x = 0
        for value, run in groupby(modules[n * rows : (n + 1) * rows]):
            width = len(list(run))
            path += [] if value else [f"{x} {rows - 1 - n} {width} 1 re"]
            x += width
    side = SIDE / rows
    place = f"{side:.4f} 0 0 {side:.4f} {body.right - SIDE:.2f} {body.y - GAP - SIDE:.2f} cm"
    return " ".join(["q 0 g", place, *path, "f Q"])
