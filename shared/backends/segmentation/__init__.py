"""The segmenter: a frozen image encoder, SAM's mask decoder with LoRA, and prompts."""

from collections.abc import Mapping
from pathlib import Path

from shared.backends.base import FitRequest, Fitted, Naming, Progress, Segmenter
from shared.config import Settings
from shared.domain.recipe import parse_recipe
from shared.errors import InvalidInputError


class Segmentation:
    """The backend of the family `segmentation`; torch is imported when it first trains or loads."""

    family = "segmentation"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check_recipe(self, recipe: Mapping[str, object]) -> None:
        """Refuse unknown and impossible hyperparameters, without torch."""
        parse_recipe(self.family, recipe)

    def fit(self, request: FitRequest, progress: Progress) -> Fitted:
        """Train; the same request gives the same bytes on one kind of CPU, stopped and resumed or not."""
        from shared.backends.segmentation.fit import fit

        return fit(request, progress, self._settings)

    def load(self, files: Mapping[str, bytes], base: str) -> Segmenter:
        """Bring a version onto its base, which all versions of a process share."""
        from shared.backends.devices import to_device
        from shared.backends.segmentation.base_model import load_base
        from shared.backends.segmentation.scorer import load_scorer

        device = to_device(self._settings.device)
        return load_scorer(files, load_base(base, self._settings.base_models, device), device)

    def adopt(self, source: str, naming: Naming) -> Fitted:  # noqa: ARG002
        """Take no model from elsewhere but one that Rounds exported.

        Raises:
            InvalidInputError: always.
        """
        fix = "import a folder that `rounds models export` wrote, or name the checkpoint as the base"
        raise InvalidInputError(f"{source} is no segmenter of ours", field="source", fix=fix)

    def base_folder(self, base: str) -> Path:
        """Where a `SamModel` lies; litemedsam is one file of another form."""
        from shared.backends.text_classifier.base_model import find_base

        if base == "litemedsam":
            fix = "export the version without merging it"
            raise InvalidInputError("litemedsam does not lie as transformers saves it", field="base", fix=fix)
        return find_base(base, self._settings.base_models)
