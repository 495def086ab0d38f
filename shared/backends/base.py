"""What every model family can do: learn from examples with checkpoints, and answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from shared.domain.example import Answer, Example, PictureExample

if TYPE_CHECKING:
    from numpy import bool_
    from numpy.typing import NDArray

Progress = Callable[["Step"], None]
Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels of the picture
Naming = Callable[[Sequence[str]], Sequence[str]]  # from a model's labels, in its order, to the site's


@dataclass(frozen=True)
class Step:
    """Where a training stands; `values` are its live figures (loss, learning_rate, tokens_per_second …)."""

    step: int
    steps: int
    epoch: int
    values: Mapping[str, float]
    checkpointed: bool = False
    trial: Mapping[str, object] | None = None  # news of a search: a trial that began or ended


@dataclass(frozen=True)
class Pictures:
    """What a segmenter learns from.

    Attributes:
        examples: `image` and `mask` are names of `.npy` files in `folder`, each the hash of what it holds:
            flat pictures, shape (rows, columns) or (rows, columns, 3), and masks of their size, 0 outside and
            each other number one object.
        folder: private to this training.
        shelf: a folder of this site that keeps sealed embeddings for the next training; None keeps none.
    """

    examples: Sequence[PictureExample]
    folder: Path
    shelf: Path | None = None


@dataclass(frozen=True)
class FitRequest:
    """One training. The same request gives the same weights, byte for byte, on CPU.

    `checkpoints` is a folder that outlives the process: a whole checkpoint there is resumed from, a broken
    one is passed over for the one before it. `shelf` is a folder of the site that keeps sealed activations of
    texts for the next training; None keeps none. `known` are the labels of the data set before this one.
    """

    examples: Sequence[Example]
    labels: Sequence[str]
    base: str
    recipe: Mapping[str, object]
    seed: int
    checkpoints: Path
    pictures: Pictures | None = None
    shelf: Path | None = None
    known: Sequence[str] = ()


@dataclass(frozen=True)
class Fitted:
    """A finished training: the adapter's files (safetensors and JSON, no code) and what it cost."""

    files: Mapping[str, bytes]
    fingerprint: str
    base_digest: str
    figures: Mapping[str, float] = field(default_factory=dict)


class Scorer(Protocol):
    """A loaded version that answers; several may share one base in memory."""

    labels: Sequence[str]

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        """One answer a text, in order; the same text gives the same answer whatever is beside it."""

    def fingerprint(self) -> str:
        """Hash of the answers to the fixed probes."""


@dataclass(frozen=True)
class Segmented:
    """One answer about a picture: `mask` in its size, True inside, and the IoU with the truth it expects."""

    mask: "NDArray[bool_]"
    score: float


@runtime_checkable
class Segmenter(Scorer, Protocol):
    """A loaded version that answers pictures with masks."""

    def segment(
        self, pixels: "NDArray[Any]", boxes: Sequence[Box | None], *, untrained: bool = False
    ) -> list[Segmented]:
        """One mask a box, in order; None asks for the whole picture.

        Args:
            pixels: shape (rows, columns) or (rows, columns, 3).
            boxes: prompts.
            untrained: answer as the base does without what was learnt.

        Raises:
            InvalidInputError: the picture shows nothing, or a box lies outside it.
        """


class Backend(Protocol):
    """One model family."""

    family: str

    def check_recipe(self, recipe: Mapping[str, object]) -> None:
        """Refuse unknown or conflicting hyperparameters before anything starts.

        Raises:
            InvalidInputError: naming the parameter and what would be right.
        """

    def fit(self, request: FitRequest, progress: Progress) -> Fitted:
        """Train; `progress` is called at least at every checkpoint and may raise to stop."""

    def load(self, files: Mapping[str, bytes], base: str) -> Scorer:
        """Bring a version's files onto its base.

        Raises:
            InvalidInputError: the files do not fit the base, or the base is not the one they were made on.
        """

    def adopt(self, source: str, naming: Naming) -> Fitted:
        """Make a version's files of a model that was trained elsewhere: a folder, or a hub id in the cache.

        Raises:
            InvalidInputError: it is of another kind, or its labels are not the site's.
        """

    def base_folder(self, base: str) -> Path:
        """Where the base lies as transformers saves it: configuration, tokenizer, one `model.safetensors`.

        Raises:
            InvalidInputError: it is not on this machine, or does not lie there in this form.
        """
