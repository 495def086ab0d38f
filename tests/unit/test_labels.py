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


@pytest.mark.parametrize("text", ["癌", "gout", "UTI"])
def test_one_sign_may_name_a_disease_and_one_letter_not(text):
    assert is_stated(text)


def test_the_same_words_in_another_order_are_the_same_disease():
    space = LabelSpace.of([Entry("Gout acute", ("M10",)), Entry("Acute gout", ("M11",))])
    assert space.name("Acute gout", "M11") == Named("Gout acute", agrees=True, suggested="Acute gout")


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


def test_what_is_known_of_a_label_adds_up(space):
    space.add(Entry("Dengue fever", ("A91", "A90"), ("breakbone fever",), must_not_miss=True))
    assert space.entry("Dengue fever") == Entry("Dengue fever", ("A90", "A91"), ("breakbone fever",), True)
    space.add(Entry("Dengue fever"))
    assert space.entry("Dengue fever").must_not_miss
    assert space.entry("dengue fever") is None
    assert [entry.label for entry in space] == [entry.label for entry in SPACE]
    assert space.find("breakbone fever") == space.by_code("a91") == "Dengue fever"


def test_where_two_labels_claim_one_name_or_code_the_earlier_has_it():
    space = LabelSpace.of((Entry("Gout", ("M10",), ("podagra",)), Entry("Podagra", ("M10",))))
    assert (space.find("podagra"), space.by_code("M10")) == ("Gout", "Gout")
    assert space.find("po dagra") is None  # the letters without gaps are of two


def test_a_name_without_words_means_nothing():
    assert LabelSpace.of([Entry("Gout", aliases=("of the",))]).find("of the") is None


@pytest.mark.parametrize(
    ("text", "label"),
    [("UTI", "Urinary tract infection"), ("uti", None), (" UTI ", "Urinary tract infection"), ("U TI", None)],
)
def test_initials_are_written_in_capitals(space, text, label):
    assert space.find(text) == label


def test_two_letters_are_no_initials():
    assert LabelSpace.of([Entry("Graves disease")]).find("GD") is None


def test_an_alias_is_found_but_is_not_a_label_s_own_name(space):
    assert space.own("Urinary tract infections") == "Urinary tract infection"
    assert space.own("water infection") is None
    assert space.own("nothing of it") is None


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("N39.0", "Urinary tract infection"),
        ("n390", "Urinary tract infection"),
        (" N39.0 ", "Urinary tract infection"),
        ("N39.01", "Urinary tract infection"),
        ("A90.1", "Dengue fever"),
        ("A9", None),
        ("N39", None),
        (None, None),
        ("", None),
        ("SNOMED 1", None),
    ],
)
def test_a_code_means_its_label_or_that_of_the_nearest_wider_code(space, code, label):
    assert space.by_code(code) == label


def test_a_code_of_another_system_is_taken_as_it_is():
    space = LabelSpace.of([Entry("Gout", ("snomed:90560007",))])
    assert space.by_code("SNOMED:90560007 ") == "Gout"
    assert space.by_code("SNOMED:9056000") is space.by_code("SNOMED:905600071") is None


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("Dengue fever", None, Named("Dengue fever", None, None)),
        ("Dengue fever", "A90", Named("Dengue fever", agrees=True, suggested="Dengue fever")),
        ("Dengue fever", "A90.1", Named("Dengue fever", agrees=True, suggested="Dengue fever")),
        ("Dengue fever", "N39.0", Named("Dengue fever", agrees=False, suggested="Urinary tract infection")),
        ("Dengue fever", "A92", Named("Dengue fever", agrees=False, suggested=None)),
        ("Dengue fever", "local 7", Named("Dengue fever", None, None)),
        ("dengue", "A90", Named("Dengue fever", agrees=True, suggested="Dengue fever")),
        ("dengue fever of the tropics", "A90", Named("Dengue fever", agrees=True, suggested="Dengue fever")),
        ("chronic dengue fever", "A90", Named(None, None, "Dengue fever")),  # another disease
        ("fever", "A90", Named("Dengue fever", agrees=True, suggested="Dengue fever")),
        (
            "cap",
            "J18.9",
            Named("Community-acquired pneumonia", agrees=True, suggested="Community-acquired pneumonia"),
        ),
        (
            "Dengue fevre",
            "A90",
            Named(None, None, "Dengue fever"),
        ),  # in so short a word a slip is another word
        (
            "urinray tract infection",
            "N39.0",
            Named("Urinary tract infection", agrees=True, suggested="Urinary tract infection"),
        ),
        (
            "water infectoin",
            "N39.0",
            Named("Urinary tract infection", agrees=True, suggested="Urinary tract infection"),
        ),
        ("lumbago", None, Named(None, None, None)),
    ],
)
def test_words_decide_and_the_code_helps(space, text, code, named):
    assert space.name(text, code) == named


