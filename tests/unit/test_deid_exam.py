"""The examiner of de-identification: its notes are marked exactly, its counts are the acceptance tool's."""

import importlib.util
import json
import os
import random
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bench.deid_exam.score import really_gone, required, score
from bench.deid_read import checks
from bench.deid_read.checks import Holder
from bench.deid_read.national import NATIONAL
from bench.deid_read.notes import notes, templates
from bench.deid_read.people import table

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ROUNDS_TEST_DATA", "/nowhere"))
TOOL = DATA.parent / "tools" / "deid_bench.py"
PEOPLE = "NAME DATE AGE ADDRESS HOSPITAL ORG PHONE FAX EMAIL URL IP"
NUMBERS = "SSN MRN HEALTHPLAN ACCOUNT LICENSE VEHICLE DEVICE ID"
LABELS = {label for labels in (PEOPLE, NUMBERS) for label in labels.split()}


@pytest.fixture(scope="module")
def made():
    return notes(2 * len(templates()), seed=4)


def text_of(note, mark):
    return note["text"][mark["start"] : mark["end"]]


def test_the_same_seed_writes_the_same_notes_and_another_seed_none_of_them(made):
    again, others = notes(40, seed=8), notes(40, seed=9)
    assert again == notes(40, seed=8)
    assert not {note["text"] for note in again} & {note["text"] for note in others}
    assert len({note["id"] for note in made}) == len(made)


def test_there_are_templates_of_many_kinds_and_places_and_every_label(made):
    assert len(templates()) >= 80
    assert len({template["kind"] for template in templates().values()}) >= 25
    assert len(table("locales")) >= 30
    assert {span["label"] for note in made for span in note["spans"]} == LABELS


def test_gold_spans_are_words_without_margins_that_never_overlap(made):
    for note in made:
        ends = 0
        for span in note["spans"]:
            value = text_of(note, span)
            assert value == value.strip() != ""
            assert span["start"] >= ends, note["id"]
            assert required(note["text"], (span["start"], span["end"]), span["label"])
            ends = span["end"]


def test_what_must_stay_is_never_part_of_what_must_go(made):
    for note in made:
        gold = {at for span in note["spans"] for at in range(span["start"], span["end"])}
        for kept in note["keep"]:
            assert not gold & set(range(kept["start"], kept["end"])), (note["id"], text_of(note, kept))


def test_no_markup_is_left_in_a_note(made):
    for note in made:
        assert not re.search(r"<<\w+:|\{[a-z]\w*[.}]|\[\[|\]\]", note["text"]), note["id"]


def test_a_patients_row_names_what_stands_in_the_note(made):
    rows = [(note, note["known"]) for note in made if "known" in note]
    assert 0.4 < len(rows) / len(made) < 0.8
    stand = sum(
        row["name"].lower() in note["text"].lower() or row["mrn"] in note["text"] for note, row in rows
    )
    assert stand > len(rows) / 3


@pytest.mark.parametrize(
    ("made_digit", "published"),
    [
        (checks.luhn("7992739871"), "3"),
        (checks.luhn("80840123456789"), "3"),
        (checks.verhoeff("236"), "3"),
        (checks.mod11("943476591", (10, 9, 8, 7, 6, 5, 4, 3, 2)), "9"),
        (checks.iban("GB", "WEST12345698765432"), "GB82 WEST 1234 5698 7654 32"),
    ],
)
def test_check_digits_are_the_published_ones(made_digit, published):
    assert made_digit == published


def test_national_numbers_differ_with_their_holder():
    for name, (label, make) in NATIONAL.items():
        drawn = {
            make(Holder(random.Random(seed), date(1961, 3, 7), is_female=seed % 2 == 0)) for seed in range(8)
        }
        assert label in LABELS
        assert len(drawn) > 4, name


def answered(note, dice):
    """An answer as good and as bad as chance has it."""
    kind = dice.choice(("good", "good", "good", "held", "failed", "claimed", "broken"))
    if kind == "held":
        return {"id": note["id"], "quarantine": True}
    if kind == "failed":
        return {"id": note["id"], "error": "it failed"}
    taken = [span for span in note["spans"] + note.get("keep", []) if dice.random() < 0.8]
    text, out, at = note["text"], "", 0
    for span in sorted(taken, key=lambda one: one["start"]):
        if span["start"] >= at:
            out += text[at : span["start"]] + (text_of(note, span) if kind == "claimed" else "[X]")
            at = span["end"]
    out += text[at:]
    return {"id": note["id"], "text": out[5:] if kind == "broken" else out, "spans": taken}


@pytest.mark.skipif(not TOOL.exists(), reason="the acceptance tool stands beside ROUNDS_TEST_DATA")
def test_our_counts_are_those_of_the_acceptance_tool(made):
    spec = importlib.util.spec_from_file_location("deid_bench", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    gold = [json.loads(line) for line in (DATA / "deid_dev.jsonl").read_text().splitlines()]
    records, dice = made + gold, random.Random(2)
    answers = {note["id"]: answered(note, dice) for note in records}
    ours, theirs = score(records, answers), tool.score(records, answers)
    for key, value in ours.figures().items():
        assert value == theirs[key], key
    assert ours.labels == {label: list(pair) for label, pair in theirs["recall_span_by_label"].items()}
    assert ours.kinds == {kind: list(pair) for kind, pair in theirs["destroyed_by_kind"].items()}
    for name, row in theirs["slices"].items():
        found, whole, clean, count = ours.slices[name]
        assert count == row["notes"]
        assert clean / count == row["leak_free"]
        assert whole == 0 or found / whole == row["recall_span"]


def test_a_note_is_scored_by_its_text_and_not_by_its_claims():
    text = "Seen by Dr Ada Lovelace on 3 May 2021."
    record = {
        "id": "x-one",
        "text": text,
        "spans": [{"start": 11, "end": 23, "label": "NAME"}, {"start": 27, "end": 37, "label": "DATE"}],
        "keep": [],
    }
    honest = {"text": "Seen by Dr [NAME] on 2021.", "spans": record["spans"]}
    lying = {"text": text, "spans": record["spans"]}
    assert score([record], {"x-one": honest}).figures()["recall_span"] == 1.0
    assert score([record], {"x-one": lying}).figures()["recall_span"] == 0.0
    assert really_gone(text, "Seen by [NAME]", [(11, 23)]) == (False, [(11, 23)])


def test_the_misses_of_unseen_notes_are_not_shown():
    told = subprocess.run(
        [sys.executable, "-m", "bench.deid", "--set", "unseen", "--leaks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert "whoever reads them tunes on them" in told.stderr
