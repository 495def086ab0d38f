"""Orders to a model inside a note: found in many languages, spellings and encodings, and taken out.

What is written to a person stays: "take 2 tablets", "ignore the earlier result", "return if it gets worse".
"""

import base64
import binascii
import codecs
import re
import unicodedata
from urllib.parse import unquote

from worker_collection.orders import HINTS, ORDERS

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TOKENS = re.compile(
    r"<\|[^|\n]{0,40}\|>|</?s>|\[/?(?:INST|SYS|SYSTEM)\]|<<?/?SYS>>?|<(?:start|end)_of_turn>|"
    r"</?(?:system|assistant|user|instructions?|prompt)>",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1>|\Z)|\[(?://|comment)\]:\s*(?:#|<>)[^\n]*",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_TURN = re.compile(
    r"^[ \t>*`]{0,6}(?:system|developer|human)[ \t*`]{0,3}:|"
    r"^[ \t]{0,6}#{2,6}[ \t]*(?:instructions?|system|prompt|response|human|assistant)\b",
    re.IGNORECASE | re.MULTILINE,
)
_ENCODED = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/_-]{24,}={0,2}(?![A-Za-z0-9+/=])")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){3,}\S*|\S*(?:%[0-9A-Fa-f]{2}\S*){4,}")
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*|]){7,}\w(?!\w)")
_SENTENCE = re.compile(r"[^.!?;\n。！？؟।]*(?:[.!?;\n。！？؟।]+|\Z)")
# Letters of other scripts, and figures, that are read as Latin ones.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһӏαοενρτικ", "aeopcyxijsdhlaoevptik")
_FIGURES = str.maketrans("013457@$", "oieastas")


def neutralised(text: str) -> tuple[str, bool]:
    """The text without invisible characters, control tokens and orders to a model; whether there were any.

    Args:
        text: a note, before or after it was de-identified.
    """
    visible = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    clean = _HIDDEN.sub(" ", _TOKENS.sub(" ", visible))
    clean = _without_orders(_without_encoded(clean))
    return re.sub(r"[ \t]{2,}", " ", clean), clean != visible


def is_order(sentence: str) -> bool:
    """Whether a sentence speaks to a model: as it stands, in look-alike letters, or letter by letter."""
    return any(_hints(form) and ORDERS.search(form) for form in _forms(sentence.strip()))


def _hints(form: str) -> bool:
    return any(word in form for word in HINTS)


def _without_orders(text: str) -> str:
    """Every sentence that speaks to a model, and a line that takes its turn, taken out."""
    if not any(map(_hints, _forms(text))) and not _TURN.search(text):
        return text
    parts = [
        (part, is_order(part) or _TURN.match(part) is not None) for part in _SENTENCE.findall(text) if part
    ]
    if not any(ordered for _, ordered in parts):
        return text
    return "".join(_end_of(part) if ordered else part for part, ordered in parts)


def _end_of(part: str) -> str:
    """What is left of a sentence that was taken out: its line's end."""
    return "\n" if part.endswith("\n") else " "


def _forms(text: str) -> list[str]:
    """The ways in which a text may be read; each only where it differs."""
    flat = _flat(text)
    found = [flat]
    if re.search(r"[a-z][013457@$][a-z]|\b[013457@$][a-z]{2}", flat):
        found.append(flat.translate(_FIGURES))
    if _SPACED.search(flat):
        found.append(
            _SPACED.sub(lambda match: re.sub(r"[ .\-_*|]", "", match.group()), flat.replace("  ", " \u0001"))
        )
        found.append(re.sub(r"[\W_]+", "", flat).replace("previousinstructions", " previous instructions"))
    if "vtab" in flat or "qverf" in flat or "cebzcg" in flat:
        found.append(codecs.decode(flat, "rot13"))
    return found


def _flat(text: str) -> str:
    """Lower case without accents, full-width and look-alike letters as Latin ones."""
    low = text.lower()
    if low.isascii():
        return low
    plain = "".join(char for char in unicodedata.normalize("NFKD", low) if not unicodedata.combining(char))
    words = re.split(r"(\s+)", unicodedata.normalize("NFC", plain))
    mixed = (
        word.translate(_LOOKALIKES) if re.search(r"[a-z]", word) or _is_latin(word) else word
        for word in words
    )
    return "".join(mixed)


def _is_latin(word: str) -> bool:
    """Whether a word of another script reads as a Latin one letter for letter."""
    return bool(word) and word.translate(_LOOKALIKES).isascii()


def _without_encoded(text: str) -> str:
    """Runs of base64, hexadecimal or percent signs that hide sentences, taken out; other codes stay."""
    text = _ENCODED.sub(lambda match: " " if _hides_words(match.group()) else match.group(), text)
    if "%" not in text:
        return text
    return _PERCENT.sub(lambda match: " " if is_order(unquote(match.group())) else match.group(), text)


def _hides_words(run: str) -> bool:
    decoded = (_from_base64(run), _from_hex(run))
    return any(words is not None and is_order(words) for words in decoded)


def _from_base64(run: str) -> str | None:
    padded = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(padded + "=" * (-len(padded) % 4)).decode()
    except (binascii.Error, ValueError):
        return None


def _from_hex(run: str) -> str | None:
    try:
        return bytes.fromhex(run).decode()
    except ValueError:
        return None
