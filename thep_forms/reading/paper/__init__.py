"""Reads what stands on paper: finds the form's pages in a picture, straightens them, and reads each box.

    printed     the form's pages as they are printed, without an answer on them
    placing     where a printed page lies in a picture
    straighten  the page as if it lay flat under an even light
    frames      which boxes are not where the form has them
    ticks       which squares are ticked
    beside      which squares have a mark beside them
    outside     whether something is written outside of the boxes
    traces      what is on paper though nobody wrote it, such as punched holes
    text_lines  the printed lines of a page without boxes
    struck_lines  whether a stroke goes through these
    writing     the crops of the lines that stand in a box
    struck      what is crossed out in a line
    engine      what a crop says
    numbers     the DfE number, which is looked at several times
    reader      all of it, for the pictures of a file

Limitations: whole letters and digits are read well where they are typed or written apart. Joined handwriting is often
read wrongly, so what is read here is a proposal, and a person confirms it.

The room needs numpy, OpenCV and ONNX Runtime, which the extra `ocr` installs: import it where a picture is read, not
before. See `is_installed`.
"""

from __future__ import annotations

from importlib.util import find_spec

_NEEDED = ("numpy", "cv2", "onnxruntime", "rapidocr")


def is_installed() -> bool:
    """Whether the libraries that read pictures are there."""
    return all(find_spec(name) for name in _NEEDED)
