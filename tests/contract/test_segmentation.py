"""What every model family promises, kept by the segmenter on the real LiteMedSAM."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from shared.backends import backend_for
from shared.backends.base import Fitted, Segmenter, Step
from shared.backends.files import digest_of
from shared.backends.segmentation import compare
from shared.backends.segmentation.material import NothingToSegmentError, prepare
from shared.backends.segmentation.picture import PictureError, evened
from shared.backends.segmentation.shelf import KEPT_SECONDS, Shelf
from shared.backends.segmentation.tiles import parts_for, paste, tiles_of
from shared.config import Settings, load_settings
from shared.domain.choosing import choose
from shared.domain.masks import Overlap
from shared.domain.recipe import RecipeError, parse_recipe
from shared.errors import InvalidInputError
from shared.vault import Vault
from tests.small_pictures import SIDE, drawing, examples, request, shelved
from tests.small_pictures import save as save_array

BLOB = (4.0, 4.0, 27.0, 25.0)


def quiet(_step: Step) -> None:
    """Take no notice."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def backend(settings):
    return backend_for("segmentation", settings)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    """Encoding costs most, so the trainings of this file share what was encoded, as those of a site do."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture(scope="module")
def fitted(backend, shelf, tmp_path_factory) -> Fitted:
    return backend.fit(shelved(request(tmp_path_factory.mktemp("run") / "checkpoints"), shelf), quiet)


def test_the_package_is_importable_without_torch():
    code = "import sys, shared.backends.segmentation; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("wish", "named"),
    [({"epohcs": 3}, "epohcs"), ({"tiles": "many"}, "tiles"), ({"learning_rate": 7}, "learning_rate")],
)
def test_a_wrong_hyperparameter_is_named(backend, wish, named):
    with pytest.raises(RecipeError) as caught:
        backend.check_recipe(wish)
    assert caught.value.field == named


def test_shares_of_prompts_that_conflict_are_refused(backend):
    with pytest.raises(RecipeError, match="whole_share"):
        backend.check_recipe({"whole_share": 0.7, "point_share": 0.5})


def test_it_learns_and_is_better_than_the_untrained_on_pictures_it_has_not_seen(backend, fitted):
    scorer = backend.load(fitted.files, "litemedsam")
    assert isinstance(scorer, Segmenter)
    assert list(scorer.labels) == ["object"]
    assert fitted.figures["learnt_kept"] == 1
    pixels, mask = drawing(50)
    learnt, untrained = (scorer.segment(pixels, [None], untrained=bare)[0] for bare in (False, True))
    assert learnt.mask.shape == mask.shape
    assert 0 <= learnt.score <= 1
    assert Overlap.of(learnt.mask, mask).dice > Overlap.of(untrained.mask, mask).dice + 0.05


def test_a_box_asks_for_what_is_in_it(backend, fitted):
    pixels, mask = drawing(51)
    inside, whole = backend.load(fitted.files, "litemedsam").segment(pixels, [BLOB, None])
    assert Overlap.of(inside.mask, mask == 1).dice > 0.75
    assert whole.mask.sum() > 1.4 * inside.mask.sum()


def test_the_same_request_gives_the_same_bytes_and_another_seed_others(backend, fitted, shelf, tmp_path):
    again = backend.fit(shelved(request(tmp_path / "a"), shelf), quiet)
    assert again.files == fitted.files
    assert again.fingerprint == fitted.fingerprint
    other = backend.fit(shelved(request(tmp_path / "b", seed=4), shelf), quiet)
    assert digest_of(other.files) != digest_of(fitted.files)


def test_embeddings_are_made_once_a_site(fitted, backend, shelf, tmp_path):
    assert fitted.figures["embeddings_made"] == len(examples(tmp_path / "x"))
    again = backend.fit(shelved(request(tmp_path / "a", epochs=0), shelf), quiet)
    assert again.figures["embeddings_made"] == 0


def test_the_order_of_the_examples_does_not_matter(backend, fitted, shelf, tmp_path):
    rows = examples(tmp_path / "c-pictures")[::-1]
    again = backend.fit(shelved(request(tmp_path / "c", rows), shelf), quiet)
    assert again.files == fitted.files


def test_an_answer_is_the_same_whatever_is_asked_beside_it(backend, fitted):
    scorer = backend.load(fitted.files, "litemedsam")
    pixels, _ = drawing(52)
    both = scorer.segment(pixels, [BLOB, None])
    alone = scorer.segment(pixels, [None])[0]
    assert (both[1].mask != alone.mask).mean() < 1e-3
    assert both[1].score == pytest.approx(alone.score, abs=1e-3)


def test_the_fingerprint_is_that_of_the_training_and_another_adapter_has_another(backend, fitted):
    assert backend.load(fitted.files, "litemedsam").fingerprint() == fitted.fingerprint
    tensors = load(fitted.files["adapter_model.safetensors"])
    shaken = {name: tensor + 0.05 * torch.ones_like(tensor) for name, tensor in tensors.items()}
    altered = fitted.files | {"adapter_model.safetensors": save(shaken)}
    assert backend.load(altered, "litemedsam").fingerprint() != fitted.fingerprint


def test_a_version_without_an_adapter_tensor_or_of_another_base_is_refused(backend, fitted):
    tensors = load(fitted.files["adapter_model.safetensors"])
    tensors.pop(sorted(tensors)[0])
    with pytest.raises(InvalidInputError, match="adapter"):
        backend.load(fitted.files | {"adapter_model.safetensors": save(tensors)}, "litemedsam")
    facts = json.loads(fitted.files["rounds.json"])
    facts["base"]["digest"] = "0" * 64
    with pytest.raises(InvalidInputError, match="another base"):
        backend.load(fitted.files | {"rounds.json": json.dumps(facts).encode()}, "litemedsam")


def test_texts_are_refused(backend, fitted):
    with pytest.raises(InvalidInputError, match="pictures"):
        backend.load(fitted.files, "litemedsam").answer(["cough"])


def test_a_box_beside_the_picture_and_a_picture_that_shows_nothing_are_refused(backend, fitted):
    scorer = backend.load(fitted.files, "litemedsam")
    pixels, _ = drawing(53)
    for box in ((60.0, 60.0, 70.0, 70.0), (20.0, 20.0, 10.0, 30.0)):
        with pytest.raises(PictureError):
            scorer.segment(pixels, [box])
    with pytest.raises(PictureError):
        scorer.segment(np.full((SIDE, SIDE), 7), [None])


class StopAskedError(Exception):
    """What a worker raises into the training to end it."""


@pytest.mark.parametrize("stop_at", [1, 3])
def test_a_stopped_training_resumed_gives_the_bytes_of_the_unbroken_one(
    backend, fitted, shelf, tmp_path, stop_at
):
    def stop(step: Step) -> None:
        if step.step == stop_at:
            raise StopAskedError

    wish = shelved(request(tmp_path / "run"), shelf)
    with pytest.raises(StopAskedError):
        backend.fit(wish, stop)
    seen: list[int] = []
    again = backend.fit(wish, lambda step: seen.append(step.step))
    assert seen[0] == stop_at + 1
    assert again.files == fitted.files


KILLED = """
import os, signal, sys
from pathlib import Path
from shared.backends import backend_for
from shared.config import load_settings
from tests.small_pictures import request, shelved
def die(step):
    if step.step == 3:
        os.kill(os.getpid(), signal.SIGKILL)
