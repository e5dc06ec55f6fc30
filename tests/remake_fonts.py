"""Remake the fonts of the form: Noto Sans, cut down to the Latin letters, marks and signs, and its fallbacks for names.

    python tests/remake_fonts.py

Needs the `dev` extra, and `apt install fonts-noto-core` for the scripts that no package has. The result is committed,
so that a form's bytes do not depend on a fontTools release.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import fontpkg_noto_sans
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

TARGET = Path(__file__).parents[1] / "thep_forms" / "layout" / "typefaces"
NOTO = fontpkg_noto_sans.ROOT / "files"
DEBIAN = Path("/usr/share/fonts/truetype/noto")
LATIN = (
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
GREEK_CYRILLIC = ((0x20, 0x20), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x1F00, 0x1FFF))
STYLES = {"Regular": ("NotoSans", 400), "Bold": ("NotoSans", 700), "Italic": ("NotoSans-Italic", 400)}
MARKS = ["mark", "mkmk"]  # where a combining mark stands over its letter


def cut_down(font: TTFont, ranges: Iterable[tuple[int, int]], features: list[str]) -> TTFont:
    options = subset.Options()
    options.hinting = False
    options.layout_features = features
    options.glyph_names = False
    options.drop_tables += ["STAT", "MVAR"]
    if not features:
        options.drop_tables += ["GSUB", "GPOS", "GDEF"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in ranges for code in range(first, last + 1)])
    subsetter.subset(font)
    return font


def at_weight(font: TTFont, weight: int) -> TTFont:
    keep = instancer.OverlapMode.KEEP_AND_DONT_SET_FLAGS
    return instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100}, overlap=keep)


def save(font: TTFont, family: str, style: str) -> None:
    name = f"{family.replace(' ', '')}-{style}"
    for record in font["name"].names:
        record.string = {1: family, 2: style, 4: f"{family} {style}", 6: name}.get(record.nameID, str(record))
    font.save(TARGET / f"{name}.ttf")


def opened(path: Path) -> TTFont:
    return TTFont(path, recalcTimestamp=False)


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for style, (family, weight) in STYLES.items():
        features = MARKS if style == "Regular" else []
        font = cut_down(opened(NOTO / f"{family}[wdth,wght].ttf"), LATIN, features)
        save(at_weight(font, weight), "Noto Sans", style)
    font = cut_down(opened(NOTO / "NotoSans[wdth,wght].ttf"), GREEK_CYRILLIC, MARKS)
    save(at_weight(font, 400), "Noto Sans Greek Cyrillic", "Regular")
    for script, ranges in (
        ("Arabic", ((0x20, 0x20), (0x600, 0x6FF), (0x200C, 0x200F))),  # with the letters of Urdu, Persian and Kurdish
        ("Hebrew", ((0x20, 0x20), (0x591, 0x5F4), (0x200C, 0x200F), (0x25CC, 0x25CC), (0xFB1D, 0xFB4F))),
        ("Bengali", ((0x20, 0x20), (0x964, 0x965), (0x980, 0x9FF), (0x200C, 0x200D), (0x25CC, 0x25CC))),
    ):
        font = cut_down(opened(DEBIAN / f"NotoSans{script}-Regular.ttf"), ranges, ["*"])
        save(font, f"Noto Sans {script}", "Regular")
    shutil.copyfile(fontpkg_noto_sans.ROOT / "LICENSE", TARGET / "OFL.txt")


if __name__ == "__main__":
    main()
