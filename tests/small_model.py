"""A training small enough for tests: three diseases in a few words each, on the real MiniLM."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from shared.backends.base import FitRequest
from shared.domain.example import Example

SIGNS = {
    "Gout": ("swollen big toe", "red hot joint", "pain in the toe at night", "tender foot"),
    "Migraine": ("one-sided headache", "light hurts the eyes", "nausea with headache", "throbbing temples"),
    "Urinary infection": ("burning on passing urine", "cloudy urine", "urge every hour", "pelvic pressure"),
}
FRAMES = ("Since two days {}.", "Patient reports {}, no fever.", "{}, worse in the morning, first time.")
LABELS = tuple(SIGNS)


def examples(**given) -> list[Example]:
    rows = [
        (label, frame.format(sign))
        for label, signs in SIGNS.items()
        for sign, frame in product(signs, FRAMES)
    ]
    return [
        Example(
            case_id=uuid5(NAMESPACE_OID, f"case {number}"),
            person_id=uuid5(NAMESPACE_OID, f"person {number}"),
            text=text,
            label=label,
            **given,
        )
        for number, (label, text) in enumerate(rows)
    ]


def request(
    checkpoints: Path, rows: Sequence[Example] | None = None, *, seed: int = 3, **recipe: object
) -> FitRequest:
    quick = {"rung": "lora", "epochs": 2, "batch_size": 6, "checkpoint_steps": 3} | recipe
    return FitRequest(
        examples=examples() if rows is None else rows,
        labels=LABELS,
        base="minilm",
        recipe=quick,
        seed=seed,
        checkpoints=checkpoints,
    )
