"""Whether a word that could be a name is none where it stands: a medicine, an eponym in its clinical use."""

import re

from worker_collection.phi import cues
from worker_collection.phi.eponyms import IS_OWNED, ends_item, is_clinical_use, is_headed, names_term
from worker_collection.phi.lexicon import (
    DOUBLE,
    EPONYM,
    GIVEN,
    HEAD,
    MEDICINE,
    NAME,
    RARE,
    SURNAME,
    TOWN,
    WORD,
    fold,
    kind,
    terms,
)
from worker_collection.phi.page import Page, Word

_ANNOUNCES = cues.names("titles") | cues.names("kin") | cues.names("roles") - cues.words("patient")
_ADDRESSED = cues.group("addressed")
_HEADLESS = cues.group("headless")
_THINGS = cues.group("things")  # called after somebody, and hardly anybody is
_LONGEST, _SHORT = 24, 3
# Where somebody lives or works, or who did it: "at Turner's" is no disease.
_PLACED = cues.words("at to from by near outside via per dear hi")
_APOSTROPHES = ("'", "’")
_POSSESSIVE = ("'s", "’s", "'S", "’S")
_BORNE = re.compile(
    r"[ ](?:says?|said|told|tells|phoned|rang|emailed|emails|texted|asked|asks|wants|agrees|agreed|lives|"
    r"works)\b|"
    r"[ ](?:md|rn|np|MD|RN|NP|PA-C)\b|,[ ](?:MD|DO|RN|NP|PA|PhD|MBBS|FRCS|MRCP|DPM|DDS|PharmD)\b|"
    r"[ ]\((?:his|her|pt's|wife|husband|son|"
    r"daughter|mother|father|sister|brother|nephew|niece|friend|NOK)\b|"
    r",[ ]?\d{1,3}[ ]?(?:yo|y/o|yrs?|[MF])\b|"
    r"[ ]\d{1,3}[ ]?(?:[MF]|yo|y/o)\b"
)
_ACTS = re.compile(
    r"[ ](?:is[ ]|was[ ])?(?:settled|takes|took|gave|reviewed at|called|slept|ate|woke|refus\w+|declin\w+|"
    r"walk\w+|came|collected|drove|"
    r"drives|helps|cooks|wrote|writes|signed|fell|tearful|coping|anxious|complains|complained|denies|"
    r"denied|insists|visited|"
    r"visits|attended|mobilised|ambulated|smokes|drinks|to[ ](?:call|review|see|ring|sign|chase|follow))\b"
)
_DUE = cues.words("caused complicated explained followed classified graded measured defined characterised")
# A line of a list of patients, and none of problems: "2) Quist - DKA".
_ENTRY = re.compile(r"(?:^|\n)[ ]?\d{1,2}\)[ ]$")
_CLOSE, _QUOTES = frozenset(("", ".", ":", ",", "-")), " '\"“”«»‘’("
PROFESSION = ("ologist", "iatrist", "ician", "therapist", "opath", "metrist")
_LETTERED = re.compile(r"[ ][A-D]\d?(?![\w'’])")  # "Dukes' B", "Child's C"
_GIVEN_AFTER = re.compile(r",[ ]([^\W\d_]{2,20})")


def is_clinical(page: Page, word: Word) -> bool:
    """Whether the word is a medicine, an eponym in its clinical use, or what stands before a firm head."""
    judged = page.clinical.get(word.start)
    if judged is None:
        judged = page.clinical[word.start] = _is_clinical(page, word)
    return judged


