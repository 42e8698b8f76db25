"""Make the fonts that ship with ribao. Run by hand; neither ribao nor its tests need it.

    apt-get install fonts-noto-cjk fonts-noto-cjk-extra fonts-noto-core
    npm pack @expo-google-fonts/source-sans-3@0.4.1 @expo-google-fonts/source-serif-4@0.4.1
    for file in *.tgz; do mkdir -p latin && tar xzf $file -C latin --strip-components 1; done
    pip install fonttools opencc
    python docs/make_fonts.py ../shared/data latin

The first argument is a folder of days and translations (JSON): every character of their titles,
abstracts and names is kept beside GB2312, what OpenCC makes of it in Taiwan and Hong Kong, the
common halves of Big5 and of Japanese JIS X 0208, and the blocks below. The second
holds Adobe's Source Sans and Source Serif, from which the Latin of Noto CJK was drawn: it gives the
letters that Noto CJK lacks (the ł, č and ş of authors' names) and the italic. Signs that neither
has come from Noto Sans Math and Noto Sans Symbols.

Written to ``src/ribao/fonts``: static fonts without hints, and ``coverage.txt``, the characters of
the two sans fonts, which stand behind the serif ones, as ranges. The same inputs and the same
fontTools give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fontTools import subset
from fontTools.pens.qu2cuPen import Qu2CuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTCollection, TTFont
from opencc import OpenCC

OUT = Path(__file__).parent.parent / "src" / "ribao" / "fonts"
NOTO = Path("/usr/share/fonts/opentype/noto")
MAX_BYTES = 4_000_000


class Face(NamedTuple):
    """One of our fonts, and what it is made of."""

    file: str
    family: str
    style: str
    collection: str
    face: str
    # What gives the missing Latin letters, and how much larger they are drawn in Noto CJK: measured
    # on n, o and H of both. Noto's bold is between Source's semibold and bold.
    donor: str
    scale: float


FACES = (
    Face(
        "RibaoSans-Regular",
        "Ribao Sans",
        "Regular",
        "NotoSansCJK-Regular.ttc",
        "Noto Sans CJK SC",
        "400Regular/SourceSans3_400Regular.ttf",
        1.117,
    ),
    Face(
        "RibaoSans-Bold",
        "Ribao Sans",
        "Bold",
        "NotoSansCJK-Bold.ttc",
        "Noto Sans CJK SC",
        "600SemiBold/SourceSans3_600SemiBold.ttf",
        1.14,
    ),
    Face(
        "RibaoSerif-Bold",
        "Ribao Serif",
        "Bold",
        "NotoSerifCJK-Bold.ttc",
        "Noto Serif CJK SC",
        "600SemiBold/SourceSerif4_600SemiBold.ttf",
        1.09,
    ),
)
FIRST_SIGN = 0x2000  # letters come from nowhere but the Latin of the same design
SIGNS = (
    "/usr/share/fonts/truetype/noto/NotoSansMath-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansSymbols-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansSymbols2-Regular.ttf",
)
ITALIC = "RibaoSerif-Italic"
ITALIC_SOURCE = "400Regular_Italic/SourceSerif4_400Regular_Italic.ttf"
# Whole blocks, as far as the fonts have them.
BLOCKS = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x024F),  # Latin-1, Latin Extended-A and -B
    (0x0250, 0x036F),  # phonetic letters, modifiers, combining marks
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x052F),  # Cyrillic
    (0x1E00, 0x1EFF),  # Latin Extended Additional (Vietnamese)
    (0x2000, 0x206F),  # punctuation, blanks of every width
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20CF),  # currencies
    (0x2100, 0x218F),  # letter-like symbols, fractions, Roman numerals
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # operators
    (0x2300, 0x23FF),  # technical symbols
    (0x2460, 0x24FF),  # numbers in circles
    (0x2500, 0x25FF),  # boxes, blocks, shapes
    (0x2600, 0x27BF),  # symbols, dingbats
    (0x27C0, 0x27FF),  # more mathematics, more arrows
    (0x2900, 0x2AFF),  # yet more of both
    (0x2B00, 0x2BFF),  # arrows, stars
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3040, 0x30FF),  # kana
    (0xFE30, 0xFE4F),  # Chinese brackets, compatibility forms
    (0xFF00, 0xFFEF),  # full and half widths
)
# What OpenCC calls traditional letters as Taiwan and Hong Kong write them (裡 and 裏).
TRADITIONAL = ("s2tw", "s2hk")
JIS_LEVEL_1 = range(0xB0, 0xD0)
BASIC = 0xFFFF  # the last character that every kind of table in a font can name
VARIATIONS = 14  # the kind of table that tells variants of a character apart
# Kept: what marks and pairs of Latin letters need, and narrow “quotes” for texts in Latin letters.
# Left out: vertical setting, variants of other countries, ligatures (they would only spoil what is
# searched for and copied out of a PDF).
FEATURES = ["ccmp", "kern", "mark", "mkmk", "pwid"]
TEXTS = {"title", "abstract", "summary", "name", "fullname", "title_zh", "abstract_zh"}


def main() -> None:
    """Write the fonts and their coverage."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("data", type=Path, help="folder of days and translations (JSON)")
    arguments.add_argument("latin", type=Path, help="folder of Source Sans and Source Serif")
    given = arguments.parse_args()
    wanted = set(characters(given.data))
    OUT.mkdir(parents=True, exist_ok=True)
    covered = set(range(0x110000))
    for face in FACES:
        font = cut(find_face(NOTO / face.collection, face.face), wanted)
        lend(font, TTFont(given.latin / face.donor), face.scale, wanted)
        for path in SIGNS:
            lend(font, TTFont(path), 1.0, {code for code in wanted if code >= FIRST_SIGN})
        rename(font, face.family, face.style, face.file)
        has = save(font, OUT / f"{face.file}.otf")
        covered &= has if face.family == "Ribao Sans" else covered
    italic = cut(TTFont(given.latin / ITALIC_SOURCE), {code for code in wanted if is_letter(code)})
    rename(italic, "Ribao Serif", "Italic", ITALIC)
    save(italic, OUT / f"{ITALIC}.ttf")
    (OUT / "coverage.txt").write_text(as_ranges(sorted(covered)), "ascii")


