"""Licences of many countries, in made-up lines: what stands in braces goes."""

import pytest

from tests.unit.phi_lines import left

LICENSE = """
GMC {7482193}
GMC No: {6184472}
Dr on call (GMC {4829113}).
NMC PIN {14B2281E}
NMC pin no. {08I4471E}
DEA# {BK4471823}
DEA {AR 8812337}
NPI {1487220935}
NPI: {1922388471}
State license {A-48211}
Medical lic. # {G 48213}
Lic #{RN448213}
RN license no {9248211}
Drivers licence {MORGA 753116 SM9IJ 35}
DL {D8812 4471 2291}
DL# {S530-4601-2295}
driving licence no. {JONES 702186 AB9CD}
N° RPPS {10104482193}
RPPS: {10003482117}
N° ADELI {751048213}
LANR {482113301}
BSNR {724482100}
AHPRA {MED0001448213}
AHPRA reg {NMW0002214482}
MCI reg no {48213}
KMC Reg. No. {48217}
TNMC {84421}
Regn no. {DMC/R/04821}
Nº colegiado {28/2844821}
Col. {282844821}
Colegiado nº {08-48213}
CRM {48213-SP}
CRM-SP {148213}
CRM/RJ {52 48213-0}
CRO {48213}
Cédula profesional {4482193}
Céd. Prof. {7448213}
OM {48213} (Ordem dos Médicos)
HPR-nr {9482113}
Autorisations-ID {0BKX4}
Legitimation nr {448213}
PWZ {4821134}
Nr PWZ: {1448213}
BIG-nummer {19048211301}
BIG {49048213001}
INAMI {1-48213-44-001}
Dip. tescil no {148213}
Sicil no {48213}
HPCSA {MP 0482113}
PR no {0148213}
MDCN {48213}
MDCN folio {44821}
KMPDC {A4821}
PRC Lic No {0148213}
PTR No. {4821133}
S2 {148213}-PH
MCR {M48213K}
SMC reg {M04821D}
HKMC {M14821}
CPSO #{84821}
CMQ {48211}
Permit {14-821}
Gun license {FL-448213}
Firearm certificate {48/FA/48213}
SIA {1001448213344821}
Pilot licence {FCL.48213K}
Taxi badge {48213}
Badge {4482}
badge no. {PC 4482}
Warrant no {184482}
Collar {2291}
Shield #{4482}
Notary commission {2048213}
HCPC {PH48213}
HCPC reg: {OT4482}
GPhC {2048213}
GDC {148213}
Pharmacist reg {2219384}.
Physio HCPC {PH 118273}.
Signed, reg. no {MP 0662817}.
Nurse PIN {98K1123E}.
Drivers lic {W8829-11273-4410} (NJ).
DEA no. {FM1188273}.
CDL {77120933}.
FAA medical cert {PI-2210938}.
CPF do médico; CRM {22817} SP.
Ordinul medicilor cod {B48211}.
License # {TX-118273}.
HPCZ {004821}.
NPI number {1669882013}.
Arztnummer {662281901}.
Pilots licence {GBR.FCL.118273}
Signed: Adaeze Okafor, MD, MMC {48213}.
Dr. Okafor ({4821-P}) PMDC.
Okafor A, RN {482113} at 0730.
Pharmacist Quist, PMDC {4821-P}, checked.
Seen by Dr. Quist, M.N. {4821}, M.P. 0917.
Dr. Quist T.P. {48213}/2009.
"""
LINES = [*(("LICENSE", line) for line in LICENSE.strip().splitlines())]


@pytest.mark.parametrize(("label", "line"), LINES)
def test_what_is_marked_goes_and_the_rest_in_angles_stays(label, line):
    assert left(line, label) == []
