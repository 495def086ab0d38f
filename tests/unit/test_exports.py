import csv
import io
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.example import Example
from shared.domain.exports import COLUMNS, LINE_FORMATS, Exported, harmless, heading, line

TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


def an_export(text='Cough, "dry"\nsince Monday', label="Asthma"):
    example = Example(UUID(int=1), UUID(int=2), text, label, 0.25, {"sex": "f", "site": "north"})
    return Exported(example, "training", "diagnosis")


@given(TEXTS, TEXTS)
def test_every_json_format_is_one_line_that_gives_the_words_back(text, label):
    one = an_export(text, label)
    read = {kind: json.loads(line(one, kind)) for kind in ("jsonl", "chat", "alpaca")}
    assert all(line(one, kind).count("\n") == 1 for kind in read)
    assert (read["jsonl"]["text"], read["jsonl"]["diagnosis"]) == (text, label)
    assert [turn["content"] for turn in read["chat"]["messages"]] == [text, label]
    assert (read["alpaca"]["input"], read["alpaca"]["output"]) == (text, label)


@given(TEXTS)
def test_a_table_cell_gives_the_words_back_and_never_runs(text):
    rows = list(csv.reader(io.StringIO(heading("csv") + line(an_export(text), "csv"), newline="")))
    cell = dict(zip(rows[0], rows[1], strict=True))["text"]
    assert cell in (text, f"'{text}")
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-cough", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", "＝1", "\n=1"]
)
def test_what_a_spreadsheet_would_run_is_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Cough", "5 mg", "", "a=b", "'quoted"])
def test_other_cells_stay(cell):
    assert harmless(cell) == cell


def test_the_same_example_gives_the_same_bytes_and_one_heading():
    assert heading("csv") == ",".join(COLUMNS) + "\r\n"
    for kind in LINE_FORMATS:
        assert line(an_export(), kind) == line(an_export(), kind)


def test_each_format_has_its_own_form():
    one = an_export("Cough\tté", "Asthma")
    case = {
        "source_id": "00000000-0000-0000-0000-000000000001",
        "person": "00000000-0000-0000-0000-000000000002",
        "model_type": "diagnosis",
        "text": "Cough\tté",
        "diagnosis": "Asthma",
        "weight": 0.25,
        "split": "training",
        "subgroup": {"sex": "f", "site": "north"},
    }
    assert json.loads(line(one, "jsonl")) == case
    assert json.loads(line(one, "chat")) == {
        "messages": [{"role": "user", "content": "Cough\tté"}, {"role": "assistant", "content": "Asthma"}]
    }
    assert json.loads(line(one, "alpaca")) == {
        "instruction": "Name the diagnosis that this clinical note describes.",
        "input": "Cough\tté",
        "output": "Asthma",
    }
    assert "té" in line(one, "jsonl") and line(one, "jsonl").startswith('{"diagnosis": ')
    ids = f"{case['source_id']},{case['person']}"
    assert line(one, "csv") == f"{ids},diagnosis,Cough\tté,Asthma,0.25,training,,f,north\r\n"
    assert LINE_FORMATS == ("jsonl", "chat", "alpaca", "csv")
    assert COLUMNS == (
        "source_id", "person", "model_type", "text", "diagnosis", "weight", "split", "age_band", "sex", "site"
    )  # fmt: skip
    assert [heading(name) for name in ("jsonl", "chat", "alpaca")] == ["", "", ""]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_what_runs_behind_blanks_is_text_too(first):
    assert harmless(f"  {first}1") == f"'  {first}1"
