"""Where somebody lives, by position: what follows "lives at" is an address in any language."""

import re
from collections.abc import Iterator
from itertools import chain

from worker_collection.phi import amounts, anchors, cues, glance
from worker_collection.phi.lexicon import CORE, EPONYM, HEAD, NAME, RARE, TOWN, VOCABULARY, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_NAMED = r"[^\W\d_a-zß-ÿ][\w'’-]{0,24}"
_NUMBER = (
    r"#?\d{1,6}(?!\d|\.\d)(?:[/-]\d{1,4}){0,2}[A-Za-z]?(?:st|nd|rd|th|[ºª°])?|"
    r"[A-Z]{1,2}-?\d{1,4}[A-Z]?(?:/\d{1,3})?"
)
_SMALL = "de|la|las|los|del|della|dei|da|das|do|dos|du|des|y|of|le|les|no|nr|upon|e|i|bis"
_SHORT = r"(?:St|Ave|Av|Rd|Dr|Blv|Blvd|Cad|Sok|No|Mt|Ft|Sta|Sto|Ste|Apt|Pl|Ln|W|N|E|S|Jr)\.(?=[ ])"
_ITEM = rf"(?:{_SHORT}|{_NAMED}|{_NUMBER}|(?:{_SMALL})\b)"
_RUN = rf"({_ITEM}(?:,?[ ]{_ITEM}){{1,10}})"
_STRONG = re.compile(
    r"\b(?i:(?:lives?|living|lived|reside[sd]?|residing|located|staying|stays|stayed|found|collapsed|"
    r"unresponsive)\s(?:at|in|on)"
    r"|(?:home\s)?address(?:\sis)?:?|home visit(?:[^.\n]{0,24})\sto|called to|resident of|resides|wohnhaft|"
    r"vive en|habite|domiciliad[oa] en"
    rf"|posted to|mail(?:s|ed)?(?:\sgoes)? to|delivered? to|moved to|send(?:\sit)? to|farmer at|r/o|mvc on|"
    rf"a resident of)[ ]{_RUN}",
)
_DWELLING = anchors.on(
    cues.words(
        "live lives living lived reside resides resided residing located staying stays stayed found "
        "collapsed unresponsive home address called resident wohnhaft vive habite domiciliado domiciliada "
        "posted mail mails mailed deliver delivered moved send farmer r mvc a"
    )
)
_POINTING = anchors.on(cues.words("of at to on near from"))
_WEAK = re.compile(rf"\b(?:of|at|to|on|near|from)[ ]{_RUN}")
_LINE = re.compile(rf"(?:^|\n){_RUN}[ ]?(?=\n|$)")
_LONELY = re.compile(rf"[,;][ ]{_RUN}(?=[.;)\n]|$)")
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile(r"[^\W\d_a-zß-ÿ][^\W\d_](?:[^\W\d_]|['’-](?!\d))*(?!\w|-\d)")
_READING = re.compile(
    r"\b(?:[A-Z][A-Za-z]{0,2}[A-Z]\w{0,8}|[A-Z][a-z]{0,3})(?:-[A-Z][\w-]{0,8})?[ ]\d{1,4}(?![\w-])"
)
_CLINICAL_NUMBER = re.compile(
    r"\d\s?(?:mg|mcg|g\b|ml|%|units?|mmol|kg|cm|mm|weeks?|days?|hours?|years?|months?)\b|\d{1,2}:\d\d|"
    r"(?<!\d)\d{1,2}/\d{3}(?=,[ ]|$)",
    re.IGNORECASE,
)


def find(page: Page) -> Iterator[Span]:
    """Runs of capitalised words and numbers behind "lives at", alone on a line, or at the end of a list."""
    if page.case != "mixed":
        return
    text = page.text
    for match in glance.at(_STRONG, text, page.starts(_DWELLING)):
        yield from _found(text, match, sure=True)
    if not page.numbers:
        return
    weak = glance.at(_WEAK, text, page.starts(_POINTING))
    for match in chain(weak, _LINE.finditer(text), _LONELY.finditer(text)):
        yield from _found(text, match, sure=False)


