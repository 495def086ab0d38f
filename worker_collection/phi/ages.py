"""Ages of 90 and over, and birth years that show one: HIPAA Safe Harbor, class C."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import cues, glance
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span, stretches

_YEAR = r"(?:19|20)\d\d"
_OLD = r"(?:9\d|1[0-2]\d)"
_SPOKEN = (
    r"(?:ninety(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?|(?:a|one)\shundred(?:(?:\sand)?\s"
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten))?|hundred)"
)
_YEARS = (
    r"(?:(?:years?|yrs?|yr|y\.?\s?[/-]?o|y|ans?|años?|anos?|anni|jahre?n?|jährige?[rnms]?|jaar|jarige?|"
    r"år|årige?|vuotias|vuotta|"
    r"lat|l\.|letnia|letni|letnie[gj]o?|let|let[áéýý]\w*|ročn\w+|éves|ani|god(?:ina|ine)?|yaşında\w*|"
    r"yaşlı|tahun|tuổi|лет|год[а]?|"
    r"років|ετών|χρονών|岁|歳|세|á(?:ra)?\sgamall?)(?![^\W\d_])|y\s?[MFmf]\b)"
)
_KIN = (
    "mother|father|mom|mum|dad|grand(?:mother|father|ma|pa|parent)|gran|granny|nan|nana|aunt|uncle|"
    "sister|brother|"
    "wife|husband|spouse|partner|neighbou?r|sibling|cousin|son|daughter|farmer|pensioner|retiree|nun|"
    "priest|patient|pt|he|she|they|resident|widow|widower|lady|gentleman|woman|man"
)
_AFTER = (
    rf"\+?[\s-]{{0,2}}{_YEARS}(?!\s(?:ago|later|of\s(?:experience|follow|smok|marriage)))|"
    r"\s?/\s?[MFmf]\b|,\s?(?:M|F|male|female)\b|-and-a-half|\sand\sa\shalf|(?-i:[MF])\b|[mf](?=,|"
    r"\s(?:with|w/|c/o|p/w|pw|h/o|presents?|admitted|from|who|known)\b)|\s(?:(?-i:[MF])|"
    r"male|female|woman|man|lady|gentleman)\b(?![°/])|"
    r"\s(?:alive|deceased|still\s(?:alive|living)|living|and\s(?:alive|well|healthy|frail)|a&w)\b|"
    r"\s(?:(?-i:a|J\.|J)\s(?:con|de|mit)\b|(?-i:J\.?)(?=[,;/]))"
)
_BEFORE = (
    r"\bage[ds]?(?:/sex)?(?:\sat\s(?:death|diagnosis|presentation|onset))?(?:\s(?:is|was|of|over|about|"
    r"around|"
    r"approximately|now))?[\"']?[\s:=,|>-]{1,3}[\"']?|\b(?:alter|leeftijd|edad|età|idade|wiek|yaş|âge|"
    r"ålder|alder|umur|usia)(?:\s\(\w+\))?[\"']?[\s:=|>]{1,3}[\"']?|\bage\s?\((?:y|yrs?|years?)\)[\s:=|"
    r"]{1,3}|\bsex/age[\s:]{1,3}[mf]\w{0,5}[\s/,]{1,2}|(?<![\w/])(?:[mf]|male|female)\s?[/,]\s?|"
    r"\bturn(?:s|ed|ing)?\s|\b(?:reach(?:es|ed|ing)?|surviv(?:es|ed|ing)\s(?:to|until|till)|liv(?:es|ed|"
    r"ing)\s(?:to|until|till|past)|"
    r"made\sit\sto|(?:alive|living|well|healthy|active|independent|sprightly|fit)\s(?:still\s)?(?:at|"
    r"aged|age)|man\sof|woman\sof|lady\sof|"
    r"gentleman\sof|sprightly|going\son)\s|\b(?:died|passed(?:\saway)?|death|dead|dec\.?|"
    r"lived\sto(?:\sbe)?|d\.)\s(?:at\s|aged?\s)?"
    r"(?:the\sage\sof\s)?|\bgest\.?\s|"
    rf"\b(?:{_KIN})(?:\s\(|(?:['’]s|\sis|\swas|,|,?\snow|\sturned|\swho\s(?:is|was)|"
    rf"\swill\sbe)\s)(?:now\s|aged\s)?|"
    rf"\b(?:{_KIN})\s(?:alive\s|living\s|age\s)?(?={_OLD}\s?(?:[,;.)]|$|\s(?:alive|a&w|well|with|has|had|"
    rf"dementia|dec|htn|died|lives?|[mf]\b|in\s)))|"
    r"\b(?:lady|woman|man|gentleman|widow|widower|male|female|person|patient)\s(?:of|aged?)\s|"
    r"\bcelebrat\w+\s|\b(?:lived|survived)\s(?:until|till|to)\s|"
    r"\bwho['’]?s?\s(?:is\s|was\s)?|\b(?:i['’]?m|i\sam|s?he['’]?s|they['’]?re)\s"
)
_NO_AGE = (
    r"(?!\s?(?:%|percent|per\scent|[./:]\d|-\d|kg|lbs?|pounds|mg|mcg|g\b|ml|cc|bpm|mmhg|degrees|°|on\b|"
    r"over\b|cm|mm|"
    r"units?|days?|weeks?|months?|hours?|hrs?|min|sec|tablets?|beats|calories|kcal|steps|met(?:er|re)s?|"
    r"feet|ft|"
    r"milli|thousand|\+|k\b))"
)
_TEMPERATURE = re.compile(
    r"\b(?:t|temp|temperature|tmax|febrile|fever|afebrile|of|to)[\s:=]{1,3}$", re.IGNORECASE
)
_AGE = re.compile(
    rf"(?<![\d.,/$£€#-])({_OLD})(?={_AFTER})|(?:{_BEFORE})({_OLD})(?![\w%])(?![.,]\d){_NO_AGE}|"
    rf"\b(?:his|her|their|my)\s(?:(?:early|mid|late)[\s-])?(90['’]?s|nineties)\b|\b(?:early|mid|"
    rf"late)[\s-](nineties)\b|"
    r"\b((?:9\d|1[0-2]\d)(?:st|nd|rd|th)|ninet(?:ieth|y[\s-]\w{4,7})|"
    r"(?:one\s)?hundredth)(?=\s(?:birthday|b-?day))",
    re.IGNORECASE,
)
_SPOKEN_AGE = re.compile(
    rf"\b({_SPOKEN})(?=[\s-]?{_YEARS}(?!\sago))|(?:{_BEFORE}|\b(?:is|was|am|"
    rf"of)\s)(?!hundred)({_SPOKEN})\b{_NO_AGE}|"
    r"\b(nonagenarian|centenarian|supercentenarian)s?\b",
    re.IGNORECASE,
)
_BIRTH_YEAR = re.compile(
    rf"\b(?:born|dob|birth(?:\s?(?:year|date))?|year\sof\sbirth|yob|b\.|née?|geb\.?|geboren|geburtsjahr|"
    rf"jahrgang|jg\.?|baujahr|"
    rf"n[ée]e?|nacid[oa]|nascid[oa]|nat[oao]|ur\.|urodzon[ay]|rok\surodzenia|nar\.|narozen[aý]?|född|"
    rf"født|fødd|syntynyt|synt\.|"
    rf"doğumlu|született|născut[ăa]?|anno\sdi\snascita|année\sde\snaissance|año\sde\snacimiento|геб|р\.)"
    rf"(?:\s(?:in|year|about|around|circa|en|nel|em|im|i|w|r\.|år|anno|the\syear|jahr|jahre|"
    rf"back\sin))*[\s:.,(]{{1,3}}({_YEAR})\b|"
    rf"\(({_YEAR})\s?[-–]\s?{_YEAR}\)|\b({_YEAR})\s(?:doğumlu|born|geboren|birth|baby)",
    re.IGNORECASE,
)
# A number that could be such an age: no percentage, no pressure, no dose.
_DIGITS = re.compile(
    r"(?<!\d)(?:9\d|1[0-2]\d)(?!\d|/\d|\s?(?:%|(?:mg|ml|mcg|kg|cm|mm|bpm|mmhg)\b))", re.IGNORECASE
)
_WORDS = ("ninet", "hundred", "narian")
_BORN = re.compile(r"(?<!\d)19[0-3]\d(?!\d)")


def find(page: Page, this_year: int) -> Iterator[Span]:
    """Ages of 90 and more in digits and in words, and years of birth that far back."""
    text = page.text
    old = [match.start() for match in glance.at(_DIGITS, text, page.numbers)]
    if glance.holds(page.lowered, *_WORDS):
        yield from _found(_AGE.finditer(text), text)
        yield from _found(_SPOKEN_AGE.finditer(text), text)
    for start, end in stretches(old, before=70, after=60):
        yield from _found(_AGE.finditer(text, start, end), text)
        yield from _placed(text, start, end)
    if "19" in text and _BORN.search(text):
        yield from _born(text, this_year)


def _placed(text: str, start: int, end: int) -> Iterator[Span]:
    """Ages that their place in the sentence tells, but no reading: "Hb now 108,"."""
    for pattern in (_AMID, _THEN, _REACHED):
        for match in pattern.finditer(text, start, end):
            if not _MEASURED.search(text, max(0, match.start() - 14), match.start()):
                yield _aged(text, *match.span(1))


def _born(text: str, this_year: int) -> Iterator[Span]:
    for match in _BIRTH_YEAR.finditer(text):
        group = match.lastindex or 0
        if this_year - int(match.group(group)) >= 90:
            yield Span(match.start(group), match.end(group), "DATE")


_AMID = re.compile(
    rf"(?<=[a-zß-ÿ]),\s({_OLD}),\s(?=(?:lives?|living|with|has|had|who|is|was|presents?|presented|seen|"
    rf"came|comes|fell|admitted|known|"
    r"retired|widow|referred|brought|independent|frail|previously|usually|walks|and)\b)"
)
_THEN = re.compile(
    rf"(?:\b[Aa]t\s(?=\d+,?\s(?:he|she|they|his|her|still)\b)|\b[Nn]ow\s(?=\d+\s?(?:[,;)]|\.\s|\.$)))({_OLD})"
)
_MEASURED = re.compile(
    rf"\b(?:{'|'.join(sorted(cues.group('clinical_cues')))})\s$", re.IGNORECASE
)  # "Hb now 108,"
_RELATIVES = (
    "mother|father|mom|mum|dad|mgm|pgm|mgf|pgf|grand(?:mother|father|ma|pa|parents?)|granny|nan|aunt|uncle|"
    "sister|brother|wife|husband|spouse|partner|cousin|son|daughter|parents"
)
_REACHED = re.compile(
    rf"\b(?:{_RELATIVES})\s(?:d\.?\s|died\s|passed\s)?(?:at|aged?)\s({_OLD})(?=\s?(?:[,;)\n]|\.\s|\.$|$)|"
    rf"\s(?:of|from)\b)",
    re.IGNORECASE,
)
_ALSO = re.compile(
    rf"(?:\sand|,|\s&|\sor|\sto|/)\s?({_OLD})(?![\w%/]|[.,]\d)(?!\s?(?:kg|mg|ml|bpm|%|on\b|in\b))"
)
_BESIDE = re.compile(
    rf"(?:,?\s\(?|\s?/\s?|[ ]{{2,8}}|,?\s(?:is|was|turned|turns|aged|now)\s(?:now\s|aged\s)?)"
    rf"({_OLD})(?![.,]\d)(?=\)|,|\s\||[.;]?\s?$|[.;]\s|\s?[MFmf]\b|[ ]{{2}}|"
    r"\s(?:lives?|presents?|with|who|and|is|was|from|has|seen)\b)"
)


def beside(text: str, names: Sequence[Span]) -> Iterator[Span]:
    """Ages of 90 and more that stand right behind a name: "Angela, 94, fell"."""
    for name in names:
        match = _BESIDE.match(text, name.end, name.end + 16)
        if match:
            yield _aged(text, match.start(1), match.end(1))


def _found(matches: Iterator[re.Match[str]], text: str) -> Iterator[Span]:
    for match in matches:
        group = match.lastindex or 0
        start, end = match.span(group)
        if text[end : end + 2].strip()[:1] in ("F", "f") and _TEMPERATURE.search(
            text, max(0, start - 14), start
        ):
            continue
        yield _aged(text, start, end)
        more = _ALSO.match(text, end)
        if more and text[start:end].isdigit():
            yield _aged(text, more.start(1), more.end(1))


# What is one word with the age, or its short unit: it stays, but is part of what tells the age.
_UNIT = re.compile(
    r"(?:-(?:years?|yrs?)(?:-old)?|[ -]?(?:yrs?|yo|y/o|y\.o\.?|y)|[MFmf])(?![^\W_])", re.IGNORECASE
)


def _aged(text: str, start: int, end: int) -> Span:
    unit = _UNIT.match(text, end, end + 12)
    if unit:
        return Span(start, unit.end(), "AGE", f"90+{unit.group()}")
    return Span(start, end, "AGE", "over 89" if text[start:end] == "90" else "90+")
