"""What a person does after a collection, as its counts say."""

from collections.abc import Mapping
from typing import Any


def next_steps(counts: Mapping[str, Any]) -> list[str]:
    """Sentences in the order of urgency; none where nothing is left to do.

    Args:
        counts: of a collection run, as its row keeps them.
    """
    review = dict(counts.get("review") or {})
    unmapped = int(review.pop("unmapped_label", 0))
    refused = sum((counts.get("refused") or {}).values())
    read = int(counts.get("rows") or 0)
    steps = (
        (counts.get("deletions_held"), "{n} rows are gone at once, so nothing was ended: look at the source"),
        (
            counts.get("quarantined"),
            "{n} cases may hold an identifier: look at them in the review list",
        ),
        (unmapped, "{n} diagnoses have no label yet: map them in the label space"),
        (sum(review.values()), "{n} cases wait in the review list"),
        (counts.get("pending"), "{n} cases wait for a validation"),
        (refused if read and 2 * refused > read else 0, "{n} of {read} rows were refused: check the mapping"),
    )
    return [sentence.format(n=n, read=read) for n, sentence in steps if n]
