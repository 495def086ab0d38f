"""Houses, firms and schools of other countries whose noun stands before the name: "Casa di cura Quista"."""

import re
from collections.abc import Iterator

from worker_collection.phi import anchors, cues
from worker_collection.phi.lexicon import CLINICAL, EPONYM, HEAD, NAME, PUBLIC, TOWN
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_NAME = r"[^\W\d_a-zß-ÿ][\w'’-]{1,24}"
_LINK = r"(?:(?:de|du|des|di|del|della|da|do|dos|das|la|le|les|el|los|zum|zur|am|van|von|y|&)[ ]|[ld]['’])"
_NAMED = rf"[ ](?:{_LINK}){{0,2}}({_NAME}(?:[ ](?:{_LINK}){{0,2}}{_NAME}){{0,3}})(?![ ]?\d{{2}})"
_TREATING = re.compile(
    r"(?i:maisons? (?:de sant[ée]|de retraite|m[ée]dicale)|"
    r"casa (?:di cura|di riposo|de sa[úu]de|de reposo|hogar)|"
    r"laborat[oó]rios?(?: (?:analisi|cl[ií]nicos?|de an[aá]lis[ei]s(?: cl[ií]nic[oa]s)?))?|laboratoire|"
    r"centr[oe] (?:hospitalier|m[ée]dic(?:al|o)|de sant[ée]|de sa[úu]de|de salud|diagnostico|diurno)|"
    r"cabinet (?:m[ée]dical|dentaire|infirmier)|studio (?:medico|dentistico)|residen(?:cia|za)|hogar|"
    r"unidade de sa[úu]de|pflegeheim|seniorenheim|altenheim|haus|sozialstation|verpleeghuis|woonzorgcentrum|"
    r"huisartsenpraktijk|tandartspraktijk|poradnia|przychodnia)" + _NAMED
)
_WORKING = re.compile(
    r"(?i:drogaria|farm[aá]cia|pharmacie|apotheke|apotheek|apteka|farmacia|transport(?:es|adora|e)|spedition|"
    r"metal[úu]rgica|taller(?:es)?|autoescuela|panader[ií]a|boulangerie|menuiserie|officina|ristorante|"
    r"volksschule|oberschule|gesamtschule|mittelschule|gymnasium|[ée]cole|lyc[ée]e|scuola|escola|escuela|"
    r"instituto|ceip|ies|sarl|eurl|tsv|vfl|bauunternehmen|schreinerei|metzgerei|b[äa]ckerei|aannemersbedrijf|"
    r"transportbedrijf|bakkerij|slagerij)" + _NAMED
)
_NOUNS = anchors.on(
    cues.words(
        "maison maisons casa laboratorio laboratorios laboratoire centro centre cabinet studio "
        "residencia residenza hogar unidade pflegeheim seniorenheim altenheim haus sozialstation "
        "verpleeghuis woonzorgcentrum huisartsenpraktijk tandartspraktijk poradnia przychodnia "
        "drogaria farmacia pharmacie apotheke apotheek apteka transportes transportadora transporte "
        "spedition metalurgica taller talleres autoescuela panaderia boulangerie menuiserie "
        "officina ristorante volksschule oberschule gesamtschule mittelschule gymnasium ecole lycee "
        "scuola escola escuela instituto ceip ies sarl eurl tsv vfl bauunternehmen schreinerei "
        "metzgerei backerei aannemersbedrijf transportbedrijf bakkerij slagerij "
    )
)


def find(page: Page) -> Iterator[Span]:
    """The noun and the name, in a note whose capitals tell names, unless medicine or a country follows."""
    if page.case != "mixed":
        return
    for pattern, label in ((_TREATING, "HOSPITAL"), (_WORKING, "ORG")):
        for match in page.matches(pattern, _NOUNS):
            words = [word for word in page.words_between(*match.span(1)) if word.form != "l"]
            plain = words[0].flags & (PUBLIC | HEAD | CLINICAL | EPONYM) and not words[0].flags & (
                NAME | TOWN
            )
            if not plain and not words[0].flags & PUBLIC:
                yield Span(match.start(), match.end(), label)
