"""Two or three letters that stand for somebody: below what was written, before a pager, behind a role."""

import re
from collections.abc import Iterator
from itertools import chain

from worker_collection.phi import anchors, cues
from worker_collection.phi.lexicon import EPONYM, PUBLIC, VOCABULARY, fold, kind, terms
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_CAPS = r"[A-ZÀ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶŁĻŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽȘȚ]"
_SOME = rf"({_CAPS}{{2,3}})"
# Where nothing but somebody's initials stand; the letters may mean anything else.
_SURE = re.compile(
    rf"(?i:thx|thanks|regards|cheers|rgds|best\swishes|yours|sincerely|faithfully),?[ ]{_SOME}(?=[/.\s]|$)|"
    rf"(?i:source|index|deceased|case)\s(?i:patient|pt|donor|recipient)\s{_SOME}\b|"
    rf"(?i:subject|participant|volunteer|enrollee)\s[\w-]{{2,14}}\s?/\s?{_SOME}\b|"
    rf"(?i:subject|participant|volunteer|enrollee)\s[\w-]{{2,14}},\s{_SOME}(?=,)|"
    rf"(?i:re|fwd?|subject|subj|aw|wg|tr|sv):\s{_SOME}(?=\s[/–-]\s)|"
    rf"(?i:provider|initials?|init|signed|seen\sby|author|typist|scribe|coder|clerk|nurse|dr|"
    rf"doctor):\s{_SOME}"
    rf"(?=\s*$|[ ]{{2}}|[,;.)/])|"
    rf"(?:RPh|RPH|HA|HCA|HCSW|CNA|LPN|EEN|RGN|RMN|SpR|SHO|HO|PharmD|pharm|tech|Tech|scribe|clerk|"
    rf"typist)\s{_SOME}(?=\s*$|[.,;)])|"
    rf"(?i:signs\sas|initials)[ ]?((?:{_CAPS}\.){{2,3}})(?=,|\s|$)|"
    rf"(?i:by|with)\s{_SOME}(?=\s(?:at\s)?\d{{1,2}}(?:[:h.]\d\d|\s?[ap]m))",
    re.MULTILINE,
)
_SURE_LOWER = re.compile(
    r"(?:thx|thanks|regards|cheers|rgds|best\swishes),?[ ]([a-z]{2,3})(?=/|\s*$|\.\s*$)|"
    r"(?:source|index)\s(?:patient|pt)\s([a-z]{2,3})\b|"
    r"(?:subject|participant|volunteer)\s[\w-]{2,14}\s?/\s?([a-z]{2,3})\b|"
    r"(?:re|fwd?|subject|subj):\s([a-z]{2,3})(?=\s[/–-]\s)|"
    r"(?:signs\sas)\s((?:[a-z]\.){2,3})(?=,|\s|$)|"
    r"(?:rph|provider:|hca)\s([a-z]{2,3})(?=\s*$|[ ]{2}|[.,;)])|"
    r"(?:by)\s([a-z]{2,3})(?=\s(?:at\s)?\d{1,2}(?:[:h.]\d\d|\s?[ap]m))",
    re.MULTILINE,
)
_SURE_KEYS = anchors.on(
    cues.words(
        "thx thanks regards cheers rgds best yours sincerely faithfully source index deceased case subject "
        "participant "
        "volunteer enrollee re fw fwd subj aw wg tr sv provider initials initial init signed seen author "
        "typist scribe "
        "coder clerk nurse dr doctor rph ha hca hcsw cna lpn een rgn rmn spr sho ho pharmd pharm tech signs "
        "by with"
    )
)
_PAGERS = anchors.on(cues.words("pgr pager bleep beeper dect"))
_PAGED = re.compile(r"(?:^|(?<=[\s(]))([^\W\d_]{2,3})[ ]$", re.MULTILINE)
_DASHED = re.compile(r"[.!?)]\s?[—–]\s?([^\W\d_]{2,3})\s*$", re.MULTILINE)
_DATED = re.compile(rf"\d\s{_SOME}[.:](?=\s)")
_DATE_BEFORE = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}$")
_CASED = re.compile(r"\((?:case\s)?((?:[^\W\d_]\.){2,3}),")
_DOTTED = re.compile(rf"{_CAPS}\.{_CAPS}\.(?:{_CAPS}\.)?(?![\w@])")
_TYPED = re.compile(rf"(?:/|[ ]/[ ])({_CAPS}{{2,3}}|(?:{_CAPS}\.[ ]?){{2}})(?=\s*$|[.;]\s|\n)", re.MULTILINE)
_AUTHOR = re.compile(r"(?<!\w)([^\W\d_][^\W\d_'’-]{2,24})$")
# Who wrote and who typed, or who wrote and when, at the end of a line.
_NAMED = re.compile(rf"[.!?]\s({_CAPS}[^\W\d_]{{2,20}}(?:-[^\W\d_]{{2,16}})?)/({_CAPS}{{2,3}})[ \t]*(?=\n|$)")
_REFERENCE = re.compile(
    rf"[Rr]ef:?[ ](?:({_CAPS}{{2,3}})/(?:({_CAPS}{{2,3}})/)?|"
    rf"[\w/.-]{{4,20}}/({_CAPS}{{2,3}})(?=[ \t]*(?:\n|$)))"
)
_BOTH = re.compile(rf"(?:[.!?)]|\n)[ ]?({_CAPS}{{2,3}})/({_CAPS}{{2,3}})[ \t]*(?=\n|$)")
_TIMED = re.compile(rf"[.!?)]\s{_SOME}\s(?:\d{{1,2}}[:.h]\d\d|\d{{1,2}}\s?[ap]m)[ \t]*(?=\n|$)")
_LINE = re.compile(r"\n[ \t]*([^\W\d_]{2,3})[ \t]*(?=\n|$)")
_LAST = re.compile(rf"[.!?]\s{_SOME}[ \t]*(?=\n|$)")
_CLOSED = cues.words(
    "nad nkda nbm npo dnr prn stat ok rtc tto dc pt ot ra iv po ct us mri cxr ecg ekg htn usa uk"
)
# Dotted letters that are no person: degrees, routes, places, times, parts of records.
_TITLES = cues.words("dob dr mr ms mrs the and")
_TERMS = cues.words(
    "yo us uk usa ae eu un ny la dc nyc uae am pm ad bc eg ie po im iv sc sl pr od os ou qd bid tid qid qod "
    "prn hs ac pc "
    "md do rn np pa phd dds dpm mph msc bsc ba ma bs ms dob mrn ssn bp hr rr er ed icu ob gyn gi gu cns "
    "ct mri dt cc "
    "cf sob cp ha na nb ps pp pt op ip co cv ot st no re va vf ph co hs ekg ecg uti tb ra ms cva tia copd "
    "chf cad dvt pe "
    "spa srl sa sl nv bv ev kg po box rt lt le ue ll ul ok"
)


