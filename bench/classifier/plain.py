"""The usual way, as the yardstick: `transformers.Trainer` with `peft`, as their docs ask.

`python -m bench.classifier.plain WISH.json` answers one line of JSON: the label of each test text, CPU
seconds of the training alone (imports and scoring left out) and peak memory. Settings: LoRA of rank 16 on all
linear layers, batches of 16 padded to their longest row, AdamW from 2e-3 straight to zero, six epochs.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from peft import LoraConfig, TaskType, get_peft_model
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from shared.backends.text_classifier.base_model import find_base

EPOCHS, BATCH, RATE, RANK, LONGEST = 6, 16, 2e-3, 16, 128


class Rows(torch.utils.data.Dataset):
    """Tokenised texts with their label numbers, as the Trainer wants them."""

    def __init__(self, tokenizer: Any, texts: list[str], targets: list[int], *, longest: int) -> None:
        self._found = tokenizer(texts, truncation=True, max_length=longest)
        self._targets = targets

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, place: int) -> dict[str, Any]:
        row = {name: values[place] for name, values in self._found.items()}
        return row | {"labels": self._targets[place]}


def main(path: str) -> None:
    """Train on the wish's `train` (texts with their labels) and answer its `test`."""
    wish = json.loads(Path(path).read_text())
    torch.set_num_threads(1)
    folder = str(find_base("minilm", None))
    labels, longest = wish["labels"], wish.get("max_tokens", LONGEST)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    train, test = (
        Rows(
            tokenizer,
            [text for text, _ in wish[part]],
            [labels.index(one) for _, one in wish[part]],
            longest=longest,
        )
        for part in ("train", "test")
    )
    torch.manual_seed(wish["seed"])
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(labels))
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=RANK, lora_alpha=2 * RANK, target_modules="all-linear")
    with tempfile.TemporaryDirectory() as out:
        trainer = Trainer(
            model=get_peft_model(model, config),
            args=_arguments(out, wish),
            train_dataset=train,
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        started = time.process_time()
        trainer.train()
        seconds = time.process_time() - started
        given = trainer.predict(test).predictions.argmax(1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer = {"answers": [labels[one] for one in given], "cpu_seconds": seconds, "peak_bytes": peak}
    print(json.dumps(answer))


def _arguments(out: str, wish: dict[str, Any]) -> TrainingArguments:
    return TrainingArguments(
        output_dir=out,
        num_train_epochs=wish.get("epochs", EPOCHS),
        per_device_train_batch_size=BATCH,
        per_device_eval_batch_size=64,
        learning_rate=RATE,
        seed=wish["seed"],
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        logging_strategy="no",
    )


if __name__ == "__main__":
    main(sys.argv[1])
