"""Trains the tagger: `python -m bench.deid_tagger_world.train [--seed N] [--notes N] [--out FILE]`.

Everything is drawn from the seed: the same seed, texts, lists and rules give the same weights, byte for
byte, on one kind of machine. It needs one core, 1.5 GB and about four minutes of its time.
"""

import argparse
import hashlib
import os
import random
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor, nn
from torch.nn import functional

from bench.deid_tagger_world.examples import UNTOLD, Marks, examples
from worker_collection.phi.tagger_file import FILE, meanings
from worker_collection.phi.tagger_network import LABELS, STEPS
from worker_collection.phi.tagger_traits import MEANING, ROWS, TRAITS, Rows

WIDTH = 64
_BATCH = 4096  # words
_APART = 8  # empty places between two notes of a batch, as far as any convolution sees
_RATE, _DECAY, _LEFT_OUT = 3e-3, 1e-5, 0.15


class Tagger(nn.Module):  # type: ignore[misc]
    """The network of `tagger_network` in a form that can learn."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(ROWS + 1, WIDTH, padding_idx=ROWS)
        nn.init.normal_(self.table.weight, std=0.1)
        vectors = torch.from_numpy(meanings()[1])
        self.register_buffer("vectors", vectors)
        self.meaning = nn.Linear(vectors.shape[1], WIDTH, bias=False)
        nn.init.normal_(self.meaning.weight, std=0.05)
        self.layers = nn.ModuleList([nn.Linear(3 * WIDTH, WIDTH) for _ in STEPS])
        self.out = nn.Linear(WIDTH, len(LABELS))

    def forward(self, rows: Tensor) -> Tensor:
        """Scores of shape (words, labels) for traits of shape (words, TRAITS + 1); row ROWS is nothing."""
        told, meant = rows[:, :TRAITS], self.meaning(self.vectors[rows[:, MEANING]])  # (words, width)
        there = (told[:, :1] != ROWS).float()  # (words, 1)
        if self.training:
            told = told.masked_fill(torch.rand(told.shape) < _LEFT_OUT, ROWS)
            meant = meant * (torch.rand(len(rows), 1) > _LEFT_OUT)
        summed = functional.embedding_bag(told, self.table.weight, mode="sum") + meant
        hidden = functional.relu(summed) * there
        for step, layer in zip(STEPS, self.layers, strict=True):
            padded = functional.pad(hidden, (0, 0, step, step))
            wide = torch.cat([padded[: -2 * step], hidden, padded[2 * step :]], 1)  # (words, 3 * width)
            hidden = (hidden + functional.relu(layer(wide))) * there
        scores: Tensor = self.out(functional.dropout(hidden, 0.1, self.training))
        return scores


def train(seed: int, count: int, *, rounds: int = 2) -> Tagger:
    """A network that has read `count` invented notes `rounds` times, in another order each."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    first = seed * 10**7
    notes = examples(range(first, first + count))
    model, dice = Tagger(), random.Random(seed)
    batches = [batch for _ in range(rounds) for batch in _shuffled(notes, dice)]
    teacher = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=_DECAY)
    pace = torch.optim.lr_scheduler.OneCycleLR(teacher, _RATE, total_steps=len(batches), pct_start=0.1)
    model.train()
    for number, batch in enumerate(batches):
        rows, marks = _joined([notes[at] for at in batch])
        loss = functional.cross_entropy(model(rows), marks, ignore_index=UNTOLD)
        teacher.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        teacher.step()
        pace.step()
        if number % 100 == 0:
            print(f"{number}/{len(batches)} {loss.item():.4f}", flush=True)
    model.eval()
    return model


def _shuffled(notes: list[tuple[Rows, Marks]], dice: random.Random) -> list[list[int]]:
    order, words = list(range(len(notes))), 0
    batches: list[list[int]] = [[]]
    dice.shuffle(order)
    for at in order:
        if words > _BATCH:
            batches.append([])
            words = 0
        batches[-1].append(at)
        words += len(notes[at][1])
    return batches


def _joined(notes: list[tuple[Rows, Marks]]) -> tuple[Tensor, Tensor]:
    """Notes one behind the other with empty places between them."""
    rows, marks = [], []
    nowhere = np.full((_APART, TRAITS + 1), ROWS, np.int32)
    nowhere[:, MEANING] = 0
    for told, labels in notes:
        rows += [told, nowhere]
        marks += [labels, np.full(_APART, UNTOLD)]
    return torch.from_numpy(np.concatenate(rows)).long(), torch.from_numpy(np.concatenate(marks))


def packed(model: Tagger, told: dict[str, str]) -> bytes:
    """The weights as a safetensors file: the table in bytes with a scale a row, the rest in halves."""
    table = model.table.weight.detach().numpy()[:ROWS]
    scale = np.maximum(np.abs(table).max(axis=1), 1e-6) / 127
    parts: dict[str, NDArray[np.generic]] = {
        "table": np.round(table / scale[:, None]).astype(np.int8),
        "scale": scale.astype(np.float16),
        "meaning": model.meaning.weight.detach().numpy().T.astype(np.float16).copy(),
        "out": model.out.weight.detach().numpy().T.astype(np.float16).copy(),
        "out_bias": model.out.bias.detach().numpy().astype(np.float16),
    }
    for at, layer in enumerate(model.layers):
        parts[f"weight{at}"] = layer.weight.detach().numpy().T.astype(np.float16).copy()
        parts[f"bias{at}"] = layer.bias.detach().numpy().astype(np.float16)
    raw: bytes = save(parts, metadata=told)
    return raw


def main() -> None:
    """Train and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=int, default=60_000)
    parser.add_argument("--out", type=Path, default=FILE)
    wish = parser.parse_args()
    raw = packed(train(wish.seed, wish.notes), {"seed": str(wish.seed), "notes": str(wish.notes)})
    wish.out.parent.mkdir(exist_ok=True)
    wish.out.write_bytes(raw)
    print(f"{wish.out.name}: {len(raw)} bytes, {hashlib.sha256(raw).hexdigest()[:12]}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main()