def find(page: Page) -> Iterator[Span]:
    """Initials that their place gives away, those with stops, and those that end what somebody wrote."""
    lower = page.case == "lower"
    pattern = _SURE_LOWER if lower else _SURE
    sure = (pattern.match(page.text, start) for start in page.starts(_SURE_KEYS))
    for match in (*filter(None, sure), *_marked(page)):
        group = match.lastindex or 0
        letters = match.group(group)
        if fold(letters) not in _TITLES and not (letters.islower() and kind(letters) & VOCABULARY):
            yield Span(*match.span(group), "NAME")
    yield from _typed(page)
    yield from _below(page)
    yield from _in_place(page)
    if not lower:
        yield from _dotted(page)


def _marked(page: Page) -> Iterator[re.Match[str]]:
    """Letters before a pager, behind a dash or a date, and in the brackets of a case."""
    text = page.text
    for start in page.starts(_PAGERS):
        match = _PAGED.search(text, max(0, start - 6), start)
        if match and (match.group(1).isupper() or page.case == "lower"):
            yield match
    for match in _DASHED.finditer(text) if "—" in text or "–" in text else ():
        if match.group(1).isupper() or page.case == "lower":
            yield match
    for match in _DATED.finditer(text):
        if _DATE_BEFORE.search(text, max(0, match.start() - 12), match.start() + 1):
            yield match
    yield from _CASED.finditer(text)


def _dotted(page: Page) -> Iterator[Span]:
    for match in _DOTTED.finditer(page.text):
        letters = match.group().replace(".", "").casefold()
        before = page.text[max(0, match.start() - 1) : match.start()]
        if before and (before.isalnum() or before in "_.@/"):
            continue
        if letters not in _TERMS and letters.upper() not in cues.group("routes"):
            yield Span(match.start(), match.end(), "NAME")


def _typed(page: Page) -> Iterator[Span]:
    """Who typed it, behind who dictated it: "Quist/MB"."""
    for match in _TYPED.finditer(page.text) if "/" in page.text else ():
        author = _AUTHOR.search(page.text, max(0, match.start() - 26), match.start())
        if author and not kind(author.group(1)) & (VOCABULARY | EPONYM | PUBLIC):
            yield Span(*match.span(1), "NAME")


def _below(page: Page) -> Iterator[Span]:
    """Letters alone on the line below what was written, or behind its last full stop."""
    text = page.text
    for match in _LINE.finditer(text):
        letters = match.group(1)
        signed = letters.isupper() or page.case == "lower" and not kind(letters) & VOCABULARY
        if signed and _ends_writing(text, match) and fold(letters) not in _CLOSED:
            yield Span(*match.span(1), "NAME")
    if page.case == "lower":
        return
    for match in _LAST.finditer(text):
        if _is_item(text, match):
            continue
        last = not text[match.end() :].strip()
        if fold(match.group(1)) not in _CLOSED and (
            page.case == "mixed" or last and _is_nothing(match.group(1))
        ):
            yield Span(*match.span(1), "NAME")
    yield from _signed(text)


