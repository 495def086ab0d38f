"""Names that a turn of speech announces, whatever words they are: "goes by Ziggy", "this is gary calling"."""

import re
from collections.abc import Iterator

from worker_collection.phi import cues
from worker_collection.phi.lexicon import EPONYM, HEAD, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_SAID = (
    r"(?:a\.?k\.?a\.?|alias|nicknamed|nick-?name(?:\sis)?|goes\sby(?:\sthe\sname(?:\sof)?)?|known\s(?:[a-z]+\s)?as|"
    r"(?:likes|prefers|wants|wishes|asks|asked)\sto\sbe\s(?:called|addressed\sas)|to\sbe\s(?:called|named)|"
    r"preferred\sname(?:\sis)?|maiden\sname(?:\sis|\swas)?|formerly\sknown\sas|née|nee|born\sas|tattoo(?:\sof|\sreading)?|"
    r"(?:my|his|her|their|the|whose|baby['’]?s|partner['’]?s|son['’]?s|daughter['’]?s)\sname\s(?:is|was)|name['’]s|named|"
    r"spelled|spelt|answers\sto|calls\s(?:him|her|them)sel(?:f|ves)|introduced\s(?:him|her)self\sas|signs\sas)"
)
_TITLED = re.compile(
    rf"\b{_SAID}[:,]?[ ][\"'“‘(]?((?-i:[A-ZÀ-ÞŁŚŞĞİÖ])[\w'’-]{{1,24}}(?:[ ](?-i:[A-ZÀ-ÞŁŚŞĞİÖ])[\w'’-]{{1,24}}){{0,2}})",
    re.IGNORECASE,
)
_FLAT = re.compile(
    rf"\b{_SAID}[:,]?[ ][\"'“‘(]?([^\W\d_]{{2,20}})(?=[\"'”’)]|[ ]?(?:[,.;)\n]|$)|[ ](?:and|but|by|to|at)\b)",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"\b(?:this\sis|it['’]?s|its|here\sis|i['’]?m|i\sam)[ ]([^\W\d_]{2,20})(?:[ ]([^\W\d_]{2,20}))?[ ]"
    r"(?:here|calling|ringing|speaking|writing|texting|from[ ](?:the|ward|room|bed|unit|pharmacy|reception|clinic|lab|radiology))\b",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?i:\b(?:user(?:name)?|log-?in|logged\s(?:in|on)(?:\sas|\sby)?|author|operator|entered\sby|edited\sby|scanned\sby|"
    r"created\sby|updated\sby|modified\sby|printed\sby|by))[:=]?[ ]{1,2}([a-z]{2,14}[._-]?[a-z]{0,14}\d{1,4}|[a-z]{1,14}[._][a-z]{2,16})\b"
)
_LETTERS = re.compile(
    r"(?:(?<=[Mm]r )|(?<=[Mm]rs )|(?<=[Mm]s )|(?<=[Mm]r\. )|(?<=[Mm]s\. )|(?<=[Mm]rs\. ))([A-Z]{1,2}\b\.?)|"
    r"(?<![\w.])((?:[A-Z]\.[ ]?){2,3})(?=(?:is|was|has|had|reports|says|said|came|presented|denies|seen|feels)\b)|"
    r"\b(?:[Pp]t|[Pp]atient)[ ]([A-Z]{2})(?=[ ](?:is|was|has|seen|reports|says|said|came|presented|denies)\b)"
)


def find(page: Page) -> Iterator[Span]:
    """What is announced as a name; an eponym with its disease is none."""
    for match in (_TITLED if page.case == "mixed" else _FLAT).finditer(page.text):
        if not _is_other(match.group(1).split()):
            yield Span(match.start(1), match.end(1), "NAME")
    for match in _SPEAKER.finditer(page.text):
        for group in (1, 2):
            word = match.group(group)
            if word and not _is_other([word]) and not (word.islower() and page.case == "mixed"):
                yield Span(match.start(group), match.end(group), "NAME")
    for pattern in (_LOGIN, _LETTERS):
        for match in pattern.finditer(page.text):
            group = match.lastindex or 0
            yield Span(match.start(group), match.start(group) + len(match.group(group).rstrip()), "NAME")


def _is_other(words: list[str]) -> bool:
    """Whether the words are a disease, a role or grammar and nobody."""
    first = words[0].casefold()
    if first in cues.names("not_names") or first in cues.names("roles") or first in cues.names("kin"):
        return True
    kinds = [kind(word) for word in words]
    return any(flags & HEAD for flags in kinds[1:]) or bool(
        kinds[0] & EPONYM and len(words) == 1 and words[0].endswith("s")
    )
