"""The text classifier: an encoder of BERT's shape, LoRA on its top layers and a linear head."""

from collections.abc import Mapping
from pathlib import Path

from shared.backends.base import FitRequest, Fitted, Naming, Progress, Scorer
from shared.config import Settings
from shared.domain.recipe import parse_recipe


class TextClassifier:
    """The backend of the family `text_classifier`; torch is imported when it first trains or loads."""

    family = "text_classifier"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check_recipe(self, recipe: Mapping[str, object]) -> None:
        """Refuse unknown and impossible hyperparameters, without torch."""
        parse_recipe(self.family, recipe)

    def fit(self, request: FitRequest, progress: Progress) -> Fitted:
        """Train; the same request gives the same bytes on one kind of CPU, stopped and resumed or not."""
        from shared.backends.text_classifier.fit import fit

        return fit(request, progress, self._settings)

    def load(self, files: Mapping[str, bytes], base: str) -> Scorer:
        """Bring a version onto its base, which all versions of a process share."""
        from shared.backends.devices import to_device
        from shared.backends.text_classifier import adopted
        from shared.backends.text_classifier.base_model import load_base
        from shared.backends.text_classifier.scorer import load_scorer

        device = to_device(self._settings.device)
        loaded = load_base(base, self._settings.base_models, device)
        if adopted.is_adopted(files):
            return adopted.load_pooled(files, loaded, device)
        return load_scorer(files, loaded, device)

    def adopt(self, source: str, naming: Naming) -> Fitted:
        """Make a version of a model for sequence classification that transformers or peft saved."""
        from shared.backends.text_classifier import adopted

        return adopted.adopt(source, naming, self._settings)

    def base_folder(self, base: str) -> Path:
        """Where the encoder lies."""
        from shared.backends.text_classifier.base_model import find_base

        return find_base(base, self._settings.base_models)
