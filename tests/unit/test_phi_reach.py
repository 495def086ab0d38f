"""Plates, ages and faxes of many countries, in made-up lines: what stands in braces goes."""

import pytest

from tests.unit.phi_lines import left

VEHICLE = """
Police report: grey saloon, plate {KX19 FTZ}, left the scene.
Driver of the Yaris ({LB08 WRN}) gave a statement.
His car, registration {B-KL 4471}, was towed.
Kennzeichen {M-AB 1234} laut Unfallbericht.
Immatriculé {GF-482-KM}, véhicule gris.
Plaque {AB-123-CD} relevée par la gendarmerie.
Matrícula {4821 KRT}, conductor ileso.
Matrícula do carro: {45-TX-91}.
Targa {FG 312 LM}, guidatore con trauma cranico.
Kenteken {K-482-RV}; bestuurder is nuchter.
Kenteken {12-GBP-7} genoteerd door politie.
Car reg no. {WB 24 AK 8871} per the traffic constable.
Auto no {KA-05-MN-3321} overturned on the flyover.
Two wheeler {TN 37 CB 5512} vs lorry.
Bike bearing no. {DL 3C AX 0912} found at site.
Nummernschild {ZH 482 119} am Unfallort.
Reg.nr {DRK 48T}, förd till akuten.
Registreringsnummer {ABK 12D} noterat.
Rekisterinumero {KLM-482}, kolari risteyksessä.
Nummerplade {CX 48 211} oplyst af politiet.
Nr rej. {WX 4821K}, kierowca trzeźwy.
Nr rejestracyjny {KR 5RT09} w notatce policji.
Plaka: {34 ABK 482}, sürücü yaralı.
SPZ {4A2 8891}, řidič bez zranění.
Placa {ABC-1234}, motorista consciente.
Placa do veículo {BRA2E19} anotada.
Patente {AE 482 KD}, choque frontal.
Rego {1QX-8KP}, ute rolled twice.
NSW plate {CZT 48K}; vehicle drained of fuel.
WA plates {1HGR 482}.
Tag {HWJ 4482} (GA), he was the restrained driver.
CA license plate {8XRT221}.
Texas plate {KLM-4821} per trooper.
Ontario plate {CKTR 482} noted by EMS.
Hit by a white van, {RV63 OHB}, while cycling.
Hit and run; bystander noted {HX21 LKD} on the bumper.
Blue Transit {YD17 KLV} in ambulance bay blocked.
Partial plate {7JX 4} only.
License tag: {RWD-2291}, 2014 Silverado.
Number plate of the scooter {MH12 KT 7741}.
Scooter {GJ-01-HX-4410}, helmet worn.
Matatu {KCB 482J} overturned on the highway.
Boda boda {UEX 482T} hit by lorry.
Danfo bus {LSR-482-XB} collided with tanker.
Trotro {GT 4821-19} crash, three injured.
Vehicle reg {CA 482-119} (Cape Town), airbags deployed.
Taxi {SKL 4821 C} rear-ended.
Jeepney {TXR 482} side-swiped.
Angkot {B 1482 KXT} terguling.
Plate no. {粤B 48K21} recorded.
Car park permit issued for {EK14 XZV}.
Visitor parking: {MT70 OKR}, bay 4.
VIN {1HGCM82633A004352} on the claim form.
Chassis no. {MBHZF63S9HG148821} per insurance.
Frame number {JH2RC44A1VM400212}.
Boat registration {FL 4482 KT}, propeller injury.
N-number {N482KT}, glider crash survivor.
Tail number {G-KXTR}, light aircraft.
pt's truck plate {hxk 2219} left at scene
disabled badge car {yk09 ltr} in bay
Witness wrote down {RJ59 KVM} before it drove off.
Motorhome {WN17 BZD} blocking the drive.
Rental car, plate {9CKT302}, Nevada.
Semi with tags {P48-2291} jackknifed.
Moped {F 482 KXA} slid on ice.
Lastbil {EK 48 219} påkørte cyklist.
Autó rendszáma {KLT-482}, karambol.
Auto cu nr. {B 48 KXT} a fost implicat.
Her Vespa ({LE 48K}) was stolen.
Bus {NZ 48 K 2291} overturned near toll plaza.
Car reg {T482 KXA} (Dar es Salaam).
Plate {SGX 4821 M}, PMD vs taxi.
Van with NI plate {KXZ 4821} hit pole.
"""
AGE = """
She is {93} and still lives alone.
This {91}-year-old man fell.
{94}M w/ SOB, <BP 132/70>.
{97} yo F from home.
Pt is a {92} y/o gentleman.
He turned {100} last week.
She turned {one hundred} in spring.
Her mother died at {98} of stroke.
Father alive at {95}, mother died at <72>.
Grandmother lived to {102}.
Pt aged {93}, frail.
Aged {ninety-three}, independent.
Age: {90}
AGE {96} SEX F
Age/Sex: {95}/F
Sex/Age: F/{92}
A {nonagenarian} with delirium.
The ward's oldest {centenarian}, walking daily.
He is in his {nineties} and drives.
She is in her mid {90s}.
In her early {90's}, with AF.
Now {ninety one} years old.
Soon to be {100} years old.
{101}-year-old woman, hip fracture.
Patient ({94}) was found on the floor.
Mrs K., {96}, came by ambulance.
Retired farmer, {93}, lives with son.
Frail {92}F, CFS 7.
{95} jährige Patientin mit Sturz.
{93}-jähriger Patient in reduziertem AZ.
Patiente de {94} ans, chute à domicile.
Âgée de {97} ans.
Paciente de {92} años con disnea.
Mujer de {96} a con fiebre.
Paziente di {91} anni.
Doente de {95} anos, acamada.
Pacjentka lat {94}, przyjęta z powodu duszności.
{93}-letnia chora po udarze.
Vrouw van {92} jaar met heupfractuur.
{96}-årig kvinde indlagt efter fald.
Man, {94} år, inkommer med bröstsmärta.
{97}-vuotias nainen kaatui kotona.
{95} yaşında erkek hasta.
age {ninety}, MMSE 22/30
her {91st} birthday was last month
celebrated {100th} birthday on ward
Celebrates his {ninety-second} birthday soon.
Sister is {92}, brother died at {90}.
Wife ({91}) is main carer.
Husband, {93}, has dementia.
His mum is {94} with AF.
oldest sibling {98} alive
PMH of this {92}-yr-old: HTN.
{90}+ yo male
pt {95} f fall
Cared for by spouse age {92}.
Longevity in family: uncles reached {96} and {99}.
reached the age of {103}
Survived to {97}.
Died aged {94} of pneumonia; son is <61>.
Proband's great-aunt d. {91} breast ca.
DOB year {1931}, lives alone.
Born in {1929}, came to clinic by bus.
b. {1930}, widow.
Geburtsjahr {1928}, pflegebedürftig.
née en {1927}, veuve.
Nacida en {1932}, vive sola.
Jahrgang {1930}, rüstig.
YOB {1933}.
(born {1926})
At {96} he still chops wood.
Lady in her {nineties}, very frail.
She celebrated her {98th} birthday in March.
Known to us, now {91}, recurrent UTIs.
{99} year-old nun with cataract.
Mother is {90}, still drives.
Both parents lived past {95}.
Uncle died at age {92} from MI.
{93} J., w, Sturz.
Pat. {96} Jahre, dement.
Mme de {91} ans vivant seule.
Uomo di {93} anni, cardiopatico.
Age {101} years.
He will be {95} this month.
"""
FAX = """
Fax: {020 7946 0112}
Fax {(555) 014-2291}
FAX# {555-014-7731}
Faxed to {555.014.2288} at 14:00.
Please fax results to {+44 161 496 0229}.
Results by fax at {01632 960 447}.
fax no. {0121-496-0334}
Telefax {+49 30 23125 774}
Télécopie : {01 99 00 48 21}
Téléc. {514-555-0148}
Fax/Tel {0113 496 0771}
Tel/Fax: {0331 555 0182}
T: {0131 496 0882} F: {0131 496 0883}
Ph {03 5550 1821} Fx {03 5550 1822}
Tel {08 5550 4821}, F {08 5550 4822}
(t) {212-555-0143} (f) {212-555-0144}
p {555-0143} / f {555-0144}
efax {8885550147}
e-fax to {888-555-0177}
Secure fax line {555 0199}.
send by fax ({555-0166})
office fax is {9195550148}
fax back on {0208 555 0122} please
Return fax {1-800-555-0136}.
faks: {22 555 01 48}
Faks nr {+47 22 55 01 48}
Faksi {09 555 0148}
Belgegeçer {0212 555 01 48}
Fax médico {91 555 01 48}
número de fax {+34 915 550 148}
Fax-Nr. {089/5550148}
FAX (044) {555 01 48}
F. {+41 44 555 01 48}
F: {555-0101}
fax {020 8555 0101}/{0102}
fax nr {070 555 0148} or mail
Send records, fax ({412}) {555-0193}.
Fx: {412 555 0117}
Fax result to clinic {0161 4960 482}.
Fax machine {555-0142}, attn ward clerk.
fax: {+353 1 555 0148}
Our fax line: {866.555.0121}
Télécopieur : {418 555-0133}
FAX NO {0832-2555014}
Faxnummer {030 555 0148}.
"""
LINES = [
    *(("VEHICLE", line) for line in VEHICLE.strip().splitlines()),
    *(("AGE", line) for line in AGE.strip().splitlines()),
    *(("FAX", line) for line in FAX.strip().splitlines()),
]


@pytest.mark.parametrize(("label", "line"), LINES)
def test_what_is_marked_goes_and_the_rest_in_angles_stays(label, line):
    assert left(line, label) == []
