"""In which order cases are read: what decides most, what is dangerous to miss, what waits longest."""

from collections.abc import Collection
from datetime import datetime

# Reasons by how much one reading settles: contradictions, then suspicions, then what is merely unsure.
_FIRST = (
    "readers_disagree",
    "same_text_other_label",
    "code_text_conflict",
    "discharge_contradicts",
    "note_denies_diagnosis",
    "diagnosis_revised",
    "burst_signing",
    "copied_text",
    "copy_through",
    "validator_lapsed",
)


def rank(reasons: Collection[str], *, is_dangerous: bool, since: datetime) -> tuple[bool, int, datetime]:
    """A sort key: the smaller, the sooner a case is to be read.

    Args:
        reasons: why the case waits.
        is_dangerous: whether its label is one that must not be missed.
        since: when it was collected.
    """
    places = [_FIRST.index(reason) for reason in reasons if reason in _FIRST]
    return not is_dangerous, min(places, default=len(_FIRST)), since
