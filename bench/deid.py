"""How well text is de-identified: gold notes, open and unseen generated notes, fuzzed notes, speed.

`python -m bench.deid [--set dev|open|read|second|third|unseen] [--count N] [--seed N]
[--by label|kind|locale|case] [--leaks] [--fuzz N] [--command CMD] [--peer CMD]` drives
`rounds deidentify` over its pipe and, without `--set`, writes `bench/results/deid.json`. Without a
seed every run makes other notes. `dev` is `deid_dev.jsonl` of ROUNDS_TEST_DATA, `open` the notes of
`bench/deid_world`, `read`, `second` and `third` those of `bench/deid_read`, `bench/deid_second` and
`bench/deid_third`, which were unseen once, `unseen` those of `bench/deid_unseen`, whose misses nobody
looks at: `--leaks` prints those of the others only.
"""

import argparse
import importlib.util
import json
import math
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.deid_exam.drive import DiedError, Note, Speed, answers
from bench.deid_exam.fuzz import SLOW_MS, fuzzed
from bench.deid_exam.score import Score, score
from bench.deid_read.notes import notes as read_notes
from bench.deid_second.notes import notes as second_notes
from bench.deid_third.notes import notes as third_notes
from bench.deid_unseen.notes import notes as unseen_notes
from bench.deid_world.notes import notes as open_notes

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "deid.json"
DATA = Path(os.environ.get("ROUNDS_TEST_DATA", HERE.parent.parent / "shared" / "data"))
TOOL = DATA.parent / "tools" / "deid_bench.py"
COMMAND = f"{sys.executable} -m rounds.main deidentify"
SETS = ("dev", "open", "read", "second", "third", "unseen")
# Figure of the score, what it is called, its goal, and whether more or less is better.
GOALS = (
    ("recall_span_direct", "direct identifiers found", 0.997, "least"),
    ("recall_span", "all identifiers found", 0.993, "least"),
    ("leak_free_notes", "notes without a leak", 0.93, "least"),
    ("precision_token", "precision", 0.985, "least"),
    ("released", "notes released", 0.90, "least"),
    ("clinical_destroyed", "clinical content destroyed", 0.003, "most"),
    ("eponyms_destroyed", "eponyms destroyed", 0.008, "most"),
    ("age_duration_destroyed", "ages and durations destroyed", 0.0, "most"),
    ("direct_leaks_per_1000_released", "identifiers left per 1,000 released notes", 0.0, "most"),
    ("inconsistent_notes", "inconsistent notes", 0.0, "most"),
    ("crashed_notes", "crashed notes", 0.0, "most"),
)
ALONE = (("recall_span_direct", "direct identifiers found", 0.985, "least"),)  # without the patient's row
SHARES = ("recall_span_direct", "recall_span", "precision_token")
DROP_POINTS = 0.5
Figure = dict[str, Any]


