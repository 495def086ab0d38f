"""Model families behind one Protocol. Only this package may load torch, and it does so when first used."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import cast

from shared.backends.base import Backend
from shared.config import Settings, load_settings
from shared.errors import InvalidInputError

_CLASSES: Mapping[str, str] = {  # a family is the package of its name
    "text_classifier": "TextClassifier",
    "causal_lm": "CausalLm",
    "segmentation": "Segmentation",
}
FAMILIES = tuple(_CLASSES)


def backend_for(family: str, settings: Settings | None = None) -> Backend:
    """The backend of one family, on the device and threads of the settings; cheap until it trains or loads.

    Raises:
        InvalidInputError: no such family is built in.
    """
    if family not in _CLASSES:
        fix = f"families that exist: {', '.join(FAMILIES)}"
        raise InvalidInputError(f"no backend for the model family {family}", field="family", fix=fix)
    settings = settings or load_settings()
    _tame_threads(settings)
    made = getattr(import_module(f"shared.backends.{family}"), _CLASSES[family])
    return cast(Backend, made(settings))


def computes_on_cpu(settings: Settings) -> bool:
    """Whether models of these settings compute on the CPU; loads torch."""
    return bool(import_module("shared.backends.devices").to_device(settings.device) == "cpu")


def _tame_threads(settings: Settings) -> None:
    """Before torch is loaded: threads that spin while they wait cost tenfold beside a busy neighbour."""
    os.environ.update(
        OMP_WAIT_POLICY="PASSIVE", OMP_NUM_THREADS=str(settings.threads), TOKENIZERS_PARALLELISM="false"
    )
