"""An LLM's versions come in and go out: for peft, for another site, and merged for Ollama."""

import json

import pytest
import torch

from shared.backends import adoption, backend_for
from shared.backends.files import digest_of
from tests.small_llm import LABELS, request, write_base

TEXT = "swollen big toe since two days"


def answer(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def imported(cli, settings, tmp_path):
    """The name of a version of an LLM, its files, and its base."""
    base = write_base(tmp_path / "base")
    answer(cli("types", "add", "reason", "--family", "causal_lm", "--base", str(base), "--json"))
    rows = [
        {"source_id": f"c-{n}", "person": f"p-{n}", "text": f"{TEXT}, {n}", "diagnosis": LABELS[n % 3]}
        for n in range(60)
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(row | {"model_type": "reason"}) + "\n" for row in rows))
    answer(cli("cases", "import", str(file), "--model-type", "reason", "--curated", "--json"))
    answer(cli("dataset", "seal", "--model-type", "reason", "--json"))
    fitted = backend_for("causal_lm", settings).fit(request(base, tmp_path / "checkpoints"), lambda _: None)
    (tmp_path / "first").mkdir()
    adoption.write(tmp_path / "first", fitted.files, {"fingerprint": fitted.fingerprint})
    told = answer(cli("models", "import", str(tmp_path / "first"), "--model-type", "reason", "--json"))
    assert told["digest"] == digest_of(fitted.files)
    return told["model_version"], fitted, base


def test_a_merged_llm_is_one_plain_model_with_a_page_for_ollama(cli, imported, tmp_path):
    transformers = pytest.importorskip("transformers")
    name, fitted, base = imported
    answer(cli("models", "export", name, "--out", str(tmp_path / "out"), "--json"))
    answer(cli("models", "export", name, "--out", str(tmp_path / "merged"), "--merged", "--json"))
    plain = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    adapted = pytest.importorskip("peft").PeftModel.from_pretrained(plain, tmp_path / "out").eval()
    merged = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    tokens = transformers.AutoTokenizer.from_pretrained(tmp_path / "merged")(TEXT, return_tensors="pt")
    with torch.no_grad():
        wanted, found = (model(**tokens).logits for model in (adapted, merged.eval()))
    assert torch.allclose(wanted, found, atol=1e-3)
    told = (tmp_path / "merged" / "Modelfile").read_text()
    assert "FROM ." in told
    assert 'TEMPLATE """Patient: {{ .Prompt }}\nDiagnosis:"""' in told
    assert f"reason:{digest_of(fitted.files)[:12]}" in (tmp_path / "merged" / "README.md").read_text()


def test_a_plain_llm_from_elsewhere_is_refused_with_a_way_out(cli, imported):
    _, _, base = imported
    code, _, err = cli("models", "import", str(base), "--model-type", "reason")
    assert code != 0
    assert "which labels" in err
