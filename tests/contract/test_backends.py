"""What every model family promises, on the real MiniLM."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, load_file, save

from shared.backends import backend_for, checkpoints, lessons
from shared.backends.base import Fitted, Step
from shared.backends.checkpoints import Checkpoint
from shared.backends.files import digest_of, fetch, folder_of, store
from shared.backends.lines import NothingToLearnError
from shared.backends.probes import PROBES
from shared.backends.text_classifier.base_model import BaseModelError, find_base, load_base
from shared.backends.text_classifier.encoder import embed, features, pad, plain, pool, run_layers
from shared.backends.text_classifier.material import batches, prepare
from shared.config import load_settings
from shared.domain.example import Example
from shared.domain.recipe import RecipeError, TextRecipe, parse_recipe
from shared.errors import InvalidInputError, NotFoundError
from tests.small_model import LABELS, examples, request

TEXTS = ["My big toe is red and hot", "", "it burns when I pee " * 60, "headache and light hurts"]


def quiet(_step: Step) -> None:
    """Take no notice."""


@pytest.fixture(scope="module")
def backend():
    return backend_for("text_classifier", load_settings())


@pytest.fixture(scope="module")
def fitted(backend, tmp_path_factory) -> Fitted:
    return backend.fit(request(tmp_path_factory.mktemp("checkpoints")), quiet)


def test_an_unknown_family_names_those_that_exist():
    with pytest.raises(InvalidInputError) as caught:
        backend_for("oracle")
    assert caught.value.fix is not None
    assert "text_classifier" in caught.value.fix


def test_the_package_is_importable_without_torch():
    code = "import sys, shared.backends.text_classifier; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("wish", "named"),
    [({"epohcs": 3}, "epohcs"), ({"epochs": "many"}, "epochs"), ({"learning_rate": 7}, "learning_rate")],
)
def test_a_wrong_hyperparameter_is_named(backend, wish, named):
    with pytest.raises(RecipeError) as caught:
        backend.check_recipe(wish)
    assert caught.value.field == named


def test_numbers_may_come_as_text_from_the_command_line():
    recipe = parse_recipe("text_classifier", {"epochs": "5", "learning_rate": "2e-4"})
    assert (recipe.epochs, recipe.learning_rate) == (5, 2e-4)


def test_the_model_learns_and_answers_with_what_it_was_given(backend, fitted):
    scorer = backend.load(fitted.files, "minilm")
    answers = scorer.answer(["burning when passing urine", "red swollen toe joint"])
    assert [answer.label for answer in answers] == ["Urinary infection", "Gout"]
    for answer in answers:
        assert set(dict(answer.top)) == set(LABELS)
        assert answer.top[0] == (answer.label, answer.confidence)
        assert sum(share for _, share in answer.top) == pytest.approx(1.0, abs=1e-5)


def test_the_same_request_gives_the_same_bytes_and_another_seed_others(backend, fitted, tmp_path):
    again = backend.fit(request(tmp_path / "a"), quiet)
    assert again.files == fitted.files
    assert again.fingerprint == fitted.fingerprint
    other = backend.fit(request(tmp_path / "b", seed=4), quiet)
    assert digest_of(other.files) != digest_of(fitted.files)


def test_the_order_of_the_examples_does_not_matter(backend, fitted, tmp_path):
    again = backend.fit(request(tmp_path, examples()[::-1]), quiet)
    assert again.files == fitted.files


def test_weights_are_honoured(backend, tmp_path):
    rows = examples()
    gout = [row for row in rows if row.label == "Gout"]
    relabelled = [replace(row, case_id=row.person_id, label="Migraine", weight=0.001) for row in gout]
    heavy = backend.fit(request(tmp_path, [*rows, *relabelled], epochs=0), quiet)
    answer = backend.load(heavy.files, "minilm").answer([gout[0].text])[0]
    assert answer.label == "Gout"
    assert answer.confidence > 0.7


def test_an_answer_is_the_same_whatever_is_beside_it(backend, fitted):
    scorer = backend.load(fitted.files, "minilm")
    alone = [scorer.answer([text])[0] for text in TEXTS]
    assert scorer.answer(TEXTS) == alone
    assert scorer.answer(TEXTS[::-1]) == alone[::-1]


def test_two_versions_share_the_matrices_of_one_base(backend, fitted):
    one, two = backend.load(fitted.files, "minilm"), backend.load(fitted.files, "minilm")
    assert one._base is two._base


def test_what_one_version_read_is_judged_by_another_that_leaves_the_base_alike(backend, fitted, tmp_path):
    def headed(rows):
        wish = request(tmp_path / str(len(rows)), rows, rung="head")
        return backend.load(backend.fit(wish, quiet).files, "minilm")

    one, two = headed(examples()), headed(examples()[:-3])
    adapted = backend.load(fitted.files, "minilm")
    assert one.reads == two.reads
    assert adapted.reads is None
    assert two.judge(one.read(TEXTS)) == two.answer(TEXTS) != one.answer(TEXTS)
    assert adapted.judge(adapted.read(TEXTS)) == adapted.answer(TEXTS)
    assert adapted.answer(TEXTS) != adapted.judge(one.read(TEXTS))


def test_the_fingerprint_is_that_of_the_training_and_another_head_has_another(backend, fitted):
    assert backend.load(fitted.files, "minilm").fingerprint() == fitted.fingerprint
    altered = dict(fitted.files)
    facts = json.loads(altered["rounds.json"])
    altered["rounds.json"] = json.dumps(facts | {"labels": facts["labels"][::-1]}).encode()
    assert backend.load(altered, "minilm").fingerprint() != fitted.fingerprint


def test_a_version_without_an_adapter_tensor_is_refused(backend, fitted):
    tensors = load(fitted.files["adapter_model.safetensors"])
    tensors.pop(sorted(tensors)[0])
    with pytest.raises(InvalidInputError, match="tensors"):
        backend.load(fitted.files | {"adapter_model.safetensors": save(tensors)}, "minilm")


def test_a_version_of_another_base_is_refused(backend, fitted):
    facts = json.loads(fitted.files["rounds.json"])
    facts["base"]["digest"] = "0" * 64
    with pytest.raises(InvalidInputError, match="another base"):
        backend.load(fitted.files | {"rounds.json": json.dumps(facts).encode()}, "minilm")


def test_a_missing_base_says_how_to_bring_it(backend, tmp_path):
    with pytest.raises(BaseModelError) as caught:
        backend.fit(replace(request(tmp_path), base="clinic-bert"), quiet)
    assert "ROUNDS_BASE_MODELS" in str(caught.value.fix)


def test_a_base_of_another_kind_is_refused_by_name(tmp_path):
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(BaseModelError, match="t5"):
        load_base(str(tmp_path), None, "cpu")


def test_labels_with_one_example_are_left_out_and_said_so(backend, tmp_path):
    rare = replace(examples()[0], case_id=examples()[1].person_id, label="Rare")
    wish = replace(request(tmp_path, [*examples(), rare], epochs=0), labels=(*LABELS, "Rare"))
    fitted = backend.fit(wish, quiet)
    facts = json.loads(fitted.files["rounds.json"])
    assert facts["labels"] == list(LABELS)
    assert facts["labels_left_out"] == {"Rare": 1}
    assert fitted.figures["labels_left_out"] == 1


def test_one_learnable_label_is_an_error(backend, tmp_path):
    gout = [row for row in examples() if row.label == "Gout"]
    with pytest.raises(NothingToLearnError):
        backend.fit(request(tmp_path, gout), quiet)


def test_no_person_is_on_both_sides_of_the_calibration(tmp_path):
    rows = [
        Example(row.case_id, examples()[number // 3].person_id, row.text, row.label)
        for number, row in enumerate(examples())
    ]
    tokenizer = load_base("minilm", None, "cpu").tokenizer
    material = prepare(request(tmp_path, rows), TextRecipe(held_back_share=0.3), tokenizer)
    persons = [row.person_id for row in sorted(rows, key=lambda row: row.case_id.bytes)]
    apart = set(material.held_back)
    rest = [row for row in range(len(material.rows)) if row not in apart]
    held, learnt = ({persons[row] for row in part} for part in (apart, rest))
    assert held
    assert not held & learnt


def test_every_epoch_visits_every_case_once_in_an_order_of_its_own(tmp_path):
    tokenizer = load_base("minilm", None, "cpu").tokenizer
    material = prepare(request(tmp_path), TextRecipe(), tokenizer)
    rows = range(1, len(material.rows))
    first, second = (batches(material, rows, size=4, seed=1, epoch=epoch) for epoch in (0, 1))
    for order in (first, second):
        assert sorted(row for batch in order for row in batch) == list(rows)
    assert first != second
    assert first == batches(material, rows, size=4, seed=1, epoch=0)


def test_our_encoder_is_transformers_encoder():
    transformers = pytest.importorskip("transformers")
    base = load_base("minilm", None, "cpu", precision=torch.float32)
    oracle = transformers.AutoModel.from_pretrained(find_base("minilm", None)).eval()
    rows = [base.tokenizer.encode(text).ids[:128] for text in TEXTS]
    tokens, mask = pad(rows, "cpu")
    ours = pool(run_layers(base, embed(base, tokens), mask, layers=range(6), linear=plain(base)), mask)
    with torch.no_grad():
        states = oracle(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
    assert torch.allclose(ours, pool(states, mask), atol=2e-5)


def test_plain_peft_loads_the_adapter_and_answers_the_same(backend, fitted, tmp_path):
    peft, transformers = pytest.importorskip("peft"), pytest.importorskip("transformers")
    for name in ("adapter_model.safetensors", "adapter_config.json", "head.safetensors"):
        (tmp_path / name).write_bytes(fitted.files[name])
    encoder = transformers.AutoModel.from_pretrained(find_base("minilm", None)).eval()
    adapted = peft.PeftModel.from_pretrained(encoder, tmp_path).eval()
    head = load_file(tmp_path / "head.safetensors")
    facts = json.loads(fitted.files["rounds.json"])
    tokenizer = load_base("minilm", None, "cpu").tokenizer
    scorer = backend.load(fitted.files, "minilm")
    for probe in PROBES:
        tokens, mask = pad([tokenizer.encode(probe).ids], "cpu")
        with torch.no_grad():
            wish = {"input_ids": tokens, "attention_mask": mask.long(), "output_hidden_states": True}
            states = adapted(**wish).hidden_states
        logits = features([pool(state, mask) for state in states]) @ head["weight"].T + head["bias"]
        shares = dict(
            zip(facts["labels"], (logits / facts["temperature"]).softmax(1)[0].tolist(), strict=True)
        )
        answer = scorer.answer([probe])[0]
        assert shares[answer.label] == pytest.approx(answer.confidence, abs=0.01)  # bfloat16 beside float32


class StopAskedError(Exception):
    """What a worker raises into the training to end it."""


@pytest.mark.parametrize("stop_at", [1, 6, 11, 20])
def test_a_stopped_training_resumed_gives_the_bytes_of_the_unbroken_one(backend, fitted, tmp_path, stop_at):
    def stop(step: Step) -> None:
        if step.step == stop_at:
            raise StopAskedError

    with pytest.raises(StopAskedError):
        backend.fit(request(tmp_path), stop)
    seen: list[int] = []
    again = backend.fit(request(tmp_path), lambda step: seen.append(step.step))
    assert seen[0] == stop_at + 1
    assert again.files == fitted.files


KILLED = """
import os, signal, sys
from pathlib import Path
from shared.backends import backend_for
from tests.small_model import request
def die(step):
    if step.step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
