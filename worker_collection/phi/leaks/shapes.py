"""Shapes of addresses, handles, files and signatures, and words that tell somebody apart from all others."""

import re
from collections.abc import Iterator, Mapping

from worker_collection.phi.leaks import cues
from worker_collection.phi.leaks.reading import Doubt, Reading

_PAGE = r"\b\w{1,20}://\S|\bwww\.\S|\b[\w-]{1,63}\.(?:com|org|net|edu|gov|info|health|io|example|local)\b(?!\.\s?[A-Z])"
_FILES = r"[\w-]{1,100}\.(?:jpe?g|png|pdf|docx?|heic|mp4|dcm|tiff?)\b"
_SPOKEN = r"\b(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double)\s){5,}"
_OLD = r"\b(?:im|i'm|is|aged?|hes|shes|turning)\s(?:ninety|a hundred)\b|\bninety[\s-]?\w*[\s-]years?[\s-]old"
_PLATE = (
    r"\b(?:plate|vehicle|reg|registration|car|truck)[\s:.]{1,2}(?:no\.?\s|number\s)?"
    r"(?=[A-Z\d -]{0,6}\d)[A-Z\d]{1,4}[ -]?[A-Z\d]{1,4}(?:[ -][A-Z\d]{1,4})?\b"
)
_SIGNED = (
    r"(?:/s/|\b(?:(?:e-?|electronically\s)?signed(?:\sby)?|sincerely|regards|dictated(?:\sby)?)\b[,:]?)\s+"
    r"(?-i:[A-Z][\w'’.-]{1,30}(?:\s[A-Z][\w'’.-]{1,30}){1,2})\s{0,3}(?:\n|$)"
)
_FEAST = (
    r"\b(?:on|at|since|before|after|until|over|during|last|next|this)\s(?:the\s)?(?:lunar\s|chinese\s|orthodox\s)?"
    rf"(?:{cues.one_of('holiday')}|new\syear|good\sfriday)"
)
_FEASTS = (*sorted(cues.words("holiday")), "new year", "good friday")
# Each pattern is sought only where one of its signs stands in the text, or one of its words.
_SHAPES: Mapping[str, tuple[tuple[str, ...] | frozenset[str], re.Pattern[str]]] = {
    "email": (("@",), re.compile(r"\S@[^\s@]{1,100}?\.\w")),
    "handle": (("@",), re.compile(r"(?<![\w@])@[A-Za-z_][\w.]{2,}")),
    "page": (("://", "www.", ".com", ".org", ".net", ".edu", ".gov", ".io", ".example"), re.compile(_PAGE)),
    "file": (
        (".jp", ".png", ".pdf", ".doc", ".heic", ".mp4", ".dcm", ".tif"),
        re.compile(_FILES, re.IGNORECASE),
    ),
    "spoken_number": (
        frozenset({"five", "seven", "zero", "nine", "three"}),
        re.compile(_SPOKEN, re.IGNORECASE),
    ),
    "spoken_age": (("ninety", "a hundred"), re.compile(_OLD, re.IGNORECASE)),
    "plate": (
        frozenset({"plate", "vehicle", "reg", "registration", "car", "truck"}),
        re.compile(_PLATE),
    ),
    "signature": (
        frozenset({"signed", "esigned", "sincerely", "regards", "s", "dictated"}),
        re.compile(_SIGNED, re.IGNORECASE | re.MULTILINE),
    ),
    "holiday": (_FEASTS, re.compile(_FEAST, re.IGNORECASE)),
}
_KIN, _PUBLIC, _COMMUNITY = (f"(?:{cues.one_of(name)})" for name in ("kin", "public", "community"))
# The person whom everybody knows: an office, a first or an only one, somebody in the news.
_UNIQUE = re.compile(
    rf"\b{_KIN}\sof\s(?:the|a|our)\s(?:\w+\s){{0,2}}{_PUBLIC}\b"
    rf"|\b(?:the|our)\s(?:\w+['’]s\s)?{_PUBLIC}(?:['’]s\s{_KIN}|\sof\s(?:the\s)?(?:{_COMMUNITY}|¤)|\shim|\sher)"
    rf"|\b(?:he|she|patient|pt|who|they)\s(?:is|was|served\sas|used\sto\sbe)\s(?:the|a\sformer|our|former)\s"
    rf"(?:\w+\s){{0,2}}{_PUBLIC}\b"
    rf"|\bonly\s(?:\w+\s){{1,3}}(?:in|of)\s(?:the|this|our)\s{_COMMUNITY}\b"
    r"|\b(?:made|in|on)\s(?:the\s)?(?:national|local|international|front[- ]page)\s"
    r"(?:news|headlines|newspapers?|television|tv)\b|\bmade\s(?:the\s)?headlines\b"
    rf"|\bfirst\s(?:person|man|woman|patient|child)\s(?:ever\s|in\s(?:the\s)?(?:{_COMMUNITY}|world)\b)",
    re.IGNORECASE,
)
_TELLING = cues.words("public") | {
    "news",
    "newspaper",
    "newspapers",
    "headlines",
    "only",
    "television",
    "tv",
    "first",
}


def find(reading: Reading) -> Iterator[Doubt]:
    """Every such shape in the text."""
    said = reading.said
    for name, (signs, shape) in _SHAPES.items():
        if (
            not said.isdisjoint(signs)
            if isinstance(signs, frozenset)
            else any(map(reading.low.__contains__, signs))
        ):
            for match in shape.finditer(reading.text):
                yield Doubt(*match.span(), f"shape_{name}")
    if not said.isdisjoint(_TELLING):
        for match in _UNIQUE.finditer(reading.text):
            yield Doubt(*match.span(), "unique_person")
