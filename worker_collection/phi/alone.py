"""Whether a word without a cue is a name by what it is, how it is written and what stands around it."""

import re

from worker_collection.phi import amounts, cues
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import (
    CORE,
    DOUBLE,
    EPONYM,
    GIVEN,
    HEAD,
    NAME,
    PUBLIC,
    SURNAME,
    VOCABULARY,
    WORD,
    kind,
    terms,
)
from worker_collection.phi.naming import is_cue, is_label, is_medical, is_worded
from worker_collection.phi.page import Page, Word

_NOT_NAMES = cues.names("not_names")
_FUNCTION = cues.group("function")
_SPEECH = cues.names("speech")
_DOSED = re.compile(
    r"\s(?:(?:XR|SR|XL|ER|CR|HFA|PF|forte|plus|depot|LA)\s)?(?:\d[\d.,/-]{0,8}\s?(?:mg|mcg|µg|ug|g|iu|"
    r"units?|u|ml|mls|%|meq|mmol|gtt|tropfen|hub|tbl|tr\.|cp|cps|gélules?)(?!\w)|"
    r"(?:tablets?|tabs?|capsules?|caps?|cream|gel|ointment|lotion|drops|spray|inhaler|injections?|patch|"
    r"patches|infusion|syrup|"
    r"shampoo|suspension|nebules?|turbohaler|diskus|accuhaler|sachets?|pessary|suppository|suppositories|"
    r"vaccine)\b)",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    r"\s(?:(?:once|twice)\s(?:daily|weekly)|od|bd|tds|qds|qid|tid|bid|nocte|mane|prn|daily|weekly|nightly|q\d{1,2}h|"
    r"alt(?:ernate)?\sdays|(?:stopped|held|withheld|discontinued|restarted)\s(?:[^.\n]{1,24}?\sago\b|due\b|because\b))",
    re.IGNORECASE,
)
_DRUG_BEFORE = re.compile(r"(?<![\w.])(?:T|[Tt]ab|[Cc]ap|[Ii]nj|[Ss]yp|[Ss]yr|[Oo]int|[Gg]tt)s?\.[ ]?$")
_FORM_BEFORE = re.compile(r"(?<![\w.])(?:[Tt]ab|[Cc]ap|[Ii]nj|[Ss]yp|[Ss]yr|[Oo]int|[Ss]upp|[Nn]eb)s?[ ]$")
# Two strengths in one, the smaller first: no blood pressure and no day.
_STRENGTHS = re.compile(r"[ ](\d{1,3}(?:\.\d)?)/(\d{2,3})(?![\w/]|\.\d)")
_PRESCRIBED = re.compile(
    r"\b(?:takes|taking|repeat|restart(?:ed)?|prescribed|titrat(?:ed?|ing)|wean(?:ed|ing)?|refill|loading|"
    r"script for|course of|dose of|commenced?|intolerant (?:of|to)|allergic to|allergy to)[ ]$",
    re.IGNORECASE,
)
_COUNT_NEAR = re.compile(r"[^\n]{0,12}?\d")
_ENDED = re.compile(
    rf"[ ]?(?:[,.;)\n]|$)|[ ](?:[(\d–-]|[mf]\b|dob\b|(?:{'|'.join(sorted(cues.names('speech')))})\b)",
    re.IGNORECASE,
)
_IS_AGED = re.compile(
    r"(?:\s(?:is|was)\s(?:an?\s|now\s)?|,?\s\(?)\d{1,3}[\s-]?(?:yo|y/o|y\.o|yrs?|years?|months?|weeks?)\b",
    re.IGNORECASE,
)
_BRIEF = re.compile(r"[A-Z]{2,5}[xs]")  # PMHx, DOACs
_DECIMAL = re.compile(r"[ ]?[=:]?[ ]?[<>~]?\d{1,3}[.,]\d{1,2}(?!\d|[.,/-]\d)")  # a reading: "Leukos 14,2"
_BRIEFEST = 4
_GRADE = re.compile(r"(?:I{1,3}|IV|VI?)[abc]")
_CODED = re.compile(r"-\d")
_READING = re.compile(
    r"[ ]?[=:]?[ ]?[<>~]?(?:6/\d{1,2}|20/\d{2,3}|\d{1,4}(?:\.\d{1,2})?(?![\w-]|/\d)|0/\d{1,2}(?![\w/])|"
    r"(?:neg|pos)(?:ative|itive)?\b)"
)
_TELLS_AGE = re.compile(
    r"\s(?:is|was)\s(?:an?\s|now\s)?\d|,?\s\(?(?:\d{1,3}|[fmFM])[,)]?(?:\s?(?:yo|y/o|yrs?|years|y)\b|[,.)])|"
    r",\sDOB\b|\s/\s\d"
)


