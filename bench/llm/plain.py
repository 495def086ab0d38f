"""The usual way, as the yardstick: `transformers.Trainer` with `peft` on an LLM, as their docs ask.

`python -m bench.llm.plain WISH.json` answers one line of JSON: CPU seconds of the training alone (imports and
scoring left out), peak memory, and, where the wish holds a `test`, the label of each text by full sequences.
Settings: LoRA of rank 16 on all linear layers, batches of 16 padded to their longest row, the loss on the
label alone, AdamW straight to zero.
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
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainingArguments,
)

from shared.backends.causal_lm.base_model import find_base
from shared.config import load_settings

BATCH, RATE, RANK, LONGEST, IGNORED = 16, 1e-3, 16, 512, -100
SLOT = "{text}"


def main(path: str) -> None:
    """Train on the wish's `train` (texts with their labels)."""
    wish = json.loads(Path(path).read_text())
    torch.set_num_threads(1)
    folder = str(find_base("smollm2-135m", load_settings()))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompts = {text: wish["prompt"].replace(SLOT, text) for text, _ in wish["train"]}
    rows = [_row(tokenizer, prompts[text], f" {label}") for text, label in wish["train"]]
    torch.manual_seed(wish["seed"])
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM, r=RANK, lora_alpha=2 * RANK, target_modules="all-linear"
    )
    with tempfile.TemporaryDirectory() as out:
        trainer = Trainer(
            model=get_peft_model(model, config),
            args=_arguments(out, wish),
            train_dataset=rows,
            data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED),
        )
        started = time.process_time()
        trainer.train()
        seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer = {"cpu_seconds": seconds, "peak_bytes": peak}
    if "test" in wish:
        begun = time.process_time()
        model = trainer.model.eval()
        found = [
            _best(model, tokenizer, wish["prompt"].replace(SLOT, text), labels=wish["labels"])
            for text in wish["test"]
        ]
        answer |= {"answers": found, "scoring_cpu_seconds": time.process_time() - begun}
    print(json.dumps(answer))


def _row(tokenizer: Any, prompt: str, answer: str) -> dict[str, list[int]]:
    """The tokens of a prompt and its answer with the end; the prompt's are no part of the loss."""
    before = tokenizer(prompt)["input_ids"]
    after = [*tokenizer(answer)["input_ids"], tokenizer.eos_token_id]
    ids = [*before, *after][-LONGEST:]
    labels = ([IGNORED] * len(before) + after)[-LONGEST:]
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}


def _best(model: Any, tokenizer: Any, prompt: str, *, labels: list[str]) -> str:
    """The label whose full sequence is likeliest."""
    scores = []
    for label in labels:
        row = _row(tokenizer, prompt, f" {label}")
        ids, wanted = torch.tensor([row["input_ids"]]), torch.tensor(row["labels"])
        with torch.no_grad():
            logs = model(input_ids=ids).logits[0].log_softmax(-1)
        told = (wanted != IGNORED).nonzero()[:, 0]
        scores.append(float(logs[told - 1, wanted[told]].sum()))
    return labels[scores.index(max(scores))]


def _arguments(out: str, wish: dict[str, Any]) -> TrainingArguments:
    return TrainingArguments(
        output_dir=out,
        num_train_epochs=wish.get("epochs", 1),
        per_device_train_batch_size=BATCH,
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
