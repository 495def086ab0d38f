"""One spelling for the words of a disease: case, accents, British and American, numerals; never a guess."""

import re
import unicodedata
from functools import lru_cache

_SPELLING = (("rrhoea", "rrhea"), ("ae", "e"), ("oe", "e"), ("leuc", "leuk"), ("sulph", "sulf"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMPTY_WORDS = _words(
    "of the an and in nos unspecified disorder der die das des du de la le les el los las del di da do dos"
)
_SAME_WORD = {
    "tb": "tuberculosis",
    "lung": "pulmonary",
    "htn": "hypertension",
    "dm": "diabetes",
    "tumor": "tumour",
    "w": "with",
    "wo": "without",
}
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
_NUMBERED = _words("type typ tipo stage stadium stade estadio stadio grade grad class klasse nyha")
# What makes of one disease another: a name that has such a word more is no other spelling.
QUALIFIERS = _words(
    "acute akut akute akuter aigu aigue agudo aguda acuto acuta chronic chronisch chronische chronischer "
    "chronique cronico cronica subacute recurrent with without no non mit ohne avec sans con sin senza "
    "com sem primary secondary type typ tipo stage stadium stade estadio stadio grade grad class left "
    "right bilateral links rechts gauche droite izquierda derecha sinistra destra esquerda direita upper "
    "lower proximal distal anterior posterior internal external benign malignant gutartig bosartig "
    "benigne maligne benigno benigna maligno maligna congenital acquired hereditary familial gestational "
    "neonatal juvenile infantile senile latent active open closed complicated uncomplicated simple "
    "multiple partial complete high low viral bacterial fungal allergic drug induced steroid alcoholic "
    "diabetic post history suspected end"
)


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Words alone, in any script: folded case and accents, one spelling, no possessive, no punctuation."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    bare = re.sub(r"'s\b|s'(?=\s|$)", lambda m: "s" if m.group().startswith("s") else "", bare)
    bare = re.sub(r"\bw/o\b", "without", bare)
    words = " ".join("".join(char if _is_letter(char) else " " for char in bare).split())
    for british, american in _SPELLING:
        words = words.replace(british, american)
    return words


def _is_letter(char: str) -> bool:
    """Letters and digits of every script, and the vowel signs that some write apart."""
    return char.isalnum() or unicodedata.category(char) in ("Mc", "Mn")


@lru_cache(maxsize=8192)
def tokens(text: str) -> frozenset[str]:
    """The words that tell diseases apart, whatever their order; "Hepatitis A" keeps its letter."""
    words = plain(text).split()
    if len(words) > 1 and words[0] == "a":
        words = words[1:]
    found = []
    for before, word in zip(["", *words], words, strict=False):
        same = _ROMAN.get(word, word) if before in _NUMBERED else _SAME_WORD.get(word, word)
        if same not in _EMPTY_WORDS:
            found.append(_stem(same))
    return frozenset(found)


def _stem(word: str) -> str:
    """One form for "Graves" and "Grave's", "infections" and "infection"."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=8192)
def joined(text: str) -> str:
    """The letters without the gaps: "chicken pox" and "Chickenpox", in the order in which they stand."""
    run = "".join(word for word in plain(text).split() if word not in _EMPTY_WORDS)
    for british, american in _SPELLING:
        run = run.replace(british, american)
    return _stem(run)


def initials(text: str) -> str:
    """The first letters of a name of several words: "cap" for community-acquired pneumonia."""
    words = [word for word in plain(text).split() if word not in _EMPTY_WORDS]
    return "".join(word[0] for word in words) if len(words) > 1 else ""


def is_qualifier(word: str) -> bool:
    """Whether a word makes another disease of a name: a side, a stage, a number, acute or chronic."""
    return word in QUALIFIERS or f"{word}s" in QUALIFIERS or word.isdigit() or len(word) == 1


def says_more(text: frozenset[str], than: frozenset[str]) -> bool:
    """Whether one name holds all words of another and adds some that make another disease of it."""
    return than < text and any(is_qualifier(word) for word in text - than)


def misspelt(text: str, name: str) -> bool:
    """Whether two names differ by one letter (in, out, changed, swapped) in one word of seven or more."""
    ours, theirs = plain(text).split(), plain(name).split()
    if len(ours) != len(theirs):
        return False
    apart = [(one, other) for one, other in zip(ours, theirs, strict=True) if _stem(one) != _stem(other)]
    return len(apart) == 1 and min(map(len, apart[0])) >= 7 and one_edit(*apart[0])


def one_edit(one: str, other: str) -> bool:
    """Whether one letter put in, left out, changed, or two neighbours swapped make one word of the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    a, b = one[start:], other[start:]
    swapped = len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or swapped
