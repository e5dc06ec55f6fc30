"""The QR code in the corner of each page. It identifies a page that comes back as a picture.

A page of the form shows it by a form XObject: each school's copy has its own, and all else of the page in common.
That begins with a comment that says what the code says, so that a reader of the file need not draw it.
"""

from __future__ import annotations

import re
from typing import Any

import zxingcpp

from thep_forms.definition.identity import Code
from thep_forms.layout import Rect

CODE = "/Code{}"  # the XObject's name in resources, by the number of its page
_DARK = re.compile(rb"\0+")


def qr_code(code: Code, area: Rect) -> bytes:
    """The operators that draw the code in its square.

    It is one filled path, so that no viewer draws seams between its modules.
    """
    barcode = zxingcpp.create_barcode(str(code), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture: Any = zxingcpp.write_barcode_to_image(barcode, add_quiet_zones=False)  # its stub says it is no buffer
    rows, _ = picture.shape
    modules = bytes(memoryview(picture))
    module = area.width / rows
    parts = [b"q 0 g", b"%.4f 0 0 %.4f %.2f %.2f cm" % (module, module, area.x, area.y)]
    for row in range(rows):
        y, runs = rows - 1 - row, _DARK.finditer(modules, row * rows, (row + 1) * rows)
        parts += [b"%d %d %d 1 re" % (run.start() % rows, y, run.end() - run.start()) for run in runs]
    return b" ".join([*parts, b"f Q"])


def comment(code: Code) -> bytes:
    """The comment that says what the code says, a line of its own."""
    return b"%%%b\n" % b" ".join(str(code).encode("ascii", "replace").split())
