"""One spelling for the words of a disease, and how far apart two names may be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.naming import initials, is_qualifier, joined, misspelt, one_edit, plain, says_more, tokens

LETTERS = st.text("abc", max_size=7)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Grave’s disease", "grave disease"),
        ("Graves' disease", "graves disease"),
        ("Crohn's", "crohn"),
        ("Straße, ÉCLAT", "strasse eclat"),
        ("aneurysm w/o rupture", "aneurysm without rupture"),
        ("Diarrhoea / leucoma; sulphur", "diarrhea leukoma sulfur"),
        ("oedema anaemia", "edema anemia"),
        ("खांसी", "खांसी"),
        ("type-2 (II)", "type 2 ii"),
    ],
)
def test_words_alone_in_one_spelling(text, words):
    assert plain(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A cold", {"cold"}),
        ("Hepatitis A", {"hepatiti", "a"}),
        ("A", {"a"}),
        ("Diabetes type II", {"diabete", "type", "2"}),
        ("stage iv", {"stage", "4"}),
        ("NYHA iii", {"nyha", "3"}),
        ("Hypertension II", {"hypertension", "ii"}),  # no number where none is asked for
        ("grade v of i", {"grade", "5", "i"}),
        ("class I", {"class", "1"}),
        ("HTN w DM", {"hypertension", "with", "diabete"}),
        ("dm wo tumor", {"diabete", "without", "tumour"}),
        ("TB of the lung", {"tuberculosi", "pulmonary"}),
        ("Unspecified disorder of the ear", {"ear"}),
        ("abscess", {"abscess"}),
        ("gas", {"gas"}),
        ("infections", {"infection"}),
    ],
)
def test_the_words_that_tell_diseases_apart(text, words):
    assert tokens(text) == words


def test_what_is_one_word_and_what_are_two_is_a_matter_of_taste():
    assert joined("chicken pox") == joined("Chickenpox") == "chickenpox"
    assert joined("heart-burns of the night") == "heartburnsnight"
    assert joined("dia rrhoea") == joined("diarrhoea")
    assert joined("burns") == "burn"


def test_initials_are_of_several_words_that_say_something():
    assert initials("Community-acquired pneumonia of the lung") == "capl"
    assert initials("Pneumonia") == initials("the gout") == initials("") == ""


@pytest.mark.parametrize(
    ("word", "is_one"),
    [
        ("left", True),
        ("acute", True),
        ("2", True),
        ("b", True),
        ("steroid", True),
        ("gastric", False),
        ("", False),
        ("diabetic", True),
    ],
)
def test_what_makes_another_disease_of_a_name(word, is_one):
    assert is_qualifier(word) is is_one


def test_a_stemmed_qualifier_is_one_still():
    assert is_qualifier("link")  # "links", left in German, without its end


def test_a_name_says_more_only_by_words_that_matter():
    asthma = frozenset({"asthma"})
    assert says_more(asthma | {"acute"}, asthma)
    assert says_more(asthma | {"acute", "severe"}, asthma)
    assert not says_more(asthma | {"severe"}, asthma)
    assert not says_more(asthma, asthma)
    assert not says_more(frozenset({"acute", "gout"}), asthma)


@pytest.mark.parametrize(
    ("text", "name", "is_slip"),
    [
        ("hypothyriodism", "hypothyroidism", True),
        ("acute apendicitis", "acute appendicitis", True),
        ("appendicitis acute", "acute appendicitis", False),
        ("acutte apendicitis", "acute appendicitis", False),  # two words
        ("appendicitis", "appendicitis", False),
        ("appendicitis", "appendicitis acute", False),
        ("migrane", "migraine", True),  # seven letters and eight
        ("asthme", "asthma", False),
        ("dysphagi", "dysphagia", True),
        ("infarcts", "infarct", False),  # only another number
    ],
)
def test_one_letter_in_one_long_word_is_a_slip_of_the_pen(text, name, is_slip):
    assert misspelt(text, name) is is_slip


def edits(word):
    """Every word that one edit makes of a word, by the plain definition."""
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    made = {head + tail[1:] for head, tail in cuts if tail}
    made |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    made |= {head + letter + tail for head, tail in cuts for letter in "abc"}
    made |= {head + letter + tail[1:] for head, tail in cuts if tail for letter in "abc"}
    return made


@given(LETTERS, LETTERS)
def test_one_edit_is_what_its_definition_says(one, other):
    assert one_edit(one, other) == (other in edits(one) | {one})


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("ab", "ba", True),
        ("ab", "bc", False),
        ("ab", "ca", False),
        ("abc", "bac", True),
        ("abc", "bad", False),
    ],
)
def test_two_neighbours_that_swap_are_one_edit(one, other, is_one):
    assert one_edit(one, other) is is_one
