"""An LLM of LLaMA's shape small enough for tests: three layers of drawn weights."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from shared.backends.base import FitRequest
from shared.domain.example import Example
from tests.small_model import LABELS, examples
from tests.small_model import request as request_of

HIDDEN, INNER, HEADS, KEY_HEADS, LAYERS = 64, 128, 4, 2, 3
END = "<|end|>"


def write_base(folder: Path, *, seed: int = 0, tied: bool = False) -> Path:
    """A base as transformers saves it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator([f"{row.text} {row.label}" for row in examples()], trainer)
    tokenizer.add_special_tokens([AddedToken(END, special=True, normalized=False)])
    tokenizer.save(str(folder / "tokenizer.json"))
    size = tokenizer.get_vocab_size()
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END})
    )
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": size,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_HEADS, "hidden_act": "silu", "max_position_embeddings": 1024,
        "rms_norm_eps": 1e-5, "rope_theta": 10_000.0, "tie_word_embeddings": tied, "attention_bias": False,
        "mlp_bias": False, "bos_token_id": None, "eos_token_id": size - 1, "dtype": "float32",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    draw = torch.Generator().manual_seed(seed)
    weights = {
        name: torch.randn(shape, generator=draw) / shape[-1] ** 0.5 for name, shape in _shapes(size).items()
    }
    for name, weight in weights.items():
        weights[name] = 1 + weight / 10 if "norm" in name else weight
    weights["model.embed_tokens.weight"] *= 0.2  # or a word's own vector would hide what surrounds it
    if not tied:
        weights["lm_head.weight"] = torch.randn((size, HIDDEN), generator=draw) / HIDDEN**0.5
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _shapes(size: int) -> dict[str, tuple[int, ...]]:
    head = HIDDEN // HEADS
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (size, HIDDEN),
        "model.norm.weight": (HIDDEN,),
    }
    for number in range(LAYERS):
        stem = f"model.layers.{number}."
        shapes |= {
            f"{stem}input_layernorm.weight": (HIDDEN,),
            f"{stem}post_attention_layernorm.weight": (HIDDEN,),
            f"{stem}self_attn.q_proj.weight": (HIDDEN, HIDDEN),
            f"{stem}self_attn.k_proj.weight": (KEY_HEADS * head, HIDDEN),
            f"{stem}self_attn.v_proj.weight": (KEY_HEADS * head, HIDDEN),
            f"{stem}self_attn.o_proj.weight": (HIDDEN, HIDDEN),
            f"{stem}mlp.gate_proj.weight": (INNER, HIDDEN),
            f"{stem}mlp.up_proj.weight": (INNER, HIDDEN),
            f"{stem}mlp.down_proj.weight": (HIDDEN, INNER),
        }
    return shapes


def request(
    base: Path, checkpoints: Path, rows: Sequence[Example] | None = None, *, seed: int = 3, **recipe: object
) -> FitRequest:
    """A training of three diseases that takes a second."""
    quick = {
        "epochs": 10, "batch_size": 6, "checkpoint_steps": 3, "top_layers": 2, "learning_rate": 1e-2,
        "pack_tokens": 200, "held_back_share": 0, "lora_r": 8, "lora_alpha": 16,
    } | recipe  # fmt: skip
    found = request_of(checkpoints, rows, seed=seed)
    return replace(found, base=str(base), recipe=quick)


__all__ = ["END", "LABELS", "examples", "request", "write_base"]
