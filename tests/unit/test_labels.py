import pytest

from shared.domain.labels import (
    Entry,
    LabelSpace,
    Named,
    category,
    is_doubted,
    is_stated,
    tokens,
    without_doubt,
)

SPACE = (
    Entry("Urinary tract infection", ("N39.0",), ("water infection",)),
    Entry("Graves disease", ("E05.00",)),
    Entry("Dengue fever", ("A90",)),
    Entry("Community-acquired pneumonia", ("J18.9",)),
    Entry("Iron deficiency anaemia", ("D50.9",)),
    Entry("Migraine without aura", ("G43.009",)),
    Entry("Migraine with aura", ("G43.109",)),
)


@pytest.fixture
def space():
    return LabelSpace.of(SPACE)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("urinary tract infections", "Urinary tract infection"),
        ("UTI", "Urinary tract infection"),
        ("Water infection", "Urinary tract infection"),
        ("Graves' disease", "Graves disease"),
        ("Grave’s disease", "Graves disease"),
        ("pneumonia, community acquired", "Community-acquired pneumonia"),
        ("CAP", "Community-acquired pneumonia"),
        ("iron-deficiency anemia", "Iron deficiency anaemia"),
        ("migraine without aura", "Migraine without aura"),
    ],
)
def test_a_disease_is_found_however_it_is_written(space, text, label):
    assert space.find(text) == label


def test_words_decide_and_a_code_of_another_disease_is_a_conflict(space):
    assert space.name("Graves disease", "N39.0") == Named(
        "Graves disease", agrees=False, suggested="Urinary tract infection"
    )
    assert space.name("Graves disease", "E05.90").agrees is True
    assert space.name("Graves disease", None).agrees is None


def test_unknown_words_take_the_label_of_a_code_only_when_they_share_its_word(space):
    assert space.name("dengue", "A90").label == "Dengue fever"
    assert space.name("fatty liver", "A90") == Named(None, None, "Dengue fever")


def test_a_category_with_two_labels_decides_nothing(space):
    assert space.by_code("G43.9") is None
    assert space.by_code("G43.109") == "Migraine with aura"


def test_initials_of_two_labels_are_nobody_s():
    space = LabelSpace.of((Entry("Type two diabetes"), Entry("Tinea tonsurans dermatitis")))
    assert space.find("TTD") is None


@pytest.mark.parametrize("text", ["", " ", "to be updated", "TBD", "n/a", "-", "x", "follow-up"])
def test_what_names_no_disease(text):
    assert not is_stated(text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("Possible asthma", "asthma"),
        ("?asthma", "asthma"),
        ("asthma - suspected", "asthma"),
        ("Probable: asthma", "asthma"),
        ("asthma ruled out", "asthma"),
    ],
)
def test_doubt_is_seen_and_taken_off(text, inner):
    assert is_doubted(text)
    assert without_doubt(text) == inner


def test_order_and_spelling_do_not_matter_and_without_does():
    assert tokens("oedema of the lung") == tokens("Pulmonary edema")
    assert tokens("with aura") != tokens("without aura")
    assert category("K50.90") == category("k50") == "K50"
    assert category("see notes") == ""
