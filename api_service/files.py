"""Files in the body of a request: base64, with or without the head of a data URL."""

import base64
import binascii
import struct
from typing import Annotated

from pydantic import AfterValidator, Field

MOST_CHARACTERS = 30_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_SIZE = slice(16, 24)  # width and height, which a PNG says first


def png_size(encoded: str) -> tuple[int, int] | None:
    """Width and height that a PNG claims; None for any other file."""
    data = _decoded(encoded)
    if data[: len(_PNG)] != _PNG or len(data) < _SIZE.stop:
        return None
    width, height = struct.unpack(">II", data[_SIZE])
    return width, height


def _decoded(encoded: str) -> bytes:
    return base64.b64decode(encoded.removeprefix("data:").split(";base64,")[-1], validate=True)


def _file(encoded: str) -> str:
    try:
        _decoded(encoded)
    except (binascii.Error, ValueError):
        raise ValueError("must be a file in base64") from None
    return encoded


File = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS), AfterValidator(_file)]
