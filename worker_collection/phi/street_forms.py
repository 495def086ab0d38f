"""How street addresses of many countries are written: the forms, each with the words that it needs."""

import re
from dataclasses import dataclass

from worker_collection.phi import cues
from worker_collection.phi.lexicon import fold

_CAP = (
    r"[A-ZÀ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶŁĻŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽȘȚΆ-ΏΑ-ΩЀ-Я]"
    r"(?:[a-zß-ÿ'’]{0,3}\.(?=[ \t])|[\w'’&-]{0,30})"
)
_STREET = "|".join(
    sorted(
        (form for noun in cues.group("streets") for form in (noun.title(), noun.upper())),
        key=len,
        reverse=True,
    )
)
_GAP = r"[ \t]"
_UNIT = (
    rf"(?:,?{_GAP}Ext\.?{_GAP}\d{{1,2}}\b|"
    rf",?{_GAP}(?:Apt|Unit|Suite|Ste|Flat|Lot|Room|Rm|Bldg|Floor|Fl|lgh|#)\.?{_GAP}?[\w-]{{1,6}})?"
)
_NUMBER = r"\d{1,6}(?!\d)(?:[-/]\d{1,4}){0,2}[A-Za-z]?"
_ROOM = (
    rf"(?:(?:Flat|Studio|Apt|Unit|Room|Block|Blk|Villa|Trailer|Bldg|Condo|Cabin|Shop|"
    rf"Suite){_GAP}(?:{_NUMBER}|[A-Z]\d{{0,3}}\b)"
    rf"|(?:(?:Plot|House|Shop|Door|Flat)(?:{_GAP}No)?|H\.{_GAP}?No|No|Lot|Street|Phase|"
    rf"Sector)\.?:?{_GAP}?#?[A-Z]?{_NUMBER})"
)
_STEP = (
    rf"(?:(?:{_CAP}|\d{{1,2}}/[FL]|\d{{1,3}}(?:st|nd|rd|th)|{_NUMBER}|[A-Z]-\d{{1,2}}(?:/\d)?|de|la|of)"
    rf"(?:,{_GAP}|{_GAP}))"
)
_PREFIX = (
    r"(?i:(?-i:Via|VIA|via(?=[ ](?:dei|degli|delle|della|dello|del|di|san|santa)[ ]"
    r"[A-Z][a-zà-ÿ]+[ ]\d)|via(?=[ ](?!Medic|Bed|Ward|Ext|Room|Bus)(?:[A-Z][a-zà-ÿ]+[ ]){1,3}\d))|rang(?=[ "
    r"](?:St|Ste|Saint|Sainte|des|du|de)\b)|calle|c/|avenida|avda?\.?|av\.|rua|"
    r"rue|viale|v\.le|piazza|piazzale|p\.za|corso|vicolo|"
    r"jalan|jl\.|ul\.|al\.|os\.|pl\.|plac|"
    r"travessa|alameda|praça|estrada|rodovia|largo|beco|carrera|cra\.|diagonal|transversal|jr\.|jirón|"
    r"psje\.?|pje\.?|pasaje|travesía|calleja|callejón|"
    r"urb\.|urbanización|odos|leoforos|paseo|plaza|ronda|rambla|carrer|camino|chemin|allée|impasse|"
    r"boulevard|avenue|quai|faubourg|"
    r"aleje|"
    r"heol|ffordd|sráid|bóthar|calea|strada|aleea|bulevardul|privada|colonia|cerrada|brgy\.?|purok|"
    r"barangay|kebele|hem|ulica|aleja|"
    r"οδός|οδος|λεωφόρος|ул\.|улица|пр\.|проспект|вул\.|вулиця|chaussée|sentier|cité|domaine|str\.|șos\.|"
    r"bdul|"
    r"splaiul|glorieta|barrio|lungomare|contrada|località|loc\.|số|calçada|praceta|rotunda|viela|"
    r"soi|thanon|đường|phố|ngõ|hẻm|lorong|taman|sharia|shari['’]?)"
)
_SMALL = (
    r"(?:de|la|las|los|del|della|delle|dello|degli|dei|da|das|do|dos|du|des|y|of|le|les|a|e|i|ap|na|\d{1,3})"
)


STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|"
    "OH|OK|OR|PA|RI|SC|SD|"
    "TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)
