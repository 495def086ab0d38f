"""How street addresses are written where the street's kind is shortened, or comes in its own order."""

import re

from worker_collection.phi import cues
from worker_collection.phi.street_forms import Sign

_CAP = (
    r"[A-ZÀ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶŁĻŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽȘȚƠƯĂÊÔĐẠ-Ỹ]"
    r"(?:[a-z'’]{0,3}\.(?=[ \t])|[\w'’-]{0,30})"
)
_G = r"[ \t]"
_SMALL = r"(?:de|la|las|los|del|della|dei|da|das|do|dos|du|des|y|of|le|les|l['’]|d['’])"
_NUM = r"\d{1,5}(?![\d:])(?:[/-]\w{1,4}){0,2}(?:[A-Za-z]\b)?"
# What parts a street from its number.
_ORDER = rf"(?:,?{_G}(?:n\.?{_G}?[ºo°]\.?|nº|n[ro]\.?|No\.?:?|no\.?){_G}?|,?[ ])"
_DOOR = (
    rf"(?:,{_G}(?:\d{{1,2}}[.ºª°]{{1,2}}{_G}?(?:[A-Z]\b|(?:izq|dcha|der|dto|esq|fte|drt)[a-z]*\.?)?|"
    rf"(?:app?t?o?|kv|korp|ap|of|bud|dira|knisa|lgh|whg|bât|bat|esc|sc|et|int|piso|dpto|"
    rf"bl)\.?{_G}?\w{{1,4}}\b)){{0,3}}"
)
_DIGITS_F = Sign(re.compile(r"[Ff]\b(?:(?<=\d[Ff])|(?<=\d/[Ff]))"), ("9A", "9a", "9/A", "9/a"))
_SIGN_GPS = Sign(re.compile(r"\b[A-Z]{2}-\d{3,4}-\d{4}", re.IGNORECASE), ("A-9", "a-9"))
_KOREAN = ("-ro", "-gil", "-daero", "-dong")
ABROAD = (
    # Gedimino pr. 67; Liepų g. 4-88
    (
        cues.words("g pr al pl tak kel skg sk"),
        rf"\b{_CAP}(?:{_G}{_CAP}){{0,2}}{_G}(?:g|pr|al|pl|tak|skg|kel)\.{_G}{_NUM}",
    ),
    # vul. Shevchenka 91, kv. 7; Ulica bana Jelačića 7
    (
        cues.words("vul ul bul bulv prov per pr prosp nab pl sh tup"),
        rf"(?<!\w)(?:[Vv]ul|[Uu]l|[Bb]ulv?|[Pp]rov|[Pp]er|[Pp]r|[Pp]rosp|[Nn]ab|[Pp]l|[Ss]h|[Tt]up)\."
        rf"{_G}(?:{_CAP}{_G}){{1,3}}{_NUM}{_DOOR}",
    ),
    (
        cues.words("ulica trg ulitsa vulytsia prospekt bulevar"),
        rf"\b(?:Ulica|Trg|Ulitsa|Vulytsia|Prospekt|Bulevar){_G}(?:[^\W\d_][\w'’-]*{_G}){{1,4}}?{_NUM}{_DOOR}",
    ),
    # Bd. Unirii 75; Șos. Olteniței 12
    (
        cues.words("bd bdul spl sos cal blvd str al int"),
        rf"\b(?:[Bb]d|[Bb]-?dul|[Ss]pl|[ȘSşŞ]os|[Cc]al|[Ss]tr|"
        rf"[Ii]ntr)\.{_G}(?:{_CAP}{_G}){{1,3}}(?:nr\.?{_G}?)?{_NUM}{_DOOR}",
    ),
    # 80, boul. Taschereau, app. 5; 747 ch. du Lac
    (
        cues.words("boul bd ch rte imp av all sq pl mtee"),
        rf"\b\d{{1,5}}(?:{_G}(?:bis|ter))?,?{_G}(?:[Bb]oul|[Bb]d|[Cc]h|[Rr]te|[Ii]mp|[Aa]v|[Aa]ll|[Ss]q|"
        rf"[Pp]l)\.?{_G}"
        rf"(?:{_SMALL}{_G}?){{0,2}}{_CAP}(?:[ -](?:{_SMALL}[ -])?{_CAP}){{0,3}}{_DOOR}",
    ),
    # Pza. Mayor, 1; R. Oliveira, 45, 6º Esq.
    (
        cues.words("pza plza pl pz avda av ctra cl cll pg trv tv lg pc pca r al estr rod qta c travessa rua"),
        rf"(?<!\w)(?:Pza|Plza|Pl|Pz|Avda|Av|Ctra|Cl|Cll|Pg|Trv|Tv|Lg|Pç|Pca|R|Estr|Rod|Qta|Travessa|"
        rf"Rua)\.?{_G}"
        rf"(?:(?:{_SMALL}|{_CAP}){_G}){{0,4}}?{_CAP}{_ORDER}{_NUM}(?![.,]?\d|{_G}?(?:mg|ml|%)){_DOOR}",
    ),
    # Storgatans väg 14; Hakalan tie 64 A 9
    (
        cues.words(
            "vag vagen gata gatan gate veg vei vej gade tie katu plads plass torg torget grand backe alle"
        ),
        rf"\b{_CAP}(?:{_G}{_CAP}){{0,2}}{_G}(?:väg|vägen|gata|gatan|gate|veg|vei|vej|gade|tie|katu|plads|"
        rf"plass|"
        rf"torg|torget|gränd|backe|allé){_G}\d{{1,4}}(?:{_G}?[A-Za-z]\b)?(?:{_G}\d{{1,3}}\b)?",
    ),
    # 30/F 359 Nathan Road; Flat X, 12/F, Block 4, Mak Court; 27F, Jinmao Garden
    (
        _DIGITS_F,
        rf"\b(?:Flat|Room|Rm|Unit){_G}\w{{1,4}},?{_G}\d{{1,3}}/?F,?{_G}(?:(?:Block|Blk|"
        rf"Tower){_G}\w{{1,3}},?{_G})?"
        rf"(?:\d{{1,4}}[A-Z]?(?:-\d{{1,4}})?{_G})?{_CAP}(?:{_G}{_CAP}){{0,4}}|"
        rf"\b\d{{1,3}}/F,?{_G}(?:(?:Block|Blk|Tower){_G}\w{{1,3}},?{_G}|\d{{1,4}}[A-Z]?(?:-\d{{1,4}})?{_G})"
        rf"{_CAP}(?:{_G}{_CAP}){{0,4}}|"
        rf"\b\d{{1,3}}/?F,?{_G}(?:{_CAP}{_G}){{1,3}}?(?:Gardens?|Estate|Building|Bldg|Tower|Mansion|Court|"
        rf"Plaza|Cent(?:re|er)|House)\b",
    ),
    # Kita 3-jo Nishi 18 chome; 75, Seo-ro 56beon-gil
    (
        cues.words("jo chome banchi kita minami higashi nishi"),
        rf"\b(?:{_CAP}{_G})?(?:(?:Kita|Minami|Higashi|Nishi|Naka){_G})?\d{{1,2}}[- ]?(?:jo|chome|banchi)\b"
        rf"(?:,?{_G}?(?:Kita|Minami|Higashi|Nishi|Naka)?{_G}?\d{{1,3}}(?:[- ]?(?:jo|chome|banchi|ban|"
        rf"go))?(?:-\d{{1,3}})?){{0,3}}",
    ),
    (
        _KOREAN,
        rf"\b\d{{1,4}}(?:-\d{{1,4}})?,?{_G}[A-Za-z]{{2,16}}-(?:ro|gil|daero|"
        rf"dong)(?:{_G}\d{{1,3}}(?:beon)?-?gil)?\b"
        rf"(?:,{_G}\d{{1,3}}-dong)?(?:{_G}\d{{1,4}}-ho)?",
    ),
    (_SIGN_GPS, r"\b(?:(?i:GPS)[ ])?(?i:[A-Z]{2})-\d{3,4}-\d{4}\b"),
    # 62 Lê Duẩn, P. 7; 12/3 Hẻm 45, Q. Tân Bình
    (
        cues.words("p q f tp phuong quan kp hem ngo"),
        rf"\b\d{{1,4}}[A-Z]?(?:/\d{{1,4}}){{0,2}}{_G}{_CAP}(?:{_G}{_CAP}){{0,3}},{_G}(?:P|Q|F|TP|"
        rf"KP)\.?{_G}?(?:\d{{1,2}}\b|{_CAP}(?:{_G}{_CAP})?)",
    ),
    # Gang Mawar III no. 7; Perum Griya Asri Blok M8/15; RT 09/RW 01, Kel. Sukamaju
    (
        cues.words("gang gg jln perum perumahan komplek kompleks kp dusun griya"),
        rf"\b(?:Gang|Gg\.|Jln\.?|Perum(?:ahan)?|Kompleks?|Kp\.|Dusun|Griya){_G}{_CAP}(?:{_G}{_CAP}){{0,3}}?"
        rf"(?:,?{_G}(?:[Nn]o\.?|[Bb]lok){_G}?[A-Z]{{0,2}}\d{{0,3}}(?:/\d{{1,3}})?|{_G}\d{{1,4}}\b)",
    ),
    (
        cues.words("rt rw"),
        rf"\bRT{_G}?\.?{_G}?\d{{1,3}}{_G}?[/,]{_G}?RW{_G}?\.?{_G}?\d{{1,3}}(?:,{_G}(?:Kel|Kec|Ds|"
        rf"Desa)\.?{_G}{_CAP}){{0,2}}",
    ),
    # TC 45/023, Pattom; Old No 5, New No 65, Eldams Rd
    (cues.words("tc"), rf"\bTC{_G}\d{{1,2}}/\d{{1,5}}(?:,{_G}{_CAP}(?:{_G}{_CAP})?)?"),
    (
        cues.words("old new"),
        rf"\bOld{_G}No\.?{_G}\w{{1,6}},?{_G}New{_G}No\.?{_G}\w{{1,6}}(?:,{_G}{_CAP}(?:{_G}{_CAP}){{0,2}})?",
    ),
    # 56 Sderot Mizrahi, dira 3
    (
        cues.words("sderot rehov rechov derech derekh simtat kikar"),
        rf"(?:\b\d{{1,4}}{_G})?\b(?:Sderot|Rehov|Rechov|Derech|Derekh|Simtat|Kikar){_G}{_CAP}(?:[ "
        rf"-]{_CAP}){{0,2}}(?:{_G}\d{{1,4}}\b)?{_DOOR}",
    ),
    # Space 77, Desert Aire RV Park
    (
        cues.words("park marina campground estates court mhp"),
        rf"\b(?:Space|Spc|Lot|Site|Slip|Berth|Pitch){_G}#?\d{{1,4}}[A-Z]?,?{_G}(?:{_CAP}{_G}){{1,4}}"
        rf"(?:(?:RV|Trailer|Caravan|Holiday|Mobile{_G}Home){_G}(?:Park|Court)|MHP|Marina|Campground|"
        rf"Estates?)\b",
    ),
    # Bahçelievler Mah. 431. Sok. No 5
    (
        cues.words("mah mahallesi sok sk cad"),
        rf"\b{_CAP}{_G}Mah(?:\.|allesi){_G}(?:(?:{_CAP}|\d{{1,4}}\.){_G}){{0,3}}(?:Sok|Sk|Cad|Cd|Blv|"
        rf"Bul)(?:\.|ak|ağı|desi)?,?"
        rf"{_G}(?:[Nn]o{_G}?[:.]?{_G}?)?\d{{1,4}}(?:/\d{{1,4}})?(?:{_G}?[Dd]:?{_G}?\d{{1,3}})?",
    ),
    # Résidence Les Pins, bât. J
    (
        cues.words("residence res immeuble imm lotissement cite"),
        rf"\b(?:[Rr]és(?:idence|\.)|[Ii]mm(?:euble|\.)|[Ll]otissement|[Cc]ité){_G}(?:(?:[Ll]es|[Ll]a|"
        rf"[Ll]e|du|des|de){_G})?"
        rf"{_CAP}(?:[ -]{_CAP}){{0,2}},{_G}(?:[Bb]ât|[Ee]sc|[Aa]pp?t?|[Pp]orte|[Nn]°)\.?{_G}?\w{{1,4}}",
    ),
    # Petőfi u. 14. II/3; Nagyerdei krt. 98; Hlavná tř. 12; Piparu iela 5-12; Narva mnt 7-14; sídl. Vinice 415
    (
        cues.words("u krt rkp sgt stny ltp tr namestie nabr iela pst mnt tn pste bulvaris"),
        rf"\b{_CAP}(?:{_G}{_CAP}){{0,2}}{_G}(?:u\.|krt\.?|rkp\.?|sgt\.?|stny\.?|ltp\.?|tř\.?|nám\.?|"
        rf"nábř\.?|iela|pst\.?|"
        rf"mnt\.?|tn\.?|bulvāris){_G}{_NUM}\.?(?:[ ,]{{1,2}}(?:[IVX]{{1,4}}|"
        rf"\d{{1,2}})[./]{_G}?(?:em\.?{_G}?)?\d{{1,3}}\.?)?",
    ),
    (
        cues.words("sidl os osiedle oš naselje blok bl leof zk kv mkr mikr"),
        rf"(?<!\w)(?:[Ss]ídl|[Oo]s|[Oo]siedle|[Nn]aselje|[Ll]eof|[Žž][Kk]|[Kk]v|"
        rf"[Mm]kr)\.?{_G}(?:{_CAP}{_G}){{1,3}}"
        rf"{_NUM}{_DOOR}",
    ),
    (
        cues.words("ul ulica d kv vh korp"),
        rf"(?<!\w)[Uu]l\.{_G}(?:{_CAP}{_G}){{1,3}}[Dd]\.{_G}?{_NUM}(?:,?{_G}(?:kv|korp|ap|"
        rf"vh)\.{_G}?\w{{1,4}}){{0,2}}",
    ),
    # Contrada San Pietro snc; Località Le Case 15; Praceta da Fonte lote 5; ZA du Bois, lot 4
    (
        cues.words(
            "contrada localita loc frazione fraz vicolo borgata praceta largo rotunda urb urbanizacion za "
            "zi zac zone"
        ),
        rf"\b(?:Contrada|Località|Loc\.|Frazione|Fraz\.|Vicolo|Borgata|Praceta|Largo|Rotunda|Urb(?:\.|"
        rf"anización)|ZA|ZI|ZAC)"
        rf"{_G}(?:(?:{_SMALL}{_G}?)?{_CAP}{_G}?){{1,3}},?{_G}?(?:snc|s/n|(?:lote?{_G})?{_NUM})",
    ),
    # 101-dong 1203-ho; Erf 1234; Stand 88, Zone 6; Kebele 07 H.No 233; SQN 208 Bloco C ap 305; RMB 1240
    (
        cues.words("erf stand kebele rmb rsd cmb psc sqn sqs shin qnd"),
        rf"\b(?:Erf|Stand|Kebele|RMB|RSD|CMB|PSC|SQ[NS]|QND){_G}\d{{1,5}}(?:,?{_G}(?:Zone|H\.?{_G}?No\.?|"
        rf"Box|Bloco|"
        rf"Unit|Ext\.?|ap\.?){_G}\w{{1,5}}){{0,2}}",
    ),
    (cues.words("dong ho"), rf"\b\d{{1,4}}-dong,?{_G}\d{{1,4}}-ho\b"),
    (
        cues.words("site comp rr box"),
        rf"\b(?:Box{_G}\d{{1,4}},{_G}Site{_G}\d{{1,4}}|"
        rf"Site{_G}\d{{1,4}},?{_G}Comp\.?{_G}\d{{1,4}},?{_G}RR{_G}?\d{{1,3}}|"
        rf"RR{_G}?\d{{1,3}},?{_G}Site{_G}\d{{1,4}},?{_G}"
        rf"(?:Box|Comp\.?){_G}\d{{1,4}})\b",
    ),
    # 12-B, MIG Flats; Door no 11, 3rd cross, HSR Layout; Vill. Rampur, PO Sikandra; Ward 4, Tole Kalimati
    (
        cues.words("lines cantt cantonment mohalla mohallah basti chowk civil"),
        rf"\b\d{{1,4}}(?:/\d{{1,4}})?(?:-[A-Z])?,?{_G}(?:{_CAP}{_G}){{0,2}}(?:Lines|Cantt|Cantonment|"
        rf"Mohallah?|Basti|Chowk)\b",
    ),
    (
        cues.words("door d vill village ward tole mig lig hig flats layout colony po tehsil"),
        rf"\b(?:Door{_G}[Nn]o\.?{_G}?[\w/-]{{1,8}},{_G}(?:\d\w{{1,3}}{_G}[Cc]ross,{_G})?{_CAP}(?:{_G}{_CAP}){{0,2}}|"
        rf"\d{{1,4}}-[A-Z],{_G}(?:{_CAP}{_G}){{1,2}}(?:Flats|Layout|Colony|Enclave)|"
        rf"Vill(?:\.|age){_G}{_CAP}(?:{_G}{_CAP})?,{_G}(?:PO|P\.O\.|Teh|Distt?){_G}?\.?{_G}?{_CAP}|"
        rf"Ward{_G}\d{{1,2}},{_G}Tole{_G}{_CAP})",
    ),
    # #204 - 1450 Bute St; 1/2 88 Byres Road; Hauptstr. 45, 3. OG
    (
        cues.words("st street rd road ave avenue dr drive blvd way lane"),
        rf"(?:#\d{{1,4}}{_G}?[-–]{_G}?|"
        rf"\b\d{{1,2}}/\d{{1,2}},?{_G})\d{{1,5}}{_G}(?:{_CAP}{_G}){{1,3}}(?:St|Street|Rd|Road|Ave|"
        rf"Avenue|Dr|Drive|Blvd|Way|Lane)\b",
    ),
    # Laan van Drachten 77; Plateia Eleftherias 8; Kucheh Shirazi, pelak 12; Rynek 1; d. 25, ul. Sadovaya
    (
        cues.words(
            "laan plein plateia platia kucheh koocheh khiaban khiyaban rynek rynok put obala piazzale platz"
        ),
        rf"\b(?:(?:Laan|Plein){_G}(?:van|der|de){_G}(?:de{_G}|der{_G})?{_CAP}(?:{_G}{_CAP})?|"
        rf"Plat[e]?ia(?:{_G}{_CAP}){{1,2}}|"
        rf"(?:Koocheh|Kucheh|Khiy?aban)(?:{_G}{_CAP}){{1,3}},?{_G}pelak|[Rr]yn[eo]k|Put{_G}{_SMALL}?{_CAP}|"
        rf"Obala(?:{_G}{_CAP}){{1,3}}|Piazzale{_G}{_CAP}){_G}{_NUM}",
    ),
    (
        cues.words("d korp ul"),
        rf"(?<!\w)d\.{_G}{_NUM},{_G}(?:(?:korp|kv|"
        rf"str)\.{_G}{_NUM},{_G}){{0,2}}[Uu]l\.{_G}{_CAP}(?:{_G}{_CAP})?",
    ),
    # Jirón de la Unión s/n; Km 4 Carretera Central
    (
        cues.words("s"),
        rf"\b(?:{_CAP}{_G}){{1,2}}(?:(?:{_SMALL}|{_CAP}){_G}){{0,3}}?{_CAP},?{_G}[Ss]/[Nn]\b(?![ ]?[:#]?[ "
        rf"]?[A-Z]{{0,4}}-?\d)",
    ),
)
