"""Pictures and masks as the encoder and the decoder see them, and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from shared.errors import InvalidInputError

_COLOURS = 3
_MIDDLE = 0.5
_HALF, _SHOWN_SPREADS, _WINDOWS = 0.5, 3, 7
_FAINTEST = 1e-3  # spread of a part that is one value throughout


class PictureError(InvalidInputError):
    """A picture, a mask or a box cannot be learnt from or answered."""

    code = "bad_picture"


@dataclass(frozen=True)
class Frame:
    """How a picture lies in the encoder's square: at the upper left, its longest side filling it."""

    height: int
    width: int
    side: int

    @property
    def scale(self) -> float:
        """Pixels of the square for one of the picture."""
        return self.side / max(self.height, self.width)

    @property
    def inner(self) -> tuple[int, int]:
        """Rows and columns of the square that the picture fills."""
        return max(1, round(self.height * self.scale)), max(1, round(self.width * self.scale))

    def place(self, pixel: float) -> float:
        """Where a pixel's middle lies, in pixels of the square counted from their middles, too."""
        return (pixel + _MIDDLE) * self.scale - _MIDDLE

    def box(self, box: Sequence[float]) -> tuple[float, float, float, float]:
        """A box of the picture (x0, y0, x1, y1) as one of the square."""
        x0, y0, x1, y1 = (self.place(value) for value in box)
        return x0, y0, x1, y1


def to_values(pixels: NDArray[Any]) -> Tensor:
    """A picture stretched to values 0 to 1, shape (3, height, width).

    Args:
        pixels: shape (height, width) or (height, width, 3), any numeric type.

    Raises:
        PictureError: another shape, no pixels, or one value throughout.
    """
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], _COLOURS, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] != _COLOURS or 0 in pixels.shape:
        fix = "a picture has the shape (height, width) or (height, width, 3)"
        raise PictureError("the picture has another shape", field="image", fix=fix)
    values = torch.from_numpy(np.ascontiguousarray(pixels, dtype=np.float32)).permute(2, 0, 1)
    low, high = values.min(), values.max()
    if not torch.isfinite(values).all() or high <= low:
        raise PictureError("the picture is one value throughout, or holds what is no number", field="image")
    return (values - low) / (high - low)


def evened(values: Tensor) -> Tensor:
    """Every channel less what surrounds each place, by its own spread; shape and range stay.

    Faint lines stand out, and photographs of bright and of dark eyes look alike.
    """
    apart = values - _around(_around(values))
    spread = apart.flatten(1).std(1)[:, None, None].clamp_min(_FAINTEST)
    return (_HALF + apart / (2 * _SHOWN_SPREADS * spread)).clamp(0, 1)


def _around(values: Tensor) -> Tensor:
    """The mean over a window about each place, a seventh of the longest side wide; by sums, not by places."""
    beyond = max(1, max(values.shape[1:]) // (2 * _WINDOWS))
    wide = 2 * beyond + 1
    edged = functional.pad(values[None], (beyond,) * 4, mode="replicate")[0].double()
    sums = functional.pad(edged.cumsum(1).cumsum(2), (1, 0, 1, 0))
    inner = sums[:, wide:, wide:] - sums[:, :-wide, wide:] - sums[:, wide:, :-wide] + sums[:, :-wide, :-wide]
    return (inner / wide**2).float()


def to_square(values: Tensor, side: int) -> tuple[Tensor, Frame]:
    """Values of a picture, or of a part of one, in the square: (3, side, side); below and right is 0."""
    frame = Frame(values.shape[1], values.shape[2], side)
    scaled = functional.interpolate(
        values[None], size=frame.inner, mode="bilinear", align_corners=False, antialias=True
    )[0].clamp(0, 1)
    rows, columns = frame.inner
    return functional.pad(scaled, (0, side - columns, 0, side - rows)), frame


def mask_to_grid(mask: NDArray[Any], frame: Frame, grid: int) -> Tensor:
    """Which share of each cell of the decoder's grid is object, shape (grid, grid)."""
    if mask.shape != (frame.height, frame.width):
        raise PictureError("the mask has another size than its picture", field="mask")
    rows, columns = (max(1, round(length * grid / frame.side)) for length in frame.inner)
    share = torch.from_numpy(np.ascontiguousarray(mask != 0, dtype=np.float32))[None, None]
    share = functional.interpolate(
        share, size=(rows, columns), mode="bilinear", align_corners=False, antialias=True
    )
    return functional.pad(share[0, 0].clamp(0, 1), (0, grid - columns, 0, grid - rows))


def logits_to_picture(logits: Tensor, frame: Frame) -> Tensor:
    """Mask logits of shape (n, grid, grid) at the picture's own size, shape (n, height, width)."""
    grid = logits.shape[-1]
    rows, columns = (max(1, round(length * grid / frame.side)) for length in frame.inner)
    cut = logits[:, None, :rows, :columns]
    size = (frame.height, frame.width)
    return functional.interpolate(cut, size=size, mode="bilinear", align_corners=False)[:, 0]
