"""Eponyms in their clinical use: what follows a name that is a disease, a sign or a score, and nobody."""

import re

from worker_collection.phi import cues
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    EPONYM,
    HEAD,
    PUBLIC,
    RARE,
    VOCABULARY,
    fold,
    kind,
)

_SCORES = cues.group("scores")
_HEADLESS = cues.group("headless")
IS_OWNED = re.compile(  # a person's and no disease: "Barrett's wife"
    r"\s(?:"
    + "|".join(sorted(cues.names("kin")))
    + r"|house|home|room|bed|family|office|clinic|practice|team|note|notes|"
    r"bloods|results?|labs|scans?|meds|medications?|obs|vitals|chart|consent|appointment|referral|wound|"
    r"pain|sleep|appetite|"
    r"discharge|transfer|surgeon|registrar|nurse|carer|request|car|job|employer|school|phone|number|"
    r"address|care|list|plan|progress|mood|spectacles|glasses|dentures|wedding|funeral|keys|belongings|"
    r"coat|shoes|bag|"
    r"wheelchair|dog|cat|flat|statement|watch|inhaler|tablets|insulin|baby|twins|teacher|boss|birthday|"
    r"hearing)\b",
    re.IGNORECASE,
)
_HEAD_AFTER = re.compile(
    r"(?:['’]s?)?[\s-]{1,2}(?:(?:and|or|&)\s)?(?:(?:(?:type|grade|class|stage)\s)?(?:[A-D]|"
    r"[IV]{1,3})\d?\s(?=[a-z]))?"
    r"([^\W\d_]+)(?:['’]s)?(?:[\s-]([^\W\d_]+))?(?:[\s-]([^\W\d_]+))?"
)
_GRADE_AFTER = re.compile(
    r"\s[-+]{1,3}(?=\s?[,.;)]|$)|\s(?:(?:score|grade|class|stage|type)\s)?(?:[IV]{1,3}\b|\d|neg\b|pos\b|"
    r"negative|positive|"
    r"normal\b|[IV]{1,3}[abc]\b|full\b|low\b|average\b|testing|reduced|"
    r"biphasic|intact|not\srelevant)|\s(?:class|grade|stage|type)?\s?[ABC]\b(?!\.)",
    re.IGNORECASE,
)
# What follows an eponym that people are called by as well, and no person.
_SCORE_AFTER = re.compile(
    r"\s(?:[ABC](?=\s?[,;)/|\n]|$)|#(?=[\s,.;)]|$)|"
    r"\d{1,2}[ ]?(?:°|deg)|(?:level|grade|type|stage|class|zone|group)[ ](?:[IVX]+|\d|[A-D])\b|"
    r"(?:I{1,3}|IV)[abc]\b|[-+]{1,3}(?=\s?[,.;)]|$)|\d\.\d\b(?![./]\d)|0/\d|"
    r"[0-9](?=[,.;)](?:\s|$)))"
)
_TERM_AFTER = re.compile(
    r"[ ](?:(?:diagnostic|staging|modified|clinical|revised)[ ])?(?:criteria|classification|definition|"
    r"guidelines?|consensus|"
    r"protocol|staging|grading|score|scale|grade[ ][A-D]\b|heart[ ]association|agreement|statement|virus|"
    r"[A-Z]\d[A-Z]\d\b|"
    r"(?:stage|level|class|grade)[ ](?:[IVX]+|\d)|\d-I{1,2}[a-c]?\b|I{1,3}[a-cps]\b|stems?[ ]size)"
)


# What a part of the body, a sign or a device is of: "circle of Willis", "ampulla of Vater".
_PART_OF = (
    r"(?:circle|ampulla|sphincter|islets?|pouch|bundle|canal|triangle|foramen|foramina|crypts?|loop|"
    r"tetralogy|fissure|nodes?|angle|duct|ligament|zone|organ|tunnel|valves?|fascia|aqueduct|column|island|"
    r"triad|pentad|sign|membrane|layer|cells|capsule|fracture|disease|syndrome|notch|gland|space|line|point|"
    r"hiatus)[ ]of[ ](?:the[ ])?|factor[ ]v[ ]"
)
_HEADS_ABROAD = "|".join(sorted(cues.group("heads_abroad")))
_HEAD_BEFORE = re.compile(
    rf"\b(?:{_PART_OF}|"
    rf"morbus|m\.|(?:{_HEADS_ABROAD})[ ](?:de|di|da|do|van|von|d['’])?[ ]?)[ ]?$",
    re.IGNORECASE,
)
_HEAD_REACH = 34
_ITEM_END = re.compile(
    r"[ ]?(?:[,;)/|\n]|\.(?=\s|$)|$)|[ ](?:and|or|on|with|since|diagnosed|dx|flare|well|stable)\b"
)
_ITEM_START = re.compile(
    r"(?:[,;/|\n•][ ]?|\b(?:known|had|has|have|having|hx|h/o|possible|likely|probable|suspected|"
    r"confirmed|dx|r/o|pmh|pmhx|severe|mild|active)[ ])$",
    re.IGNORECASE,
)


