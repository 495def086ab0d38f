"""A GGUF file unpacked once: its 4-bit weights as bfloat16, in the folder form that transformers saves."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

WHOLE_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
SPECIAL = 3  # the type of a token that no text contains


def unpack(path: Path, out: Path) -> None:
    """Write configuration, weights and tokenizer of a model of LLaMA's shape into an empty folder."""
    reader = GGUFReader(path)
    facts = {name: field for name, field in reader.fields.items() if name != "tokenizer.ggml.merges"}
    said = {name: field.contents() for name, field in facts.items() if len(field.data) == 1}
    weights = dict(_weights(reader, said))
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    _write(out / "config.json", _config(said, tied="lm_head.weight" not in weights))
    _tokenizer(reader).save(str(out / "tokenizer.json"))
    _write(out / "tokenizer_config.json", _tokenizer_config(reader, said))


def _weights(reader: GGUFReader, said: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    heads = {"attn_q": said["llama.attention.head_count"], "attn_k": said["llama.attention.head_count_kv"]}
    for packed in reader.tensors:
        whole = torch.tensor(dequantize(packed.data, packed.tensor_type))
        if packed.name in WHOLE_NAMES:
            yield WHOLE_NAMES[packed.name], whole.bfloat16()
            continue
        _, number, part, _ = packed.name.split(".")
        if part in heads:
            whole = _halves_apart(whole, heads[part])
        yield f"model.layers.{number}.{LAYER_NAMES[part]}.weight", whole.bfloat16().contiguous()


def _halves_apart(matrix: Tensor, heads: int) -> Tensor:
    """The rows of each head in the order of transformers: GGUF puts the two of a turned pair side by side."""
    rows, width = matrix.shape
    pairs = matrix.view(heads, rows // heads // 2, 2, width)
    return pairs.transpose(1, 2).reshape(rows, width)


def _config(said: Mapping[str, Any], *, tied: bool) -> dict[str, object]:
    heads = said["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": said["llama.vocab_size"],
        "hidden_size": said["llama.embedding_length"],
        "intermediate_size": said["llama.feed_forward_length"],
        "num_hidden_layers": said["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": said["llama.attention.head_count_kv"],
        "head_dim": said["llama.embedding_length"] // heads,
        "hidden_act": "silu",
        "max_position_embeddings": said["llama.context_length"],
        "rms_norm_eps": float(f"{said['llama.attention.layer_norm_rms_epsilon']:.6g}"),
        "rope_theta": said["llama.rope.freq_base"],
        "tie_word_embeddings": tied,
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": said["tokenizer.ggml.bos_token_id"],
        "eos_token_id": said["tokenizer.ggml.eos_token_id"],
        "pad_token_id": said["tokenizer.ggml.padding_token_id"],
        "dtype": "bfloat16",
    }


def _tokenizer(reader: GGUFReader) -> Tokenizer:
    """Byte-level BPE that takes digits one by one, as SmolLM's does."""
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(line.split(" ")) for line in reader.fields["tokenizer.ggml.merges"].contents()]
    kinds = reader.fields["tokenizer.ggml.token_type"].contents()
    tokenizer = Tokenizer(models.BPE({token: place for place, token in enumerate(tokens)}, merges))
    digits, bytewise = (
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, bytewise])
    tokenizer.decoder = decoders.ByteLevel()
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind == SPECIAL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer


def _tokenizer_config(reader: GGUFReader, said: Mapping[str, Any]) -> dict[str, object]:
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    named = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    special = {f"{name}_token": tokens[said[f"tokenizer.ggml.{key}_token_id"]] for name, key in named.items()}
    return {
        **special,
        "chat_template": said["tokenizer.chat_template"],
        "clean_up_tokenization_spaces": False,
        "model_max_length": said["llama.context_length"],
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def _write(path: Path, facts: Mapping[str, object]) -> None:
    path.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
