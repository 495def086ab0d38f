"""Towns before codes, names by what stands behind them, unions, serials, days: made-up lines in a note."""

import pytest

from tests.unit.phi_lines import left, taken

ADDRESS = """
Moved to {Normal, IL 61761} last spring.
Lives {Orange, NJ 07050} with two cats.
Office at {Two Meridian Plaza, Suite 410}, ring first.
Letter sent to {18 Alder Ct, Salem, OR} as agreed.
Letter sent to 18 Alder Ct, {Hope, AR 71801}.
Staying near {Hull HU5 2TN} for work.
Wohnt {Hinter den Gärten 7b} seit Jahren.
Wohnhaft {Birkenstr. 9, 35037 Marburg}, verheiratet.
Residente in {via delle Botteghe 31, Lodi}, vedova.
Wohnt {Vor dem Anger 12} allein.
Pflege daheim, {Auf der Breite 41}, 3. Stock links.
"""
NAME = """
Bread brought by {Marguerite de la Cour} herself.
Dr {de la Roche} will ring.
Utente {Maria da Encarnação Pires}, estável.
Surgeon will be {Piotr Wrona} on the day.
Ward list. {YASEMIN KORKMAZ} 4418202, stable.
Foot clinic. {Tomoko Ishii} (41-20-77), healing.
Fluids running. {Quigg} to chase the films.
Settled night. {Baines} in bed 4 pulled his line.
1/9/2026 {Grace Sharp} seen at home.
All well. {D. Im}
Compressions {Ragnhild}; airway team present.
"""
ORG = """
Kind geht in die {Volksschule Sankt Nikola} seit Herbst.
Retirar na {Drogaria Sequeira} hoje.
Rides for {Kumasi Riders Association} at weekends.
Paid by {Ironworkers Local 44} since May.
He is of {Local 117 Carpenters} and retired.
Retired {NYPD} detective, stable.
Served in the {71st Precinct} for years.
Teaches grade four at {PS 204} nearby.
Money from {Tema Market Women Association} ran out.
"""
HOSPITAL = """
RM fatta alla {Casa di cura Brandolini} ieri.
Radio à la {Maison de santé Kerouac} sans particularité.
Análises no {Laboratório Sequeira} pedidas.
Delivered on {Kilifi Ward 6} without problems.
Follow-up at {Collège Saint-Exupère} with the nurse.
seen at {mt. zion ed} and sent home.
went to {blessed redeemer hospital} by bus.
PCP at {Bon Accord Primary Care} informed.
Stays at {Saint Loyola shelter} until spring.
seen at the {poplars surgery} last week.
"""
ACCOUNT = """
Paid from {NL38 ABNA 4417 2093 61} last week.
Compte {FR76 3000 6000 0112 3456 7890 189} seen.
"""
SSN = """
SSN last 4 {7713}, card seen.
Last four digits of her social are {7713} as told.
"""
URL = """
Film kept at {\\\\nas02\\films\\881942.jpg} since.
"""
DEVICE = """
Serial of the bed {4471802-19}, sent back.
Serial number of his infusion pump {KX8842190} noted.
Asset tag of hoist {HT-20418} was read.
"""
PHONE = """
If it fails ring theatres on {9077} at once.
Report called to Wanda at {4588}.
No answer x2, paged {71880}, then left.
Daughter Ines (carer) {1 771 555 0162}
Husband (at work) {(214) 555-0177}
Büro erreichbar unter {0511/5550-273} vormittags.
Clinique Notre-Dame, {04.71.22.90.13}
"""
DATE = """
Panique depuis {mai}, dort mal.
Transmission {12/6}, 15h31 : repas refusé.
Opéré en {avril} à gauche.
Intervenida en {enero} de cataratas.
Seit {Oktober} schlechter.
Next appt {11-14} at 9a for bloods.
F/u dr quigley {2/18}, fasting.
Kidney offer declined {9/2} by the team.
Dose missed {4/27} while away.
Chaplain visited {10/10} and stayed.
"""
VEHICLE = """
Passenger in the other car, {BE·40917}.
Collided with a van, {KE21 ZTO}, at low speed.
"""
KEEP = """
TSH 2.4 mIU/L. Graves disease unlikely.
Potassium 4.1 mmol/L. Echo to follow.
Glucose 5.2 mmol/L. CT normal.
Letter to follow. Bloods to follow.
Neurology to follow, Cardiology to see.
Strength declined 3/5, MoCA declined 18/30.
Pain 10/10 on arrival, 10/10 at worst.
Mood rated 5/10, power reduced 4/5.
SpO2 97% RA Hb 11.2 g/dL today.
Mini-Cog 2/5, clock abnormal.
Seen 6/12 after surgery, review 3/12.
Right TKR 2015, R THR 2018, K 43.25@180 noted.
Le tiers inférieur, le 1/3 moyen.
Called wife at 1640, called reception at 0915.
Percocet (#120) given, laboratorio pendiente.
Vision 6/18 right, 6/36 left.
Cycle 3/17 done, fraction 4/19 given.
Father had TIAs, mother UTIs and DVTs.
Found on WhatsApp and MyChart.
Med rec #: not known.
Patient in bed 4, Mother in room 6.
RTC in two weeks.
In der Woche 3 besser, auf der Station 2 stabil.
SURGICAL PATHOLOGY REPORT, FINAL.
COPD and CAPD reviewed, PS 1 today.
Elle présente une toux. Souffle systolique connu.
Bloeddruk 130/80. Zij gebruikt metoprolol 50 mg.
Dekompensierte Herzinsuffizienz, arterielle Hypertonie.
Tosse e febbre da tre giorni. Terapia invariata.
Seguida em consulta. Tensão normal.
Immunisations given: 0.5 mL IM, well tolerated.
Ingresa por dolor torácico. Valorada por cardiología.
Prochain rendez-vous dans trois mois.
Vorgestellt wegen Luftnot. Erneut stabil.
Dimessa in buone condizioni. Prossimo controllo tra un mese.
Opgenomen wegens koorts. Volgende afspraak over zes weken.
"""


def cases(block: str, label: str) -> list[tuple[str, str]]:
    return [(line, label) for line in block.strip().splitlines()]


@pytest.mark.parametrize(
    ("line", "label"),
    [
        *cases(ADDRESS, "ADDRESS"),
        *cases(NAME, "NAME"),
        *cases(ORG, "ORG"),
        *cases(HOSPITAL, "HOSPITAL"),
        *cases(DEVICE, "DEVICE"),
        *cases(ACCOUNT, "ACCOUNT"),
        *cases(SSN, "SSN"),
        *cases(URL, "URL"),
        *cases(PHONE, "PHONE"),
        *cases(DATE, "DATE"),
        *cases(VEHICLE, "VEHICLE"),
    ],
)
def test_it_goes(line, label):
    assert left(line, label) == []


@pytest.mark.parametrize("line", KEEP.strip().splitlines())
def test_what_looks_like_it_stays(line):
    assert taken(line) == []


def test_an_age_between_a_name_and_a_street_stays():
    assert left("Rx for Greta Quillan, <44>, {12 Alder St, Salem}.", "ADDRESS") == []


def test_an_age_behind_an_initial_and_a_name_stays():
    assert left("Subject {R. Quillan}, <46>, screened in May.", "NAME") == []
