"""The notes that were unseen third are marked exactly."""

import re

import pytest

from bench.deid_exam.score import required
from bench.deid_third import numbers
from bench.deid_third.notes import notes, parsed, templates

LABELS = (
    "NAME DATE AGE ADDRESS HOSPITAL ORG PHONE FAX EMAIL SSN MRN HEALTHPLAN ACCOUNT LICENSE VEHICLE DEVICE "
    "URL IP ID BIOMETRIC"
)


@pytest.fixture(scope="module")
def made():
    return notes(4 * len(templates()), seed=21)


def test_a_seed_writes_its_own_notes_with_every_label(made):
    again, others = notes(30, seed=5), notes(30, seed=6)
    assert again == notes(30, seed=5)
    assert not {note["text"] for note in again} & {note["text"] for note in others}
    assert {span["label"] for note in made for span in note["spans"]} == set(LABELS.split())


def test_the_notes_are_of_many_kinds_and_hold_some_ten_identifiers(made):
    languages = [one.options.get("lang", "en") for one in templates().values()]
    assert len(languages) >= 150 and len(set(languages)) == 7
    assert 0.65 < languages.count("en") / len(languages) < 0.8
    assert 8 < sum(len(note["spans"]) for note in made) / len(made) < 12


def test_gold_spans_are_words_without_margins_that_never_overlap(made):
    for note in made:
        ends = 0
        for span in note["spans"]:
            words = note["text"][span["start"] : span["end"]]
            assert words == words.strip() != "" and span["start"] >= ends, note["id"]
            assert required(note["text"], (span["start"], span["end"]), span["label"]), (note["id"], words)
            ends = span["end"]


def test_what_must_stay_is_no_part_of_what_must_go(made):
    for note in made:
        gold = {at for span in note["spans"] for at in range(span["start"], span["end"])}
        for kept in note["keep"]:
            assert not gold & set(range(kept["start"], kept["end"])), note["id"]
            assert note["text"][kept["start"] : kept["end"]].strip(), note["id"]


def test_no_sign_of_a_template_is_left(made):
    for note in made:
        assert not re.search(r"\{[a-z]\w*[.:}]|\\|<[a-z]+:|\bNone\b", note["text"]), note["id"]


def test_a_bracket_without_its_partner_is_refused():
    for text in ("one [of|two", "three]] <dose:5 mg"):
        with pytest.raises(ValueError, match="bracket"):
            parsed(text)


@pytest.mark.parametrize(
    ("made_digit", "published"),
    [
        (numbers.pension_digit("15070649C10"), "3"),
        (numbers.german_tax_digit("8609574271"), "9"),
        (numbers.portuguese_tax_digit("12345678"), "9"),
    ],
)
def test_check_digits_are_the_published_ones(made_digit, published):
    assert made_digit == published