def main() -> None:
    """Measure what was wished, print it, and write the results of a whole run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=SETS, dest="only")
    parser.add_argument("--count", type=int, default=1000, help="generated notes of a set")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**31)
    parser.add_argument("--by", choices=("label", "kind", "locale", "case"))
    parser.add_argument("--leaks", action="store_true", help="print the misses of all sets but unseen")
    parser.add_argument("--fuzz", type=int, default=100_000)
    parser.add_argument("--command", default=COMMAND)
    parser.add_argument("--peer", metavar="CMD", help="another de-identifier, measured in the same run")
    wish = parser.parse_args()
    if wish.leaks and wish.only == "unseen":
        parser.error("the misses of the unseen notes are not shown: whoever reads them tunes on them")
    print(f"seed {wish.seed}")
    figures = list(_measured(wish))
    if wish.only is None:
        RESULTS.parent.mkdir(exist_ok=True)
        report = {"name": "deid", "machine": platform.platform(), "seed": wish.seed, "figures": figures}
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")


def _measured(wish: argparse.Namespace) -> Iterator[Figure]:
    results: dict[str, dict[str, float]] = {}
    speeds: list[Speed] = []
    sets = _sets(wish)
    for name, records in sets.items():
        for known in (True, False):
            title = name if known else f"{name}, no row"
            goals = GOALS if known else ALONE
            if not records:
                yield from (
                    _figure(f"{title}: {told}", None, goal, better=better) for _, told, goal, better in goals
                )
                continue
            result, speed = _examined(wish, records, title=title, known=known)
            results[title] = _named(result)
            speeds.append(speed)
            shown = [goal for goal in goals if not math.isnan(results[title][goal[0]])]
            yield from (
                _figure(f"{title}: {told}", results[title][key], goal, better=better)
                for key, told, goal, better in shown
            )
    if wish.only is None:
        yield from _drops(results)
        yield from _costs(speeds, wish, sets["dev"] or sets["open"])
        yield from _fuzz_figures(wish)


def _sets(wish: argparse.Namespace) -> dict[str, list[Note]]:
    """The notes of every set; the gold notes are none where their file is absent."""
    path = DATA / "deid_dev.jsonl"
    dev = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    if not dev and wish.only in (None, "dev"):
        print(f"skipped: there is no {path}")
    made = {
        "dev": dev,
        "dev hard": [note for note in dev if note["id"].startswith("d-hard")],
        "open": open_notes("open", wish.count, wish.seed),
        "read": read_notes(wish.count, wish.seed),
        "second": second_notes(wish.count, wish.seed),
        "third": third_notes(wish.count, wish.seed),
        "unseen": unseen_notes(wish.count, wish.seed),
    }
    return {name: records for name, records in made.items() if wish.only in (None, name.split()[0])}


def _examined(
    wish: argparse.Namespace, records: list[Note], *, title: str, known: bool
) -> tuple[Score, Speed]:
    found, speed = answers(wish.command, records, known=known)
    result = score(records, found)
    _compare_with_tool(records, found, result)
    spans = sum(pair[1] for pair in result.labels.values())
    print(f"{title}: {len(records)} notes, {spans} identifiers in those released")
    if wish.by:
        _print_by(result, wish.by)
    if wish.leaks and not title.startswith("unseen"):
        for leak in result.leaks:
            print("   ", *leak)
    return result, speed


def _named(result: Score) -> dict[str, float]:
    eponyms = result.kinds.get("eponym", [0, 0])
    return {**result.figures(), "eponyms_destroyed": eponyms[0] / eponyms[1] if eponyms[1] else math.nan}


def _compare_with_tool(records: list[Note], found: dict[str, Note], result: Score) -> None:
    """Fail where our counting and that of the acceptance tool differ; the tool need not be there."""
    spec = importlib.util.spec_from_file_location("deid_bench", TOOL) if TOOL.exists() else None
    if spec is None or spec.loader is None:
        print(f"skipped: the comparison with {TOOL.name}, which is not there")
        return
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    theirs = tool.score(records, found)
    differing = [
        key for key, ours in result.figures().items() if ours != theirs[key] and not math.isnan(ours)
    ]
    if differing:
        raise SystemExit(f"our counts are not those of {TOOL.name}: {', '.join(differing)}")


def _print_by(result: Score, by: str) -> None:
    """Totals by one view; `label` also tells what clinical content was destroyed."""
    if by == "label":
        rows = {label: f"{found:5} of {whole:5} found" for label, (found, whole) in result.labels.items()}
        rows |= {
            f"keep {kind}": f"{bad:5} of {whole:5} destroyed" for kind, (bad, whole) in result.kinds.items()
        }
    else:
        kinds = {
            name.partition(":")[2] or name: row for name, row in result.slices.items() if _is_slice(name, by)
        }
        rows = {
            name: f"{row[0] / max(1, row[1]):7.2%} of {row[1]:5} found, {row[2]:4} of {row[3]:4} notes clean"
            for name, row in kinds.items()
        }
    for name, told in sorted(rows.items()):
        print(f"    {name:24} {told}")


def _is_slice(name: str, by: str) -> bool:
    return name.startswith(f"{by}:") or (by == "kind" and ":" not in name)


def _drops(results: dict[str, dict[str, float]]) -> Iterator[Figure]:
    """How many points the unseen notes are worse; a note without a leak hangs on its length."""
    for base in ("dev", "open", "read", "second", "third"):
        for row in ("", ", no row"):
            seen, unseen = results.get(base + row), results.get("unseen" + row)
            for key, told, _, _ in GOALS:
                if key in SHARES:
                    drop = 100 * (seen[key] - unseen[key]) if seen and unseen else None
                    yield _figure(
                        f"drop {base} to unseen{row}: {told}", drop, DROP_POINTS, unit="points", better="most"
                    )


def _costs(speeds: list[Speed], wish: argparse.Namespace, records: list[Note]) -> Iterator[Figure]:
    """Speed on the gold notes, start, memory and the slowest note of all sets, by processor time."""
    whole = speeds[0].notes_per_core_second
    rules = _rate(f"{wish.command} --rules-only", records)
    slowest = max(speed.slowest_ms for speed in speeds)
    yield _figure("notes a second and core, by rules", rules, 1000, unit="notes/s")
    yield _figure("notes a second and core, with NER", whole, 60, unit="notes/s")
    yield _figure("slowest note", slowest, SLOW_MS, unit="ms", better="most")
    yield _figure("peak memory", max(speed.peak_mb for speed in speeds), 500, unit="MB", better="most")
    yield _figure("start", min(speed.start_seconds for speed in speeds), 0.3, unit="s", better="most")
    peer = _rate(wish.peer, records[:100], says=True)
    ratio = None if peer is None else whole / peer
    yield _figure("times as fast as the peer", ratio, 1, unit="x")


def _rate(command: str | None, records: list[Note], *, says: bool = False) -> float | None:
    """Notes a second and core of a command, None where there is none or it does not run."""
    if command is None:
        return None
    try:
        found, speed = answers(command, records, known=True)
    except DiedError as error:
        print(f"did not run: {error}")
        return None
    if says:
        told = {key: round(value, 4) for key, value in score(records, found).figures().items()}
        print(f"    the peer: {speed.notes_per_core_second:.1f} notes/s, {speed.peak_mb:.0f} MB, {told}")
    return speed.notes_per_core_second


def _fuzz_figures(wish: argparse.Namespace) -> Iterator[Figure]:
    texts = [note["text"] for note in open_notes("open", 150, wish.seed) + read_notes(150, wish.seed)]
    found = fuzzed(wish.command, texts, count=wish.fuzz, seed=wish.seed)
    for told, value in (
        ("crashed", found.crashed),
        ("inconsistent", found.inconsistent),
        ("slow", found.slow),
    ):
        yield _figure(f"{told} of {found.notes:,} fuzzed notes", value, 0, unit="notes", better="most")
    yield _figure("slowest 2,000 signs of a fuzzed note", found.worst, SLOW_MS, unit="ms", better="most")
    if found.faults:
        print(f"    first fault: {found.faults}")


def _figure(
    key: str, value: float | None, goal: float, *, unit: str = "share", better: str = "least"
) -> Figure:
    met = value is not None and (value <= goal if better == "most" else value >= goal)
    told = "not measured" if value is None else f"{value:.4f}"
    print(f"{key:72} {told:>12} {goal:>8} {'yes' if met else 'NO'}", flush=True)
    return {"key": key, "value": value, "unit": unit, "goal": goal, "met": met}


if __name__ == "__main__":
    main()