def _found(text: str, match: re.Match[str], *, sure: bool) -> Iterator[Span]:
    found = match.group(1)
    if _WEIGHS.match(text, match.end()):
        return
    last = _LAST_NUMBER.search(found)
    if last and amounts.counts(text, match.start(1) + last.start()):
        found = found[: last.start()].rstrip(" ,")  # "to Quist, 61 years old"
    found = _TOWN_READ.sub("", found)
    if _is_address(found, sure=sure) and not _AGED_FIRST.match(found):
        yield _span(match.start(1), found)


_WEIGHS = re.compile(r"(?<=\d)[ ]?(?:g|gm|kg)\b")  # "at Quist General, 3512 g"
# A reading behind a town: "from Quistham, Na 127", "ALT 212".
_TOWN_READ = re.compile(
    r",[ ](?:[A-Z]{2,5}\d?|[A-Z]{1,2}[a-z]{1,2}[A-Z]?|[A-Z][a-z]{1,2})[ ]\d{1,3}(?:\.\d+)?(?=,|$).*"
)
_LAST_NUMBER = re.compile(r"(?<![\w/.-])\d{1,4}(?:[MF]|/\d{1,2})?$|(?<![\w/.-])[MF]\d{1,2}$")
_AGED_FIRST = re.compile(r"(?:\d{1,3}[ ]?(?:[MF]|y(?:rs?|/?o)?\b)|[MF]/?\d{1,3}|\d\d(?:\+\d)?/40)\b")
_LABELLED = re.compile(
    r"[,.]?[ ](?:PIN|Pin|Pincode|MR|MRN|UHID|Mob|Tel|Ph|Phone|Vers|ED|ER|DOB|Fax|NHS|GDC|GMC|SSN)\b"
)


def _span(start: int, found: str) -> Span:
    found = _LABELLED.split(found)[0]
    while found.rpartition(" ")[2].islower():
        found = found.rpartition(" ")[0]
    return Span(start, start + len(found.rstrip(" .,")), "ADDRESS")


_DATED = re.compile(r"(?:\d[ ][A-Z][a-z]{2,8}|[A-Z][a-z]{2,8}[ ]\d{1,2},?)[ ](?:19|20)\d\d$")


def _is_address(found: str, *, sure: bool) -> bool:
    """Whether words and numbers stand together as in an address, and no reading or dose does."""
    names = _CAPITAL.findall(found)
    if not names or _CLINICAL_NUMBER.search(found) or _DATED.search(found):
        return False
    if sure or not _DIGIT.search(found):
        return sure and bool(_DIGIT.search(found) or _HOUSE_NAMED.match(found))
    if _READING.match(found) and fold(names[0]) not in _STREETS or len(_READING.findall(found)) > 1:
        return False  # "BUN 18, Cr 1", "SES-CD 11"
    kinds = [kind(name) for name in names]
    if (
        any(flags & EPONYM or flags & (HEAD | RARE) and not flags & (NAME | TOWN) for flags in kinds)
        or fold(names[0]) in _FORMS
    ):
        return False
    strange = sum(not flags & VOCABULARY or bool(flags & TOWN and not flags & CORE) for flags in kinds)
    worded = max(map(len, names)) >= _SHORTEST  # not "48, CS, RC"
    return strange > 0 and len(names) > 1 and len(found) > 7 and worded


# A house by its name alone: "The Old Rectory, Quistham", "Quist Cottage".
_HOUSE_NAMED = re.compile(
    rf"(?:{_NAMED}[ ]){{1,3}}(?:House|Cottages?|Lodge|Farm|Barn|Rectory|Vicarage|Manor|Mill|Croft|Grange|"
    r"Villa|Forge|Bungalow|Farmhouse|Gatehouse|Schoolhouse|Bothy|Stables)\b"
)
_SHORTEST = 4
_FORMS = cues.group("forms")
_STREETS = cues.group("streets")
