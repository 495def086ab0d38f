"""Whether one word can be a name where it stands: by what it is, how it is written and what announces it."""

import re

from worker_collection.phi import cues
from worker_collection.phi.lexicon import (
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
)
from worker_collection.phi.page import Page, Word, is_clinical_use

TITLE, KIN, ROLE, WEAK = 4, 3, 2, 1
# "ms" is also multiple sclerosis or milliseconds, "don" and "pc" and "md" have other uses.
_LIKE_TITLES = cues.group("like_titles")
# Everyday words that people are called by but that stand in every sentence.
_FUNCTION = cues.group("function")
_MEDICAL_END = re.compile(
    r"(?:itis|osis|oses|emia|aemia|ectomy|otomy|ostomy|oma|omas|pathy|pathic|ine|ol|mab|nib|pril|cillin|"
    r"mycin|azole|statin|sartan|"
    r"olone|sone|ide|ate|ium|phylline|ic|ical|al|ous|ly|ing|ed|tion|sion|ity|ness|ment|graphy|gram|scopy|"
    r"plasty|rrhea|rrhage|algia|uria|"
    r"plegia|phasia|phagia|pnea|cardia|trophy|plasia|penia|cyte|cytes|lysis|genic|oid|ive|able|ular|ary|ase|"
    r"vir|xaban|gliptin|flozin|"
    r"tide|parin|pam|lam|dipine|setron|triptan|feron|coccus|bacter|ella|meter|scope|therapy|septic|toxin|"
    r"cult)$"
    r"|^(?:non|post|anti|hyper|hypo|inter|intra|peri|micro|macro|neuro|cardio|gastro|hepat|nephro|osteo|"
    r"thrombo|pneumo|broncho|endo|electro|"
    r"echo|immuno|cyto|hemo|haemo|retro|supra|trans|ultra|radio|psycho|uro|vaso|multi|angio|arthro|adeno|"
    r"chemo|chole|cranio|encephal|fibro|"
    r"lymph|mening|ophthal|ortho|phleb|physio|pseudo|pulmo|spondyl|tachy|brady|tracheo|hydro|oxy|dextro|levo|"
    r"meth|sulfa|cef|ceph).{4,}$"
)
_TELLS_AGE = re.compile(
    r"\s(?:is|was)\s(?:an?\s|now\s)?\d|,?\s\(?(?:\d{1,3}|[fmFM])[,)]?(?:\s?(?:yo|y/o|yrs?|years)\b|[,.)])|"
    r",\sDOB\b|\s/\s\d"
)


def strength_of(word: Word, page: Page) -> int:
    """How surely a name follows this word: not at all, or as after by, nurse, wife, Dr."""
    key = word.key
    if key in cues.names("titles"):
        return 0 if key in _LIKE_TITLES and not _written_as_title(word, page) else TITLE
    if key in cues.names("kin"):
        return KIN
    if key in cues.names("roles"):
        return ROLE
    return WEAK if key in cues.names("weak") else 0


def is_cue(word: Word) -> bool:
    """Whether the word is a title, a kinship or a role."""
    key = word.key
    return key in cues.names("titles") or key in cues.names("kin") or key in cues.names("roles")


def is_clinical(page: Page, word: Word) -> bool:
    """Whether the word is an eponym in its clinical use here."""
    return bool(word.flags & EPONYM) and is_clinical_use(page.text, word.start, word.end)


def is_medical(word: Word) -> bool:
    """Whether an unknown word has the form of a medical one."""
    return bool(_MEDICAL_END.search(word.key))


def fits(page: Page, word: Word, strength: int, *, opens: bool) -> bool:
    """Whether the word can be the name that a cue of this strength promises."""
    if word.key in cues.names("not_names") and not (
        strength == TITLE and word.form == "T" and word.flags & NAME
    ):
        return False
    if is_clinical(page, word) or is_cue(word) and not word.flags & DOUBLE:
        return False
    if word.form == "U":
        return _fits_capitals(page, word, strength)
    if word.form == "l":
        return len(word.text) > 1 and _fits_lower(page, word, strength)
    return _fits_written(word, strength, opens=opens)


def _fits_written(word: Word, strength: int, *, opens: bool) -> bool:
    if strength == TITLE:
        return not (word.flags & HEAD and word.flags & CORE and not word.flags & DOUBLE)
    if strength == WEAK and word.flags & (WORD | EPONYM) and (opens or not word.flags & DOUBLE):
        return False
    if (
        word.is_sure
        or word.flags & (DOUBLE | EPONYM)
        or word.flags & GIVEN
        and not word.flags & (WORD | RARE)
    ):
        return True
    if strength == KIN and not opens and not word.flags & (WORD | HEAD):
        return not word.flags & PUBLIC
    return not word.flags & VOCABULARY and not is_medical(word)


def _fits_capitals(page: Page, word: Word, strength: int) -> bool:
    if strength == TITLE:
        return len(word.text) > 1 and not (word.flags & CORE and not word.flags & DOUBLE)
    if page.case != "upper":
        return len(word.text) > 3 and word.may_be_name and strength >= ROLE
    if strength == WEAK:
        return word.is_sure and len(word.text) > 2
    return word.may_be_name or bool(word.flags & EPONYM) or word.is_unknown and len(word.text) > 2


