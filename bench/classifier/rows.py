"""Symptom2Disease as examples, and the parts that a comparison learns from and is scored on."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from shared.config import PREFIX
from shared.domain.example import Example
from shared.domain.split import EVALUATION, split_of
from shared.registry.persons import Identity
from worker_collection.draft import Draft
from worker_collection.reading import grouped

EVALUATION_SHARE = 0.2


def folder() -> Path:
    """Where the set lies, if it is on this machine."""
    given = os.environ.get(f"{PREFIX}TEST_DATA", Path(__file__).parents[3] / "shared" / "data")
    return Path(given) / "text" / "symptom2disease"


def read(path: Path) -> list[Example]:
    """The rows of one part; a cluster of near-duplicates counts as one person."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        Example(
            uuid5(NAMESPACE_OID, row["id"]),
            uuid5(NAMESPACE_OID, str(row["group"])),
            row["text"],
            row["label"],
        )
        for row in rows
    ]


def folds(rows: Sequence[Example], count: int) -> list[list[Example]]:
    """The rows in parts of whole persons and like size; labels of one person are in none.

    A label that one person alone has can be learnt or tested, never both: such rows are always learnt.
    """
    of_label: dict[str, set[object]] = {}
    of_person: dict[object, list[Example]] = {}
    for row in rows:
        of_label.setdefault(row.label, set()).add(row.person_id)
        of_person.setdefault(row.person_id, []).append(row)
    tested = [
        [row for row in part if len(of_label[row.label]) > 1]
        for _, part in sorted(of_person.items(), key=_drawn)
    ]
    parts: list[list[Example]] = [[] for _ in range(count)]
    for part in sorted(tested, key=len, reverse=True):
        min(parts, key=len).extend(part)
    return parts


def training_side(rows: Sequence[Example], secret: int) -> list[Example]:
    """What a site with this secret may learn from: whole persons stay away, as its import draws them."""
    drafts = [
        Draft(str(row.case_id), row.text, Identity((str(row.person_id),)), diagnosis=row.label)
        for row in rows
    ]
    drawn = [split_of(_hash(f"{secret} {row.person_id}"), EVALUATION_SHARE) for row in rows]
    named = zip(rows, grouped(drafts), drawn, strict=True)
    return [row for row, one, side in named if one.holds_a_label or side != EVALUATION]


def _drawn(entry: tuple[object, list[Example]]) -> bytes:
    return _hash(str(entry[0]))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