_FIRM_HEADS = cues.group("firm_heads")
_FIRM_AFTER = re.compile(r"(?:['’]s?)?[\s-]([^\W\d_]+)(?![\w'’])")


def is_headed(text: str, end: int) -> bool:
    """Whether a word follows that makes anything before it a term: "Alcock canal", "Nabothian cyst"."""
    after = _FIRM_AFTER.match(text, end, end + 30)
    return after is not None and fold(after.group(1)) in _FIRM_HEADS


def ends_item(text: str, end: int) -> bool:
    """Whether nothing follows that somebody could own: a stop, a conjunction, how a disease is doing."""
    return _OWNS_NOTHING.match(text, end) is not None


_OWNS_NOTHING = re.compile(
    r"[ ]?(?:[,;:?!)/|\n\t\]]|[-–][ ]|\.(?=\s|$)|$)|[ ](?:[-–(]|and|or|nor|on|with|without|since|diagnosed|"
    r"dx|dx'd|flare|well|stable|noted|remains|again|worse|worsening|controlled|as|but|in|is|was|has|for|due|"
    r"secondary|post|r/v|ruled|excluded|suspected|confirmed|likely|unlikely|positive|negative|pos|neg|"
    r"score|normal|abnormal)(?![\w/])"
)


def _is_item(text: str, start: int, end: int) -> bool:
    """Whether an eponym that owns its disease, or several in one word, is an item of a list of findings."""
    owns = text[end - 2 : end] in ("'s", "’s", "'S", "’S")
    parts = text[start:end].split("-")
    several = len(parts) > 1 and all(kind(part) & EPONYM for part in parts)
    if not (owns or several) or not _ITEM_END.match(text, end):
        return False
    return _ITEM_START.search(text, max(0, start - 12), start) is not None


_GRADED = re.compile(r"[a-z]-(?:[IVX]{1,4}[a-c]?|[A-C])$")


def names_term(text: str, end: int) -> bool:
    """Whether a set of criteria or a classification follows the place it is named for: "Milan criteria"."""
    return _TERM_AFTER.match(text, end, end + 40) is not None


def is_clinical_use(text: str, start: int, end: int) -> bool:
    """Whether the name at this place is an eponym before its head, or paired with another."""
    if not kind(text[start:end]) & EPONYM:
        return False
    return _stands_clinically(text, start, end) or _goes_on_clinically(text, start, end)


def _stands_clinically(text: str, start: int, end: int) -> bool:
    """Whether it is graded, an item, or behind a word for disease: "Billroth-II", "maladie de Crohn"."""
    last = text[start:end].rpartition("-")
    headed = last[0] and kind(last[2]) & HEAD  # "Kocher-Klemme"
    graded = (
        headed
        or _GRADED.search(text, start, end)
        or _HEAD_BEFORE.search(text, max(0, start - _HEAD_REACH), start)
    )
    return bool(graded) or _is_item(text, start, end)


def _goes_on_clinically(text: str, start: int, end: int) -> bool:
    """Whether a head, a grade or another eponym follows."""
    if text[end - 2 : end] in ("'s", "’s", "'S", "’S"):
        owned = IS_OWNED.match(text, end) is not None
        if owned or fold(text[start:end]) in _HEADLESS:
            return not owned or fold(text[start:end]) in _HEADLESS and _TREATED.match(text, end) is not None
    after = _HEAD_AFTER.match(text, end, end + 60)
    if after is None:
        return _is_graded(text, start, end)
    kinds = [kind(word) if word else 0 for word in after.groups()]
    if kinds[0] & HEAD or kinds[0] & EPONYM and (kinds[1] & (HEAD | EPONYM)):
        return True
    if kinds[1] & HEAD and kinds[0] & VOCABULARY and not kinds[0] & PUBLIC:
        coined = kinds[0] & (HEAD | RARE) or kinds[0] & CLINICAL and not kinds[0] & CORE
        return bool(coined) or after.group(1).islower() and kinds[0] & EPONYM == EPONYM
    paired = (
        bool(kinds[0] & EPONYM) and not kinds[0] & DOUBLE and _is_graded(text, after.start(1), after.end(1))
    )
    return paired or _is_graded(text, start, end)


# What somebody with a disease gets for it: "Parkinson's meds on time".
_TREATED = re.compile(r"[ ](?:meds|medications?|tablets|nurse|clinic|team)\b", re.IGNORECASE)


def _is_graded(text: str, start: int, end: int) -> bool:
    """Whether a grade or a finding follows, as after Mallampati, Child-Pugh or Babinski."""
    if text[end : end + 1] == "\n":
        return False  # an item of a list begins there
    single = "-" not in text[start:end]
    if fold(text[start:end]) in _SCORES and re.match(
        r"\s(?:score\s)?(?:\d|I{1,3}\b|IV\b)", text[end : end + 10]
    ):
        return True
    if text[start:end].casefold() == "ward":
        return False  # of a hospital
    borne = single and kind(text[start:end]) & DOUBLE
    return (_SCORE_AFTER if borne else _GRADE_AFTER).match(text, end, end + 20) is not None
