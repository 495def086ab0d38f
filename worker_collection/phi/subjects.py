"""Everyday words that somebody is called by, where a sentence says of them what only a person does."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import cues
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.eponyms import IS_OWNED
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    EPONYM,
    GIVEN,
    HEAD,
    MEDICINE,
    NAME,
    PUBLIC,
    RARE,
    SURNAME,
    WORD,
    terms,
)
from worker_collection.phi.naming import is_cue, is_medical, is_worded
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_VERBS = "|".join(sorted(cues.names("speech"), key=len, reverse=True))
_STATE = (
    "staying|tearful|coping|anxious|upset|agitated|calm|alert|awake|asleep|unwell|stable|confused|"
    "cooperative|"
    "pleasant|oriented|"
    "orientated|alone|here|away|nok|pregnant|deaf|blind|married|single|retired|aware|present|keen|happy|"
    "angry|sad|tired|drowsy|"
    "independent|comfortable|frustrated|worried|hungry|polite|abusive|aggressive|distressed|settled|"
    "unhappy|ready|waiting|"
    "accompanied|brought|admitted|discharged|divorced|widowed|adopted|bullied|breastfed|crying|"
    "complaining|asking|refusing|"
    r"sleeping|eating|drinking|smoking|walking|living|working|vaping|using|taking|coming|going|visiting|"
    r"his|her|their|a\s\d|an?\s\w+\syear|not\s(?:convinced|happy|keen|sure|well)|worked\sup|in\stheatre|"
    r"on\s(?:leave|call)"
)
_LEAVES = (
    r"[ ]will[ ](?:be|call|plug|bring|collect|phone|ring|chase|see|review|drive|come|attend|consent|sort|"
    r"take|do|need|let)\b|"
    r"[ ](?:has|had|holds|keeps)[ ](?:the|a|charge|been|no|his|her|not|asked|gone|left|agreed)\b|"
    r"[ ](?:still|always|often|never|usually|barely|rarely)[ ][a-z]{2,12}(?:s|ed)\b|"
    r"[ ](?:back|off|away|due|out)[ ](?:in|on|until|till|from|at|next|this|for)\b|[ ]and[ ](?:the|his|"
    r"her)[ ](?:twins|kids|children|baby|family|dog)\b|"
    r"[ ]in[ ](?:one|two|three|four|six|\d{1,2})[ ](?:days?|weeks?|months?)\b|[ ]in[ ]my[ ]office\b|[ "
    r"]to[ ](?:read|book|report|plug)\b|"
    r"[ ]present\b[.,;]|[ ]?,[ ](?:please|pls|who|can[ ]you|could[ ]you|kindly)\b|[ ]and[ "
    r"][^\W\d_]{2,12}[ ]taking\b"
)
_DID = re.compile(
    rf"[ ](?:(?:also|now|then|again|still|just|who|later|today|has|had|was|is)[ ])?(?:{_VERBS})\b(?![ "
    rf"]?[:=])|[ ](?:is|was|remains|seems|looks|feels)[ ]"
    rf"(?:(?:very|more|less|quite|now|a\sbit|not|still|well|currently)[ ])?(?:{_STATE})\b|[ ](?:is|was|"
    rf"turned)[ ]\d{{1,3}}(?=[ ]?(?:[.,;\n]|$|yo|y/o|years?|yrs?|months?|weeks?))",
    re.IGNORECASE,
)
_LEAVING = re.compile(_LEAVES, re.IGNORECASE)
_WHERE = re.compile(
    r"[ ](?:in|at|on)[ ](?:the[ ])?(?:bay|bed|rm|room|side[ ]room|chair|cubicle|corridor|waiting|bedside|"
    r"reception|front[ ]desk|desk|school|work|"
    r"college|nursery|creche|church|home)\b|[ ](?:[-–][ ])?(?:bed|bay|rm|room|cubicle)[ ]?\d|[ ](?:bp|hr|"
    r"k|hb|na|wcc|"
    r"crp|temp|t|sats|spo2|gcs|ews|news|mews|bm|bgl)[ ]?\d|"
    r"[ ]\(?\d{1,3}[ ]?(?:yo|y/o|y|yrs?|m|f)\b|[ ]\d{1,2}/(?:7|52|12)\b|[ ]npo\b|[ ]nbm\b|[ ]off[ "
    r"](?:work|school)\b|[ ]had\b|"
    r"[ ](?:from|in)[ ](?:pharmacy|physio|radiology|micro|lab|the[ ]lab|ot|theatre|theatres|dietetics|"
    r"cardiology|haematology|ed|icu|admissions|"
    r"security|housekeeping|switchboard|social[ ]work|palliative)\b|"
    r"[ ]from[ ](?:the[ ])?[a-z]{3,14}[ ](?:surgery|team|clinic|ward|unit|medicine|care|services)\b|"
    r"[ ](?:in|at)[ ]the[ ](?:counter|door|gate|till|window|pharmacy)\b|"
    r"[ ]to[ ](?:collect|call|review|bring|see|cath|theatre|ct|mri|sign|chase|repeat|phone|ring|visit|"
    r"drive|pick|attend|follow|confirm|decide|return|"
    r"speak|ask|tell|let|assess|check|arrange|contact|transfer|discharge|clerk|consent|scribe)\b",
    re.IGNORECASE,
)
_GENERIC = cues.group("generic")


def find(page: Page, covered: Sequence[bool]) -> Iterator[Span]:
    """Words at the head of a sentence or a line that act, are asked or lie in a bed as people do."""
    named = page.named_forms
    for place, word in enumerate(page.words):
        if word.form not in named or covered[place]:
            continue
        if not _may_be_called(page, word) and not (page.case == "mixed" and _is_asked(page, place)):
            continue
        if (
            word.opens
            and _acts(page, word)
            or _is_asked(page, place)
            or _owns(page, word)
            or _lies_in_bed(page, word)
        ):
            yield Span(word.start, word.end, "NAME")


def _is_asked(page: Page, place: int) -> bool:
    """Whether a family name, whatever word it is, does what a colleague does: "Best to review"."""
    word, after = page.words[place], page.words[place + 1 : place + 2]
    if word.form != "T" or not after or after[0].key not in _ASKS:
        return False
    if word.flags & (HEAD | PUBLIC) or word.key in _GENERIC or is_cue(word):
        return False
    if not (word.flags & SURNAME or _is_strange(word)):
        return False
    return _ASKED.match(page.text, word.end) is not None and not is_clinical(page, word)


def _is_strange(word: Word) -> bool:
    """Whether the word stands in no list, or in that of rare words alone, and means nothing in a note."""
    means = word.flags & (CLINICAL | EPONYM | MEDICINE | WORD) or word.key in terms() or is_cue(word)
    return word.opens and not means and not is_medical(word)


_ASKS = cues.words(
    "to will concurs concurred scribing chaperoning supervising was never collects taught teaches brings "
    "drives drove cooks fetches minds feeds bathes"
)
_ASKED = re.compile(
    r"[ ](?:(?:to|will)[ ](?:follow|see|present|dictate|sign|discuss|update|"
    r"assess|review|r/v|chase|consent|operate|"
    r"clerk|ring|call|visit|tell|ask|follow up|"
    r"book|phone|collect|plug|"
    r"liaise|scrub|"
    r"assist|decide|call back|ring back)|concurs|concurred|scribing|chaperoning|supervising|was accompanied "
    r"by (?:his|her|their)|never (?:arrived|called|answered|rang|came)|"
    r"(?:collects|taught|teaches|brings|drives|drove|cooks|fetches|minds|feeds|bathes) (?:the|her|his|him|"
    r"them|it))\b"
)


def _may_be_called(page: Page, word: Word) -> bool:
    told = word.flags & GIVEN and word.flags & DOUBLE and word.form == "T"
    if (
        word.flags & HEAD
        or word.flags & CLINICAL
        and not told
        or word.key in _GENERIC
        or word.form == "I"
        or len(word.text) < 3
    ):
        return False
    if is_cue(word) or is_clinical(page, word) or word.key in terms():
        return False
    if word.is_unknown:
        return not is_medical(word) and (word.form == "T" or not is_worded(word))
    family = word.flags & DOUBLE or word.flags & EPONYM and not word.flags & CORE
    if word.flags & GIVEN or word.flags & SURNAME and family:
        return True
    plain = word.flags & (CORE | RARE | PUBLIC) or word.form != "T" or page.case != "mixed"
    return not plain and _SPEAKS.match(page.text, word.end) is not None  # "Poppy taught her"


_SPEAKS = re.compile(
    r"[ ](?:taught|says|said|phoned|rang|emailed|emails|texted|asked|asks|told|tells|wants|agrees|agreed|"
    r"drove|drives|cried|laughed|hates|loves|thinks|insists|interpreted|collected|promised)\b"
)


def _owns(page: Page, word: Word) -> bool:
    """Whether somebody's results, relatives or things follow: "Reynolds's bloods"."""
    return word.text[-2:] in ("'s", "’s", "'S", "’S") and IS_OWNED.match(page.text, word.end) is not None


