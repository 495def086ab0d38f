"""Models come in from other tools and go out to them, with the same answers on both sides."""

import json

import pytest
import torch

from shared.backends import adoption, backend_for
from shared.backends.files import digest_of
from shared.backends.text_classifier.base_model import find_base
from shared.domain.bells import TaskName
from shared.registry.tables import ModelVersion, Outbox, TrainingJob
from tests.small_model import LABELS, request

TEXT = "swollen big toe since two days"


def answer(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def sealed(cli, tmp_path):
    """A sealed data set of the three diseases, so that something can judge an import."""
    rows = [
        {"source_id": f"c-{n}", "person": f"p-{n}", "text": f"{TEXT}, {n}", "diagnosis": LABELS[n % 3]}
        for n in range(60)
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer(cli("cases", "import", str(file), "--curated", "--json"))
    return answer(cli("dataset", "seal", "--json"))["dataset_version"]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A classifier as another tool saves it: BERT's own head, small and untrained."""
    import transformers

    torch.manual_seed(3)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = transformers.BertConfig(**shape, id2label=dict(enumerate(LABELS)), num_labels=3)
    folder = tmp_path_factory.mktemp("elsewhere")
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(find_base("minilm", None)).save_pretrained(folder)
    return folder


def test_a_classifier_from_elsewhere_becomes_a_version_that_answers_as_it_did(
    cli, sealed, elsewhere, settings, sessions, monkeypatch
):
    import transformers

    monkeypatch.chdir(elsewhere.parent)
    told = answer(cli("models", "import", elsewhere.name, "--json"))
    assert (told["state"], told["labels"], told["base"]) == ("trained", list(LABELS), str(elsewhere))
    with sessions() as session:
        version = session.query(ModelVersion).filter_by(name=told["model_version"]).one()
        job = session.get(TrainingJob, version.job_id)
        assert (job.triggered_by, job.result["imported_from"]) == ("import", elsewhere.name)
        rung = {(row.task, row.subject) for row in session.query(Outbox)}
        assert (TaskName.JUDGE_VERSION, version.id) in rung
    folder = settings.root / "artifacts" / "models" / told["digest"]
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    scorer = backend_for("text_classifier", settings).load(files, told["base"])
    model = transformers.AutoModelForSequenceClassification.from_pretrained(elsewhere).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(elsewhere)(TEXT, return_tensors="pt")
    with torch.no_grad():
        shares = model(**tokens).logits.softmax(1)[0].tolist()
    given = dict(scorer.answer([TEXT])[0].top)
    assert given == pytest.approx(dict(zip(LABELS, shares, strict=True)), abs=0.01)
    assert scorer.fingerprint() == version.fingerprint


def test_labels_that_the_site_does_not_know_are_refused_until_they_are_named(
    cli, sealed, elsewhere, tmp_path
):
    config = json.loads((elsewhere / "config.json").read_text())
    other = tmp_path / "other"
    other.mkdir()
    for path in elsewhere.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    named = config | {"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}}
    (other / "config.json").write_text(json.dumps(named))
    code, _, err = cli("models", "import", str(other))
    assert code != 0
    assert "LABEL_0" in err
    assert "--labels" in err
    spelt = tmp_path / "labels.txt"
    spelt.write_text("\n".join(label.upper() for label in LABELS))  # and no line end after the last
    told = answer(cli("models", "import", str(other), "--labels", str(spelt), "--json"))
    assert told["labels"] == list(LABELS)


def test_a_version_goes_out_and_comes_in_elsewhere_byte_for_byte(cli, sealed, settings, tmp_path):
    import transformers

    backend = backend_for("text_classifier", settings)
    fitted = backend.fit(request(tmp_path / "checkpoints"), lambda step: None)
    first = tmp_path / "first"
    first.mkdir()
    adoption.write(first, fitted.files, {"fingerprint": fitted.fingerprint})
    told = answer(cli("models", "import", str(first), "--json"))
    assert told["digest"] == digest_of(fitted.files)
    name = told["model_version"]
    answer(cli("models", "export", name, "--out", str(tmp_path / "out"), "--json"))
    again = json.loads((tmp_path / "out" / adoption.EXPORT).read_text())
    assert (again["digest"], again["fingerprint"]) == (told["digest"], fitted.fingerprint)
    answer(cli("models", "export", name, "--out", str(tmp_path / "merged"), "--merged", "--json"))
    encoder = transformers.AutoModel.from_pretrained(find_base("minilm", None)).eval()
    adapted = pytest.importorskip("peft").PeftModel.from_pretrained(encoder, tmp_path / "out").eval()
    merged = transformers.AutoModel.from_pretrained(tmp_path / "merged").eval()
    tokens = transformers.AutoTokenizer.from_pretrained(tmp_path / "merged")(TEXT, return_tensors="pt")
    with torch.no_grad():
        wanted, found = (model(**tokens).last_hidden_state for model in (adapted, merged))
    assert torch.allclose(wanted, found, atol=1e-4)
    code, _, err = cli("models", "export", name, "--out", str(tmp_path / "out"))
    assert code != 0
    assert "exists" in err


def test_an_altered_folder_is_refused_and_nothing_is_written(cli, sealed, settings, sessions, tmp_path):
    backend = backend_for("text_classifier", settings)
    fitted = backend.fit(request(tmp_path / "checkpoints"), lambda step: None)
    folder = tmp_path / "altered"
    folder.mkdir()
    adoption.write(folder, fitted.files, {"fingerprint": fitted.fingerprint})
    head = (folder / "head.safetensors").read_bytes()
    (folder / "head.safetensors").write_bytes(head[:-1] + bytes([head[-1] ^ 1]))
    code, _, err = cli("models", "import", str(folder))
    assert code != 0
    assert "not those that were exported" in err
    with sessions() as session:
        assert session.query(ModelVersion).count() == session.query(TrainingJob).count() == 0
