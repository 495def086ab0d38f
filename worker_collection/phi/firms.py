"""Firms by their legal form and troops by their number."""

import re
from collections.abc import Iterator

from worker_collection.phi import anchors, cues
from worker_collection.phi.lexicon import CLINICAL, EPONYM, HEAD, NAME, PUBLIC, RARE, TOWN, WORD
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_LEGAL = re.compile(
    r"[ ](?:AS|ApS|A/S|AB|Oyj?|sp\.[ ]?z[ ]?o\.[ ]?o\.|S\.?A\.?|S\.?r\.?l\.?|S\.?p\.?A\.?|"
    r"GmbH(?:[ ]&[ ]Co\.?(?:[ ]KG)?)?|KG|OHG|"
    r"e\.[ ]?[VGK]\.|B\.?V\.?|N\.?V\.?|Kft\.?|Zrt\.?|s\.r\.o\.|a\.s\.|d\.o\.o\.|Ltda\.?|Pte|Pvt|Bhd|Sdn|"
    r"PLC|LLC|LLP|Inc\.?|Corp\.?|"
    r"Ltd\.?|Limited|PLLC|Şti\.?|A\.Ş\.|Pty)(?!\w)"
)
# The form before the name: "OOO Komarov", "employed by PT Rajasa Jaya" and no physiotherapist.
_FORM_BEFORE = re.compile(
    r"\b(?:(?:OOO|OAO|ZAO|PAO|UAB|SIA|TOV|EOOD|ООО|ТОВ|Ets\.?)|(?<=for )PT|(?<=by )PT|(?<=at )PT|"
    r"(?<=from )PT(?=[ ]"
    r"[A-Z]\w+[ ][A-Z]))(?:[ ][A-ZÀ-Þ][\w'’-]{1,20}){1,3}"
)
_FORMS = anchors.on(cues.words("ooo oao zao pao uab sia tov eood ооо тов ets pt"))
_LEGAL_HINT = re.compile(r"[ ](?:[A-ZŞ][A-Za-z./]{1,4}\b|sp\.|e\.[ ]?[VG]|a\.s|s\.r\.o|d\.o\.o)")
_TROOP = re.compile(
    r"(?:[A-Z][\w'’-]+[ ]){0,3}Local[ ](?:No\.?[ ]|#)?\d{1,4}\b(?:[ ][A-Z][a-z]{3,}s\b)?|"
    r"\b\d{1,3}(?:st|nd|rd|th)[ ](?:[A-Z][\w'’-]+[ ]){0,3}?(?:Battalion|Regiment|Brigade|Division|"
    r"Squadron|Precinct|Marines|Battery|"
    r"Airborne|Infantry|Cavalry|"
    r"Armou?red|Rifles|Artillery|Engineers|Fleet|Wing|"
    r"Platoon)\b(?:[ ](?:of[ ](?:the[ ])?)?[A-Z][\w'’-]+){0,3}|"
    r"(?:[A-Z][\w'’-]+[ ]){0,4}(?:Local|Lodge|Post|Troop|Precinct|Chapter|Squadron|Ladder|Engine|Medic|"
    r"Station)[ ](?:No\.?[ ]|#)?\d{2,4}\b"
)
_TROOPS = anchors.on(
    cues.words(
        "battalion regiment brigade division squadron airborne infantry cavalry armoured armored rifles "
        "artillery engineers fleet wing platoon local lodge post troop precinct chapter "
        "ladder engine medic station"
    )
)


# Those who do the same work and what they have founded: "Quistville Riders Association".
_UNITED = re.compile(
    r"(?:[A-ZÀ-Þ][\w'’-]{1,20}[ ]){1,3}(?:Riders|Drivers|Traders|Farmers|Workers|Teachers|Nurses|Growers|"
    r"Fishermen|Miners|Vendors|Operators|Owners|Tailors|Students|Veterans|Women|Youth|Market|Weavers|Hunters|"
    r"Boatmen|Porters|Seafarers|Pensioners|Residents|Tenants|Employees|Credit)['’]?s?"
    r"[ ](?:Association|Union|Co-?operative|Society|"
    r"Federation|Guild|League|Club|Network|Council)\b"
)
# Police and firemen by their letters, who serves or has served there, and schools by their number.
_FORCE = re.compile(
    r"(?:retired|ex|former|active|with|for|by|from|joined|at|an?)[ -]"
    r"((?!COPD|CAPD|ICPD|ESPD)[A-Z]{1,4}(?:PD|FD|SO|EMS)|FD[A-Z]{2})"
    r"(?=[ ]?(?:[,;.)]|$)|[ ](?:detective|officer|sergeant|lieutenant|captain|firefighter|medic|"
    r"paramedic|since|crew|and|until|for|who|chief)\b)",
    re.IGNORECASE,
)
_SERVES = anchors.on(cues.words("retired ex former active with for by from joined at a an"))
_SCHOOL = re.compile(
    r"(?:at|attends|to|from|teaches|of|in|grade|grader)[ ]"
    r"((?:PS|P\.S\.|I\.S\.|JHS|P\.S)[ ]#?\d{1,3})(?![\w%/])"
)
_SCHOOLED = anchors.on(cues.words("at attends to from teaches of in grade grader"))
_UNIONS = anchors.on(
    cues.words(
        "association union cooperative co-operative society federation guild league club network council"
    )
)


def _lettered(page: Page) -> Iterator[Span]:
    for pattern, keys in ((_FORCE, _SERVES), (_SCHOOL, _SCHOOLED)):
        for match in page.matches(pattern, keys):
            if match.group(1).isupper():
                yield Span(*match.span(1), "ORG")


def find(page: Page) -> Iterator[Span]:
    """The capitalised words before "GmbH", "AS", "sp. z o.o.", and "the 3rd Battalion"."""
    if page.case != "mixed":
        return
    for match in _LEGAL.finditer(page.text) if _LEGAL_HINT.search(page.text) else ():
        last = page.word_ending(match.start())
        if last is not None and _is_firm(page.words[last]):
            yield Span(page.words[_first(page, last)].start, match.end(), "ORG")
    for match in page.matches(_FORM_BEFORE, _FORMS):
        yield Span(match.start(), match.end(), "ORG")
    yield from _lettered(page)
    for pattern, keys in ((_UNITED, _UNIONS), (_TROOP, _TROOPS)):
        for match in pattern.finditer(page.text) if page.standing(keys) else ():
            yield Span(match.start(), match.end(), "ORG")


def _first(page: Page, last: int) -> int:
    """The place of the first word of the firm that ends here."""
    first = last
    while (
        first > 0
        and last - first < 3
        and page.gap(first) in (" ", "-", " & ")
        and _is_firm(page.words[first - 1])
    ):
        first -= 1
    return first


def _is_firm(word: Word) -> bool:
    return (
        word.form in "TMU"
        and not word.flags & (EPONYM | CLINICAL | HEAD | PUBLIC | RARE)
        and not (word.opens and word.flags & WORD and not word.flags & (NAME | TOWN))
    )