def save(font: TTFont, path: Path) -> set[int]:
    """Write a font and return its characters, read back from the file."""
    font.save(path)
    if (size := path.stat().st_size) > MAX_BYTES:
        raise SystemExit(f"{path}: {size:,} bytes, more than {MAX_BYTES:,}")
    has = set(TTFont(path).getBestCmap())
    print(f"{path.name}: {size:,} bytes, {len(has):,} characters")
    return has


def characters(data: Path) -> Iterator[int]:
    """Yield every character that is wanted."""
    for first, last in BLOCKS:
        yield from range(first, last + 1)
    simplified = list(_rows("gb2312", range(0xA1, 0xFF)))
    yield from map(ord, "".join(simplified))
    for way in TRADITIONAL:
        # One by one: side by side they might be words.
        yield from map(ord, "".join(map(OpenCC(way).convert, simplified)))
    yield from map(ord, "".join(_rows("euc_jp", JIS_LEVEL_1)))
    for row in range(0xA4, 0xC7):
        for cell in range(0x40, 0xFF):
            yield from map(ord, bytes((row, cell)).decode("big5", "ignore"))
    for path in sorted(data.rglob("*.json")):
        for text in texts(json.loads(path.read_text("utf-8"))):
            yield from map(ord, text)


def _rows(encoding: str, rows: range) -> Iterator[str]:
    """Yield what an encoding of two bytes has in the given rows."""
    for row in rows:
        for cell in range(0xA1, 0xFF):
            yield bytes((row, cell)).decode(encoding, "ignore")


