"""Two or three letters that stand for somebody: below what was written, before a pager, behind a role."""

import re
from collections.abc import Iterator

from worker_collection.phi import cues
from worker_collection.phi.lexicon import EPONYM, PUBLIC, VOCABULARY, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_CAPS = r"[A-ZÀ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶŁĻŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽȘȚ]"
_SOME = rf"({_CAPS}{{2,3}})"
# Where nothing but somebody's initials stand; the letters may mean anything else.
_SURE = re.compile(
    rf"(?i:\b(?:thx|thanks|regards|cheers|rgds|best\swishes|yours|sincerely|"
    rf"faithfully)),?[ ]{_SOME}(?=[/.\s]|$)|"
    rf"\b{_SOME}(?=\s(?i:pgr|pager|bleep|beeper|dect)\s?[x#:]?\s?\d)|"
    rf"\b(?i:source|index|deceased|case)\s(?i:patient|pt|donor|recipient)\s{_SOME}\b|"
    rf"\b(?i:subject|participant|volunteer|enrollee)\s[\w-]{{2,14}}\s?/\s?{_SOME}\b|"
    rf"\b(?i:re|fwd?|subject|subj|aw|wg|tr|sv):\s{_SOME}(?=\s[/–-]\s)|"
    rf"[.!?)]\s?[—–]\s?{_SOME}\s*$|"
    rf"\b(?i:provider|initials?|init|signed|seen\sby|author|typist|scribe|coder|clerk|nurse|dr|"
    rf"doctor):\s{_SOME}(?=\s*$|[ ]{{2}}|[,;.)/])|"
    rf"\b(?:RPh|HA|HCA|HCSW|CNA|LPN|EEN|RGN|RMN|SpR|SHO|HO|PharmD|pharm|tech|scribe|clerk|"
    rf"typist)\s{_SOME}(?=\s*$|[.,;)])|"
    rf"\b\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}\s{_SOME}[.:](?=\s)|"
    rf"(?i:\bsigns\sas|\binitials|\()[ ]?((?:{_CAPS}\.){{2,3}})(?=,?[ ](?:\d{{1,3}}[MFmf]?\b|answers|"
    rf"and\b)|,|\))|"
    rf"\b(?i:by|with)\s{_SOME}(?=\s(?:at\s)?\d{{1,2}}[:h.]\d\d)",
    re.MULTILINE,
)
_SURE_LOWER = re.compile(
    r"\b(?:thx|thanks|regards|cheers|rgds|best\swishes),?\s([a-z]{2,3})(?=/|\s*$|\.\s*$)|"
    r"\b([a-z]{2,3})(?=\s(?:pgr|pager|bleep|beeper|dect)\s?[x#:]?\s?\d)|"
    r"\b(?:source|index)\s(?:patient|pt)\s([a-z]{2,3})\b|"
    r"\b(?:subject|participant|volunteer)\s[\w-]{2,14}\s?/\s?([a-z]{2,3})\b|"
    r"\b(?:re|fwd?|subject|subj):\s([a-z]{2,3})(?=\s[/–-]\s)|"
    r"[.!?)]\s?[—–]\s?([a-z]{2,3})\s*$|"
    r"\((?:case\s)?((?:[a-z]\.){2,3}),",
    re.MULTILINE,
)
_DOTTED = re.compile(rf"(?<![\w.@/])(?:{_CAPS}\.){{2,3}}(?![\w@])")
_DICTATED = re.compile(rf"(?<!\w)([^\W\d_][^\W\d_'’-]{{2,24}})/({_CAPS}{{2,3}})(?=\s*$|[.;]\s)", re.MULTILINE)
_LINE = re.compile(
    r"(?<=[.!?,:)\]])[ \t]*\n(?:[ \t]*\n)?[ \t]*([^\W\d_]{2,3})\b[ \t]*(?=\n[ \t]*(?:\n|>|$)|$)"
)
_LAST = re.compile(rf"[.!?]\s{_SOME}[ \t]*(?=\n|$)")
_CLOSED = cues.words(
    "nad nkda nbm npo dnr prn stat ok rtc tto dc pt ot ra iv po ct us mri cxr ecg ekg htn usa uk"
)
# Dotted letters that are no person: degrees, routes, places, times, parts of records.
_TITLES = cues.words("dob dr mr ms mrs the and")
_TERMS = cues.words(
    "us uk usa ae eu un ny la dc nyc uae am pm ad bc eg ie po im iv sc sl pr od os ou qd bid tid qid qod "
    "prn hs ac pc "
    "md do rn np pa phd dds dpm mph msc bsc ba ma bs ms dob mrn ssn bp hr rr er ed icu ob gyn gi gu cns "
    "ct mri dt cc "
    "cf sob cp ha na nb ps pp pt op ip co cv ot st no re va vf ph co hs ekg ecg uti tb ra ms cva tia copd "
    "chf cad dvt pe "
    "spa srl sa sl nv bv ev kg po box rt lt le ue ll ul ok"
)


def find(page: Page) -> Iterator[Span]:
    """Initials that their place gives away, those with stops, and those that end what somebody wrote."""
    text = page.text
    for match in (_SURE_LOWER if page.case == "lower" else _SURE).finditer(text):
        group = match.lastindex or 0
        letters = match.group(group)
        if fold(letters) not in _TITLES and not (letters.islower() and kind(letters) & VOCABULARY):
            yield Span(*match.span(group), "NAME")
    yield from _dotted(page)
    yield from _dictated(page)
    yield from _below(page)


def _dotted(page: Page) -> Iterator[Span]:
    if page.case == "lower" or "." not in page.text:
        return
    for match in _DOTTED.finditer(page.text):
        letters = match.group().replace(".", "").casefold()
        if letters not in _TERMS and letters.upper() not in cues.group("routes"):
            yield Span(match.start(), match.end(), "NAME")


def _dictated(page: Page) -> Iterator[Span]:
    """Who typed it, behind who dictated it: "Quist/MB"."""
    if "/" not in page.text:
        return
    for match in _DICTATED.finditer(page.text):
        if not kind(match.group(1)) & (VOCABULARY | EPONYM | PUBLIC):
            yield Span(*match.span(2), "NAME")


def _below(page: Page) -> Iterator[Span]:
    """Letters alone on the line below what was written, or behind its last full stop."""
    text = page.text
    for match in _LINE.finditer(text):
        letters = match.group(1)
        written = letters.isupper() or page.case == "lower" and letters.islower()
        if (
            written
            and fold(letters) not in _CLOSED
            and not (letters.islower() and kind(letters) & VOCABULARY)
        ):
            yield Span(*match.span(1), "NAME")
    if page.case != "mixed":
        return
    for match in _LAST.finditer(text):
        if fold(match.group(1)) not in _CLOSED:
            yield Span(*match.span(1), "NAME")
