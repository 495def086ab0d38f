"""Whether somebody takes over what a model says instead of looking."""

from scipy.special import bdtrc

MIN_SHOWN, RARE = 20, 0.01


def copies(agreed: int, shown: int, claimed: float) -> bool:
    """Whether answers were accepted more often than the model itself claims to be right.

    Somebody who looks agrees as often as the model is right. Agreeing so often that it would happen to one
    reader in a hundred, or fewer, is a reason to look at those answers again; fewer than 20 say nothing.

    Args:
        agreed: shown answers that were accepted as they were.
        shown: answers that were shown.
        claimed: share, the model's mean confidence in them.

    Source: one-sided binomial test; a calibrated confidence is the chance of being right.
    """
    if shown < MIN_SHOWN:
        return False
    share = min(max(claimed, 0.0), 1.0)
    return bool(bdtrc(agreed - 1, shown, share) < RARE)
