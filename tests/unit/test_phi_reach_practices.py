"""Houses by the words of care behind their name, short numbers, accounts: made-up lines in a note."""

import pytest

from tests.unit.phi_lines import left, taken

HOSPITAL = """
Referred to {Alder Hollow Behavioral Health} last week.
Bloods sent to {Tolland Clinical Laboratories}.
Lives at {Quillan Place Assisted Living} now.
Seen by {Moyo Family Health Team} in May.
Visited {Ward 3 Community Clinic} in the morning.
seen at {brightholm urgent care} and sent home.
sent to {tolliver pathology associates} for review.
"""
ORG = """
Bed from {Hexham Medical Supply}, delivered.
Firefighter with {Oakhurst Fire Dept.} for ten years.
Pupil of {Tillamook Unified School District}.
"""
PHONE = """
If it fails ring the desk on {5924}.
No answer, paged {8311}, then left a message.
Report called to Rich at {9471}.
"""
ACCOUNT = """
Refund to {NL36 RABO 4432 6910 51}, please.
Compte {FR48 9645 1929 1973 4982 2724 130}, tuteur.
"""
ID = """
DNI {37.627.290-A}, ingresa hoy.
Claim {80511/77/GP} is open.
"""
KEEP = """
Needs home health aide and urgent care if worse.
Called at 2130, paged 0915, rang on 12 days.
Local primary care, outpatient diagnostics, usual care home.
Sex: F | Lang: ENG | Code: FULL | Ward: four
Lives over the shop at noon; room at the back is cold.
"""


def cases(block: str, label: str) -> list[tuple[str, str]]:
    return [(line, label) for line in block.strip().splitlines()]


@pytest.mark.parametrize(
    ("line", "label"),
    [
        *cases(HOSPITAL, "HOSPITAL"),
        *cases(ORG, "ORG"),
        *cases(PHONE, "PHONE"),
        *cases(ACCOUNT, "ACCOUNT"),
        *cases(ID, "ID"),
    ],
)
def test_it_goes(line, label):
    assert left(line, label) == []


@pytest.mark.parametrize("line", KEEP.strip().splitlines())
def test_what_looks_like_it_stays(line):
    assert taken(line) == []
