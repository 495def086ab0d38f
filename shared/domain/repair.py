"""How a training that failed is helped: a change of its recipe that leaves what it learns as it is."""

from collections.abc import Iterable, Mapping

from shared.domain.recipe import RECIPES

OUT_OF_MEMORY = "out_of_memory"
ACCUMULATION = "accumulation"


def remedy(code: str, family: str, recipe: Mapping[str, object]) -> dict[str, object] | None:
    """What to change before another try; None when nothing is known that would help.

    A batch that did not fit into memory is computed in twice as many parts, down to one case at a time: the
    effective batch, and with it the path of the training, stays.
    """
    if code != OUT_OF_MEMORY:
        return None
    fields = RECIPES[family].model_fields
    parts, size = (int(str(recipe.get(name, fields[name].default))) for name in (ACCUMULATION, "batch_size"))
    return {ACCUMULATION: min(2 * parts, size)} if parts < size else None


def mended(recipe: Mapping[str, object], repairs: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """The recipe that a job trains by: what was wished, with every repair since."""
    whole = dict(recipe)
    for repair in repairs:
        change = repair["change"]
        assert isinstance(change, Mapping)
        whole |= change
    return whole
