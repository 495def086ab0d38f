"""Model families behind one Protocol. Only this package may load torch, and it does so when first used."""

import os

from shared.backends.base import Backend
from shared.config import Settings, load_settings
from shared.errors import InvalidInputError

FAMILIES = ("text_classifier",)


def backend_for(family: str, settings: Settings | None = None) -> Backend:
    """The backend of one family, on the device and threads of the settings; cheap until it trains or loads.

    Raises:
        InvalidInputError: no such family is built in.
    """
    if family != "text_classifier":
        fix = f"families that exist: {', '.join(FAMILIES)}"
        raise InvalidInputError(f"no backend for the model family {family}", field="family", fix=fix)
    settings = settings or load_settings()
    _tame_threads(settings)
    from shared.backends.text_classifier import TextClassifier

    return TextClassifier(settings)


def _tame_threads(settings: Settings) -> None:
    """Before torch is loaded: threads that spin while they wait cost tenfold beside a busy neighbour."""
    os.environ.update(
        OMP_WAIT_POLICY="PASSIVE", OMP_NUM_THREADS=str(settings.threads), TOKENIZERS_PARALLELISM="false"
    )
