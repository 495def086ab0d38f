"""Activations of texts that outlive a training: sealed, exact, and useless without the text."""

from dataclasses import replace

import pytest
import torch

from shared.backends import backend_for
from shared.backends.shelf import KEPT_SECONDS, SealedShelf
from shared.backends.text_classifier.activations import Cut, TextShelf, make
from shared.backends.text_classifier.base_model import load_base
from shared.config import load_settings
from shared.vault import open_vault
from tests.small_model import examples, request


@pytest.fixture
def settings(tmp_path):
    return load_settings(home=tmp_path / "home")


@pytest.fixture
def vault(settings):
    return open_vault(settings.secret_file)


def test_a_shelf_changes_no_byte_and_next_week_pays_only_for_what_is_new(settings, tmp_path):
    backend = backend_for("text_classifier", settings)
    rows = examples()
    bare = backend.fit(request(tmp_path / "bare", rows, rung="head"), lambda _step: None)
    first = replace(request(tmp_path / "first", rows[:-3], rung="head"), shelf=tmp_path / "shelf")
    second = replace(request(tmp_path / "second", rows, rung="head"), shelf=tmp_path / "shelf")
    made = backend.fit(first, lambda _step: None).figures
    again = backend.fit(second, lambda _step: None)
    assert (made["activations_made"], made["activations_found"]) == (len(rows) - 3, 0)
    assert (again.figures["activations_made"], again.figures["activations_found"]) == (3, len(rows) - 3)
    assert again.files == bare.files


def test_what_is_kept_is_exact_and_says_nothing_of_its_text(vault, tmp_path):
    base = load_base("minilm", None, "cpu")
    cut = Cut(base, range(3, 6), "cpu")
    row = base.tokenizer.encode("burning when passing urine").ids
    made, shelf = make(cut, row), TextShelf(tmp_path / "shelf", vault, cut)
    for _ in range(2):
        below, end = shelf.read(row)
        assert torch.equal(below, made.below) and torch.equal(end, made.end)
        assert torch.equal(shelf.lower(row), made.lower)
    files = [path.read_bytes() for path in (tmp_path / "shelf").rglob("*") if path.is_file()]
    assert len(files) == 2
    plain = [tensor.numpy().tobytes()[:64] for tensor in made]
    assert not any(part in data for part in plain for data in files)
    other = TextShelf(tmp_path / "shelf", vault, Cut(base, range(2, 6), "cpu"))
    other.read(row)
    assert other.figures() == {
        "activations_made": 1.0,
        "activations_found": 0.0,
    }  # another cut


def test_what_does_not_open_is_made_again(vault, tmp_path):
    base = load_base("minilm", None, "cpu")
    cut = Cut(base, range(3, 6), "cpu")
    row = base.tokenizer.encode("cloudy urine").ids
    first = TextShelf(tmp_path, vault, cut)
    (_, end), lower = first.read(row), first.lower(row)
    for path in tmp_path.rglob("*.sealed"):
        path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    shelf = TextShelf(tmp_path, vault, cut)
    assert torch.equal(shelf.read(row)[1], end)
    assert shelf.figures()["activations_made"] == 1
    assert torch.equal(shelf.lower(row), lower)


def test_hidden_states_that_are_gone_are_made_again(vault, tmp_path):
    base = load_base("minilm", None, "cpu")
    row = base.tokenizer.encode("cloudy urine").ids
    shelf = TextShelf(tmp_path, vault, Cut(base, range(3, 6), "cpu"))
    lower = shelf.lower(row)
    for path in tmp_path.rglob("*.sealed"):
        path.unlink()
    assert torch.equal(shelf.lower(row), lower)


def test_what_is_not_used_for_weeks_goes(vault, tmp_path):
    shelf = SealedShelf(tmp_path, vault, "a base")
    shelf.put("one", b"value")
    (path,) = tmp_path.rglob("*.sealed")
    shelf.prune(now=path.stat().st_mtime + KEPT_SECONDS - 1)
    assert shelf.opened("one") == b"value"
    shelf.prune(now=path.stat().st_mtime + KEPT_SECONDS + 1)
    assert shelf.opened("one") is None
