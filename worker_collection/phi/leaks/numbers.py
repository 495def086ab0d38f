"""Numbers that may still be somebody's: by their shape, or by the word before them."""

import re
from collections.abc import Iterator

from worker_collection.phi.leaks import cues
from worker_collection.phi.leaks.reading import Doubt, Reading

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"  # noqa: E501
_DAY, _NUMBERED = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
# One stretch with a digit in it; single spaces join groups of digits, as in a telephone number.
_RUN = re.compile(r"\d(?:[\w.:/()+-]|,(?=\d{3}(?!\d)))*(?: \(?\d(?:[\w.:/()+-]|,(?=\d{3}(?!\d)))*)*")
_STUCK = frozenset("+(#.:/-_")
_EDGES = " .,:;()-/+#_"
_UNIT = re.compile(rf" ?-?(?:{cues.one_of('unit')})\b| ?[%°/]", re.IGNORECASE)
_YEAR = re.compile(r"(?:18|19|20)\d\d(?:[-/](?:19|20)?\d\d)?")
_PUBLIC_CODE = cues.before("public_code")
_ADMIN, _COUNTING, _SKIPPED = cues.before("number"), cues.before("counting"), cues.before("between")
_WHEN, _WHO, _AGED = cues.before("day"), cues.before("person"), cues.before("aged")
_SHAPES = {
    "long_number": re.compile(r"\+?\(?\d(?:[ ().-]{0,2}\d){8,}\)?"),
    "phone": re.compile(
        r"\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]\d{2,4})+|\(\d{2,5}\) ?\d{3}[ -]?\d{3,4}|"
        r"\d{3}[.-]\d{3}[.-]\d{4}|\d{3}[.-]\d{4}|0\d{1,4}[ /-]\d{3,4}(?:[ -]?\d{3,4})?|"
        r"\d{2}/\d{3}-\d{4}|x\d{3,5}"
    ),
    "ssn": re.compile(r"(?:\d{3}|[Xx]{3})[- ](?:\d{2}|[Xx]{2})[- ]\d{4}"),
    "ip": re.compile(r"(?:\d{1,3}\.){3}\d{1,3}"),
    "mac": re.compile(r"(?:[\dA-Fa-f]{2}[:-]){5}[\dA-Fa-f]{2}"),
    "date": re.compile(
        rf"{_DAY}([./-]){_DAY}\1(?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d([./-]){_NUMBERED}\2{_DAY}|"
        rf"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|{_NUMBERED}/(?:19|20)\d\d|"
        rf"{_DAY}(?:st|nd|rd|th)?[-/ ]?{_MONTH}[-/ ]?(?:(?:19|20)?\d\d)?",
        re.IGNORECASE,
    ),
    "postcode": re.compile(r"[A-Z]{1,2}\d[\dA-Z]? \d[A-Z]{2}|[A-Z]\d[A-Z] \d[A-Z]\d"),
    "code": re.compile(
        r"(?=(?:[^\d]*\d){4})(?:[A-Za-z]{1,5}(?:[-:/]?[A-Za-z]{1,3})?[-:/]?\d[\dA-Za-z:/-]{2,}|"
        r"\d{1,3}[A-Z]{2,4}\d{2,}\w*|(?:\d[A-Z\d]{3}-)+[A-Z\d]{3,4}|\d{2,5}-\d{4,9}(?:-\d+)?|\d{2,3}(?:-\d{2}){2,})"
    ),
    "number": re.compile(r"\d{5,}"),
    "groups": re.compile(r"[A-Z]?\d{2,}(?: \d{2,}){1,4}"),
    "day": re.compile(r"(?:1?\dth|2[04-9]th|30th|[23]?1st|2?2nd|2?3rd)", re.IGNORECASE),
    "day_and_month": re.compile(r"(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])"),
}
# Numbers of genes, trials, articles, pregnancies and code systems, and times of day.
_PUBLISHED = re.compile(
    r"(?:rs|NCT|PMID|DOI|CD|IL)-?\d+|G\d{1,2}P\d{1,4}|2\.16\.840\.1\.113883(?:\.\d+)*|[0-2]?\d:[0-5]\d"
)
_SURE_LENGTH = 7
_LONGEST = 60
_COUNTED = re.compile(r"\s?-?[a-z]", re.IGNORECASE)
_OLD = re.compile(r"(?:9\d|1[01]\d)")
_YEARS_OLD = re.compile(r"(?:[\s-]*(?:years?[\s-]old|y\s?/?\s?o\b|yrs?\b)|\s?[mf]\b)", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Doubt]:
    """Every number of the text that may be somebody's."""
    for match in _RUN.finditer(reading.text):
        start, end = _whole(reading.text, *match.span())
        run = reading.text[start:end]
        name, weight = _judged(reading, run, start)
        if weight:
            yield Doubt(start, end, f"shape_{name}", weight)


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The run with the letters that are stuck to it in front, without the punctuation around."""
    least = max(0, start - 12)
    while start > least and (text[start - 1].isalpha() or text[start - 1] in _STUCK):
        start -= 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    while start < end and text[start] in _EDGES and not (text[start] in "+(" and text[start + 1].isdigit()):
        start += 1
    if text[start] == "(" and ")" not in text[start:end]:
        start += 1
    return start, end


def _judged(reading: Reading, run: str, start: int) -> tuple[str, float]:
    """The name of a run's shape, and how surely it is an identifier."""
    end = start + len(run)
    if len(run) < 4 and _OLD.fullmatch(run):
        return _age(reading, start, end)
    if _is_short(run) or _PUBLISHED.fullmatch(run) or _UNIT.match(reading.text, end):
        return "", 0.0
    said = [word for word in reading.said_before(start) if word not in _SKIPPED]
    if said and said[0] in _PUBLIC_CODE:
        return "", 0.0
    name = "run"
    if len(run) <= _LONGEST:
        name = next((name for name, shape in _SHAPES.items() if shape.fullmatch(run)), "record")
    if name in ("day", "day_and_month"):
        said_when = bool(said) and said[0] in _WHEN
        return name, float(said_when) if name == "day_and_month" else _day(reading, start, end)
    return name, _sureness(name, run, said[0] if said and said[0] in _ADMIN else _field(reading, start, end))