# A finding or a grade behind what was tested: "Bielschowsky neg", "Hutchison 3+", "Quadri II, ".
_FOUND = re.compile(
    r"[ ]?\((?:[+–-]{1,3}|neg|pos)\)|[ ](?:[+]{1,3}|-ve|[+]ve|[1-4][+]|neg|pos|negative|negativ|negativo|"
    r"négatif|negatief|positive|positiv|positivo|positif|positief|ausente|assente|afwezig|unauffällig|n/a)"
    r"(?=[\s,.;:)]|$)|[ ](?:(?:II|III|IV)[ab]?(?=[,;.)]|$)|I[ab]?(?=[,;)]))|"
    r"[ ]\(?\d,\d,\d(?!\d)",
    re.IGNORECASE,
)
# A part of a whole or a grade with its letter, as nobody's age is: "Lille 0.3", "Crowe 3b,", "Westley 6,".
_SCORED = re.compile(r"[ ]?[=:]?[ ](?:\d\.\d{1,2}(?![./]?\d)|[1-5][abc](?=[,;.)]|$)|\d(?=[,;]|\)[,.;]?[ ]))")
# How wide what is called after somebody is: "12 mm Hasson", "19 Fr Blake".
_SIZED = re.compile(r"\d[ ]?(?:mm|cm|Fr|Ch|G|Ga|gauge)[ ]$")
_SIZE = 10
# What is done with a thing that is called after somebody, and what is said of it.
_PUT = re.compile(
    r"\b(?:flushed|inserted|placed|removed|changed|clamped|irrigated|applied|fitted|sited|resited|via|size|scope|"
    r"catheter|drain|pessary|through|pulled)[ ](?:the[ ]|a[ ]|an[ ]|new[ ]|\d{1,2}[ ]?(?:F|Fr|Ch|G)[ ])?$",
    re.IGNORECASE,
)
_STANDS = re.compile(
    r"[ ](?:in[ ]situ|in[ ]place|in(?=[,.;])|out(?=[,.;])|patent|draining|intact|removed|inserted|"
    r"\d{1,2}[ ]?(?:F|Fr|Ch|G)\b)"
)


_ELICITED = re.compile(r"[ ](?:present|absent|elicited|brisk|equivocal|symmetrical)\b", re.IGNORECASE)
_MEASURED = re.compile(r"\)[ ]?[<>~]?\d")  # "LVEF (Simpson) 47%"


# What one has, or has not: "no Huntington, ", "mum had Graves, ".
_HAD = re.compile(
    r"(?<!\w)(?:no|had|has|have|having|ddx:?|dd:|dx:?|diagnosis:?|r/o|excludes?|excluded|query|[?]|known|possible|"
    r"probable|likely|suspected|h/o|familial|untreated|undiagnosed|con|mit|avec|met|com)[ ]?$",
    re.IGNORECASE,
)
_SHORT_WAY = 14


def _is_clinical(page: Page, word: Word) -> bool:
    if word.start in page.double_eponyms:
        return True
    flags = word.flags
    if flags & (NAME | EPONYM | TOWN) and _is_found(page, word) and not _is_announced(page, word):
        return True
    if _is_made(page, word) or flags & TOWN and word.form == "T" and names_term(page.text, word.end):
        return True
    if flags & MEDICINE or word.form == "M" and _is_several(word.text):
        return not flags & NAME
    if flags & EPONYM:
        return _is_eponym(page, word)
    borne = flags & GIVEN or flags & DOUBLE
    return not borne and is_headed(page.text, word.end) and not _is_announced(page, word)


def _is_made(page: Page, word: Word) -> bool:
    """Whether a product follows who makes it: "Edwards Sapien", "Bard PowerPort"."""
    if word.key not in _MAKERS:
        return False
    place = page.place_of(word) + 1
    made = page.words[place] if place < len(page.words) and page.gap(place) == " " else None
    return made is not None and bool(made.flags & MEDICINE or made.form == "M" and made.is_unknown)


_MAKERS = cues.group("makers")


def _is_found(page: Page, word: Word) -> bool:
    """Whether a finding follows the word, or a thing is used that is called so."""
    if page.looks_named(word) and _FOUND.match(page.text, word.end):
        return True
    if page.looks_named(word) and _SIZED.search(page.text, max(0, word.start - _SIZE), word.start):
        return True
    if not word.flags & GIVEN and page.looks_named(word) and _SCORED.match(page.text, word.end):
        return True
    if word.key not in _HEADLESS:
        return False
    if _ELICITED.match(page.text, word.end):
        return True
    put = _PUT.search(page.text, max(0, word.start - _LONGEST), word.start)
    return put is not None or _STANDS.match(page.text, word.end) is not None


def _is_several(text: str) -> bool:
    """Whether it is the plural of an abbreviation: "TIAs"."""
    return text[-1] == "s" and text[:-1].isupper() and fold(text[:-1]) in terms()