def _lies_in_bed(page: Page, word: Word) -> bool:
    """Whether the number of a bed stands before: "Bed 4 Brown for CT"."""
    borne = word.flags & (DOUBLE | EPONYM) or word.is_sure or word.is_unknown
    return bool(borne) and _BED_BEFORE.search(page.text, max(0, word.start - 18), word.start) is not None


_THINGS = cues.group("headless") | cues.group("generic")
_WISHES = cues.words("hope hopes will may")
_BED_BEFORE = re.compile(
    r"\b(?:bed|bay|room|rm|cubicle|chair|sr|space|trolley|pod)[ ]?#?\d{1,3}[a-z]?[ ]?[,:–-]?[ ]$",
    re.IGNORECASE,
)


_DOES = re.compile(
    r"[ ](?:(?:also|then|now|still|later|has|had)[ ])?[a-z]{2,12}(?:ed|[^suio]s)[ ](?:her|his|the|"
    r"him|them|it|to|that|she|he|a|an|my|their|up|out|off|not|all|us|me)\b"
)


def _acts(page: Page, word: Word) -> bool:
    borne = word.flags & NAME and not word.flags & CORE and page.case == "mixed"
    if borne and word.text.isalpha() and word.key not in _THINGS and _DOES.match(page.text, word.end):
        return True  # "Cotter rolled her knee"
    if _DID.match(page.text, word.end) or _LEAVING.match(page.text, word.end) and word.key not in _WISHES:
        named = word.flags & GIVEN or word.flags & DOUBLE and not word.flags & CORE
        return bool(named) or word.form != "l" or word.is_unknown
    if word.is_unknown:
        return _WHERE.match(page.text, word.end) is not None
    if word.key in _WISHES:
        return False  # "Hope to discharge"
    sure = word.flags & DOUBLE and (word.flags & GIVEN or not word.flags & CORE)
    return (
        bool(sure or word.flags & (GIVEN | SURNAME) and not word.flags & (CORE | RARE))
        and _WHERE.match(page.text, word.end) is not None
    )
