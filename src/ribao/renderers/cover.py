"""The podcast's cover: set by typst, like the poster, with the fonts of the package and no others.

Nothing here asks for the time or for chance: an edition gives the same bytes wherever it is set.
"""

from __future__ import annotations

import importlib
import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from ribao.errors import RenderError
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import font_folder, visible
from ribao.renderers.typst.sheet import COLOURS, breakable

# The sheet's side in points (of which an inch has 72), and the pictures' in pixels. Directories
# take 1400 to 3000, RGB without transparency.
SHEET = 600
SIDE, THUMBNAIL_SIDE = 3000, 600
# The first of these qualities that is small enough to be in every MP3.
QUALITIES = (88, 80, 70, 55, 40)
HEAVIEST_THUMBNAIL = 60_000


def draw_cover(edition: Edition) -> bytes:
    """Return the cover that directories show: a PNG 3000 pixels square. Raises ``RenderError``."""
    body = io.BytesIO()
    _drawn(edition, SIDE).save(body, format="PNG", optimize=True, dpi=(72, 72))
    return body.getvalue()


def draw_thumbnail(edition: Edition) -> bytes:
    """Return the cover that each MP3 carries: a JPEG 600 pixels square. Raises ``RenderError``."""
    picture = _drawn(edition, THUMBNAIL_SIDE)
    made = b""
    for quality in QUALITIES:
        body = io.BytesIO()
        picture.save(body, format="JPEG", quality=quality, subsampling=0, optimize=True)
        made = body.getvalue()
        if len(made) <= HEAVIEST_THUMBNAIL:
            break
    return made


def _drawn(edition: Edition, side: int) -> Any:
    """Return the cover as Pillow's image."""
    typst, image = _library("typst"), _library("PIL.Image")
    folder = Path(str(files("ribao.renderers") / "typst"))
    data = json.dumps(_data(edition), ensure_ascii=False)
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_folder())],
    )
    try:
        png = typst.compile(
            folder / "cover.typ",
            root=folder,
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={"data": data},
            format="png",
            ppi=72 * side / SHEET,
        )
    except typst.TypstError as error:
        said = "; ".join([error.message, *error.hints])
        raise RenderError("cover", f"cannot be set: {said}") from error
    with image.open(io.BytesIO(png)) as opened:
        return opened.convert("RGB")


def _data(edition: Edition) -> dict[str, Any]:
    return {
        "colours": COLOURS,
        "language": edition.language,
        "lang": edition.language.partition("-")[0].lower(),
        "region": None,
        "name": breakable(visible(edition.title)),
        "sample": edition.texts["page.sample"] if edition.sample else None,
        "words": {"cover": edition.texts["podcast.cover"]},
    }


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise RenderError(
            "cover", f"{package} is not installed: pip install 'ribao[pictures]'"
        ) from error