def _is_eponym(page: Page, word: Word) -> bool:
    if is_clinical_use(page.text, word.start, word.end) or _is_listed(page, word):
        return True
    if page.text[word.start - 1 : word.start] == "(" and _MEASURED.match(page.text, word.end):
        return True
    if _HAD.search(page.text, max(0, word.start - _SHORT_WAY), word.start) and ends_item(page.text, word.end):
        return not _ACTS.match(page.text, word.end) and not _BORNE.match(page.text, word.end)
    if _is_seldom_borne(word):
        return not _is_announced(page, word)
    return owns_itself(page, word) and not _is_announced(page, word)


def _is_seldom_borne(word: Word) -> bool:
    """Whether hardly anybody is called so; of several in one, whether that holds for one of them."""
    if word.key in _THINGS:
        return True
    if "-" in word.text and word.flags & NAME:
        kinds = [kind(part) for part in word.text.split("-")]
        return all(part & EPONYM for part in kinds) and not all(part & DOUBLE for part in kinds)
    return not word.flags & (DOUBLE | GIVEN | WORD | TOWN)


def owns_itself(page: Page, word: Word) -> bool:
    """Whether an eponym is put as its disease is called for short, and owns nothing: "Gardner's, stable"."""
    bare = word.text[-1] == "s" and page.text[word.end : word.end + 1] in _APOSTROPHES  # "Graves',"
    if not (bare or word.text[-2:] in _POSSESSIVE or word.text[-1] in _APOSTROPHES):
        return False
    end = word.end + bare
    if page.told_before(word) in _PLACED:
        return False
    return bool(_LETTERED.match(page.text, end) or ends_item(page.text, end)) and not IS_OWNED.match(
        page.text, end
    )


def _is_announced(page: Page, word: Word) -> bool:
    """Whether what stands before or behind a word makes it somebody: a title, a kinship, a given name."""
    place = page.place_of(word)
    if word.opens and _ENTRY.search(page.text, max(0, word.start - 6), word.start):
        return True
    if _is_called_before(page, place, word) or _BORNE.match(page.text, word.end):
        return True
    if _ACTS.match(page.text, word.end):
        return True
    given = _GIVEN_AFTER.match(page.text, word.end)
    if given and given.group(1)[0].isupper() and kind(given.group(1)) & GIVEN:
        return True
    after = page.words[place + 1] if place + 1 < len(page.words) else None
    if after is None or page.gap(place + 1) != " " or after.form != word.form or word.form == "l":
        return False
    stranger = after.is_unknown and len(after.text) > _SHORT
    return after.is_sure and bool(after.flags & GIVEN) or stranger and word.text[-2:] not in _POSSESSIVE


def _is_called_before(page: Page, place: int, word: Word) -> bool:
    """Whether a title, a kinship, a given name or an initial stands before, or a title two words before."""
    if not place or page.gap(place).strip(_QUOTES) not in _CLOSE:
        return False
    before = page.words[place - 1]
    if before.key == "by" and page.words[place - 2 : place - 1] and word.flags & (SURNAME | RARE):
        return page.words[place - 2].key not in _DUE
    if _announces(before) or before.key in _ADDRESSED and word.flags & SURNAME:
        return True
    if page.gap(place).strip() == ".":
        side = before.text in _SIDES and place > 1 and page.gap(place - 1) == " "
        return before.form == "I" and not (side and word.key in _THINGS)  # "boot R. Doppler 0.7"
    if page.gap(place) != " " or before.form != word.form:
        return False
    given = before.flags & GIVEN and not before.flags & HEAD
    titled = place > 1 and page.gap(place - 1).strip(_QUOTES) in _CLOSE and _announces(page.words[place - 2])
    return bool(given) or titled


_SIDES = frozenset("RLI")


def _announces(word: Word) -> bool:
    return word.key in _ANNOUNCES or word.key.endswith(PROFESSION)


def _is_listed(page: Page, word: Word) -> bool:
    """Whether an eponym that nobody is called by stands beside it in a list: "Yankauer, Hickman"."""
    beside = page.words_between(max(0, word.start - _LONGEST), word.end + _LONGEST)
    return any(
        near.flags & EPONYM
        and not near.flags & NAME
        and page.text[min(near.end, word.end) : max(near.start, word.start)] in (", ", "/", " and ")
        for near in beside
    )
