"""Whether one word can be a name where it stands: by what it is, how it is written and what announces it."""

import re
from functools import lru_cache

from worker_collection.phi import cues
from worker_collection.phi.built import is_built, is_of_eponym
from worker_collection.phi.clinical import PROFESSION, is_clinical
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    EPONYM,
    GIVEN,
    HEAD,
    NAME,
    PUBLIC,
    RARE,
    SURNAME,
    VOCABULARY,
    WORD,
    known_flags,
)
from worker_collection.phi.page import Page, Word

TITLE, KIN, ROLE, WEAK = 4, 3, 2, 1

# "ms" is also multiple sclerosis or milliseconds, "don" and "pc" and "md" have other uses.
_LIKE_TITLES = cues.group("like_titles")
# Everyday words that people are called by but that stand in every sentence.
_ADDRESSED = cues.group("addressed")
_FUNCTION = cues.group("function")
_STOPPING = frozenset({"", ".", ",", ";", ")", "("})
_ENDINGS = tuple(cues.group("medical_endings"))
_BEGINNINGS = tuple(cues.group("medical_beginnings"))
_LONG = 7
_SHORTEST, _LEFT = 5, 4  # letters at least behind such a beginning


_STRENGTHS = {
    key: strength
    for group, strength in (("weak", WEAK), ("roles", ROLE), ("kin", KIN), ("titles", TITLE))
    for key in cues.names(group)
}


def strength_of(word: Word, page: Page) -> int:
    """How surely a name follows this word: not at all, or as after by, nurse, wife, Dr."""
    key = word.key
    strength = _STRENGTHS.get(key, 0)
    if strength == TITLE and key in _LIKE_TITLES:
        return TITLE if _written_as_title(word, page) else 0
    return ROLE if strength < ROLE and key.endswith(PROFESSION) else strength


def is_telling(key: str) -> bool:
    """Whether a word can announce a name before or after it."""
    groups = ("titles", "kin", "roles", "weak", "credentials")
    return key == "is" or key.endswith(PROFESSION) or any(key in cues.names(group) for group in groups)


@lru_cache(maxsize=16384)
def _is_cue(key: str) -> bool:
    return key.endswith(PROFESSION) or any(key in cues.names(group) for group in ("titles", "kin", "roles"))


def is_cue(word: Word) -> bool:
    """Whether the word is a title, a kinship or a role."""
    return _is_cue(word.key)


def is_medical(word: Word) -> bool:
    """Whether an unknown word has the form of a medical one."""
    return len(word.text) > _SHORTEST and _is_medical(word.key)


@lru_cache(maxsize=16384)
def _is_medical(key: str) -> bool:
    if key.endswith(_ENDINGS) or is_of_eponym(key):
        return True
    if len(key) > _LONG and key[-1] in "aoe" and known_flags(key[:-1]) & (RARE | NAME) == RARE:
        return True  # "troponina"
    return key.startswith(_BEGINNINGS) and any(
        key.startswith(beginning) and len(key) >= len(beginning) + _LEFT for beginning in _BEGINNINGS
    )


def is_worded(word: Word) -> bool:
    """Whether an unknown word has the form of a medical one or is built from known ones."""
    return is_medical(word) or is_built(word.key)


def fits(page: Page, word: Word, strength: int, *, opens: bool) -> bool:
    """Whether the word can be the name that a cue of this strength promises."""
    if word.key in cues.names("not_names") and not (
        strength == TITLE and word.form == "T" and word.flags & NAME
    ):
        return False
    titled = strength == TITLE and _AGE_AFTER.match(page.text, word.end)
    if is_clinical(page, word) and not titled or is_cue(word) and not word.flags & DOUBLE:
        return False
    if strength == WEAK and _is_addressed(page, word):
        return True
    if word.form == "U":
        return _fits_capitals(page, word, strength)
    if word.form == "l":
        return len(word.text) > 1 and _fits_lower(page, word, strength)
    return _fits_written(page, word, strength, opens=opens)


def _is_addressed(page: Page, word: Word) -> bool:
    """Whether somebody is told, met or thanked, whose name is a word as well: "informed Brown of"."""
    borne = word.flags & DOUBLE or word.flags & SURNAME and (word.flags & EPONYM or word.form == "T")
    if not borne or word.key in _FUNCTION or page.told_before(word) not in _ADDRESSED:
        return False
    return _SAID_TO.match(page.text, word.end) is not None


_AGE_AFTER = re.compile(r"\s\(?\d{2,3}\b")
_SAID_TO = re.compile(
    r"[ ]?(?:[,.;)\n]|$)|[ ][-–][ ]|[ ](?:of|about|re|regarding|that|who|for|to|in|on|at|and|with|by|"
    r"today|this|he|"
    r"she|no|said|hold|start|stop)\b",
    re.IGNORECASE,
)


def _fits_written(page: Page, word: Word, strength: int, *, opens: bool) -> bool:
    if strength == TITLE:
        return True
    plain = word.flags & (WORD | EPONYM) and (opens or not word.flags & DOUBLE)
    people = word.flags & PUBLIC and not (
        word.flags & GIVEN and page.told_before(word) == "by"
    )  # "by Jordan"
    if strength == WEAK and (people or plain):
        return False
    if (
        word.is_sure
        or word.flags & (DOUBLE | EPONYM)
        or word.flags & GIVEN
        and not word.flags & (WORD | RARE)
    ):
        return True
    if strength in (KIN, ROLE) and not opens and _is_listed(page, word, kin=strength == KIN):
        return True
    if strength >= ROLE and not opens and not word.flags & HEAD:
        # Rarely borne or never heard, but announced: "partner River", "daughter Toria".
        named = word.flags & GIVEN or word.is_unknown and (strength >= KIN or not is_medical(word))
        return not word.flags & PUBLIC and bool(named or not word.flags & WORD and not is_worded(word))
    return not word.flags & VOCABULARY and not is_medical(word)