run, shelf, home = map(Path, sys.argv[1:])
backend_for("segmentation", load_settings(home=home)).fit(shelved(request(run), shelf), die)
"""


def test_a_killed_training_resumed_gives_the_bytes_of_the_unbroken_one(
    backend, fitted, shelf, settings, tmp_path
):
    places = [str(tmp_path / "run"), str(shelf), str(settings.root)]
    dead = subprocess.run([sys.executable, "-c", KILLED, *places], check=False)
    assert dead.returncode == -signal.SIGKILL
    newest = max((tmp_path / "run" / "model").glob("step-*"))
    (newest / "moments.safetensors").write_bytes(b"cut")
    again = backend.fit(shelved(request(tmp_path / "run"), shelf), quiet)
    assert again.files == fitted.files


def test_what_is_no_better_than_the_untrained_is_not_offered(backend, shelf, tmp_path):
    ruined = backend.fit(shelved(request(tmp_path / "r", learning_rate=0.3), shelf), quiet)
    assert ruined.figures["learnt_kept"] == 0
    scorer = backend.load(ruined.files, "litemedsam")
    pixels, _ = drawing(54)
    learnt, untrained = (scorer.segment(pixels, [BLOB], untrained=bare)[0] for bare in (False, True))
    assert np.array_equal(learnt.mask, untrained.mask)
    assert scorer.fingerprint() == ruined.fingerprint


def test_pictures_that_allow_no_segmenter_are_named(backend, tmp_path):
    one = examples(tmp_path / "a-pictures", 1)
    with pytest.raises(NothingToSegmentError):
        backend.fit(request(tmp_path / "a", one), quiet)
    with pytest.raises(NothingToSegmentError):
        backend.fit(replace(request(tmp_path / "b"), pictures=None), quiet)
    two = examples(tmp_path / "c-pictures", 2)
    wrong = [two[0], replace(two[1], mask=np_saved(tmp_path / "c-pictures"))]
    with pytest.raises(PictureError, match="another size"):
        backend.fit(request(tmp_path / "c", wrong), quiet)


def np_saved(folder: Path) -> str:
    np.save(folder / "wrong.npy", np.ones((3, 4), dtype=np.uint8))
    return "wrong"


def test_the_choice_is_spread_over_persons_and_stays(tmp_path):
    rows = examples(tmp_path / "p", 6)
    crowd = [replace(rows[0], case_id=row.case_id) for row in rows[:4]] + rows[4:]
    chosen = choose(crowd, 3)
    assert len({row.person_id for row in chosen}) == 3
    later = choose([*crowd, *examples(tmp_path / "p", 8)[6:]], 4)
    assert len({row.case_id for row in later} & {row.case_id for row in chosen}) >= 2
    assert [row.case_id for row in choose(crowd[::-1], 3)] == [row.case_id for row in chosen]


def test_nobody_is_learnt_from_and_held_back(tmp_path):
    rows = examples(tmp_path / "c-pictures", 6)
    crowd = [replace(row, person_id=rows[0].person_id) for row in rows[:3]] + rows[3:]
    wish = request(tmp_path / "c", crowd, held_back_share=0.5)
    material = prepare(wish, parse_recipe("segmentation", wish.recipe), 256)
    persons = [row.person_id for row in material.examples]
    held = {persons[number] for number in material.held_back}
    learnt = {persons[unit.picture] for unit in material.learnt}
    assert held
    assert not held & learnt
    assert len(material.held_back) + len(material.learnt) == 6


def test_an_embedding_is_sealed_nameless_and_made_again_when_it_does_not_open(tmp_path):
    shelf = Shelf(tmp_path, Vault(bytes(32)), "base")
    cells = torch.randn(4096, 256).to(torch.bfloat16)
    assert torch.equal(shelf.cells("a" * 64, lambda: cells), cells)
    (path,) = tmp_path.glob("*/*")
    assert "a" * 64 not in path.name
    assert cells.view(torch.int16).numpy().tobytes()[:64] not in path.read_bytes()
    assert torch.equal(shelf.cells("a" * 64, lambda: torch.zeros_like(cells)), cells)
    assert Shelf(tmp_path, Vault(bytes(range(32))), "base").read("a" * 64) is None
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert torch.equal(shelf.cells("a" * 64, lambda: cells), cells)
    shelf.prune(now=path.stat().st_mtime + KEPT_SECONDS + 1)
    assert not path.exists()


def test_thin_masks_are_cut_into_tiles_and_thick_ones_are_not():
    thin, thick = np.zeros((1000, 960), dtype=np.uint8), np.zeros((1000, 960), dtype=np.uint8)
    thick[200:800, 300:700] = 1
    for row in range(0, 960, 48):
        thin[row : row + 40, row : row + 4] = 1
        thin[row : row + 4, :] = 1
    assert parts_for([thick], side=256, grid=256) == 1
    assert parts_for([thin], side=256, grid=256) > 1
    assert len(tiles_of(3, 2, parts=4)) == 4


def test_small_objects_are_cut_into_tiles_and_large_ones_are_not():
    small, large = np.zeros((256, 256), dtype=np.uint16), np.zeros((256, 256), dtype=np.uint16)
    for number, place in enumerate(range(4, 240, 40), start=1):
        small[place : place + 12, place : place + 12] = number
        large[place : place + 36, place : place + 36] = number
    assert parts_for([large], side=256, grid=256) == 1
    assert parts_for([small], side=256, grid=256) == 3
    assert parts_for([small * 0], side=256, grid=256) == 1
    assert parts_for([large * 0 + 1], side=256, grid=256) == 1


def test_lines_are_shown_by_what_surrounds_them_and_other_objects_as_the_picture_has_them(tmp_path):
    line, block = np.zeros((900, 900), dtype=np.uint8), np.zeros((900, 900), dtype=np.uint8)
    block[200:600, 200:600] = 1
    for place in range(0, 900, 20):
        line[place : place + 2] = 1

    def is_local(mask: np.ndarray, **recipe: object) -> bool:
        folder = tmp_path / "c-pictures"
        seen = {"image": save_array(folder, mask * 9 + 1), "mask": save_array(folder, mask)}
        rows = [replace(row, **seen) for row in examples(folder, 2)]
        wish = request(tmp_path / "c", rows, held_back_share=0, **recipe)
        return prepare(wish, parse_recipe("segmentation", wish.recipe), 256).is_local

    assert is_local(line)
    assert not is_local(block)
    assert is_local(block, contrast="local")
    assert not is_local(line, contrast="whole")
    assert is_local(line, tiles=1)


def test_what_surrounds_a_place_is_taken_away_and_faint_lines_stand_out():
    rows = torch.arange(200.0)[:, None].expand(200, 160)
    values = (rows / 400).repeat(3, 1, 1)
    values[:, :, 80] += 0.02
    shown = evened(values)
    assert shown.shape == values.shape
    assert 0 <= float(shown.min()) <= float(shown.max()) <= 1
    line, ground = shown[:, 40:160, 80], shown[:, 40:160, 20:60]
    assert float(line.min() - ground.max()) > 0.2
    dark = evened(values * 0.5 + 0.1)
    assert torch.allclose(dark, shown, atol=1e-3)
    assert torch.isfinite(evened(torch.full((3, 2, 1), 0.5))).all()


def test_a_version_answers_as_it_learnt_to_see(backend, fitted):
    told = fitted.files | {"rounds.json": json.dumps(_facts(fitted) | {"local": True}).encode()}
    pixels, _ = drawing(55)
    plain, local = (backend.load(files, "litemedsam") for files in (fitted.files, told))
    assert plain.segment(pixels, [None])[0].score != local.segment(pixels, [None])[0].score


def test_a_box_is_asked_of_the_tile_that_shows_it_whole_and_a_larger_one_of_all_it_touches(backend, fitted):
    cut = fitted.files | {"rounds.json": json.dumps(_facts(fitted) | {"tiles": 2}).encode()}
    scorer = backend.load(cut, "litemedsam")
    pixels, _ = drawing(55)
    middle = (SIDE / 2 - 6.0, SIDE / 2 - 6.0, SIDE / 2 + 1.0, SIDE / 2 + 1.0)
    at_seam, wide = scorer.segment(pixels, [middle, (2.0, 2.0, SIDE - 3.0, SIDE - 3.0)])
    first = tiles_of(SIDE, SIDE, parts=2)[0]
    assert first.shows(middle)
    assert not at_seam.mask[first.bottom :].any()
    assert wide.mask[first.bottom :].any()


def _facts(fitted: Fitted) -> dict[str, object]:
    facts: dict[str, object] = json.loads(fitted.files["rounds.json"])
    return facts


def test_of_pictures_in_tiles_equally_many_are_learnt_from_and_the_same_next_week(tmp_path):
    most = 56

    def learnt(count: int) -> set[tuple[str, int, int]]:
        rows = examples(tmp_path / "c-pictures", count)
        wish = request(tmp_path / "c", rows, tiles=8, max_tiles=most, held_back_share=0)
        material = prepare(wish, parse_recipe("segmentation", wish.recipe), 256)
        return {(material.examples[u.picture].image, u.tile.top, u.tile.left) for u in material.learnt}

    now, later = learnt(7), learnt(8)
    assert len(now) == len(later) == most
    counts = Counter(name for name, _, _ in later)
    assert set(counts.values()) == {most // 8}
    assert len(later - now) == most // 8


def test_tiles_answer_for_every_pixel_once():
    counted = np.zeros((700, 513), dtype=int)
    for tile in tiles_of(700, 513, parts=3):
        top, bottom, left, right = tile.core
        counted[top:bottom, left:right] += 1
        whole = np.zeros(counted.shape, dtype=bool)
        paste(whole, np.ones((tile.height, tile.width), dtype=bool), tile)
        assert whole.sum() == (bottom - top) * (right - left)
    assert (counted == 1).all()


def test_a_comparison_without_anybody_held_back_refuses_nothing():
    assert compare.Comparison({}, {}).is_better
    assert not compare.Comparison({"whole": 0.9, "box": 0.8}, {"whole": 0.2, "box": 0.85}).is_better


def test_no_file_names_a_place_of_this_machine(fitted):
    for name in ("adapter_config.json", "rounds.json"):
        assert os.sep + "site-packages" not in fitted.files[name].decode()
        assert str(Path.home()) not in fitted.files[name].decode()
