"""When a machine runs out of something: figures against limits, told only when they last."""

from collections.abc import Mapping
from dataclasses import dataclass

LOOKS = 3  # in a row beyond a limit, or within it, before anything is said


@dataclass(frozen=True)
class Limit:
    """One figure's limit. `most` says on which side of it trouble lies."""

    figure: str
    at: float
    severity: str  # warning, critical
    says: str
    is_most: bool = True

    def is_passed(self, value: float) -> bool:
        """Whether a value lies in trouble."""
        return value > self.at if self.is_most else value < self.at


# The gravest of a figure first: it is the one that is told.
LIMITS = (
    Limit("host_disk_free_share", 0.02, "critical", "the disk is full", is_most=False),
    Limit("host_disk_free_share", 0.10, "warning", "the disk fills up", is_most=False),
    Limit("host_memory_share", 0.95, "warning", "memory runs out"),
    Limit("host_clock_skew_seconds", 5.0, "warning", "its clock and the database's are apart"),
    Limit("gpu_temperature_celsius", 90.0, "warning", "a GPU is too hot"),
    Limit("gpu_errors", 0.0, "critical", "a GPU's memory has errors that cannot be corrected"),
)


@dataclass(frozen=True)
class Strain:
    """A limit that one machine, or one of its GPUs, has passed; `where` is its name."""

    where: str
    limit: Limit
    value: float

    @property
    def key(self) -> str:
        """The same trouble has the same key, however grave."""
        return f"resources:{self.where}:{self.limit.figure}"


def strains(where: str, figures: Mapping[str, float]) -> list[Strain]:
    """What a machine's figures say, at most one strain a figure; a figure that is absent says nothing."""
    found: dict[str, Strain] = {}
    for limit in LIMITS:
        value = figures.get(limit.figure)
        if value is not None and limit.is_passed(value):
            found.setdefault(limit.figure, Strain(where, limit, value))
    return list(found.values())


class Patience:
    """Which strains have lasted and which are over, by the looks of one watcher."""

    def __init__(self) -> None:
        self._held: dict[str, int] = {}  # looks in a row that found it; negative: that did not

    def look(self, found: Mapping[str, Strain]) -> tuple[list[Strain], list[str]]:
        """Strains seen for the third look in a row or longer, and keys absent for just as long."""
        for key in self._held.keys() | found.keys():
            before = self._held.get(key, 0)
            self._held[key] = max(before, 0) + 1 if key in found else min(before, 0) - 1
        lasting = [found[key] for key, looks in self._held.items() if looks >= LOOKS]
        over = [key for key, looks in self._held.items() if looks <= -LOOKS]
        for key in over:
            del self._held[key]
        return lasting, over

    def remember(self, key: str) -> None:
        """Something that was told before this watcher began; it is over when it is not seen any more."""
        self._held.setdefault(key, 0)
