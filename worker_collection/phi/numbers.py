"""Numbers and codes: what stands before a number says whose it is; its shape decides where nothing does."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import amounts, cues, dialled, glance
from worker_collection.phi.lexicon import CORE, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

# From where a stretch with a number begins, which `glance.codes` tells.
_TOKEN = re.compile(r"[\w./:#-]{0,40}?\d[\w./:#-]{0,60}")
_GROUPS = re.compile(
    r"(?<![\w.,+/-])(?:\+?\d{0,3}[ .-]?\(\+?\d{2,5}\)[ -]?\d{3,9}(?:[ .-]\d{2,6}){0,4}|"
    r"(?:\+\d{1,3}[ ./-]?)?(?:\(0?\d{1,5}(?:-\d)?\)[ ./-]?)?\d{1,8}(?:(?:[ .\-/]| [-/] )\(?\d{1,8}\)?){1,6}|"
    r"\+\d{8,14})(?![\w%]|[.,/]\d)"
)
_UNIT = re.compile(
    r"[ \t]?(?:mg|mcg|µg|ug|ml|mls|g|gm|kg|grams?|units?|iu|u/|meq|mmol|umol|mosm|mmhg|bpm|cm|mm|m\b|ft|feet|"
    r"lbs?|pounds?|oz|%|°|"
    r"years?|yrs?|y/?o|days?|weeks?|wks?|months?|hrs?|hours?|h\b|min(?:ute)?s?|secs?|seconds?|tablets?|tabs?|"
    r"caps?|puffs?|drops?|"
    r"times|x\b|cc\b|l\b|dl|fl|pg|ng|k/|cells|copies|beats|breaths|ms\b|v\b|ohms?|joules?|hz|cgy|gy|mci|kcal|"
    r"calories|french|fr\b|"
    r"gauge|am\b|pm\b|hundred|thousand|million|percent|score|points?|people|patients|men|women|children|"
    r"/100\b|/10\b|cfu|/[uµ]l|/mm|per\s|steps|meters?|metres?|euros?|dollars?|rs\b|kj|mah|ppm|rpm|lux)",
    re.IGNORECASE,
)
_LASTING = re.compile(r"(?:\d{1,2}-)?\d{1,2}(?:/(?:7|12|52)|[hdwmy])")  # days, weeks, months: "phone in 6/52"
_RANGE = re.compile(r"\d{1,5}(?:-\d{1,3})?")
_PRICED = re.compile(r"[ ](?:x\d{1,3}[ ])?[$£€]\d")  # what a bill charges for
_CLOCK_AFTER = re.compile(r"\s[ap]m\b", re.IGNORECASE)
_VARIANT = r"[A-Z]\d{2,4}(?:[A-Z]|del|dup|ins|fs\w{0,4}|\*)"  # of a protein: L858R, F508del
_CATALOGUE = re.compile(
    rf"(?:\d{{1,2}}[pq]/\d{{1,2}}[pq]|"
    rf"{_VARIANT}(?:[/+-]{_VARIANT}){{0,2}}|\d{{1,4}}(?:del|dup|ins)\w{{0,6}}|O\d{{1,3}}:[HK]\d{{1,3}}|"
    rf"\d{{1,4}}(?:/\d{{1,4}}){{1,3}}|\d{{1,2}}-?[A-Z]{{1,4}}\d)|"
    r"(?:[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?|[CTLS]\d{1,2}(?:[-/][CTLSI]?\d{1,2}){0,2}|\d{1,5}-\d|\d-0|"
    r"CA[- ]?\d{2,3}(?:-[39])?|\d{1,3}-\d{1,3}(?:st|nd|rd|th)|D\d{1,2}-D?\d{1,3}|"
    r"\d{1,3}(?:\.\d{1,2})?(?:[x×]\d{1,3}(?:\.\d{1,2})?){1,2}(?:[cm]m)?|M[01]E[01]S[01]T[0-2](?:C[0-2])?|[A-Z]\d\d[A-Z]{2}\d\d|CYP\d[A-Z]\d{1,2}(?:\*\d{1,2})?|"
    r"COVID-?19|SARS-?COV-?2|HLA-\w+|[A-Z]{1,5}-?\d{1,2}[A-Z]?|\d{1,3}/\d{1,3}|\d+\.\d+|\d{1,4}|"
    r"\d{1,2}[a-z]{1,2}|G\dP\d\w*|[TNM]\d\w{0,3}|"
    r"p?T\d\w?N\d\w?M\w|\d{1,2}w\d?d?|\d{1,3}-(?:year|yr|month|week|day|hour|min|mm|cm|mg|point|step|lead|"
    r"french).*|\d-\d|\d{1,2}\+\d|Q\d{1,2}H|\d{1,3}-\d{1,3}|\d{1,2}:\d{2}(?::\d\d)?|\d(?:-\d){2,3}|"
    r"\d{1,2}\^\d{1,2}|"
    r"[A-Z]{2,5}\d{1,2}[A-Z]{0,2}\d?|\d+,\d{3}|(?:19|20)\d\d(?:[-/](?:19|20)?\d\d)?|(?:19|20)\d\ds|c\.\d.*|"
    r"p\.\w.*|rs\d{3,}|NCT\d{8}|ISRCTN\d{8}|D\d{6}|\d+-[a-z]{3,}|\d{1,2}[MF]|\d{1,3}[xX]\d{1,4}|\d{1,4}/[A-Za-z]{1,12})",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?:SN|MRN|ID|NHS|ACC|DOB|x|ext|pgr)[-:.#]{0,2}(?=\d{3})", re.IGNORECASE)
_DECIMAL, _CLOCK, _YEAR = re.compile(r"\d+\.\d+"), re.compile(r"\d{1,2}:\d\d"), re.compile(r"(?:19|20)\d\d")
_WORDS_BEFORE = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_TAIL = re.compile(
    r"[ -][A-Z]{1,2}(?![\w.'’-])(?=[ ]?(?:[,.;)\n]|$))|"
    r"/[A-Z]{1,2}(?=[\s,;)]|$)|\(\d\)|,?[ ](?:ext|extn|extension|x)\.?[ "
    rf"]?\d{{1,6}}(?:-\d{{1,4}})?\b(?!/\d|[ ]?(?:{amounts.TIME})(?![^\W_]))"
)
_LINKS = cues.group("links")
_STOPS = cues.group("stops")
_CLINICAL_CUES = cues.group("clinical_cues")
_WEAK_CUES = cues.group("weak_numbers")
_NUMBER_ENDS = ("nummer", "nummeret", "numero", "-id", "-nr", "numer", "numara", "numarasi", "tunnus")
_NOT_NUMBERS = re.compile(
    r"\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{1,4}(?:/\d{1,4}){1,3}"  # dates, inhalers
)


def find(page: Page, spans: Sequence[Span]) -> Iterator[Span]:
    """Numbers that identify, in what no other detector has taken."""
    if not page.numbers:
        return
    text = page.text
    free = _blanked(text, spans)
    found = []
    for match in _GROUPS.finditer(free):
        start = match.start() + (match.group()[0] == " ")
        start -= _prefix(text, start)
        label = _of_groups(text, start, text[start : match.end()])
        if label:
            tail = _TAIL.match(text, match.end())
            found.append(Span(start, tail.end() if tail else match.end(), label))
    yield from found
    free = _blanked(free, found)
    for match in glance.at(_TOKEN, free, glance.codes(free, page.runs)):
        lead = _prefix(text, match.start())
        code = (
            _of_token(text, match.start() - lead, text[match.start() - lead : match.end()]) if lead else None
        )
        if code is None:
            lead, code = 0, _of_token(text, match.start(), match.group())
        if code:
            yield Span(match.start() - lead + code[1], match.start() - lead + code[2], code[0])


def _blanked(text: str, spans: Sequence[Span]) -> str:
    """The text with what is taken made unreadable, at the same places."""
    parts, at = [], 0
    for span in sorted(spans, key=_start):
        if span.end > at:
            parts += [text[at : span.start], "\0" * (span.end - max(at, span.start))]
            at = span.end
    return "".join([*parts, text[at:]])


def _start(span: Span) -> int:
    return span.start


def _ends_sentence(key: str) -> bool:
    """Whether a word is too long to be written with a stop, as "Acct." and "Versichertennr." are."""
    return len(key) > _ABBREVIATED and not key.endswith(("nr", "no", "num", "id"))


_ABBREVIATED = 5


def cue_before(text: str, start: int) -> tuple[str, str] | None:
    """The class that the words before this place promise, and the phrase that promises it."""
    line = text[max(0, start - 48) : start]
    line = line[line.rfind("\n") + 1 :]
    words = list(_WORDS_BEFORE.finditer(line))
    numbers = cues.numbers()
    tail = len(line)
    for back in range(1, min(4, len(words)) + 1):
        word = words[-back]
        key = fold(word.group()).rstrip(".")
        is_unit = line[word.start() - 1 : word.start()] == "/" and back == 1  # of a reading, "g/dL"
        between = line[word.end() : tail]
        if key == "ph" and _ACID.match(text, start):
            return "STOP", key  # "cord pH 7.24/7.31"
        if is_unit or not _leads_on(between, back) or ". " in between and _ends_sentence(key):
            return None
        phrase2 = f"{fold(words[-back - 1].group()).rstrip('.')} {key}" if back < len(words) else ""
        for phrase in (phrase2, key):
            if phrase in numbers:
                return numbers[phrase], phrase
        if key not in _LINKS:
            return _unlisted(key)
        tail = word.start()
    return None


_ACID = re.compile(r"[67]\.\d{1,2}(?!\d)")


def _leads_on(between: str, back: int) -> bool:
    """Whether what stands between a word and the number, or the words that lead to it, parts them not."""
    bare = not between.strip(" \t.:#=([\"'-,/?") and len(between) <= 14
    return bare and not (". " in between and back > 1)


def _unlisted(key: str) -> tuple[str, str] | None:
    """What a word that no list has promises: no number of a person, any number, nothing."""
    if key in _STOPS:
        return "STOP", key
    return ("ID", key) if key.endswith(_NUMBER_ENDS) else None


_PREFIX_BEFORE = re.compile(r"(?<![\w/.-])([A-Z]{1,5})[ -]$")


def _prefix(text: str, start: int) -> int:
    """How many signs before a number are its capitals: the "HX " of "policy HX 4821"."""
    match = _PREFIX_BEFORE.search(text, max(0, start - 7), start)
    if match is None or fold(match.group(1)) in _LINKS or fold(match.group(1)) in _CLINICAL_CUES:
        return 0
    cue = cue_before(text, match.start())
    if cue and text[match.start() - 2 : match.start()] == ". " and kind(cue[1]) & CORE:
        return 0  # "TR band. DAPT 12/12"
    known = (
        cue is None
        or cue[0] in ("STOP", "PHONE", "FAX", "ADDRESS", "IP")
        or cue[0] != "LICENSE"
        and cue_before(text, start) is not None
    )
    return 0 if known or cue and cue[1] in _WEAK_CUES else start - match.start()


def _of_groups(text: str, start: int, found: str) -> str | None:
    """The class of several groups of digits, such as a telephone number or a health number."""
    digits = re.sub(r"\D", "", found)
    end = start + len(found)
    called = len(digits) > 8 and found[0] in "+0("
    timed = called or len(digits) > 7 and _CLOCK_AFTER.match(text, end)  # "will ring 0455 501 149 pm"
    if len(digits) < 6 or len(digits) > 19 or _UNIT.match(text, end) and not timed:
        return None
    cue = cue_before(text, start)
    if cue and cue[0] == "STOP":
        return None
    if cue and not (cue[1] in _WEAK_CUES and len(digits) < 6):
        return cue[0]
    if found[0] == "+" and len(digits) >= 8:
        return "PHONE"
    is_dialled = found[0] in "0(" and len(digits) > 8
    if _clinical_before(text, start) and not is_dialled or _NOT_NUMBERS.fullmatch(found):
        return None
    return dialled.by_parts(text, start, found)


def _of_token(text: str, start: int, token: str) -> tuple[str, int, int] | None:
    """The class of one code, and where in the token it lies."""
    lead = len(token) - len(token.lstrip("#./:-_"))
    body = token[lead:].rstrip(".:-/#_")
    end = start + lead + len(body)
    if (
        not body
        or len(body) < 6
        and _RANGE.fullmatch(body)
        and _UNIT.match(text, end)
        or _PRICED.match(text, end)
    ):
        return None
    cue = cue_before(text, start)
    if cue and cue[0] == "STOP" or _LASTING.fullmatch(body):
        return None
    if cue and _cue_holds(cue, body):
        return cue[0], lead, lead + len(body) + _more(text, end, body)
    glued = _GLUED.match(body)
    if glued:
        return (
            {"x": "PHONE", "ext": "PHONE", "pgr": "PHONE"}.get(glued.group().strip("-:.#").lower(), "ID"),
            lead,
            lead + len(body),
        )
    if _clinical_before(text, start) or _CATALOGUE.fullmatch(body):
        return None
    return ("ID", lead, lead + len(body)) if _looks_issued(body) else None


def _cue_holds(cue: tuple[str, str], body: str) -> bool:
    digits = sum(char.isdigit() for char in body)
    if cue[0] == "DATE" or "." in body and _DECIMAL.fullmatch(body) and cue[0] != "ADDRESS":
        return False
    if cue[0] == "PHONE":
        return (
            digits >= 3
            and not _CLOCK.fullmatch(body)
            and not (cue[1] in _WEAK_CUES and _YEAR.fullmatch(body))
        )
    if cue[0] == "ADDRESS":
        return digits >= 2
    if cue[1] in _WEAK_CUES:
        listed = _CATALOGUE.fullmatch(body) and digits < 4 and len(body) < _ISSUED_LENGTH
        return digits >= 3 and not (listed and not body.isdigit())
    return digits >= 2 and not (body.isdigit() and len(body) < 3)


_ISSUED_LENGTH = 7
_NEXT_GROUP = re.compile(
    r"[ -](?=[A-Z0-9-]*\d)[A-Z0-9]{2,8}(?:-[A-Z0-9]{1,6})?(?![\w/:%]|[.,]\d)", re.IGNORECASE
)


def _more(text: str, end: int, body: str) -> int:
    """How much further an identifier of several groups goes: "W962 71416 17"."""
    at = end
    for _ in range(4):
        match = _NEXT_GROUP.match(text, at)
        if match is None or len(body) < 2 or _UNIT.match(text, match.end()) or _is_sign(match.group()):
            break
        at = match.end()
    return at - end


def _is_sign(group: str) -> bool:
    """Whether a group of letters and digits is read, and no part of a number: "SpO2", "FiO2"."""
    letters = group.strip()
    return letters[:1].isalpha() and not letters[:-1].isupper() and letters != letters.lower()


def _clinical_before(text: str, start: int) -> bool:
    words = _WORDS_BEFORE.findall(text[max(0, start - 16) : start])
    if not words:
        return False
    gap = text[max(0, start - 16) : start].rpartition(words[-1])[2]
    return fold(words[-1]) in _CLINICAL_CUES and len(gap.strip(" :=<>~([-")) == 0


def _looks_issued(body: str) -> bool:
    """Whether a code without a cue is one that somebody gave out: long, or letters with many digits."""
    digits = sum(char.isdigit() for char in body)
    letters = sum(char.isalpha() for char in body)
    if ":" in body and not letters or body.count(".") and not letters:
        return False
    if not letters:
        return (
            digits >= 6
            and not body.endswith("0000")
            or digits == 5
            and body.isdigit()
            and not body.endswith("00")
            or digits >= 5
            and "-" in body
            and "/" not in body
        )
    if body.lower() == body and letters > 3 and digits < 4:
        return False
    return digits >= 4 or digits >= 3 and letters <= 4 and ("-" in body or letters >= 2)
