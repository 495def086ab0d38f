"""The clues by which a person is found again; they are stored as keyed hashes, so their form is fixed."""

from datetime import date

import pytest

from shared.domain.people import SAME, Clues, clues, reason_of, sounds

BORN = date(1980, 3, 7)


def test_the_clues_of_a_person():
    contacts = ["+1 (415) 555-0133", "12 High Street", "x", "555-013", "12 High Street"]
    assert clues("Lindqvist, Anna", BORN, sex="f", contacts=contacts) == Clues(
        sure=("born:anna lindqvist|1980-03-07",),
        near=(
            "sounds:an lndkvst|1980-03-07",
            "swap:anna lindqvist|1980-3-7",
            "former:anna|1980-03-07|f|12highstreet",
            "former:anna|1980-03-07|f|55550133",
            "half:anna|lin-8|1980-03-07",
            "half:anna|lin-9|1980-03-07",
            "half:anna|lin-10|1980-03-07",
            "half:anna|-ist8|1980-03-07",
            "half:anna|-ist9|1980-03-07",
            "half:anna|-ist10|1980-03-07",
        ),
        marks=(
            "sounds:an lndkvst|1980-03-07",
            "swap:anna lindqvist|1980-3-7",
            "former:anna|1980-03-07|f|12highstreet",
            "former:anna|1980-03-07|f|55550133",
            "half:anna|lin-9|1980-03-07",
            "half:anna|-ist9|1980-03-07",
        ),
    )


@pytest.mark.parametrize(
    ("born", "clue"),
    [
        (date(1980, 12, 7), "swap:anna|1980-7-12"),
        (date(1980, 7, 12), "swap:anna|1980-7-12"),
        (date(1980, 7, 13), None),  # no month has that number
        (date(1980, 7, 7), None),
    ],
)
def test_day_and_month_may_be_swapped_where_both_could_be_a_month(born, clue):
    found = [one for one in clues("Anna", born).near if one.startswith("swap:")]
    assert found == ([clue] if clue else [])


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("Schmidt", "smt"),
        ("Philip", "flp"),
        ("Thackery", "tkr"),
        ("Jacques", "aks"),
        ("Wozniak", "vsnk"),
        ("Xavier", "ksvr"),
        ("Brandt", "brnt"),
        ("Ashby", "asb"),
        ("Otto", "at"),
        ("Bob", "bob"),
        ("Zara Quick", "k sr"),
        ("Quick Zara", "k sr"),
        ("Ann Zya", "ann zya"),  # of three letters each one tells
    ],
)
def test_a_name_as_it_is_heard(name, heard):
    assert sounds(name) == heard


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Anna Maria Moor", "anna"),
        ("Moor, Anna Maria", "anna"),
        ("Moor,", "moor"),
        ("Moor, ", None),
        (" ", None),
    ],
)
def test_the_given_name_comes_first_or_behind_the_comma(name, given):
    found = [one for one in clues(name, BORN, contacts=["5550133"]).near if one.startswith("former:")]
    assert found == ([f"former:{given}|1980-03-07||5550133"] if given else [])


@pytest.mark.parametrize(
    ("contact", "known"),
    [
        ("555 013", None),
        ("555 0133", "5550133"),
        ("0041 44 555 01 33", "45550133"),
        ("Elm 5", "elm5"),
        ("Ob 12345678", "12345678"),  # two letters are no address
        ("", None),
    ],
)
def test_a_contact_is_a_number_or_an_address(contact, known):
    found = [one for one in clues("Anna", BORN, contacts=[contact]).near if one.startswith("former:")]
    assert found == ([f"former:anna|1980-03-07||{known}"] if known else [])


@pytest.mark.parametrize(
    ("name", "halves"),
    [
        ("Anna Moor", 0),
        ("Anna Moore", 2),
        ("Anna Moor5", 0),
        ("Clara Moore", 4),
        ("Moore", 0),
        ("Clara Moore Stone", 12),
    ],
)
def test_a_long_word_may_be_misspelt_beside_another(name, halves):
    found = clues(name, BORN)
    assert sum(one.startswith("half:") for one in found.marks) == halves
    assert sum(one.startswith("half:") for one in found.near) == 3 * halves


def test_each_kind_of_clue_says_why_and_how_sure_it_is():
    reasons = {
        kind: reason_of(f"{kind}:x|y") for kind in ("swap", "sounds", "half", "former", "heard", "born")
    }
    assert {kind: one and one[1] for kind, one in reasons.items()} == {
        "swap": 0.8,
        "sounds": 0.75,
        "half": 0.7,
        "former": 0.7,
        "heard": 0.7,
        "born": None,
    }
    assert SAME == ("same identity", 1.0)
