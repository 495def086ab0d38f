"""The label is found inside its text in every form, and what is masked gives nothing away."""

import random
from collections import Counter, defaultdict

import pytest

from shared.domain.labels import Entry
from worker_collection.check import MASK, drugs_in, phrases_of, prepare_text
from worker_collection.wording import space_of

SPACE = space_of([], [])


def masked(label: str, text: str) -> str:
    return prepare_text(text, phrases_of(SPACE.entry(label))).text


@pytest.mark.parametrize(
    ("label", "mention"),
    [
        ("Asthma exacerbation", "asthmatic"),
        ("Asthma exacerbation", "exacerbations of asthma"),
        ("Essential hypertension", "hypertensive"),
        ("Essential hypertension", "HTN"),
        ("Essential hypertension", "I10"),
        ("Hypothyroidism", "hypothyroid"),
        ("Hypothyroidism", "hypothyriodism"),
        ("Psoriasis", "psoriatic"),
        ("Iron deficiency anaemia", "anaemia of iron deficiency"),
        ("Iron deficiency anaemia", "iron-deficiency anemia"),
        ("Community-acquired pneumonia", "pneumonia, community aquired"),
        ("Community-acquired pneumonia", "CAP"),
        ("Pulmonary embolism", "pulmonary emboli"),
        ("Graves disease", "Grave’s disease"),
        ("Type 2 diabetes mellitus", "type II diabetes"),
        ("Type 2 diabetes mellitus", "diabetic"),
        ("Type 2 diabetes mellitus", "E11.65"),
        ("Urinary tract infection", "infection of the urinary tract"),
        ("Depressive episode", "Dépression"),
        ("Pulmonary tuberculosis", "TB"),
        ("Crohn disease", "Morbus Crohn"),
    ],
)
def test_every_form_of_the_label_is_masked(label, mention):
    assert masked(label, f"Known {mention} since May.") == f"Known {MASK} since May."


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Acute pharyngitis", "Sore throat for two days."),
        ("Common cold", "Feels cold."),
        ("Pulmonary embolism", "PE: lungs clear."),
        ("Hypothyroidism", "Hypotension after the dose."),
        ("Bell palsy", "House-Brackmann III."),
        ("Gout", "Great toe hot and red."),
    ],
)
def test_symptoms_and_headings_stay(label, text):
    assert masked(label, text) == text


def test_a_drug_that_gives_the_label_away_is_told_and_stays():
    text = "On levothyroxine 50 mcg."
    assert drugs_in(text, SPACE.entry("Hypothyroidism"))
    assert not drugs_in(text, SPACE.entry("Gout"))
    assert masked("Hypothyroidism", text) == text


def test_a_label_of_the_site_needs_no_list():
    assert prepare_text("Has Xyzzy fevers.", phrases_of(Entry("Xyzzy fever"))).text == f"Has {MASK}."


def test_after_masking_no_single_word_tells_the_label():
    """Notes that say nothing but their label: the best guess from one word is no better than chance."""
    labels = ["Gout", "Psoriasis", "Epilepsy", "Hypothyroidism"]
    draw = random.Random(7)
    filler = ["seen", "today", "well", "review", "clinic", "soon", "stable", "plan", "family", "aware"]
    notes = []
    for n in range(800):
        label = labels[n % 4]
        entry = SPACE.entry(label)
        name = draw.choice([label, *entry.aliases, label.upper(), f"{label}s", *entry.codes])
        words = draw.sample(filler, 6)
        words.insert(draw.randrange(6), name)
        notes.append((masked(label, " ".join(words)), label))
    assert all(MASK in text for text, _ in notes)
    learnt: dict[str, Counter[str]] = defaultdict(Counter)
    for text, label in notes[:400]:
        for word in set(text.split()):
            learnt[word][label] += 1
    guesses = Counter()
    for text, label in notes[400:]:
        best = max(
            set(text.split()),
            key=lambda word: max(learnt[word].values(), default=0) / sum(learnt[word].values() or [1]),
        )
        guesses[learnt[best].most_common(1)[0][0] == label if learnt[best] else False] += 1
    assert guesses[True] / 400 < 0.25 + 3 * (0.25 * 0.75 / 400) ** 0.5