def _fits_lower(page: Page, word: Word, strength: int) -> bool:
    if strength == TITLE:
        known = bool(word.flags & (NAME | EPONYM)) and (not word.flags & CORE or bool(word.flags & DOUBLE))
        return known or word.is_unknown or not word.flags & (WORD | RARE)
    if page.case != "lower":
        return word.is_sure and len(word.text) > 3 and strength > WEAK
    if strength == WEAK:
        eponym = bool(word.flags & SURNAME and word.flags & EPONYM) and not word.flags & WORD
        return word.is_sure and len(word.text) > 2 or eponym
    if word.flags & DOUBLE:
        return word.key not in _FUNCTION and (not word.flags & CORE or strength == KIN)
    named = bool(word.flags & EPONYM and word.flags & NAME) and not word.flags & WORD
    return named or word.is_sure or word.is_unknown and len(word.text) > 2 and not is_medical(word)


def goes_on(page: Page, place: int, *, strong: bool) -> bool:
    """Whether the word beside a name is the next part of it."""
    word, before = page.words[place], page.words[place - 1]
    if word.form in "TM":
        return _goes_on_written(page, place, strong=strong)
    if not page.looks_named(word):
        return word.form == "U" and word.is_sure
    if word.flags & DOUBLE:
        after_given = before.is_sure and bool(before.flags & GIVEN)
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
        return before.is_sure and bool(before.flags & GIVEN) and not titled and not before.flags & EPONYM
    return not titled or not (before.flags & VOCABULARY or word.flags & HEAD and word.flags & CORE)


def stands_alone(page: Page, place: int) -> bool:
    """Whether a word without a cue is a name by what it is and how it is written."""
    word = page.words[place]
    if not page.looks_named(word) or is_clinical(page, word) or is_cue(word) and not word.flags & DOUBLE:
        return False
    if word.key in cues.names("not_names"):
        return False
    if len(word.text) < 3:
        return word.form == "T" and word.is_sure and not word.opens
    return _alone_written(page, place) if word.form in "TM" else _alone_flat(page, place)


def _alone_flat(page: Page, place: int) -> bool:
    """The same in a note without capitals, or all in capitals."""
    word = page.words[place]
    after = page.words[place + 1] if place + 1 < len(page.words) and page.gap(place + 1) == " " else None
    if (
        after
        and after.is_sure
        and (word.flags & DOUBLE or word.is_sure)
        and word.key not in _FUNCTION
        and len(after.text) > 2
    ):
        return True
    before = page.words[place - 1] if place else None
    if (
        before
        and len(before.text) == 1
        and page.gap(place) == ". "
        and (word.flags & NAME and word.key not in _FUNCTION)
    ):
        return not before.flags & 0 and page.gap(place - 1)[-1:] in ("", " ", "\n")
    if word.form == "U":
        return (
            word.is_sure
            and len(word.text) > 3
            or word.is_unknown
            and len(word.text) > 6
            and not is_medical(word)
        )
    return word.is_sure and len(word.text) > 4


def _alone_written(page: Page, place: int) -> bool:
    word = page.words[place]
    if len(word.text) < 5 and re.search(r"\d[ ]?$", page.text[max(0, word.start - 2) : word.start]):
        return False  # a unit
    if word.form == "M":
        return word.is_sure and not word.text[:-1].isupper()
    if word.is_sure:
        return True
    if word.flags & (DOUBLE | EPONYM):
        return _alone_double(page, place)
    return word.is_unknown and page.case == "mixed" and not is_medical(word)


def _alone_double(page: Page, place: int) -> bool:
    """An everyday word or an eponym that people are called by: what stands around it decides."""
    word = page.words[place]
    after = page.words[place + 1] if place + 1 < len(page.words) and page.gap(place + 1) == " " else None
    if after and after.form in "TM" and (after.is_sure or after.flags & DOUBLE and not after.flags & HEAD):
        return not is_clinical(page, after) and not word.flags & PUBLIC
    if not word.flags & DOUBLE or word.flags & PUBLIC:
        return False
    if after and after.key in cues.names("speech") or _TELLS_AGE.match(page.text, word.end):
        return word.key not in _FUNCTION or bool(after and after.key in ("says", "said"))
    if word.opens:
        return _is_bullet(page, place)
    if word.flags & EPONYM and _among_eponyms(page, place):
        return False
    return not (after and after.form == "T" or _after_capital(page, place))


def _is_bullet(page: Page, place: int) -> bool:
    """Whether the word is the first of an item of a list of patients: "2) Wolf - bite"."""
    word = page.words[place]
    return bool(
        re.search(r"\d[.)]\s?$", page.text[max(0, word.start - 4) : word.start])
        and re.match(r"\s?[-–:,]\s", page.text[word.end : word.end + 3])
    )


def _among_eponyms(page: Page, place: int) -> bool:
    near = page.words[max(0, place - 2) : place + 3]
    return any(
        is_clinical(page, word) or bool(word.flags & EPONYM and not word.flags & DOUBLE) for word in near
    )


def _after_capital(page: Page, place: int) -> bool:
    """Whether the word before is a capitalised everyday word, as in a heading or an institution."""
    if not place or page.gap(place) != " ":
        return False
    before = page.words[place - 1]
    return before.form == "T" and not before.opens and bool(before.flags & WORD) and not before.flags & DOUBLE


def _written_as_title(word: Word, page: Page) -> bool:
    if word.key == "md":
        return word.form == "U" or page.case == "lower"
    return word.form == "T" or page.case != "mixed"