def _is_listed(page: Page, word: Word, *, kin: bool) -> bool:
    """Whether an everyday word that some are called by stands alone behind a role: "anaes Rains, scrub"."""
    before = page.told_before(word)
    met = CLINICAL if kin or word.form != "T" or before in _GENERAL else 0  # "surgeon Sharp, anaes Day"
    plain = word.flags & (HEAD | PUBLIC | met) or word.text[-1] == "s" and not word.flags & SURNAME
    borne = word.flags & (SURNAME | GIVEN) and before not in _PATIENTS
    if kin and word.flags & SURNAME and not word.flags & (HEAD | PUBLIC) and word.form == "T":
        return before not in _PATIENTS and _GOES_ON_LOW.match(page.text, word.end) is not None
    return bool(borne) and not plain and _LISTED_AFTER.match(page.text, word.end) is not None


_GOES_ON_LOW = re.compile(r"['’]s|[,/;)]|\.\s|\.$|$|\n|[ ][a-z]")
_GENERAL = cues.words("nurse consultant teacher caller staff tech aide crew")
_PATIENTS = cues.words("patient patients pt client resident inmate prisoner student baby child children")
_LISTED_AFTER = re.compile(r"[,/;)]|[ ]\(|\.\s|\.$|$|\n")


def _fits_capitals(page: Page, word: Word, strength: int) -> bool:
    if strength == TITLE:
        return len(word.text) > 1 and not (word.flags & CORE and not word.flags & DOUBLE)
    if page.case != "upper":
        if len(word.text) < 4:
            return False
        return (
            word.is_sure or strength >= ROLE and (word.may_be_name or word.is_unknown and len(word.text) > 4)
        )
    if strength == WEAK:
        addressed = word.is_unknown and len(word.text) > 3 and page.told_before(word) in _ADDRESSED
        return word.is_sure and len(word.text) > 2 or addressed and not is_worded(word)
    return word.may_be_name or bool(word.flags & EPONYM) or word.is_unknown and len(word.text) > 2


def _fits_lower(page: Page, word: Word, strength: int) -> bool:
    if strength == TITLE:
        known = bool(word.flags & (NAME | EPONYM)) and (not word.flags & CORE or bool(word.flags & DOUBLE))
        return known or word.is_unknown or not word.flags & (WORD | RARE)
    if page.case != "lower":
        return word.is_sure and len(word.text) > 3 and strength > WEAK
    if strength == WEAK and word.is_unknown and len(word.text) > 3 and page.told_before(word) in _ADDRESSED:
        return not is_worded(word)
    if strength == WEAK:
        eponym = bool(word.flags & SURNAME and word.flags & EPONYM) and not word.flags & WORD
        return word.is_sure and len(word.text) > 2 or eponym
    if word.flags & DOUBLE:
        return word.key not in _FUNCTION and (not word.flags & CORE or strength == KIN)
    named = bool(word.flags & EPONYM and word.flags & NAME) and not word.flags & WORD
    return named or word.is_sure or word.is_unknown and len(word.text) > 2 and not is_medical(word)


def is_label(page: Page, word: Word) -> bool:
    """Whether an everyday or a short word names the field that follows it: "Lang: ENG", "Ward: Heron"."""
    if page.text[word.end : word.end + 2] != ": " or word.is_sure and len(word.text) > _LABEL_LENGTH:
        return False
    fielded = page.text[max(0, word.start - 2) : word.start] in ("  ", "| ", "; ")
    return fielded and (bool(word.flags & VOCABULARY) or len(word.text) <= _LABEL_LENGTH)


_LABEL_LENGTH = 4


def goes_on(page: Page, place: int, *, strong: bool) -> bool:
    """Whether the word beside a name is the next part of it."""
    word, before = page.words[place], page.words[place - 1]
    if word.form in "TM":
        return _goes_on_written(page, place, strong=strong)
    if not page.looks_named(word):
        strange = word.is_unknown and len(word.text) > _SHORTEST and not is_worded(word)  # "Jobelle CROTERT"
        return word.form == "U" and (word.is_sure or strange)
    if word.flags & DOUBLE:
        after_given = before.is_sure and bool(before.flags & GIVEN)
        if (
            after_given
            and word.flags & SURNAME
            and page.text[word.end : word.end + 2].strip()[:1] in _STOPPING
        ):
            return True  # "HARRIET BEST."
        return word.key not in _FUNCTION and (not word.flags & CORE or strong or after_given)
    if word.flags & EPONYM:
        return bool(word.flags & NAME)
    return word.is_sure or word.is_unknown and len(word.text) > 2 and not is_medical(word)


def _goes_on_written(page: Page, place: int, *, strong: bool) -> bool:
    word, before = page.words[place], page.words[place - 1]
    if word.may_be_name or word.flags & EPONYM or not word.flags & VOCABULARY:
        return strong or not word.flags & PUBLIC
    if word.flags & PUBLIC or page.text[word.end : word.end + 1] == ":":
        return False
    titled = place + 1 < len(page.words) and page.gap(place + 1) == " " and page.words[place + 1].form == "T"
    if not strong:
        leads = before.is_sure and bool(before.flags & GIVEN or not before.opens) or before.is_unknown
        return leads and not titled and not before.flags & EPONYM
    return not titled or not (before.flags & VOCABULARY or word.flags & HEAD and word.flags & CORE)


def _written_as_title(word: Word, page: Page) -> bool:
    if word.key == "md":
        return word.form == "U" or page.case == "lower"
    return word.form == "T" or page.case != "mixed"
