"""`rounds evaluate` on a version in the store: metrics with intervals, one prediction a case."""

import json

import pytest

from rounds import main
from shared.config import PREFIX, environment


@pytest.fixture
def rounds(site, monkeypatch, capsys):
    """Run a command on the test's site; answers exit code, standard output and standard error."""
    for name, value in environment(site.settings).items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, value)

    def run(*arguments):
        code = main.run([str(one) for one in arguments])
        return code, *capsys.readouterr()

    return run


def case_file(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_it_scores_a_case_file(site, fitted, rounds, tmp_path):
    version = site.add(fitted)
    rows = [
        {
            "source_id": "1",
            "text": "red swollen toe joint",
            "diagnosis": "Gout",
            "subgroup": {"site": "north"},
        },
        {"source_id": "2", "text": "burning when passing urine", "diagnosis": "Migraine"},
        {"source_id": "3", "text": "light hurts my eyes and my head throbs"},
    ]
    code, out, _ = rounds(
        "evaluate",
        "--model-version",
        version.name,
        "--cases",
        case_file(tmp_path / "c.jsonl", rows),
        "--json",
    )
    assert code == 0
    answer = json.loads(out)
    labels = {one["source_id"]: one["label"] for one in answer["predictions"]}
    assert labels == {"1": "Gout", "2": "Urinary infection", "3": "Migraine"}
    assert all(0 < one["confidence"] <= 1 for one in answer["predictions"])
    metrics = answer["metrics"]
    assert (metrics["n"], metrics["accuracy"]) == (2, 0.5)
    low, high = metrics["intervals"]["accuracy"]
    assert low < 0.5 < high
    assert metrics["subgroups"]["site"]["north"]["value"] == 1.0


def test_a_mapping_names_the_fields_of_another_file(site, fitted, rounds, tmp_path):
    version = site.add(fitted)
    rows = [{"id": "a", "text": "tender foot, pain in the toe at night", "label": "Gout", "group": 1}]
    cases = case_file(tmp_path / "c.jsonl", rows)
    code, out, _ = rounds(
        *(
            "evaluate",
            "--model-version",
            version.name,
            "--cases",
            cases,
            "--mapping",
            "symptom2disease",
            "--json",
        )
    )
    assert code == 0
    assert json.loads(out)["predictions"][0]["source_id"] == "a"
    assert json.loads(out)["metrics"]["accuracy"] == 1.0


def test_an_unknown_version_or_file_is_one_sentence(site, fitted, rounds, tmp_path):
    code, _, err = rounds("evaluate", "--model-version", "diagnosis-999", "--cases", tmp_path / "none.jsonl")
    assert code == 2
    assert "diagnosis-999" in err
    version = site.add(fitted)
    code, _, err = rounds("evaluate", "--model-version", version.name, "--cases", tmp_path / "none.jsonl")
    assert code == 2
    assert "no such case file" in err
