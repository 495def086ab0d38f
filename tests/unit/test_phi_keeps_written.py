"""Kinds of clinical writing that were taken for identifiers once: in braces goes, in angles stays."""

import pytest

from tests.unit.phi_lines import left, taken

# By kind: readings in a field called "Lab", complaints, sizes, products and their makers, grades behind
# names and towns, clipped words, what is treated, sides and limbs, parts of a whole, notations of time.
STAYS = """
Lab: Hb 8,1, CRP 3, kreat 72, BSE 12.
Lab: Hb 13,2, leuco 9.800, Cr 1,1, K 4,2.
CC: RLQ pain and nausea 4/7.
12 mm Hasson port, 19 Fr Blake drain left.
TAVI with Abbott Navitor 25 mm, mild PVL.
Port R chest (Bard PowerPort, flushed).
ICD: St. Jude Ellipse, no therapies.
LAD prox 80% (Medina 1,1,0), Rentrop 2 collaterals.
Kellgren Lawrence III, Ahlback 2, Westley 6, Clavien 3a.
Lille 0.3, Maddrey 44, Truelove Witts severe.
Polyp sigmoid Paris Ip 17 mm, snare.
Exeter stem size 1, 44 mm offset.
Peso 13 kg. Tanner I. Soplo de Still.
LVEF (Simpson) 47%, mean gradient 12.
Skin: Campbell de Morgan spots. Prefers Earl Grey tea.
Moro present, Barlow and Ortolani neg.
Parkinson's meds on time, please.
Needs two for transfers (Hoyer), Flowtrons on.
Clarithro stopped D3, midaz 2 mg, calpro 840.
Troponina 222, Adiro 100 mg, Tachipirina 1000 al bisogno.
18G R CF, 20G L hand, RUE PICC D6.
Strict I/Os. 2 g Na diet.
Fundus: pallor R. Ishihara 11/17 R, 17/17 L.
pT2N1a(2/14)M0 ER 8/8 PR 6/8 HER2 neg, boost 16/8.
Cord pH 7.24/7.31, EBL 450.
Wt 12.4 kg (50th), Ht 87 cm (25-50th).
CA15-3 188, capecitabine D1-14 q21.
Onyx 3.5x30 at 18 atm; TR band. DAPT 12/12.
Berger disease M1E0S1T1.
Rocket drain; LENT 3; exudate.
Prev EMCS for FTP at 41+2.
Cough 3/52, f/u 3/12, worse x 3/7, off work 6/12.
Jag 67 Jahre, 67-jährig, 67 jaar, 67 anni; revisar en 48 horas.
"""
BESIDE = """
Pt {Halvard Brekke} <M/67> admitted.
Mobile {0151 496 0182} <67 yrs> NKDA.
Mobile {0151 496 0182} <18 mo>, well.
Call {07700 900123} <x 2 days> if worse.
"""
NUMBERS = """
Known here, MRN {4482910} <7wk old>, DKA.
Known here, MRN {4482910} <67/M>, DKA.
"""
ADDRESS = """
Was in {Flat 3, 22 Mill Lane} <48h>, then home.
Smoker <3/52>, {14 Acacia Road}.
Moved from {Brokkerud} <6m> ago.
{Alan Quist}, <67>, of {Leeds}, was seen.
Lives at {22 Mill Lane, Leeds}, <67 M>.
"""
HOSPITAL = """
Born at {Varnholt Surgery}, <3439 g>, well.
Mrs {Hill} <67 y/o M> {Varnholt General Hospital} called.
Mrs {Hill} <67/F> {Varnholt General Hospital} called.
Admitted to {Royal Varnholt Infirmary} <48h> with sepsis.
"""
DATE = """
Seen {Jan 4}, <5 yrs> ago by her GP.
Discharged {Jan 4}, <6-8 weeks> off work.
Reviewed on {3/12} in clinic, returned {14/3}.
"""


@pytest.mark.parametrize("line", STAYS.strip().splitlines())
def test_what_is_read_graded_or_made_stays(line):
    assert taken(line) == []


@pytest.mark.parametrize(
    ("label", "line"),
    [
        (label, line)
        for label, lines in (
            ("PHONE", BESIDE),
            ("MRN", NUMBERS),
            ("ADDRESS", ADDRESS),
            ("HOSPITAL", HOSPITAL),
            ("DATE", DATE),
        )
        for line in lines.strip().splitlines()
    ],
)
def test_ages_and_times_stay_beside_what_goes(label, line):
    assert left(line, label) == []


# What is like the above and somebody, or somewhere.
GOES = """
Best wishes, Dr {Westley}, and Mrs {Frisby}.
Seen by {Hoyer} RN at six.
cc: {Jane Oyelaran}
Lab: {Quist Diagnostics}, for the blood.
Tel {969 55 01 97}
Mobile {0151 496 0182}
"""


@pytest.mark.parametrize("line", GOES.strip().splitlines())
def test_what_only_looks_like_it_goes(line):
    assert left(line, "NAME") == []
