"""Clinical writing that looks like an identifier and is none: made-up lines of which nothing goes."""

import pytest

from tests.unit.phi_lines import taken

KEEP = """
Metoprolol XL 50 mg daily, amlodipine 10 mg, atorvastatin 80 mg qhs.
Vancomycin 1.25 g IV q12h, trough 14.8.
Insulin glargine 22 units at bedtime, lispro 1:10.
Co-amoxiclav 625 mg TDS for 7/7.
Warfarin 5/6/5 mg alternating, INR 2.4.
Started Entresto 49/51 mg BID.
Symbicort 200/6 two puffs BD; Ventolin PRN.
Trelegy Ellipta 92/55/22 one puff daily.
Humira 40 mg SC every 2 weeks; Stelara failed.
Keppra 750 mg BD and Lamictal 100 mg.
Novorapid 6/8/8, Lantus 24.
Na 138, K 4.2, Cl 101, HCO3 24, BUN 18, Cr 0.9.
WBC 11.2, Hb 132, Plt 245, CRP 48, ESR 32.
pH 7.31, pCO2 48, pO2 71, lactate 2.4, BE -3.
HbA1c 58 mmol/mol (7.5%), eGFR 48, ACR 12.4.
Troponin 14 -> 92 -> 118 ng/L.
TSH 2.44, FT4 14.8, anti-TPO 482.
BNP 1482, D-dimer 948, ferritin 1204.
PSA 4.82, CEA 2.1, CA 19-9 37, CA-125 91.
BP 98/60, HR 92, RR 18, SpO2 94% on 2 L, T 98.6 F.
BP 190/100 right arm, 184/96 left arm.
Peak flow 380 (best 480), FEV1 92% predicted.
GCS 14 (E4 V4 M6), PERRL 3 mm.
MMSE 24/30, MoCA 21/30, PHQ-9 14, GAD-7 11.
CHA2DS2-VASc 4, HAS-BLED 2, Wells 4.5.
CURB-65 3, qSOFA 2, NEWS2 7, SOFA 9.
APACHE II 22, MELD-Na 24, Child-Pugh B8.
APGAR 8 and 9 at 1 and 5 minutes.
NIHSS 12, mRS 2, ASPECTS 9, TICI 2b.
Bristol stool type 6, Braden 16, Waterlow 18.
ECOG 1, KPS 90, ASA III, NYHA II, CCS 2.
Epworth 14/24, AHI 32, STOP-BANG 5.
18G cannula left ACF, 20G right hand.
14 Fr Foley, 16 Fr NG tube, 28 Fr chest drain.
ETT 7.5 at 22 cm, LMA size 4, Mac 3, grade I view.
Suture: 3-0 Vicryl, 4-0 Monocryl, 2-0 PDS, 5-0 nylon.
IOL +21.5 D SN60WF placed in the bag.
OD -2.25 +0.75 x 090, add +2.50; OS -1.75 +0.50 x 085.
VA 20/40 OD, 6/12 OS; IOP 14 and 16.
Ks 43.25/44.50 @ 92, AXL 23.48.
AC/VC 450, RR 16, PEEP 8, FiO2 0.5, Pplat 24.
SIMV 12, PS 10/5, I:E 1:2, Vt 480 mL.
CPAP 10 cmH2O, BiPAP 16/8, HFNC 50 L 40%.
ECMO 4.2 L/min, sweep 3, RPM 3400.
CRRT 25 mL/kg/h, UF 100 mL/h, filter 48 h.
pT2N0M0, pT3 N1b MX, ypT0N0.
Gleason 4+3=7, grade group 3, PI-RADS 4.
Breslow 1.48 mm, Clark IV, Ki-67 22%.
ER 95%, PR 90%, HER2 2+ FISH negative.
C5-C6 disc, L4/5 stenosis, T12 wedge, S1 root.
Fusion L3-S1, laminectomy T10-T12, C1-2 instability.
Teeth 36 and 48 extracted; caries 14 MOD.
BRCA1 c.5266dupC, EGFR L858R, KRAS G12D.
JAK2 V617F, BCR-ABL1, FLT3-ITD, NPM1.
HLA-B27 positive, HLA-DRB1*04:01.
CFTR F508del/G551D, MTHFR C677T.
CD4 482, CD19, CD20 positive, TP53 wild type.
PD-L1 TPS 90%, ALK neg, ROS1 neg, MSI-H.
t(9;22), del(17p), trisomy 21, 46,XY.
E. coli O157:H7, S. aureus, K. pneumoniae KPC.
C. difficile, H. pylori, MRSA, VRE, ESBL.
Influenza A H1N1, SARS-CoV-2, RSV, HHV-6.
HPV 16/18, HSV-1, CMV IgG, EBV VCA.
Serovar L2, Candida auris, Strep group B.
R-CHOP cycle 4, FOLFOX 6, FOLFIRINOX 3.
FEC-T, AC-T, TCHP, CAPOX, GemCis, VAC/IE.
7+3 induction, HiDAC, FLAG-Ida, VMP.
Dose 50 Gy in 25#, boost 16 Gy in 8.
EQ-5D-5L, SF-36, HADS 14, AUDIT 9, CAGE 2.
Parkinson's disease, Hoehn and Yahr 3.
Crohn disease, Graves ophthalmopathy, Addison crisis.
Murphy sign negative, Kernig and Brudzinski neg.
Homans, Phalen and Tinel positive on the right.
Loop of Henle, islets of Langerhans, Meckel diverticulum.
Whipple procedure, Hartmann reversal, Nissen wrap.
Colles fracture, Bennett fracture, Pott fracture.
Schatzker VI, Garden III, Weber B, Gustilo 3A.
Bochdalek hernia, Tetralogy of Fallot.
PMH: HTN, T2DM, COPD, CKD3b, AF, IHD, OA, GORD.
PMHx HLD, CAD s/p PCI x2, HFrEF (EF 35%), OSA.
SHx ex-smoker 40 pack-years, EtOH 14 U/wk.
NKDA. NBM from midnight. TTO ready. EDD review.
S/P CABG x4 (LIMA-LAD, SVG-OM1), TAVR, PPM.
Medtronic Azure XT DR in situ, checked today.
Tandem t:slim X2 with Dexcom G6.
Omnipod 5, FreeStyle Libre 2.
ICD-10 E11.9, I10; CPT 99213; SNOMED 44054006.
LOINC 4548-4, NDC 0071-0155-23.
45 F with chest pain x 3 days.
67M h/o DM, 2 ppd x 30 yrs.
A 72-year-old woman; mother died at 61.
Patient aged 58, sister 62, father 81.
Weight 92 kg, height 190 cm, BMI 25.5.
Weighs 94 kg; walked 100 m; 95% of meals eaten.
HR 96, sats 93 on air, temp 99.1.
O2 sats of 92, pulse of 98, sugar of 110.
Glucose was 98 fasting; LDL is 102.
QTc 440, PR 160, QRS 92 ms.
She was 100 kg and is now 94 kg.
Pain 9/10 reduced to 2/10.
He is 90% better and at 100% weight bearing.
Gestation 38+4, G2P1, fundal height 36.
EBL 300 mL, baby 3.42 kg, Apgars 9/9.
Day 92 post transplant, cycle 4 day 15.
Within 90 minutes, door-to-balloon 92.
FH negative for CAD. SH lives alone.
MRI 3T, CT 64 slice, 1.5 T magnet.
Spiral CT 5 mm slices, T2 FLAIR bright.
Ward round: plan CT AP, U&E, LFT, CXR.
ER visit, OR time 90 min, ICU stay 4 days.
Hospital course uncomplicated. Medical history reviewed.
General surgery consulted; vascular surgery aware.
Emergency department note. Intensive care unit.
Primary care follow up; pain clinic referral.
Home health aide; nursing home placement discussed.
Physical therapy and occupational therapy evaluated.
Local pharmacy closed. Outside hospital records requested.
Walked to the shop; works as a teacher.
Works in an office; retired builder.
Attends church weekly and goes to the gym.
Lives at home with wife; stairs to second floor.
Lives in a bungalow, two steps at entrance.
From a nursing perspective, near baseline.
Near syncope; near total thyroidectomy.
Sleeps in a recliner, bed at 30 degrees.
Left lower lobe, right upper quadrant, mid back.
Alert and Oriented x3, Moves All Extremities.
Discussed risks, benefits and alternatives.
Allergies: penicillin (rash), sulfa, latex.
Current smoker, 20/day, vape 6 mg.
Urine: SG 1.015, pH 5.5, protein 2+, RBC 10-20/hpf.
Echo: LVEF 55-60%, LA 4.2 cm, E/A 0.8, TAPSE 22.
Cath: LMCA 20%, LAD 90%, RCA 70%, LVEDP 18.
DEXA: T score -2.6 spine, -1.9 hip, FRAX 14%.
EEG 8 Hz, ICP 14, CPP 72, BIS 48.
Audiogram PTA 48 dB, SRT 45 dB.
Wound 4 x 3 x 1 cm, stage 3, PUSH 11.
Vac dressing -125 mmHg, TIME tool.
Fax machine broken. Registration desk. Badge holder.
Plate and screws removed; plate count 482.
Bone plate 6-hole LCP 3.5 with 5 screws.
Growth plate open; blood agar plate 24 h.
Registration complete; licence to drive suspended.
Lead V2 and V5, leads II, III, aVF.
PAC in place, TPN 1800 kcal, lipids 20%.
Room air, room temperature, box breathing.
Unit of blood, 2 units PRBC, 1 unit FFP.
School age child, school refusal, daycare exposure.
Company of wife; team aware; team based care.
Tab 2 of 3; line 2 therapy; cell line 3.
Volume 92, page 3 of 12, form 4.
New York Heart Association class II.
Berlin definition, Rome IV, Milan criteria, Vienna.
Tokyo guideline TG18 grade II.
Paris 0-IIa lesion, Prague C3M5, Hill grade 2.
Hospital day 4, POD 2, HD 3, DOL 6.
Surgery clinic; Medical Assessment Unit.
F 120/80, R 16, T 37.2, P 92.
EF 92, T 101, P 110 this morning.
Spo2 97 on RA; I/O 2400/1800.
CAPD 4 x 2 L, Kt/V 1.48, PTH 482.
Apixaban 5 mg BID, bisoprolol 2.5 mg OM, furosemide 40 mg.
Lantus SoloStar 18 units, NovoRapid with meals.
Tacrolimus level 8.2, MMF 500 mg BD, pred 5 mg.
Hb 98, MCV 74, ferritin 9, TIBC 92.
ABG: 7.28/64/55/29 on 28% Venturi.
CK 2400, AST 98, ALT 112, ALP 148, GGT 96.
CAM-ICU positive, RASS -2, CPOT 1.
FOUR score 14, Hunt and Hess 3, Fisher 4.
Lund-Browder 12% TBSA, Parkland 8 L.
LMWH 40 mg, TEDS, VTE risk high.
6 Fr sheath, JL4, JR4, AL1, 0.014 wire.
22G LP needle, opening pressure 19 cm.
PC IOL 22.0 D, phaco time 0.45 min.
Endotracheal 8.0, Cormack-Lehane 2b, bougie.
VCV 420 x 18, PEEP 10, FiO2 60%.
cT3cN1M0, pT1a, Dukes B, Nottingham 6.
IDH1 R132H, MGMT methylated, 1p/19q codeleted.
NTRK, RET, MET exon 14, ERBB2 amp.
P. aeruginosa, A. baumannii, GBS, EBV, JCV.
T10-L2 fusion, L5 pars defect, C3/4 foramen.
EPOCH, ICE, GDP, BEP x3, TPF, XELOX.
CLEOPATRA, RECOVERY, DAPA-HF, CheckMate.
Barrett's, Hashimoto's, Sjogren, Dupuytren.
Lachman 2+, McMurray neg, Thompson test neg.
Pfannenstiel scar, McBurney tenderness.
Battle sign, Cullen and Grey Turner signs.
Kocher incision, Lichtenstein mesh, Shouldice.
PHx IDDM, PVD, CVA 2 yrs ago, TKR L.
Boston Scientific lead, Abbott Assert device.
Stryker Triathlon, DePuy Pinnacle cup 52.
CIWA 14, COWS 8, AUDIT-C 6.
Snellen 6/9, Ishihara 14/14, IOP 18/17.
Bishop score 6, Ballard 38 weeks.
Walks 90 m with frame, 92% on RA.
HR 98, BP 94/58, T 38.9, RR 24, BM 9.4.
Weight 98.4 kg, waist 112 cm.
Mother 62, father 71, both well.
Age 58, BMI 31, HbA1c 92.
Seen in ED, moved to AMU, then HDU.
Referred to ENT, SALT, OT and PT.
Transferred to ICU on PRVC 16.
Admitted with NSTEMI from ED to CCU.
"""


@pytest.mark.parametrize("line", KEEP.strip().splitlines())
def test_clinical_writing_stays(line):
    assert taken(line) == []
