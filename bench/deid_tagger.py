"""How the trained tagger does by itself: on invented notes, on real prose that names nobody, and how fast.

`python -m bench.deid_tagger [--seed N] [--count N]` writes `bench/results/deid_tagger.json`; it ends with the
precision at several thresholds, by label, from which `SURE` in `worker_collection/phi/tagger.py` is chosen.
The notes come from `bench/deid_read`. The rules have gone over them first: only what they leave is counted.
"""

import argparse
import json
import platform
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.deid_read.notes import notes
from worker_collection.phi import engine, tagger
from worker_collection.phi.known import Known
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span
from worker_collection.phi.tagger_file import FILE, MEANINGS

RESULTS = Path(__file__).parent / "results" / "deid_tagger.json"
NOBODY = Known.of({}, ())
_THRESHOLDS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)

Seen = list[tuple[str, float, bool]]  # label, chance, whether it is right


def main() -> None:
    """Measure, print, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=400)
    wish = parser.parse_args()
    print(f"seed {wish.seed}")
    records = notes(wish.count, seed=wish.seed)
    seen, missed, left = _judged(records)
    taken = [right for label, chance, right in seen if chance >= tagger.SURE[label]]
    figures = [
        _figure("of what rules left, found", 1 - missed / max(1, left), "share", goal=0.6),
        _figure("of what it took, right", sum(taken) / max(1, len(taken)), "share", goal=0.9),
        _figure("notes a second and core", _speed(records), "notes/s", goal=300),
        _figure("size of the weights", _megabytes(), "MB", goal=3, most=True),
    ]
    report = {"name": "deid_tagger", "machine": platform.platform(), "figures": figures}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    _print_thresholds(seen)


def _judged(records: list[dict[str, Any]]) -> tuple[Seen, int, int]:
    """What the tagger would take of what the rules leave, and how many gold spans it misses of how many."""
    seen: Seen = []
    missed = left = 0
    for record in records:
        page = Page(record["text"])
        covered = _by_rules(page)
        gold = _marked(page, record["spans"] + record.get("ignore", []))
        runs = list(tagger.runs(page, covered))
        seen += [(span.label, chance, _is_right(page, span, gold)) for span, chance in runs]
        sure = _marked(page, [_as_dict(span) for span, chance in runs if chance >= tagger.SURE[span.label]])
        for span in record["spans"]:
            words = [at for at, told in enumerate(_marked(page, [span])) if told and not covered[at]]
            if span["label"] in tagger.SURE and words:
                left += 1
                missed += not all(sure[at] for at in words)
    return seen, missed, left


def _by_rules(page: Page) -> list[bool]:
    spans = engine.find(page, NOBODY, this_year=2026, tagged=False)
    return _marked(page, [_as_dict(span) for span in spans])


def _as_dict(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}


def _marked(page: Page, spans: list[dict[str, Any]]) -> list[bool]:
    """For each word whether one of the spans has it."""
    covered = bytearray(len(page.text))
    for span in spans:
        covered[span["start"] : span["end"]] = b"\1" * (span["end"] - span["start"])
    return [bool(covered[word.start]) for word in page.words]


def _is_right(page: Page, span: Span, gold: list[bool]) -> bool:
    inside = [
        told for word, told in zip(page.words, gold, strict=True) if span.start <= word.start < span.end
    ]
    return sum(inside) * 2 > len(inside)


def _speed(records: list[dict[str, Any]]) -> float:
    """Notes of the tagger alone, its pages read already."""
    pages = [Page(record["text"]) for record in records]
    words = [[False] * len(page.words) for page in pages]
    tagger.find(pages[0], words[0])
    began = time.process_time()
    for page, covered in zip(pages, words, strict=True):
        tagger.find(page, covered)
    return len(pages) / (time.process_time() - began)


def _megabytes() -> float:
    return sum(path.stat().st_size for path in (FILE, MEANINGS)) / 2**20


def _figure(key: str, value: float, unit: str, *, goal: float, most: bool = False) -> dict[str, Any]:
    met = value <= goal if most else value >= goal
    print(f"{key:40} {value:10.3f} {unit:8} {goal:6} {'yes' if met else 'NO'}", flush=True)
    return {"key": key, "value": value, "unit": unit, "goal": goal, "met": met}


def _print_thresholds(seen: Seen) -> None:
    print(f"{'threshold':10}" + "".join(f"{label:>18}" for label in tagger.SURE))
    for least in _THRESHOLDS:
        told = defaultdict(list)
        for label, chance, right in seen:
            if chance >= least:
                told[label].append(right)
        cells = [f"{sum(told[label])}/{len(told[label])}" for label in tagger.SURE]
        print(f"{least:<10}" + "".join(f"{cell:>18}" for cell in cells))


if __name__ == "__main__":
    main()
