"""The side of a person: a share of a keyed hash of the person's random key, the same for life."""

TRAINING, EVALUATION = "training", "evaluation"
SPLIT_PURPOSE = "split"


def split_of(digest: bytes, evaluation_share: float) -> str:
    """The side that a keyed hash of the person's random key falls on.

    Args:
        digest: `vault.keyed_hash(person.key, SPLIT_PURPOSE)`, at least 8 bytes.
        evaluation_share: share of persons on the evaluation side, 0 to 1.
    """
    drawn = int.from_bytes(digest[:8], "big") / 2**64
    return EVALUATION if drawn < evaluation_share else TRAINING


def survivor(first: str, second: str) -> str:
    """The side of two persons found to be one: evaluation wins, so nobody ever moves into training."""
    return EVALUATION if EVALUATION in (first, second) else TRAINING
