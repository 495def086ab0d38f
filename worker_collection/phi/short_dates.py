"""Days with months, and months with years, in digits alone: told from ratios by what stands around them."""

import re
from collections.abc import Iterable, Iterator

from worker_collection.phi import anchors, cues, glance
from worker_collection.phi.lexicon import CLINICAL, CORE, EPONYM, HEAD, NAME, RARE, TOWN, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_SHORT = re.compile(r"(?<![\d/.\w-])(0?[1-9]|[12]\d|3[01])([/.-])(0?[1-9]|[12]\d|3[01])(?![\d/%-]|[.:]\d)")
_DATE_CUE = re.compile(
    r"(?:\b(?:on|due|since|dated?|until|till?|thru|through|by|seen|visit(?:ed)?|admit(?:ted)?|adm|"
    r"dis(?:charged?|ch)|dc|d/c|review|"
    r"fu|f/u|follow[- ]?up|dos|dob|born|geb|expires?|exp|before|after|from|next|last|came|returned|absent|"
    r"appt|appointment|recall|"
    r"note|lov|il|el|le|den|retorno|volver|(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day)?|(?:wednes|satur)day|again|back|home|"
    r"recheck|"
    r"call|tc|mdt|check|"
    r"arrived|started|stopped|done|given|drawn|collected|repeat|scheduled|surgery|hospitalized|seen:?|clinic|"
    r"started|w/[ce]|as\sof|effective|eff|valid|expiry|overdue|booked|listed|lst|sched|ref|rec'?d|rcvd|"
    r"updated|rv|rtc|ov|hv|lmp|edd|edc|to|-|"
    r"r/v|opened|closed|sent|delivered|meeting|m&m|round|conference|audit|screen(?:ing)?|upload|revisit|"
    r"cancel|"
    r"moved?|postponed?|ed|er|a&e|eau|amu|opd|bloods|scan|xray|x-ray|echo|ctg|anniversary|birthday|died|"
    r"deceased|signed|faxed|posted|emailed|paid|billed|filed|reported|married|wedding|"
    r"discharge)[\s:.]{1,3}|[(:]\s?)$",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(
    r"\b(?:since|due|visited|admitted|discharged|seen|until|dated|arrived|came|scheduled|booked)\s$",
    re.IGNORECASE,
)
_RATIO_BEFORE = re.compile(
    r"\b(?:pain|murmur|strength|motor|power|score|vision|va|apgars?|phq|gad|ratio|scale|grade|mmse|moca|at|"
    r"is|"
    r"was|vas|gcs|reflexes|pulses|ta|pa|rr|tension|tensión|tensão|blutdruck|nodes?|bed|bay|room|rm|ward|page|"
    r"part|block|flat|odds|visus|snellen|ishihara|boost|repeat|count|"
    r"bp|follow-up|[a-z]*phq[- ]?\d?|cn|level|od|os|ou|r|l|right|left|ck|visual acuity|iop)[\s:=]{1,2}$|"
    r"n[0-3][abc]?\s?\($",
    re.IGNORECASE,
)
_RATIO_AFTER = re.compile(
    r"\s?(?:sem\b|esm\b|psm\b|edm\b|(?:pan|holo|early|ejection|soft|harsh)|scale|strength|pain|in\b|"
    r"bilateral|nodes|systolic|diastolic|murmur|mmhg|positive|negative|pulses|"
    r"weeks|months|days|years|"
    r"severity|pts|points|units|cores|criteria|intensity|hours|of\b|on the|throughout|reflex|;?\sapgar|"
    r"lesions?|biopsies|,?\s?(?:pr|her-?2)\b)",
    re.IGNORECASE,
)
_CLOCK_AFTER = re.compile(
    r",?\s(?:@\s?)?(?:(?:[01]\d|2[0-3])[:h]?[0-5]\d\b|\d{1,2}\s?[ap]\.?m\b)", re.IGNORECASE
)
_AT_CLOCK = re.compile(r"\s(?:at|@)\s?\d{1,2}(?::\d\d)?\s?[ap]m?\b", re.IGNORECASE)
_CLOCK_BEFORE = re.compile(r"\b(?:[01]?\d|2[0-3])[:h][0-5]\d\s$", re.IGNORECASE)
_PLACE_AFTER = re.compile(r"\s(?:in|at|on)\s(?:the\s)?(?:[A-ZÀ-Þ]|clinic|theatre|opd|recovery|ed\b|er\b)")
# What is done is followed by its day; what is scored, by a part of a whole.
_DONE = re.compile(
    r"\b([a-z]{2,}ed|caught|hurt|cut|broke|fell|struck|hit|began|left|went|met|sent|lost|won|ran|drove|gave|made|kept|"
    r"bought|brought|rang|spoke|wrote|read|came|saw|burnt|slept|taken|begun|seen|written|comes?|coming|attends?|"
    r"visits|starts?|ends|leaves|flies|arrives|returns)\s$",
    re.IGNORECASE,
)
_SHORTEST = 3
_IN_AFTER = re.compile(r"\s(?:in|on the)\b")
_HEADING_BEFORE = re.compile(r"(?<![\w-])[A-ZÀ-Þ]{5,}\s$")  # "TUMOR BOARD 1/18."
_SCORED = cues.words(
    "scored graded rated reduced decreased increased improved measured preserved remained rounded "
    "dilated estimated positioned involved achieved completed reached dropped declined elevated recorded "
    "passed failed missed used administered needed required skipped halved"
)
# What nothing is scored out of, no lens or wire is measured by and no chart of letters has.
_NO_WHOLES = frozenset({13, 17, 18, 19, 22, 23, 26, 29, 31})
_COUNTED_BEFORE = re.compile(
    r"(?:\b(?:cycles?|fractions?|fx|sessions?|visits?|doses?|days?|weeks?|packs?|parts?|of|teeth|tooth|item|"
    r"items|answered|correct|recall|fr|gauge|bp|map|cpap|bipap|peep|ps)|[\d=<>~])[\s:#]{1,2}$",
    re.IGNORECASE,
)
_SETTLED = cues.words("declined missed completed administered recorded skipped used")
_WORD_BEFORE = re.compile(r"(?<![\w/])([^\W\d_a-zß-ÿ][^\W\d_]*[a-zß-ÿ][^\W\d_]*)\s$")
_TEST = re.compile(r"(?:cog|score|scale|index|test|screen|inventory|check|ace|qol)$", re.IGNORECASE)
_LEVEL_BEFORE = re.compile(r"\b[A-Z][A-Za-z]{0,6}[A-Z]\d?\s$")  # BiPAP 16/8
_LINE_STARTS = re.compile(r"(?:^|\n)\s?$")
_GOES_ON = re.compile(r"\s[^\W\d_]{2,}")
_MONTH_YEAR = re.compile(r"(?<![\d/.\w-])(?:0?[1-9]|1[0-2])/(\d\d)(?![\d/%-]|[.:]\d)")
_YEAR_CUE = re.compile(
    r"\b(?:in|since|until|till|dated|born|mentioned|diagnosed|deployed|retired|divorced|"
    r"implanted|inserted|fitted|died|married|started|stopped|from|m&m)\s$",
    re.IGNORECASE,
)
_FRACTIONS = frozenset({"20/10", "20/12", "20/6", "25/5", "30/10", "15/5"})
_SCALES = (5, 6, 10, 12)
_LASTS = re.compile(
    r"\b(?:review|in|for|over|after|x|rv|every|of|past|last|stayed|off|here|back|recall|within|about|approx|"
    r"another|further|max|rtn|return)\s$",
    re.IGNORECASE,
)
_LASTED = re.compile(
    r"\s(?:ago|wait|history|hx|h/o|old|post|later|apart|before|prior|course|follow|after)\b", re.IGNORECASE
)


def find(page: Page) -> Iterator[Span]:
    """Days and months without a year, such as 9/14, and months with a year, such as "in 4/21"."""
    text = page.text
    yield from _abroad(page)
    for match in glance.at(_SHORT, text, page.numbers):
        if _is_day(text, match):
            yield Span(match.start(), match.end(), "DATE")
    for match in glance.at(_MONTH_YEAR, text, page.numbers) if "/" in text else ():
        year, before = int(match.group(1)), text[max(0, match.start() - 12) : match.start()]
        if (
            year > 12
            and year != 52
            and _YEAR_CUE.search(before)
            and not _RATIO_AFTER.match(text, match.end())
        ):
            yield Span(match.start(), match.end(), "DATE")


# A month alone behind a preposition of another language: "en enero", "seit Oktober", "ricoverata a marzo".
_ABROAD = re.compile(
    r"(?<!\w)(?:en|em|im|au|ab|bis|seit|ende|anfang|mitte|depuis|d[eè]s|courant|d[ée]but|fin|desde|hasta|nel|dal|"
    r"(?:finales|principios|mediados|mes|mois|m[eê]s)[ ]de|mese[ ]di|sinds|vanaf|eind|begin|siden|od|do|w|v|"
    r"från|sedan|(?:ricoverat|visitat|operat|dimess)[oa][ ]a|fino[ ]a)\s$",
    re.IGNORECASE,
)
_SHARES = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4"})
_ARTICLE = re.compile(r"\b(?:il|el|le|den)\s$", re.IGNORECASE)
_TIME_ALONE = re.compile(r"(?<!\w)(?:depuis|desde|sinds|seit|vanaf|sedan|siden)\s$", re.IGNORECASE)
_ALL_MONTHS = anchors.on({fold(month) for month in cues.group("months")})
_MONTHS = anchors.on({fold(month) for month in cues.group("months") if len(month) > _SHORTEST})


def _abroad(page: Page) -> Iterator[Span]:
    for word in (page.words[place] for place in page.standing(_MONTHS)):
        if _ABROAD.search(page.text, max(0, word.start - 16), word.start):
            yield Span(word.start, word.end, "DATE")
    for word in (page.words[place] for place in page.standing(_ALL_MONTHS)):
        if _TIME_ALONE.search(page.text, max(0, word.start - 8), word.start):
            yield Span(word.start, word.end, "DATE")


def beside(text: str, places: Iterable[Span]) -> Iterator[Span]:
    """The day behind a house or a town, where it is no part of a whole: "scan at Quistham, 4/7"."""
    for place in places:
        match = _BESIDE.match(text, place.end, place.end + 12)
        if match and min(int(match.group(2)), int(match.group(3))) <= 12 and not _is_whole(text, match):
            yield Span(*match.span(1), "DATE")


_BESIDE = re.compile(
    r"(?:,|[ ]\(|:|[ ][-–])?[ ]?((0?[1-9]|[12]\d|3[01])/(0?[1-9]|[12]\d|3[01]))(?![\d/%-]|[.:]\d)"
)


def _is_whole(text: str, match: re.Match[str]) -> bool:
    after = _RATIO_AFTER.match(text, match.end()) or _LASTED.match(text, match.end())
    part = int(match.group(3)) in (7, 12) and int(match.group(2)) <= 12 and _counts_in_parts(text)
    return match.group(1) in ("24/7", "10/10", "5/5") or after is not None or part


def _is_day(text: str, match: re.Match[str]) -> bool:
    first, between, second = int(match.group(1)), match.group(2), int(match.group(3))
    padded = match.group(1)[0] == "0" or match.group(3)[0] == "0"
    before = text[max(0, match.start() - 22) : match.start()]
    if match.group() == "10/10":
        return _DAY_BEFORE.search(before) is not None and _RATIO_AFTER.match(text, match.end()) is None
    timed = between == "-" and _AT_CLOCK.match(text, match.end()) and _DATE_CUE.search(before)
    if min(first, second) > 12 or match.group() == "24/7" or between != "/" and not (padded or timed):
        return False
    share = match.group() in _SHARES and _ARTICLE.search(before)  # "le 1/3 inférieur"
    if share or _is_part(text, match, before):
        return False
    timed = timed or _CLOCK_AFTER.match(text, match.end()) or _CLOCK_BEFORE.search(before)
    if timed or _DATE_CUE.search(before) or _heads(text, match, before):
        return True
    if between == ".":
        return match.group(1)[0] == "0" or _is_foreign(before)
    return between == "/" and not _LEVEL_BEFORE.search(before) and _is_told(text, match, before)


def _is_no_whole(before: str, first: int, second: int) -> bool:
    """Whether what stands under it tells a month and a day: "f/u dr quist 2/18", but no chart of 6/18."""
    lens = (first, second) == (6, 18)
    return second in _NO_WHOLES and not lens and not _COUNTED_BEFORE.search(before)


def _heads(text: str, match: re.Match[str], before: str) -> bool:
    """Whether it stands behind a heading, or a colon behind it: "TUMOR BOARD 1/18", "PT EVAL 5/2: walked"."""
    if match.group(2) != "/" or int(match.group(3)) in _SCALES or match.group(1) == match.group(3):
        return False
    return _HEADING_BEFORE.search(before) is not None or text[match.end() :][:1] == ":"


def _is_told(text: str, match: re.Match[str], before: str) -> bool:
    """Whether its order, what was done, a place, or where the line begins makes it a day."""
    first, second = int(match.group(1)), int(match.group(3))
    if _tells_order(match) or _is_done(before) or _is_placed(text, match, before):
        return True
    if _is_no_share(before, first, second) or _is_no_whole(before, first, second):
        return True
    return max(first, second) > 12 and second not in _SCALES and _starts(before, text[match.end() :][:1])


def _is_part(text: str, match: re.Match[str], before: str) -> bool:
    """Whether it is a part of a whole, a share of a year or a score."""
    second = int(match.group(3))
    if second == 10 and "/10" in before:
        return True  # "pain 9/10, now 2/10"
    day = second == 12 < int(match.group(1)) or _CLOCK_AFTER.match(text, match.end())
    lasts = _LASTED.match(text, match.end()) or not day and _LASTS.search(before)
    if second in (12, 52, 7) and match.group(2) == "/" and (lasts or not day and _counts_in_parts(text)):
        return True  # 6/12 is six months
    if _RATIO_BEFORE.search(before):
        return True
    placed = _DATE_CUE.search(before) and _PLACE_AFTER.match(text, match.end())
    dated = _IN_AFTER.match(text, match.end()) and (_is_done(before) or _tells_order(match))
    return not placed and not dated and _RATIO_AFTER.match(text, match.end()) is not None


# A note that writes weeks as parts of a year writes months so too: "cough 3/52, f/u 3/12".
_PARTS = re.compile(
    r"(?<![\d/])[1-9]\d?/52(?![\d/])|(?<!\d)\d{1,2}/(?:7|12)[ ](?:ago|hx|h/o|history|course)\b|"
    r"\bx[ ]?\d{1,2}/7(?!\d)"
)


def _counts_in_parts(text: str) -> bool:
    return glance.holds(text, "/52", "/7", "/12") and _PARTS.search(text) is not None


def _tells_order(match: re.Match[str]) -> bool:
    """Whether only a day can be greater than what stands under it, or a nought stands before a month."""
    first, second = match.group(1), match.group(3)
    if len(first) == len(second) == 2 and "0" in (first[0], second[0]):
        return True
    return int(first) > 12 >= int(second) and match.group() not in _FRACTIONS


def _is_done(before: str) -> bool:
    """Whether what was done stands before it: "reviewed 5/31"."""
    done = _DONE.search(before)
    return done is not None and fold(done.group(1)) not in _SCORED


def _is_no_share(before: str, first: int, second: int) -> bool:
    """Whether a verb that may be scored stands before what no score can be: "declined 5/2", "missed 3/28"."""
    done = _DONE.search(before)
    if done is None or fold(done.group(1)) not in _SCORED:
        return False
    return first > second or second > max(_SCALES) and fold(done.group(1)) in _SETTLED


def _is_placed(text: str, match: re.Match[str], before: str) -> bool:
    """Whether a line begins with it, or a place or somebody stands before it: "bloods at Quirk 3/4:"."""
    if _LINE_STARTS.search(before):
        return _GOES_ON.match(text, match.end()) is not None
    named = _WORD_BEFORE.search(before)
    if named is None:
        return False
    if _TEST.search(named.group(1)):
        return False  # "Mini-Cog 2/5"
    flags = kind(named.group(1))
    borne = not flags & CORE or bool(flags & (NAME | TOWN))
    return borne and not flags & (CLINICAL | HEAD | RARE | EPONYM)


def _is_foreign(before: str) -> bool:
    """Whether a word that no list has stands before: "Przyjęta 12.03"."""
    named = _WORD_BEFORE.search(before)
    return named is not None and not kind(named.group(1)) and not named.group(1).isascii()


def _starts(before: str, after: str) -> bool:
    return not before.strip() or before.rstrip(" ")[-1:] in {"\n", ".", ";", "|", ","} or after == ":"
