import random
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.deid_tagger_world import prose
from bench.deid_tagger_world.examples import UNTOLD, examples, labels
from bench.deid_tagger_world.names import Maker
from bench.deid_tagger_world.notes import Writer
from bench.deid_tagger_world.train import Tagger, packed, train
from worker_collection.phi import tagger
from worker_collection.phi.lexicon import GIVEN, NAME, TOWN, kind
from worker_collection.phi.page import Page
from worker_collection.phi.tagger_file import meanings
from worker_collection.phi.tagger_network import LABELS, network, read
from worker_collection.phi.tagger_traits import MEANING, ROWS, TAKEN, TRAITS, forgotten, rows

needs_prose = pytest.mark.skipif(not prose.DATA.exists(), reason="the openly licensed prose is not here")


def found(text):
    page = Page(text)
    return [text[span.start : span.end] for span in tagger.find(page, [False] * len(page.words))]


@cache
def notes():
    return [Writer(random.Random(10**9 + seed), "test").note() for seed in range(300)]


def test_the_arithmetic_is_that_of_the_network_that_was_trained():
    torch.manual_seed(3)
    model = Tagger().eval()
    told = np.random.default_rng(3).integers(0, ROWS, (40, TRAITS + 1), dtype=np.int32)
    told[:, MEANING] %= len(meanings()[1])
    with torch.no_grad():
        wanted = model(torch.from_numpy(told).long()).softmax(1).numpy()
    got = read(packed(model, {"seed": "3"})).probabilities(told)
    assert np.abs(got - wanted).max() < 0.01
    assert np.allclose(got.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17, 40])
def test_what_is_kept_of_a_page_for_a_second_look_gives_what_reading_it_anew_gives(count):
    page = Page("Seen 24 hours\nago by Ann Quist, " * 20)
    page.words = page.words[:count]
    for covered in ([False] * count, [True] * count):
        again = network().probabilities(rows(page, covered))
        assert (tagger.likelihoods(page, covered) == again).all()
    free, taken = (rows(page, [one] * count)[:, TAKEN] for one in (False, True))
    assert (free != taken).all()


@pytest.mark.slow
@needs_prose
def test_the_same_seed_trains_the_same_weights():
    first, second = (packed(train(7, 60, rounds=1), {}) for _ in range(2))
    assert first == second
    assert first != packed(train(8, 60, rounds=1), {})


@pytest.mark.slow
@needs_prose
def test_names_of_notes_that_were_not_trained_on_are_found_and_little_else():
    right = wrong = missed = 0
    for made in notes():
        page = Page(made.text)
        gold = labels(page, made.spans) > 0
        spans = tagger.find(page, [False] * len(page.words))
        told = labels(page, [(span.start, span.end, span.label) for span in spans]) > 0
        right, wrong = right + (told & gold).sum(), wrong + (told & ~gold).sum()
        missed += (gold & ~told).sum()
    assert right / (right + wrong) > 0.98
    assert right / (right + missed) > 0.85


@needs_prose
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_prose_that_names_nobody_stays(case):
    sentences = random.Random(5).sample(prose.sentences("test"), 400)
    taken = [name for sentence in sentences for name in found(case(sentence))]
    assert len(taken) <= 8


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("d/w Quenbrial re CT", "Quenbrial"),
        ("spoke to veshara tolmund by phone re transport", "veshara tolmund"),
        ("PT SETTLED. SON TARVICK AT BEDSIDE, UPDATED.", "TARVICK"),
        ("She was transferred to Brennhaven General on the ward round.", "Brennhaven General"),
        ("He works as a welder for Ostrelli Fabrik in the north.", "Ostrelli Fabrik"),
        ("lives in dravenford with her brother", "dravenford"),
    ],
)
def test_what_no_list_has_is_found_by_where_it_stands(text, gone):
    assert any(gone in name for name in found(text)), found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Babinski negative, Hoffmann sign absent, Mallampati II.",
        "Started metoprolol 25 mg bd and ramipril 5 mg daily.",
        "Past Medical History: Type 2 Diabetes, Iron Deficiency.",
        "blood cultures grew klebsiella, sensitive to gentamicin.",
        "Seen in the Emergency Department, admitted to Cardiology.",
    ],
)
def test_clinical_words_stay(text):
    assert found(text) == []


def test_a_word_is_read_from_its_surroundings_and_not_from_far_away():
    middle = " ".join(["the wound was clean and dry"] * 5)
    near, far = Page(f"seen by Quenbrial {middle}"), Page(f"seen by Quenbrial {middle} by Dr Smith, Boston")
    some = network().probabilities(rows(near, [False] * len(near.words)))
    more = network().probabilities(rows(far, [False] * len(far.words)))
    assert np.allclose(some[:10], more[:10], atol=1e-5)


def test_doubts_are_what_was_not_taken():
    for made in notes() if prose.DATA.exists() else []:
        page = Page(made.text)
        free = [False] * len(page.words)
        taken = {(span.start, span.end) for span in tagger.find(page, free)}
        assert not taken & {(span.start, span.end) for span in tagger.doubt(page, free)}


def test_what_a_rule_has_taken_is_not_taken_again():
    page = Page("Reviewed by Quenbrial and seen by Quenbrial.")
    covered = [word.start < 24 for word in page.words]
    assert all(span.start > 24 for span in tagger.find(page, covered))


@settings(max_examples=150)
@given(st.text(max_size=300), st.randoms(use_true_random=False))
def test_any_text_gives_spans_in_order_within_it(text, dice):
    page = Page(text)
    free = [dice.random() < 0.3 for _ in page.words]
    spans = tagger.find(page, free)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.start < other.start for one, other in zip(spans, spans[1:], strict=False))
    assert all(span.label in LABELS[1:] for span in spans)


def test_half_of_the_invented_names_stand_in_no_list():
    given = [Maker(random.Random(seed)).given() for seed in range(2000)]
    unlisted = sum(not kind(name) & NAME for name in given)
    assert 0.3 < unlisted / len(given) < 0.7


def test_a_word_can_be_forgotten_without_the_lists_losing_it():
    page = Page("seen by Maria in Boston")
    word = next(word for word in page.words if word.text == "Maria")
    forgotten(word, NAME | TOWN)
    assert not word.flags & GIVEN
    assert kind("Maria") & GIVEN


@pytest.mark.slow
@needs_prose
def test_nothing_is_learned_from_what_the_rules_take():
    marks = np.concatenate([marks for _, marks in examples(range(40))])
    assert (marks == UNTOLD).any() and (marks > 0).any()
