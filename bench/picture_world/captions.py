"""Text burnt into a picture: whose, where, how large, how bright, how turned; drawn from a seed."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.picture_world.backgrounds import Array, Random

GIVEN = (
    "ANNA",
    "BORIS",
    "CLARA",
    "DIMITRI",
    "ELENA",
    "FARID",
    "GRETA",
    "HUGO",
    "INES",
    "JONAS",
    "KENJI",
    "LEILA",
)
FAMILY = (
    "ABENDROTH",
    "BIALIK",
    "CORREIA",
    "DELACROIX",
    "EKSTROM",
    "FONSECA",
    "GRUBER",
    "IVERSEN",
    "KOVACS",
    "LINDQVIST",
    "MBEKI",
    "NAKAMURA",
    "PETROV",
    "ROSSI",
)
PLACES = ("ST ANNE HOSPITAL", "Klinikum Nord", "CITY MEDICAL CTR", "Hopital Saint-Luc", "GENERAL INFIRMARY")
HERSHEY = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
)
OUTLINE = sorted(Path("/usr/share/fonts/truetype").rglob("*.ttf"))


@dataclass(frozen=True)
class Caption:
    """One line of text: its words and the pixels that it covers, True on a stroke."""

    words: str
    strokes: NDArray[np.bool_]


def words(random: Random) -> str:
    """A name, a number, a date, a place, or several of them."""
    name = f"{random.choice(FAMILY)}{random.choice(['^', ', ', ' '])}{random.choice(GIVEN)}"
    number = f"{random.choice(['', 'ID ', 'MRN: ', 'ID:'])}{random.integers(10**5, 10**8)}"
    day = f"{random.integers(1, 13)}/{random.integers(1, 29)}/{random.integers(1930, 2026)}"
    iso = f"{random.integers(1930, 2026)}-{random.integers(1, 13):02}-{random.integers(1, 29):02}"
    clock = f"{random.integers(0, 24):02}:{random.integers(0, 60):02}:{random.integers(0, 60):02}"
    kinds = (name, name.title(), number, day, f"DOB {iso}", f"{day} {clock}", str(random.choice(PLACES)))
    return str(random.choice(np.array(kinds, dtype=object)))


def draw(picture: Array, random: Random, *, height: int, contrast: float, turn: int = 0) -> Caption:
    """Draw one caption into the picture, in place, where nothing was drawn before.

    Args:
        picture: shape (rows, columns), values 0 to 1.
        random: where chance comes from.
        height: of a capital letter, in pixels, about.
        contrast: how much brighter (or, below 0, darker) than what lies behind, as a share of the range.
        turn: quarter turns.
    """
    text = words(random)
    stamp = np.rot90(_stamp(text, random, height), turn)
    rows, columns = picture.shape
    high, wide = stamp.shape
    if high >= rows - 4 or wide >= columns - 4:
        stamp = stamp[: rows - 4, : columns - 4]
        high, wide = stamp.shape
    y, x = _place(random, rows - high, columns - wide)
    behind = picture[y : y + high, x : x + wide]
    base = float(behind.mean())
    ink = base + contrast if 0 <= base + contrast <= 1 else base - contrast
    behind += stamp * (ink - behind)
    strokes = np.zeros(picture.shape, bool)
    strokes[y : y + high, x : x + wide] = stamp > 0.5
    return Caption(text, strokes)


def _place(random: Random, free_rows: int, free_columns: int) -> tuple[int, int]:
    """Mostly in a corner, as machines do, sometimes anywhere."""
    if random.random() < 0.3:
        return int(random.integers(0, free_rows + 1)), int(random.integers(0, free_columns + 1))
    margin = int(random.integers(2, 12))
    y = random.choice([min(margin, free_rows), max(0, free_rows - margin)])
    x = random.choice([min(margin, free_columns), max(0, free_columns - margin)])
    return int(y), int(x)


def _stamp(text: str, random: Random, height: int) -> NDArray[np.float32]:
    """The words alone, 1 on ink."""
    if OUTLINE and random.random() < 0.6:
        font = ImageFont.truetype(str(random.choice(np.array(OUTLINE, dtype=object))), round(height * 1.35))
        left, top, right, bottom = font.getbbox(text)
        image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
        ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=font)
        return np.asarray(image, np.float32) / 255
    face = int(random.choice(HERSHEY))
    thick = 1 if height < 14 or random.random() < 0.6 else 2
    scale = cv2.getFontScaleFromHeight(face, height, thick)
    (wide, high), base = cv2.getTextSize(text, face, scale, thick)
    stamp = np.zeros((high + base + 4, wide + 4), np.uint8)
    cv2.putText(
        stamp,
        text,
        (2, high + 1),
        face,
        scale,
        255,
        thick,
        cv2.LINE_AA if random.random() < 0.7 else cv2.LINE_8,
    )
    return stamp.astype(np.float32) / 255
