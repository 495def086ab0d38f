"""Rounds, letters and lists of many places: what stands in braces goes, what stands in angles stays."""

import pytest

from tests.unit.phi_lines import left

NAME = """
Surgeon {Best}. Assistant {D. Quist}.
Exam by {Okwuosa}. {Sharp} concurs.
Plan: {Best} to review the audiogram.
f/u {Baker} 3/4/24.
d/w {Field} - for cath.
Known <Takayasu>, seen by {Halvorsdottir}.
Told wife {Ingalill} about <Ehlers-Danlos>.
{Quistgaard}, <Guillain-Barré>, for d/c.
Mother {Signe} had <Klinefelter>; brother well.
Dr {Takayasu} agrees. <Takayasu> stable.
Nurse {Imogen Yankauer} came.
{Wegener} says he slept well.
Bed 12 {Quistgaard} - <Gardner's> - chase bloods.
Referred for <Stelara> by {Okwuosa}.
{Okwuosa} <Lasix 40> given.
Hi {Ottilie}, <Corrigan's>, as discussed.
The patient takes <Xarelto 20> per {Okwuosa}.
On the list: {Quistgaard} <Plt 61>, <Creat 188>.
Seen by {Okwuosa}, <VA 6/12>, <Hb 8.7>.
Left <ampulla of Vater> stone, {Okwuosa} to chase.
{Okwuosa} notes <Nabothian cyst> and <Addisonian> look.
She has <Graves'>, seen by {Okwuosa}.
<Dukes' B> in 2019, {Okwuosa} operated.
<Jefferson #> on CT, d/w {Okwuosa}.
Father had <TIAs>, said {Okwuosa}.
Contrôle avec {Jan HURCKX} ce jour.
Vu avec {Jobelle CROTERT} ce jour.
First results later. {Miry} collects the tablets.
Netted. {Filippos} to follow up.
<Urology> to review, {Okwuosa} aware.
"""
DATE = """
Seen {16 Jan 24} by the team.
Booked for {3 May 22}.
Reviewed {5 June} 10:30 in clinic.
Doğum {7 Mart 1927}.
Rođena {4. svibnja 1950}, operirana.
Synd {3. märtsil 1980}.
"""
ORG = """
He is a {Zemtex} driver, hit by a van.
Works for {M&S} as a cook.
Lost his job at {G4S} in spring.
Belongings: watch, {Zemtex} lanyard.
Insurance {Halcyon} approved.
"""
HOSPITAL = """
She was treated in {Larkspur}.
Known to {Larkspur} since childhood.
{District Hospital Jhansi}, medical side.
{Govt. HQ Hospital Karur} under escort.
"""
ADDRESS = """
Lives at {Nagyerdei krt. 98}.
Lives at {Piparu iela 5-12}.
Lives at {Narva mnt 7-14}.
Lives at {#204 - 1450 Bute St}.
Lives at {Hauptstr. 45, 3. OG}.
Lives at {Erf 1234} with family.
Lives at {ul. Gagarina d. 5 kv. 12}.
Lives at {Località Le Case 15}.
Lives at {Door no 11, 3rd cross, Quist Layout}.
Lives at {RR 2 Site 5 Box 14}.
Lives at {101-dong 1203-ho}.
Bees near {Kucheh Shirazi, pelak 12}.
Home is {Laan van Drachten 77}.
Write to {d. 25, korp. 5, ul. Sadovaya}.
"""
LINES = [
    (label, line)
    for label, lines in (
        ("NAME", NAME),
        ("DATE", DATE),
        ("ORG", ORG),
        ("HOSPITAL", HOSPITAL),
        ("ADDRESS", ADDRESS),
    )
    for line in lines.strip().splitlines()
]


@pytest.mark.parametrize(("label", "line"), LINES)
def test_what_is_marked_goes_and_the_rest_in_angles_stays(label: str, line: str) -> None:
    assert left(line, label) == []