def texts(value: object, key: str = "") -> Iterator[str]:
    """Yield the titles, abstracts and names in ``value``, however deep they are."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str) and key in TEXTS:
        yield value


def find_face(path: Path, family: str) -> TTFont:
    """Return the face of that family in a collection."""
    for font in TTCollection(path).fonts:
        if font["name"].getDebugName(1) == family:
            return font
    raise SystemExit(f"{path}: has no face {family}")


def cut(font: TTFont, wanted: set[int]) -> TTFont:
    """Leave in ``font`` only the wanted characters, without hints."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = FEATURES
    options.notdef_outline = True
    options.name_IDs = [0, 7, 8, 9, 11, 13, 14]
    options.recalc_timestamp = False
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx", "STAT"]
    font.recalcTimestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    return font


def lend(font: TTFont, donor: TTFont, scale: float, wanted: set[int]) -> None:
    """Add the letters and signs that ``font`` lacks and ``donor`` has."""
    lacking = {code for code in wanted if code <= BASIC} - set(font.getBestCmap())
    have = {code: name for code, name in donor.getBestCmap().items() if code in lacking}
    top = font["CFF "].cff.topDictIndex[0]
    latin = top.FDSelect[font.getGlyphID(font.getBestCmap()[ord("n")])]
    private = top.FDArray[latin].Private
    glyphs, order = donor.getGlyphSet(), font.getGlyphOrder()
    # A glyph of such a font has a number for a name; those that were cut away are free.
    taken = set(order)
    free = (name for name in map("cid{:05d}".format, range(1, 0x10000)) if name not in taken)
    for (code, donor_name), name in zip(sorted(have.items()), free, strict=False):
        glyph = glyphs[donor_name]
        width = round(glyph.width * scale)
        pen = T2CharStringPen(width - private.nominalWidthX, None)
        cubic = Qu2CuPen(pen, 0.5, all_cubic=True, reverse_direction=True)
        drawing = DecomposingRecordingPen(glyphs)
        glyph.draw(drawing)
        drawing.replay(TransformPen(cubic, (scale, 0, 0, scale, 0, 0)))
        top.CharStrings.charStringsIndex.append(pen.getCharString(private, top.GlobalSubrs))
        top.CharStrings.charStrings[name] = len(order)
        top.FDSelect.gidArray.append(latin)
        order.append(name)
        font["hmtx"][name] = (width, 0)
        for table in font["cmap"].tables:
            if table.isUnicode() and table.format != VARIATIONS:
                table.cmap[code] = name
    top.charset = order
    font.setGlyphOrder(order)
    font["maxp"].numGlyphs = len(order)


def is_letter(code: int) -> bool:
    """Tell whether the italic is to have a character: no Chinese stands in it."""
    return code < 0x2000 or 0x2010 <= code <= 0x205E  # noqa: PLR2004 - blocks of Unicode


def rename(font: TTFont, family: str, style: str, file: str) -> None:
    """Give ``font`` our name: it is no longer the one that Google and Adobe publish."""
    names = font["name"]
    for number, text in (
        (1, family),
        (2, style),
        (3, f"ribao;{file}"),
        (4, f"{family} {style}"),
        (5, "Version 1.000; cut for ribao"),
        (6, file),
    ):
        names.setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [file]
        top = cff.topDictIndex[0]
        top.FullName, top.FamilyName = f"{family} {style}", family
    font["OS/2"].usWeightClass = 700 if style == "Bold" else 400
    font["OS/2"].fsSelection = {"Bold": 0x20, "Italic": 0x01}.get(style, 0x40)
    font["head"].macStyle = {"Bold": 1, "Italic": 2}.get(style, 0)


def as_ranges(codes: list[int]) -> str:
    """Write characters as ranges in hexadecimal (``4E00`` or ``4E00-4E03``), many to a line."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    words = [f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in runs]
    return textwrap.fill(" ".join(words), 100, break_on_hyphens=False) + "\n"


if __name__ == "__main__":
    main()
