"""Wholes of which a part was found, days beside places, months of any language: made-up lines in a note."""

import pytest

from tests.unit.phi_lines import left, taken

ADDRESS = """
Lives at {14250 SE 82nd}, Clackamas.
Lives {Blk 418 Ang Mo Kio Ave 10 #09-1123} with helper.
Woont {Oudegracht 112-III}, 3511 AX Utrecht.
Adres: {Ringvägen 114B, 3 tr}, hiss finns.
"""
DATE = """
Seen {14 Hakihea 2023} at home.
Til kontroll {6 júní 2023} hos lege.
Hospitalisée du {11} au {14 janvier 2024} pour fièvre.
Scan at Larkhill Infirmary, {4/7}, was normal.
Knee injured {28/3} in the match.
Hand caught {7/2} in the press.
TUMOR BOARD {1/18} reviewed the films.
"""
NAME = """
Alerts from {dr_okello}: please call.
{Cotter} rolled her ankle again.
"""
KEEP = """
Labs: Leukos 14,2, ESR 96, TG 212.
Known Paget's, Mallory-Weiss, stable on treatment.
PMH: maladie de Crohn, signe de Murphy positif.
Entresto 24/26 continued, Norco 5/325 as needed.
Resection as Billroth-II in the past.
Declined again, Hb now 108, ECG fine.
Variant 999del5 of BRCA2 was found.
"""


def cases(block: str, label: str) -> list[tuple[str, str]]:
    return [(line, label) for line in block.strip().splitlines()]


@pytest.mark.parametrize(
    ("line", "label"),
    [*cases(ADDRESS, "ADDRESS"), *cases(DATE, "DATE"), *cases(NAME, "NAME")],
)
def test_the_whole_goes(line, label):
    assert left(line, label) == []


@pytest.mark.parametrize("line", KEEP.strip().splitlines())
def test_readings_and_eponyms_stay(line):
    assert taken(line) == []
