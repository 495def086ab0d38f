"""Institutions and employers by where they stand: behind "booked", before "scan", after a person's name."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import anchors, cues
from worker_collection.phi.anchors import Anchor
from worker_collection.phi.lexicon import EPONYM, fold
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span
from worker_collection.phi.telling import CAPITAL, RUN, tells, words_of

_END = (
    r"(?=[ ]?(?:[.,;:)(\n]|$)|[ ]{2}|[ ](?:by|for|on|"
    r"in|at|with|under|to|and|as|where|who|until|dated|done|performed|last|since|again|yesterday|called|rang|sent|requested|"
    r"awaited|pending|signed|approved|twice|weekly|aware|after|before|because|via|this|"
    r"today|re|Tel|TEL)\b|[ ]\d)"
)
# What stands before an institution and the name of nothing else.
_TREATED = re.compile(
    r"(?:[Bb]ooked(?:[ ](?:at|into|for))?|THOC|ER|[Uu]sual unit|[Hh]ome unit|[Pp]arent unit|LOC:|Loc:|"
    r"Ward:|COMPARISON:|Comparison:|"
    r"[Cc]omparison:? [\d/. A-Za-z-]{4,16},|[Nn]earest|[Cc]losest|[Pp]refers|[Rr]ef|"
    r"[Bb]loods [^.,\n]{3,16} at|[Rr]ehab at|[Bb]ed at|[Tt]x to|"
    r"[Cc]onveyed to|[Tt]ransfer(?:red)? (?:to|from)|[Aa]waiting|[Cc]op(?:y|ied) to|[Rr]efer(?:red)? "
    r"(?:to|from)|GA at|"
    r"[Rr]ecords (?:from|at)|[Nn]otes are at|[Tt]reated (?:in|by)|[Ll]ooked after (?:at|by)|[Kk]nown to|"
    r"[Rr]ecords:|GP[ ]?\(|GP at|(?:[Ss]can|MRI|CT|PET|[Ee]cho|[Bb]loods|[Cc]hemo|[Dd]ialysis|"
    r"[Ss]urgery|[Cc]linic) (?:at|from)|"
    r"(?:sent|admitted|discharged|moved|taken|brought|repatriated|returned) to|(?:repeated|rechecked|seen|"
    r"treated|reviewed|"
    r"scanned|delivered|dialysed|stitched|biopsied|born|died|stented|privately|met [^.\n]{0,24}) at|"
    r"[Aa]ttend(?:s|ed)|under "
    r"[^.\n,]{0,24} at|implanted [\w/ ]{4,16}|"
    rf"Given {CAPITAL}|[Ii]mplanter {CAPITAL},|[Dd]/w {CAPITAL}|DISPOSITION:|Disposition:|Plan:|Mottagn\.|"
    rf"REQ: [^:\n]{{3,40}}LOC:)[ ]({RUN}){_END}"
)
_THEIR = re.compile(
    rf"(?:[Tt]he|[Mm]y|[Hh]is|[Hh]er|[Tt]heir|[Aa]) ({RUN}) (?:form|colleagues?|people|van|lorry|truck|shift|"
    rf"manager|food|team|uniform|scan|notes|records|films?|letter|report|shop|nurse|bypass|road|consultant|"
    rf"registrar|switchboard|"
    r"pharmacy|bloods|images|results|discharge|gym|canteen|nurses|bus|train|branch|site|office|job|"
    r"pension|accident)\b"
)
_EMPLOYED = re.compile(
    r"(?:HMO|[Ww]orker'?s'? comp(?:ensation)?|[Cc]arers|[Ff]uneral(?: home| director)?:?|[Uu]ndertakers?:?|"
    r"(?:[Pp]ension|[Ee]mailed|[Oo]xygen|[Dd]eliver(?:y|ies)|[Pp]arcels?|[Ll]etter|[Bb]oard|[Cc]all|[Rr]ep)"
    r" from|[Oo]ff work [^.(\n]{2,24}\(|[Ee]x|[Rr]etired from|[Ss]acked (?:from|by)|[Rr]edundant (?:from|at)|"
    r"[Pp]ay[eo]r|[Ii]nsurer|[Ii]nsurance|[Ww]orks?:|[Ss]chool is|[Ss]upported by|[Ff]unded by|"
    r"[Tt]ransport[ ]?[(:]|"
    r"[Bb]elongings:[^.\n]{2,24},|Ward clerk of|[Ee]mployer(?:/School)?:?|[Ii]nsured (?:through|by|with)|"
    r"[Cc]overed "
    r"by|[Ee]mployed (?:as an? [a-z ]{3,24} )?(?:by|at|with)|"
    r"[Cc]ontract with|belonging to|[Bb]ody to|[Rr]emains to|sick note for|letter via|parcels via|"
    r"colleague from|rep from|employee of|"
    r"driver (?:from|for)|[Tt]rainer [^.\n]{2,30} of|to call|(?:laid off|shifts|"
    r"boxes|nurse|job|[Ww]orks?|worked|"
    r"working|apprentice) (?:at|for|by|with)|[Cc]ooks for|[Pp]lays for|booked by|ships [^.\n]{2,30} via|"
    r"[Dd]ocket \S{4,16} to|"
    r"[Ww]orked for [^.\n]{2,30}, then|[Pp]ayroll(?: no\.?| number)? \S{2,10},|[Oo]ccup(?:ation)?:? [a-z "
    r"]{3,24},|"
    rf"(?:[Ss]olicitor|[Aa]dvocate|[Uu]nion|[Cc]hurch|[Ss]chool|[Tt]eam|[Cc]lub)(?: {CAPITAL}){{1,3}},)[ "
    rf"]?({RUN}){_END}"
)
_CLOSED = re.compile(
    rf"[Ss]ince ({RUN}) (?:closed|shut|folded|laid|went|collapsed|relocated|downsized|moved|cut|stopped|"
    rf"sacked)\b"
)
_IN_BRACKETS = re.compile(
    r"(?:work|employer|job|company|firm|school|office|uni|college)[ ]\(((?:the )?[^()\n]{2,36})\)",
    re.IGNORECASE,
)
_FROM = re.compile(rf"from[ ]({RUN}){_END}")
_BRAND = re.compile(r"[A-Z0-9]{1,2}(?:&|\d)[A-Z]{1,2}")  # G4S, M&S
_READ = re.compile(r"(?:[A-Z]{2,8}|[a-z]{2,8})[ ]\d{1,4}")
_PERSON_BEFORE = re.compile(r"(?<![\w'’-])[A-ZÀ-Þ][\w'’-]+[ ]$")
_HEADS = cues.group("bare_heads")
_FROM_WORD = anchors.on({"from"})
_WORKPLACES = anchors.on(cues.words("work employer job company firm school office uni college"))


def _words(told: str) -> Anchor:
    return anchors.on(cues.words(told))


_HAND = re.compile(
    rf"(?:[Aa]n?|[Rr]etired|[Ee]x|[Ff]ormer|[Ii]n|[Hh]is|[Hh]er)[ -]({RUN})[ ](?:drivers?|workers?|"
    rf"employees?|"
    r"guard|picker|packer|cashier|courier|steward|mechanic|rider|apprentice|manager|foreman|receptionist|"
    r"conductor|uniform|lanyard|payslip)\b"
)
_CUED = (
    (
        _TREATED,
        _words(
            "nearest closest prefers ref rehab bed tx "
            "looked known treated gp booked thoc er usual home parent loc ward comparison conveyed "
            "transfer transferred awaiting "
            "copy copied refer "
            "referred ga records notes scan mri ct pet echo bloods chemo dialysis surgery clinic sent "
            "admitted discharged "
            "moved taken brought repatriated returned repeated rechecked seen treated reviewed scanned "
            "delivered born "
            "died stented privately met attends attended under implanted given implanter d disposition "
            "plan mottagn req"
        ),
        "HOSPITAL",
    ),
    (_THEIR, _words("the my his her their a"), "HOSPITAL"),
    (
        _EMPLOYED,
        _words(
            "worker workers carers funeral undertaker undertakers pension emailed oxygen delivery "
            "deliveries parcel letter board call off ex retired sacked redundant "
            "insurance supported funded transport belongings hmo payer payor insurer employer insured "
            "covered employed contract belonging body remains "
            "sick letter "
            "parcels colleague rep employee driver trainer to laid shifts boxes nurse job work works "
            "worked working "
            "apprentice cooks plays booked ships docket payroll occup occupation solicitor advocate union "
            "church school "
            "team club"
        ),
        "ORG",
    ),
    (_CLOSED, _words("since"), "ORG"),
    (_HAND, _words("a an retired ex former in his her"), "ORG"),
)
_APPOSED = re.compile(rf"(?:,[ ]|[ ]\()({RUN})(?=[ ]?(?:[.;)\n]|$)|,[ ]\d|,[ ][A-ZÀ-Þ]|[ ]{{2}})")
_HEADED = re.compile(rf"(?m)^({RUN})(?:[ ]*$|,[ ](?=\S))")


_GREETS = re.compile(r"(?:Dear|Hi|Hello|Hey|Hallo|R[Ee]|From|To|C[Cc]|Hiya)\b")
_WARD = re.compile(r"(?:Ward|Level|Bay|Bed|Room|Floor)[ ][A-Z]?\d")
_REGISTERS = cues.words(
    "gdc gmc nmc hcpc gphc npi dea cdl dl dvla ahpra rpps lanr adeli inami prc mdcn hpcsa"
)


def find(page: Page, covered: bytearray) -> Iterator[Span]:
    """What no other detector has taken and what its place makes an institution or an employer."""
    text = page.text
    if "(" in text:
        for match in page.matches(_IN_BRACKETS, _WORKPLACES):
            if not (text[match.start(1)].isdigit() or covered[match.start(1)]):
                yield Span(*match.span(1), "ORG")
    if page.case != "mixed":
        return
    yield from _cued(page, covered)


def _cued(page: Page, covered: bytearray) -> Iterator[Span]:
    """Houses and employers behind their cue, and behind a person and "from"."""
    for pattern, keys, label in _CUED:
        for start in page.starts(keys):
            match = pattern.match(page.text, start)
            if match and not (pattern is _THEIR and _is_borrowed(page, match)):
                yield from _house(page, match.span(1), covered, label=label)
    for start in page.starts(_FROM_WORD):
        match = _FROM.match(page.text, start)
        if match and _PERSON_BEFORE.search(page.text, max(0, start - 26), start):
            yield from _house(page, match.span(1), covered, label="ORG")


def _is_borrowed(page: Page, match: re.Match[str]) -> bool:
    """Whether a test or a form is called after somebody: "the Doppler report"."""
    return any(word.flags & EPONYM for word in words_of(page, *match.span(1)))


def apposed(page: Page, names: Sequence[Span], covered: bytearray) -> Iterator[Span]:
    """Where somebody works, behind his name: "copy Quist, BIRDEM", "Dr Quill (CHUV)"."""
    if page.case != "mixed":
        return
    for name in names:
        match = _APPOSED.match(page.text, name.end, name.end + 80)
        if match and fold(match.group(1).split()[0]) not in _REGISTERS and not _WARD.match(match.group(1)):
            yield from _house(page, match.span(1), covered, label="HOSPITAL")
    for match in _HEADED.finditer(page.text):
        if _is_letterhead(page.text, match, covered):
            yield from _house(page, match.span(1), covered, label="HOSPITAL")


def _is_letterhead(text: str, match: re.Match[str], covered: bytearray) -> bool:
    """Whether an address or a date follows a line, or the name before the comma."""
    at = match.end()
    while at < len(text) and text[at] in " \n":
        at += 1
    taken = any(covered[match.start(1) : match.end(1)])  # "LETTER August 8, 2022"
    if taken or "\n\n" in text[match.end(1) : at] or _GREETS.match(match.group(1)):
        return False
    return at < len(text) and bool(covered[at])


def _house(page: Page, where: tuple[int, int], covered: bytearray, *, label: str) -> Iterator[Span]:
    words = words_of(page, *where)
    numbered = page.text[where[0]].isdigit() and len(words) == 1 and words[0].key in _HEADS  # "37 Military"
    if _READ.fullmatch(page.text, *where) and not (numbered or words and words[0].key in _HEADS):
        return  # "AFP 12", "plt 98"
    brand = label == "ORG" and _BRAND.fullmatch(page.text, *where) is not None
    told = numbered or brand or tells(page, words, sure=label == "ORG")
    if told and any(page.text[at].isalnum() and not covered[at] for at in range(*where)):
        start = where[0] if brand or page.text[where[0]].isdigit() else words[0].start
        yield Span(start, where[1], label)
