"""A batch computed in parts learns what the whole batch does."""

import torch
from safetensors.torch import load

from shared.backends import backend_for
from tests.small_model import request


def test_a_batch_in_parts_gives_the_weights_of_the_whole_batch(tmp_path):
    backend = backend_for("text_classifier")
    whole, parts = (
        backend.fit(request(tmp_path / str(n), epochs=1, accumulation=n), lambda _: None) for n in (1, 4)
    )
    moved = 0.0
    for name in ("adapter_model.safetensors", "head.safetensors"):
        first, second = load(whole.files[name]), load(parts.files[name])
        for key, tensor in first.items():
            torch.testing.assert_close(second[key], tensor, atol=2e-3, rtol=0.0)
            moved = max(moved, float(tensor.abs().max()))
    assert moved > 0.01
