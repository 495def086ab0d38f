"""Whether a run of capitalised words can name an institution, an employer or a place and nobody's disease."""

from collections.abc import Sequence

from worker_collection.phi import cues
from worker_collection.phi.clinical import owns_itself
from worker_collection.phi.eponyms import is_clinical_use
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    EPONYM,
    HEAD,
    NAME,
    PUBLIC,
    RARE,
    TOWN,
    terms,
)
from worker_collection.phi.naming import is_cue, is_worded
from worker_collection.phi.page import Page, Word

# A word with a capital, or a number within a name: "Rema 1000", "37 Military".
CAPITAL = r"[^\W\d_a-zß-ÿ][\w'’&-]{0,24}"
SMALL = r"(?:&|and|de|del|della|di|da|do|dos|du|des|of|la|le|les|n|van|den|der|von|al|el|på)"
_SHORTENED = r"(?:(?:St|Govt|Mt|Ft|Dr|Sta|Sto|Univ)\.[ ])"
RUN = (
    rf"(?:\d{{1,2}}[ ]|\d-)?{_SHORTENED}?{CAPITAL}"
    rf"(?:(?:[ ]|\.[ ](?=No\b))(?:{SMALL}[ ]|{_SHORTENED}){{0,2}}(?:{CAPITAL}|[^\W\d_a-z]\w{{1,9}}|"
    rf"\d{{1,4}}\b(?![/.:,]?\d))){{0,5}}"
)
_HEADS = cues.group("bare_heads")
_NAMESAKES = cues.group("namesakes")
_DEPARTMENTS = cues.group("departments") | cues.group("routes") | cues.names("credentials")
_NOT_NAMES = cues.names("not_names")
_FUNCTION = cues.group("function")


def words_of(page: Page, start: int, end: int) -> list[Word]:
    """The words of a stretch of the text, in order."""
    return [word for word in page.words_between(start, end) if word.form != "l"]


def tells(page: Page, words: Sequence[Word], *, sure: bool = False) -> bool:
    """Whether the words can name a house: one of them at least is no word of medicine or grammar.

    Args:
        page: the page.
        words: the words with capitals, in order.
        sure: whether the place promises a house, so that any word that is not among the commonest tells.
    """
    if not words or is_cue(words[0]) and not words[0].flags & DOUBLE or words[0].key in _NOT_NAMES:
        return False
    if any(_is_clinical(page, word) for word in words):
        return False
    if len(words) > 1 and words[-1].key in _HEADS:
        return True
    return any(_names(word, alone=len(words) == 1, sure=sure) for word in words)


def _is_clinical(page: Page, word: Word) -> bool:
    if word.key in _HEADS or word.key in _NAMESAKES or word.flags & PUBLIC:
        return False
    stays = is_clinical_use(page.text, word.start, word.end) or owns_itself(page, word)
    if word.flags & EPONYM and (stays or not word.flags & NAME):
        return True
    if word.form == "U":
        return word.key in _DEPARTMENTS or word.key in terms() or bool(word.flags & (CLINICAL | HEAD))
    return bool(word.flags & (HEAD | RARE | CLINICAL)) and not word.flags & (NAME | TOWN)


def _names(word: Word, *, alone: bool, sure: bool) -> bool:
    """Whether the word tells one house from another."""
    if word.key in _NAMESAKES:
        return True
    if word.form == "U":
        return len(word.text) > 2 and not word.flags & CORE
    if word.flags & PUBLIC or word.key in _FUNCTION:
        return not alone and word.key not in _FUNCTION
    if word.is_unknown and word.text[-2:] in ("'s", "’s"):
        return True
    if word.is_unknown:
        return len(word.text) > 2 and (sure or not is_worded(word))
    named = word.is_sure or word.flags & TOWN and (sure or not word.flags & CORE)
    return bool(named or word.flags & DOUBLE or (sure or not alone) and not word.flags & CORE)
