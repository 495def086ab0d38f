"""Addresses of many countries, in made-up lines: what stands in braces goes."""

import pytest

from tests.unit.phi_lines import left

ADDRESS = """
Lives at {14 Tarn Close, Brackwell BK4 7QL}.
Lives at {Flat 9, Cobden House, Millgate}.
Home: {The Old Forge, Upper Slaughton}.
Address: {Rose Cottage, Chapel Lane}.
Resides at {1182 Fawn Creek Trl, Ozark, AR 72949}.
{742 Larkspur Ter Apt 4B}, home visit.
{PO Box 4482, Tamarind}.
Mail to {P.O. Box 118}.
{RR 3 Box 221}, Delton.
{Rural Route 2}, near the mill.
Lives off {County Road 482}.
Lives on {Highway 19 South}.
Farm at {mile marker 48, Route 12}.
{Postfach 48 21}, Hamburg.
{Boîte postale 482}.
{Apartado 482}, Mérida.
{C.P. 482 Succ. B}.
Wohnt in der {Lindenstraße 14, 50482 Köln}.
Wohnhaft {Am Mühlbach 4}, Erlau.
Adresse: {Bahnhofstr. 48a}.
Habite {48 rue du Moulin, 44821 Valmont}.
Domicilié {12 bis avenue des Tilleuls}.
{Résidence Les Pins, bât. C, apt 48}.
{Lieu-dit Le Bosquet}, commune rurale.
Domicilio: {Av. Libertador 4482, piso 5}.
{Carrera 48 # 21-14}, Bogotá.
{Calle 48 No. 21-33}.
{Urb. Las Palmas, Mz K Lt 14}.
Mora na {Rua das Acácias, 482, apto 21}.
{Travessa do Carmo 14}, Lisboa.
{Quadra 48 Lote 21}, Setor Oeste.
Abita in {via Garibaldi 48}, Lucca.
Residente in {piazza Dante 4/B}.
{Strada Provinciale 48}, km 12.
Zam. {ul. Polna 48/21, 48-210 Brzozów}.
mieszka przy {al. Niepodległości 48}.
{os. Złotego Wieku 48/2}.
Bor på {Storgatan 48, 482 10 Lundby}.
{Björkvägen 14 B}, Lundby.
Bor i {Kirkeveien 48}, Nordvik.
Bopæl {Nørregade 48, 2. tv.}.
Asuu {Koivukatu 48 B 21}.
Woont aan {Kerkstraat 48, 4821 KX Dorpstede}.
{Prinsengracht 482-III}, Amsterdam.
{Dorpsweg 48 bus 2}.
{Atatürk Cad. No:48 D:21}, Bursa.
{Yeşil Mah. Gül Sok. 14/8}.
{Lipová 48, 482 13 Hradiště}.
{Str. Florilor nr. 48, bl. 21, ap. 4}.
{Kossuth utca 48.}, Szeged.
{Οδός Ερμού 48}, Αθήνα.
{D/No 4-82/1, Gandhi Nagar}.
{H.No. 48-21, Main Bazar, Manikpur}.
R/o {village Bansgaon, Dist. Gorakhpur}.
Vill {Ramnagar}, PO {Kashipur}, PS {Jaspur}.
from {village Dhanpur, Tehsil Sadar}.
resident of {Mohalla Qasimpura}.
{#482, 3rd Cross, 2nd Main, Jayanagar}.
{Plot 48, Sector 21}, Noida.
Door No. {48/21, Anna Salai}.
{Chak No. 48/GB}, Faisalabad.
{House 48, Street 21, F-8/3}.
{Blk 482 Jalan Tenteram #04-21}.
{Lot 48, Jalan Melur 2/4}.
{Jl. Mawar No. 48 RT 04 RW 02}.
{Brgy. San Roque, Purok 4}.
{Blk 4 Lot 21 Phase 2, Greenville Subd}.
{48/21 Moo 4, Tambon Ban Mai}.
{Số 48 ngõ 21 phố Huế}.
{3-14-8 Sakuragaoka, Setagaya-ku}.
{Plot 482, Kampala Road}.
{P.O. Box 4821-00100, Nairobi}.
{14 Adeola Street, Surulere}.
{House No. 48, Zongo Lane}.
From {Lower Tarnby}, drives in.
Lives near {Skelby Moor}.
Moved to {Port Alwyn} last year.
Travelled from {Marrowdale}.
Comes from the village of {Ostrava Dolni}.
Postcode {BK4 7QL}.
Zip {48213}.
PIN {482113}.
{48213 Lohfelden}.
{Unit 48, 21 Harbour Esplanade}, Docklands.
{Lot 21 Old Coach Rd}, Warrigal.
{48 Kōwhai Street}, Tauranga.
{221 Rang Saint-Joseph}, Québec.
{48-21 34th Ave, Astoria}.
{N48 W2210 Larch Dr}.
{1/48 The Strand}, Rockdale.
{Croft House, Isle of Sanday}.
{Bóthar na Trá 14}, Galway.
lives at {48 tarn close, brackwell}
LIVES AT {14 MILL LANE, SKELBY}
found at {corner of Fifth and Main}
collapsed at {Tarnby Station}
crash on the {M62 junction 26}
Lives above the shop at {22 Fore St, Penwarren}.
Home visit to {Larch Cottage, Mill Rd, Ashby}.
{88 Gordon Pl., Unit 5}, Winnow.
Lives in a caravan at {Pitch 14, Sandy Cove Park}.
From {Nether Wallop}, retired.
Lodging at {Room 12, YMCA, Canal St}.
Anschrift: {Im Winkel 7, 88213 Oberdorf}.
Adresse : {7 impasse du Lavoir, 48210 Brévance}.
Via {dei Tigli 22, 20114 Valtrona}.
Bor {Havnegata 22, 8210 Storfjord}.
Osoite {Kuusitie 4 A 12}.
Straat {Molenweg 221, Brugveen}.
H No {2-118/A, Nehru Colony, Kolvati}.
At/Po {Simlipada}, Dist {Kendrapur}.
{Villa 14, Street 22B, Al Barza}.
Plot No {18, GIDC Estate}.
{Blok C5 No 14, Perumahan Griya Asri}.
{Barangay Mabini}, near the market.
{Erf 482}, Kleinfontein.
{P O Box 22114}, Kolera.
{2/14 Wattle Grove, Kerang VIC 3579}.
Collapsed on {Vine Street}.
Found at {Exit 22, I-70}.
"""
LINES = [*(("ADDRESS", line) for line in ADDRESS.strip().splitlines())]


@pytest.mark.parametrize(("label", "line"), LINES)
def test_what_is_marked_goes_and_the_rest_in_angles_stays(label, line):
    assert left(line, label) == []
