"""Stage: check. Is the text fit to learn from: its label masked, instructions taken out, quality scored."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.labels import Entry

MASK = "[DIAGNOSIS]"
# What a patient says of himself though it names a disease: masking it would take the symptom away.
_COMPLAINTS = frozenset(
    {
        "sore throat",
        "backache",
        "red eye",
        "pink eye",
        "cold",
        "sugar",
        "flu",
        "low back pain",
        "constipation",
    }
)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\U000e0000-\U000e007f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TOKENS = re.compile(
    r"<\|[^|\n]{0,40}\|>|</?s>|\[/?INST\]|<<?/?SYS>>?|<(?:start|end)_of_turn>", re.IGNORECASE
)
_ORDERS = re.compile(
    r"[^.\n]{0,80}\b(?:"
    r"(?:ignore|disregard|forget|override)\s(?:all\s|any\s|the\s|your\s){0,3}"
    r"(?:previous|prior|above|earlier|preceding|"
    r"other)\s(?:instructions?|prompts?|rules|directions|text)"
    r"|(?:mark|label|classify|treat|set)\s(?:every|all|each|this)\scases?\b"
    r"|you are (?:now )?(?:an? )?(?:ai|assistant|language model|chatbot)"
    r"|system prompt|new instructions:|respond only with|output only"
    r")[^.\n]{0,200}[.\n]?",
    re.IGNORECASE,
)
_ORDER_WORDS = re.compile(
    r"\b(?:ignore|disregard|forget|override|mark|label|classify|treat|set|you are|system prompt|"
    r"new instructions|respond only|output only)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Prepared:
    """A text as a model may see it, and what was found in it."""

    text: str
    flags: tuple[str, ...] = ()


def prepare_text(text: str, phrases: Iterable[str] = ()) -> Prepared:
    """What training and evaluation do alike to a text: no orders to a model, no answer in the question.

    Args:
        text: the text, de-identified where it is stored.
        phrases: the names of the case's own label, from `phrases_of`; none where the label is not known.
    """
    clean, ordered = neutralised(text)
    masked, found = _masked(clean, phrases)
    flags = (("label_in_text",) if found else ()) + (("instructions_in_text",) if ordered else ())
    return Prepared(masked.strip(), flags)


def neutralised(text: str) -> tuple[str, bool]:
    """The text without invisible characters, control tokens and orders to a model; whether there were any."""
    visible = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    clean = _TOKENS.sub(" ", visible)
    if _ORDER_WORDS.search(clean):  # the whole pattern is slow, and few notes have any of its words
        clean = _ORDERS.sub(" ", clean)
    return re.sub(r"[ \t]{2,}", " ", clean), clean != visible


def phrases_of(entry: Entry | None, written: str | None = None) -> tuple[str, ...]:
    """Every name of a label that would give the answer away, longest first; two letters are no name."""
    names = {*((entry.label, *entry.aliases) if entry else ()), *((written,) if written else ())}
    return tuple(
        sorted((name for name in names if len(name.strip()) > 2), key=lambda name: (-len(name), name))
    )


def _masked(text: str, phrases: Iterable[str]) -> tuple[str, bool]:
    """Mask whole phrases only: a symptom that shares a word with the disease stays; initials are capitals."""
    before, lowered = text, text.casefold()
    for phrase in phrases:
        if phrase.strip().casefold().split("-")[0].split()[0] not in lowered:
            continue
        words = re.split(r"[\s-]+", phrase.strip())
        pattern = r"(?<!\w)" + r"[\s-]+".join(map(re.escape, words)) + r"(?:['’]s|s)?(?!\w)"
        text = re.sub(pattern, MASK, text, flags=re.NOFLAG if phrase.isupper() else re.IGNORECASE)
    return text, text != before
