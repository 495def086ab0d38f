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
