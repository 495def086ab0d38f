"""Amounts, scores and medicines beside names and places: what is in braces goes, in angles stays."""

import pytest

from tests.unit.phi_lines import left
from worker_collection.phi.amounts import trimmed
from worker_collection.phi.spans import Span

HOSPITAL = """
Transferred to {Varnholt Memorial}, <58 yrs>, for MRI.
Taken to {Varnholt Hosp}, ETA <12 min>, by road.
Referred to {Brokkerud Health Centre} <9/12> ago.
Radiotherapy at {Brokkerud}, <50 Gy>/25.
Was in {Katsinova ICU} until then, <4 days> ventilated.
Dialysed at {Oxhammer Renal Unit} for <three years>.
Known to the {Oxhammer} hospice.
"""
NAME = """
This was handed to {Tamsin Fluckner}, <35 yo F>, at six.
{Halvard Brekke}, <M33>, walked in.
{Halvard Brekke} <61y> G3P2 booked here.
Surgeon {Oyelaran}, anaes {Wells}, scrub {Honey}.
Ward sister asked Mrs {Still} <81 yrs> to wait.
<BNO> seen. {T. Saptonoyo} will call back.
Reported {K. Aldersey} / {QD}
Copy sent to his sister {Day}, who agrees.
Subject 447-13, {AQ}, <19 F>, enrolled.
"""
ORG = """
Sacked from {Varnholt Steel} <6 and a half hours> ago.
Drives for {Oxhammer Electronics}, <12 years> now.
Fell at the {Brokkerud} plant, then home.
<Social Security> form signed.
"""
PHONE = """
Tell her son ({8 (916) 555-78-05}) tonight.
Her sister is on {0664 / 555 01 99} all day.
He can be reached on {555 0182} after six.
Leave word at {9 5550 0182} please.
"""
ADDRESS = """
Lives at {The Old Rectory, Brokkerud} with his wife.
Brought from {4 1re Avenue} by his son.
Sleeps at {Lindgasse 14/3/2} for now.
Moved to {14 Acacia Road, Mumbai - 400 001} in spring.
Post goes to {14 Acacia Road, London SE1}.
Found on the stairs of {Aleje Jerozolimskie 64}, cold.
"""
DATE = """
Booster {14/III/24}, then {14 III 2024}.
Onset {2024-03}, worse by {14\\03\\2024}.
seen {jan 4} and {dec 14}, well.
"""
STAYS = """
Leg ulcer R, <Doppler 0.9>, 4 x 3 cm.
Seen by him. <Phalen +>, <Finkelstein -> both wrists.
For <Whipple's>. Sister here.
<Movicol> stopped nine days ago.
<Tazocin> once daily, <Oramorph> prn.
Wants to phone in <7/12>. OPD <10/52>.
Off <14/7> with flu, stayed <9/7>.
"""


@pytest.mark.parametrize(
    ("label", "line"),
    [
        (label, line)
        for label, lines in (
            ("HOSPITAL", HOSPITAL),
            ("NAME", NAME),
            ("ORG", ORG),
            ("PHONE", PHONE),
            ("ADDRESS", ADDRESS),
            ("DATE", DATE + STAYS),
        )
        for line in lines.strip().splitlines()
    ],
)
def test_what_counts_stays_beside_what_goes(label, line):
    assert left(line, label) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Varnholt Steel 6 weeks", ["Varnholt Steel"]),
        ("12 weeks", []),
        ("Kerkstraat 12", ["Kerkstraat 12"]),
        ("Steven M19", ["Steven"]),
    ],
)
def test_a_span_ends_before_the_amount_it_runs_into(text, found):
    spans = [Span(0, len(text), "ORG")]
    assert [text[span.start : span.end] for span in trimmed(text, spans)] == found


def test_a_number_that_is_no_amount_stays_in_its_span():
    span = Span(0, len("MRN 12 weeks"), "MRN")
    assert list(trimmed("MRN 12 weeks", [span])) == [span]
