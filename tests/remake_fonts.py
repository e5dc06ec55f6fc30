"""Remake the fonts of the form: Noto Sans, cut down to the Latin letters, marks and signs.

    python tests/remake_fonts.py

Needs the `dev` extra. The result is committed, so that a form's bytes do not depend on a fontTools release.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import fontpkg_noto_sans
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

TARGET = Path(__file__).parents[1] / "thep_forms" / "generate" / "fonts"
RANGES = (
    (0x20, 0x7E),  # Basic Latin
    (0xA0, 0x24F),  # Latin-1, Extended-A, Extended-B
    (0x250, 0x2FF),  # the small letters of African alphabets; modifier letters, such as ʿ and ʾ
    (0x300, 0x36F),  # combining marks
    (0x1E00, 0x1EFF),  # Latin Extended Additional: Vietnamese, Yoruba, transliterations
    (0x2010, 0x2027),
    (0x2030, 0x203A),
    (0x20AC, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
)
STYLES = {"Regular": ("NotoSans", 400), "Bold": ("NotoSans", 700), "Italic": ("NotoSans-Italic", 400)}


def cut_down(source: Path, weight: int) -> TTFont:
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.glyph_names = False
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "STAT", "MVAR"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    keep = instancer.OverlapMode.KEEP_AND_DONT_SET_FLAGS
    return instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100}, overlap=keep)


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for style, (family, weight) in STYLES.items():
        font = cut_down(fontpkg_noto_sans.ROOT / "files" / f"{family}[wdth,wght].ttf", weight)
        name = f"NotoSans-{style}"
        for record in font["name"].names:
            record.string = {1: "Noto Sans", 2: style, 4: f"Noto Sans {style}", 6: name}.get(record.nameID, str(record))
        font.save(TARGET / f"{name}.ttf")
    shutil.copyfile(fontpkg_noto_sans.ROOT / "LICENSE", TARGET / "OFL.txt")


if __name__ == "__main__":
    main()