AKIN = (
    Entry("Diabetes", ("E10-E14",)),
    Entry("Type 2 diabetes", ("E11",)),
    Entry("Diabetic foot", ("E11.621",)),
    Entry("Asthma"),
    Entry("Gout", ("M10",)),
    Entry("Vestibular asthma", ("H81.4",)),
    Entry("Asthma with gout", ("J45.1",)),
)


@pytest.mark.parametrize(
    ("text", "code", "label", "agrees"),
    [
        ("Asthma with gout", "M10", "Asthma with gout", True),  # narrower by its words
        ("Vestibular asthma", "J45.1", "Vestibular asthma", False),
        ("Diabetes", "E11.9", "Type 2 diabetes", True),  # the code says more of the same words
        ("Type 2 diabetes", "E11.621", "Type 2 diabetes", True),  # wider by its code
        ("Diabetic foot", "E11.9", "Diabetic foot", True),  # narrower by its code
        ("Gout", "E11.9", "Gout", False),
        ("Asthma", "J45.9", "Asthma", None),  # no code of it is known
        ("Asthma", "E11.9", "Asthma", False),
        ("Gout", "M10.9", "Gout", True),
        ("Gout", "M11", "Gout", False),
    ],
)
def test_a_code_stands_for_a_label_where_one_is_a_kind_of_the_other(text, code, label, agrees):
    named = LabelSpace.of(AKIN).name(text, code)
    assert (named.label, named.agrees) == (label, agrees)


def coded(text, code, said=None):
    return LabelSpace.of(SPACE).coded(text, code, said=said)


def test_of_a_coded_name_the_code_decides_and_then_the_name_itself():
    assert coded("whatever", "A90") == Named("Dengue fever", agrees=True, suggested="Dengue fever")
    assert coded("dengue fever", "snomed:1") == Named("Dengue fever", agrees=True, suggested="Dengue fever")
    assert coded("water infection", "snomed:1") == Named(None, None, None)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Dengue fever", Named("Dengue fever", agrees=True, suggested="Dengue fever")),
        ("nothing that is known", Named("Dengue fever", agrees=True, suggested="Dengue fever")),
        ("Graves disease", Named("Graves disease", agrees=False, suggested="Dengue fever")),
        ("water infection", Named("Urinary tract infection", agrees=False, suggested="Dengue fever")),
    ],
)
def test_other_words_beside_a_code_may_contradict_it(said, named):
    assert coded("Dengue fever", "A90", said) == named


def test_words_that_say_less_or_more_of_the_same_do_not_contradict():
    space = [Entry("Migraine"), Entry("Migraine with aura", ("G43.1",)), Entry("Severe migraine", ("G43.9",))]
    of = LabelSpace.of
    assert of(space).coded("x", "G43.9", said="Migraine").agrees is True
    assert of(space).coded("Migraine", None, said="severe migraine").agrees is True
    assert of(space).coded("x", "G43.1", said="Migraine").agrees is False  # with and without are two
    assert of(space).coded("Migraine", None, said="migraine with aura").agrees is False
    assert of(space).coded("severe", None, said="Severe migraine") == Named(None, None, None)


def test_a_code_that_was_met_with_its_name_is_known_from_then_on():
    space = LabelSpace.of(SPACE)
    space.coded("Dengue fever", "snomed:1")
    assert space.by_code("snomed:1") == "Dengue fever"
    space.coded("Dengue fever", None)
    assert space.entry("Dengue fever").codes == ("A90", "snomed:1")


def test_a_name_comes_before_initials():
    space = LabelSpace.of([Entry("Ulcer", aliases=("UTI",)), Entry("Urinary tract infection")])
    assert space.find("UTI") == "Ulcer"


def test_what_two_labels_share_must_tell_them_from_others():
    space = LabelSpace.of([Entry("Chronic gastritis", ("K29.5",)), *AKIN])
    assert space.name("chronic", "K29.5") == Named(None, None, "Chronic gastritis")
    assert space.name("Diabetes", "E11.9") == Named(
        "Type 2 diabetes", agrees=True, suggested="Type 2 diabetes"
    )
