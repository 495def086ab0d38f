"""A batch computed in parts learns what the whole batch does."""

import pytest
import torch
from safetensors.torch import load

from shared.backends import backend_for
from shared.backends.segmentation.base_model import precision_of
from shared.config import load_settings
from tests import small_model, small_pictures


def texts(folder, parts):
    return small_model.request(folder / str(parts), epochs=1, accumulation=parts)


def pictures(folder, parts):
    wish = small_pictures.request(folder / str(parts), epochs=2, batch_size=4, accumulation=parts)
    return small_pictures.shelved(wish, folder / "shelf")


@pytest.mark.parametrize(
    ("family", "request_of"), [("text_classifier", texts), ("segmentation", pictures)], ids=lambda one: one
)
def test_a_batch_in_parts_gives_the_weights_of_the_whole_batch(tmp_path, family, request_of):
    backend = backend_for(family, load_settings(home=tmp_path))
    whole, parts = (backend.fit(request_of(tmp_path, n), lambda _: None) for n in (1, 4))
    learnt, apart = [], []
    for name in (one for one in whole.files if one.endswith(".safetensors")):
        first, second = load(whole.files[name]), load(parts.files[name])
        from_zero = [key for key in first if "lora_B" in key]  # all that these hold was learnt
        learnt += [first[key].float().flatten() for key in from_zero]
        apart += [(first[key] - second[key]).float().flatten() for key in from_zero]
    moved, difference = torch.cat(learnt).norm(), torch.cat(apart).norm()
    assert moved > 0.01
    # The order of sums is another, the gradient is not; in bfloat16 each sum is rounded besides.
    rounded = family == "segmentation" and precision_of("cpu") is torch.bfloat16
    assert 0 < difference < (0.15 if rounded else 0.05) * moved