STREETS = cues.group("streets")
ROOMS = cues.words(
    "flat studio apt unit room block blk villa trailer bldg condo cabin shop suite plot house door h no "
    "lot street phase sector"
)
_PREFIXES = frozenset(fold(word) for word in re.findall(r"[^\W\d_]+", _PREFIX)) - cues.words(
    "i a z b medic bed ward ext room bus st ste saint sainte des du de ÿ"  # what stands around them
)
_SUFFIXES = tuple(
    sorted(
        cues.words(
            "strasse allee weg gasse platz ufer ring damm gatan vagen grand allen laan straat plein gade vej "
            "katu gracht singel kade "
            "dijk tie kuja polku veien gata str"
        )
    )
)


@dataclass(frozen=True)
class Sign:
    """What has to stand near a street, and the shapes of which one is sought first."""

    pattern: re.Pattern[str]
    shapes: tuple[str, ...]


# How a form begins: with the word that it needs, with a number, or with one of either.
BY_WORD = (rf"\b{_ROOM}", rf"(?<!\w){_PREFIX}")
BY_NUMBER = (r"\b\d", r"\b(?!\d")
BY_EITHER = rf"\b(?:{_ROOM},?{_GAP}){{0,2}}{_NUMBER}"

_STATES_NEAR = Sign(re.compile(r",[ \t][A-Z]{2}\b"), (", AA", ",\tAA"))
_THE = Sign(re.compile(r"\d[a-z]?[ \t]The\b"), (" Aaa", "\tAaa"))
_HYPHENS = Sign(re.compile(r"-(?:(?<=\d-)\d|(?<=\w-)[A-Za-z]{1,5}\b)"), ("-",))
FORMS = (
    # 12 Acacia Avenue, 340 W. Third Ave Apt 2B
    (
        STREETS,
        rf"\b(?:{_ROOM},?{_GAP}){{0,2}}{_NUMBER},?{_GAP}(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|"
        rf"West)\.?{_GAP})?"
        rf"(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)){_GAP}){{1,4}}?(?:{_STREET})(?![\w'])(?:{_GAP}(?:{_STREET})"
        rf"(?![\w']))?"
        rf"(?:\.|{_GAP}(?:\d{{1,4}}|[A-Z]{{1,2}})(?![\w/-]|[.,]\d))?{_UNIT}",
    ),
    # 12 Booth Cliff Apt. 3; 4 Bond Whatever, Town, ST
    (
        cues.words("apt suite ste unit"),
        rf"\b\d{{1,6}}[A-Z]?{_GAP}(?:{_CAP}{_GAP}){{1,3}}?(?:Apt|Suite|Ste|Unit)\.?{_GAP}?\w{{1,5}}\b",
    ),
    (
        _STATES_NEAR,
        rf"\b\d{{1,6}}[A-Z]?{_GAP}{_CAP}(?:{_GAP}{_CAP}){{1,2}}(?=,{_GAP}{_CAP}(?:{_GAP}{_CAP})"
        rf"{{0,2}},{_GAP}[A-Z]{{2}}\b)",
    ),
    # Flat 3, Lotus Enclave; Plot 44, 2nd Cross, Jayanagar
    (
        ROOMS,
        rf"\b{_ROOM},{_GAP}?(?:{_ROOM},?{_GAP}?){{0,2}}(?:{_STEP}){{0,4}}(?:{_CAP}|{_NUMBER}|"
        rf"[A-Z]-\d{{1,2}}(?:/\d)?)(?:,{_GAP}{_CAP})?",
    ),
    (
        ROOMS,
        rf"\b{_ROOM}{_GAP}(?:{_ROOM}{_GAP})?{_CAP}(?:{_GAP}{_CAP}){{0,3}}",
    ),
    # Calle Mayor 12; ul. Polna 3/4
    (
        _PREFIXES,
        rf"(?<!\w){_PREFIX}{_GAP}(?:(?:{_CAP}|{_SMALL})[ \t,]{{1,2}}){{0,5}}(?:{_CAP}|"
        rf"\d{{1,5}}(?![ºª°])(?:[/-]\w{{1,4}})?[a-z]?)(?:,?{_GAP}(?i:n(?:[ro]\.?|[°º]):?{_GAP}?)?"
        rf"\d{{1,5}}(?![ºª°\d])(?:[/-]\w{{1,4}})?[a-zA-Z]?)?(?:,{_GAP}\d{{1,2}}[ºª°]{_GAP}?(?:[A-Z]|izda|"
        rf"izq|dcha|dto|esq)?\b)?",
    ),
    # 12 3e Avenue
    (
        cues.words("avenue rue rang"),
        rf"\b\d{{1,5}},?{_GAP}\d{{1,2}}(?:re|e|ère|er|ième|ème){_GAP}(?:Avenue|Rue|Rang)\b",
    ),
    # 12 bis, rue des Lilas
    (
        _PREFIXES | {"place"},
        rf"\b\d{{1,4}}(?:{_GAP}(?:bis|ter))?,?{_GAP}(?:{_PREFIX}|place){_GAP}(?:(?:{_SMALL}\b|d['’]\w+|"
        rf"{_CAP})(?:{_GAP}|"
        rf"(?=[\W]|$))){{1,5}}",
    ),
    (
        _SUFFIXES,
        rf"\b[A-ZÄÖÜÅ][\w-]{{1,25}}(?:straße|strasse|str\.|allee|weg|gasse|platz|ufer|ring|damm|gatan|vägen|"
        rf"gränd|allén|laan|straat|plein|gade|vej|katu|gracht|singel|kade|dijk|tie|kuja|polku|veien|gata)"
        rf"{_GAP}\d{{1,4}}(?:/\d{{1,4}}){{0,3}}(?:{_GAP}?[A-Za-z]\b)?(?:(?<=[A-Za-z]){_GAP}\d{{1,3}}\b)?(?:{_GAP}(?:lgh|"
        rf"Wohnung|[A-Z]){_GAP}\d{{1,5}})?",
    ),
    (
        cues.words("am an im zum zur auf unter hinter vor bei neben in"),
        rf"\b(?:Am|An de[rn]|Im|Zum|Zur|Auf de[rmn]|Unter de[rmn]|(?:Hinter|Vor|Bei|Neben|In) de[rmn]){_GAP}"
        rf"(?!(?:Woche|Station|Phase|Klasse|Stufe|Nacht|Operation|Skala|Ebene|H[öo]he|Etage|Gruppe|Dosis|Tag|"
        rf"Monat|Jahr|Zimmer|Bett|Stadium|Zyklus))[A-ZÄÖÜ][\w-]{{2,25}}{_GAP}\d{{1,4}}{_GAP}?[a-z]?\b",
    ),
    (
        cues.words("cad cd sok sk blv mah bul"),
        rf"\b(?:{_CAP}{_GAP}){{1,3}}(?:Cad|Cd|Sok|Sk|Blv|Mah|"
        rf"Bul)\.?{_GAP}(?:No{_GAP}?:?{_GAP}?)?\d{{1,4}}(?:/\d{{1,4}})?",
    ),
    (
        cues.words("forge mill rectory vicarage barn cottage lodge manor house farm"),
        rf"\b(?:Old|The){_GAP}(?:{_CAP}{_GAP}){{0,2}}(?:Forge|Mill|Rectory|Vicarage|Barn|Cottage|Lodge|Manor|"
        rf"House|Farm),{_GAP}(?:{_CAP}{_GAP}){{1,2}}(?:{_STREET})\b",
    ),
    (
        cues.words("co county"),
        rf"\b(?:{_CAP}{_GAP}){{1,2}}(?:{_STREET}),{_GAP}(?:Co\.|County){_GAP}{_CAP}",
    ),
    (
        _HYPHENS,
        rf"\b\d{{1,4}}[A-Za-z]?{_GAP}[A-Z][a-z]{{1,12}}-(?:[a-z]{{1,4}}-)[A-Z][a-z]{{2,14}}\b",
    ),
    (
        _HYPHENS,
        rf"\b(?!\d{{1,2}}-\d{{1,2}}-(?:19|"
        rf"20)?\d\d\b)\d{{1,3}}-\d{{1,4}}-\d{{1,4}}{_GAP}{_CAP}(?:{_GAP}{_CAP})?|"
        rf"\b\d{{1,4}}(?:-\d{{1,4}})?{_GAP}{_CAP}-(?:ro|dong|gil|gu|daero|cho|ku)\b",
    ),
    (
        cues.words("le tran nguyen ly hai phan"),
        rf"\b\d{{1,4}}(?:[/-]\d{{1,4}})?{_GAP}(?:Le|Tran|Nguyen|Ly|Hai|Phan){_GAP}{_CAP}(?:{_GAP}{_CAP})?",
    ),
    (
        cues.words("box"),
        rf"\bP\.?{_GAP}?O\.?{_GAP}Box{_GAP}\d{{1,6}}\b|\bBox{_GAP}\d{{1,5}}(?:,?{_GAP}(?:Rural{_GAP}Route|"
        rf"RR){_GAP}\d{{1,3}})?",
    ),
    (
        ROOMS,
        rf"\b(?:House|Plot|Flat|Villa|Apt){_GAP}(?:No\.?{_GAP}?)?#?[A-Z]?\d{{1,4}}(?:/\d{{1,4}})?[A-Z]?\b",
    ),
    (
        cues.words("blk"),
        rf"\bBlk{_GAP}\d{{1,3}}{_GAP}Lot{_GAP}\d{{1,3}}(?:{_GAP}{_CAP}){{1,3}}",
    ),
    (
        cues.words(
            "heights court house tower towers mansion mansions building residence residences apartments lodge"
        ),
        rf"\b(?:{_CAP}{_GAP}){{1,2}}(?:Heights|Court|House|Towers?|Mansions?|Building|Residences?|Apartments|"
        rf"Lodge){_GAP}\d{{1,4}}\b",
    ),
    (
        cues.words("hc rr rfd"),
        rf"\b(?:HC|RR|RFD){_GAP}?\d{{1,4}}{_GAP}(?:Box|Bx){_GAP}\d{{1,5}}\b",
    ),
    (
        cues.words("alley lane street sub-city"),
        rf"\b{_CAP}{_GAP}(?:Alley|Lane|Street|Sub-city)(?:,{_GAP}House)?{_GAP}\d{{1,5}}\b",
    ),
    # 7105 FM 856, 94 The Loan, Croft 5, 44/9 Moo 6, Mz. C Lt. 66, Kossuth Lajos utca 20, Nádraží ul. 4
    (
        cues.words("fm rm cr sr us sh hwy rd"),
        rf"(?<![:./\d])\b\d{{1,6}}{_GAP}(?:FM|RM|CR|SR|US|SH|Hwy|Co{_GAP}Rd){_GAP}\d{{1,5}}\b",
    ),
    (_THE, rf"\b\d{{1,4}}[a-z]?{_GAP}The{_GAP}{_CAP}(?:{_GAP}{_CAP})?"),
    (cues.words("croft"), rf"\bCroft{_GAP}\d{{1,3}}(?:,{_GAP}{_CAP})?"),
    (
        cues.words("moo mu"),
        rf"\b\d{{1,4}}(?:/\d{{1,4}})?{_GAP}(?:Moo|Mu)\.?{_GAP}?\d{{1,2}}(?:,?{_GAP}(?:Soi|Thanon|Tambon|"
        rf"Ban){_GAP}{_CAP}(?:{_GAP}(?:{_CAP}|\d{{1,3}})){{0,2}})?",
    ),
    (
        cues.words("mz manzana lt lote urb"),
        rf"\bM(?:z|anzana)\.?{_GAP}[A-Z]\d{{0,2}}'?,?{_GAP}L(?:t|"
        rf"ote)\.?{_GAP}\d{{1,3}}(?:,{_GAP}(?:Urb\.|Asoc\.|AA\.HH\.)(?:{_GAP}(?:{_SMALL}|"
        rf"{_CAP})){{1,4}})?",
    ),
    (
        cues.words("utca ut ter korut koz sor ulice ulica nam namesti trida ulitsa"),
        rf"\b{_CAP}(?:{_GAP}{_CAP}){{0,2}}{_GAP}(?i:utca|út|útja|tér|körút|köz|sor|ul\.|ulice|ulica|"
        rf"nám\.|náměstí|třída|ulitsa){_GAP}\d{{1,4}}\.?(?:/\w{{1,4}})?",
    ),
    # Rua Augusta 1500, apto 32; Avenue Plot 12
    (
        STREETS,
        rf"\b(?:{_CAP}{_GAP}){{1,3}}(?:Avenue|Road|Street|Way|Close|Crescent|Lane|Drive),{_GAP}(?:Plot|"
        rf"House|Flat|No\.?|Block){_GAP}\d{{1,4}}\b",
    ),
)
FREE = (
    r"\b(?:(?:mile\smarker|mm|exit)\s\d{1,4},?\s)?(?:rural\sroute|route|rte|highway|hwy|interstate|i-|"
    r"cty\srd|county\sroad|state\sroad)[ -]?\d{1,4}[A-Z]?\b",
    r"\b\d{1,6}\s(?:cty|county|co)\.?\s(?:rd|road|hwy)\s\d{1,4}(?:,\s(?:\d\w{1,3}\s)?(?:trailer|house|farm|"
    r"cabin|door|gate|lot)\s(?:past|near|behind|after|by)\s[\w ]{3,24})?",
    r"\b\d{1,3}(?:st|nd|rd|th)\s(?:trailer|house|farm|cabin|door|gate)\s(?:past|near|behind|after|"
    r"by)\s(?:the\s)?[\w]{2,15}(?:\s[\w]{2,15}){0,2}",
)
_SPOKEN = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
)
_ANY_NUMBER = rf"(?:\d{{1,6}}(?!\d)(?:[/-]\d{{1,4}}){{0,2}}[a-z]?|(?:{_SPOKEN})(?:[ -](?:{_SPOKEN})){{0,3}})"
_NOT_STREET = (
    r"(?!(?:the|and|with|of|to|in|for|on|or|was|is|mg|ml|mcg|days?|weeks?|hours?|years?|months?|tablets?|"
    r"times|"
    r"units?|at|per|from|over|by|yo|pt|p|s)\b)"
)
LOWER = (
    rf"\b(?:flat\s\w{{1,4}},?\s|no\.?\s?)?{_ANY_NUMBER},?\s(?:[nsew]\.?\s)"
    rf"?(?:(?:{_NOT_STREET}[^\W\d_][\w'’-]{{1,20}}|\d{{1,3}}(?:st|nd|rd|th)),?\s){{1,3}}?"
    rf"(?:street|road|avenue|lane|boulevard|blvd|rd|ave|salai|nagar|drive|ln|hwy|estate|terrace|crescent|"
    rf"cottages|close|court|square|way|st)(?![\w])\.?(?:,?\s(?:unit|apt|flat|suite)\s#?\w{{1,5}})?",
    rf"(?<!\w)(?:calle|avenida|av\.|rua|rue|via|viale|piazza|corso|ul\.|al\.|travessa|carrera|odos|leoforos|"
    rf"plaza|camino|chemin|allée|quai|heol|c/)\s(?:(?:{_NOT_STREET}|de|"
    rf"la)[^\W\d_][\w'’]{{0,20}},?\s){{1,4}}?{_ANY_NUMBER}\b(?:/[a-z])?",
    rf"\b{_ANY_NUMBER}(?:\s(?:bis|ter))?,?\s(?:rue|avenue|boulevard|place|allée|chemin|quai)\s(?:(?:de|la|"
    rf"des|du|le)\s)?[^\W\d_][\w'’]{{2,20}}(?:\s[^\W\d_]\w{{2,12}})?",
    rf"\b[^\W\d_]{{3,20}}(?:straße|strasse|str\.|allee|weg|gasse|platz|gatan|vägen|allén|laan|"
    rf"straat)\s{_ANY_NUMBER}\b",
    r"\b(?:blk|block)\s\w{1,5}\s(?:lot|lt)\s\w{1,5}(?:\s[^\W\d_]{2,20}){1,3}?\s(?:st|street|ave|rd|road)\b",
    r"\b(?:church|mill|station|school|high|main|park|manor|chapel|victoria|queen|king|london|"
    r"the old [^\W\d_]{3,10},)"
    r"\s(?:[^\W\d_]{2,12}\s)?(?:lane|road|street|rd|st)\b(?:,\sco\.\s[^\W\d_]{3,12})?(?=[,.\n]|$)",
    r"\bp\.?\s?o\.?\sbox\s\d{1,6}\b|\brr\s\d{1,3}\sbox\s\d{1,5}\b",
    rf"\b(?:(?:flat|house|plot|door|shop)\sno\.?|flat|house|plot|block|room|h\.?no\.?|no\.|blk|lot|street)\s?#?\s?(?:\d{{1,4}}[a-z]?|"
    rf"(?:{_SPOKEN})(?:[ -](?:{_SPOKEN})){{0,2}})(?:[/-]\w{{1,6}})?,\s(?:{_NOT_STREET}[\w/-]{{1,20}},?\s)"
    rf"{{0,3}}{_NOT_STREET}[\w/-]{{1,20}}",
    r"\b(?:flat|unit|shop|room|rm|apt|block|tower|no\.?)\s[\w-]{1,5},\s(?:\d{1,3}/?f,\s)?(?:(?:block|"
    r"tower|blk)\s\w{1,3},\s)?"
    r"[^\W\d_][\w'’-]{1,20}(?:\s[^\W\d_][\w'’-]{1,20}){0,2}?\s(?:court|complex|towers?|building|house|"
    r"mansions?|estate|"
    r"heights|gardens?|plaza|centre|center|apartments|enclave|residency|road|rd|street|st|villas|arcade|"
    r"colony)\b",
    r"\b(?:flat|house|plot|villa)\s[a-z]-?\d{1,4},\s[^\W\d_][\w'’-]{2,24}(?:-[^\W\d_]+){0,3}",
    r"\bold\sno\.?\s\w{1,6},?\snew\sno\.?\s\w{1,6}(?:,\s[^\W\d_]{3,20}(?:\s[^\W\d_]{2,12})?)?",
    r"\brés(?:idence|\.)\s[^\W\d_]{2,20}(?:\s[^\W\d_]{2,20}){0,2},\s(?:bât|esc|appt?|porte)\.?\s?\w{1,4}",
)
