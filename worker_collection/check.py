"""Stage: check. Is the text fit to learn from: its label masked, instructions taken out, quality scored."""

from collections.abc import Iterable
from dataclasses import dataclass

from worker_collection.injection import neutralised
from worker_collection.masking import MASK, drugs_in, masked, phrases_of

__all__ = ["MASK", "Prepared", "drugs_in", "neutralised", "phrases_of", "prepare_text"]


@dataclass(frozen=True)
class Prepared:
    """A text as a model may see it, and what was found in it."""

    text: str
    flags: tuple[str, ...] = ()


def prepare_text(text: str, phrases: Iterable[str] = ()) -> Prepared:
    """What training and evaluation do alike to a text: no orders to a model, no answer in the question.

    Args:
        text: the text, de-identified where it is stored.
        phrases: the names of the case's own label, from `phrases_of`; none where the label is not known.
    """
    clean, ordered = neutralised(text)
    without = masked(clean, phrases)
    flags = (("label_in_text",) if without.found else ()) + (("instructions_in_text",) if ordered else ())
    return Prepared(without.text.strip(), flags)
