"""Names that a turn of speech announces, whatever words they are: "goes by Ziggy", "this is gary calling"."""

import re
from collections.abc import Iterator
from itertools import chain

from worker_collection.phi import anchors, cues, glance
from worker_collection.phi.lexicon import EPONYM, GIVEN, HEAD, SURNAME, VOCABULARY, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_SAID = (
    r"(?:a\.?k\.?a\.?|alias|nicknamed|nick-?name(?:\sis)?|goes\sby(?:\sthe\sname(?:\sof)?)?|"
    r"known\s(?:[a-z]+\s)?as|"
    r"(?:likes|prefers|wants|wishes|asks|asked)\sto\sbe\s(?:called|addressed\sas)|to\sbe\s(?:called|named)|"
    r"preferred\sname(?:\sis)?|maiden\sname(?:\sis|\swas)?|formerly\sknown\sas|née|nee|born\sas|"
    r"tattoo(?:\sof|\sreading)?|"
    r"(?:my|his|her|their|the|whose|baby['’]?s|partner['’]?s|son['’]?s|daughter['’]?s)\sname\s(?:is|was)|"
    r"name['’]s|named|"
    r"spelled|spelt|answers\sto|calls\s(?:him|her|them)sel(?:f|ves)|introduced\s(?:him|her)self\sas|"
    r"signs\sas)"
)
_TITLED = re.compile(
    rf"\b{_SAID}[:,]?[ ][\"'“‘(]?((?-i:[A-ZÀ-ÞŁŚŞĞİÖ])[\w'’-]{{1,24}}(?:[ "
    rf"](?-i:[A-ZÀ-ÞŁŚŞĞİÖ])[\w'’-]{{1,24}}){{0,2}})",
    re.IGNORECASE,
)
_FLAT = re.compile(
    rf"\b{_SAID}[:,]?[ ][\"'“‘(]?([^\W\d_]{{2,20}})(?=[\"'”’)]|[ ]?(?:[,.;)\n]|$)|[ ](?:and|but|by|to|at)\b)",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"\b(?:this\sis|it['’]?s|its|here\sis|i['’]?m|i\sam)[ ]([^\W\d_]{2,20})(?:[ ]([^\W\d_]{2,20}))?[ ]"
    r"(?:here|calling|ringing|speaking|writing|texting|from[ ](?:the|ward|room|bed|unit|pharmacy|"
    r"reception|clinic|lab|radiology))\b",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?i:\b(?:user(?:name)?|log-?in|logged\s(?:in|on)(?:\sas|\sby)?|author|operator|entered\sby|"
    r"edited\sby|scanned\sby|"
    r"created\sby|updated\sby|modified\sby|printed\sby|by))[:=]?[ "
    r"]{1,2}([a-z]{2,14}[._-]?[a-z]{0,14}\d{1,4}|[a-z]{1,14}[._][a-z]{2,16})\b"
)
_LOGGED = re.compile(
    r"(?:(?i:transcribed|typed|keyed|dictated)(?i:[ ]by)?:?[ ]|/[ ](?=[a-z]{4,16}[ ]/[ ]job)|\"user\":[ "
    r"]?\"|\bws-)"
    r"([a-z]{4,16})\b"
)
_LETTERS = re.compile(
    r"(?:(?<!\d )(?:[Mm]rs?|[Mm]s|[Mm]iss)\.?[ ](?=[A-Z]{1,2}\b)|(?:[Pp]t|[Pp]atient)[ ](?=[A-Z]{2}[ "
    r"](?:is|was|"
    r"has|seen|reports|says|said|"
    r"came|presented|denies)\b))([A-Z]{1,2}\b\.?)"
)
_DOTTED = re.compile(
    r"([A-Z]\.(?<![\w.][A-Z]\.)[ ]?(?:[A-Z]\.[ ]?){1,2})(?=(?:is|was|has|had|reports|says|said|came|"
    r"presented|denies|seen|feels)\b)"
)
_TITLES = anchors.on(frozenset({"mr", "mrs", "ms", "miss", "pt", "patient"}))
_STARTS = anchors.on(
    cues.words(
        "a aka alias nicknamed nickname nick-name goes known likes prefers wants wishes asks asked to "
        "preferred maiden formerly née nee "
        "born tattoo my his her their the whose name named spelled spelt answers calls introduced signs baby "
        "partner son "
        "daughter"
    )
)
_SPEAKS = anchors.on(cues.words("this it it's its here i'm im i"))
_LOGS = anchors.on(
    cues.words(
        "user username login log-in logged author operator entered edited scanned created updated modified "
        "printed by"
    )
)


_MARKED = re.compile(r"(?<![\w@./-])[^\W\d_]{2,20}(?:[_.]?\d{1,4}|_[^\W_]{1,20}){1,4}(?![\w@/-])")
_LETTER_RUNS = re.compile(r"[^\W\d_]{3,}")


def _marked(page: Page) -> Iterator[Span]:
    """Names with digits or underscores in one word: "okafor_j", "Mensah2"."""
    if not ("_" in page.text or glance.holds(page.shape.upper(), "A9", "A.9") or not page.text.isascii()):
        return
    for match in _MARKED.finditer(page.text):
        for part in _LETTER_RUNS.findall(match.group()):
            flags = kind(part)
            if flags & (GIVEN | SURNAME) and not flags & (VOCABULARY | EPONYM) and len(part) > 3:
                yield Span(match.start(), match.end(), "NAME")
                break


def _logged(page: Page) -> Iterator[Span]:
    """Log-in names where a machine or a typist puts them: "transcribed: mquist"."""
    typed = glance.holds(page.lowered, "transcribed", "typed", "keyed", "dictated", " / ", '"user":', "ws-")
    for match in _LOGGED.finditer(page.text) if typed else ():
        if not kind(match.group(1)) & VOCABULARY:
            yield Span(*match.span(1), "NAME")


def find(page: Page) -> Iterator[Span]:
    """What is announced as a name; an eponym with its disease is none."""
    yield from _marked(page)
    for match in page.matches(_TITLED if page.case == "mixed" else _FLAT, _STARTS):
        if not _is_other(match.group(1).split()):
            yield Span(match.start(1), match.end(1), "NAME")
    for match in page.matches(_SPEAKER, _SPEAKS):
        for group in (1, 2):
            word = match.group(group)
            if word and not _is_other([word]) and not (word.islower() and page.case == "mixed"):
                yield Span(match.start(group), match.end(group), "NAME")
    yield from _logged(page)
    dotted = _DOTTED.finditer(page.text) if "." in page.text else ()
    for match in chain(page.matches(_LOGIN, _LOGS), page.matches(_LETTERS, _TITLES), dotted):
        yield Span(match.start(1), match.start(1) + len(match.group(1).rstrip()), "NAME")


def _is_other(words: list[str]) -> bool:
    """Whether the words are a disease, a role or grammar and nobody."""
    first = words[0].casefold()
    if first in cues.names("not_names") or first in cues.names("roles") or first in cues.names("kin"):
        return True
    kinds = [kind(word) for word in words]
    return any(flags & HEAD for flags in kinds[1:]) or bool(
        kinds[0] & EPONYM and len(words) == 1 and words[0].endswith("s")
    )
