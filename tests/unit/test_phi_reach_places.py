"""Institutions and employers of many countries, in made-up lines: what stands in braces goes."""

import pytest

from tests.unit.phi_lines import left

HOSPITAL = """
Transferred from {Brackenfield General}.
Seen at {Northmoor Infirmary} in clinic.
Discharged to {Willow Bank Care Home}.
Lives in {Ashgrove Nursing Home}.
Referred by {The Limes Surgery}.
Registered with {Hollybush Medical Practice}.
Moved to {St Columba's Hospice} for EOLC.
Seen at the {Royal Tarnside Hospital}.
Bloods sent to {Quantix Diagnostics}.
Collects meds from {Marlowe's Chemist}.
Script sent to {Corner Drug Pharmacy}.
Rx to {Duane Hills Drugs} on file.
Aufnahme aus {Klinikum Weidenau}.
Verlegt aus dem {Marienkrankenhaus Lohfelden}.
Vorstellung im {Kreiskrankenhaus Eschbach}.
Behandlung in der {Universitätsklinik Halmstein}.
{Praxis Dr. Ohlendorf}, Überweisung.
Reha in der {Sonnenhofklinik}.
{Pflegeheim Abendrot}, Station 2.
Vu au {CHU de Valmont}.
Adressée par la {Clinique des Tilleuls}.
Hospitalisé à l'{Hôpital Saint-Aubin}.
Réside à l'{EHPAD Les Genêts}.
{CH de Pontaval}, service de cardiologie.
Ricoverata all'{Ospedale San Gervaso}.
Dimesso dal {Policlinico Valtrona}.
{Casa di Cura Villa Serena}, reparto 3.
{RSA Monte Fiorito} per lungodegenza.
Derivada del {Hospital Clínico de Almarena}.
Visto en el {Centro de Salud Las Eras}.
{Residencia Los Olivos}, paciente institucionalizada.
Seguida na {Unidade de Saúde de Vale Florido}.
Internada no {Hospital de Santa Briolanja}.
{UPA Jardim Aurora}, transferida hoje.
Skierowany ze {Szpitala Miejskiego w Brzozowie}.
{Przychodnia Zdrowie Plus}, poradnia.
Leżał w {Szpitalu Bielańskim}.
Inlagd på {Västerlunda sjukhus}.
Remiss från {Lindgårdens vårdcentral}.
Overført fra {Nordvik sykehus}.
Bor på {Solbakken sykehjem}.
Indlagt på {Østerby Hospital}.
{Plejehjemmet Birkelund}, modtager hjemmepleje.
Siirretty {Koivurannan sairaalasta}.
{Mäntylän terveysasema}, avovastaanotto.
Opgenomen in {Ziekenhuis De Linde}.
Verwezen door {Huisartsenpraktijk Van Dorp}.
{Verpleeghuis Zonnehof}, kamer 12.
{Yıldızlı Devlet Hastanesi}, kardiyoloji.
{Özel Beyazgül Hastanesi} çıkışlı.
Přeložen z {Nemocnice Lipová}.
{Fakultní nemocnice Hradiště}, chirurgie.
Transferat de la {Spitalul Județean Valea Mare}.
{Kórház Szentpéteri}, belgyógyászat.
Admitted at {Sanjeevani Multispeciality Hospital}.
{PHC Kothapalli} referred the patient.
{CHC Bansgaon} refer slip seen.
Delivered at {SDH Ramnagar}.
Seen at {AIIMS} two months back.
Scan from {Vijaya Scans}.
Labs at {Thyrolab Diagnostic Centre}.
{Mbale Regional Referral Hospital}, ward 4.
{Queen Adaeze Memorial Teaching Hospital} consult.
Brought from {Barangay Health Station Malaya}.
{RSUD Sukamaju}, poli dalam.
{Puskesmas Melati} rujukan.
Prior imaging at {MGH} reviewed.
Transferred to {UCLH} for embolisation.
s/p TAVR at {BWH} 2021.
Outside records from {UPMC} reviewed.
Follows at {UCSF} for ILD.
Went to {KEM} for second opinion.
Repatriated from {RVI} overnight.
Accepted by {QEHB} liver unit.
Under the care of {GOSH}.
Transfer to {JPH} declined.
Seen in {Maple Street Clinic}.
Presented to {Lakeview Urgent Care}.
{Pinecrest Rehab} accepted him.
Dialyses at {DaVita Fernhill} MWF.
Dialysis unit: {Fresenius Oakmont}.
SNF: {Golden Meadows}.
Placed at {Harbor Light ALF}.
Psych bed at {Cedar Ridge Behavioral Health}.
Detox at {New Dawn Recovery Center}.
Evaluated by {Tri-County EMS}.
Brought in by {Clearwater Fire and Rescue}.
Lab: {LabNorth}, ref 4.
Methadone from {Phoenix House Clinic}.
Pediatrics at {Little Acorns Pediatrics}.
Dentist at {Bright Smiles Dental}.
PT at {Summit Physical Therapy}.
Optician at {Clearview Opticians}.
Clinic at {Beechwood Health Centre}.
{Riverside Walk-in Centre} attended twice.
Was on {Heron Ward} last year.
Stepped down to {Nightingale Ward}.
{Kingfisher Unit}, bed 9.
admitted to {fernbrook hospital} last month
lives in {rose court care home}
TRANSFERRED FROM {ST LUDGER HOSPITAL}
SEEN AT {MARLBANK MEDICAL CENTER}
Came across from {Tidewell Cottage Hospital}.
Dx made at {Instituto Oncológico del Norte}.
Brought to {Klinik am Südpark} by helicopter.
Patient of {Drumlin Family Practice}.
Discharge to {Orchard Vale Residential Home}.
Was an inpatient at {SGH} for a month.
Angio at {JRH} showed triple vessel disease.
Chemo given at {RMH}, last cycle in spring.
Hospice: {Candlelight House}.
Pathology read by {Corvane Labs}.
Ambulance: {Valley Med 12}.
Her {Larkfield Lodge} carer attended.
Prise en charge au {Centre Hospitalier de Brévance}.
Pflege durch {Sozialstation Mittelhorn}.
Trasladado a {Clínica Santa Verónica}.
Przyjęty do {Kliniki Kardiologii w Zabrniu}.
Opname in {AZ Sint-Rembert}.
Følges på {Storfjord legesenter}.
Kontroll vid {Hjärtmottagningen Ekslätt}.
MRI done at {Prime Scan Centre, Kolvati}.
Delivered in {Nyakabanda Health Post}.
Vaccinated at {Walmsley Pharmacy}.
Got his hearing aid from {ClearTone Audiology}.
Moved from bed 4 on {Poppy Ward} to {Daffodil Ward}.
PT through {Momentum Rehab Partners}.
On dialysis at {Redcliff Kidney Center}.
Outpatient at {Queen Maud's}.
Sent to {A&E at Wexcombe}.
Recent stay at {the Brackley}.
"""
ORG = """
Works for {Brightwater Logistics}.
Employed by {Hadley & Sons}.
Teacher at {Oakfield Primary School}.
Pupil at {Marston Academy}.
Student at {Hallam Vale College}.
Freshman at {Tilden State}.
Professor at {University of Westmark}.
Works as a barista at {Bean & Gone}.
Cashier at {Foodland}.
Stocks shelves at {Penny Market}.
Drives for {Zippo Cabs}.
Retired from {Corby Steelworks}.
Laid off from {Amtek} in spring.
Welder at {Harker Shipyard}.
Nurse for {Bluecross Agency}.
Accountant with {Delgado Partners LLP}.
Engineer at {Rolls Avionics GmbH}.
Served in the {2nd Battalion Lancashire Rifles}.
Served with {3rd Armoured Regiment}.
Veteran of the {101st Airborne}.
Member of {Grace Tabernacle Church}.
Sings at {Bethlehem Methodist Chapel}.
Prays at {Masjid Al-Noor}.
Volunteers at {Hope Street Food Bank}.
Attends {Little Stars Nursery}.
Goes to {Sunflower Daycare}.
Plays for {Ashdown Rovers}.
Plays football for {Marlow United}.
Coach of the {Eastside Wolves}.
Swims with {Tidewater Swim Club}.
Arbeitet bei {Meyerhoff Maschinenbau}.
Angestellt bei der {Sparkasse Hohenfels}.
Employé chez {Durieux Transports}.
Travaille à la {Boulangerie Morel}.
Élève au {Collège Jean-Rostand}.
Trabaja en {Construcciones Almazán}.
Alumno del {Colegio San Viator}.
Lavora presso {Officine Bertoldi}.
Operaio alla {Ferraro Spa}.
Trabalha na {Padaria Flor de Lis}.
Arbetar på {Lindqvist Bygg AB}.
Jobber i {Nordfisk AS}.
Ansat hos {Vestby Tømmer ApS}.
Pracuje w {Stalbud sp. z o.o.}.
Werkt bij {Van Houten Bouw BV}.
Clerk in {State Bank of Manikpur}.
Works in {Sri Lakshmi Textiles}.
Teacher in {Govt High School, Kothur}.
Conductor in {KSRTC}.
Works with {BHEL}.
Jawan in {CRPF}.
Constable with {Harlow County Sheriff's Office}.
Employer: {Tanner Freight Co.}
Company: {Oriel Systems Ltd}
Occupation: driver, {Castle Buses}
He owns {Mario's Pizzeria}.
She runs {Tangles Hair Salon}.
Bought it at {Harrow Hardware}.
Fell at {Greenleaf Mall}.
Collapsed in {Bargain World} car park.
Got food poisoning at {The Laughing Trout}.
Resident at {Camp Pendlewood}.
Inmate at {HMP Ravenscar}.
Held at {Lockmoor Correctional Facility}.
Shelter: {Harbour House Refuge}.
Union rep from {Transport Workers Local 412}.
Support from {Mind the Gap Foundation}.
works at {tasty wok} in town
boy attends {hillcrest elementary}
EMPLOYED BY {KESTREL FOUNDRY}
Chef at {Lotus Garden}.
Paints houses for {Gilroy Brothers}.
Made redundant by {Falcon Ceramics}.
Plays violin in the {Tarrant Youth Orchestra}.
On the board of {Safe Haven Rescue}.
Bus driver with {Northway Transit}.
Works nights at {MegaMart}.
Home schooled, previously {Birchwood Middle School}.
Graduated from {Corbin State University}.
HR manager, {Axiom Plc}.
Shift lead at {Taco Verde}.
Her daughter teaches at {Lycée Marie Dorval}.
Soldier, {1st Mechanised Brigade}.
Employed at {Kvarnby Snickeri}.
Babysits at {Happy Feet Creche}.
Insurance: {Summit Mutual}.
Attends {Alkahf Mosque}.
Bartends at {The Rusty Anchor}.
"""
LINES = [
    *(("HOSPITAL", line) for line in HOSPITAL.strip().splitlines()),
    *(("ORG", line) for line in ORG.strip().splitlines()),
]


@pytest.mark.parametrize(("label", "line"), LINES)
def test_what_is_marked_goes_and_the_rest_in_angles_stays(label, line):
    assert left(line, label) == []
