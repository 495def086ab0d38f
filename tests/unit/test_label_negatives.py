"""A name is never taken for another disease, however alike they look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.labels import Entry, LabelSpace, is_stated
from shared.domain.naming import misspelt, plain, tokens
from worker_collection.sources.base import Said
from worker_collection.wording import lexicon, space_of

APART = (
    ("Hyperthyroidism", "Hypothyroidism"),
    ("Hypertension", "Hypotension"),
    ("Type 1 diabetes", "Type 2 diabetes mellitus"),
    ("type I diabetes", "type II diabetes"),
    ("Left otitis media", "Right otitis media"),
    ("Chronic bronchitis", "Acute bronchitis"),
    ("bronchitis", "Acute bronchitis"),
    ("Migraine with aura", "Migraine without aura"),
    ("Malignant melanoma", "Benign melanoma"),
    ("CKD stage 3", "Chronic kidney disease"),
    ("Heart failure NYHA II", "Heart failure NYHA III"),
    ("Hepatitis", "Hepatitis A"),
    ("Hepatitis B", "Hepatitis A"),
    ("Asthma", "Asthma exacerbation"),
    ("Pulmonary hypertension", "Essential hypertension"),
    ("Gestational diabetes", "Type 2 diabetes mellitus"),
    ("Dysphagia", "Dysphasia"),
    ("Perineal abscess", "Peroneal abscess"),
    ("Pneumonia", "Community-acquired pneumonia"),
    ("Stroke", "Heat stroke"),
    ("高血压", "糖尿病"),
)


@pytest.mark.parametrize(("written", "label"), APART)
def test_one_disease_is_not_the_other(written, label):
    space = LabelSpace.of([Entry(label), *(entry for entry in lexicon() if entry.label != label)])
    assert space.find(written) != label


@pytest.mark.parametrize(("written", "label"), APART)
def test_nor_with_a_code_that_only_the_other_has(written, label):
    space = LabelSpace.of([Entry(label, ("Q99.1",)), Entry(written)])
    named = space.name(written, "Q99.1")
    assert named.label == written or tokens(written) < tokens(label)


def test_every_name_of_the_shipped_diseases_leads_to_its_own_disease():
    space = space_of([], [])
    wrong = [
        (name, entry.label)
        for entry in lexicon()
        for name in (entry.label, *entry.aliases)
        if space.find(name) != entry.label
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("written", "code", "label"),
    [
        ("asthma", "J45.901", "Asthma exacerbation"),
        ("diabetes", "E11.9", "Type 2 diabetes mellitus"),
        ("hypothyriodism", "E03.9", "Hypothyroidism"),
        ("PD", "G20", "Parkinson disease"),
        ("PD", None, None),
        ("hypothyriodism", None, None),
        ("Morbus Basedow", None, "Graves disease"),
        ("Diabète de type 2", None, "Type 2 diabetes mellitus"),
        ("chicken pox", "B01.9", "Chickenpox"),
        ("chronic gastroenteritis", "A09", None),
    ],
)
def test_words_and_code_together(written, code, label):
    assert space_of([], []).name(written, code).label == label


@pytest.mark.parametrize(
    ("written", "code", "agrees"),
    [
        ("Type 1 diabetes", "E11.9", False),
        ("Migraine with aura", "G43.009", False),
        ("Hyperthyroidism", "E03.9", False),
        ("Graves disease", "E05.90", True),
        ("Asthma exacerbation", "J45.909", True),
        ("Gout", None, None),
    ],
)
def test_a_sibling_s_code_contradicts_and_a_wider_one_does_not(written, code, agrees):
    assert space_of([], []).name(written, code).agrees is agrees


def test_a_site_s_label_takes_no_wider_disease_under_its_wing():
    space = space_of([Entry("Diabetic foot", ("E11.621",)), Entry("Acute asthma attack", ("J45.901",))], [])
    assert space.find("type 2 diabetes") == "Type 2 diabetes mellitus"
    assert space.find("asthma") == "Asthma"


def test_words_often_used_with_a_code_are_learnt_unless_they_say_another_side_or_type():
    said = [Said("Zuckerleiden", "E11.9", 5), Said("Type 1 sugar illness", "E11.9", 5)]
    space = space_of([], said)
    assert space.find("Zuckerleiden") == "Type 2 diabetes mellitus"
    assert space.find("Type 1 sugar illness") is None


@given(st.text(min_size=1, max_size=40))
def test_every_script_keeps_its_letters(text):
    if any(char.isalpha() for char in text) and is_stated(text):
        assert plain(text)


@given(
    st.sampled_from(["hypothyroidism", "tuberculosis", "appendicitis"]),
    st.integers(0, 13),
    st.sampled_from("xqz"),
)
def test_one_wrong_letter_is_seen_and_two_are_not(word, place, letter):
    place %= len(word)
    once = word[:place] + letter + word[place + 1 :]
    assert misspelt(once, word)
    twice = letter * 2 + word[2:]
    assert not misspelt(twice, word)
