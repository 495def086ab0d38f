"""Which old cases are trained again beside new ones, so that what was known is not forgotten."""

from collections.abc import Mapping


def quotas(known: Mapping[str, int], fresh: int, share: float) -> dict[str, int]:
    """How many old cases of each label go with so many new ones.

    The labels share the quota by their size, each with at least one, so that a rare one is not forgotten
    first; no label gives more than it has. Without a new case nothing is replayed.

    Args:
        known: old cases by label.
        fresh: how many cases are new.
        share: old cases for each new one, 0 or more.
    """
    whole, wanted = sum(known.values()), round(share * fresh)
    if not whole or not wanted:
        return {}
    return {label: min(n, max(1, round(wanted * n / whole))) for label, n in sorted(known.items()) if n}
