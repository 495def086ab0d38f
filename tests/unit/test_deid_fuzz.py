"""`rounds deidentify` answers every note, however odd, in time, and its text is what it says."""

import random
import sys

import pytest

from bench.deid_exam.drive import Product
from bench.deid_exam.fuzz import REPEATED, SLOW_MS, fuzzed, mangled
from bench.deid_read.notes import notes

COMMAND = f"{sys.executable} -m rounds.main deidentify"


@pytest.fixture(scope="module")
def product():
    with Product(COMMAND) as running:
        yield running


@pytest.mark.slow
def test_mangled_notes_are_answered_truthfully():
    found = fuzzed(
        COMMAND, [note["text"] for note in notes(60, seed=3)], count=250, seed=5, without="repeated"
    )
    assert (found.notes, found.crashed, found.inconsistent) == (250, 0, 0), found.faults


@pytest.mark.parametrize("sign", REPEATED)
def test_a_run_of_one_sign_costs_time_in_proportion(product, sign):
    costs = []
    for count in (150, 600):
        record = {"id": "run", "text": "Seen today. " + sign * count}
        answer = product.ask(record, known=False)
        assert "error" not in answer
        costs.append(product.speed.per_length[-1][1])
    assert costs[1] < SLOW_MS or costs[1] < 12 * costs[0]


def test_every_mutation_changes_its_note():
    dice = random.Random(1)
    texts = [note["text"] for note in notes(20, seed=1)]
    made = [mangled(texts, dice) for _ in range(300)]
    assert len({text for text, _ in made}) == 300
    assert {name for _, done in made for name in done.split("+")} >= {
        "strewn",
        "repeated",
        "nested",
        "decomposed",
    }
    assert any("\ud800" <= sign <= "\udfff" for text, _ in made for sign in text)