# Letters of somebody's names with a stop behind each, "T. R.", and where they or two bare ones sign.
_SPACED = re.compile(
    rf"(?<![\w.@-])(?<![^\W\d_][/ ])({_CAPS}\.[ ]?{_CAPS}\.)(?![\w@])(?![ ]?{_CAPS}[^\W\d_])"
)
_SPACED_LOWER = re.compile(
    r"(?:[.!?:)]|\n|[ ]{2}|(?<=\d))[ ]?"
    r"([a-z]\.[ ]?[a-z]\.)(?=\s*(?:\n|$)|\s(?:\d{1,2}[/.-]\d|[a-z]{3,9}\s\d))"
)
_CELL = re.compile(rf"(?:[ ]{{2}}|[|][ ])({_CAPS}{{2}})[ \t]*(?=\n|$)", re.MULTILINE)
_NUMBERED_PERSON = re.compile(
    rf"(?:[.:]\s|^|\n)({_CAPS}{{2,3}}|(?:{_CAPS}\.){{2,3}}),\s(?:{_CAPS}{{0,3}}\d{{5,}})"
)
_BY = re.compile(
    rf"\b(?i:s/b|signed|abst|checked|entered|typed\sby|tech:|hca:|nurse:)\s({_CAPS}{{2,3}})(?=[,\s.;]|$)"
)
_END_DATED = re.compile(r"(?:\d(?:st|nd|rd|th)?|\d[:h.]\d\d|[/-]\d{1,4}|of[ ][a-z]{3,9})\s([^\W\d_]{2})\s*\Z")
_CELLS = cues.words(
    "ok na nb ng no pt ra rt lt st tb uk us ve vs cm mm ml mg kg hr am pm po iv im sc od bd tds neg pos xx xo"
)


def _in_place(page: Page) -> Iterator[Span]:
    """Letters that stand where a signature or a person does, whatever they mean elsewhere."""
    text, lower = page.text, page.case == "lower"
    for match in (_SPACED_LOWER if lower else _SPACED).finditer(text) if "." in text else ():
        letters = re.sub(r"[. ]", "", match.group(1)).casefold()
        if letters not in _TERMS or not text[match.end() :].strip():
            yield Span(*match.span(1), "NAME")
    for match in (
        () if lower else chain(_CELL.finditer(text), _NUMBERED_PERSON.finditer(text), _BY.finditer(text))
    ):
        letters = match.group(1).replace(".", "")
        if _is_nothing(letters) and fold(letters) not in _CELLS | _CLOSED and not kind(letters) & PUBLIC:
            yield Span(*match.span(1), "NAME")
    last = _END_DATED.search(text, max(0, len(text) - 24))
    if last and (lower or last.group(1).isupper()):
        letters = fold(last.group(1))
        if (
            letters not in _CELLS | _CLOSED | _TERMS
            and not kind(letters) & VOCABULARY
            and _is_nothing(letters)
        ):
            yield Span(*last.span(1), "NAME")


def _is_item(text: str, match: re.Match[str]) -> bool:
    """Whether the stop before the letters is that of a numbered list: "2. OGD"."""
    return _NUMBERED.fullmatch(text, text.rfind("\n", 0, match.start()) + 1, match.start()) is not None


_NUMBERED = re.compile(r"[ \t]*\(?\d{1,2}")


def _signed(text: str) -> Iterator[Span]:
    """Who wrote and who typed, and who wrote when, behind the last full stop of a line."""
    for match in _BOTH.finditer(text) if "/" in text else ():
        if _is_nothing(match.group(1)) or _is_nothing(match.group(2)):
            yield Span(match.start(1), match.end(2), "NAME")
    for match in chain(_NAMED.finditer(text), _REFERENCE.finditer(text)) if "/" in text else ():
        last = match.lastindex or 1
        yield Span(match.start(1 if match.group(1) else last), match.end(last), "NAME")
    for match in _TIMED.finditer(text):
        if fold(match.group(1)) not in _CLOSED and _is_nothing(match.group(1)):
            yield Span(*match.span(1), "NAME")


def _is_nothing(letters: str) -> bool:
    """Whether letters mean nothing in a note, so that they are somebody's."""
    return (
        fold(letters) not in _TERMS and fold(letters) not in terms() and letters not in cues.group("routes")
    )


def _ends_writing(text: str, match: re.Match[str]) -> bool:
    """Whether a sentence ends above the line and nothing, or what is answered to, follows it."""
    above = text[max(0, match.start() - 4) : match.start()].rstrip()[-1:]
    below = text[match.end() : match.end() + 4].lstrip(" \t")
    return above in set(".!?,:)]") and (not below.strip() or below.startswith(("\n\n", "\n \n", "\n>")))
