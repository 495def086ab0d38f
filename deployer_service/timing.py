"""How long two versions take for the same texts, one after the other: what else runs slows both alike."""

import time
from collections.abc import Sequence

from deployer_service.slots import HasModelServer
from shared.domain.example import Example
from shared.registry.tables import ModelVersion

TEXTS = 30


def side_by_side(
    version: ModelVersion,
    champion: ModelVersion | None,
    examples: Sequence[Example],
    *,
    deps: HasModelServer,
) -> list[list[float]]:
    """Milliseconds of the version and of the champion for each of the first texts, if there is a champion."""
    if champion is None:
        return []
    pair = (version.digest, champion.digest)
    return [[_milliseconds(deps, digest, one.text) for digest in pair] for one in examples[:TEXTS]]


def _milliseconds(deps: HasModelServer, digest: str, text: str) -> float:
    began = time.perf_counter()
    deps.model_server.answer(digest, [text])
    return round((time.perf_counter() - began) * 1000, 3)
