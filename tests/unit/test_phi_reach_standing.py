"""What its place in a line gives away, in made-up lines of many countries: what stands in braces goes."""

import pytest

from tests.unit.phi_lines import left

NAME = """
Reviewed with the family today. {QV}
Please bleep if worse. Cheers, {RG}
{MW} pgr 5521, on until eight.
Case of {T.K.}, 61F, presented at grand round.
Dictated {Brackenfield/LM}
{Thornquist} (nephew) will drive her home.
{Vesper Halloran} (bystander) started CPR.
Bed 7 {Plum} 63F chest pain, for echo.
On the form: {HALVORSDOTTIR Signe}, aged 54.
{QUENSEL} twin II, 32+1.
Interpreter for {Lindiwe} ({王美玲}) present.
{Ochieng, Akinyi}   88213   Ward
Neither {Faith} nor {Amadika} came.
{Poppy} taught him the exercises.
Spoke with {Heath}, who agrees.
{Summer} still does the cooking.
Hustrun {Ingalill} ringde.
Doente {Graça Veloso}, 71 anos.
Transcribed: {mhalvorsen}
Escort: {Winsome Achterberg}
"""
HOSPITAL = """
Booked {QRTH} by the midwife.
Copy to {Brannock General}.
Reviewed the {Ellerslie Teaching} scan today.
Dr Quist, {Hallbrook}, to decide.
Awaiting {Hospice Marigold}.
Conveyed to {VXGH}, handed over.
Records from {Tamarind Baptist} requested.
{ASM No 4}, randevu verildi.
Usual unit {Larkspur Bluff}, machine cleaned.
{Kelmės ligoninė}, priėmimo skyrius.
{UZ Brabant}, spoed.
Prior tx: Amoke Bell ({Fernside Peds}), good effect.
"""
ORG = """
Lives above the {Marnhull bus depot}.
Collapsed at the {Ottery ice rink} on the way.
Eats at the {Quorn Street synagogue}.
Money tight since {Voltrano} closed.
Still on shift at work ({Zemtex}), will come later.
HMO {Granite Mutual} 55213.
Plays for {Brightwater} on Sundays.
Insured through {Halcyon}.
Trainer Ottoline Reyes of {Zemtex} brought him.
Packs boxes at {Zorro 2000} at night.
"""
ADDRESS = """
Gyvena {Ąžuolų g. 12-4}, prie parko.
Lives at {vul. Sadova 14, kv. 6}.
Adresse {14, boul. Laurier, app. 2}, Québec.
Vive en {Pza. Nueva, 3}.
Mora na {R. Camélias, 21, 3º Dto.}
Bor på {Björkgatan 7C}.
Asuu osoitteessa {Koivutie 14 B 6}.
No reply at {27 Sderot Hanassi, dira 9}.
Home is {Minami 4-jo Nishi 9 chome}.
Found at {88, Hana-ro 12beon-gil}.
Stays at {12/F, 77 Queens Road}.
At {GPS GA-183-4471} since May.
Tinggal di {Gang Melati II no. 9}.
{RT 04/RW 11, Kel. Mekarsari}, dekat pasar.
Care of {Space 14, Painted Hills RV Park}.
Ev {Yenişehir Mah. 212. Sok. No 8}.
"""
OTHER = """
Came by {LKQ 4821} this morning.
Veh {ط 4471 ب} at scene.
Staff no {0417}, day shift.
Officer Wendle ({23K}) present.
PC Tarrant {47Z} attended.
NIR {2 79 04 31 056 118 42}, ayant droit.
Personnummer {19640812-2391}.
HKID {K482915(3)}.
Will ring {+32 486 55 31 20} pm.
Emergency {22 55 08 19}.
o {02 2555 1734} f {02 2555 1735} p {4417}
Ext {11-204} after six.
"""
DATE = """
Reviewed {5/11} by the team.
Hepatitis serology sent {7/3}, pending.
Bloods at Quarrick {8/2}: normal.
Married in {6/18}, separated.
{4/9} no reply at the door.
Toxbase call 14:22 {3/8}.
Swap the {9th} with Amoke.
On the {July} list.
Around {Orthodox Easter} she fell.
Family meeting {6/5}: all agreed.
"""
AGE = """
Father died at 81, mother at {96}.
A pleasant {93-year-old} retired sailor.
{92F} with a fall.
Mrs Ollivander is {95} and lives with her son.
"""
LINES = [
    (label, line)
    for label, lines in (
        ("NAME", NAME),
        ("HOSPITAL", HOSPITAL),
        ("ORG", ORG),
        ("ADDRESS", ADDRESS),
        ("ID", OTHER),
        ("DATE", DATE),
        ("AGE", AGE),
    )
    for line in lines.strip().splitlines()
]


@pytest.mark.parametrize(("label", "line"), LINES)
def test_what_is_marked_goes_and_the_rest_in_angles_stays(label: str, line: str) -> None:
    assert left(line, label) == []
