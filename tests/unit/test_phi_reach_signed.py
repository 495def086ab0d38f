"""Letters that sign, and signs and devices that are called after somebody: made-up lines in a note."""

import pytest

from tests.unit.phi_lines import left, taken
from worker_collection.phi import leaks
from worker_collection.phi.known import Known

NAME = """
Dressing changed, tolerated well. {K. L.}
Relatives informed by the ward. {Q.V.}
Ulcer 2 cm, clean. Okonjo/{B. W.}
Signed {GQ} after the round.
Ramipril 5 mg given at 0800  {QW}
Visit done. {PJ}, KQ445120. Glucose 5.9 mmol/l.
2 nurses checked, s/b {WQ} at noon.
Ms {Brandis} reviewed, {Marta I. Quist} phoned.
Seen with {Waddell}, who drives her.
Carer {Wassermann} rang.
"""
KEEP = """
Eyes: Shaffer II, Schirmer 3+, Amsler normal.
Tonsils Brodsky 3+, Rinne +, Weber midline.
Lymphoma, Deauville 2, Lugano III.
Hip: Gaenslen neg, Ober positive, Thomas -ve.
No Huntington, no Wilson, had Graves, on carbimazole.
DDx: Kawasaki, Still, Weil.
Blumberg (-), Giordano (+), Homans (-).
Flushed Foley, then removed Penrose.
Foley in situ, draining.
Terumo sheath, Seldinger wire, Laerdal mask.
Given via Venflon, dressed with Mepitel.
Biopsia: células de Hürthle; fractura de Bennett.
Ziekte van Pfeiffer, maladie de Horton, teste de Guthrie.
Fingers: heberdens nodes only.
OBX table: GLU | 5.1 | F.
"""


@pytest.mark.parametrize("line", NAME.strip().splitlines())
def test_who_signed_goes(line):
    assert left(line, "NAME") == []


@pytest.mark.parametrize("line", KEEP.strip().splitlines())
def test_what_is_called_after_somebody_stays(line):
    assert taken(line) == []


def test_several_signs_together_hold_no_note_back():
    signs = "Abdomen soft. Blumberg, Carnett, Rovsing and Murphy all looked for; Kocher scar well healed."
    assert leaks.doubts(signs, Known()) == []
    assert leaks.doubts("Spoke with Blumberg and told Carnett about it.", Known())
