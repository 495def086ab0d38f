"""Sentences of openly licensed clinical prose that name nobody, as the sea in which invented names swim."""

import json
import os
import re
from functools import cache
from pathlib import Path

from worker_collection.phi import towns
from worker_collection.phi.behind import Behind
from worker_collection.phi.names import Names
from worker_collection.phi.page import Page
from worker_collection.phi.places import Places

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ROUNDS_TEST_DATA", HERE.parent.parent.parent / "shared" / "data")) / "text"
_FIELDS = {"mts_dialog": "note", "pubmedqa": "context", "symptom2disease": "text"}
_STOP = re.compile(r"(?<=[a-z0-9)%][.!?])\s+(?=[A-Z])|\n+")


@cache
def sentences(part: str = "train") -> list[str]:
    """Every sentence in which the rules find no name and no place.

    Raises:
        FileNotFoundError: the texts are not there; ROUNDS_TEST_DATA says where they lie.
    """
    answer = []
    for folder, field in _FIELDS.items():
        for line in (DATA / folder / f"{part}.jsonl").read_text().strip().split("\n"):
            told = json.loads(line)[field]
            text = " ".join(told) if isinstance(told, list) else told
            answer += [one.strip() for one in _STOP.split(text) if 12 < len(one) < 260 and _names_nobody(one)]
    return sorted(set(answer))


@cache
def clauses(part: str = "train") -> list[str]:
    """Short sentences as they go on behind a comma or "that"."""
    short = [one for one in sentences(part) if len(one) < 90]
    return [_low(one.rstrip(".!?")) for one in short]


def _low(sentence: str) -> str:
    keeps = sentence[:2] in ("I ", "I'") or sentence[1:2].isupper()
    return sentence if keeps else sentence[:1].lower() + sentence[1:]


def _names_nobody(sentence: str) -> bool:
    page = Page(sentence)
    free = [False] * len(page.words)
    found = (
        Names(page, free).find(),
        Places(page, free).find(),
        Behind(page, free).find(),
        towns.find(page, free),
    )
    return not any(True for spans in found for _ in spans)