backend_for("text_classifier").fit(request(Path(sys.argv[1])), die)
"""


def test_a_killed_training_resumed_gives_the_bytes_of_the_unbroken_one(backend, fitted, tmp_path):
    for step in (5, 8, 17):  # of the twin at 5, resumed from 3, and of the model
        dead = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(step)], check=False)
        assert dead.returncode == -signal.SIGKILL
    again = backend.fit(request(tmp_path), quiet)
    assert again.files == fitted.files


def break_file(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1]))


@pytest.mark.parametrize("name", ["weights.safetensors", "moments.safetensors", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "altered"])
def test_a_broken_checkpoint_is_passed_over_for_the_one_before(tmp_path, name, damage):
    for step in (3, 6):
        state = {"a": torch.full((50,), float(step))}
        checkpoints.write(tmp_path, Checkpoint(step, state, state), identity="x")
    break_file(tmp_path / "step-000000006" / name, damage)
    found = checkpoints.newest(tmp_path, identity="x")
    assert found is not None
    assert found.step == 3
    assert float(found.weights["a"][0]) == 3.0


def test_a_training_goes_on_from_the_checkpoint_before_a_broken_one(backend, fitted, tmp_path):
    backend.fit(request(tmp_path), quiet)
    newest, older = sorted((tmp_path / "model").glob("step-*"), reverse=True)
    break_file(newest / "moments.safetensors", "cut")
    seen: list[Step] = []
    again = backend.fit(request(tmp_path), seen.append)
    lost = int(newest.name.removeprefix("step-")) - int(older.name.removeprefix("step-"))
    assert len(seen) == lost
    assert seen[-1].step == seen[-1].steps
    assert again.files == fitted.files


def test_a_checkpoint_of_another_training_is_not_resumed_from(backend, fitted, tmp_path):
    backend.fit(request(tmp_path, seed=9), quiet)
    assert backend.fit(request(tmp_path), quiet).files == fitted.files


def test_a_save_cut_short_leaves_nothing_that_counts(tmp_path):
    scratch = tmp_path / ".step-000000007.1"
    scratch.mkdir()
    (scratch / "weights.safetensors").write_bytes(b"half")
    assert checkpoints.newest(tmp_path, identity="x") is None
    checkpoints.write(tmp_path, Checkpoint(8, {"a": torch.ones(1)}, {}), identity="x")
    assert [place.name for place in tmp_path.iterdir()] == ["step-000000008"]


def test_two_checkpoints_of_a_training_are_kept(backend, tmp_path):
    backend.fit(request(tmp_path), quiet)
    assert len(list((tmp_path / "model").iterdir())) == 2


def test_a_loss_that_is_no_number_ends_the_training(backend, tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "LARGEST_GRADIENT", float("nan"))  # a rate overflows on some processors only
    with pytest.raises(InvalidInputError, match="loss is not a number at step 2"):
        backend.fit(request(tmp_path), quiet)


def test_progress_carries_the_live_figures(backend, tmp_path):
    steps: list[Step] = []
    backend.fit(request(tmp_path), steps.append)
    assert [step.step for step in steps] == list(range(1, steps[0].steps + 1))
    assert {"loss", "learning_rate", "tokens_per_second", "samples_per_second"} <= set(steps[0].values)
    assert [step.step for step in steps if step.checkpointed][0] == 3


def test_the_store_gives_back_exactly_the_files_of_a_digest(storage, fitted):
    folder = store(storage, fitted.files)
    digest = digest_of(fitted.files)
    assert folder == folder_of(digest)
    assert fetch(storage, digest) == fitted.files
    storage.put(folder + "extra.json", b"{}")
    with pytest.raises(InvalidInputError, match="not those"):
        fetch(storage, digest)
    with pytest.raises(NotFoundError):
        fetch(storage, "0" * 64)


def test_no_file_names_a_place_of_this_machine(fitted):
    for name in ("adapter_config.json", "rounds.json"):
        assert os.sep + "site-packages" not in fitted.files[name].decode()
        assert str(Path.home()) not in fitted.files[name].decode()
