"""How DICOM is de-identified: the sample files by their manifest, and generated pictures with text in them.

`python -m bench.dicom [SEED [PICTURES]]`. Seconds are CPU seconds of one thread.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.fhir import fresh
from bench.figures import Figure, at_least, at_most, keep
from bench.picture_world.backgrounds import BACKGROUNDS
from bench.picture_world.captions import draw
from shared.config import PREFIX
from shared.registry import runs, sources
from shared.registry.tables import CollectionRun
from worker_collection import collect
from worker_collection.dicom.decode import UnfitError
from worker_collection.dicom.files import clean_file
from worker_collection.dicom.headers import HeaderPolicy
from worker_collection.dicom.isolated import decoder
from worker_collection.mapping import mapping_text
from worker_collection.pixel_text.blank import clear_text

HERE = Path(__file__).parent
PICTURES, SEED = 80, 20261125
COVERED, CONTRASTS, HEIGHTS = 0.9, (0.15, 0.3, 0.6, 1.0), (9, 19)
_NEAR = np.ones((25, 25), np.uint8)


@dataclass
class Samples:
    """What became of the sample files."""

    identifiers: int = 0
    with_text: int = 0
    text_handled: int = 0
    clean_lost: int = 0


def main(seed: int, pictures: int) -> int:
    """Print and keep every figure; 1 when a goal is missed."""
    data = Path(os.environ.get(f"{PREFIX}TEST_DATA", HERE.parents[1] / "shared" / "data"))
    folder = data / "clinic-samples" / "dicom"
    figures = [*_generated(seed, pictures)]
    if folder.is_dir():
        figures += [*_samples(folder)]
    else:
        print(f"no data at {folder}")
    return keep("dicom", figures, seed=seed, pictures=pictures)


def _samples(folder: Path) -> Iterator[Figure]:
    """The sample files: written anew and searched for what the manifest says of them, then collected."""
    found, manifest = Samples(), json.loads((folder / "MANIFEST.json").read_text())
    uids: dict[str, str] = {}
    with decoder() as decoding:
        for entry in manifest:
            _sample(folder, entry, decoding, uids=uids, found=found)
    yield at_most("samples: header identifiers left", found.identifiers, "strings", goal=0)
    share = found.text_handled / max(1, found.with_text)
    yield at_least("samples: pictures with text held or cleaned", share, "share", goal=1.0)
    yield at_most("samples: clean pictures lost", found.clean_lost, "pictures", goal=0)
    groups = {frozenset([entry["file"], *entry.get("same_picture_as", ())]) for entry in manifest}
    doubles = sum(len(group) - 1 for group in groups)
    with ExitStack() as stack:
        counts = _collected(folder, stack)
    yield at_least(
        "samples: re-encodings found as one", counts["duplicates"] / max(1, doubles), "share", goal=1.0
    )


def _sample(
    folder: Path, entry: dict[str, Any], decoding: Any, *, uids: dict[str, str], found: Samples
) -> None:
    shows = bool(entry.get("text_seen_in_pixels_by_eye"))
    found.with_text += shows
    try:
        decoded = decoding.decode((folder / entry["file"]).read_bytes())
        fresh_uid = lambda uid: uids.setdefault(uid, f"2.25.{secrets.randbits(120)}")  # noqa: E731
        clean = clean_file(decoded, uid=fresh_uid, policy=HeaderPolicy(), this_year=2026)
    except UnfitError as error:
        found.text_handled += shows
        found.clean_lost += entry["has_pixels"] and not shows and error.reason != "truncated"
        return
    found.text_handled += shows and clean.blanked > 0
    raw = clean.data.decode("latin-1").casefold()
    secret = [*entry["identifying"].values(), *entry["uids"].values()]
    found.identifiers += sum(len(value) > 2 and value.casefold() in raw for value in secret)


def _collected(folder: Path, stack: ExitStack) -> dict[str, Any]:
    deps = fresh(stack)
    with deps.sessions.begin() as session:
        source = sources.add(
            session, "pacs", kind="dicom", address=str(folder), mapping=mapping_text("dicom"),
            model_type="segmentation", vault=deps.vault, now=deps.clock(), actor="bench",
        )  # fmt: skip
        run = runs.create(session, source, now=deps.clock(), triggered_by="bench", ring=False)
    collect.collect_run(run.id, deps)
    with deps.sessions() as session:
        return runs.answer(session.get_one(CollectionRun, run.id))


def _generated(seed: int, pictures: int) -> Iterator[Figure]:
    """Pictures with and without a caption, of every background in turn."""
    random = np.random.default_rng(seed)
    covered = held = safe = 0
    damage, altered, seconds = [], 0, 0.0
    for number in range(pictures):
        kind = list(BACKGROUNDS)[number % len(BACKGROUNDS)]
        plain = BACKGROUNDS[kind](random, int(random.choice([256, 384, 512, 768])))
        before = (plain * 1000).astype(np.int16)
        if number % 4 == number // 4 % 4:  # a quarter of them, of every kind
            clean = clear_text(before, "yx")
            altered += not clean.passed or not np.array_equal(clean.pixels, before)
        sign = float(random.choice([1, 1, 1, -1]))
        contrast, turn = float(random.choice(CONTRASTS)) * sign, int(random.choice([0, 0, 0, 1, 3]))
        caption = draw(plain, random, height=int(random.integers(*HEIGHTS)), contrast=contrast, turn=turn)
        before = (plain * 1000).astype(np.int16)
        began = time.process_time()
        cleared = clear_text(before, "yx")
        seconds += time.process_time() - began
        changed = cleared.pixels != before
        share = float((changed & caption.strokes).sum()) / max(1, int(caption.strokes.sum()))
        near = cv2.dilate(caption.strokes.astype(np.uint8), _NEAR) > 0
        covered, held = covered + (share > COVERED), held + (not cleared.passed)
        safe += share > COVERED or not cleared.passed
        damage.append(float((changed & ~near).mean()))
    yield at_least("generated: captions covered", covered / pictures, "share", goal=0.95)
    yield at_least("generated: captions covered or held", safe / pictures, "share", goal=0.97)
    yield at_most("generated: pictures held", held / pictures, "share", goal=0.1)
    yield at_most(
        "generated: pixels changed far from any caption", float(np.mean(damage)), "share", goal=0.005
    )
    yield at_most("generated: clean pictures altered or held", altered / (pictures / 4), "share", goal=0.02)
    yield at_most("generated: CPU seconds a picture with text", seconds / pictures, "s", goal=2.0)


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*(numbers + [SEED, PICTURES][len(numbers) :])))
