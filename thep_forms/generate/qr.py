"""The QR code in the corner of each page, for programs that get it as a picture.

A page of the form shows it by a form XObject: each school's copy has its own, and all else of the page in common.
"""

from __future__ import annotations

import re

import zxingcpp

from thep_forms.definition.identity import Code
from thep_forms.layout.pages import MM, Rect

SIDE = 12 * MM
_DARK = re.compile(rb"\0+")
CODE = "/Code{}"  # the XObject's name in resources, by the number of its page
GAP = 4 * MM  # between the body of the page and the code


def qr_code(code: Code, body: Rect) -> bytes:
    """The operators that draw it, below the body of the page and at its right edge.

    It is one filled path, so that no viewer draws seams between its modules.
    """
    barcode = zxingcpp.create_barcode(str(code), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture = zxingcpp.write_barcode_to_image(barcode, add_quiet_zones=False)
    rows, _ = picture.shape
    modules = bytes(memoryview(picture))  # type: ignore[arg-type] # it is a buffer, which zxing-cpp's stub leaves out
    dark = ((rows - 1 - n, run) for n in range(rows) for run in _DARK.finditer(modules, n * rows, (n + 1) * rows))
    path = (b"%d %d %d 1 re" % (run.start() % rows, y, run.end() - run.start()) for y, run in dark)
    side = SIDE / rows
    place = b"%.4f 0 0 %.4f %.2f %.2f cm" % (side, side, body.right - SIDE, body.y - GAP - SIDE)
    return b" ".join([b"q 0 g", place, *path, b"f Q"])