def stands_alone(page: Page, place: int) -> bool:
    """Whether a word without a cue is a name."""
    word = page.words[place]
    plain = word.form != "U" and word.flags & CORE and not word.flags & (NAME | EPONYM)
    if plain or word.form == "l" and page.case == "mixed" or _is_code(page, word) or is_medicine(page, word):
        return False
    if _is_capitals(page, word):
        return not is_clinical(page, word)
    if not page.looks_named(word) or word.flags & CORE and not word.flags & (NAME | EPONYM):
        return False
    if (
        is_label(page, word)
        or is_clinical(page, word)
        or is_cue(word)
        and not word.flags & DOUBLE
        or word.key in _NOT_NAMES
    ):
        return False
    if len(word.text) < 3:
        return word.form == "T" and word.is_sure and not word.opens
    return _alone_written(page, place) if word.form in "TM" else _alone_flat(page, place)


def _is_capitals(page: Page, word: Word) -> bool:
    """Whether a family name is written in capitals amid a note: "OKONKWO reviewed"."""
    written = page.case == "mixed" and word.form == "U" and len(word.text) > 4
    return written and word.is_sure and bool(word.flags & SURNAME)


def is_medicine(page: Page, word: Word) -> bool:
    """Whether a dose or a form stands behind the word, whatever it is called: "Sinemet 25/100 mg"."""
    if word.flags & GIVEN and not word.flags & WORD:
        return False
    if word.is_unknown and word.form != "l" and _is_prescribed(page, word):
        return True
    dotted = page.text[word.start - 2 : word.start] == ". "
    if dotted and _DRUG_BEFORE.search(page.text, max(0, word.start - 6), word.start):
        initial = page.text[word.start - 3] == "T" and not _COUNT_NEAR.match(page.text, word.end)
        return not initial  # "T. Quist" is nobody's tablet
    if word.is_unknown and word.form != "l" and _TAKEN.match(page.text, word.end):
        return True
    return _DOSED.match(page.text, word.end) is not None


def _is_prescribed(page: Page, word: Word) -> bool:
    """Whether two strengths stand behind a word, its form before it, or what is done with medicines."""
    strengths = _STRENGTHS.match(page.text, word.end)
    if strengths and float(strengths.group(1)) < int(strengths.group(2)) > _MOST_DAYS:
        return True
    before = max(0, word.start - 16)
    return bool(
        _FORM_BEFORE.search(page.text, before, word.start)
        or _PRESCRIBED.search(page.text, before, word.start)
    )


_MOST_DAYS = 31


def is_read(page: Page, word: Word) -> bool:
    """Whether the word is read or graded, and nobody: "EDSS 4.5", "TG 212", "hs-TnT 41", "Ib"."""
    if _DECIMAL.match(page.text, word.end) or _GRADE.fullmatch(word.text):
        return True
    coded = word.form in "UM" and page.case != "upper" and len(word.text) < 10 and not word.is_sure
    coded = coded or word.key in terms() and not word.flags & NAME
    return coded and _READING.match(page.text, word.end) is not None


def _is_code(page: Page, word: Word) -> bool:
    """Whether letters before a reading or in a compound are a sign of medicine: "PASI 14", "DA-EPOCH-R"."""
    counted = amounts.is_unit(page.text, word.start, word.end)  # "67 Jahre"
    if counted or is_read(page, word) or word.key.endswith("nr") and len(word.key) > _BRIEFEST:
        return True
    if word.form == "l" or page.case == "upper":
        return False
    if _BRIEF.fullmatch(word.text) or len(word.text) < 4 and _CODED.match(page.text, word.end):
        return True
    parts = word.text.split("-")
    if len(parts) > 1 and parts[0].isupper() and len(parts[0]) > 1 and not kind(parts[0]) & GIVEN:
        return min(map(len, parts)) < 4 and not (len(parts[0]) > 4 and kind(parts[0]) & SURNAME)
    brief = word.form in "UM" or len(word.text) < 6 and not word.opens
    return brief and not word.is_sure and _READING.match(page.text, word.end) is not None


def _after(page: Page, place: int) -> Word | None:
    """The next word, where nothing but a space stands between."""
    at = place + 1
    return page.words[at] if at < len(page.words) and page.gap(at) == " " else None


def _alone_flat(page: Page, place: int) -> bool:
    """The same in a note without capitals, or all in capitals."""
    word, after = page.words[place], _after(page, place)
    may = bool(word.flags & DOUBLE) or word.is_sure or word.is_unknown and not is_medical(word)
    if (
        after
        and after.is_sure
        and len(after.text) > 2 - (word.is_unknown and len(word.text) > 4)
        and may
        and word.key not in _FUNCTION
    ):
        return True
    if _behind_initial(page, place) or _is_everyday_pair(page, word, after):
        return True
    if word.is_unknown:
        return len(word.text) > 4 and not is_worded(word)
    initial = word.flags & GIVEN and re.match(r"\s[a-z]\.", page.text[word.end : word.end + 3])
    return word.is_sure and len(word.text) > (3 if word.form == "U" or initial else 4)


