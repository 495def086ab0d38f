"""Ages and spans of time amid names, houses, towns and numbers: what is in braces goes, in angles stays."""

import pytest

from tests.unit.phi_lines import left
from worker_collection.phi import aged
from worker_collection.phi.spans import Span

LINES = """
Sra. {Halvarsson}, <78 a>, acude por disnea.
Dhr {Quintero}, <33j>, val thuis.
Mw. {van Halvard}, <65 jr>, COPD.
Frau {Brekke}, <67-jähr.> Pat.
Grace {Brekke}, age <84>, {Via Roma 12}, well.
{C/ Mayor 4} <19M> fell downstairs.
Moved from {Tuam} <6y> ago.
f/u {Brekke} <2/52> {Mercy Ridge Medical Center}.
pod <6> {Grace Brekke} sitting out.
<82M>, {Delroy Brekke}, slipped on ice.
<88F> {Grace Brekke}. {Hospital Santa Berta}.
Patient {Summer Brekke} F <70> {Leiria}.
{Grace Brekke}, <67>, {Leeds}, fell.
Cook at {Brekke GmbH}, <44>, married.
Children: {Lotte} <3>, {Grace} <5>.
Lives with son {Grace}, <51>, {Tuam}.
MRN {4482910} <20YO> seen.
Record #{0098812} <6/52> cough.
Record #{0098812} <7-wk> cough.
A gentleman of <75>, {Tuam}.
Patient is <55> and {Grace Brekke} rang.
BIBA from {12 rue des Lilas}, <88F>.
Needs {Flat 47F, 9 Hope Street} cleaned.
"""
STAYS_WHOLE = """
28 Teheran-ro, 49F, Gangneung 59798
Block 43, Flat 7, Meadow Estate
14 Acacia Road, Leeds
350 5th Ave, 14F
"""


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_an_age_or_a_time_stays_whatever_goes_beside_it(line):
    assert left(line, "ADDRESS") == []


@pytest.mark.parametrize("line", STAYS_WHOLE.strip().splitlines())
def test_a_door_is_no_age(line):
    span = Span(0, len(line), "ADDRESS")
    assert list(aged.parted(line, span)) == [span]


@pytest.mark.parametrize(
    ("text", "at", "told"),
    [
        ("Ann Quist, 67, Leeds", 11, True),
        ("M, 67, Leeds", 3, True),
        ("her son Ann, 67, Leeds", 13, True),
        ("Quist Street, 67, Leeds", 14, False),
        ("the neighbour at Block 67", 23, False),
    ],
)
def test_who_stands_before_a_number_tells_an_age(text, at, told):
    assert aged.is_told(text, at) is told