def _field(reading: Reading, start: int, end: int) -> str:
    """Says "field" for a number that fills a field of a message or a table."""
    marks = (reading.text[start - 1 : start], reading.text[end : end + 1])
    return "field" if "|" in marks or "^" in marks else ""


def _is_short(run: str) -> bool:
    """Whether a run is too short to be anybody's: 12, B12, CA19."""
    return len(run) < 3 or len(run) < 5 and run[0].isalpha() and sum(map(str.isdigit, run)) < 3


def _sureness(name: str, run: str, cue: str) -> float:
    digits = sum(map(str.isdigit, run))
    if name == "number":
        return 1.0 if cue or len(run) >= _SURE_LENGTH else 0.6
    if name == "groups":
        return 1.0 if cue else 0.6 if digits >= _SURE_LENGTH else 0.0
    if name == "long_number":
        is_interval = " (" in run and ("." in run or "-" in run) and run[0].isdigit()
        return 0.1 if is_interval and not cue else 1.0
    if name != "record":
        return 1.0
    if cue in ("", "field") or digits < 2 or _YEAR.fullmatch(run) or "%" in run:
        return 0.0
    return 0.5 if cue in _COUNTING and (digits < 4 or "." in run) else 1.0


def _age(reading: Reading, start: int, end: int) -> tuple[str, float]:
    said = reading.said_before(start)
    whose = said[:1] if said[:1] == ["note"] else said[1:2]
    told = bool(_AGED.intersection(said[:1]) or _WHO.intersection(whose))
    is_age = told and not _UNIT.match(reading.text, end) or _YEARS_OLD.match(reading.text, end)
    return "age", 1.0 if is_age else 0.0


def _day(reading: Reading, start: int, end: int) -> float:
    """A day alone, "home on the 14th"; no floor, rib or visit follows it."""
    said = reading.said_before(start)
    return 1.0 if said and said[0] == "the" and not _COUNTED.match(reading.text, end) else 0.0
