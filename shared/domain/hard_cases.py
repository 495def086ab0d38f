"""Which few of many unread answers are worth reading most: unsure, typical, disputed, unlike each other."""

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

_WORD = re.compile(r"[^\W\d_]{3,}")
_BUCKETS = 1 << 16

Words = Mapping[int, float]  # hashed words with their share of the text, of length 1 as a vector


@dataclass(frozen=True)
class Doubt:
    """One answer that nobody has read.

    Args:
        key: names it.
        top: the probabilities of its labels, best first.
        others: how many other versions answered it, and how many of them otherwise.
        words: of its input, by `words_of`.
    """

    key: str
    top: tuple[float, ...]
    others: tuple[int, int]
    words: Words


@dataclass(frozen=True)
class Hard:
    """A chosen one with what made it so, each 0 to 1."""

    key: str
    uncertainty: float
    density: float
    disagreement: float

    @property
    def score(self) -> float:
        """The product: hard for the model, like many others, and disputed."""
        return self.uncertainty * self.density * self.disagreement


def words_of(text: str) -> Words:
    """The words of a text as a sparse vector of length 1; empty where it has none."""
    counts = Counter(zlib.crc32(word.encode()) % _BUCKETS for word in _WORD.findall(text.casefold()))
    length = sqrt(sum(n * n for n in counts.values()))
    return {word: n / length for word, n in sorted(counts.items())}


def choose(doubts: Sequence[Doubt], budget: int) -> list[Hard]:
    """The `budget` answers worth most, the best first; what resembles one that was chosen counts for less.

    Uncertainty is how little the best label leads; density how much the text is like the others, as a share
    of the most typical one; disagreement a half where no other version answered or all agreed, up to 1.
    """
    scored = _scored(doubts)
    words = {one.key: one.words for one in doubts}
    left = {one.key: one for one in scored}
    chosen: list[Hard] = []
    likeness = dict.fromkeys(left, 0.0)
    while left and len(chosen) < budget:
        best = max(left.values(), key=lambda one: (one.score * (1 - likeness[one.key]), one.key))
        chosen.append(left.pop(best.key))
        for key in left:
            likeness[key] = max(likeness[key], _likeness(words[key], words[best.key]))
    return chosen


def deal(chosen: Sequence[Hard], room: Mapping[str, int]) -> dict[str, list[Hard]]:
    """The chosen ones on the lists of those who have room, in turn, so that each gets some of the best."""
    lists: dict[str, list[Hard]] = {name: [] for name in sorted(room)}
    waiting = list(chosen)
    while waiting and any(len(mine) < room[name] for name, mine in lists.items()):
        for name, mine in lists.items():
            if waiting and len(mine) < room[name]:
                mine.append(waiting.pop(0))
    return lists


def _scored(doubts: Sequence[Doubt]) -> list[Hard]:
    whole: Counter[int] = Counter()
    for one in doubts:
        for word, share in one.words.items():
            whole[word] += share  # type: ignore[assignment]
    alike = [_likeness(one.words, whole) for one in doubts]
    most = max(alike, default=0.0) or 1.0
    return [
        Hard(one.key, _uncertainty(one.top), density / most, _disagreement(one.others))
        for one, density in zip(doubts, alike, strict=True)
    ]


def _uncertainty(top: tuple[float, ...]) -> float:
    first, second = (*top, 0.0, 0.0)[:2]
    return 1.0 - (first - second)


def _disagreement(others: tuple[int, int]) -> float:
    asked, differed = others
    return (1 + differed / asked) / 2 if asked else 0.5


def _likeness(one: Words, other: Mapping[int, float]) -> float:
    return sum(share * other.get(word, 0.0) for word, share in one.items())
