"""LiteMedSAM's names for the tensors of SAM's heads, turned into those of transformers' `SamModel`."""

import re
from collections.abc import Mapping

from torch import Tensor

_RENAMED = (
    (r"norm_final_attn", "layer_norm_final_attn"),
    (r"\.norm(\d)\.", r".layer_norm\1."),
    (r"output_upscaling\.0\.", "upscale_conv1."),
    (r"output_upscaling\.1\.", "upscale_layer_norm."),
    (r"output_upscaling\.3\.", "upscale_conv2."),
    (r"((?:hypernetworks_mlps\.\d|iou_prediction_head))\.layers\.0\.", r"\1.proj_in."),
    (r"((?:hypernetworks_mlps\.\d|iou_prediction_head))\.layers\.1\.", r"\1.layers.0."),
    (r"((?:hypernetworks_mlps\.\d|iou_prediction_head))\.layers\.2\.", r"\1.proj_out."),
    (r"point_embeddings\.", "point_embed."),
    (r"mask_downscaling\.0\.", "mask_embed.conv1."),
    (r"mask_downscaling\.1\.", "mask_embed.layer_norm1."),
    (r"mask_downscaling\.3\.", "mask_embed.conv2."),
    (r"mask_downscaling\.4\.", "mask_embed.layer_norm2."),
    (r"mask_downscaling\.6\.", "mask_embed.conv3."),
    (r"pe_layer\.positional_encoding_gaussian_matrix", "shared_embedding.positional_embedding"),
)


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The prompt encoder and the mask decoder of a checkpoint under transformers' names."""
    heads = {name: tensor for name, tensor in weights.items() if not name.startswith("image_encoder.")}
    return {_renamed(name): tensor for name, tensor in heads.items()}


def _renamed(name: str) -> str:
    for old, now in _RENAMED:
        name = re.sub(old, now, name)
    return name
