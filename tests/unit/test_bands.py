"""What is kept in clear beside a case is a band; what could name somebody is left out."""

import pytest

from shared.domain.bands import kept


@pytest.mark.parametrize(
    ("name", "value", "band"),
    [
        ("age_band", "40-49", "40-49"),
        ("age_band", "90+", "90+"),
        ("age_band", "Child", "child"),
        ("sex", "F", "f"),
        ("sex", "weiblich", "weiblich"),
        ("site", "North Wing 2", "north wing 2"),
        ("site", "St. Mary's General Hospital North", "st. mary's general hospi"),
        ("device", "MAGNETOM Aera 1.5T", "magnetom aera 1.5t"),
        ("language", "de-CH", "de-ch"),
    ],
)
def test_a_band_is_kept(name, value, band):
    assert kept({name: value}) == {name: band}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sex", "Orla Quillon"),
        ("sex", "MRN 7731900123"),
        ("age_band", "born 1951-03-02"),
        ("age_band", "1951"),
        ("site", "555-0199-22"),
        ("site", "MRN 7731900"),
        ("site", ", Orla"),
        ("language", "Orla Quillon"),
        ("name", "Orla Quillon"),
        ("sex", None),
        ("sex", ""),
    ],
)
def test_what_could_name_somebody_is_left_out(name, value):
    assert kept({name: value}) == {}


SEXES = """
f m w d x u o female male women men woman man other unknown diverse divers intersex non-binary nonbinary
weiblich männlich femme homme féminin masculin mujer hombre femenino masculino
"""


@pytest.mark.parametrize("sex", SEXES.split())
def test_every_word_for_a_sex_is_kept(sex):
    assert kept({"sex": f" {sex.upper()} "}) == {"sex": sex.upper().lower()}


@pytest.mark.parametrize(
    ("given", "bands"),
    [
        ({"age_band": "< 18"}, {"age_band": "< 18"}),
        ({"age_band": "≥65"}, {"age_band": "≥65"}),
        ({"age_band": "40 – 49"}, {"age_band": "40 – 49"}),
        ({"age_band": "1-2-3-4"}, {}),
        ({"age_band": "schoolchildrenwho"}, {}),
        ({"age_band": 44}, {"age_band": "44"}),
        ({"site": "a1 2 3"}, {"site": "a1 2 3"}),
        ({"site": "a1 2 3 4 5"}, {}),
        ({"site": "ward 1.2/3-4 5"}, {}),
        ({"site": "x1234"}, {}),
        ({"device": "_x"}, {}),
        ({"language": "d"}, {}),
        ({"language": "german_at"}, {"language": "german_at"}),
        ({"language": "de-abcde"}, {}),
        ({"sex": "f", "name": "Orla", "site": 0}, {"sex": "f"}),
        ({}, {}),
    ],
)
def test_a_band_is_short_and_holds_no_long_number(given, bands):
    assert kept(given) == bands
