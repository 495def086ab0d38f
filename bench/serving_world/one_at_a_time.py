"""The yardstick: a text classifier of the same base through transformers, one text after the other."""

import time
from collections.abc import Sequence

import torch
from transformers import AutoModel, AutoTokenizer

from shared.backends.text_classifier.base_model import find_base

LABELS, SECONDS = 24, 2.0


def texts_per_second(texts: Sequence[str]) -> float:
    """How many it answers, with the threads that torch takes by itself."""
    place = find_base("minilm", None)
    tokenizer = AutoTokenizer.from_pretrained(place)
    model = AutoModel.from_pretrained(place).eval()
    head = torch.nn.Linear(model.config.hidden_size, LABELS)
    with torch.inference_mode():
        for text in texts:
            _answered(text, tokenizer, model, head=head)
        began, answered = time.monotonic(), 0
        while time.monotonic() - began < SECONDS:
            _answered(texts[answered % len(texts)], tokenizer, model, head=head)
            answered += 1
    return answered / (time.monotonic() - began)


def _answered(text: str, tokenizer: AutoTokenizer, model: AutoModel, *, head: torch.nn.Linear) -> list[float]:
    read = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
    hidden = model(**read).last_hidden_state.mean(1)
    shares: list[float] = torch.softmax(head(hidden), 1)[0].tolist()
    return shares
