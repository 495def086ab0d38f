"""What a benchmark tells: figures with their goals, shown as they come and kept for the table of all."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True)
class Figure:
    """One line of the table; what was not measured has no value and does not meet its goal."""

    key: str
    value: float | None
    unit: str
    goal: float
    is_most: bool

    @property
    def met(self) -> bool:
        """Whether the value is on the right side of the goal."""
        if self.value is None:
            return False
        return self.value <= self.goal if self.is_most else self.value >= self.goal

    def __str__(self) -> str:
        value = "not measured" if self.value is None else f"{self.value:.4g}"
        goal = f"{'<=' if self.is_most else '>='} {self.goal:.4g}"
        return f"{self.key:<64} {value:>12} {self.unit:<10} {goal:<12} {'yes' if self.met else 'NO'}"


def at_most(key: str, value: float | None, unit: str, *, goal: float) -> Figure:
    """A figure that is better the less it is."""
    return Figure(key, value, unit, goal, is_most=True)


def at_least(key: str, value: float | None, unit: str, *, goal: float) -> Figure:
    """A figure that is better the more it is."""
    return Figure(key, value, unit, goal, is_most=False)


def keep(name: str, figures: Iterable[Figure], *, is_part: bool = False, **context: object) -> int:
    """Show and write every figure as it comes to `bench/results/NAME.json`; 1 when a goal is missed, else 0.

    Args:
        name: of the benchmark.
        figures: may be a generator that measures; one that is ended leaves what it had measured.
        is_part: figures of before that are not measured now stay in the file.
        context: what else a reader of the file needs, such as the seed or how many rows.
    """
    path = RESULTS / f"{name}.json"
    machine = f"{platform.platform()}, {os.cpu_count()} cores"
    rows = _before(path) if is_part else {}
    is_missed = False
    for figure in figures:
        print(figure, flush=True)
        is_missed |= not figure.met
        rows[figure.key] = {
            "key": figure.key,
            "value": _short(figure.value),
            "unit": figure.unit,
            "goal": figure.goal,
            "met": figure.met,
        }
        RESULTS.mkdir(exist_ok=True)
        result = {"name": name, "machine": machine, **context, "figures": list(rows.values())}
        path.write_text(json.dumps(result, indent=1) + "\n")
    return int(is_missed)


def _before(path: Path) -> dict[str, dict[str, object]]:
    """The rows that stand there by their key, none at first."""
    told = json.loads(path.read_text()) if path.exists() else {"figures": []}
    return {row["key"]: row for row in told["figures"]}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
