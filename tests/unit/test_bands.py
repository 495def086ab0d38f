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