def _is_everyday_pair(page: Page, word: Word, after: Word | None) -> bool:
    """Whether two everyday words are a full name before a stop: "dawn wren, g1p0"."""
    if after is None or not word.flags & GIVEN or not (word.flags & DOUBLE or not word.flags & WORD):
        return False
    eponym = after.flags & SURNAME and after.flags & EPONYM and not after.flags & CORE
    if not (after.flags & DOUBLE or eponym) or is_clinical(page, after):
        return False
    if word.key in _FUNCTION or after.key in _FUNCTION:
        return False
    return _ENDED.match(page.text, after.end) is not None


def _behind_initial(page: Page, place: int) -> bool:
    """Whether an initial with a stop stands before: "d. ogilvie"."""
    if not place or page.gap(place) != ". " or len(page.words[place - 1].text) > 1:
        return False
    word = page.words[place]
    borne = word.flags & NAME and word.key not in _FUNCTION and word.key not in terms()  # "t. vit d"
    return bool(borne) and page.gap(place - 1)[-1:] in ("", " ", "\n")


def _alone_written(page: Page, place: int) -> bool:
    word = page.words[place]
    if len(word.text) < 5 and re.search(r"\d[ ]?$", page.text[max(0, word.start - 2) : word.start]):
        return False  # a unit
    if word.form == "M":
        joined = len(word.text) > 6 and _is_joined(word.text)
        return joined or word.is_sure and len(word.text) > 4 and not word.text[:-1].isupper()
    if word.is_sure or _leads_pair(page, place) or _is_aged(page, word):
        return True
    if word.flags & (DOUBLE | EPONYM) or word.flags & PUBLIC and word.flags & GIVEN:
        return _alone_double(page, place)
    if not word.is_unknown or page.case != "mixed":
        return False
    return not (is_worded(word) if word.opens else is_medical(word))


def _is_joined(text: str) -> bool:
    """Whether two names are written as one word: "KwameMensah"."""
    parts = re.findall(r"[^\W\d_a-z][^\W\d_A-Z]+", text)
    names = [kind(part) & (GIVEN | SURNAME) and not kind(part) & VOCABULARY for part in parts]
    return len(parts) == 2 and "".join(parts) == text and all(names)


def _leads_pair(page: Page, place: int) -> bool:
    """Whether a word that some people are called by stands before a family name: "Poppy Penrose"."""
    word, after = page.words[place], _after(page, place)
    if after is None or after.form not in "TM" or not word.flags & GIVEN or word.flags & HEAD:
        return False
    family = after.flags & SURNAME and (after.flags & DOUBLE or not after.flags & VOCABULARY)
    return bool(family) and not after.flags & (HEAD | PUBLIC) and not is_clinical(page, after)


def _is_aged(page: Page, word: Word) -> bool:
    """Whether a word that some are called by has an age: "River, 6 yo", "Winter is a 6 year old"."""
    return bool(word.flags & GIVEN and not word.flags & HEAD and _IS_AGED.match(page.text, word.end))


def _alone_double(page: Page, place: int) -> bool:
    """An everyday word or an eponym that people are called by: what stands around it decides."""
    word, after = page.words[place], _after(page, place)
    if word.flags & PUBLIC:
        named = word.flags & GIVEN and after and after.form in "TM" and after.may_be_name
        return bool(named) and not (after and (after.flags & (PUBLIC | HEAD) or is_clinical(page, after)))
    if after and after.form in "TM" and (after.may_be_name or _is_strange(after)):
        return not is_clinical(page, after)
    if after and after.key in _SPEECH or word.flags & GIVEN and _TELLS_AGE.match(page.text, word.end):
        return word.key not in _FUNCTION or bool(after and after.key in ("says", "said"))
    return bool(word.flags & DOUBLE) and _stands_out(page, place, after)


def _stands_out(page: Page, place: int, after: Word | None) -> bool:
    """Whether its place alone makes an everyday word a name: amid a sentence, or as an item of a list."""
    word = page.words[place]
    if word.flags & GIVEN and after and after.form == "I" and page.text[after.end : after.end + 1] == ".":
        return True
    if word.opens:
        return _is_bullet(page, place) or _is_roll(page, place)
    if word.flags & EPONYM and _among_eponyms(page, place):
        return False
    return not (after and after.form == "T" or _after_capital(page, place))


def _is_strange(word: Word) -> bool:
    return word.is_unknown and not is_worded(word)


def _is_bullet(page: Page, place: int) -> bool:
    """Whether the word is the first of an item of a list of patients: "2) Wolf - bite"."""
    word = page.words[place]
    return bool(
        re.search(r"\d[.)]\s?$|\b[A-Z]:\s$", page.text[max(0, word.start - 4) : word.start])
        and re.match(r"\s?[-–:,]\s|\sto\s", page.text[word.end : word.end + 4])
    )


def _is_roll(page: Page, place: int) -> bool:
    """Whether the words are a roll of such names: "Fox, Wolf and Lamb"."""
    words = page.words[place : place + 3]
    borne = all(word.form == "T" and word.flags & DOUBLE for word in words[:2])
    return len(words) == 3 and borne and page.text[words[0].end : words[-1].start][:2] == ", "


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
